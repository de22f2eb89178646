from odoo import api, fields, models

from .. import const


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    payment_request_policy = fields.Selection(
        related="company_id.payment_request_policy", readonly=False
    )
    payment_request_file_days = fields.Integer(
        related="company_id.payment_request_file_days", readonly=False
    )
    payment_request_base_url = fields.Char(
        related="company_id.payment_request_base_url", readonly=False
    )
    payment_request_user_id = fields.Many2one(
        related="company_id.payment_request_user_id", readonly=False
    )
    bank_match_partial = fields.Boolean(
        related="company_id.bank_match_partial", readonly=False
    )
    bank_match_learn_iban = fields.Boolean(
        related="company_id.bank_match_learn_iban", readonly=False
    )
    bank_match_tolerance = fields.Monetary(
        related="company_id.bank_match_tolerance",
        readonly=False,
        currency_field="currency_id",
    )
    bank_match_fee_account_id = fields.Many2one(
        related="company_id.bank_match_fee_account_id", readonly=False
    )
    payment_reminder_enabled = fields.Boolean(
        related="company_id.payment_reminder_enabled", readonly=False
    )
    payment_reminder_policy_id = fields.Many2one(
        related="company_id.payment_reminder_policy_id", readonly=False
    )
    payment_reminder_policy_change = fields.Text(
        compute="_compute_payment_reminder_policy_change"
    )
    payment_reminder_interval_days = fields.Integer(
        related="company_id.payment_reminder_interval_days", readonly=False
    )
    payment_reminder_week_max = fields.Integer(
        related="company_id.payment_reminder_week_max", readonly=False
    )
    payment_reminder_grace_days = fields.Integer(
        related="company_id.payment_reminder_grace_days", readonly=False
    )
    payment_reminder_bank_hours = fields.Integer(
        related="company_id.payment_reminder_bank_hours", readonly=False
    )
    payment_receipt_days = fields.Integer(
        related="company_id.payment_receipt_days", readonly=False
    )
    payment_reminder_sent_only = fields.Boolean(
        related="company_id.payment_reminder_sent_only", readonly=False
    )
    payment_reminder_sent_days = fields.Integer(
        related="company_id.payment_reminder_sent_days", readonly=False
    )
    payment_reminder_bank_days = fields.Integer(
        related="company_id.payment_reminder_bank_days", readonly=False
    )
    payment_reminder_unfed = fields.Selection(
        related="company_id.payment_reminder_unfed", readonly=False
    )
    payment_reminder_bank_note = fields.Char(compute="_compute_payment_reminder_notes")
    payment_reminder_thanks = fields.Boolean(
        related="company_id.payment_reminder_thanks", readonly=False
    )
    payment_reminder_snailmail = fields.Boolean(
        related="company_id.payment_reminder_snailmail", readonly=False
    )
    payment_reminder_ask_above = fields.Integer(
        related="company_id.payment_reminder_ask_above", readonly=False
    )
    payment_reminder_start_note = fields.Char(compute="_compute_payment_reminder_notes")
    payment_reminder_holiday_note = fields.Char(
        compute="_compute_payment_reminder_notes"
    )
    payment_legal_form = fields.Char(
        related="company_id.payment_legal_form", readonly=False
    )
    payment_share_capital = fields.Monetary(
        related="company_id.payment_share_capital",
        readonly=False,
        currency_field="currency_id",
    )
    payment_register_city = fields.Char(
        related="company_id.payment_register_city", readonly=False
    )
    payment_sender_warning = fields.Char(compute="_compute_payment_reminder_notes")
    has_snailmail = fields.Boolean(compute="_compute_has_snailmail")
    bridge_provider_id = fields.Many2one(
        comodel_name="payment.provider", compute="_compute_bridge_provider"
    )
    bridge_provider_state = fields.Selection(related="bridge_provider_id.state")
    bridge_warning = fields.Text(related="bridge_provider_id.bridge_warning")
    bridge_webhook_url = fields.Char(related="bridge_provider_id.bridge_webhook_url")
    bridge_last_event_at = fields.Datetime(
        related="bridge_provider_id.bridge_last_event_at"
    )
    bank_feed_summary = fields.Char(compute="_compute_bank_feed_summary")
    payment_database_warning = fields.Char(compute="_compute_payment_database_warning")

    @api.depends("company_id")
    def _compute_bridge_provider(self):
        providers = self.env["payment.provider"].sudo()
        for settings in self:
            settings.bridge_provider_id = providers.search(
                [
                    *providers._check_company_domain(settings.company_id),
                    ("code", "=", const.PROVIDER_CODE),
                ],
                limit=1,
            )

    @api.depends("company_id", "payment_reminder_policy_id")
    def _compute_payment_reminder_policy_change(self):
        for settings in self:
            company = settings.company_id._origin
            policy = settings.payment_reminder_policy_id._origin
            usable = policy._get_usable(company)
            settings.payment_reminder_policy_change = (
                policy != company.payment_reminder_policy_id
                and policy._describe_changes([(company, usable, usable, policy)])
            )

    @api.depends("company_id")
    def _compute_payment_reminder_notes(self):
        for settings in self:
            company = settings.company_id
            settings.update(
                {
                    "payment_reminder_start_note": company._get_reminder_start_note(),
                    "payment_reminder_holiday_note": company._get_holiday_note(),
                    "payment_reminder_bank_note": company.sudo()._get_bank_note(),
                    "payment_sender_warning": company._get_sender_warning(),
                }
            )

    @api.depends("company_id")
    def _compute_has_snailmail(self):
        self.has_snailmail = "snailmail.letter" in self.env

    @api.depends("company_id")
    def _compute_bank_feed_summary(self):
        for settings in self:
            domain = [("company_id", "=", settings.company_id.id)]
            connections = self.env["bridge.connection"].search(
                [*domain, ("state", "not in", ("connecting", "removed"))]
            )
            accounts = self.env["bridge.account"].search_count(
                [*domain, ("state", "=", "active")]
            )
            settings.bank_feed_summary = (
                self.env._(
                    "Connected: %(banks)s. Accounts that feed a journal: %(accounts)s.",
                    banks=", ".join(connections.mapped("name")),
                    accounts=accounts,
                )
                if connections
                else False
            )

    def execute(self):
        """Override: whoever switches reminders on is asked how they begin; none leaves
        before."""
        result = super().execute()
        company = self.company_id
        if company.payment_reminder_enabled and not company._reminds_automatically():
            return self.action_reminder_start()
        return result

    def action_reminder_start(self):
        """Show what would leave, and ask how automatic reminders begin.

        :rtype: dict
        """
        return self.env["payment.reminder.start"]._open_on(self.company_id)

    def _compute_payment_database_warning(self):
        self.payment_database_warning = self.env["payment.database"]._get_warning()

    def action_use_database(self):
        """Take this database for the one in production, from now on.

        :raises AccessError: unless the user is an administrator
        """
        self.env["payment.database"]._set_in_production()
        return {"type": "ir.actions.client", "tag": "reload"}

    def action_connect_bank(self):
        """Ask what is needed to connect a bank of the company.

        :rtype: dict
        """
        return (
            self.env["account.journal"]
            .with_company(self.company_id)
            .action_connect_bank()
        )

    def action_bridge_provider(self):
        """Open the Bridge provider of the company."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "payment.provider",
            "view_mode": "form",
            "res_id": self.bridge_provider_id.id,
        }

    def action_bridge_test_connection(self):
        """Ask Bridge whether the credentials work."""
        self.ensure_one()
        return self.bridge_provider_id.action_bridge_test_connection()
