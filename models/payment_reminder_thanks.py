import logging
from datetime import timedelta

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import split_every

from .payment_reminder import GONE_STATES
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
        if company._get_reminder_obstacle() in ("neutralized", "copied"):
            return
        since = company._get_payment_today() - timedelta(THANKS_DAYS)
        paid = self.search(
            [
                ("company_id", "=", company.id),
                ("state", "in", GONE_STATES),
                ("thanked", "=", False),
                ("paid_at", ">=", since),
                ("amount_paid_after", ">", 0),
            ],
            order="partner_id, sent_at desc, id desc",
        )
        by_customer = list(paid.grouped("partner_id").values())
        for chunk in split_every(SLICE, by_customer):
            self.browse().concat(*chunk)._thank(template)
            self.env["ir.cron"]._commit_progress(0)

    def _thank(self, template):
        """Write one mail to each customer of these reminders, about the last of them.

        :param mail.template template: of the text
        """
        mine = self.try_lock_for_update()
        mine.invalidate_recordset(["thanked"])
        mine = mine.filtered(lambda r: not r.thanked)._quietly()
        last = self.browse()
        for reminders in mine.grouped("partner_id").values():
            last |= reminders[:1]
        last -= self.browse(last._find_bad_addresses())
        # Also where no mail can go: nobody asks again tomorrow.
        mine.thanked = True
        try:
            with self.env.cr.savepoint():
                template.send_mail_batch(last.ids)
            self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()
        except UserError as error:
            _logger.warning("Thanks could not be written: %s", error)
            last._leave_task(
                self.env._("The text of the thanks could not be made."),
                self.env._("Correct the text of the thanks"),
            )
