"""What the tests of channels share: a level by one channel, an SMS provider."""

from contextlib import contextmanager
from unittest.mock import patch

from odoo.addons.sms.tools.sms_api import SmsApi

from .reminder_case import ReminderCase

SMS_CRON = "sms.ir_cron_sms_scheduler_action"
NUMBER = "+33612345678"


class ChannelCase(ReminderCase):
    """An escalation of which the first level goes by one channel, then by e-mail."""

    def use(self, channel, second="email", third=False):
        self.first.write(
            {"channel": channel, "second_channel": second, "third_channel": third}
        )

    @contextmanager
    def sms_provider(self, state="success"):
        """Answer for the SMS provider; collect id of the company, number and text.

        :param str state: what it says of each SMS
        """
        sent = []

        def contact(api, _endpoint, params, **_options):
            answers = []
            for message in params["messages"]:
                for number in message["numbers"]:
                    sent.append(
                        (api.env.company.id, number["number"], message["content"])
                    )
                    answers.append({"uuid": number["uuid"], "state": state})
            return answers

        with patch.object(SmsApi, "_contact_iap", contact):
            yield sent

    def deliver_sms(self, state="success"):
        """Let the queue send what is in it; return what the provider got."""
        with self.sms_provider(state) as sent:
            self.run_cron(SMS_CRON)
        return sent

    def follow_up(self):
        """Read what providers told."""
        self.env.flush_all()
        self.run_reminders()

    def sms_of(self, reminders):
        return (
            self.env["sms.sms"]
            .sudo()
            .search(
                [
                    ("mail_message_id.model", "=", reminders._name),
                    ("mail_message_id.res_id", "in", reminders.ids),
                ],
                order="id",
            )
        )

    def tasks_of(self, reminders):
        todo = self.env.ref("mail.mail_activity_data_todo")
        return reminders.sudo().activity_ids.filtered(
            lambda task: task.activity_type_id == todo
        )

    def assert_next(self, reminder, word):
        """It went by mail, a person is told why, and the reason has ``word`` in it."""
        self.assertEqual((reminder.state, reminder.channel), ("queued", "email"))
        self.assertIn(word, reminder.failure_reason)
        self.assertEqual(len(self.tasks_of(reminder)), 1)
        self.assertIn(word, self.tasks_of(reminder).note)
        self.assertEqual(len(self.mails_of(reminder)), 1)
