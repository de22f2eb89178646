"""``python -m devtools.world DATABASE``: lives some days, and prints what was said."""

import argparse
import os
import sys
import time
from pathlib import Path

from .. import odoo
from ..console import say
from .pages import summarize, write_pages
from .play import MessyWorld


def main():
    """Live in one world after another; return whether all holds, as an exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("database")
    parser.add_argument("--folder", type=Path, required=True, help="of the pages")
    for name in ("seed", "seeds", "customers", "days"):
        parser.add_argument(f"--{name}", type=int, required=True)
    options = parser.parse_args()
    broken = 0
    for seed in range(options.seed, options.seed + options.seeds):
        broken += bool(live(options, seed))
    return 1 if broken else 0


def live(options, seed):
    """Live in the world of a seed; return what does not hold."""
    database = f"{options.database}_{os.getpid()}"
    odoo.create_database(database, options.database, odoo.DATA_DIR)
    world = MessyWorld(database)
    started = time.monotonic()
    try:
        world.start()
        world.live(seed, options.customers, options.days)
    finally:
        world.stop()
        odoo.drop(database)
    page = options.folder / f"world-{seed}.html"
    write_pages(page, world)
    if options.seeds == 1:
        say(summarize(world))
    problems = world.truth.problems
    for problem in problems:
        say(f"  {problem}")
    count = len(world.reminders)
    seconds = time.monotonic() - started
    say(f"  seed {seed}: {count} messages, {len(problems)} problems, {seconds:.0f} s")
    say(f"  {page}")
    return problems


if __name__ == "__main__":
    sys.exit(main())
