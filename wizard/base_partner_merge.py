from odoo import models


class MergePartnerAutomatic(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _update_foreign_keys(self, src_partners, dst_partner):
        """Override of `base`: one customer, one payer profile. Core moves them all to
        the one who stays, against their uniqueness; the next night tells the figures.
        """
        self.env["payment.payer.profile"].sudo().search(
            [("partner_id", "in", src_partners.ids)]
        ).unlink()
        return super()._update_foreign_keys(src_partners, dst_partner)
