"""Two ways of doing the same, and how they compare."""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from statistics import median


@dataclass
class Comparison:
    """Figures of a reference and of the addon, taken together round after round.

    A busy machine changes speed while this runs. Both sides of one round meet about
    the same noise, so the ratio is taken in each round, and the median of them counts.

    :param name: what was done
    :param unit: of the figures
    :param limit: of the ratio, ours to the reference
    :param more_is_better: throughput, else time
    """

    name: str
    unit: str
    limit: float
    more_is_better: bool = False
    reference: list[float] = field(default_factory=list)
    ours: list[float] = field(default_factory=list)

    def add(self, reference: float, ours: float) -> None:
        """Note the figures of one round."""
        self.reference.append(reference)
        self.ours.append(ours)

    def ratios(self) -> list[float]:
        """Return ours in terms of the reference, round by round."""
        return [
            ours / reference
            for reference, ours in zip(self.reference, self.ours, strict=True)
        ]

    def ratio(self) -> float:
        """Return the median of the rounds' ratios."""
        return median(self.ratios())

    def holds(self) -> bool:
        """Tell if the ratio is within its limit."""
        ratio = self.ratio()
        return ratio >= self.limit if self.more_is_better else ratio <= self.limit


def rounds(count: int, seconds: float) -> Iterator[int]:
    """Yield ``count`` round numbers, fewer when time runs out, two at least."""
    end = time.monotonic() + seconds
    for number in range(count):
        if number > 1 and time.monotonic() > end:
            return
        yield number


class Stopwatch:
    """Processor seconds of this process and of its database connection.

    Unlike the time on the wall, they do not count other programs' turns. A database
    server on another machine is left out: only this process is counted then.

    :ivar int backend: process of the database connection
    """

    def __init__(self, cr):
        cr.execute("SELECT pg_backend_pid()")
        (self.backend,) = cr.fetchone()

    def run(self, work: Callable[[], object]) -> float:
        """Return the seconds that ``work`` took."""
        start = self._now()
        work()
        return self._now() - start

    def _now(self) -> float:
        return time.process_time() + self._backend()

    def _backend(self) -> float:
        try:
            with open(f"/proc/{self.backend}/stat") as stat:
                # After the name in parentheses: user and system time are 12th, 13th.
                numbers = stat.read().rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(numbers[11]) + int(numbers[12])) / os.sysconf("SC_CLK_TCK")
