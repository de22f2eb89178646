"""The HTTP API below ``/v3``: payment links, payment requests, providers."""

from ..calls import ApiError, call, json_answer, mask_iban, own, read_json
from ..clock import from_text, to_text
from ..paging import listing, moment, values
from .banks import BANKS
from .validation import Invalid, check_payment_link


def _listed(sim, request, things, application):
    """Return the application's ``things`` filtered by the query, newest first."""
    since, until = moment(request, "since"), moment(request, "until")
    if until:
        # the client's present may lag behind the virtual one
        until = to_text(from_text(until) + sim.clock.drift)
    status = values(request, "status")
    return sorted(
        (
            thing
            for thing in things
            if thing["client_id"] == application.client_id
            and (not since or thing["created_at"] >= since)
            and (not until or thing["created_at"] <= until)
            and (not status or thing["status"].lower() in status)
        ),
        key=lambda thing: -thing["number"],
    )


# -- what is shown ------------------------------------------------------------


def _show_transaction(sim, item, keys):
    shown = {key: item.get(key) for key in keys}
    amount = round(item["amount"] + sim.faults.wrong_amount, 2)
    shown["amount"] = int(amount) if amount.is_integer() else amount
    limit = sim.faults.truncated_label
    shown["label"] = item["label"][:limit] if limit else item["label"]
    beneficiary = item["beneficiary"]
    shown["beneficiary"] = {**beneficiary, "iban": mask_iban(beneficiary["iban"])}
    return shown


_TRANSACTION = ("currency", "end_to_end_id", "client_reference", "execution_date")
_ATTEMPT = ("id", "status", "status_reason", *_TRANSACTION)
_LINK = (
    "id status payment_status client_reference user expired_at created_at updated_at"
).split()
_REQUEST = (
    "id status status_reason payment_link_id provider_id client_reference user"
    " created_at updated_at"
).split()


def show_link(sim, link):
    """Return a payment link as read."""
    return {
        **{name: link[name] for name in _LINK},
        "link": sim.pay_url(link),
        "transactions": [
            _show_transaction(sim, item, _TRANSACTION) for item in link["transactions"]
        ],
    }


def show_request(sim, request):
    """Return a payment request as read."""
    sender = request["sender"]
    return {
        **{name: request[name] for name in _REQUEST},
        "sender": sender and {**sender, "iban": mask_iban(sender["iban"])},
        "transactions": [
            _show_transaction(sim, item, _ATTEMPT) for item in request["transactions"]
        ],
    }


# -- endpoints ----------------------------------------------------------------


@call
def create_link(sim, request, application):
    body = read_json(request)
    try:
        check_payment_link(body, application, sim.clock.now() - sim.clock.drift)
    except Invalid as error:
        raise ApiError(400, "invalid_request", str(error), error.faults) from error
    link = sim.payments.create_link(application, body)
    return json_answer({"id": link["id"], "url": sim.pay_url(link)})


@call
def read_link(sim, request, application, link_id):
    return json_answer(show_link(sim, own(sim.links, link_id, application)))


@call
def list_links(sim, request, application):
    found = _listed(sim, request, sim.links.values(), application)
    return listing(request, found, lambda link: show_link(sim, link))


@call
def revoke_link(sim, request, application, link_id):
    link = own(sim.links, link_id, application)
    if not sim.payments.revoke(link):
        message = f"Payment link is {link['status']}"
        raise ApiError(409, "payment_link.not_revocable", message)
    return json_answer(show_link(sim, link))


@call
def read_request(sim, request, application, request_id):
    return json_answer(show_request(sim, own(sim.requests, request_id, application)))


@call
def list_requests(sim, request, application):
    found = _listed(sim, request, sim.requests.values(), application)
    link_id = request.args.get("payment_link_id")
    if link_id:
        found = [item for item in found if item["payment_link_id"] == link_id]
    return listing(request, found, lambda item: show_request(sim, item))


@call
def read_provider(sim, request, application, provider_id):
    if provider_id not in BANKS:
        raise ApiError(404, "not_found", "Resource not found")
    return json_answer(_show_bank(sim, BANKS[provider_id]))


@call
def list_providers(sim, request, application):
    found = [bank for bank in BANKS.values() if _bank_matches(request, bank)]
    return listing(request, found, lambda bank: _show_bank(sim, bank), key="id")


def _show_bank(sim, bank):
    logo = sim.url + bank["images"]["logo"]
    metadata = dict(bank["payment_metadata"])
    if sim.faults.no_execution_status:
        metadata["execution_status_available"] = False
    return {**bank, "images": {"logo": logo}, "payment_metadata": metadata}


def _bank_matches(request, bank):
    payment = bank["payment_metadata"]
    one_of = {
        "country_code": [bank["country_code"]],
        "payment_release_status": [payment["release_status"]],
        "aggregation_release_status": [bank["aggregation_metadata"]["release_status"]],
        "segment": bank["tags"]["segment"],
        "provider_environments": payment["provider_environments"],
    }
    for name, has in one_of.items():
        asked = values(request, name)
        if asked and not asked & {value.lower() for value in has}:
            return False
    return values(request, "capabilities") <= set(bank["capabilities"])


def unknown(sim, request, path=""):
    raise ApiError(404, "not_found", "Not found")


ROUTES = [
    ("POST", "/v3/payment/payment-links", create_link),
    ("GET", "/v3/payment/payment-links", list_links),
    ("GET", "/v3/payment/payment-links/<link_id>", read_link),
    ("POST", "/v3/payment/payment-links/<link_id>/revoke", revoke_link),
    ("GET", "/v3/payment/payment-requests", list_requests),
    ("GET", "/v3/payment/payment-requests/<request_id>", read_request),
    ("GET", "/v3/providers", list_providers),
    ("GET", "/v3/providers/<int:provider_id>", read_provider),
    *(
        (method, "/v3/<path:path>", unknown)
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
    ),
]
