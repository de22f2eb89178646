"""What a customer sees of reminders: the mail, the portal, the page to pay."""

from lxml import html

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import HttpCase, new_test_user, tagged

from ..common.reminder_case import ReminderCase
from ..common.reminder_channel_case import ChannelCase

#: What nobody outside the company may read.
SECRET = "they never pay before the bailiff rings"


class PortalCase(ReminderCase):
    """A customer with somebody who logs in, and a stranger."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company_customer.lang = "en_US"
        cls.buyer = cls._portal_user("buyer", cls.company_customer)
        cls.other_customer = cls.env["res.partner"].create(
            {
                "name": "Autre Client",
                "is_company": True,
                "email": "compta@autre.example",
                "country_id": cls.env.ref("base.fr").id,
            }
        )
        cls.stranger = cls._portal_user("stranger", cls.other_customer)

    @classmethod
    def _portal_user(cls, login, customer):
        user = new_test_user(
            cls.env,
            login=login,
            groups="base.group_portal",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        user.partner_id.parent_id = customer
        return user

    def text(self, tree):
        # Core puts a letter without width between a minus and its number.
        return " ".join(tree.text_content().replace("\ufeff", "").split())


@tagged("post_install", "-at_install")
class TestReminderPortal(PortalCase, HttpCase):
    def setUp(self):
        super().setUp()
        self.invoice = self.overdue(120.0, 3, self.company_customer)
        self.reminder = self.remind(self.invoice)

    def open(self, path, user=None):
        user = user or self.buyer
        self.authenticate(user.login, user.login)
        self.env.flush_all()
        return self.url_open(path)

    def tree(self, path, user=None):
        answer = self.open(path, user)
        self.assertEqual(answer.status_code, 200)
        return html.fromstring(answer.content).xpath("//*[@id='wrap']")[0]

    def page(self, reminder=None, user=None):
        return self.tree(f"/my/reminders/{(reminder or self.reminder).id}", user)

    def states(self, tree):
        """Return the states shown in a list, each once a row."""
        return [
            row.xpath(".//*[starts-with(@name, 'state_')]/@name")[0]
            for row in tree.xpath(".//tbody/tr")
        ]

    def test_list_shows_what_was_sent_where_it_stands_and_the_way_to_pay(self):
        tree = self.tree("/my/reminders")
        text = self.text(tree)
        self.assertIn("Payment reminder of March 16, 2026", text)
        self.assertIn("by e-mail", text)
        self.assertIn(self.invoice.name, text)
        self.assertEqual(self.states(tree), ["state_to_pay"])
        self.assertEqual(
            tree.xpath(".//a[@name='pay']/@href"), [self.reminder.request_id.url]
        )

    def test_page_shows_its_invoices_and_the_text_that_was_sent(self):
        tree = self.page()
        text = self.text(tree)
        self.assertIn("Payment reminder of March 16, 2026", text)
        self.assertEqual(
            [link.text for link in tree.xpath(".//a[@name='invoice']")],
            [self.invoice.name],
        )
        self.assertIn("3 days late", text)
        self.assertEqual(
            tree.xpath(".//a[@name='pay']/@href"), [self.reminder.request_id.url]
        )
        [sent] = tree.xpath(".//*[@name='sent_text']")
        self.assertIn(self.reminder.subject, sent.text_content())
        self.assertIn("First, ", sent.text_content())
        # The table and the button of that day would tell what is no longer so.
        self.assertFalse(sent.xpath(".//*[@name='payment_reminder'] | .//table"))

    def test_nothing_noted_for_the_company_is_shown(self):
        self.reminder.write(
            {
                "note": SECRET,
                "outcome_note": SECRET,
                "failure_reason": SECRET,
                "phone_script": f"<p>{SECRET}</p>",
                "channel": "phone",
            }
        )
        self.company_customer.comment = SECRET
        self.reminder.message_post(body=SECRET, subtype_xmlid="mail.mt_note")
        for path in ("/my/reminders", f"/my/reminders/{self.reminder.id}"):
            answer = self.open(path)
            self.assertEqual(answer.status_code, 200)
            self.assertNotIn(SECRET, answer.text)

    def test_the_portal_home_counts_them(self):
        self.open("/my")
        count = self.make_jsonrpc_request(
            "/my/counters", {"counters": ["payment_reminder_count"]}
        )
        self.assertEqual(count, {"payment_reminder_count": 1})
        self.open("/my", self.stranger)
        count = self.make_jsonrpc_request(
            "/my/counters", {"counters": ["payment_reminder_count"]}
        )
        self.assertEqual(count, {"payment_reminder_count": 0})

    # === Who may see them ===

    def test_another_customer_sees_nothing(self):
        self.assertFalse(self.tree("/my/reminders", self.stranger).xpath(".//tbody/tr"))
        foreign = self.open(f"/my/reminders/{self.reminder.id}", self.stranger)
        unknown = self.open("/my/reminders/2147483000", self.stranger)
        self.assertEqual((foreign.status_code, unknown.status_code), (404, 404))
        self.assertNotIn(self.invoice.name, foreign.text)

    def test_without_login_nothing_is_shown(self):
        for path in ("/my/reminders", f"/my/reminders/{self.reminder.id}"):
            answer = self.url_open(path, allow_redirects=False)
            self.assertEqual(answer.status_code, 303)
            self.assertIn("/web/login", answer.headers["Location"])

    def test_what_another_company_sent_is_for_those_who_are_its_customers(self):
        company = self.setup_other_company(name="Autre Boutique")["company"]
        foreign = self.reminder.copy(
            {"company_id": company.id, "user_id": False, "state": "sent"}
        )
        self.assertEqual(foreign.partner_id, self.company_customer)
        path = f"/my/reminders/{foreign.id}"
        self.assertEqual(self.open(path).status_code, 404)
        self.assertEqual(len(self.states(self.tree("/my/reminders"))), 1)
        self.buyer.company_ids = [Command.link(company.id)]
        self.assertEqual(self.open(path).status_code, 200)

    def test_what_did_not_reach_the_customer_is_not_shown(self):
        for state in ("to_confirm", "to_send", "to_call", "to_post"):
            self.reminder.state = state
            with self.subTest(state):
                answer = self.open(f"/my/reminders/{self.reminder.id}")
                self.assertEqual(answer.status_code, 404)
        for state in ("failed", "dropped"):
            self.reminder.state = state
            with self.subTest(state):
                self.assertFalse(self.tree("/my/reminders").xpath(".//tbody/tr"))

    def test_portal_users_have_no_right_on_the_records(self):
        for model in ("payment.reminder", "payment.reminder.line"):
            with self.subTest(model), self.assertRaises(AccessError):
                self.env[model].with_user(self.buyer).search([])

    # === Meanwhile ===

    def test_paid_meanwhile_asks_for_nothing_any_more(self):
        self.register_payment(self.invoice)
        tree = self.tree("/my/reminders")
        self.assertEqual(self.states(tree), ["state_paid"])
        self.assertFalse(tree.xpath(".//a[@name='pay']"))
        page = self.page()
        self.assertFalse(page.xpath(".//a[@name='pay']"))
        self.assertEqual(len(page.xpath(".//*[@name='invoice_settled']")), 1)
        self.assertNotIn("late", self.text(page).partition("What we wrote")[0])

    def test_paid_in_part_asks_for_the_rest(self):
        self.register_payment(self.invoice, amount=50.0)
        tree = self.tree("/my/reminders")
        self.assertEqual(self.states(tree), ["state_to_pay"])
        self.assertIn("70.00", self.text(tree))

    def test_a_transfer_on_its_way_is_not_asked_for_again(self):
        self.pay(self.reminder.request_id, "pdng-acsc")
        self.settle_all()
        tree = self.tree("/my/reminders")
        self.assertEqual(self.states(tree), ["state_on_its_way"])
        self.assertFalse(tree.xpath(".//a[@name='pay']"))
        self.assertIn("Your transfer is on its way", self.text(self.page()))

    def test_a_withdrawn_link_is_not_offered(self):
        self.reminder.request_id.action_revoke()
        tree = self.tree("/my/reminders")
        self.assertEqual(self.states(tree), ["state_to_pay"])
        self.assertFalse(tree.xpath(".//a[@name='pay']"))

    def test_cancelled_invoices_are_nothing_to_pay(self):
        self.invoice.button_draft()
        self.assertEqual(self.states(self.tree("/my/reminders")), ["state_settled"])

    def test_only_the_newest_reminder_of_the_same_invoices_asks(self):
        self.next_days(7)
        newer = self.remind(self.invoice) - self.reminder
        self.assertTrue(newer)
        tree = self.tree("/my/reminders")
        self.assertEqual(self.states(tree), ["state_to_pay", "state_replaced"])
        self.assertEqual(tree.xpath(".//a[@name='pay']/@href"), [newer.request_id.url])
        self.assertFalse(self.page().xpath(".//a[@name='pay']"))
        # Of an older one, what the newer one does not name is still asked for.
        self.assertTrue(self.page(newer).xpath(".//a[@name='pay']"))


@tagged("post_install", "-at_install")
class TestReminderPayPage(PortalCase, HttpCase):
    """The page that the link of a reminder opens, for whoever holds the link."""

    def setUp(self):
        super().setUp()
        self.first_invoice = self.overdue(120.0, 9, self.company_customer)
        self.last_invoice = self.overdue(80.0, 2, self.company_customer)
        self.reminder = self.remind(self.first_invoice)

    def page(self, request):
        self.env.flush_all()
        answer = self.url_open(f"/pay/{request.token}", timeout=30)
        self.assertEqual(answer.status_code, 200)
        tree = html.fromstring(answer.content)
        return self.text(tree), tree

    def test_it_shows_what_was_sent_and_its_invoices(self):
        text, tree = self.page(self.reminder.request_id)
        [notice] = tree.xpath("//*[@name='notice']")
        self.assertEqual(
            notice.text_content().strip(),
            "Payment reminder of March 16, 2026, by e-mail",
        )
        self.assertIn(self.first_invoice.name, text)
        self.assertIn(self.last_invoice.name, text)
        self.assertEqual(tree.find_class("amount")[0].text_content()[:6], "200.00")

    def test_it_tells_neither_level_nor_text_nor_anything_else_of_the_customer(self):
        self.reminder.write({"level_name": "Formal notice", "note": SECRET})
        later = self.overdue(999.0, -20, self.company_customer)
        text, _tree = self.page(self.reminder.request_id)
        for hidden in (
            "Formal notice",
            SECRET,
            "First, ",
            later.name,
            "999",
            self.company_customer.email,
        ):
            self.assertNotIn(hidden, text)

    def test_a_note_before_the_due_date_is_not_called_a_reminder(self):
        self.reminder.level_days = -3
        text, _tree = self.page(self.reminder.request_id)
        self.assertIn("Payment notice of March 16, 2026", text)
        self.assertNotIn("eminder", text)

    def test_what_has_not_left_is_not_told(self):
        self.reminder.state = "to_send"
        text, tree = self.page(self.reminder.request_id)
        self.assertFalse(tree.xpath("//*[@name='notice']"))
        self.assertIn(self.first_invoice.name, text)

    def test_the_link_on_an_invoice_tells_nothing_of_reminders(self):
        text, tree = self.page(self.request_of(self.first_invoice))
        self.assertFalse(tree.xpath("//*[@name='notice']"))
        self.assertNotIn(self.last_invoice.name, text)

    def test_paid_meanwhile_it_thanks(self):
        self.register_payment(self.first_invoice + self.last_invoice)
        text, tree = self.page(self.reminder.request_id)
        self.assertIn("Thank you, it is paid", text)
        self.assertFalse(tree.xpath("//form"))

    def test_one_paid_meanwhile_the_other_is_asked_for(self):
        self.register_payment(self.first_invoice)
        _text, tree = self.page(self.reminder.request_id)
        self.assertEqual(tree.find_class("amount")[0].text_content()[:5], "80.00")

    def test_credits_are_deducted_one_of_the_invoices_wholly_covered(self):
        self.register_payment(self.first_invoice + self.last_invoice)
        first = self.overdue(120.0, 10, self.company_customer)
        last = self.overdue(300.0, 9, self.company_customer)
        credit_note = self.env["account.move"].create(
            {
                "move_type": "out_refund",
                "partner_id": self.company_customer.id,
                "invoice_date": self.today,
                "invoice_line_ids": [
                    Command.create(
                        {"name": "Back", "price_unit": 150.0, "tax_ids": [(5,)]}
                    )
                ],
            }
        )
        credit_note.action_post()
        self.next_days(7)
        reminder = self.remind(first)[:1]
        self.assertEqual(reminder.amount_asked, 270.0)
        text, tree = self.page(reminder.request_id)
        rows = [self.text(node) for node in tree.xpath("//ul/li/b")]
        self.assertEqual(rows, ["120.00 €", "300.00 €", "-150.00 €"])
        self.assertIn("Your credit notes and payments not yet allocated", text)
        self.assertEqual(tree.find_class("amount")[0].text_content()[:6], "270.00")
        self.assertIn(first.name, text)
        self.assertIn(last.name, text)
        # The invoice that the credit covers can be read as well.
        links = tree.xpath("//a[contains(@href, '/invoice/')]/@href")
        self.assertEqual(len(set(links)), 2)


@tagged("post_install", "-at_install")
class TestReminderMailLook(PortalCase):
    """The mail as it leaves."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write(
            {
                "street": "12 rue des Tisserands",
                "zip": "69001",
                "city": "Lyon",
                "vat": "FR23334175221",
                "company_registry": "33417522101010",
                "phone": "+33 4 72 00 00 00",
            }
        )

    def mail(self, *invoices):
        """Remind of ``invoices``; return the mail's tree and its text."""
        mail = self.mails_of(self.remind(*invoices))[:1]
        tree = html.fromstring(mail.body_html)
        return tree, self.text(tree)

    def test_it_names_each_invoice_its_due_date_how_late_and_the_total(self):
        first = self.overdue(1200.5, 9, self.company_customer)
        last = self.overdue(80.0, 1, self.company_customer)
        tree, text = self.mail(first, last)
        rows = [
            self.text(row) for row in tree.xpath("//*[@name='payment_reminder']//tr")
        ]
        self.assertEqual(rows[0], "Invoice Open amount")
        self.assertIn(first.name, rows[1])
        self.assertIn("Due on Mar 7, 2026 9 days late", rows[1])
        self.assertTrue(rows[1].endswith("1,200.50 €"))
        self.assertIn("Due on Mar 15, 2026 1 day late", rows[2])
        self.assertEqual(rows[3], "Total to pay 1,280.50 €")
        self.assertIn("Pay 1,280.50 €", text)

    def test_one_link_to_pay_and_nothing_loaded_from_anywhere(self):
        tree, _text = self.mail(self.overdue(120.0, 3, self.company_customer))
        reminder = self.reminders.search([], order="id desc", limit=1)
        links = set(tree.xpath("//a/@href"))
        self.assertEqual(
            links, {reminder.request_id.url, f"mailto:{self.company.email}"}
        )
        self.assertFalse(tree.xpath("//img | //link | //script | //iframe | //@srcset"))
        self.assertFalse(tree.xpath("//*[@src or @background]"))
        self.assertNotIn("url(", html.tostring(tree, encoding="unicode"))

    def test_the_footer_says_who_writes_as_the_law_wants(self):
        _tree, text = self.mail(self.overdue(120.0, 3, self.company_customer))
        footer = text[text.rindex("Boutique Exemple") :]
        for told in (
            "12 rue des Tisserands, 69001 Lyon, France",
            "SIRET: 33417522101010",
            "VAT: FR23334175221",
            "+33 4 72 00 00 00",
            self.company.email,
            "the contact for the invoices of Société Générique",
        ):
            self.assertIn(told, footer)

    def test_a_siren_is_called_so_and_nothing_is_told_that_is_not_known(self):
        self.company.company_registry = "334175221"
        self.assertEqual(
            self.company._get_sender_details()["identifiers"][0], "SIREN: 334175221"
        )
        self.company.write({"company_registry": False, "vat": False, "phone": False})
        _tree, text = self.mail(self.overdue(120.0, 3, self.company_customer))
        for absent in ("SIREN", "VAT", "False", "None"):
            self.assertNotIn(absent, text)

    def test_before_the_due_date_nothing_is_late(self):
        self.policy.level_ids[0].delay_days = -3
        tree, text = self.mail(self.overdue(120.0, -3, self.company_customer))
        self.assertIn("Due on Mar 19, 2026", text)
        self.assertNotIn("late", text)
        self.assertTrue(tree.xpath("//*[@name='payment_reminder']"))

    def test_credits_are_told_and_deducted(self):
        self.overdue(200.0, 5, self.company_customer)
        credit_note = self.env["account.move"].create(
            {
                "move_type": "out_refund",
                "partner_id": self.company_customer.id,
                "invoice_date": self.today,
                "invoice_line_ids": [
                    Command.create(
                        {"name": "Back", "price_unit": 50.0, "tax_ids": [(5,)]}
                    )
                ],
            }
        )
        credit_note.action_post()
        _tree, text = self.mail(self.overdue(100.0, 3, self.company_customer))
        self.assertIn("Total open 300.00 €", text)
        self.assertIn(
            f"Your credit note {credit_note.name} of Mar 16, 2026 -50.00 €", text
        )
        self.assertIn("Total to pay 250.00 €", text)

    def test_an_installment_says_which_one_it_is_and_a_part_paid_what_it_is_of(self):
        invoice = self.create_invoice(
            300.0,
            self.company_customer,
            invoice_date="2026-03-01",
            invoice_payment_term_id=self.installments().id,
        )
        _tree, text = self.mail(invoice)
        self.assertIn("installment 1 of 3", text)
        self.assertIn("Total to pay 90.00 €", text)
        part = self.overdue(100.0, 3, self.other_customer)
        self.register_payment(part, amount=40.0)
        _tree, text = self.mail(part)
        self.assertIn("rest of 100.00 €", text)
        self.assertIn("Total to pay 60.00 €", text)


