"""The SMS service Odoo's ``sms`` app calls, at ``<sms.endpoint>/api/sms/3/send``.

JSON-RPC; the delivery report goes to the ``webhook_url`` of the call (``/sms/status``).
"""

import logging
import threading
from datetime import timedelta

import requests

from .calls import json_answer
from .clock import to_text
from .webhooks import TIMEOUT

_logger = logging.getLogger(__name__)

REPORT_AFTER = timedelta(seconds=5)
PRICE = 0.05
BALANCE = 100.0


def send(sim, request):
    """Accept a batch of SMS: one result {uuid, state, credit} a number."""
    call = request.get_json()
    params = call["params"]
    results, reports = [], {}
    with sim.lock:
        for message in params["messages"]:
            for number in message["numbers"]:
                state = _state(sim, number["number"])
                result = {"uuid": number["uuid"], "state": state, "credit": 0}
                results.append(result)
                if state != "success":
                    continue
                result["credit"] = PRICE
                status = _delivered(sim, number["number"])
                reports.setdefault(status, []).append(number["uuid"])
                sms = sim.inbox.add_sms(
                    number["number"],
                    message["content"],
                    number["uuid"],
                    to_text(sim.clock.now()),
                )
                sms.state = state
        url = params.get("webhook_url")
        if reports and url:
            due = sim.clock.now() + sim.clock.delay(REPORT_AFTER)
            sim.agenda.put(due, lambda: _report(sim, url, reports))
    sim.changed()
    return _answer(call, results)


def accounts(sim, request):
    """Return the balance of SMS accounts (Odoo's own form asks for it)."""
    call = request.get_json()
    information = {
        account["token"]: {
            "balance": 0 if sim.faults.sms_no_credit else BALANCE,
            "warning_threshold": 0,
            "registered": "registered",
        }
        for account in call["params"]["iap_accounts"]
    }
    return _answer(call, information)


def _answer(call, result):
    return json_answer({"jsonrpc": "2.0", "id": call.get("id"), "result": result})


def _plain(number):
    return "".join(char for char in number or "" if char.isdigit() or char == "+")


def _listed(number, numbers):
    return _plain(number) in map(_plain, numbers)


def _state(sim, number):
    if len(_plain(number)) < 6 or _listed(number, sim.faults.sms_wrong_number):
        return "wrong_number_format"
    return "insufficient_credit" if sim.faults.sms_no_credit else "success"


def _delivered(sim, number):
    lost = _listed(number, sim.faults.sms_undelivered)
    return "not_delivered" if lost else "delivered"


def _report(sim, url, reports):
    """Send the delivery report from its own thread: the caller holds the lock."""
    statuses = [
        {"sms_status": status, "uuids": uuids} for status, uuids in reports.items()
    ]
    body = {
        "jsonrpc": "2.0",
        "method": "call",
        "params": {"message_statuses": statuses},
    }

    for message in sim.inbox:
        for status, uuids in reports.items():
            if message.uuid and message.uuid in uuids:
                message.state = status
                sim.inbox.note_changed(message)

    def deliver():
        try:
            requests.post(url, json=body, timeout=TIMEOUT)
        except requests.RequestException as error:
            _logger.info("SMS report not delivered: %s", type(error).__name__)

    threading.Thread(target=deliver, daemon=True).start()


ROUTES = [
    ("POST", "/api/sms/3/send", send),
    ("POST", "/iap/1/get-accounts-information", accounts),
]
