import phonenumbers

from odoo import models

from .phone_number import french_territory, read_french_plan, why_no_sms


class ResPartner(models.Model):
    _inherit = "res.partner"

    def _phone_format_number(
        self, number, country, force_format="E164", raise_exception=False
    ):
        """Override of `phone_validation`: what is no number of its country may be one
        of a French territory. Of several in a field, E.164 is the first that takes SMS;
        what people read stays as it was typed.
        """
        get_format = super()._phone_format_number
        if found := get_format(number, country, force_format):
            return found
        if number and force_format == "E164":
            numbers = self._phone_find_numbers(number, country)
            best = min(numbers, key=lambda n: bool(why_no_sms(n)), default=False)
        else:
            best = number and self._phone_read(number, country)
        return get_format(best or number, country, force_format, raise_exception)

    def _phone_find_numbers(self, text, country):
        """Return the numbers in a text of a person, in their order.

        :param str text: of a telephone field, with one or several
        :param res.country country: whose numbers need no prefix
        :return: E.164
        :rtype: list[str]
        """
        if number := self._phone_read(text, country):
            return [number]
        pieces = phonenumbers.PhoneNumberMatcher(
            text, country.code or None, leniency=phonenumbers.Leniency.POSSIBLE
        )
        numbers = [self._phone_read(piece.raw_string, country) for piece in pieces]
        return list(dict.fromkeys(filter(None, numbers)))

    def _phone_read(self, text, country):
        """Return the one number that a text is, E.164, if it is one: of the country, of
        another one with the French plan, or of the territory where the contact is.
        """
        get_format = super()._phone_format_number
        if number := get_format(text, country) or read_french_plan(text, country.code):
            return number
        in_france = country.code == "FR" and len(self) == 1
        code = in_france and french_territory(self.zip)
        return code and get_format(text, country.search([("code", "=", code)]))
