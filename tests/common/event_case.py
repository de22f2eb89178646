from unittest.mock import patch

from ...bridge.client import BridgeClient
from .payment_request import PaymentRequestCommon

BATCH_LOGGER = "odoo.addons.account_payment_request.models.batch"


class EventCase(PaymentRequestCommon):
    def events(self, tx=None):
        """Return the stored events, of one transaction's link or all."""
        domain = [("provider_id", "=", self.bridge.id)]
        if tx:
            domain.append(("link_ref", "=", tx.provider_reference))
        return self.env["bridge.event"].sudo().search(domain, order="id")

    def payments(self, tx):
        return self.env["account.payment"].search(
            [("payment_transaction_id", "=", tx.id)]
        )

    def api_calls(self):
        """Patch the client to count its calls; return the list it fills."""
        calls = []
        real = BridgeClient._exchange

        def exchange(client, method, path, *args):
            calls.append((method, path))
            return real(client, method, path, *args)

        self.startPatcher(patch.object(BridgeClient, "_exchange", exchange))
        return calls
