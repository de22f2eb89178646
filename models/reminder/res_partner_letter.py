import re

from odoo import models

from ...const import FRENCH_TERRITORIES

FRANCE = frozenset({"FR", *FRENCH_TERRITORIES.values()})
#: One postal area, with one layout: Monaco has French postcodes.
FRENCH_POST = FRANCE | {"MC"}
SIREN_LENGTH, SIRET_LENGTH = 9, 14
FRENCH_VAT = re.compile(r"FR\w{2}(\d{9})")


class ResPartner(models.Model):
    """What letters say of a partner: address as the post reads it, and number."""

    _inherit = "res.partner"

    # === Address ===

    def _get_missing_address_parts(self):
        """Return what a postal address needs and this one lacks.

        :rtype: list[str]
        """
        self.ensure_one()
        wanted = ["street", "city"]
        if not self.country_id or self.country_id.zip_required:
            wanted.insert(1, "zip")
        labels = self.fields_get(wanted, ["string"])
        return [labels[name]["string"].lower() for name in wanted if not self[name]]

    def _get_postal_lines(self, company):
        """Return the address as its country writes it, without names: the town, and
        the country if it is not the company's, in capitals, as the post reads them.

        :param res.company company: that writes
        :rtype: list[str]
        """
        self.ensure_one()
        home = company.partner_id.country_id
        country = self.country_id or home
        layout, values = self._prepare_display_address(without_company=True)
        if country.code in FRENCH_POST:
            layout = self.env.ref("base.fr").address_format
        elif not self.country_id:
            layout = country.address_format or layout
        for name in ("zip", "city", "state_name"):
            values[name] = values[name].upper()
        at_home = country == home or {country.code, home.code} <= FRENCH_POST
        values["country_name"] = "" if at_home else values["country_name"].upper()
        lines = (" ".join(line.split()) for line in (layout % values).splitlines())
        return [line for line in lines if line]

    # === Number ===

    def _is_french(self):
        """Return whether the partner is in France or one of its territories.

        :rtype: bool
        """
        self.ensure_one()
        return self.country_id.code in FRANCE

    def _get_siren(self):
        """Return the SIREN, in groups of three: as entered, or what SIRET or VAT number
        begin or end with.

        :return: empty if none is known, or outside France
        :rtype: str
        """
        self.ensure_one()
        if not self._is_french():
            return ""
        registry = re.sub(r"\W", "", self.company_registry or "")
        vat = FRENCH_VAT.fullmatch(re.sub(r"\W", "", self.vat or "").upper())
        if registry.isdecimal() and len(registry) in (SIREN_LENGTH, SIRET_LENGTH):
            siren = registry[:SIREN_LENGTH]
        else:
            siren = vat[1] if vat else ""
        return "\N{NO-BREAK SPACE}".join(re.findall("...", siren))

    def _get_number_text(self):
        """Return the number by which the accountants of a business know it, as written
        to it.

        :return: empty if none is known
        :rtype: str
        """
        self.ensure_one()
        if siren := self._get_siren():
            return self.env._("Your SIREN: %s", siren)
        if self.company_registry:
            return self.env._("Your company number: %s", self.company_registry)
        if self.vat:
            return self.env._("Your VAT number: %s", self.vat)
        return ""
