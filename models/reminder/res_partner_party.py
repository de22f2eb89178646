from odoo import models


class ResPartner(models.Model):
    """What customers belong to."""

    _inherit = "res.partner"

    def _get_parties(self):
        """Return these contacts and what they belong to, up to their customers: what
        is said to any of these they may read.

        :rtype: res.partner
        """
        parties = below = self
        while below := below.filtered(lambda p: p != p.commercial_partner_id).parent_id:
            parties |= below
        return parties

    def _is_invoiced_apart(self):
        """Return whether these contacts, or an address that they belong to, are written
        on invoices in the place of their customer.

        :rtype: bool
        """
        addresses = self._get_parties().filtered(lambda p: p != p.commercial_partner_id)
        return bool(addresses) and bool(
            self.env["account.move"]
            .sudo()
            .search_count(
                [
                    ("partner_id", "in", addresses.ids),
                    ("move_type", "in", ("out_invoice", "out_receipt")),
                    ("state", "=", "posted"),
                ],
                limit=1,
            )
        )

    def _get_group_heads(self):
        """Return the companies on top of those that these belong to.

        :rtype: res.partner
        """
        tops = self.commercial_partner_id
        while above := tops._get_companies_above():
            tops = tops.filtered(lambda top: not top._get_companies_above()) | above
        return tops

    def _get_companies_above(self):
        return self.parent_id.commercial_partner_id.filtered("is_company")
