from odoo import models

from .open_entries import DOCUMENT_TYPES


class AccountMove(models.Model):
    _inherit = "account.move"

    # What banks leave of a number are its digits: they find the documents.
    _match_name_idx = models.Index(
        r"(regexp_replace(name, '\D', '', 'g')) WHERE state = 'posted' "
        "AND move_type IN ('out_invoice', 'out_receipt', 'out_refund')"
    )
    _match_reference_idx = models.Index(
        r"(regexp_replace(payment_reference, '\D', '', 'g')) WHERE state = 'posted' "
        "AND move_type IN ('out_invoice', 'out_receipt', 'out_refund')"
    )

    def _post(self, soft=True):
        """Override of `account`: money that came before its invoice finds it now."""
        posted = super()._post(soft=soft)
        documents = posted.filtered(lambda move: move.move_type in DOCUMENT_TYPES)
        if documents:
            self.env["bank.match.recheck"]._add(documents)
        return posted
