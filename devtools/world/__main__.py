"""``python -m devtools.world DATABASE``: lives some days, and prints what was said."""

import argparse
import sys
import time
from pathlib import Path

from ..console import say
from ..histories.world import new_world
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
    started = time.monotonic()
    with new_world(MessyWorld, options.database) as world:
        world.live(seed, options.customers, options.days)
    page = options.folder / f"world-{seed}.html"
    write_pages(page, world)
    if options.seeds == 1:
        say(summarize(world))
    problems = world.truth.problems
    for problem in problems:
        say(f"  {problem}")
    count = len(world.reminders)
    seconds = time.monotonic() - started
    say(f"  {page}")
    say(f"  seed {seed}: {count} messages, {len(problems)} problems, {seconds:.0f} s")
    return problems


if __name__ == "__main__":
    sys.exit(main())
