"""SMS and calls keep to the hours of the place of their number."""

from datetime import datetime

from odoo.tests import tagged

from ..common.reminder_channel_case import ChannelCase

MARTINIQUE, REUNION, NOUMEA = "+596696262626", "+262692112233", "+687770123"


@tagged("post_install", "-at_install")
class TestReminderHours(ChannelCase):
    """The company is in Paris, its levels leave from 8:30 to 18:00."""

    def setUp(self):
        super().setUp()
        self.use("sms")

    def due_at(self, moment, phone, channel="sms"):
        """Return the reminder of a customer, as the job left it at a moment, UTC."""
        self.use(channel)
        self.set_now(moment)
        customer = self.customer.copy({"phone": phone})
        invoice = self.overdue(partner=customer)
        self.run_reminders()
        return self.find(invoice)

    def leaves(self, moment, phone):
        return self.due_at(moment, phone).state == "queued"

    def test_the_hours_are_those_of_the_number(self):
        for phone, hour, leaves in (
            (MARTINIQUE, (10, 0), False),  # Six in the morning there.
            (MARTINIQUE, (12, 29), False),
            (MARTINIQUE, (12, 31), True),
            (MARTINIQUE, (21, 59), True),  # Almost eleven at night in Paris.
            (MARTINIQUE, (22, 1), False),
            (REUNION, (5, 0), True),  # Nine there, six in Paris.
            (REUNION, (14, 1), False),  # Six in the evening there.
            (NOUMEA, (6, 59), True),
            (NOUMEA, (10, 0), False),
            ("06 12 34 56 78", (6, 59), False),
            ("06 12 34 56 78", (9, 0), True),
        ):
            with self.subTest(phone=phone, hour=hour):
                moment = datetime(2026, 3, 16, *hour)
                self.assertEqual(self.leaves(moment, phone), leaves)

    def test_the_day_is_that_of_the_number(self):
        sunday, friday = datetime(2026, 3, 15, 22), datetime(2026, 3, 20, 22)
        self.assertTrue(self.leaves(sunday, NOUMEA), "Monday morning there")
        self.assertFalse(self.leaves(friday, NOUMEA), "Saturday morning there")

    def test_what_waits_says_so_and_leaves_later(self):
        reminder = self.due_at(datetime(2026, 3, 16, 10), MARTINIQUE)
        self.assertEqual((reminder.state, reminder.channel), ("to_send", "sms"))
        self.assertIn("where the telephone number is", reminder.note)
        self.assertFalse(reminder.activity_ids)
        self.set_now(datetime(2026, 3, 16, 13))
        self.run_reminders()
        self.assertEqual((reminder.state, reminder.note), ("queued", False))

    def test_a_mail_keeps_to_the_hours_of_the_company(self):
        self.assertEqual(
            self.due_at(datetime(2026, 3, 16, 10), MARTINIQUE, "email").state, "queued"
        )
        self.assertEqual(
            self.due_at(datetime(2026, 3, 16, 20), MARTINIQUE, "email").state, "to_send"
        )

    def test_an_sms_after_a_mail_waits_for_its_hours(self):
        self.first.write({"channel": "email", "second_channel": "sms"})
        self.customer.write({"email": False, "phone": MARTINIQUE})
        self.set_now(datetime(2026, 3, 16, 10))
        reminder = self.remind(self.overdue())
        self.assertEqual((reminder.state, reminder.channel), ("to_send", "sms"))
        self.assertIn("e-mail", reminder.failure_reason)
        self.assertEqual(len(self.tasks_of(reminder)), 1)
        self.run_reminders()
        self.assertEqual(len(self.tasks_of(reminder)), 1, "it is told once")
        self.set_now(datetime(2026, 3, 16, 13))
        self.run_reminders()
        self.assertEqual((reminder.state, reminder.channel), ("queued", "sms"))

    def test_whoever_sends_it_themselves_does_so_at_any_hour(self):
        reminder = self.due_at(datetime(2026, 3, 16, 10), MARTINIQUE)
        reminder.action_send()
        self.assertEqual(reminder.state, "queued")

    def test_several_zones(self):
        # In Polynesia there are three, half an hour apart: nine and four o'clock.
        polynesia, satellite = "+68987123456", "+881612345678"
        self.assertTrue(self.leaves(datetime(2026, 3, 16, 18, 30), polynesia))
        self.assertFalse(self.leaves(datetime(2026, 3, 16, 10), polynesia))
        # A freephone number of America may be anywhere, a satellite is nowhere.
        for phone in ("+18005551234", satellite):
            reminder = self.due_at(datetime(2026, 3, 16, 9), phone, "phone")
            self.assertEqual(reminder.state, "to_call", "by the company's hours")
            reminder = self.due_at(datetime(2026, 3, 16, 18), phone, "phone")
            self.assertEqual(reminder.state, "to_send")

    def test_without_a_number_the_next_channel_is_not_delayed(self):
        for phone in (False, "06 12"):
            reminder = self.due_at(datetime(2026, 3, 16, 9), phone)
            self.assertEqual((reminder.state, reminder.channel), ("queued", "email"))

    # === Calls ===

    def test_a_call_waits_for_its_hours(self):
        reminder = self.due_at(datetime(2026, 3, 16, 10), MARTINIQUE, "phone")
        self.assertEqual(reminder.state, "to_send")
        self.set_now(datetime(2026, 3, 16, 13))
        self.run_reminders()
        self.assertEqual(reminder.state, "to_call")
        self.assertIn("(09:00 there)", reminder.phone_numbers)

    def test_a_call_nearby_says_no_hour(self):
        reminder = self.due_at(datetime(2026, 3, 16, 9), "06 12 34 56 78", "phone")
        self.assertNotIn("there", reminder.phone_numbers)

    def test_the_numbers_of_one_field_can_each_be_called(self):
        both = "01 44 55 66 77 / 06 12 34 56 78"
        reminder = self.due_at(datetime(2026, 3, 16, 9), both, "phone")
        for number in ("+33144556677", "+33612345678"):
            self.assertIn(f'href="tel:{number}"', reminder.phone_numbers)

    # === Which number ===

    def test_of_two_numbers_the_mobile_gets_the_sms(self):
        both = "01 44 55 66 77 / 0692 11 22 33"
        reminder = self.due_at(datetime(2026, 3, 16, 9), both)
        self.assertEqual(self.sms_of(reminder).number, REUNION)

    def test_numbers_without_sms_go_by_mail(self):
        for phone, word in (
            ("09 72 12 34 56", "Internet"),
            ("0 800 123 456", "freephone"),
            ("0811 12 34 56", "shared-cost"),
            ("0892 12 34 56", "premium"),
            ("0806 12 34 56", "service number"),
            ("01 44 55 66 77 / 0800 123 456", "landline"),
        ):
            with self.subTest(phone):
                reminder = self.due_at(datetime(2026, 3, 16, 9), phone)
                self.assert_next(reminder, word)
