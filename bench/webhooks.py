"""Notifications that are stored and answered, against a route that does nothing."""

import json
import uuid

from .load import Load, Request
from .measure import Comparison, rounds
from .server import server
from .world import WEBHOOK_SECRET, World, bridge_provider, environment

VOLLEY = 200
ROUNDS, SECONDS = 40, 60
WARM_UP = 40
EMPTY_PATH = "/bench/empty"


def measure(world: World) -> Comparison:
    """Post the same kind of notifications to both routes of one server, in turns."""
    from odoo.addons.account_payment_request.bridge import signature

    comparison = Comparison(
        "webhooks stored and answered", "requests/s", limit=0.7, more_is_better=True
    )
    with environment(world.with_addon) as env:
        path = f"/payment/bridge/webhook/{bridge_provider(env).id}"

    def requests(target: str, count: int = VOLLEY) -> list[Request]:
        bodies = [_body() for _number in range(count)]
        return [
            Request(
                target,
                "POST",
                body,
                {
                    "Content-Type": "application/json",
                    signature.HEADER: signature.header(body, WEBHOOK_SECRET),
                },
            )
            for body in bodies
        ]

    with server(world.with_addon) as port, Load(port) as load:
        for target in (EMPTY_PATH, path):
            load.volley(requests(target, WARM_UP))
        for _round in rounds(ROUNDS, SECONDS):
            floor = requests(EMPTY_PATH)
            ours = requests(path)
            comparison.add(VOLLEY / load.volley(floor), VOLLEY / load.volley(ours))
    sent = WARM_UP + VOLLEY * len(comparison.ours)
    with environment(world.with_addon) as env:
        stored = env["bridge.event"].sudo().search_count([])
    if stored != sent:
        raise RuntimeError(f"{sent} notifications were answered, {stored} stored.")
    return comparison


def _body() -> bytes:
    """Return a notification as Bridge sends it, of a payment link of its own."""
    return json.dumps(
        {
            "content": {
                "payment_link_id": str(uuid.uuid4()),
                "payment_link_client_reference": uuid.uuid4().hex[:10],
                "payment_request_id": str(uuid.uuid4()),
                "status": "ACSC",
            },
            "timestamp": 1_790_000_000_000,
            "type": "payment.transaction.updated",
        }
    ).encode()
