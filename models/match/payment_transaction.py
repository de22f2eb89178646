from odoo import fields, models

from ...bridge import verdict


class PaymentTransaction(models.Model):
    """How bank lines change the transfers that they bring."""

    _inherit = "payment.transaction"

    # Bridge names the link of a payment that it recognised on the account.
    _provider_reference_idx = models.Index(
        "(provider_reference) WHERE provider_reference IS NOT NULL"
    )

    def _get_entries_at_bank(self):
        """Return the outstanding entries that the bank line of this transfer closes; a
        transfer whose bank never confirmed it is done first.

        :rtype: account.move.line
        """
        self.ensure_one()
        if self.state != "done" or not self.payment_id:
            # Only completing the transfer can fail.
            with self.env.cr.savepoint():
                transfer = self.sudo()
                if transfer.state != "done":
                    transfer._add_proof("bank", verdict.EXECUTED)
                    transfer._bridge_set_done()
                transfer._post_process()
        liquidity, _counterpart, _writeoff = self.payment_id._seek_for_lines()
        return liquidity.filtered(
            lambda entry: entry.account_id.reconcile
            and not entry.reconciled
            and entry.parent_state == "posted"
        )

    def _is_returned(self):
        """Return whether a bank line took the money back."""
        self.ensure_one()
        return bool(
            self.env["account.bank.statement.line"].search_count(
                [
                    ("matched_transaction_id", "=", self.id),
                    ("match_kind", "=", "returned"),
                ],
                limit=1,
            )
        )

    def _flag_difference(self, note):
        """Call a person: the bank brought another amount than this transfer's.

        The transfer itself is no longer awaited, so that what is left can be asked
        for; its own amount never makes it done.
        """
        for tx in self:
            if tx.issue != "amount_differs":
                tx._flag("amount_differs", note)
            if tx.state in ("pending", "authorized") and not tx.released_at:
                tx.sudo().released_at = fields.Datetime.now()
