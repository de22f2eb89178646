from odoo import models


class ResCompany(models.Model):
    """Who writes, as the law wants it stated on letters and mails."""

    _inherit = "res.company"

    def _get_sender_details(self):
        """Return who writes, as business letters must state it, in the language of the
        environment.

        :return: `name`, `address` in one line, `identifiers` (registration and VAT
            number, each with its label), `phone`, `email`, `website`
        :rtype: dict
        """
        self.ensure_one()
        city = " ".join(filter(None, (self.zip, self.city)))
        address = (self.street, self.street2, city, self.country_id.name)
        return {
            "name": self.name,
            "address": ", ".join(filter(None, address)),
            "identifiers": self._get_sender_identifiers(),
            "phone": self.phone or "",
            "email": self.email or "",
            "website": self.website or "",
        }

    def _get_sender_identifiers(self):
        """Return the numbers under which the company is registered, with labels.

        A French company enters nine digits, its SIREN, or fourteen, its SIRET, which
        begins with the SIREN that the law requires.

        :rtype: list[str]
        """
        identifiers = []
        if registry := (self.company_registry or "").strip():
            labels = self.partner_id._get_company_registry_labels()
            label = labels.get(self.country_code) or self.env._("Company ID")
            digits = "".join(registry.split())
            if self.country_code == "FR" and digits.isdecimal():
                label = {9: "SIREN", 14: "SIRET"}.get(len(digits), label)
            identifiers.append(
                self.env._("%(label)s: %(number)s", label=label, number=registry)
            )
        if self.vat:
            label = self.country_id.vat_label or self.env._("VAT")
            identifiers.append(
                self.env._("%(label)s: %(number)s", label=label, number=self.vat)
            )
        return identifiers
