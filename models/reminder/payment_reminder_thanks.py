import logging
from datetime import timedelta

from odoo import api, models
from odoo.tools import split_every

from .payment_reminder import SENT_STATES
from .payment_reminder_prepare import TEXT_ERRORS
from .payment_reminder_send import SLICE

_logger = logging.getLogger(__name__)

TEMPLATE = "account_payment_request.mail_template_reminder_thanks"
#: Thanks that come later than this are odd: the setting was switched on since.
THANKS_DAYS = 7


class PaymentReminder(models.Model):
    """Thanks after payment."""

    _inherit = "payment.reminder"

    @api.model
    def _send_thanks(self, company):
        """Thank, once, the customers who paid all that a reminder named.

        :param res.company company: which is paid, and has its setting on
        """
        template = self.env.ref(TEMPLATE, raise_if_not_found=False)
        if not company.payment_reminder_thanks or not template:
            return
        since = company._get_payment_today() - timedelta(THANKS_DAYS)
        paid = self.search(
            [
                ("company_id", "=", company.id),
                ("state", "in", SENT_STATES),
                ("thanks_sent", "=", False),
                ("paid_date", ">=", since),
                ("amount_paid_after", ">", 0),
            ],
            order="partner_id, sent_at desc, id desc",
        )
        # Who owes something overdue all the same is thanked when that is paid, too.
        overdue = self.env["account.move.line"]._find_overdue(company, paid.partner_id)
        owing = overdue.partner_id
        by_customer = [
            reminders
            for customer, reminders in paid.grouped("partner_id").items()
            if customer not in owing
            and not (
                reminders[0].level_id
                and company._get_window_blocker(reminders[0].level_id)
            )
        ]
        for chunk in split_every(SLICE, by_customer):
            self.browse().concat(*chunk)._thank(template)
            self.env["ir.cron"]._commit_progress(0)

    def _thank(self, template):
        """Write one mail to each customer of these reminders, about the last of them.

        :param mail.template template: of the text
        """
        mine = self.try_lock_for_update()
        mine.invalidate_recordset(["thanks_sent"])
        mine = mine.filtered(lambda r: not r.thanks_sent)._without_tracking()
        last = self.browse()
        for reminders in mine.grouped("partner_id").values():
            last |= reminders[:1]
        last -= self.browse(last._find_bad_addresses())
        # Also where no mail can go: nobody asks again tomorrow.
        mine.thanks_sent = True
        last._queue_thanks(template)
        self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()

    def _queue_thanks(self, template):
        """Queue the mails, one by one if they cannot be written together.

        :param mail.template template: of the text
        """
        try:
            with self.env.cr.savepoint():
                template.send_mail_batch(self.ids)
        except TEXT_ERRORS as error:
            if len(self) > 1:
                for reminder in self:
                    reminder._queue_thanks(template)
                return
            _logger.info("Thanks for reminder %s have no text: %s", self.id, error)
            self._leave_task(
                self.env._("The text of the thanks could not be made."),
                self.env._("Correct the text of the thanks"),
            )
