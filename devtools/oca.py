"""Addons of the OCA beside ours: fetched for the tests that meet them."""

import shutil
from pathlib import Path

from . import odoo_source, python_env
from .console import run, step
from .paths import (
    ADDONS_DIR,
    CACHE,
    ROOT,
    setup_lock,
    short_hash,
    stamp_is,
    write_stamp,
)

#: What is installed; pip's file also names what these depend on.
MODULES = ("account_reconcile_oca", "account_statement_import_camt")
REQUIREMENTS = ROOT / "devtools/requirements-oca.txt"
UNPACKED = CACHE / "oca"


def ensure() -> Path:
    """Return the folder of the OCA's addons; fetch them when they changed.

    :raises DevError: when pip cannot fetch them
    """
    with setup_lock():
        return _ensure()


def _ensure() -> Path:
    addons = UNPACKED / "odoo/addons"
    stamp = short_hash(REQUIREMENTS.read_text())
    if stamp_is("oca", stamp) and addons.is_dir():
        return addons
    with step("addons of the OCA"):
        fresh = UNPACKED.with_name("oca.new")
        shutil.rmtree(fresh, ignore_errors=True)
        log = CACHE / "log" / "oca.log"
        # They ask for a package named odoo, which is nowhere.
        words = [python_env.python(), "-m", "pip", "install", "--no-deps"]
        words += ["--no-compile", "--target", fresh, "-r", REQUIREMENTS]
        run(words, log=log, hint=f"Check pip's configuration; the whole log is {log}.")
        shutil.rmtree(UNPACKED, ignore_errors=True)
        fresh.rename(UNPACKED)
    write_stamp("oca", stamp)
    return addons


def addons_path() -> str:
    """Return Odoo's option that puts the OCA's addons beside ours, for one run."""
    folders = [ADDONS_DIR, ensure(), *odoo_source.addons_paths()]
    return f"--addons-path={','.join(map(str, folders))}"
