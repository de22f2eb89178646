"""Bridge's payment initiation API, version 2025-01-15."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from . import amount, moment
from .answers import (
    LINK,
    LINK_OF_TRANSFER,
    PAYMENT_REQUEST,
    PROVIDER,
    Shape,
    checked_id,
    created,
    page,
    read,
    without_nulls,
)
from .errors import BridgeError, BridgeUnreachable
from .status import FINAL_LINK_STATUSES, VALID
from .transport import Budget, Transport

LINKS = "/v3/payment/payment-links"
REQUESTS = "/v3/payment/payment-requests"
PROVIDERS = "/v3/providers"

# the gateway answered, not the application: a link may have been created
_UNCERTAIN_STATUSES = frozenset({502, 503, 504})
# so it may when the answer came and says nothing
_UNCERTAIN_CODES = frozenset({"unexpected_response", "answer_too_large"})
# of a revocation, these say nothing about the link
_NOT_ABOUT_THE_LINK = frozenset({401, 403, 404, 408, 429})
# when a creation was not confirmed: time for Bridge to finish it before we look
# for it, and how far back to look in case the two clocks differ
_SETTLE_SECONDS = 0.5
_LOOK_BACK = timedelta(minutes=10)


class BridgeClient(Transport):
    """What this application asks of Bridge's payment initiation.

    Every method raises ``BridgeError`` when the call fails or its answer cannot be
    read, and returns plain dictionaries in the shapes of ``bridge.answers``: a missing
    member means null, amounts are numbers of major units (see ``bridge.amount``).
    """

    # -- payment links ------------------------------------------------------

    def create_payment_link(
        self,
        *,
        amount_cents: int,
        currency: str,
        label: str,
        end_to_end_id: str,
        client_reference: str,
        user: dict[str, Any],
        expires_at: datetime,
        callback_url: str | None = None,
        country: str | None = None,
        provider_id: int | None = None,
        beneficiary: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Create a payment link for one transfer.

        Bridge has no idempotency key. When no clear answer comes, the link is
        looked for by ``client_reference``, which must therefore be new for each
        attempt; only if it is absent is the call made once more.

        :param int amount_cents: amount in cents
        :param str currency: ``EUR``
        :param str label: see ``label.transfer_label``
        :param str end_to_end_id: at most 35 of ``[A-Za-z0-9_-]``
        :param str client_reference: at most 100 characters; comes back in events
        :param dict user: ``company_name``, or ``first_name`` and ``last_name``
            (see ``label.safe_name``); ``email``; ``external_reference``
        :param datetime expires_at: aware, or naive in UTC; at most 90 days ahead
        :param str callback_url: where the payer returns, on a declared domain
        :param str country: ``fr``, ``es``, ``de`` or ``gb``: the list of banks
        :param int provider_id: bank, to skip the list
        :param dict beneficiary: ``iban`` and a name (dynamic beneficiary)
        :return: ``{"id": ..., "url": ...}``
        """
        transaction = {
            "amount": amount.to_json(amount_cents),
            "currency": currency,
            "label": label,
            "end_to_end_id": end_to_end_id,
            "client_reference": client_reference,
            "beneficiary": beneficiary,
        }
        payload = {
            "user": user,
            "client_reference": client_reference,
            "expired_date": moment.to_seconds(expires_at),
            "callback_url": callback_url,
            "country": country,
            "provider_id": provider_id,
            "transactions": [without_nulls(transaction)],
        }
        return self._create_once(LINKS, without_nulls(payload), client_reference)

    def read_payment_link(self, link_id: str) -> dict[str, Any]:
        """Return a payment link; its URL is ``link``, its expiry ``expired_at``."""
        return self._read_one(LINKS, link_id, LINK_OF_TRANSFER)

    def list_payment_links(self, **filters: Any) -> Iterator[dict[str, Any]]:
        """Iterate over payment links, page after page.

        :param filters: ``since`` and ``until`` (creation: datetime, or text as Bridge
            wants it), ``status`` (one or several), ``limit`` (links in a page)
        """
        return self._list(LINKS, filters, LINK)

    def revoke_payment_link(self, link_id: str) -> bool:
        """Make a payment link unusable.

        :return: True when nobody can start a payment with it any more, be it that
            it was revoked, expired or completed before (read it to know which);
            False when Bridge refuses and the link is still valid
        :raises BridgeError: ``status`` 404 if there is no such link
        """
        path = f"{LINKS}/{checked_id(link_id)}"
        try:
            self.call("POST", f"{path}/revoke")
        except BridgeError as error:
            refused = error.status is not None and 400 <= error.status < 500
            if not refused or error.status in _NOT_ABOUT_THE_LINK:
                raise
            link = self.read_payment_link(link_id)
            return link.get("status") in FINAL_LINK_STATUSES
        return True

    # -- payment requests ---------------------------------------------------

    def list_payment_requests(self, **filters: Any) -> Iterator[dict[str, Any]]:
        """Iterate over payment requests, in no promised order.

        :param filters: ``payment_link_id`` (only the attempts made with this link), or
            as of :meth:`list_payment_links`
        """
        return self._list(REQUESTS, filters, PAYMENT_REQUEST)

    # -- providers ----------------------------------------------------------

    def read_provider(self, provider_id: str | int) -> dict[str, Any]:
        """Return a bank.

        :param int provider_id: as of an item
        """
        return self._read_one(PROVIDERS, provider_id, PROVIDER)

    def check_credentials(self) -> None:
        """Make the cheapest call that proves the credentials open payments.

        :raises BridgeError: ``status`` 401, ``code`` ``invalid_client_credentials``
        """
        page(self.call("GET", LINKS, params={"limit": 1}), LINK)

    # -- shapes of answers --------------------------------------------------

    def _read_one(
        self, collection: str, record_id: str | int, shape: Shape
    ) -> dict[str, Any]:
        body = self.call("GET", f"{collection}/{checked_id(record_id)}")
        found: dict[str, Any] = read(body, shape)
        return found

    def _list(
        self,
        path: str,
        filters: dict[str, Any],
        shape: Shape,
        *,
        budget: Budget | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Yield the records of all pages."""
        for records in self.pages(path, filters, shape, budget=budget):
            yield from records

    # -- creation without idempotency key -----------------------------------

    def _create_once(
        self, path: str, payload: dict[str, Any], client_reference: str
    ) -> dict[str, Any]:
        """Create a record, so that one with ``client_reference`` exists only once."""
        budget = self._budget()
        since = self._now() - _LOOK_BACK
        can_repeat = True
        while True:
            try:
                body = self.call("POST", path, payload=payload, budget=budget)
                return created(body, self._base_url)
            except BridgeError as error:
                if not _may_have_created(error):
                    raise
                self._sleep(_SETTLE_SECONDS)
                found = error.maybe_received and self._find_created(
                    path, client_reference, since, error, budget
                )
                if found:
                    return created(found, self._base_url, "link")
                # a call cut short would only leave the same doubt again
                if not can_repeat or budget.remaining() < self._timeout[1]:
                    raise
                can_repeat = False

    def _find_created(
        self,
        path: str,
        client_reference: str,
        since: datetime,
        error: BridgeError,
        budget: Budget,
    ) -> dict[str, Any] | None:
        """Return the usable record that has our reference, None if there is none.

        :raises BridgeError: ``error``, if the list cannot be read
        """
        try:
            for found in self._list(path, {"since": since}, LINK, budget=budget):
                if (
                    found.get("client_reference") == client_reference
                    and found.get("status") == VALID
                ):
                    return found
        except BridgeError as reading:
            raise error from reading
        return None


def _may_have_created(error: BridgeError) -> bool:
    """Whether a failed creation may have left a record, or is safe to repeat."""
    if isinstance(error, BridgeUnreachable):
        return error.is_temporary
    return error.status in _UNCERTAIN_STATUSES or error.code in _UNCERTAIN_CODES
