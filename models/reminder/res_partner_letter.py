from odoo import models


class ResPartner(models.Model):
    """Addresses as the post reads them."""

    _inherit = "res.partner"

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
        layout, values = self._prepare_display_address(without_company=True)
        values["city"] = values["city"].upper()
        abroad = self.country_id and self.country_id != company.country_id
        values["country_name"] = values["country_name"].upper() if abroad else ""
        lines = (" ".join(line.split()) for line in (layout % values).splitlines())
        return [line for line in lines if line]
