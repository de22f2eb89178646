"""Account information of one Bridge user: banks, accounts and transactions.

Sources: docs.bridgeapi.io/docs/user-creation-authentication,
/reference/createconnectsession, /docs/items-status, /docs/manage-your-accounts,
/docs/manage-your-transactions.
"""

import datetime
import re
from collections.abc import Callable, Iterator
from typing import Any

from .answers import (
    ACCOUNT,
    BANK_TRANSACTION,
    GRANT,
    ITEM,
    USER,
    Shape,
    checked_id,
    created,
    read,
    without_nulls,
)
from .client import BridgeClient
from .errors import BridgeError
from .transport import PAGE_SIZE

USERS = "/v3/aggregation/users"
TOKEN = "/v3/aggregation/authorization/token"
CONNECT_SESSIONS = "/v3/aggregation/connect-sessions"
ITEMS = "/v3/aggregation/items"
ACCOUNTS = "/v3/aggregation/accounts"
TRANSACTIONS = "/v3/aggregation/transactions"

_EXTERNAL_USER_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_CONTEXT = re.compile(r"[A-Za-z0-9-]{0,100}")


class Aggregation:
    """Bridge's account information half, of one Bridge user.

    Every method raises ``BridgeError`` when the call fails. ``status`` 401 with a
    token means that the token died (two hours) or is not this application's: with
    ``renew`` the call is made once more with a new one. ``retry_after`` tells how long
    to wait after a 429 that even the client's own repetitions met.

    Answers are dictionaries in the shapes of ``bridge.answers``: a missing member means
    null.

    :param BridgeClient client: the application that the user belongs to
    :param str access_token: token of the user; :meth:`create_user` and
        :meth:`authorize` need none
    :param renew: returns another token when this one has died, asked once
    """

    def __init__(
        self,
        client: BridgeClient,
        access_token: str | None = None,
        renew: Callable[[], str] | None = None,
    ) -> None:
        self._client = client
        self._access_token = access_token
        self._renew = renew

    def __repr__(self) -> str:
        known = "with" if self._access_token else "without"
        return f"<Aggregation of {self._client!r} {known} token>"

    # -- user and token -----------------------------------------------------

    def create_user(self, external_user_id: str) -> dict[str, Any]:
        """Create the Bridge user known to us as ``external_user_id``.

        :param str external_user_id: 1 to 128 of ``[A-Za-z0-9_-]``
        :return: ``{"uuid": ..., "external_user_id": ...}``
        :raises BridgeError: ``status`` 409 if there is one already, which
            :meth:`authorize` finds by the same id
        """
        payload = {"external_user_id": _checked_external_id(external_user_id)}
        user: dict[str, Any] = read(
            self._client.call("POST", USERS, payload=payload), USER
        )
        return user

    def authorize(
        self, *, user_uuid: str | None = None, external_user_id: str | None = None
    ) -> dict[str, Any]:
        """Return a new token of a user, named by either of two ids.

        Bridge gives at most 10 a minute and user; a token lives two hours.

        :return: ``{"access_token": ..., "expires_at": ..., "user": {"uuid": ...}}``
        :raises TypeError: none or both of the ids are given
        """
        if (user_uuid is None) == (external_user_id is None):
            raise TypeError("give user_uuid or external_user_id")
        if user_uuid is not None:
            payload = {"user_uuid": checked_id(user_uuid)}
        else:
            payload = {"external_user_id": _checked_external_id(external_user_id)}
        # one token more does no harm, so an answer that was lost is asked again
        answer = self._client.call("POST", TOKEN, payload=payload, repeatable=True)
        granted: dict[str, Any] = read(answer, GRANT)
        return granted

    def delete_user(self, user_uuid: str) -> None:
        """Delete a user with all their connections; gone already is no error.

        :param str user_uuid: as :meth:`authorize` tells it
        """
        _delete(self._client.call, f"{USERS}/{checked_id(user_uuid)}")

    # -- connecting a bank --------------------------------------------------

    def create_connect_session(
        self,
        *,
        user_email: str,
        callback_url: str | None = None,
        context: str | None = None,
        country_code: str | None = None,
        provider_id: int | None = None,
        item_id: str | int | None = None,
        force_reauthentication: bool | None = None,
        account_types: str | None = None,
    ) -> dict[str, Any]:
        """Open the hosted page where a person connects, or mends, a bank.

        :param str user_email: of the person; Bridge wants it
        :param str callback_url: where they return, on a declared domain; the return is
            not signed and may never come
        :param str context: at most 100 letters, digits and ``-``; echoed on the return
        :param str country_code: upper-case, list of banks shown first
        :param int provider_id: bank, to skip the list
        :param item_id: connection to mend or renew instead of a new one
        :param bool force_reauthentication: renew the consent of ``item_id`` now
        :param str account_types: ``payment`` (Bridge's default) or ``all``
        :return: ``{"id": ..., "url": ...}``
        :raises ValueError: ``context`` is not fit to travel
        """
        if context is not None and not _CONTEXT.fullmatch(context):
            raise ValueError("context must be at most 100 letters, digits and -")
        payload = {
            "user_email": user_email,
            "callback_url": callback_url,
            "context": context,
            "country_code": country_code,
            "provider_id": provider_id,
            "item_id": item_id,
            "force_reauthentication": force_reauthentication,
            "account_types": account_types,
        }
        # a session nobody opens does nothing, so a lost answer is asked again
        return created(
            self._call(
                "POST",
                CONNECT_SESSIONS,
                payload=without_nulls(payload),
                repeatable=True,
            ),
            self._client.base_url,
        )

    def list_items(self) -> Iterator[dict[str, Any]]:
        """Iterate over the user's bank connections."""
        return self._list(ITEMS, ITEM)

    def read_item(self, item_id: str | int) -> dict[str, Any]:
        """Return a bank connection: ``status``, ``authentication_expires_at``, ..."""
        return self._read_one(ITEMS, item_id, ITEM)

    def delete_item(self, item_id: str | int) -> None:
        """Disconnect a bank for ever; one that is gone already is no error."""
        _delete(self._call, f"{ITEMS}/{checked_id(item_id)}")

    # -- what the banks tell ------------------------------------------------

    def list_accounts(
        self, item_id: str | int | None = None
    ) -> Iterator[dict[str, Any]]:
        """Iterate over the user's accounts, of one connection if given."""
        return self._list(ACCOUNTS, ACCOUNT, item_id=item_id)

    def read_account(self, account_id: str | int) -> dict[str, Any]:
        """Return an account: ``balance``, ``iban``, ``currency_code``, ..."""
        return self._read_one(ACCOUNTS, account_id, ACCOUNT)

    def transaction_pages(
        self,
        account_id: str | int,
        *,
        since: datetime.datetime | str | None = None,
        until: datetime.datetime | str | None = None,
        min_date: datetime.date | str | None = None,
        max_date: datetime.date | str | None = None,
        limit: int | None = None,
    ) -> Iterator[list[dict[str, Any]]]:
        """Yield the transactions of an account, a list a page, in no promised order.

        Deleted ones (``deleted``) and coming ones (``future``) are among them.

        :param since: earliest ``updated_at``: datetime, or text as Bridge wrote it
        :param until: latest ``updated_at``
        :param min_date: earliest ``date``: date, or ISO text
        :param max_date: latest ``date``
        :param int limit: transactions in a page (at most 500)
        """
        return self._pages(
            TRANSACTIONS,
            BANK_TRANSACTION,
            account_id=checked_id(account_id),
            since=since,
            until=until,
            min_date=min_date,
            max_date=max_date,
            limit=PAGE_SIZE if limit is None else limit,
        )

    # -- calls with the user's token ----------------------------------------

    def _call(self, method: str, path: str, **options: Any) -> Any:
        # an empty token is refused by the client, before anything is sent
        bearer = self._access_token or ""
        try:
            return self._client.call(method, path, bearer=bearer, **options)
        except BridgeError as error:
            if error.status != 401 or not self._renew:
                raise
        bearer = self._access_token = self._renew()
        self._renew = None
        return self._client.call(method, path, bearer=bearer, **options)

    def _read_one(
        self, collection: str, record_id: str | int, shape: Shape
    ) -> dict[str, Any]:
        body = self._call("GET", f"{collection}/{checked_id(record_id)}")
        found: dict[str, Any] = read(body, shape)
        return found

    def _pages(
        self, path: str, shape: Shape, **filters: Any
    ) -> Iterator[list[dict[str, Any]]]:
        return self._client.pages(path, filters, shape, call=self._call)

    def _list(
        self, path: str, shape: Shape, **filters: Any
    ) -> Iterator[dict[str, Any]]:
        for records in self._pages(path, shape, **filters):
            yield from records


def _delete(call: Callable[..., Any], path: str) -> None:
    """Delete what may be gone already."""
    try:
        call("DELETE", path, repeatable=True)
    except BridgeError as error:
        if error.status != 404:
            raise


def _checked_external_id(external_user_id: object) -> str:
    if not isinstance(external_user_id, str) or not _EXTERNAL_USER_ID.fullmatch(
        external_user_id
    ):
        raise BridgeError("This is not an id of a Bridge user", code="invalid_id")
    return external_user_id
