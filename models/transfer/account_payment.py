from odoo import Command, models


class AccountPayment(models.Model):
    """Payments that have an item for each due line they pay."""

    _inherit = "account.payment"

    def _synchronize_to_moves(self, changed_fields):
        """Override of `account`: a payment that was reset to draft and is changed has
        one item for all of it, as core makes them."""
        if set(changed_fields) & set(self._get_trigger_fields_to_synchronize()):
            for payment in self.filtered(lambda pay: pay.move_id.state == "draft"):
                _liquidity, counterparts, _write_offs = payment._seek_for_lines()
                if len(counterparts) > 1:
                    move = payment.move_id.with_context(
                        skip_invoice_sync=True, check_move_validity=False
                    )
                    move.line_ids = [Command.delete(x.id) for x in counterparts[1:]]
        return super()._synchronize_to_moves(changed_fields)
