"""Test mode: everything is made and rendered, and goes to one address."""

from markupsafe import Markup, escape

from odoo import Command, api, fields, models
from odoo.fields import Domain

from .payment_reminder import TESTED

#: Of each channel, what says whom it would not reach; it sends nothing.
CHECKS = {
    "email": "_find_bad_addresses",
    "sms": "_find_bad_numbers",
    "portal": "_find_without_portal",
    "letter": "_send_by_letter",
    "phone": "_send_by_phone",
}
#: Channels that bring files, too.
WITH_FILES = ("email", "letter")
NOTE = Markup(
    '<div style="border: 2px dashed #b35c00; background-color: #fff4e0; color: #5a2e00;'
    ' padding: 12px; margin-bottom: 16px;">{}</div>'
)


class PaymentReminder(models.Model):
    _inherit = "payment.reminder"

    is_test = fields.Boolean(
        string="Test",
        readonly=True,
        help="Made in test mode: it goes to its address, and is gone once test mode is "
        "left.",
    )

    def _hand_over(self):
        """Override: tests go to the address of test mode, and nothing else leaves as
        long as it lasts."""
        tests = self.filtered("is_test")
        real = self - tests
        if real and real.company_id._is_reminder_test():
            real = self.browse()
        taken = super(PaymentReminder, real)._hand_over() if real else real
        return taken | tests._send_to_tester()

    def _mark_failed(self, reason, summary=None):
        """Override: what cannot be made is told to whoever tests, once."""
        tests = self.filtered("is_test")
        for test in tests._without_tracking():
            test.failure_reason = reason
            test._send_to_tester()
        return super(PaymentReminder, self - tests)._mark_failed(reason, summary)

    def _schedule_task(self, reason, summary=None, *how, **named):
        """Override: a test is nobody's task."""
        real = self.filtered(lambda r: not r.is_test)
        return super(PaymentReminder, real)._schedule_task(
            reason, summary, *how, **named
        )

    def _send_to_tester(self):
        """Queue one mail for each reminder to the address of test mode, with what it
        would have been.

        :return: these reminders
        :rtype: payment.reminder
        """
        mails = self.env["mail.mail"].sudo()
        for company, tests in self.grouped("company_id").items():
            address = company.sudo().payment_reminder_test_email
            if not company._is_reminder_test() or not address:
                # Test mode was left by another process: they are gone with it.
                continue
            made = tests.filtered(lambda r: not r.failure_reason)
            chosen = made._find_test_channels()
            chosen |= dict.fromkeys((tests - made).ids, (None, []))
            files = made._get_attachments()
            mails.create(
                [
                    test._get_test_mail(address, *chosen[test.id], files.get(test.id))
                    for test in tests
                ]
            )
            for test in tests:
                test.write(
                    {
                        "state": TESTED,
                        "channel": chosen[test.id][0] or test.channel,
                        "sent_at": company._get_payment_now(),
                        "note": self.env._("Test, sent to %s.", address),
                    }
                )
        if self:
            self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()
        return self

    def _find_test_channels(self):
        """Return by which channel each reminder would leave; none is used.

        :return: channel (None: none reaches the customer) and why those before it would
            not, by reminder
        :rtype: dict[int, tuple[str | None, list[str]]]
        """
        queues = {test.id: test._get_channels_left() for test in self}
        chosen = {test.id: (None, []) for test in self}
        waiting = self
        while waiting := waiting.filtered(lambda r: queues[r.id]):
            refused = self.browse()
            by_channel = waiting.grouped(lambda r: queues[r.id].pop(0))
            for channel, tests in by_channel.items():
                why_not = getattr(tests, CHECKS[channel])()
                for test in tests:
                    reasons = chosen[test.id][1]
                    if reason := why_not.get(test.id):
                        reasons.append(reason)
                        refused |= test
                    else:
                        chosen[test.id] = (channel, reasons)
            waiting = refused
        return chosen

    def _get_test_mail(self, address, channel, reasons, files):
        """Return the values of the mail that shows a test.

        :param str address: of whoever tests
        :param str | None channel: by which it would have left
        :param list[str] reasons: why other channels would not reach the customer
        :param ir.attachment | None files: what a mail to the customer has with it
        :rtype: dict
        """
        self.ensure_one()
        env = self.company_id._with_books_language(self).env
        return {
            "subject": env._(
                "[Test] %s", self.subject or self.level_name or self.display_name
            ),
            "body_html": self._render_layout(
                self._get_test_note(channel, reasons) + self._get_test_text(channel)
            ),
            "email_from": self._get_author().email_formatted,
            "email_to": address,
            "attachment_ids": [Command.set(files.ids if channel in WITH_FILES else [])],
            "message_type": "email_outgoing",
            "auto_delete": True,
            "record_alias_domain_id": self.company_id.alias_domain_id.id,
        }

    def _get_test_note(self, channel, reasons):
        """Return what stands above a test: to whom it would have gone, and how.

        :rtype: Markup
        """
        self.ensure_one()
        reminder = self.company_id._with_books_language(self)
        env = reminder.env
        lines = [
            env._(
                "Test of “%(level)s” for %(customer)s, who did not receive it.",
                level=self.level_name or "",
                customer=self.partner_id.display_name,
            ),
            reminder._describe_test_way(channel),
            *reasons,
        ]
        if self.failure_reason:
            lines.append(self.failure_reason)
        elif self._needs_confirmation():
            lines.append(env._("It would wait for a person to confirm it."))
        return NOTE.format(Markup("<br/>").join(map(escape, lines)))

    def _describe_test_way(self, channel):
        """Return how a test would have reached the customer, in a sentence.

        :rtype: str
        """
        env = self.env
        if channel == "email":
            return env._("By e-mail to %s", self.contact_id.email_formatted)
        if channel == "sms":
            return env._("By SMS to %s", self._find_sms_number()[0])
        if channel == "letter":
            return env._("By letter to %s", ", ".join(self._get_postal_lines()))
        if channel == "phone":
            return env._("By a call to %s", self._find_phone_number()[1])
        if channel == "portal":
            return env._("In the customer account of %s", self.contact_id.display_name)
        return env._("It would reach nobody.")

    def _get_test_text(self, channel):
        """Return what the channel would have brought the customer.

        :rtype: Markup
        """
        if self.failure_reason:
            return Markup("")
        if channel == "sms":
            text = Markup('<p style="white-space: pre-wrap;">%s</p>')
            return text % (self.sms_body or "")
        if channel == "phone":
            return self.phone_script or Markup("")
        return self._get_message()

    @api.model
    def _get_sending_domain(self, company):
        """Override: in test mode nothing but tests leaves."""
        domain = super()._get_sending_domain(company)
        if company._is_reminder_test():
            domain &= Domain("is_test", "=", True)
        return domain
