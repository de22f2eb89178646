"""Credits on the beneficiary's bank account: they appear after a transfer."""

from datetime import datetime, time, timedelta, timezone

from ..clock import from_text, to_text
from ..feed.writing import WRITINGS
from .banks import BANKS, DEMO_BANK
from .payments import holder_name

INSTANT_DELAY = timedelta(seconds=10)
OVERNIGHT_IN_A_HURRY = timedelta(hours=1)
BOOKING_TIME = time(7, 0, tzinfo=timezone.utc)


def next_business_day(day):
    """Return the working day after ``day`` (no holidays in the simulated world)."""
    day += timedelta(days=1)
    while day.weekday() >= 5:
        day += timedelta(days=1)
    return day


class Ledger:
    """Books each credit when its time comes. Runs with the lock held."""

    def __init__(self, store, clock, agenda, banks):
        self._store = store
        self._clock = clock
        self._agenda = agenda
        self._banks = banks

    def credit(self, request, transactions, instant=False):
        """Plan the credits of ``transactions``.

        Instant: seconds later. Otherwise on the next business day, or soon where
        delays are shortened.
        """
        now = self._clock.now()
        bank = BANKS[request["provider_id"]]
        instant = instant and "instant_single_payment" in bank["capabilities"]
        nominal = now + INSTANT_DELAY
        if not instant:
            nominal = datetime.combine(next_business_day(now.date()), BOOKING_TIME)
        wait = nominal - now
        if self._clock.speed > 1:
            # nobody watches a demo overnight
            wait = min(wait, OVERNIGHT_IN_A_HURRY)
        visible_at = to_text(now + self._clock.delay(wait))
        for transaction in transactions:
            credit = {
                "id": self._store.number(),
                "client_id": request["client_id"],
                "date": nominal.date().isoformat(),
                "amount": transaction["amount"],
                "currency": transaction["currency"],
                "kind": "instant" if instant else "sepa",
                "text": transaction["label"],
                "payer": holder_name(request["user"]).upper(),
                "payer_iban": request["sender"] and request["sender"]["iban"],
                "beneficiary_iban": transaction["beneficiary"]["iban"],
                "end_to_end_id": transaction["end_to_end_id"],
                "payment_link_id": request["payment_link_id"],
                "payment_request_id": request["id"],
                "payment_transaction_id": transaction["id"],
                "visible_at": visible_at,
                "booked": False,
            }
            # the beneficiary's bank writes as the Demo Bank does
            credit["label"] = WRITINGS[DEMO_BANK].describe(
                {**credit, "label": transaction["label"], "text": None}
            )
            self._store.credits.append(credit)
            self._plan(credit)
        self._store.dirty = True

    def booked(self):
        """Return the credits the account shows, oldest booking first."""
        shown = [credit for credit in self._store.credits if credit["booked"]]
        return sorted(shown, key=lambda credit: (credit["visible_at"], credit["id"]))

    def resume(self):
        """Plan again the credits of a saved state."""
        for credit in self._store.credits:
            if not credit["booked"]:
                self._plan(credit)

    def _plan(self, credit):
        self._agenda.put(from_text(credit["visible_at"]), lambda: self._book(credit))

    def _book(self, credit):
        credit["booked"] = True
        self._banks.receive(credit)
        self._store.dirty = True
