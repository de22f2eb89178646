"""Bridge (open banking) in plain Python: payments and bank feeds, no framework.

The package knows the HTTP API, the webhook signature, the rules of the statuses
and the references that travel in a bank transfer. It knows no model and no
database, so it runs, and is tested, without Odoo; its only dependency is
``requests``.

================ =========================================================
module           subject
================ =========================================================
address          where calls go to, and where people are sent
aggregation      ``Aggregation``: users, bank connections, accounts, transactions
amount           integer cents <-> JSON numbers, exactly
answers          the one reader of answers: shapes, lengths and ranges
bank_transaction what a bank's transaction says, as a statement line
client           ``BridgeClient``: payment links, payment requests, providers
errors           ``BridgeError``: what went wrong, in a text that can be shown
exchange         one answer over HTTP, within a time and a size
fetch            which transactions to ask for next, and how far the reading got
iban             account numbers as people may see them
label            texts made safe for banks: label, names, external reference
masking          what no log may hold, found by its shape
moment           date-times on the wire
reference        10-character codes: make, check, find in a bank label
signature        webhook signature: sign, verify
status           statuses of links and of payment requests, reasons of refusal
transport        HTTP: credentials, time-outs, retries, pages
verdict          what an answer means for one transfer
================ =========================================================

A payment from one end to the other::

    from bridge import BridgeClient, BridgeError, label, reference, status

    code = reference.make()
    with BridgeClient(client_id, client_secret) as client:
        link = client.create_payment_link(
            amount_cents=12990,
            currency="EUR",
            label=label.transfer_label(code, "Invoice INV/2026/00042"),
            end_to_end_id=code,
            client_reference=f"{code}-1",  # new for each attempt
            user={"company_name": label.safe_name("Société Générique")},
            expires_at=in_fifteen_minutes,
            callback_url="https://shop.example/payment/return",
        )
        # the payer visits link["url"]; later, whatever a webhook or the
        # return of the payer claims, only what is read here counts:
        attempts = client.list_payment_requests(payment_link_id=link["id"])
        attempt = status.strongest(attempts)

What arrived on the accounts, for a user who connected their bank::

    aggregation = Aggregation(client)
    token = aggregation.authorize(external_user_id="org_12")["access_token"]
    mine = Aggregation(client, token)
    for transactions in mine.transaction_pages(account_id, since=last_seen):
        ...  # the order of the pages is not known: keep, then move ``last_seen``

Amounts read from Bridge are JSON numbers of euros: ``amount.to_cents`` turns
them back into integers. A ``BridgeError`` says what happened (``status``,
``code``, ``property``, ``faults``), whether trying later may help
(``is_temporary``), and its text can be shown to a person.
"""

from . import amount, label, moment, reference, signature, status
from .aggregation import Aggregation
from .client import BridgeClient
from .errors import BridgeError, BridgeUnreachable, Fault

__all__ = [
    "Aggregation",
    "BridgeClient",
    "BridgeError",
    "BridgeUnreachable",
    "Fault",
    "amount",
    "label",
    "moment",
    "reference",
    "signature",
    "status",
]
