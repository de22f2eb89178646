"""One line a step, one way to run a program, one way to fail."""

import os
import shlex
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path


class DevError(Exception):
    """A step failed; the text says in a sentence or two what to do."""


def say(text: str) -> None:
    """Print one line now, also when the output is a pipe."""
    print(text, flush=True)


@contextmanager
def step(title: str):
    """Announce a step, then say how long it took.

    Yields a list: what is appended to it is shown beside the time.
    """
    start = time.monotonic()
    details: list[str] = []
    say(f"· {title} …")
    yield details
    took = f"{time.monotonic() - start:.1f} s"
    say(f"  {', '.join([*details, took])}")


def run(
    command: Sequence[str | Path],
    *,
    hint: str,
    env: Mapping[str, str] | None = None,
    cwd: Path | str | None = None,
    log: Path | None = None,
    user: str | None = None,
) -> str:
    """Run a program to its end and return its standard output.

    :param hint: what a person can do when it fails, one sentence
    :param env: added to the environment of this process
    :param log: file that takes the whole output (nothing is returned then)
    :param user: run as this system user (only root can)
    :raises DevError: when the program is missing or fails, with its last lines
    """
    words = [str(word) for word in command]
    account = {"user": user, "group": user, "extra_groups": []} if user else {}
    try:
        if log:
            log.parent.mkdir(parents=True, exist_ok=True)
            with log.open("wb") as target:
                done = subprocess.run(
                    words,
                    env={**os.environ, **(env or {})},
                    cwd=cwd,
                    stdin=subprocess.DEVNULL,
                    stdout=target,
                    stderr=subprocess.STDOUT,
                    **account,
                )
            output, errors = "", tail(log)
        else:
            done = subprocess.run(
                words,
                env={**os.environ, **(env or {})},
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                **account,
            )
            output, errors = done.stdout, (done.stderr or done.stdout)[-2000:]
    except FileNotFoundError as error:
        raise DevError(f"{words[0]} is not installed. {hint}") from error
    if done.returncode:
        raise DevError(
            f"{shlex.join(words)[:300]} ended with {done.returncode}:\n"
            f"{errors.strip()}\n{hint}"
        )
    return output


def tail(path: Path, lines: int = 25) -> str:
    """Return the last lines of a text file."""
    text = path.read_text(errors="replace")
    return "\n".join(text.splitlines()[-lines:])


def size(path: Path) -> str:
    """Return the size of a file in words, e.g. ``118.2 MB``."""
    return f"{path.stat().st_size / 1_000_000:.1f} MB"


def warn(text: str) -> None:
    """Print one line on the error stream."""
    print(text, file=sys.stderr, flush=True)
