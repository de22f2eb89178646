from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ...const import ACCOUNTING


class ResPartner(models.Model):
    """Customers who are reminded now, or of nothing for a while."""

    _inherit = "res.partner"

    payment_reminder_is_held = fields.Boolean(
        compute="_compute_payment_reminder_is_held", groups=ACCOUNTING
    )

    @api.depends("payment_reminder_hold_until")
    @api.depends_context("company")
    def _compute_payment_reminder_is_held(self):
        today = self.env.company._get_payment_today()
        for partner in self:
            until = partner.payment_reminder_hold_until
            partner.payment_reminder_is_held = bool(until) and until >= today

    def _hold_reminders(self, company, until, reason):
        """Send no reminders of ``company`` to these customers up to a day.

        :param datetime.date until: included
        :param str reason: for the colleagues
        """
        self._write_hold(company, until, reason)
        self._log_hold(
            self.env._(
                "%(company)s sends no reminders until %(day)s: %(reason)s",
                company=company.name,
                day=format_date(self.env, until),
                reason=reason,
            )
        )

    def _write_hold(self, company, until, reason):
        self.sudo().commercial_partner_id.with_company(company).write(
            {
                "payment_reminder_hold_until": until,
                "payment_reminder_hold_reason": reason,
            }
        )

    def _log_hold(self, text):
        customers = self.sudo().commercial_partner_id
        customers._message_log_batch(
            bodies=dict.fromkeys(customers.ids, Markup("<p>%s</p>") % text),
            author_id=self.env.user.partner_id.id,
        )

    # === Actions ===

    def action_remind(self):
        """Prepare the reminders of all that is overdue of these customers, and open
        them.

        :raises UserError: with the reasons why there are none
        """
        self.check_access("read")
        self.env["payment.reminder"].check_access("write")
        lines = self.env["account.move.line"]._find_overdue(
            self.env.company, self.commercial_partner_id
        )
        if not lines:
            raise UserError(self.env._("Nothing is overdue."))
        return lines.action_remind()

    def action_reminder_hold(self):
        """Open the assistant that holds all reminders of these customers."""
        return self.env["payment.reminder.hold"]._open_on(self)

    def action_reminder_release(self):
        """Let the reminders of these customers go on, in the current company."""
        self.check_access("read")
        self.env["payment.reminder"].check_access("write")
        self._write_hold(self.env.company, False, False)
        self._log_hold(self.env._("%s sends reminders again.", self.env.company.name))
