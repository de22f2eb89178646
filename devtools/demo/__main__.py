"""What goes through a running demo without a person; ``./dev demo`` starts it.

    python -m devtools.demo check --odoo URL --simulator URL --database NAME

It needs the Python of the development environment.
"""

import argparse
import sys
from datetime import date

from ..console import warn
from .check import ERRORS, Check
from .clock import move
from .rpc import Odoo
from .studio import Studio


def clock(options) -> None:
    """Let the demo's days go by."""
    move(Odoo(options.odoo, options.database, "camille", "camille"), options.to)


JOBS = {
    "check": lambda options: Check(options).run(),
    "clock": clock,
    "pictures": lambda options: Studio(options).run(),
}


def main() -> int:
    """Do one job; the exit code says if it came to its end."""
    parser = argparse.ArgumentParser(prog="python -m devtools.demo")
    parser.add_argument("job", choices=tuple(JOBS))
    parser.add_argument("--odoo", required=True, help="address of Odoo")
    parser.add_argument("--database", required=True)
    parser.add_argument("--simulator", help="address of the simulator")
    parser.add_argument("--pictures", help="folder for screenshots")
    parser.add_argument("--log", help="file that takes what Odoo writes")
    parser.add_argument("--lang", default="en", help="what browsers ask pages for")
    parser.add_argument("--to", type=date.fromisoformat, help="where the clock goes")
    options = parser.parse_args()
    try:
        return 1 if JOBS[options.job](options) else 0
    except ERRORS as error:
        warn(f"It could not be done: {error}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
