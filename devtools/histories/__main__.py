"""``python -m devtools.histories DATABASE``: plays histories in worlds of its own."""

import argparse
import math
import sys
import time
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from functools import partial
from itertools import islice

from ..console import say
from .machine import History, make_history, shorten
from .world import Broken, World, new_world

# After so many histories a world is old: its queries over all lines get slow.
WORLD = 100
# Seconds spent on a shorter history that breaks, too.
SHORTEN_SECONDS = 180


def main():
    """Play histories; return whether all ended well, as an exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("database")
    for name in ("seed", "first", "count", "steps"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--seconds", type=int, help="after which none begins any more")
    parser.add_argument("--jobs", type=int, default=1, help="worlds at once")
    options = parser.parse_args()
    started = time.monotonic()
    end = started + (options.seconds or math.inf)
    shares = iter(share_out(options.first, options.count, options.jobs))
    play_share = partial(play, options.database, options.seed, options.steps, end)
    broken, tally, count = False, Counter(), 0
    with ProcessPoolExecutor(options.jobs) as pool:
        # None waits in the pool, where it would begin after somebody's Ctrl-C.
        running = {pool.submit(play_share, one) for one in islice(shares, options.jobs)}
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for problem, happened, played in [one.result() for one in done]:
                broken |= bool(problem)
                tally, count = tally + happened, count + played
            running |= {
                pool.submit(play_share, one) for one in islice(shares, len(done))
            }
            say(f"  {', '.join(f'{n} {what}' for what, n in tally.most_common())}")
            say(f"  {count} histories, {time.monotonic() - started:.0f} s")
    return 1 if broken else 0


def share_out(first, count, jobs):
    """Return the numbers of the histories of each world.

    :param int jobs: how many worlds there are at once
    """
    size = min(WORLD, max(1, math.ceil(count / jobs)))
    last = first + count
    return [range(at, min(at + size, last)) for at in range(first, last, size)]


def play(template, seed, longest, end, numbers):
    """Play histories in a world of their own, until one is broken.

    :param str template: database to copy
    :param float end: when none begins any more, as `time.monotonic` counts
    :param range numbers: which histories of the seed
    :return: the broken one as short as it was found, what happened, how many there were
    """
    problem = ""
    with new_world(World, template) as world:
        for number in numbers:
            if problem or time.monotonic() > end:
                break
            if problem := play_one(world, seed, number, longest):
                say(problem)
        return problem, world.tally, world.plays.total()


def play_one(world, seed, number, longest):
    """Play a history; return what is broken in it, as short as it was found."""

    def live(steps):
        try:
            History(world, seed, number).play(steps)
        except Broken as error:
            return str(error)
        return ""

    steps = make_history(seed, number, longest)
    problem = live(steps)
    if not problem:
        return ""
    shortest = shorten(steps, live, SHORTEN_SECONDS)
    again = f"--seed {seed} --first {number} --count 1 --steps {longest}"
    return (
        f"{problem}\nShortest that breaks, of {len(steps)} steps:\n"
        f"{live(shortest) or shortest}\n"
        f"Again: ./dev histories {again}"
    )


if __name__ == "__main__":
    sys.exit(main())
