"""Two ways of doing the same, measured in turns."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median


@dataclass
class Comparison:
    """Figures of a reference and of the addon, taken in turns.

    Other programs can only slow a round down, so the best round of each side is the
    one that tells; the median shows how quiet the machine was.

    :param name: what was done
    :param unit: of the figures
    :param larger_is_better: throughput, else time
    """

    name: str
    unit: str
    larger_is_better: bool = False
    reference: list[float] = field(default_factory=list)
    ours: list[float] = field(default_factory=list)

    def add(self, reference: float, ours: float) -> None:
        """Note the figures of one round."""
        self.reference.append(reference)
        self.ours.append(ours)

    def best(self) -> tuple[float, float]:
        """Return the best figure of the reference and of ours."""
        choose = max if self.larger_is_better else min
        return choose(self.reference), choose(self.ours)

    def ratio(self) -> float:
        """Return ours in terms of the reference, of the best rounds."""
        reference, ours = self.best()
        return ours / reference

    def median_ratio(self) -> float:
        """Return ours in terms of the reference, of the median rounds."""
        return median(self.ours) / median(self.reference)


class Stopwatch:
    """Processor seconds of this process and of its database connection.

    Unlike the time on the wall, they do not count other programs' turns. A database
    server on another machine is left out: only this process is counted then.
    """

    def __init__(self, cr):
        cr.execute("SELECT pg_backend_pid()")
        (pid,) = cr.fetchone()
        self._stat = f"/proc/{pid}/stat"

    def run(self, work: Callable[[], object]) -> float:
        """Return the seconds that ``work`` took."""
        start = self._now()
        work()
        return self._now() - start

    def _now(self) -> float:
        return time.process_time() + self._backend()

    def _backend(self) -> float:
        try:
            with open(self._stat) as stat:
                # After the name in parentheses: user and system time are 12th, 13th.
                numbers = stat.read().rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(numbers[11]) + int(numbers[12])) / os.sysconf("SC_CLK_TCK")
