from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class AccountJournal(models.Model):
    _inherit = "account.journal"

    bridge_account_ids = fields.One2many(
        comodel_name="bridge.account",
        inverse_name="journal_id",
        string="Fed by",
    )
    bridge_account_id = fields.Many2one(
        comodel_name="bridge.account",
        compute="_compute_bridge_account_id",
        string="Bank Feed",
    )

    @api.depends("bridge_account_ids.state")
    def _compute_bridge_account_id(self):
        for journal in self:
            journal.bridge_account_id = journal.bridge_account_ids.sorted(
                lambda account: account.state == "closed"
            )[:1]

    # === Its end ===

    def write(self, vals):
        """Override: bank lines do not come into a journal that nobody sees."""
        if vals.get("active") is False:
            self._check_not_fed(("active",))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_fed(self):
        """Keep a journal that a bank feeds; what fed it before lets go of it."""
        self._check_not_fed(("active", "paused"))
        self.sudo().bridge_account_ids.journal_id = False

    def _check_not_fed(self, states):
        """Refuse to end journals that a bank feeds.

        :param tuple[str] states: of accounts that count
        :raises UserError: which names the bank and says what to do
        """
        feeds = self.sudo().bridge_account_ids
        if feeds := feeds.filtered(lambda account: account.state in states):
            raise UserError(
                self.env._(
                    "%(banks)s: bank feed of %(journals)s. Disconnect the bank first; "
                    "to archive a journal, it is enough to pause its feed.",
                    banks=", ".join(feeds.mapped("display_name")),
                    journals=", ".join(feeds.journal_id.mapped("name")),
                )
            )

    # === Actions ===

    def action_connect_bank(self):
        """Ask what is needed to connect the bank of this journal, or of the company."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_payment_request.action_bridge_connect"
        )
        journal = self[:1]
        action["context"] = {
            "default_journal_id": journal.id,
            "default_company_id": (journal.company_id or self.env.company).id,
        }
        return action

    def action_open_bank_lines(self):
        """Open the bank lines of this journal."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_payment_request.action_bank_lines"
        )
        action["context"] = {"default_journal_id": self.id}
        action["domain"] = [("journal_id", "=", self.id)]
        action["display_name"] = self.display_name
        return action

    def action_open_to_reconcile(self):
        """Open *To Reconcile* on this journal."""
        action = self.env["ir.actions.client"]._for_xml_id(
            "account_payment_request.action_to_reconcile"
        )
        action["context"] = {"default_journal_id": self.id}
        return action

    def action_open_bank_connection(self):
        """Open the connection that feeds this journal."""
        return self.bridge_account_id.connection_id._get_records_action()

    def action_open_bridge_account(self):
        """Open what feeds this journal."""
        return self.bridge_account_id._get_records_action()

    # === Accounting dashboard of core ===

    def _fill_bank_cash_dashboard_data(self, dashboard_data):
        """Override of `account`: add what feeds each bank journal."""
        result = super()._fill_bank_cash_dashboard_data(dashboard_data)
        journals = self.filtered(lambda journal: journal.type in ("bank", "credit"))
        can_connect = self.env["bridge.connection"].has_access("create")
        accounts = journals._get_bridge_accounts()
        for journal in journals:
            account = accounts.get(journal)
            dashboard_data[journal.id]["bank_feed"] = {
                "can_connect": can_connect and not account,
                "step": account.connection_id._get_step_label() if account else "",
                "text": account.connection_id.state_text if account else False,
                "data_note": account._get_data_note() if account else False,
            }
        return result

    def _get_bridge_accounts(self):
        """Return what feeds each of these journals, as far as the user may see it.

        :rtype: dict[account.journal, bridge.account]
        """
        if not self.env["bridge.account"].has_access("read"):
            return {}
        return {
            journal: journal.bridge_account_id
            for journal in self
            if journal.bridge_account_id
        }

    def _get_bank_statements_available_sources(self):
        """Override of `account`: lines may come from Bridge."""
        sources = super()._get_bank_statements_available_sources()
        return [*sources, ("bridge", self.env._("Bridge"))]

    def _get_last_bank_days(self):
        """Return the day of the last bank line of each journal.

        :rtype: dict[int, datetime.date]
        """
        groups = self.env["account.bank.statement.line"]._read_group(
            Domain("journal_id", "in", self.ids), ["journal_id"], ["internal_index:max"]
        )
        return {
            journal.id: fields.Date.to_date(f"{last[:4]}-{last[4:6]}-{last[6:8]}")
            for journal, last in groups
            if last
        }
