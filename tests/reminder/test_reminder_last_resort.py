"""Whom nothing reaches gets a letter; a corrected address helps the channels that need
it, and no other."""

from odoo.tests import tagged

from ..common.reminder_channel_case import ChannelCase

WHERE = {"street": "12 rue des Lilas", "zip": "69003", "city": "Lyon"}
LANDLINE, MOBILE = "01 44 55 66 77", "06 12 34 56 78"


class UnreachedCase(ChannelCase):
    def setUp(self):
        super().setUp()
        self.customer.write({**WHERE, "email": False, "phone": False})
        self.use("email", "sms")

    def sent(self, **values):
        """Send the first reminder to a customer with these values."""
        self.customer.write(values)
        return self.remind(self.overdue())


@tagged("post_install", "-at_install")
class TestReminderLastResort(UnreachedCase):
    def setUp(self):
        super().setUp()
        self.policy.letter_if_unreached = True

    def test_who_has_neither_address_nor_number_gets_a_letter(self):
        reminder = self.sent()
        self.assertEqual((reminder.state, reminder.channel), ("to_post", "letter"))
        self.assertIn("e-mail", reminder.failure_reason)
        [task] = self.tasks_of(reminder)
        self.assertEqual(task.payment_task, "unreached")

    def test_without_a_complete_address_it_fails_with_a_task(self):
        reminder = self.sent(zip=False, city=False)
        self.assertEqual(reminder.state, "failed")
        for word in ("e-mail", "telephone", "not complete"):
            self.assertIn(word, reminder.failure_reason)
        self.assertEqual(len(self.tasks_of(reminder)), 1)

    def test_after_a_mail_that_came_back(self):
        reminder = self.sent(email="wrong@example.com")
        self.assertEqual(reminder.state, "queued")
        self.deliver_mails(reminder)
        self.bounce(reminder, "wrong@example.com")
        self.run_reminders()
        self.assertEqual((reminder.state, reminder.channel), ("to_post", "letter"))

    def test_a_server_that_is_down_makes_no_letters(self):
        reminder = self.sent(email="marie@example.com")
        reminder._give_up("The server is down")
        self.assertEqual(reminder.state, "failed")

    def test_not_before_the_due_date(self):
        self.first.delay_days = -3
        self.assertNotIn("letter", self.first._get_channels())

    def test_only_if_the_policy_wants_it(self):
        self.policy.letter_if_unreached = False
        self.assertEqual(self.sent().state, "failed")

    def test_ready_made_policies_want_it(self):
        for name in ("courteous", "firm", "key_account", "consumer", "public_body"):
            self.assertTrue(self.ready_made(name).letter_if_unreached, name)
        self.assertFalse(self.ready_made("none").letter_if_unreached)


@tagged("post_install", "-at_install")
class TestCorrectedAddress(UnreachedCase):
    def test_a_number_sends_no_mail_again(self):
        reminder = self.sent(email="wrong@example.com")
        reminder._give_up("The server is down")
        self.customer.phone = MOBILE
        self.assertEqual(reminder.state, "failed")
        self.customer.email = "right@example.com"
        self.assertEqual((reminder.state, reminder.channel), ("to_send", "email"))

    def test_an_address_sends_no_sms_again(self):
        self.use("sms", False)
        reminder = self.sent(phone=LANDLINE)
        self.assertEqual(reminder.state, "failed")
        self.customer.email = "right@example.com"
        self.assertEqual(reminder.state, "failed")
        self.customer.phone = MOBILE
        self.assertEqual(reminder.state, "to_send")

    def test_a_number_sends_the_sms_and_not_the_mail_that_came_back(self):
        reminder = self.sent(email="wrong@example.com", phone=LANDLINE)
        self.deliver_mails(reminder)
        self.bounce(reminder, "wrong@example.com")
        self.run_reminders()
        self.assertEqual(reminder.state, "failed")
        mails = self.mails_of(reminder)
        self.customer.phone = MOBILE
        self.run_reminders()
        self.assertEqual((reminder.state, reminder.channel), ("queued", "sms"))
        self.assertEqual(self.mails_of(reminder), mails)
        self.assertEqual(len(self.sms_of(reminder)), 1)

    def test_whichever_comes_first_is_used(self):
        for values, channel in (
            ({"email": "right@example.com"}, "email"),
            ({"phone": MOBILE}, "sms"),
            ({"phone": MOBILE, "email": "right@example.com"}, "email"),
        ):
            with self.subTest(channel), self.env.cr.savepoint() as savepoint:
                reminder = self.sent()
                self.assertEqual(reminder.failed_channels, "email,sms")
                self.customer.write(values)
                self.assertEqual(
                    (reminder.state, reminder.channel), ("to_send", channel)
                )
                self.send(reminder)
                self.assertEqual(reminder.channel, channel)
                savepoint.rollback()
            self.env.invalidate_all()

    def test_sent_again_by_hand_begins_with_the_first_channel(self):
        reminder = self.sent()
        self.customer.with_context(tracking_disable=True).name = "Other"
        reminder.with_user(self.accountant).action_send()
        self.assertEqual(reminder.state, "failed")
        self.assertEqual(reminder.failed_channels, "email,sms")