@tagged("post_install", "-at_install")
class TestReminderOnPortal(ChannelCase):
    def setUp(self):
        super().setUp()
        self.use("portal")

    def invite(self, partner, **values):
        return new_test_user(
            self.env,
            login="portal_customer",
            groups="base.group_portal",
            partner_id=partner.id,
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
            **values,
        )

    def test_without_a_portal_user_it_goes_by_mail(self):
        self.assert_next(self.remind(self.overdue()), "portal")

    def test_whoever_may_log_in_finds_it_and_is_told(self):
        user = self.invite(self.customer, email="marie@portal.example")
        reminder = self.remind(self.overdue())
        self.assertEqual((reminder.state, reminder.channel), ("sent", "portal"))
        message = reminder.mail_message_id
        self.assertEqual((message.model, message.res_id), (reminder._name, reminder.id))
        self.assertIn(user.partner_id, message.partner_ids)
        self.assertFalse(message.is_internal)
        self.assertIn("First", message.body)
        mail = self.mails_of(reminder)
        self.assertIn(user.email, mail.email_to)
        self.assertIn(f"/my/reminders/{reminder.id}", mail.body_html)
        self.assertNotIn(reminder.request_id.url, mail.body_html)

    def test_whoever_may_log_in_is_told_now_and_in_their_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.customer.lang = "fr_FR"
        self.invite(self.customer, email="marie@portal.example")
        cron = self.env.ref("mail.ir_cron_mail_scheduler_action")
        triggers = self.env["ir.cron.trigger"].sudo()
        triggers.search([("cron_id", "=", cron.id)]).unlink()
        invoices = [self.overdue() for _number in range(5)]
        reminder = self.remind(*invoices)
        self.assertIn("et 2 autres", self.mails_of(reminder).body_html)
        self.assertTrue(triggers.search_count([("cron_id", "=", cron.id)]))

    def test_a_user_of_another_contact_of_the_customer_counts(self):
        buyer = self.env["res.partner"].create(
            {"name": "Buyer", "parent_id": self.company_customer.id}
        )
        self.invite(buyer)
        reminder = self.remind(self.overdue(partner=self.company_customer))
        self.assertEqual(reminder.channel, "portal")

    def test_a_user_who_may_not_log_in_any_more_does_not_count(self):
        self.invite(self.customer).active = False
        self.assert_next(self.remind(self.overdue()), "portal")
