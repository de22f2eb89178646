from datetime import date

from odoo import api, fields, models


class ResCompany(models.Model):
    """What a company that reminds its customers has chosen."""

    _inherit = "res.company"

    payment_reminder_policy_id = fields.Many2one(
        default=lambda self: self.env.ref(
            "account_payment_request.payment_reminder_policy_courteous",
            raise_if_not_found=False,
        )
    )
    payment_reminder_database = fields.Char(
        readonly=True,
        copy=False,
        groups="base.group_system",
        help="Identifier of the database in which reminders were switched on: a copy "
        "of it sends none.",
    )

    _payment_reminder_numbers_positive = models.Constraint(
        """CHECK(
            payment_reminder_interval_days >= 0 AND payment_reminder_week_max >= 1
            AND payment_reminder_grace_days >= 0 AND payment_reminder_bank_hours >= 0
        )""",
        "Days and hours must not be negative, and at least one reminder a week must "
        "be allowed.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Override: note the database in which reminders are switched on."""
        companies = super().create(vals_list)
        companies.filtered("payment_reminder_enabled")._note_reminder_database()
        return companies

    def write(self, vals):
        """Override: note the database in which reminders are switched on."""
        off = self.filtered(lambda company: not company.payment_reminder_enabled)
        result = super().write(vals)
        off.filtered("payment_reminder_enabled")._note_reminder_database()
        return result

    @api.model
    def _set_default_reminder_policy(self):
        """Give the ready-made policy to the companies that were there before it."""
        without = self.search([("payment_reminder_policy_id", "=", False)])
        without.payment_reminder_policy_id = self.env.ref(
            "account_payment_request.payment_reminder_policy_courteous"
        )

    def _get_payment_today(self):
        """Override: a preview shows the day on which its reminder would leave."""
        day = self.env.context.get("payment_reminder_preview_day")
        # Only from our own code: what a client sends is no date object.
        return day if isinstance(day, date) else super()._get_payment_today()

    def _note_reminder_database(self):
        """Remember that it is here that the companies may send reminders."""
        uuid = self.env["ir.config_parameter"].sudo().get_param("database.uuid")
        self.sudo().payment_reminder_database = uuid
