import hashlib
import json

from odoo import api, fields, models
from odoo.exceptions import AccessError

from odoo.addons.payment import utils as payment_utils

from ... import const
from ...bridge import verdict

OUTCOMES = [
    (verdict.EXECUTED, "Executed"),
    (verdict.PARTIAL, "Executed in part"),
    (verdict.CONFIRMED, "Confirmed"),
    (verdict.REFUSED, "Refused"),
    (verdict.CLOSED, "Closed"),
    (verdict.OPEN, "Open"),
    (verdict.MISMATCH, "Not this transfer"),
]


class PaymentTransactionProof(models.Model):
    """What was read of a transfer, as it was read: rows are added, never changed."""

    _name = "payment.transaction.proof"
    _description = "Proof of a Transfer"
    _order = "id desc"
    _rec_name = "link_ref"

    transaction_id = fields.Many2one(
        comodel_name="payment.transaction",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        related="transaction_id.company_id", store=True, index=True
    )
    source = fields.Selection(
        selection=[("bridge", "Bridge"), ("bank", "Bank account")],
        required=True,
        readonly=True,
        help="Where it was read: at Bridge, or on the account that receives the money.",
    )
    read_at = fields.Datetime(required=True, readonly=True)
    link_ref = fields.Char(string="Link at Bridge", readonly=True)
    outcome = fields.Selection(selection=OUTCOMES, required=True, readonly=True)
    link_status = fields.Char(readonly=True)
    bank_status = fields.Char(readonly=True)
    currency_id = fields.Many2one(
        comodel_name="res.currency", required=True, readonly=True
    )
    amount = fields.Monetary(readonly=True)
    digest = fields.Char(
        readonly=True, help="SHA-256 of all that was read, in canonical JSON."
    )

    def write(self, vals):
        """Override: a proof is never changed.

        :raises AccessError: always, for the engine too
        """
        if self:
            raise AccessError(
                self.env._("What was read of a transfer cannot be changed.")
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        """Keep a proof as long as its transfer, whoever deletes it."""
        raise AccessError(self.env._("What was read of a transfer cannot be deleted."))


class PaymentTransaction(models.Model):
    """What a Bridge transfer is booked from: what was read of it, and nothing else."""

    _name = "payment.transaction"
    _inherit = ["payment.engine.records", "payment.transaction"]

    proof_ids = fields.One2many(
        comodel_name="payment.transaction.proof",
        inverse_name="transaction_id",
        string="What Was Read",
        readonly=True,
    )

    def _is_engine_owned(self):
        """Override: a Bridge transfer is made by the payment page, and written by what
        reads it, alone."""
        self.ensure_one()
        return self.provider_code == const.PROVIDER_CODE

    def _get_engine_refusal(self):
        return self.env._(
            "Transfers are written from what Bridge and the bank say. Use "
            "“Check at the Bank” to have Bridge asked again."
        )

    def _bridge_keep_proof(self, payment_data, judged):
        """Keep what was just read at Bridge, once for each answer.

        :param dict payment_data: `link` and `attempts` as read
        :param Verdict judged: what they mean
        """
        self.ensure_one()
        content = json.dumps(payment_data, sort_keys=True, default=str)
        digest = hashlib.sha256(content.encode()).hexdigest()
        if self.sudo().proof_ids[:1].digest != digest:
            values = {
                "link_status": judged.link_status,
                "bank_status": judged.bank_status,
                "digest": digest,
            }
            if judged.mismatch:
                values["amount"] = payment_utils.to_major_currency_units(
                    judged.mismatch.read_cents, self.currency_id
                )
            self._add_proof("bridge", judged.outcome, **values)

    def _add_proof(self, source, outcome, **values):
        """Keep what was read of this transfer; its amount and link are as judged.

        :param str source: see the field
        :param str outcome: see the field
        """
        self.ensure_one()
        self.env["payment.transaction.proof"].sudo().create(
            {
                "transaction_id": self.id,
                "source": source,
                "read_at": fields.Datetime.now(),
                "link_ref": self.provider_reference,
                "outcome": outcome,
                "currency_id": self.currency_id.id,
                "amount": self.amount,
                **values,
            }
        )

    def _is_proven(self):
        """Return whether the transfer, as it stands now, was read as executed.

        :rtype: bool
        """
        self.ensure_one()
        return any(
            proof.outcome == verdict.EXECUTED
            and proof.link_ref == self.provider_reference
            and proof.currency_id == self.currency_id
            and not self.currency_id.compare_amounts(proof.amount, self.amount)
            for proof in self.sudo().proof_ids
        )

    def _filter_proven(self):
        """Return those that may be booked: of other providers, or proven; a person is
        called for the others.

        :rtype: payment.transaction
        """
        unproven = self.filtered(
            lambda tx: tx.provider_code == const.PROVIDER_CODE
            and tx.state == "done"
            and not tx._is_proven()
        )
        for tx in unproven.filtered(lambda tx: tx.issue != "amount_differs"):
            tx._flag(
                "amount_differs",
                self.env._(
                    "This transfer says that it is done, but nothing that was read at "
                    "Bridge or on the bank account does: it was not booked."
                ),
            )
        return self - unproven
