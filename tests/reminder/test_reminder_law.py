"""What only some debtors owe is told to no others: written, assigned and sent."""

from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from ...models.reminder.debtor_law import find_foreign_law
from ..common.reminder_case import ReminderCase

BUSINESS_LAW = [
    "les articles L. 441-10 et D. 441-5",
    "L441\u201110 du code",
    "L.\u00a0441-10",
    "article 441-10",
    "l'indemnité forfaitaire",
    "une indemnité de recouvrement",
    "les pénalités de retard",
    "frais de recouvrement",
    "un forfait de 40 €",
    "40,00\u00a0€ de frais",
    "40 EUR for recovery costs",
    "a fixed sum of 40 euros",
    "late fees",
    "penalties",
    "Between businesses, interest is due.",
    "§ 288 Abs. 5 BGB",
]
HARMLESS = [
    "la somme de 40,00 € reste impayée",
    "Frais de port compris. Il reste 40,00 €.",
    "la facture FAC/441-10",
    "les intérêts au taux légal de l'article 1231-6 du code civil",
    "Aucuns frais ne vous sont facturés.",
    "no fee",
]


@tagged("post_install", "-at_install")
class TestReminderLaw(ReminderCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.business_policy = cls.make_policy(
            "Business", 1, for_public_bodies=False, for_consumers=False
        )
        cls.business_policy.level_ids.body = "<p>Article L. 441-10.</p>"

    def test_words_that_name_a_law(self):
        for text in BUSINESS_LAW:
            self.assertFalse(find_foreign_law(text, ["business"]), text)
            for code in ("public", "consumer"):
                self.assertEqual(find_foreign_law(text, [code])[1], [code], text)
        for text in HARMLESS:
            self.assertIsNone(find_foreign_law(text, ["consumer", "public"]), text)
        text = "le code de la commande publique"
        self.assertIsNone(find_foreign_law(text, ["public"]))
        self.assertEqual(
            find_foreign_law(text, ["business", "public"]), (text[3:], ["business"])
        )

    # === Written ===

    def test_a_text_is_refused_as_it_is_written(self):
        level = self.first
        for name, text in (
            ("subject", "Article L. 441-10"),
            ("body", "<p>Article L. 441-<b>10</b></p>"),
            ("closing", "<p>Une indemnité<br/>forfaitaire</p>"),
            ("sms_body", "40 € de frais"),
            ("phone_script", "<p>Pénalités</p>"),
        ):
            with (
                self.assertRaisesRegex(ValidationError, "public bodies, consumers"),
                self.env.cr.savepoint(),
            ):
                level[name] = text
        level.write({"for_public_bodies": False, "for_consumers": False})
        level.body = "<p>Article L. 441-10</p>"

    def test_a_text_is_refused_in_the_language_in_which_it_is_written(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        french = self.first.with_context(lang="fr_FR")
        with (
            self.assertRaisesRegex(ValidationError, r"fr_FR.*L\. 441-10"),
            self.env.cr.savepoint(),
        ):
            french.body = "<p>Article L. 441-10</p>"
        with self.assertRaisesRegex(ValidationError, "L. 441-10"):
            self.first.update_field_translations(
                "subject", {"fr_FR": "Article L. 441-10"}
            )

    def test_nobody_is_added_whom_a_text_does_not_suit(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        policy = self.make_policy("Private", 1, for_consumers=False)
        policy.level_ids.for_public_bodies = False
        policy.level_ids.with_context(lang="fr_FR").sms_body = "40 € de frais"
        for change in (
            lambda: policy.write({"for_consumers": True}),
            lambda: policy.level_ids.write({"for_public_bodies": True}),
            lambda: policy.level_ids.write({"policy_id": self.policy.id}),
        ):
            with (
                self.assertRaisesRegex(ValidationError, "40 € de frais"),
                self.env.cr.savepoint(),
            ):
                change()
        policy.level_ids.with_context(lang="fr_FR").sms_body = "Bonjour"
        policy.write({"for_consumers": True})

    def test_ready_made_texts_suit_those_that_they_are_for(self):
        """In French, too, which is loaded without a check."""
        self.env["res.lang"]._activate_lang("fr_FR")
        self.env["ir.module.module"]._load_module_terms(
            ["account_payment_request"], ["fr_FR"]
        )
        levels = self.env["payment.reminder.level"].search(
            [("policy_id.company_id", "=", False)]
        )
        levels._check_law(["en_US", "fr_FR"])
        self.assertEqual(self.ready_made("firm")._get_classes(), ["business"])
        self.assertEqual(self.ready_made("consumer")._get_classes(), ["consumer"])
        self.assertEqual(self.ready_made("public_body")._get_classes(), ["public"])
        self.assertEqual(len(self.ready_made("courteous")._get_classes()), 3)

    def test_a_policy_is_for_somebody(self):
        with self.assertRaisesRegex(ValidationError, "for nobody"):
            self.business_policy.for_businesses = False

    # === Assigned ===

    def test_a_policy_is_not_chosen_for_whom_it_is_not(self):
        invoice = self.overdue()
        for record in (self.customer, invoice):
            with (
                self.assertRaisesRegex(ValidationError, "not for consumers"),
                self.env.cr.savepoint(),
            ):
                record.payment_reminder_policy_id = self.business_policy
        self.customer.customer_class = "business"
        self.customer.payment_reminder_policy_id = self.business_policy
        invoice.payment_reminder_policy_id = self.business_policy

    def test_no_way_of_assignment_gives_it_to_others(self):
        """By hand before their class was corrected, by tag, history and company."""
        tag = self.env["res.partner.category"].create({"name": "Members"})
        self.env["payment.payer.profile"].sudo().create(
            {
                "partner_id": self.customer.id,
                "company_id": self.company.id,
                "profile": "late",
            }
        )
        self.customer.category_id = tag
        self.customer.customer_class = "business"
        self.customer.payment_reminder_policy_id = self.business_policy
        invoice = self.overdue()
        invoice.payment_reminder_policy_id = self.business_policy
        self.assertEqual(invoice.reminder_next_level_id.policy_id, self.business_policy)
        self.customer.customer_class = "consumer"
        for values in ({"tag_ids": tag.ids}, {"payer_profile": "late"}, {}):
            self.business_policy.write({"tag_ids": False, "payer_profile": False})
            self.business_policy.write(values)
            self.env.invalidate_all()
            self.assertEqual(invoice.reminder_next_level_id.policy_id, self.policy)
            note = self.customer.payment_reminder_policy_note
            self.assertIn("Test policy, for all customers", note)
            self.assertIn("“Business” is not for consumers", note)
        self.company.payment_reminder_policy_id = self.business_policy
        self.env.invalidate_all()
        self.assertFalse(invoice.reminder_next_level_id)
        self.assertIn("not for customers of this class", invoice.reminder_note)
        self.assertIn("None", self.customer.payment_reminder_policy_note)
        self.assertFalse(self.plan())

    def test_a_level_for_others_is_passed_over(self):
        self.first.for_consumers = False
        mine, theirs = self.overdue(), self.overdue(partner=self.company_customer)
        self.assertFalse(self.plan().filtered(lambda r: r.partner_id == self.customer))
        self.assertEqual(mine.reminder_next_level_id, self.second)
        self.assertEqual(self.find(theirs).level_id, self.first)

    # === Sent ===

    def law_in_level(self, level):
        """Put the law into a text past the checks, as an import of terms does."""
        self.env.cr.execute(
            """UPDATE payment_reminder_level
                  SET body = jsonb_build_object('en_US', '<p>Article L. 441-10.</p>')
                WHERE id = %s""",
            [level.id],
        )
        self.env.invalidate_all()

    def test_it_is_looked_at_before_it_leaves(self):
        mine, theirs = self.overdue(), self.overdue(partner=self.company_customer)
        self.law_in_level(self.first)
        sent = self.send(self.plan())
        self.assertEqual(sent, self.find(theirs))
        refused = self.find(mine)
        self.assertEqual(refused.state, "failed")
        self.assertFalse(self.mails_of(refused))
        for words in ("L. 441-10", "consumers", "neither a company"):
            self.assertIn(words, refused.failure_reason)
        self.assertEqual(
            self.tasks_of(refused).summary, "Correct the text of a reminder"
        )
        # Nothing is lost: once the level is corrected, it leaves.
        self.first.body = "<p>Please pay.</p>"
        refused.action_send()
        self.assertEqual(refused.state, "queued")
        self.assertIn("Please pay.", refused.body)

    def test_a_customer_becomes_a_consumer_before_it_leaves(self):
        customer = self.company_customer
        customer.payment_reminder_policy_id = self.business_policy
        invoice = self.overdue(partner=customer)
        reminder = self.plan()
        reminder._prepare()
        customer.customer_class = "consumer"
        self.assertFalse(self.send(reminder))
        self.assertEqual(reminder.state, "dropped")
        self.assertIn("Another level", reminder.note)
        again = self.plan()
        self.assertEqual(again.level_id, self.first)
        self.assertEqual(again.line_ids.move_id, invoice)

    def test_a_person_writes_it_into_one_reminder(self):
        invoice = self.overdue()
        reminder = self.plan()
        with (
            self.assertRaisesRegex(ValidationError, "40 € de frais.*consumers"),
            self.env.cr.savepoint(),
        ):
            reminder.with_user(self.accountant).sms_body = "40 € de frais"
        self.customer.customer_class = "business"
        reminder.with_user(self.accountant).sms_body = "40 € de frais"
        self.customer.customer_class = "consumer"
        self.assertFalse(self.send(reminder))
        self.assertEqual(self.find(invoice).state, "failed")
        self.assertEqual(reminder.sms_body, "40 € de frais")

    def test_names_are_no_law(self):
        self.company.name = "Pénalité Boutique"
        self.first.body = "<p>{{ object.company_id.name }}</p>"
        self.overdue(40.0)
        self.assertEqual(len(self.send(self.plan())), 1)

    def test_a_letter_that_waits_to_be_posted(self):
        self.first.write({"channel": "letter", "second_channel": False})
        customer = self.company_customer
        customer.write({"street": "12 rue des Lilas", "zip": "69003", "city": "Lyon"})
        self.law_in_level(self.first)
        self.overdue(partner=customer)
        with self.channel("letter"):
            reminder = self.send(self.plan())
        self.assertEqual(reminder.state, "to_post")
        customer.customer_class = "consumer"
        self.assertFalse(reminder._refresh_to_do())
        self.assertEqual(reminder.state, "failed")
        self.assertIn("L. 441-10", reminder.failure_reason)

    def test_levels_of_an_imported_policy_are_tried(self):
        with self.assertRaisesRegex(ValidationError, "L. 441-10"):
            self.env["payment.reminder.policy"].create(
                {
                    "name": "Imported",
                    "level_ids": [
                        Command.create(self._level("One", 1, body="<p>L. 441-10</p>"))
                    ],
                }
            )
