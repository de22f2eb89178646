"""Addons of the OCA beside ours: for the tests that meet them, and to compare with."""

import shutil
from pathlib import Path

from ..console import run, step
from ..paths import ADDONS_DIR, CACHE, ROOT, setup_lock, short_hash
from . import odoo_source, python_env

#: What is installed; pip's file also names what these depend on.
MODULES = ("account_reconcile_oca", "account_statement_import_camt")
#: Not beside ours: the benchmarks plan reminders with it in a database of its own.
CREDIT_CONTROL = "account_credit_control"
REQUIREMENTS = ROOT / "devtools/requirements-oca.txt"
# Two checkouts may want different ones at the same time.
UNPACKED = CACHE / f"oca-{short_hash(REQUIREMENTS.read_text())}"


def ensure() -> Path:
    """Return the folder of the OCA's addons; fetch them when they changed.

    :raises DevError: when pip cannot fetch them
    """
    addons = UNPACKED / "odoo/addons"
    with setup_lock():
        if addons.is_dir():
            return addons
        fresh, log = UNPACKED.with_name("oca.new"), CACHE / "log" / "oca.log"
        shutil.rmtree(fresh, ignore_errors=True)
        # They ask for a package named odoo, which is nowhere.
        words = [python_env.python(), "-m", "pip", "install", "--no-deps"]
        words += ["--no-compile", "--target", fresh, "-r", REQUIREMENTS]
        hint = f"Check pip's configuration; the whole log is {log}."
        with step("addons of the OCA"):
            run(words, log=log, hint=hint)
        fresh.rename(UNPACKED)
    return addons


def addons_path() -> str:
    """Return Odoo's option that puts the OCA's addons beside ours, for one run."""
    folders = [ADDONS_DIR, ensure(), *odoo_source.addons_paths()]
    return f"--addons-path={','.join(map(str, folders))}"
