"""``./dev histories``: the database, then the histories in a process of their own."""

import os
import random
import subprocess
from pathlib import Path

from .. import odoo
from ..console import say, step
from ..paths import ADDON, LOG_DIR, ROOT, database_name, stamp_is, write_stamp
from ..setup import postgres, python_env

# Histories of CI.
COUNT = 200
STEPS = 14
DEEDS = "devtools.histories.deeds"
SET_UP = """
from importlib import import_module
import_module("{deeds}").set_up(env)
env.cr.commit()
"""


def run_command(options) -> int:
    """Run what ``options`` of the command line ask for; return the exit code."""
    odoo.prepare()
    seed = new_seed() if options.seed is None else options.seed
    words = ["--first", options.first, "--count", options.count]
    words += ["--steps", options.steps, "--jobs", options.jobs]
    return play(seed, *words, reuse=options.reuse)


def new_seed() -> int:
    """Return a seed that nobody has chosen."""
    return random.randrange(10**6)


def play(seed: int, *options, reuse: bool, output=None) -> int:
    """Make the database and play histories; return the exit code.

    :param options: of the program that plays them, in place of the usual ones
    :param reuse: whether a database that is there is taken as it is
    :param output: file for what they say, by default our own output
    """
    say(f"· random histories (seed {seed})")
    database = make_database("histories", DEEDS, reuse=reuse)
    words = [python_env.python(), "-m", "devtools.histories", database]
    words += ["--seed", seed, "--first", 0, "--count", COUNT, "--steps", STEPS]
    words += options
    return run_program(words, output)


def run_program(words, output=None) -> int:
    """Run a program that has Odoo's variables; return its exit code.

    :param output: file for what it says, by default our own output
    """
    return subprocess.run(
        list(map(str, words)),
        cwd=ROOT,
        # Sets and hashes come in the same order each time.
        env={**os.environ, **odoo.environment(), "PYTHONHASHSEED": "0"},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output else None,
    ).returncode


def make_database(purpose: str, deeds: str, *, reuse: bool) -> str:
    """Make the database that each world is a copy of; return its name.

    :param deeds: module whose `set_up` makes the company
    :param reuse: whether a database that is there is taken as it is
    """
    database = database_name(purpose)
    if reuse and stamp_is(f"{database}-made", database):
        return database
    template = odoo.template()
    write_stamp(f"{database}-made", "")
    log = LOG_DIR / f"{database}.install.log"
    with step(f"database {database} (log: {log})"):
        odoo.create_database(database, template)
        odoo.install(database, [ADDON], log)
        _set_up(database, deeds, log)
        postgres.query("VACUUM ANALYZE", database=database)
    write_stamp(f"{database}-made", database)
    return database


def _set_up(database: str, deeds: str, log: Path) -> None:
    with log.open("ab") as output:
        subprocess.run(
            odoo.command("shell", "-d", database, "--no-http"),
            cwd=ROOT,
            env={**os.environ, **odoo.environment()},
            input=SET_UP.format(deeds=deeds).encode(),
            stdout=output,
            stderr=output,
            check=True,
        )
