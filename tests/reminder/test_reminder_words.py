"""Texts hold whatever came before them, and whatever the recipient can pay by."""

from datetime import timedelta

from lxml import html

from odoo.tests import tagged
from odoo.tools import html2plaintext

from ..common.page_case import PageCase
from ..common.reminder_case import DUE, ReminderPlanCase

READY_MADE = ("courteous", "firm", "key_account", "consumer", "public_body")
CLASSES = {"consumer": "consumer", "public_body": "public"}
TEXTS = ("subject", "body", "closing", "sms_body", "phone_script")
#: What nobody may read who cannot pay by the link.
ONLINE = ("link to pay", "and payment", "Pay ", "few taps", "online", "Online")


class WordsCase(ReminderPlanCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.write({"email": "marie@example.com", "lang": "en_US"})

    def use(self, name):
        self.customer.customer_class = CLASSES.get(name, "business")
        self.policy = self.ready_made(name)
        self.company.payment_reminder_policy_id = self.policy
        self.company.payment_reminder_interval_days = 0

    def texts(self, reminder):
        """Return what a reminder says anywhere, as it is read."""
        level = reminder.level_id
        texts = level._render_texts(reminder, reminder.lang)[reminder.id]
        return {name: " ".join(html2plaintext(texts[name]).split()) for name in TEXTS}

    def insisting(self):
        """Have the levels leave that come before those which insist on a sum; return
        each reminder that insists."""
        for day in range(1, 36):
            self.after(day)
            for reminder in self.plan():
                reminder._prepare()
                yield day, reminder
                self.leave(reminder)


@tagged("post_install", "-at_install")
class TestReminderWords(WordsCase):
    def test_only_what_was_reminded_is_insisted_on(self):
        for name in READY_MADE:
            with self.subTest(name), self.env.cr.savepoint() as savepoint:
                self.use(name)
                self.check_policy()
                savepoint.rollback()
            self.env.invalidate_all()

    def check_policy(self):
        self.owe(1000.0)
        first_told, insisted = {}, 0
        for day, reminder in self.insisting():
            texts = self.texts(reminder)
            said = " ".join(texts.values())
            late = reminder.line_ids.move_line_id.filtered(
                lambda line: line.date_maturity < self.today
            )
            before = sum(line.amount_residual for line in late if line.id in first_told)
            since = sum(late.mapped("amount_residual")) - before
            for text in texts.values():
                if "Despite our reminder" in text:
                    insisted += bool(since)
                    self.assertTrue(before, text)
                    self.assertIn(f"{before:,.2f}", text)
                    # Once it was said what came since, it is a part of the sum.
                    self.assertEqual("A further" in text, bool(since), text)
                    if since:
                        self.assertIn(f"{since:,.2f}", text)
            if not before:
                self.assertNotIn("Despite", said)
            if reminder.level_id.formal_notice:
                self.assertFalse(since)
            for line in late:
                first_told.setdefault(line.id, day)
            # Something new becomes overdue before each level.
            self.owe(100.0 + day, self.today)
        self.assertTrue(insisted)

    def test_days_of_one_reminder_are_one(self):
        self.use("firm")
        self.owe()
        found = {
            reminder.level_days: self.texts(reminder)["body"]
            for _day, reminder in self.insisting()
        }
        self.assertIn("Despite our reminder of December 10, 2026, ", found[5])
        self.assertIn(
            "Despite our reminders of December 10, 2026 and December 14, 2026, ",
            found[10],
        )

    def test_whoever_never_got_a_word_is_told_of_none(self):
        for name in READY_MADE:
            self.use(name)
            for level in self.policy.level_ids:
                if level.days_from_due < 0 or level.formal_notice:
                    continue
                with self.subTest(level.name), self.env.cr.savepoint() as savepoint:
                    line = self.owe(100.0)
                    self.after(40)
                    reminder = self.plan(lines=line, level=level)
                    reminder._prepare()
                    self.assertEqual(reminder.level_id, level)
                    said = " ".join(self.texts(reminder).values())
                    for claim in (
                        *("our reminder", "our messages", "previous", "tried to"),
                        *("not able to reach", "conversations", "We spoke", "again"),
                    ):
                        self.assertNotIn(claim, said)
                    self.assertIn("100.00", said)
                    self.assertNotIn("A further", said)
                    savepoint.rollback()
                self.env.invalidate_all()

    def test_what_did_not_arrive_is_no_reminder(self):
        self.use("firm")
        self.owe(100.0)
        self.after(1)
        first = self.plan()
        first._mark_failed("Nobody there")
        first.with_user(self.accountant).action_drop()
        self.after(5)
        reminder = self.plan()
        reminder._prepare()
        self.assertEqual(reminder.level_days, 5)
        self.assertIn("Unless we are mistaken, 100.00", self.texts(reminder)["body"])

    def test_every_sms_names_the_invoices(self):
        for name in READY_MADE:
            for level in self.ready_made(name).level_ids:
                self.assertIn("object.invoice_names", level.sms_body, level.name)

    def test_words_between_which_nothing_stands_have_one_space(self):
        self.use("firm")
        self.owe(100.0)
        for _day, reminder in self.insisting():
            self.assertNotIn("  ", reminder.sms_body)
            self.assertNotIn("  ", reminder.subject)

    def test_an_sms_keeps_its_lines(self):
        self.level(1).sms_body = "One \n\n{{ object.also_due_text }} two"
        self.owe()
        self.after(1)
        reminder = self.plan()
        reminder._prepare()
        self.assertEqual(reminder.sms_body, "One\n\ntwo")


@tagged("post_install", "-at_install")
class TestWayToPay(WordsCase, PageCase):
    """A link pays only where its page takes a payment."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dollar = cls.setup_other_currency("USD", rates=[("1900-01-01", 2.0)])
        cls.dummy_provider.state = "disabled"

    def reminder_of(self, **values):
        self.level(1).write(
            {
                "subject": "Reminder",
                "body": "<p>{{ object.pay_text }}</p>",
                "sms_body": "{{ object.pay_label }}: {{ object.request_id.url }}",
            }
        )
        self.owe(**values)
        self.after(1)
        reminder = self.plan()
        reminder._prepare()
        return reminder

    def said(self, reminder):
        letter = self.env["ir.qweb"]._render(
            "account_payment_request.report_payment_reminder_payment",
            {
                "letter": reminder._get_letter_values(),
                "transfer": reminder._get_letter_values()["table"]["transfer"],
            },
        )
        table = html.fragment_fromstring(reminder.invoice_table)
        button = table.xpath("//*[@name='payment_request']")[0]
        return " | ".join(
            " ".join(html2plaintext(str(text)).split())
            for text in (
                *(reminder.body, reminder.sms_body, letter),
                html.tostring(button, encoding="unicode"),
            )
        )

    def test_euros_are_paid_by_the_link(self):
        reminder = self.reminder_of()
        self.assertEqual(reminder._get_way_to_pay(), "bank")
        said = self.said(reminder)
        for words in ("secure link to pay", "Details and payment", "few taps"):
            self.assertIn(words, said)
        self.assertIn("Pay from my bank", self.page(reminder.request_id)[0])

    def test_dollars_are_transferred(self):
        reminder = self.reminder_of(currency_id=self.dollar.id)
        self.assertEqual(reminder._get_way_to_pay(), "transfer")
        said = self.said(reminder)
        for words in ONLINE:
            self.assertNotIn(words, said)
        self.assertIn("our bank account for your transfer", said)
        self.assertIn("Details and bank account: http", said)
        self.assertIn("How to pay", said)
        text = self.page(reminder.request_id)[0]
        self.assertNotIn("Pay from my bank", text)
        self.assertIn("IBAN", text)

    def test_without_account_the_page_only_shows_it(self):
        journals = self.env["account.journal"].search([("type", "=", "bank")])
        journals.bank_account_id = False
        self.company.partner_id.bank_ids.active = False
        reminder = self.reminder_of(currency_id=self.dollar.id)
        self.assertEqual(reminder._get_way_to_pay(), "")
        said = self.said(reminder)
        for words in (*ONLINE, "bank account"):
            self.assertNotIn(words, said)
        self.assertIn("Details: http", said)

    def test_a_bank_that_is_switched_off_is_not_offered(self):
        self.bridge.state = "disabled"
        reminder = self.reminder_of()
        self.assertEqual(reminder._get_way_to_pay(), "transfer")
        self.assertNotIn("secure link", self.said(reminder))

    def test_another_provider_takes_what_it_can(self):
        self.dummy_provider.write({"state": "test", "is_published": True})
        reminder = self.reminder_of(amount=100.0, currency_id=self.dollar.id)
        self.assertEqual(reminder._get_way_to_pay(), "online")
        self.assertIn("Online payment", self.said(reminder))
        self.dummy_provider.maximum_amount = 10.0
        self.env.cr.cache.clear()
        self.assertEqual(reminder._get_way_to_pay(), "transfer")

    def test_ready_made_texts_never_promise_a_payment(self):
        for name in READY_MADE:
            self.use(name)
            for level in self.policy.level_ids.filtered(
                lambda lvl: not lvl.formal_notice
            ):
                with self.subTest(level.name), self.env.cr.savepoint() as savepoint:
                    line = self.owe(currency_id=self.dollar.id)
                    self.after(level.days_from_due)
                    reminder = self.plan(lines=line, level=level)
                    reminder._prepare()
                    said = " ".join(self.texts(reminder).values())
                    for words in (
                        "secure link",
                        "Details and payment",
                        "taps",
                        "online",
                    ):
                        self.assertNotIn(words, said)
                    savepoint.rollback()
                self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestReminderTable(WordsCase):
    def test_credits_are_listed(self):
        self.owe(500.0)
        note = self.credit(120.0)
        self.after(1)
        reminder = self.plan()
        reminder._prepare()
        rows = reminder._get_credit_rows()
        self.assertEqual(len(rows), 1)
        self.assertIn(f"credit note {note.name} of ", rows[0]["name"])
        self.assertIn("120.00", rows[0]["amount"])
        self.assertIn(note.name, reminder.invoice_table)

    def test_a_part_of_credits_is_one_row(self):
        self.owe(100.0, DUE - timedelta(1))
        early = self.owe(300.0, DUE + timedelta(3))
        note = self.credit(150.0)
        self.after(0)
        reminder = self.plan(lines=early)
        reminder._prepare()
        self.assertEqual(reminder.amount_credit, 50.0)
        self.assertNotIn(note.name, reminder.invoice_table)
        self.assertIn("payments not yet allocated", reminder.invoice_table)

    def test_what_is_due_today_is_not_called_to_come(self):
        self.owe()
        self.owe(30.0, DUE + timedelta(1))
        self.after(1)
        reminder = self.plan()
        reminder._prepare()
        self.assertIn("Due today or later", reminder.invoice_table)
        self.assertNotIn("Not due yet", reminder.invoice_table)

    def test_what_comes_says_which_part_it_is(self):
        self.owe()
        move = self.create_invoice(
            100.0,
            invoice_date=DUE,
            invoice_payment_term_id=self.installments().id,
        )
        self.after(1)
        reminder = self.plan()
        reminder._prepare()
        table = html.fragment_fromstring(reminder.invoice_table)
        [told] = table.xpath("//table[@name='not_due']")
        text = " ".join(told.text_content().split())
        self.assertIn("Not due yet", text)
        for number in (1, 2, 3):
            self.assertIn(f"{move.name} (installment {number} of 3), due on", text)
