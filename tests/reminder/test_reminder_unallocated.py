"""Money that has not been allocated for long: a person looks at it before the customer
is asked again."""

from datetime import timedelta

from odoo.tests import tagged

from ..common.reminder_case import DUE
from .test_reminder_received import AMOUNT, ReceivedCase

DAYS = 4


@tagged("post_install", "-at_install")
class TestReminderUnallocated(ReceivedCase):
    def setUp(self):
        super().setUp()
        self.company.payment_receipt_days = DAYS
        self.company.payment_reminder_interval_days = 0
        self.policy.level_ids.write({"subject": "Reminder", "body": "<p>Please</p>"})

    def wait_for(self, receive, **values):
        """Let money come in and its days go by; return the due line, the reminder made
        then and the money."""
        line = self.owe(**values)
        self.after(1)
        money = receive()
        self.after(1 + DAYS)
        return line, self.plan(partners=line.partner_id), money

    def task_of(self, reminder):
        [task] = self.tasks_of(reminder)
        return task

    def test_each_kind_of_money_waits_for_a_person(self):
        for receive in (
            *(self.suggested, self.of_customer),
            *(self.from_account, self.registered),
        ):
            with self.subTest(receive.__name__), self.env.cr.savepoint() as savepoint:
                line, reminder, money = self.wait_for(receive)
                self.assertTrue(self.level(1).automatic)
                self.assertEqual(reminder.state, "to_confirm")
                self.assertEqual(reminder._get_unallocated(), money)
                for text in (
                    *(reminder.money_note, reminder.waits_for),
                    self.state(line)["sentence"],
                ):
                    self.assertIn(f"{money.amount:.2f}", text)
                    self.assertIn("December 10, 2026 is still not allocated", text)
                task = self.task_of(reminder)
                self.assertEqual(task.user_id, reminder.user_id)
                self.assertIn(f"{money.amount:.2f}", task.summary)
                self.assertIn("allocate it, or confirm", task.note)
                savepoint.rollback()
            self.env.invalidate_all()

    def test_nothing_leaves_by_itself(self):
        _line, reminder, _money = self.wait_for(self.of_customer)
        self.at(self.today + timedelta(1))
        with self.without_commits():
            self.reminders._run_company(self.company)
        self.assertEqual(reminder.state, "to_confirm")
        self.assertEqual(self.find(*reminder.line_ids.move_id), reminder)
        # One task, of its own and not also that of its level.
        self.assertEqual(self.task_of(reminder).payment_task, "allocate")

    def test_it_opens_the_money(self):
        _line, reminder, receipt = self.wait_for(self.of_customer)
        action = reminder.with_user(self.accountant).action_open_received()
        self.assertEqual(action["context"]["default_line_id"], receipt.id)
        self.after(0)
        self.payer = self.company_customer
        _line, reminder, payment = self.wait_for(self.registered)
        action = reminder.with_user(self.accountant).action_open_received()
        self.assertEqual(action["res_id"], payment.id)

    def test_a_person_confirms_it(self):
        _line, reminder, _money = self.wait_for(self.of_customer)
        reminder.with_user(self.accountant).action_send()
        self.assertEqual(reminder.state, "queued")
        self.assertFalse(self.tasks_of(reminder))
        self.leave(reminder)
        # The next level asks again.
        self.after(20)
        following = self.plan()
        self.assertEqual((following.level_days, following.state), (7, "to_confirm"))
        self.assertEqual(len(self.tasks_of(following)), 1)

    def test_money_that_is_allocated_to_it_drops_it(self):
        _line, reminder, receipt = self.wait_for(self.suggested)
        receipt.match_suggestion_ids[:1].action_accept()
        self.follow()
        self.assertEqual(reminder.state, "dropped")
        self.assertFalse(self.tasks_of(reminder))

    def test_money_that_is_allocated_elsewhere_lets_it_leave(self):
        _line, reminder, payment = self.wait_for(self.registered)
        payment.action_validate()
        self.follow()
        self.assertEqual(reminder.state, "to_send")
        self.assertFalse(reminder.payment_id)
        self.assertFalse(self.tasks_of(reminder))

    def test_the_next_receipt_keeps_it_waiting(self):
        line = self.owe()
        self.after(1)
        receipts = self.of_customer(10.0) | self.of_customer(20.0)
        self.after(1 + DAYS)
        reminder = self.plan(partners=line.partner_id)
        money = reminder._get_unallocated()
        money.unlink()
        self.follow()
        self.assertEqual(reminder.state, "to_confirm")
        self.assertEqual(reminder._get_unallocated(), receipts - money)
        self.assertIn("0.00", self.task_of(reminder).summary)

    def test_money_that_turns_out_to_be_theirs_keeps_it_waiting(self):
        self.owe()
        self.after(1)
        receipt = self.come_in(30.0)
        self.after(1 + DAYS)
        reminder = self.plan()
        self.assertEqual(reminder.state, "to_send")
        receipt.partner_id = self.payer
        with self.without_commits():
            self.reminders._run_company(self.company)
        self.assertEqual(reminder.state, "to_confirm")
        self.assertEqual(reminder._get_unallocated(), receipt)
        self.assertTrue(self.tasks_of(reminder))

    def test_the_task_comes_again_with_the_wait(self):
        _line, reminder, _money = self.wait_for(self.of_customer)
        self.tasks_of(reminder).unlink()
        self.follow()
        self.assertTrue(self.task_of(reminder))

    def test_a_bank_line_that_is_deleted_lets_it_leave(self):
        _line, reminder, receipt = self.wait_for(self.of_customer)
        receipt.unlink()
        self.follow()
        self.assertEqual(reminder.state, "to_send")
        self.assertFalse(self.tasks_of(reminder))

    def test_what_a_person_confirms_anyway_stays_with_them(self):
        self.level(1).automatic = False
        _line, reminder, receipt = self.wait_for(self.of_customer)
        receipt.unlink()
        self.follow()
        self.assertEqual(reminder.state, "to_confirm")
        self.assertFalse(reminder.money_note)

    def test_days_of_zero_ask_nobody(self):
        self.company.payment_receipt_days = 0
        _line, reminder, _money = self.wait_for(self.of_customer)
        self.assertEqual(reminder.state, "to_send")

    def test_the_younger_of_two_receipts_holds(self):
        line, _reminder, _money = self.wait_for(self.of_customer)
        second = self.owe(50.0)
        self.of_customer(20.0)
        self.assert_reason(second, "received", DUE + timedelta(2 * DAYS))
        self.assertEqual(self.reason(line), "received")

    def test_money_of_another_customer_asks_nobody(self):
        _line, reminder, _money = self.wait_for(
            self.of_customer, partner=self.company_customer
        )
        self.assertEqual(reminder.state, "to_send")

    def test_the_page_speaks_of_it_no_more(self):
        line, _reminder, _money = self.wait_for(self.suggested)
        request = self.request_of(line.move_id)
        self.assertEqual(request._get_unallocated(), [])
        self.after(2)
        self.assertEqual([told[0] for told in request._get_unallocated()], [AMOUNT])

    def test_a_new_address_does_not_confirm_it(self):
        _line, reminder, _money = self.wait_for(self.of_customer)
        reminder.with_user(self.accountant).action_send()
        reminder._mark_failed("No such address")
        self.payer.email = "right@delcourt.example"
        self.assertEqual(reminder.state, "to_confirm")


@tagged("post_install", "-at_install")
class TestTasksOfOthers(ReceivedCase):
    """What a person planned for themselves stays."""

    def test_only_tasks_of_the_engine_are_withdrawn(self):
        self.owe()
        self.after(1)
        reminder = self.plan()
        todo, call = (
            # As a rule of somebody's makes it.
            reminder.activity_schedule(kind, summary="Mine", user_id=self.env.uid)
            for kind in ("mail.mail_activity_data_todo", "mail.mail_activity_data_call")
        )
        self.payer.phone = "+33145678901"
        reminder.level_id.channel = "phone"
        self.send(reminder)
        self.assertEqual(reminder.state, "to_call")
        self.assertEqual(len(reminder.activity_ids), 3)
        reminder.action_phone_outcome("wrong_number")
        self.assertEqual(reminder.state, "failed")
        [address] = reminder.activity_ids - todo - call
        self.assertEqual(address.payment_task, "unreached")
        self.payer.phone = "+33145678902"
        self.assertEqual(reminder.activity_ids, todo | call)
        reminder._mark_failed("It rang in vain.")
        reminder.with_user(self.accountant).action_drop()
        self.assertEqual(reminder.activity_ids, todo | call)
