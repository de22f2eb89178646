"""Telephone numbers as people type them, and what may be sent there."""

from odoo.tests import TransactionCase, tagged

from ..models.phone_number import find_zones, why_no_sms


@tagged("post_install", "-at_install")
class TestPhoneNumber(TransactionCase):
    def contact(self, phone, country="fr", postcode=False):
        return self.env["res.partner"].create(
            {
                "name": "Client",
                "phone": phone,
                "zip": postcode,
                "country_id": self.env.ref(f"base.{country}").id,
            }
        )

    def assert_numbers(self, expected, *contact):
        """The first number is the one to write to; all are found."""
        partner = self.contact(*contact)
        self.assertEqual(list(partner._get_phone_numbers()), expected, contact)

    # === Where a number is ===

    def test_numbers_of_overseas_departments_are_dialled_as_in_france(self):
        for typed, expected in (
            ("0692 11 22 33", "+262692112233"),
            ("0693 11 22 33", "+262693112233"),
            ("0639 11 22 33", "+262639112233"),
            ("0696 26 26 26", "+596696262626"),
            ("0690.50.50.50", "+590690505050"),
            ("0694 20 12 34", "+594694201234"),
            ("0262 11 22 33", "+262262112233"),
            ("+33 692 11 22 33", "+262692112233"),
            ("0033 692 11 22 33", "+262692112233"),
            ("06.12.34.56.78", "+33612345678"),
            ("+33 (0)6 12 34 56 78", "+33612345678"),
        ):
            self.assert_numbers([expected], typed)
            self.assertEqual(self.contact(typed)._phone_format(fname="phone"), expected)

    def test_and_those_of_france_overseas(self):
        self.assert_numbers(["+33612345678"], "06 12 34 56 78", "re")
        self.assert_numbers(["+596696262626"], "0696 26 26 26", "gp")

    def test_the_postcode_tells_the_territory(self):
        self.assert_numbers(["+687770123"], "77 01 23", "fr", "98800")
        self.assert_numbers(["+68987123456"], "87 12 34 56", "fr", "98714")
        self.assert_numbers(["+508411234"], "41 12 34", "fr", "97500")
        self.assert_numbers(["+33612345678"], "06 12 34 56 78", "fr", "98800")

    def test_numbers_of_other_countries_are_not_moved(self):
        self.assert_numbers([], "0692 11 22 33", "be")
        self.assert_numbers([], "77 01 23", "fr", "75001")
        self.assert_numbers([], "06 12")
        self.assert_numbers([], "")

    def test_a_form_shows_the_number_with_its_prefix(self):
        contact = self.contact("0692 11 22 33")
        contact._onchange_phone_validation()
        self.assertEqual(contact.phone, "+262 692 11 22 33")

    # === Several in a field ===

    def test_two_numbers_in_one_field_are_told_apart(self):
        landline, mobile = "+33144556677", "+33612345678"
        for typed in (
            "01 44 55 66 77 / 06 12 34 56 78",
            "01.44.55.66.77/06.12.34.56.78",
            "0144556677 - 0612345678",
            "0144556677 0612345678",
            "01 44 55 66 77 ou 06 12 34 56 78",
            "bureau : 01 44 55 66 77, portable : 06 12 34 56 78",
        ):
            self.assert_numbers([landline, mobile], typed)
            contact = self.contact(typed)
            self.assertEqual(contact._phone_format(fname="phone"), mobile, typed)
            contact._onchange_phone_validation()
            self.assertEqual(contact.phone, typed, "nothing that was typed is lost")
        self.assert_numbers(
            [landline, "+262692112233"], "01 44 55 66 77 / 0692 11 22 33"
        )
        self.assert_numbers([mobile], "06 12 34 56 78 / +33612345678")

    def test_a_name_beside_a_number_is_kept(self):
        contact = self.contact("06 12 34 56 78 (Marie)")
        self.assertEqual(contact._phone_format(fname="phone"), "+33612345678")
        contact._onchange_phone_validation()
        self.assertEqual(contact.phone, "06 12 34 56 78 (Marie)")

    def test_numbers_with_a_slash_are_one(self):
        self.assert_numbers(["+32478123456"], "0478/12.34.56", "be")
        self.assert_numbers(["+49301234567"], "030/1234567", "de")

    def test_a_field_full_of_digits_is_read_in_no_time(self):
        self.assert_numbers([], "0" * 20_000)
        self.assert_numbers([], "06 1 " * 4_000)

    # === What may be sent there ===

    def test_what_takes_no_sms(self):
        for number, word in (
            ("+33144556677", "landline"),
            ("+33912345678", "Internet"),
            ("+33800123456", "freephone"),
            ("+33811123456", "shared-cost"),
            ("+33892123456", "premium"),
            ("+33806123456", "service"),
        ):
            self.assertIn(word, str(why_no_sms(number)), number)
        for number in ("+33612345678", "+12125551234", "+262692112233"):
            self.assertIsNone(why_no_sms(number), number)

    def test_where_a_number_is(self):
        for number, zone in (
            ("+33612345678", "Europe/Paris"),
            ("+596696262626", "America/Martinique"),
            ("+262692112233", "Indian/Reunion"),
            ("+262639112233", "Indian/Mayotte"),
            ("+687770123", "Pacific/Noumea"),
        ):
            self.assertEqual(find_zones(number), [zone])
        self.assertEqual(find_zones("+881612345678"), [], "by satellite")
        self.assertEqual(len(find_zones("+68987123456")), 3)
