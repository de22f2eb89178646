import logging
from datetime import timedelta

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import format_amount, format_list

from ..batch import cut, together_or_each
from .payment_reminder import SENT_STATES
from .payment_reminder_follow_up import PAYING_JOURNALS
from .payment_reminder_prepare import TEXT_ERRORS
from .payment_reminder_send import SLICE

_logger = logging.getLogger(__name__)

TEMPLATE = "account_payment_request.mail_template_reminder_thanks"
#: No thanks later than this, for instance when the setting is switched on.
THANKS_DAYS = 7


class PaymentReminder(models.Model):
    """Sends one thank-you once everything in a reminder is paid."""

    _inherit = "payment.reminder"

    @api.model
    def _send_thanks(self, company):
        """Thank, once, the customers who paid everything in a reminder.

        :param res.company company: which is paid, and has its setting on
        """
        template = self.env.ref(TEMPLATE, raise_if_not_found=False)
        if not company.payment_reminder_thanks or not template:
            return
        if company._is_reminder_test():
            return
        paid = self.search(
            self._get_thanks_domain(company),
            order="sent_at desc, id desc",
        )
        # Whoever has something else overdue is thanked once that is paid, too.
        plan = self._plan_query(company, partner_ids=paid.partner_id.ids)
        owing = {row["party_id"] for row in self._read_plan(plan) if row["overdue"]}
        last = self.browse().concat(
            *(
                reminders[0]
                for party, reminders in paid.grouped(lambda r: r._get_party()).items()
                if party.id not in owing
            )
        )
        last = last.filtered(
            lambda r: not (r.level_id and company._get_window_blocker(r.level_id))
        )
        self.env["payment.batch"]._run(
            cut(last, SLICE),
            "_thank",
            company,
            template,
            domain=Domain("thanks_sent", "=", False),
        )

    @api.model
    def _get_thanks_domain(self, company):
        """Return the paid reminders whose customers have not been thanked for them.

        :param res.company company: which is paid
        :rtype: Domain
        """
        since = company._get_payment_today() - timedelta(THANKS_DAYS)
        return Domain(
            [
                ("company_id", "=", company.id),
                ("state", "in", SENT_STATES),
                ("thanks_sent", "=", False),
                ("paid_date", ">=", since),
                ("amount_paid_after", ">", 0),
            ]
        )

    def _thank(self, company, template):
        """Queue one mail to each customer about the last of their paid reminders, which
        counts for all of them.

        :param res.company company: which is paid
        :param mail.template template: of the text
        """
        last = self._without_tracking()
        paid = last._find_thanked(company)
        reached = last - last.browse(last._find_bad_addresses())
        together_or_each(
            self.env,
            reached,
            lambda reminders: template.send_mail_batch(reminders.ids),
            lambda reminder, error: reminder._ask_to_correct_thanks(error),
            TEXT_ERRORS,
        )
        # Even without an address: it must not be tried again tomorrow.
        paid.thanks_sent = True
        self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()

    def _find_thanked(self, company):
        """Return all the reminders that these customers paid and were not thanked for.

        :param res.company company: which is paid
        :rtype: payment.reminder
        """
        return self.search(
            self._get_thanks_domain(company)
            & self._get_party_domain(
                self.partner_id.browse(r._get_party().id for r in self)
            )
        )

    def _get_thanked(self):
        """Return what the customer is thanked for, which may be several reminders.

        :return: `amount`, in each currency, and `invoices`, written out in the language
            of the environment
        :rtype: dict[str, str]
        """
        self.ensure_one()
        reminders = self | self._find_thanked(self.company_id)
        amounts, moves = {}, self.env["account.move"]
        named = reminders.line_ids.sorted("date_maturity")
        for due_line, lines in named.grouped("move_line_id").items():
            since = min(r._get_sent_date() for r in lines.reminder_id)
            paid = due_line.matched_credit_ids.filtered(
                lambda part, since=since: (
                    part.credit_move_id.journal_id.type in PAYING_JOURNALS
                    and part.credit_move_id.date >= since
                )
            )
            if paid:
                currency, amount = (
                    due_line.currency_id,
                    sum(paid.mapped("debit_amount_currency")),
                )
                amounts[currency] = amounts.get(currency, 0.0) + amount
                moves |= due_line.move_id
        amounts = amounts or {self.currency_id: self.amount_paid_after}
        return {
            "amount": format_list(
                self.env,
                [format_amount(self.env, sum_, cur) for cur, sum_ in amounts.items()],
            ),
            "invoices": self._write_names(moves) or self.invoice_names,
        }

    def _ask_to_correct_thanks(self, error):
        """Leave a task: the text of the thanks cannot be rendered.

        :param Exception error: what rendering raised
        """
        _logger.info("Thanks for reminder %s have no text: %s", self.id, error)
        self._schedule_task(
            self.env._("The text of the thanks could not be made."),
            self.env._("Correct the text of the thanks"),
        )
