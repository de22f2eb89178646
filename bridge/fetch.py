"""What one fetch of a bank account has seen, and where the next one begins."""

from datetime import date, datetime, timedelta, timezone

from . import moment
from .bank_transaction import BankTransaction

#: Asked again on top of the cursor: a change may become visible late.
OVERLAP = timedelta(days=1)
#: The first fetch asks for so many days at a time, to go on after the last ones done:
#: a year of three accounts stays within the 60 calls a minute of a Bridge user.
WINDOW = timedelta(days=92)

_NEVER = datetime.min.replace(tzinfo=timezone.utc)


class FetchStopped(Exception):
    """The fetch is not finished; nothing is lost, it goes on from the same place."""


class FetchBusy(FetchStopped):
    """Another fetch holds the account, or it has changed meanwhile."""


class FetchRun:
    """What one fetch has seen so far.

    :param str account_ref: Bridge's id of the account
    :param datetime.date first_day: earlier transactions are not imported
    :param str cursor: last change up to which everything was committed before; empty
        for the first fetch
    :param datetime.date done: last day that the first fetch has finished
    :param str begun_at: when it began, or the first one of a history it goes on with
    :param float balance: what the bank held when it was last read before
    :param int ask_count: how often the fetch had been asked for when it began
    :ivar problems: why transactions could not be imported, as sentences
    :ivar created: number of lines made
    """

    def __init__(
        self,
        account_ref: str,
        first_day: date,
        cursor: str | None = None,
        *,
        done: date | None = None,
        begun_at: str | None = None,
        balance: float = 0.0,
        ask_count: int = 0,
    ) -> None:
        self.account_ref = account_ref
        self.first_day = first_day
        self.cursor = cursor
        self.done = done
        self.begun_at = begun_at
        self.balance = balance
        self.ask_count = ask_count
        self.newest: str | None = None
        self.oldest_waiting: str | None = None
        self.held = False
        self.problems: list[str] = []
        self.created = 0

    @property
    def since(self) -> datetime | None:
        """Return from which change on Bridge is asked, None for everything.

        :rtype: datetime.datetime | None
        """
        last = moment.parse(self.cursor) if self.cursor else None
        return last - OVERLAP if last else None

    def windows(self, today: date) -> list[tuple[date | None, date | None]]:
        """Return the days to ask for, one after the other: all at once by the cursor,
        a quarter at a time by the first fetch, whose last window is open.

        :param datetime.date today: where the company is
        :rtype: list[tuple[datetime.date | None, datetime.date | None]]
        """
        if self.since:
            return [(None, None)]
        first = self.done + timedelta(days=1) if self.done else self.first_day
        windows = []
        while first + WINDOW <= today:
            windows.append((first, first + WINDOW - timedelta(days=1)))
            first += WINDOW
        return [*windows, (first, None)]

    def see(self, transaction: BankTransaction) -> None:
        """Note that a transaction was read."""
        self.newest = max(
            filter(None, (self.newest, transaction.updated_at)), key=order
        )

    def wait_for(self, transaction: BankTransaction) -> None:
        """Note that a transaction must be read again by the next fetch."""
        self.oldest_waiting = min(
            filter(None, (self.oldest_waiting, transaction.updated_at)), key=order
        )

    def fail(self, problem: str, transaction: BankTransaction | None = None) -> None:
        """Note that a transaction could not be imported, and why."""
        self.problems.append(problem)
        if transaction:
            self.wait_for(transaction)
        else:
            self.held = True

    def get_cursor(self) -> str | None:
        """Return the cursor after all pages were committed: it never passes what must
        be read again, nor the beginning: what was asked first may have changed since.

        :rtype: str | None
        """
        if self.held or (self.since and not self.newest):
            return self.cursor
        marks = filter(None, (self.newest, self.oldest_waiting, self.begun_at))
        return min(marks, key=order, default=self.cursor)


def order(text: str) -> datetime:
    """Return what orders moments that Bridge may write in different ways."""
    return moment.parse(text) or _NEVER
