"""A person's way through the hosted page that connects a bank, or mends it."""

import secrets
import uuid
from datetime import timedelta

from ..clock import from_text, to_text
from ..payment.banks import connectable
from ..payment.payments import JourneyError, with_query
from .status import CONSENT_NEEDED, INVALID_CREDENTIALS, OK

LIFE = timedelta(hours=1)
SHORTEST = 7  # characters of a login, a password, a code
WRONG_LOGIN = "id-wrong"
CODE_LOGIN = "id-otp"

# where a person may close the page: before there is a connection, and after
EARLY_STEPS = (
    "highlighted_banks",
    "link_iban_error",
    "sub_banks_list",
    "bank_creds_form",
    "edit_bank_creds_form",
)
LATE_STEPS = ("sync_in_progress", "otp_form", "sync_success", "sync_error")
LATE_STEPS += ("sync_pending",)


class WrongCredentials(JourneyError):
    """The bank does not know this login and password, or this code."""


class Sessions:
    """Connect sessions of all users. Runs with the lock held."""

    def __init__(self, store, clock, faults, banks, items):
        self._store = store
        self._feed = store.feed
        self._clock = clock
        self._faults = faults
        self._banks = banks
        self._items = items

    def create(self, user, body):
        """Return a new session from a checked ``body``."""
        item = self._feed.items.get(body.get("item_id"))
        session = {
            "id": str(uuid.uuid4()),
            "token": secrets.token_urlsafe(18),
            "user_uuid": user["uuid"],
            "callback_url": body.get("callback_url"),
            "context": body.get("context"),
            "country_code": body.get("country_code") or "FR",
            "provider_id": item["provider_id"] if item else body.get("provider_id"),
            "item_id": item and item["id"],
            "account_types": body.get("account_types")
            or (item["account_types"] if item else "payment"),
            "mends": bool(item),
            "fixed_bank": bool(item or body.get("provider_id")),
            # bank, login, otp, accounts, done
            "state": "bank",
            "success": None,
            "callback": None,
            "closes_at": to_text(self._clock.now() + LIFE),
        }
        if session["provider_id"]:
            session["state"] = "login"
        forced = body.get("force_reauthentication")
        if item and item["status"] == OK and not forced:
            session["state"] = "accounts"
        self._feed.sessions[session["token"]] = session
        self._store.dirty = True
        return session

    def find(self, token):
        """Return the session whose page is ``token``, or None."""
        return self._feed.sessions.get(token)

    def is_open(self, session):
        """Return whether the person may go on."""
        closes_at = from_text(session["closes_at"])
        return session["state"] != "done" and closes_at > self._clock.now()

    def item(self, session):
        """Return the session's connection, None before there is one."""
        return self._feed.items.get(session["item_id"])

    # -- steps ---------------------------------------------------------------

    def choose_bank(self, session, provider_id):
        """The person picked a bank.

        :raises JourneyError: not now, or not this bank
        """
        self._check(session, "bank", "login")
        if provider_id not in {bank["id"] for bank in connectable()}:
            raise JourneyError(f"bank {provider_id} cannot be connected")
        if session["mends"] and provider_id != session["provider_id"]:
            raise JourneyError("the connection is with another bank")
        if provider_id != session["provider_id"]:
            # what did not work stays a connection with the other bank
            session["item_id"] = None
        session.update(provider_id=provider_id, state="login")
        self._store.dirty = True

    def sign_in(self, session, login, password):
        """The person gave credentials: any, of seven characters at least.

        ``id-wrong`` is refused by the bank, ``id-otp`` leads to a code.

        :raises WrongCredentials: the bank refuses them
        :raises JourneyError: not now
        """
        self._check(session, "login")
        special = login in (WRONG_LOGIN, CODE_LOGIN)
        if len(password) < SHORTEST or (len(login) < SHORTEST and not special):
            raise WrongCredentials("login and password need seven characters")
        item = self._item_of(session)
        if login == WRONG_LOGIN:
            self._items.hold(item, INVALID_CREDENTIALS)
            raise WrongCredentials("wrong login or password")
        session["state"] = "otp" if login == CODE_LOGIN else "accounts"
        if session["state"] == "otp":
            self._items.hold(item, CONSENT_NEEDED)
        self._store.dirty = True

    def give_code(self, session, code):
        """The person typed the code of their bank: any, of seven characters at least.

        :raises WrongCredentials: too short
        :raises JourneyError: not now
        """
        self._check(session, "otp")
        if len(code) < SHORTEST:
            raise WrongCredentials("the code needs seven characters")
        session["state"] = "accounts"
        self._store.dirty = True

    def choose_accounts(self, session, ibans, *, later=False, success=True, step=None):
        """The person ticked accounts: the connection is made.

        :param later: the data come minutes after
        :raises JourneyError: not now, or accounts of another bank
        """
        self._check(session, "accounts")
        offered = {account["iban"] for account in self.accounts(session)}
        if not ibans or not set(ibans) <= offered:
            raise JourneyError("choose among the accounts of this bank")
        item = self._item_of(session)
        item["account_types"] = session["account_types"]
        self._items.connect(item, ibans, later=later)
        self._end(session, success, step)

    def close(self, session, step=None):
        """The person closed the page with the cross, at ``step``.

        :raises JourneyError: not now
        """
        self._check(session, "bank", "login", "otp", "accounts")
        self._end(session, False, step or self.step(session))

    def accounts(self, session):
        """Return the accounts the person may tick."""
        return self._banks.at(session["provider_id"], session["account_types"])

    def step(self, session):
        """Return Bridge's word for where the person is."""
        edits = "edit_bank_creds_form" if session["mends"] else "bank_creds_form"
        item = self.item(session)
        if session["state"] == "login" and item and item["held"]:
            edits = "sync_error"
        return {
            "bank": "highlighted_banks",
            "login": edits,
            "otp": "otp_form",
            "accounts": "sync_in_progress",
        }[session["state"]]

    # -- inside --------------------------------------------------------------

    def _check(self, session, *states):
        if not self.is_open(session):
            raise JourneyError("this connect session is over")
        if session["state"] not in states:
            raise JourneyError(f"the person is at the step {session['state']}")

    def _item_of(self, session):
        item = self.item(session)
        if item is None:
            user = self._feed.users[session["user_uuid"]]
            item = self._items.create(
                user, session["provider_id"], session["account_types"]
            )
            session["item_id"] = item["id"]
        return item

    def _end(self, session, success, step):
        session.update(state="done", success=success)
        self._store.dirty = True
        if not session["callback_url"] or self._faults.take("lost_callback"):
            return
        parameters = {
            "user_uuid": session["user_uuid"],
            "item_id": session["item_id"],
            "success": "true" if success else "false",
            "step": None if success else step,
            "context": session["context"],
        }
        session["callback"] = with_query(
            session["callback_url"],
            **{name: value for name, value in parameters.items() if value},
        )
