"""Connections (items): their life, when their bank is read, the events of it."""

from datetime import timedelta

from ..clock import from_text, to_text
from .status import (
    BALANCE_ONLY,
    BANK_DOWN,
    CONSENT_NEEDED,
    JUST_ADDED,
    JUST_EDITED,
    OK,
    STATUSES,
)

CONSENT = timedelta(days=180)
REFRESH_EVERY = timedelta(hours=12)
# with delays shortened a bank is read soon after something happened there
REFRESH_SOON = timedelta(minutes=15)
FULL_HISTORY_AFTER = timedelta(minutes=5)
FIRST_DAYS = timedelta(days=7)


class Items:
    """The connections of all users. Runs with the lock held."""

    def __init__(self, store, clock, agenda, outbox, faults, reading):
        self._store = store
        self._feed = store.feed
        self._clock = clock
        self._agenda = agenda
        self._outbox = outbox
        self._faults = faults
        self._reading = reading
        # how often each bank is read by itself
        self.refresh_every = REFRESH_EVERY

    # -- life ----------------------------------------------------------------

    def create(self, user, provider_id, account_types):
        """Return a new connection of ``user``, without data yet."""
        number = self._store.number()
        now = to_text(self._clock.now())
        item = {
            "id": 500 + number,
            "number": number,
            "client_id": user["client_id"],
            "user_uuid": user["uuid"],
            "provider_id": provider_id,
            "account_types": account_types,
            "status": JUST_ADDED,
            # a status that stays until a person mends it
            "held": None,
            "ibans": [],
            "history_from": None,
            "created_at": now,
            "last_successful_refresh": None,
            "last_try_refresh": None,
            "authentication_expires_at": None,
            "next_refresh_at": None,
        }
        self._feed.items[item["id"]] = item
        self._store.dirty = True
        self._tell(item, "item.created")
        return item

    def connect(self, item, ibans, *, later=False):
        """The person agreed: read these accounts now, or minutes later.

        Also mends a connection that needed a person, and starts 180 days anew.
        """
        now = self._clock.now()
        item["ibans"] = list(ibans)
        item["held"] = None
        item["authentication_expires_at"] = to_text(now + CONSENT)
        is_new = item["last_successful_refresh"] is None
        if is_new and self._faults.short_history:
            item["history_from"] = (now - FIRST_DAYS).date().isoformat()
        if later:
            item["status"] = JUST_ADDED if is_new else JUST_EDITED
            self._plan(item, now + self._clock.delay(FULL_HISTORY_AFTER))
        else:
            self.refresh(item, "connect")
        self._store.dirty = True

    def delete(self, item):
        """Forget a connection, its accounts and transactions."""
        accounts = {account["id"] for account in self._feed.accounts_of(item)}
        for transaction in list(self._feed.transactions.values()):
            if transaction["account_id"] in accounts:
                del self._feed.transactions[transaction["id"]]
        for account_id in accounts:
            del self._feed.accounts[account_id]
        del self._feed.items[item["id"]]
        self._store.dirty = True
        self._tell(item, "item.deleted")

    def hold(self, item, status):
        """Give ``item`` a status; any but 0 stays until a person mends it.

        :raises ValueError: no such status
        """
        if status not in STATUSES:
            raise ValueError(f"no status of items: {status}")
        item["held"] = status or None
        self.refresh(item)

    def set_consent_end(self, item, moment):
        """Let the consent end at ``moment``; it is noticed at a refresh."""
        item["authentication_expires_at"] = to_text(moment)
        self._store.dirty = True

    # -- refresh -------------------------------------------------------------

    def refresh(self, item, trigger="scheduler"):
        """Read the bank now, and send the events of it."""
        now = self._clock.now()
        item["status"] = self._verdict(item, now)
        item["last_try_refresh"] = to_text(now)
        full, changes = False, []
        if item["status"] in (OK, BALANCE_ONLY):
            full = self._is_full(item, trigger)
            item["last_successful_refresh"] = to_text(now)
            changes = self._reading.read(item, to_text(now))
        else:
            for account in self._feed.accounts_of(item):
                account["last_refresh_status"] = "failed"
        self._tell(
            item,
            "item.refreshed",
            status_code=item["status"],
            status_code_info=STATUSES[item["status"]][0],
            full_refresh=full,
            refresh_trigger=trigger,
            account_types=item["account_types"],
            authentication_expires_at=item["authentication_expires_at"],
        )
        for event, content in changes:
            self._tell(item, event, **content)
        # not shortened: a day that is skipped would be read hundreds of times
        short = item["history_from"]
        wait = self._clock.delay(FULL_HISTORY_AFTER) if short else self.refresh_every
        self._plan(item, now + wait)
        self._store.dirty = True

    def something_happened(self, bank_account):
        """A line came or changed: where delays are shortened, read the bank soon."""
        if self._clock.speed <= 1:
            return
        moment = self._clock.now() + self._clock.delay(REFRESH_SOON)
        for item in self._feed.items.values():
            planned = item["next_refresh_at"]
            if bank_account["iban"] in item["ibans"] and planned > to_text(moment):
                self._plan(item, moment)

    def resume(self):
        """Plan again the refreshes of a saved state."""
        for item in self._feed.items.values():
            if item["next_refresh_at"]:
                self._plan(item, from_text(item["next_refresh_at"]))

    def _is_full(self, item, trigger):
        """Whether this refresh brings all there is, for the first time."""
        if trigger == "connect":
            return not item["history_from"] and not item["last_successful_refresh"]
        was_short, item["history_from"] = item["history_from"], None
        return bool(was_short) or not item["last_successful_refresh"]

    def _verdict(self, item, now):
        if item["held"]:
            return item["held"]
        expires_at = item["authentication_expires_at"]
        if not expires_at or from_text(expires_at) <= now:
            return CONSENT_NEEDED
        return BANK_DOWN if self._faults.take("refresh_fails") else OK

    def _plan(self, item, moment):
        planned = item["next_refresh_at"] = to_text(moment)

        def refresh():
            # deleted, or planned anew
            if self._feed.items.get(item["id"]) is item:
                if item["next_refresh_at"] == planned:
                    self.refresh(item)

        self._agenda.put(from_text(planned), refresh)

    # -- events --------------------------------------------------------------

    def _tell(self, item, event, **content):
        application = self._store.applications[item["client_id"]]
        content = {"item_id": item["id"], "user_uuid": item["user_uuid"], **content}
        self._outbox.emit(application, event, content)
