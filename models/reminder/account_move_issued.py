from odoo import fields, models

from ...const import ACCOUNTING


class AccountMove(models.Model):
    """Since when customers can know of their invoices."""

    _inherit = "account.move"

    reminder_issued_at = fields.Datetime(
        string="Posted or Sent At",
        readonly=True,
        copy=False,
        groups=ACCOUNTING,
        help="What was later: that it was posted, or sent for the first time. "
        "Reminders have some days of grace from then on.",
    )

    def write(self, vals):
        """Override: note when invoices are posted, or sent for the first time."""
        issued = self if vals.get("state") == "posted" else self.browse()
        if vals.get("is_move_sent"):
            issued |= self.filtered(lambda move: not move.is_move_sent)
        res = super().write(vals)
        if issued:
            # Whoever may post or send may note it, too.
            field = self._fields["reminder_issued_at"]
            with self.env.protecting([field], issued):
                issued.reminder_issued_at = issued[:1].company_id._get_payment_now()
        return res

    def action_mark_as_sent(self):
        """Note that the customers have these invoices: somebody sent them without Odoo,
        or another program did.

        :raises AccessError: without the right to invoice
        """
        self._check_may_remind()
        self.check_access("write")
        posted = self.filtered(lambda move: move.state == "posted")
        posted.sudo().is_move_sent = True

    def action_open_received(self):
        """Open the money that came in, may pay these invoices and is not allocated yet.

        :rtype: dict | None
        """
        states = self.env["payment.reminder"]._get_plan_state(
            self._get_reminder_lines()
        )
        money = next(
            (state["money"] for state in states.values() if state["money"]), None
        )
        return self.env["payment.reminder"]._open_money(money)
