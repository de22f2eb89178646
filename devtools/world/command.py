"""``./dev world``: the database, then the world in a process of its own."""

from .. import odoo
from ..console import say
from ..histories.command import make_database, new_seed, run_program
from ..paths import CHECKOUT_DIR
from ..setup import python_env, system

DEEDS = "devtools.world.deeds"


def run_command(options) -> int:
    """Run what ``options`` of the command line ask for; return the exit code."""
    odoo.prepare()
    # Letters are printed.
    system.ensure("wkhtmltopdf")
    seed = new_seed() if options.seed is None else options.seed
    words = ["--seeds", options.seeds, "--customers", options.customers]
    return play(seed, *words, "--days", options.days, reuse=options.reuse)


def play(seed: int, *options, reuse: bool, output=None) -> int:
    """Make the database and live in some worlds; return the exit code.

    :param options: of the program, in place of the usual ones
    :param output: file for what it says, by default our own output
    """
    say(f"· messy customers (seed {seed})")
    database = make_database("world", DEEDS, reuse=reuse)
    words = [python_env.python(), "-m", "devtools.world", database]
    words += ["--seed", seed, "--seeds", 1, "--folder", CHECKOUT_DIR / "world"]
    return run_program([*words, *options], output)
