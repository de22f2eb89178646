"""What kind of debtor a customer is: guessed with its reason, or said by a person."""

from odoo.tests import Form, tagged

from ...models.reminder.customer_class import guess_customer_class
from ..common.reminder_case import ReminderCase

#: Name, company, VAT, registry: class, and why.
GUESSES = [
    (("Marie Dupont", False, "", ""), "consumer", "nothing"),
    (("Marie Dupont", False, "/", ""), "consumer", "nothing"),
    (("Ville Virtanen", False, "", ""), "consumer", "nothing"),
    (("Marie Dupont", False, "", "552 100 554 00013"), "business", "registry"),
    (("Marie Dupont", False, "FR83404833048", ""), "business", "vat"),
    (("Café de la Mairie", True, "", ""), "business", "company"),
    (("sarl dupont", False, "", ""), "business", "legal_form"),
    (("SCI Les Tilleuls", False, "", ""), "business", "legal_form"),
    (("Müller Raumdesign GmbH & Co. KG", True, "", ""), "business", "legal_form"),
    (("Ville de Pizza SARL", True, "", ""), "business", "legal_form"),
    (("Mairie de Saint-Denis", False, "", ""), "public", "public_name"),
    (("COMMUNE D'AIX", True, "", ""), "public", "public_name"),
    (("Département de l'Ain", True, "", ""), "public", "public_name"),
    (("Conseil départemental du Rhône", True, "", ""), "public", "public_name"),
    (("Leeds City Council", True, "", ""), "public", "public_name"),
    (("Landeshauptstadt München", True, "", ""), "public", "public_name"),
    (("Les Tilleuls", True, "", "213 300 561 00017"), "public", "siren"),
    (("Les Tilleuls SA", True, "FR12130005481", ""), "public", "siren"),
    # A number of its own says that it is none.
    (("Mairie et fils", True, "", "552100554"), "business", "registry"),
]


@tagged("post_install", "-at_install")
class TestCustomerClass(ReminderCase):
    def test_what_is_known_of_a_customer_tells_their_class(self):
        for known, code, why in GUESSES:
            guess = guess_customer_class(*known, True)
            self.assertEqual(guess[:2], (code, why), known)
        # Elsewhere a number that begins with 2 says nothing of public bodies.
        abroad = guess_customer_class("Les Tilleuls", True, "", "213300561", False)
        self.assertEqual(abroad[0], "business")

    def test_the_reason_is_shown_and_follows_what_is_known(self):
        customer = self.customer
        self.assertEqual(customer.customer_class, "consumer")
        self.assertIn("neither a company", customer.customer_class_reason)
        customer.company_registry = "213300561"
        self.assertEqual(customer.customer_class, "public")
        self.assertIn("213300561", customer.customer_class_reason)
        customer.company_registry = False
        customer.name = "Dupont SARL"
        self.assertEqual(customer.customer_class, "business")
        self.assertIn("SARL", customer.customer_class_reason)

    def test_a_contact_is_of_the_class_of_its_company(self):
        town = self.env["res.partner"].create(
            {"name": "Mairie de Lyon", "is_company": True}
        )
        contact = self.env["res.partner"].create(
            {"name": "Anne", "parent_id": town.id, "type": "invoice"}
        )
        self.assertEqual(contact.customer_class, "public")
        town.customer_class = "business"
        self.env.flush_all()
        self.assertEqual(contact.customer_class, "business")

    def test_what_a_person_says_stays_until_they_take_it_back(self):
        customer = self.customer
        customer.customer_class = "business"
        customer.name = "Marie Dupond"
        self.env.flush_all()
        self.assertEqual(customer.customer_class, "business")
        self.assertIn("person", customer.customer_class_reason)
        customer.customer_class = False
        self.env.flush_all()
        self.assertEqual(customer.customer_class, "consumer")
        self.assertIn("Guessed", customer.customer_class_reason)
        # Nor does it become nothing if nobody had said anything.
        customer.customer_class = False
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(customer.customer_class, "consumer")

    def test_it_is_chosen_on_the_form(self):
        self.accountant.group_ids += self.env.ref("base.group_partner_manager")
        partners = self.env["res.partner"].with_user(self.accountant)
        with Form(partners.browse(self.customer.id)) as form:
            self.assertIn("neither a company", form.customer_class_reason)
            form.customer_class = "business"
            self.assertIn("person", form.customer_class_reason)
        self.assertEqual(self.customer.customer_class_choice, "business")
