"""``python -m devtools.histories DATABASE``: plays histories in worlds of its own."""

import argparse
import math
import sys
import time

from ..console import say
from .machine import History, make_history, shorten
from .world import Broken, World, new_world

# After so many histories a world is old: its queries over all lines get slow.
WORLD = 200
# Seconds spent on a shorter history that breaks, too.
SHORTEN_SECONDS = 180


def main():
    """Play histories; return whether all ended well, as an exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("database")
    for name in ("seed", "first", "count", "steps"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--seconds", type=int, help="after which none begins any more")
    options = parser.parse_args()
    started = time.monotonic()
    end = started + (options.seconds or math.inf)
    last = options.first + options.count
    for first in range(options.first, last, WORLD):
        numbers = range(first, min(first + WORLD, last))
        problem = play(options.database, options.seed, numbers, options.steps, end)
        happened = ", ".join(f"{n} {what}" for what, n in History.tally.most_common())
        say(f"  {happened}")
        say(f"  {History.count} histories, {time.monotonic() - started:.0f} s")
        if problem:
            say(problem)
            return 1
    return 0


def play(template, seed, numbers, longest, end=math.inf):
    """Play histories in a world of their own; return the first that is broken, as
    short as it was found.

    :param str template: database to copy
    :param range numbers: which histories of the seed
    :param float end: when none begins any more, as `time.monotonic` counts
    """
    with new_world(World, template) as world:
        for number in numbers:
            if time.monotonic() > end:
                break
            steps = make_history(seed, number, longest)
            if problem := live(world, steps):
                shortest = shorten(
                    steps, lambda steps: live(world, steps), SHORTEN_SECONDS
                )
                again = f"--seed {seed} --first {number} --count 1 --steps {longest}"
                return (
                    f"{problem}\nShortest that breaks, of {len(steps)} steps:\n"
                    f"{live(world, shortest) or shortest}\n"
                    f"Again: ./dev histories {again}"
                )
    return ""


def live(world, steps):
    """Play one history; return what is broken in it, empty if nothing is."""
    try:
        History(world).play(steps)
    except Broken as error:
        return str(error)
    return ""


if __name__ == "__main__":
    sys.exit(main())
