from odoo import models


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"

    def _bridge_reason_text(self):
        """Return in words why the bank refused, for the payer and the accountant.

        The codes are those of ISO 20022 that Bridge passes on.

        :rtype: str
        """
        self.ensure_one()
        reasons = {
            "AC01": self.env._("The account to debit was not recognised by the bank."),
            "AC04": self.env._("The account to debit is closed."),
            "AC06": self.env._("The account to debit is blocked."),
            "AG01": self.env._("Transfers are not allowed from this type of account."),
            "AM04": self.env._("There was not enough money on the account."),
            "AM18": self.env._("The bank's limit of transfers was reached."),
            "CH03": self.env._("The execution date is too far away."),
            "CUST": self.env._("The payer did not confirm the transfer."),
            "DS02": self.env._("The transfer was cancelled by an authorised person."),
            "FF01": self.env._("The bank could not read the transfer order."),
            "FRAD": self.env._("The bank stopped the transfer to prevent fraud."),
            "MS03": self.env._(
                "The bank refused the transfer without giving a reason."
            ),
            "NOAS": self.env._("The payer did not answer his bank in time."),
            "RR01": self.env._("The payer's identification is missing."),
            "RR03": self.env._("The beneficiary's name or address is missing."),
            "RR04": self.env._(
                "The bank refused the transfer for a regulatory reason."
            ),
        }
        return reasons.get(
            self.bank_status_reason, self.env._("The bank refused the transfer.")
        )
