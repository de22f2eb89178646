"""Where things are: the checkout, the cache, and what belongs to one checkout."""

import fcntl
import hashlib
import os
from contextlib import contextmanager
from pathlib import Path

from .console import say

ADDON = "account_payment_request"
ROOT = Path(__file__).resolve().parent.parent
# Addons of the demo alone.
DEMO_ADDONS = ROOT / "devtools" / "addons"
CACHE = (
    Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache").absolute() / ADDON
)


def short_hash(*parts: object) -> str:
    """Return a short name-safe digest of some values."""
    text = "\0".join(str(part) for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


# Two checkouts share the downloads but neither the addons link nor the databases.
CHECKOUT = short_hash(ROOT)
CHECKOUT_DIR = CACHE / "checkouts" / CHECKOUT
ADDONS_DIR = CHECKOUT_DIR / "addons"
DATA_DIR = CHECKOUT_DIR / "data"
LOG_DIR = CHECKOUT_DIR / "log"


def database_name(purpose: str) -> str:
    """Return this checkout's database for a purpose, e.g. ``apr_1a2b3c4d_test``."""
    return f"apr_{CHECKOUT}_{purpose}"


def stamp_is(name: str, value: str) -> bool:
    """Tell if the step ``name`` was finished for the same ``value``."""
    stamp = CACHE / "stamps" / name
    return stamp.is_file() and stamp.read_text() == value


def write_stamp(name: str, value: str) -> None:
    """Remember that the step ``name`` was finished for ``value``."""
    stamp = CACHE / "stamps" / name
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(value)


@contextmanager
def one_at_a_time(name: str):
    """Let one process at a time do what has this name; others are told at once.

    :return: whether this is the one
    """
    CHECKOUT_DIR.mkdir(parents=True, exist_ok=True)
    with (CHECKOUT_DIR / f"{name}.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


@contextmanager
def setup_lock():
    """Let one process at a time prepare the cache; the others wait."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / ".lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("· another ./dev prepares the same cache: waiting for it …")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
