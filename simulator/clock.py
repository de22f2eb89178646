"""Virtual time of the simulated world."""

import threading
import time
from datetime import datetime, timedelta, timezone


def to_text(moment):
    """Return an aware datetime as Bridge writes it: UTC, milliseconds, ``Z``."""
    utc = moment.astimezone(timezone.utc)
    return utc.strftime("%Y-%m-%dT%H:%M:%S.") + f"{utc.microsecond // 1000:03d}Z"


def from_text(text):
    """Return the aware UTC datetime of an ISO 8601 text.

    :raises ValueError: when the text is no date-time with a time zone
    """
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    if moment.tzinfo is None:
        raise ValueError(f"no time zone in {text!r}")
    return moment.astimezone(timezone.utc)


class Clock:
    """A clock that can be put forward.

    Without ``start`` it follows the machine's clock. With ``start`` (aware datetime)
    it stands still and moves by :meth:`advance` only.

    ``speed`` shortens the delays of the simulated world (a bank's hour, webhook
    retries, the next business day): at 180 an hour takes 20 seconds. It does not bend
    the calendar, so that dates stay comparable with the client's own.
    """

    def __init__(self, start=None, speed=1.0):
        if speed <= 0:
            raise ValueError("speed must be above zero")
        self.speed = speed
        self._start = start
        self._offset = timedelta()
        self._worlds = []
        # one advance at a time: two would overtake each other's due work
        self._advancing = threading.RLock()

    def now(self):
        """Return the current virtual moment, an aware UTC datetime."""
        return self._base() + self._offset

    @property
    def drift(self):
        """How far this clock is ahead of its client's (timedelta).

        A client on the machine's clock knows nothing of :meth:`advance`; the dates it
        sends are moved by this. A clock with ``start`` is shared with its client.
        """
        return timedelta() if self._start else self._offset

    def delay(self, duration):
        """Return how long ``duration`` lasts at this speed."""
        return duration / self.speed

    def real_seconds_until(self, moment):
        """Return the seconds a thread has to wait for ``moment``, None: forever."""
        if moment is None or (self._start and moment > self.now()):
            return None
        seconds = (moment - self.now()).total_seconds()
        # never a tiny wait: under frozen time it would spin
        return max(0.01, seconds) if seconds > 0 else 0

    def advance(self, **duration):
        """Go forward by ``duration`` (as for timedelta), doing all that falls due.

        The clock stops at each due moment on the way, so everything carries the time
        at which it would have happened.
        """
        with self._advancing:
            target = self.now() + timedelta(**duration)
            while True:
                dues = [world.next_due() for world in self._worlds]
                due = min((due for due in dues if due), default=None)
                if due is None or due > target:
                    break
                self._jump(due)
                for world in self._worlds:
                    world.run_due()
            self._jump(target)
            for world in self._worlds:
                world.run_due()
            return self.now()

    def restore(self, moment):
        """Go forward to ``moment`` of an earlier run, without doing anything."""
        self._jump(moment)

    def watch(self, world):
        """Let ``world`` (``next_due()``, ``run_due()``) act on every advance."""
        self._worlds.append(world)

    def unwatch(self, world):
        """Forget ``world``."""
        if world in self._worlds:
            self._worlds.remove(world)

    def _base(self):
        # time.time() and not datetime.now(): a test that freezes time freezes both
        return self._start or datetime.fromtimestamp(time.time(), timezone.utc)

    def _jump(self, moment):
        self._offset = max(self._offset, moment - self._base())
