from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

from odoo.addons.base.models.res_bank import sanitize_account_number

from ...bridge.iban import masked
from ..task import schedule_task
from .bridge_connection import FETCH_CRON


class BridgeAccount(models.Model):
    """An account at a bank, and how it feeds a journal."""

    _name = "bridge.account"
    _inherit = ["payment.engine.owned", "mail.thread", "mail.activity.mixin"]
    _description = "Bank Account Feed"
    _order = "connection_id, name, id"
    _check_company_auto = True

    name = fields.Char(readonly=True)
    connection_id = fields.Many2one(
        comodel_name="bridge.connection",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        related="connection_id.company_id", store=True, index=True, precompute=True
    )
    provider_id = fields.Many2one(
        related="connection_id.provider_id", store=True, precompute=True
    )
    account_ref = fields.Char(string="Account at Bridge", required=True, readonly=True)
    account_type = fields.Char(string="Type", readonly=True)
    iban = fields.Char(string="IBAN", readonly=True, index="btree_not_null")
    iban_masked = fields.Char(string="Account Number", compute="_compute_iban_masked")
    currency_id = fields.Many2one(comodel_name="res.currency", readonly=True)
    balance = fields.Monetary(string="Balance at the Bank", readonly=True)
    instant_balance = fields.Monetary(
        readonly=True, help="With what the bank has announced and not yet booked."
    )
    data_at = fields.Datetime(
        string="Bank Data of", readonly=True, help="When the bank itself was last read."
    )
    last_fetch_at = fields.Datetime(string="Last Fetch", readonly=True)
    next_fetch_at = fields.Datetime(string="Next Fetch", readonly=True)
    ask_count = fields.Integer(
        readonly=True, help="Tells a fetch that it was asked for again meanwhile."
    )
    cursor = fields.Char(
        readonly=True,
        help="Last change of the transactions, as Bridge wrote it, up to which "
        "everything is committed here.",
    )
    history_start_date = fields.Date(
        string="First Day",
        compute="_compute_history_start_date",
        store=True,
        readonly=False,
        help="Transactions of earlier days are not imported.",
    )
    history_done_date = fields.Date(
        readonly=True, help="Last day that the first fetch has finished."
    )
    history_cursor = fields.Char(
        readonly=True, help="When the first fetch began, as Bridge writes it."
    )
    history_known_date = fields.Date(
        readonly=True, help="Day of the oldest transaction imported so far."
    )
    journal_id = fields.Many2one(
        comodel_name="account.journal",
        domain="[('type', 'in', ('bank', 'credit')), ('company_id', '=', company_id)]",
        check_company=True,
        index="btree_not_null",
        ondelete="restrict",
        tracking=True,
    )
    state = fields.Selection(
        selection=[
            ("to_assign", "To assign"),
            ("active", "Active"),
            ("paused", "Paused"),
            ("closed", "Gone"),
        ],
        required=True,
        default="to_assign",
        readonly=True,
        tracking=True,
    )
    fetch_error = fields.Char(string="Last Error", readonly=True)
    fetch_failures = fields.Integer(readonly=True)
    fetch_user_id = fields.Many2one(
        comodel_name="res.users",
        readonly=True,
        ondelete="set null",
        help="Who asked for the fetch under way and is told of it.",
    )
    fetched_count = fields.Integer(
        readonly=True, help="Lines made by the fetch under way, or by the last one."
    )
    opening_state = fields.Selection(
        selection=[("wanted", "To be booked"), ("booked", "Booked")],
        string="Opening Balance",
        readonly=True,
        help="Empty if the journal had entries before it was fed.",
    )
    opening_line_id = fields.Many2one(
        comodel_name="account.bank.statement.line",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    older_amount = fields.Monetary(
        readonly=True,
        help="What came since the last fetch of days before the oldest one known.",
    )
    journal_balance = fields.Monetary(
        readonly=True, help="Balance of the journal's account after the last fetch."
    )
    balance_difference = fields.Monetary(
        string="Difference",
        readonly=True,
        help="Balance at the bank less the balance of the journal's account, after the "
        "last fetch.",
    )
    difference_date = fields.Date(readonly=True)
    balance_agreed_at = fields.Datetime(
        readonly=True, help="When both balances were last the same."
    )
    balance_agreed_entry = fields.Integer(
        readonly=True, help="Id of the journal's newest entry then."
    )
    open_line_count = fields.Integer(
        string="To Reconcile", compute="_compute_open_line_count"
    )
    line_ids = fields.One2many(
        comodel_name="account.bank.statement.line",
        inverse_name="bridge_account_id",
        string="Bank Lines",
        readonly=True,
    )

    _account_uniq = models.UniqueIndex(
        "(provider_id, account_ref)", "This bank account is known already."
    )
    _journal_uniq = models.UniqueIndex(
        "(journal_id) WHERE journal_id IS NOT NULL AND state != 'closed'",
        "Another bank account feeds this journal already.",
    )
    _due_idx = models.Index("(next_fetch_at) WHERE state = 'active'")

    # === Compute ===

    @api.depends("iban")
    def _compute_iban_masked(self):
        for account in self:
            account.iban_masked = masked(account.iban)

    @api.depends("journal_id", "company_id")
    def _compute_history_start_date(self):
        last_days = self.journal_id._get_last_bank_days()
        for account in self:
            if account.state != "to_assign" and account.history_start_date:
                continue
            company = account.company_id
            today = company._get_payment_today()
            last_day = last_days.get(account.journal_id.id)
            if last_day:
                start = last_day + timedelta(days=1)
            else:
                start = company.sudo().compute_fiscalyear_dates(today)["date_from"]
            locked = company.sudo()._get_user_fiscal_lock_date(account.journal_id)
            account.history_start_date = max(start, locked + timedelta(days=1))

    def _compute_open_line_count(self):
        groups = self.env["account.bank.statement.line"]._read_group(
            [
                ("journal_id", "in", self.journal_id.ids),
                ("is_reconciled", "=", False),
                ("state", "=", "posted"),
            ],
            ["journal_id"],
            ["__count"],
        )
        counts = {journal.id: count for journal, count in groups}
        for account in self:
            account.open_line_count = counts.get(account.journal_id.id, 0)

    @api.depends("name", "iban")
    def _compute_display_name(self):
        for account in self:
            account.display_name = " ".join(
                filter(None, (account.name, account.iban_masked))
            )

    # === Constraints ===

    @api.constrains("journal_id", "connection_id", "iban", "currency_id")
    def _check_journal(self):
        for account in self.filtered("journal_id"):
            if problem := account._get_journal_problem():
                raise ValidationError(problem)

    def _get_journal_problem(self, journal=None):
        """Return why the account cannot feed a journal, empty if it can.

        :param account.journal journal: its own by default
        :rtype: str
        """
        self.ensure_one()
        journal = journal or self.journal_id
        number = sanitize_account_number(journal.bank_account_id.acc_number) or ""
        currency = journal.currency_id or journal.company_id.sudo().currency_id
        names = {"journal": journal.name, "account": self.display_name}
        if journal.type not in ("bank", "credit"):
            return self.env._("%(journal)s is not a bank journal.", **names)
        if journal.company_id != self.company_id:
            return self.env._(
                "%(account)s and %(journal)s belong to different companies.", **names
            )
        if self.iban and number and self.iban != number:
            return self.env._(
                "%(account)s is not the bank account of the journal %(journal)s: their "
                "IBANs differ.",
                **names,
            )
        if self.currency_id and self.currency_id != currency:
            return self.env._(
                "%(account)s is kept in %(currency)s and the journal %(journal)s in "
                "%(expected)s.",
                currency=self.currency_id.name,
                expected=currency.name,
                **names,
            )
        return ""

    # === Access ===

    def write(self, vals):
        """Override: a started account keeps its journal, and its history goes on."""
        self._check_may_give(vals)
        started = self.filtered(lambda account: account.state in ("active", "paused"))
        if "journal_id" in vals and any(
            account.journal_id.id != vals["journal_id"] for account in started
        ):
            raise UserError(
                self.env._("An account that feeds a journal cannot feed another one.")
            )
        if "history_start_date" in vals and started:
            # Older days are asked for: from the first one on.
            super(BridgeAccount, started.sudo()).write(self._get_history_reset_values())
        return super().write(vals)

    @api.model
    def _get_history_reset_values(self):
        """Return the values with which the next fetch begins at the first day."""
        return {"cursor": False, "history_done_date": False, "history_cursor": False}

    # === Buttons ===

    def action_create_journal(self):
        """Make a bank journal for each account that has none."""
        self.check_access("write")
        for account in self.filtered(lambda a: not a.journal_id):
            company_currency = account.company_id.currency_id
            currency = account.currency_id
            if not currency:
                raise UserError(
                    self.env._("The currency of %s is not known.", account.display_name)
                )
            if not currency.active:
                currency.sudo().active = True
            account.journal_id = (
                self.env["account.journal"]
                .sudo()
                .with_company(account.company_id)
                .create(
                    {
                        "name": account.display_name,
                        "type": "bank",
                        "company_id": account.company_id.id,
                        "currency_id": currency.id
                        if currency != company_currency
                        else False,
                        **({"bank_acc_number": account.iban} if account.iban else {}),
                    }
                )
            )

    def action_start(self):
        """Start feeding the journal chosen, from the day chosen: the first fetch runs
        within seconds.

        :raises UserError: if no journal was chosen
        """
        self.check_access("write")
        accounts = self.filtered(lambda a: a.state in ("to_assign", "paused"))
        for account in accounts:
            if not account.journal_id:
                raise UserError(
                    self.env._("Choose the journal of %s first.", account.display_name)
                )
            account._check_journal()
            if account.state == "to_assign":
                account.sudo()._prepare_start()
        accounts.sudo().write({"state": "active"})
        return accounts.action_fetch()

    def _prepare_start(self):
        """Note what the first fetch has to know of the journal as it is now."""
        self.ensure_one()
        journal = self.journal_id
        if not self.history_start_date:
            self._compute_history_start_date()
        if self.iban and not journal.bank_account_id:
            journal.set_bank_account(self.iban)
        journal.bank_statements_source = "bridge"
        self.write(
            {
                **self._get_history_reset_values(),
                "history_known_date": False,
                "opening_state": False if self._has_bank_entries() else "wanted",
            }
        )

    def action_fetch(self):
        """Have the accounts read now; the user is told when it is done.

        :raises AccessError: for who may only look at the accounts
        """
        self.check_access("read")
        user = self.env.user
        if not self.env.su and not user.has_group("account.group_account_invoice"):
            raise AccessError(self.env._("Only accountants have the bank read."))
        accounts = self.filtered(lambda account: account.state == "active")
        accounts.sudo()._ask_to_fetch(user=user)
        problems = [
            provider._get_reading_problem() for provider in accounts.sudo().provider_id
        ]
        kind, message = "warning", " ".join(filter(None, problems))
        if not accounts:
            message = self.env._(
                "Assign the accounts to journals and start them first."
            )
        elif not message:
            kind = "info"
            message = self.env._(
                "The bank data are being fetched. You are told when it is done."
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": kind,
                "message": message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_pause(self):
        """Read nothing until the feed is started again."""
        self.check_access("write")
        self.sudo().filtered(lambda account: account.state == "active").write(
            {"state": "paused", "next_fetch_at": False}
        )

    def action_resume(self):
        """Go on where the feed was paused."""
        return self.filtered(lambda a: a.state == "paused").action_start()

    def action_open_lines(self):
        """Open the bank lines of the journal."""
        self.ensure_one()
        return self.journal_id.action_open_bank_lines()

    def _ask_to_fetch(self, user=None):
        """Have the accounts fetched at once, or as soon as Bridge may be asked.

        :param res.users user: who is told when it is done
        """
        values = {"next_fetch_at": fields.Datetime.now()}
        if user:
            values["fetch_user_id"] = user.id
        for account in self.filtered(lambda account: account.state == "active"):
            account.write({**values, "ask_count": account.ask_count + 1})
        self.env.ref(FETCH_CRON)._trigger()

    # === Age ===

    def _get_data_note(self):
        """Return a sentence about how old what the bank told is, empty if it told
        nothing, or while it is of the last hour."""
        self.ensure_one()
        if not self.data_at:
            return ""
        return self.env["res.company"]._write_bank_data_note(
            fields.Datetime.now() - self.data_at
        )

    @api.model
    def _get_current_domain(self):
        """Return the domain of accounts that feed, or should feed, a journal."""
        return Domain("state", "=", "active") & Domain("journal_id", "!=", False)

    def _schedule_task(self, summary, note):
        """Put a note and a task on the account.

        :param str summary: in a few words
        :param str note: what happened and what to do
        """
        self.ensure_one()
        self.message_post(body=note)
        schedule_task(self, summary, note, user=self.connection_id._get_responsible())
