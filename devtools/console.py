"""One line a step, one way to run a program, one way to fail."""

import os
import shlex
import subprocess
import sys
import tempfile
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
    """Announce a step, then say how long it took."""
    start = time.monotonic()
    say(f"· {title} …")
    yield
    say(f"  {time.monotonic() - start:.1f} s")


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
    # Only root may change the user, and then not keep its own groups.
    account = {"user": user, "group": user, "extra_groups": []} if user else {}
    if log:
        log.parent.mkdir(parents=True, exist_ok=True)
    options = {"mode": "w+", "errors": "replace"}
    with log.open(**options) if log else tempfile.TemporaryFile(**options) as errors:
        try:
            done = subprocess.run(
                words,
                env={**os.environ, **(env or {})},
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=errors if log else subprocess.PIPE,
                stderr=errors,
                text=True,
                errors="replace",
                **account,
            )
        except FileNotFoundError as error:
            raise DevError(f"{words[0]} is not installed. {hint}") from error
        if done.returncode:
            errors.seek(0)
            said = errors.read().strip() or (done.stdout or "").strip()
            raise DevError(
                f"{shlex.join(words)[:300]} ended with {done.returncode}:\n"
                f"{said[-3000:]}\n{hint}"
            )
    return done.stdout or ""


def tail(path: Path, lines: int = 25) -> str:
    """Return the last lines of a text file."""
    text = path.read_text(errors="replace")
    return "\n".join(text.splitlines()[-lines:])


def warn(text: str) -> None:
    """Print one line on the error stream."""
    print(text, file=sys.stderr, flush=True)
