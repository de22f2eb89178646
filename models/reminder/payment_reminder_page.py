from markupsafe import Markup

from odoo import api, fields, models
from odoo.fields import Domain

from ..text import write_day_in_words
from .payment_reminder import SENT_STATES

#: What a customer reads of the page of a payment request.
PAGE_STATES = {
    "pay": "to_pay",
    "in_progress": "on_its_way",
    "paid": "paid",
    "nothing_due": "settled",
}


class PaymentReminder(models.Model):
    """Reminders as customers see them: what reached them and where it stands, never
    what was only planned, nor what is noted about it.
    """

    _inherit = "payment.reminder"

    @api.model
    def _get_portal_domain(self, user):
        """Return which reminders somebody may see as a customer: what was said to them
        or to their company, and whoever is the company itself, to its addresses.

        :param res.users user: logged in
        :rtype: Domain
        """
        person = user.sudo().partner_id
        mine = self._get_party_domain(person._get_parties())
        if person == person.commercial_partner_id:
            mine |= Domain("party_id.commercial_partner_id", "=", person.id)
        elif person._is_invoiced_apart():
            # By address, what is said to the customer is about other invoices.
            of_head_office = Domain("party_id", "=", False)
            mine &= ~(of_head_office & Domain("policy_id.grouping", "=", "contact"))
        return (
            mine
            & Domain("company_id", "in", user.company_ids.ids)
            & Domain("state", "in", SENT_STATES)
        )

    def _get_portal_url(self):
        """Return the address of the reminder's page, for whoever may log in.

        :rtype: str
        """
        self.ensure_one()
        return f"{self.company_id.get_base_url()}/my/reminders/{self.id}"

    # === Words ===

    def _get_sent_date(self):
        """Return the day on which the reminder left, where the company is.

        :rtype: datetime.date
        """
        self.ensure_one()
        if not self.sent_at:
            return self.date
        company_clock = self.with_context(tz=self.company_id._get_payment_timezone())
        return fields.Datetime.context_timestamp(company_clock, self.sent_at).date()

    def _get_kind_text(self):
        """Return what it is, in a word that accuses nobody.

        :rtype: str
        """
        self.ensure_one()
        if self.level_days < 0:
            return self.env._("Payment notice")
        return self.env._("Payment reminder")

    def _get_channel_text(self):
        """Return how it reached the customer.

        :rtype: str
        """
        self.ensure_one()
        return {
            "email": self.env._("by e-mail"),
            "sms": self.env._("by SMS"),
            "portal": self.env._("in your customer account"),
            "letter": self.env._("by letter"),
            "phone": self.env._("by phone"),
        }.get(self.channel, "")

    def _get_title_text(self):
        """Return what it is and when it was sent.

        :rtype: str
        """
        self.ensure_one()
        return self.env._(
            "%(kind)s of %(date)s",
            kind=self._get_kind_text(),
            date=write_day_in_words(self.env, self._get_sent_date()),
        )

    def _get_notice_text(self):
        """Return in one line what was sent, for whoever only holds the link.

        :rtype: str
        """
        self.ensure_one()
        return ", ".join(
            filter(None, (self._get_title_text(), self._get_channel_text()))
        )

    # === Where it stands ===

    def _get_portal_rows(self):
        """Return what the list shows of these reminders, the newest first.

        What a newer one names as well is asked for there: nobody is asked twice.

        :return: dicts with `reminder`, `title`, `channel`, `state` (`to_pay`,
            `on_its_way`, `paid`, `replaced`, `settled`), `amount` (asked then),
            `open` (of it now), `url` of the payment page, empty if nothing is asked
        :rtype: list[dict]
        """
        rows, named = [], set()
        for reminder in self:
            open_ids = set(reminder._get_open_lines().move_line_id.ids)
            state = reminder._get_portal_state()
            if state == "to_pay" and open_ids <= named:
                state = "replaced"
            named |= open_ids
            rows.append(
                {
                    "reminder": reminder,
                    "title": reminder._get_title_text(),
                    "channel": reminder._get_channel_text(),
                    "state": state,
                    "amount": reminder._write_amount(reminder.amount_asked),
                    "open": reminder._write_amount(reminder._get_amount_open()),
                    "url": reminder._get_pay_url() if state == "to_pay" else "",
                }
            )
        return rows

    def _get_open_lines(self):
        """Return what it names and is not paid yet.

        :rtype: payment.reminder.line
        """
        still_due = self._get_reminder_lines()
        return self.line_ids.filtered(lambda line: line.move_line_id in still_due)

    def _get_portal_state(self):
        """Return where it stands by itself, as `_get_portal_rows` names it.

        :rtype: str
        """
        self.ensure_one()
        if not self._get_open_lines():
            paid = self.line_ids.move_id.filtered(
                lambda move: move.state == "posted" and move.payment_state != "reversed"
            )
            return "paid" if paid else "settled"
        page = self.request_id and self.request_id._get_page_state()
        # Without a request, or a withdrawn one, the invoices are open all the same.
        return PAGE_STATES.get(page, "to_pay")

    def _get_pay_url(self):
        """Return where it can be paid, empty if it cannot."""
        request = self.request_id
        return request.url if request and request._is_payable() else ""

    def _get_amount_open(self):
        """Return what is still to be paid of what it asked for."""
        self.ensure_one()
        if self.request_id:
            return self.request_id.amount_to_pay
        return sum(self._get_open_lines().mapped("amount_now"))

    def _get_page_invoices(self):
        """Return what the page of one reminder shows of its invoices, now.

        :return: rows as `_get_invoice_row` makes them, with `move`, `open` (written
            out, empty if paid) and `on_its_way`
        :rtype: list[dict]
        """
        self.ensure_one()
        still_open = self._get_open_lines()
        return [
            {
                **row,
                "move": line.move_id,
                "open": self._write_amount(line.amount_now)
                if line in still_open
                else "",
                "on_its_way": line in still_open and line.move_id.transfer_in_progress,
            }
            for line, row in zip(
                self._sort_lines(), self._get_invoice_rows(), strict=True
            )
        ]

    def _get_sent_text(self):
        """Return the text that was sent; its table the page shows as it is now. What
        was said on the phone is not told.

        :rtype: Markup
        """
        self.ensure_one()
        if self.channel == "phone":
            return Markup("")
        if self.channel == "sms":
            return Markup("<p>%s</p>") % (self.sms_body or "")
        return (self.body or Markup("")) + (self.closing or "")
