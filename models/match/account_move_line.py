from odoo import models


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    _match_amount_idx = models.Index(
        "(amount_residual_currency) WHERE display_type = 'payment_term' "
        "AND reconciled IS NOT TRUE AND parent_state = 'posted'"
    )
