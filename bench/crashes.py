"""Work that is killed half-way, as by a power cut, and done again."""

import multiprocessing
import time
from collections.abc import Callable

from devtools.setup import postgres

from .world import load_odoo

SECONDS = 600
POLL_SECONDS = 0.02


def kill_and_repeat(work: tuple, done: Callable[[], int], enough: int) -> int:
    """Kill a process with SIGKILL in the middle of its work, then do all of it again.

    :param work: a function of a module that takes a database, and its arguments
    :param done: returns how much of the work is committed
    :param enough: kill it as soon as so much is done
    :return: how much was committed when it was dead
    :raises RuntimeError: when the work fails, or ends before it can be killed
    """
    process = _start(work)
    deadline = time.monotonic() + SECONDS
    while done() < enough:
        if not process.is_alive() or time.monotonic() > deadline:
            process.kill()
            raise RuntimeError("The work ended before it could be killed.")
        time.sleep(POLL_SECONDS)
    process.kill()
    process.join()
    _wait_for_backends(work[1])
    survived = done()
    process = _start(work)
    process.join(SECONDS)
    if process.exitcode:
        raise RuntimeError(f"Done again, it ended with {process.exitcode}.")
    return survived


def _start(work: tuple) -> multiprocessing.Process:
    process = multiprocessing.get_context("spawn").Process(target=_run, args=work)
    process.start()
    return process


def _run(function: Callable, *args) -> None:
    load_odoo()
    function(*args)


def _wait_for_backends(database: str) -> None:
    """Wait until the server has noticed that its client is gone."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        busy = postgres.query(
            "SELECT count(*) FROM pg_stat_activity WHERE state != 'idle'"
            f" AND datname = '{database}' AND pid != pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
        if not int(busy):
            return
        time.sleep(POLL_SECONDS)
    raise RuntimeError("The dead process still works in the database.")
