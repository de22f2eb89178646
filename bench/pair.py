"""Measures at the same time on the same core: all meet the same noise.

A busy machine changes speed from one minute to the next, by more than what is measured
here. Processes that share one core slow down together.
"""

import gc
import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager, suppress

from .measure import Stopwatch
from .world import load_odoo

START_SECONDS = 300

_barrier = None
_core: int | None = None


class Pair:
    """A process for each side, which stays up from one round to the next."""

    def __init__(self, *workers: ProcessPoolExecutor):
        self.workers = workers

    def run(self, *calls: tuple) -> list:
        """Call all sides at once; return what they return.

        :param calls: for each side a function of a module, and its arguments
        """
        results = [
            worker.submit(*call)
            for worker, call in zip(self.workers, calls, strict=True)
        ]
        return [result.result() for result in results]


@contextmanager
def pair(sides: int = 2) -> Iterator[Pair]:
    """Start a process for each side, and stop them at the end.

    One alone has all the cores.
    """
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(sides)
    core = None
    if sides > 1 and hasattr(os, "sched_getaffinity"):
        core = max(os.sched_getaffinity(0))
    with ExitStack() as stack:
        workers = [
            stack.enter_context(
                ProcessPoolExecutor(
                    1,
                    mp_context=context,
                    initializer=_start,
                    initargs=(barrier, core),
                )
            )
            for _side in range(sides)
        ]
        yield Pair(*workers)


def measured(cr, work: Callable[[], object]) -> float:
    """Return the processor seconds of ``work``, begun together with the other sides.

    :param cr: the cursor it works with
    """
    watch = Stopwatch(cr)
    _share_core(watch.backend)
    gc.collect()
    _barrier.wait(START_SECONDS)
    return watch.run(work)


def _start(barrier, core: int | None) -> None:
    global _barrier, _core
    _barrier, _core = barrier, core
    _share_core(0)
    load_odoo()


def _share_core(pid: int) -> None:
    """Keep a process on the common core, where the system lets us."""
    if _core is not None:
        with suppress(OSError):
            os.sched_setaffinity(pid, {_core})
