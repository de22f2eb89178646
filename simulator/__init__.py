"""A local Bridge: its API, pay page, banks and webhooks, over real HTTP on loopback.

It is the independent truth of demo and tests: it shares no code with the client. It
also plays the rest of the outside world, with a mail server and the SMS service of
Odoo, whose messages land in an inbox.

Its banks hold accounts as well, which Bridge reads for its users (``feed``).

    with Simulator() as sim:
        sim.set_webhook("http://127.0.0.1:8069/payment/bridge/webhook/1", "secret")
        ...                                  # create a link at sim.url
        sim.pay(link_id, "pdng-acsc")        # what a person does on the pay page
        sim.clock.advance(hours=1)           # the bank executes
        sim.webhooks[-1].content["status"]
        sim.connect(session_url)             # what a person does to connect a bank
        sim.transfer(120, "INV/2026/00042")  # a customer pays by a plain transfer
        sim.refresh()                        # Bridge reads the bank, and tells

``python -m simulator --help`` runs it alone.
"""

from .clock import Clock
from .faults import Faults, UnknownFault
from .inbox import Message
from .payment.payments import JourneyError
from .simulator import Simulator
from .webhooks import Delivery, sign

__all__ = [
    "Clock",
    "Delivery",
    "Faults",
    "JourneyError",
    "Message",
    "Simulator",
    "UnknownFault",
    "sign",
]
