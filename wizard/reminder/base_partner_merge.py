from odoo import models


class MergePartnerAutomatic(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _update_foreign_keys(self, src_partners, dst_partner):
        """Override of `base`: one customer, one payer profile. Core would move them
        all to the one who stays; the next night makes that profile again.

        What waits to be sent is planned again under the new name: customers get one
        message, not one for each name they had.
        """
        waiting = (
            self.env["payment.reminder"]
            .sudo()
            .search(
                [
                    ("state", "in", ("to_confirm", "to_send")),
                    "|",
                    "|",
                    ("partner_id", "in", src_partners.ids),
                    ("party_id", "in", src_partners.ids),
                    ("contact_id", "in", src_partners.ids),
                ]
            )
        )
        waiting.line_ids.unlink()
        note = self.env._("The customer was merged with another one.")
        waiting._drop(dict.fromkeys(waiting.ids, note))
        self.env["payment.payer.profile"].sudo().search(
            [("partner_id", "in", src_partners.ids)]
        ).unlink()
        return super()._update_foreign_keys(src_partners, dst_partner)
