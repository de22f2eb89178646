"""The command line of ``./dev``."""

import argparse
import os
import sys
from datetime import date

from . import odoo, shop_window, translations
from .console import DevError, warn
from .demo.database import LANGUAGES
from .demo.run import run_demo
from .histories.command import COUNT, STEPS, run_command
from .lint import checkers, run_lint
from .paths import ROOT, database_name
from .setup import postgres, python_env, system
from .test_run import run_tests
from .world.command import run_command as run_world

EPILOG = """
environment:
  ODOO_HOME                an Odoo 19 checkout (or dist-packages folder) of your own
  PGHOST, PGPORT, PGUSER…  a PostgreSQL server of your own (its role may create
                           databases); else a private one runs on a socket
  XDG_CACHE_HOME           where the cache folder account_payment_request/ is kept
  DEBIAN_MIRROR            Debian archive to take Odoo 19 from, if apt names none
"""


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return the exit code of the process."""
    parser = _parser()
    options, options.rest = parser.parse_known_args(arguments)
    if options.rest and not options.passes_through:
        parser.error(f"unrecognized arguments: {' '.join(options.rest)}")
    try:
        return options.command(options)
    except DevError as error:
        warn(f"\n{error}")
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./dev",
        description="Set Odoo up, try the addon, test it, check it.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def add(name: str, command, text: str, *, passes_through: bool = False, **flags):
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(command=command, passes_through=passes_through)
        for flag, meaning in flags.items():
            option = f"--{flag.replace('_', '-')}"
            sub.add_argument(option, action="store_true", help=meaning)
        return sub

    demo = add(
        *("demo", run_demo, "start Odoo with demo data and a simulated Bridge"),
        check="drive the story, then stop",
        pictures="take those of the guide, then stop",
        reset="make the database again",
    )
    day = "let the demo's days go by until this one, e.g. 2026-12-15"
    demo.add_argument("--at", type=date.fromisoformat, metavar="DATE", help=day)
    speak = "what people, pages and banks speak; changes when the demo starts"
    demo.add_argument("--lang", choices=tuple(LANGUAGES), help=speak)
    demo.add_argument("--port", type=int, default=8069, help="of Odoo (%(default)s)")
    demo.add_argument("--simulator-port", type=int, default=8070, help="(%(default)s)")
    faster = "how much faster the simulated banks are; 180: an hour in 20 s"
    demo.add_argument("--speed", type=float, default=180, help=faster)

    test = add(
        *("test", run_tests, "run all tests"),
        plain="only plain-Python tests",
        oca="only what runs beside the OCA's addons",
        reuse="update the last test database, keep it",
        coverage="tell how much of the addon is run; takes half as long again",
    )
    test.add_argument("-k", dest="keyword", help="only plain tests that match (pytest)")
    test.add_argument("--tags", help="only these Odoo tests, e.g. :TestClass.test_name")

    histories = add(
        *("histories", run_command, "play random histories with faults"),
        reuse="take the database of the last run",
    )
    again = "of an earlier run, to have the same again"
    histories.add_argument("--seed", type=int, metavar="N", help=again)
    number = "number of the first one (%(default)s)"
    histories.add_argument("--first", type=int, default=0, metavar="N", help=number)
    histories.add_argument("--count", type=int, default=COUNT, help="(%(default)s)")
    longest = "of each at most (%(default)s)"
    histories.add_argument("--steps", type=int, default=STEPS, help=longest)
    jobs = "how many are played at once (one for each core: %(default)s)"
    cores = os.cpu_count() or 1
    histories.add_argument("--jobs", type=int, default=cores, metavar="N", help=jobs)

    world = add(
        *("world", run_world, "live two months with messy customers"),
        reuse="take the database of the last run",
    )
    world.add_argument("--seed", type=int, metavar="N", help=again)
    many = "how many worlds, of this seed and the next ones (%(default)s)"
    world.add_argument("--seeds", type=int, default=1, metavar="N", help=many)
    world.add_argument("--customers", type=int, default=60, help="(%(default)s)")
    world.add_argument("--days", type=int, default=60, help="(%(default)s)")

    lint = add("lint", run_lint, "check style, format, types and translations")
    lint.add_argument("--only", choices=tuple(checkers()), help="one check alone")
    lint.add_argument("--fix", action="store_true", help="mend what can be mended")

    add("bench", _bench, "run the benchmarks", passes_through=True)
    add("shell", _shell, "Odoo's shell on the demo database", passes_through=True)
    add("i18n", translations.update, "export the terms and merge the translations")
    add("docs", shop_window.update, "write the app's page from docs/shop_window.md")
    add("odoo", _odoo, "run Odoo with any options", passes_through=True)
    add("psql", _psql, "run psql on the server in use", passes_through=True)
    add("stop", _stop, "stop the private PostgreSQL server")
    return parser


def _bench(options) -> int:
    return _become([str(python_env.python()), "-m", "bench", *options.rest])


def _shell(options) -> int:
    odoo.prepare()
    database = database_name("demo")
    if not postgres.exists(database):
        raise DevError("There is no demo database yet. Start ./dev demo first.")
    return _become(odoo.command("shell", "-d", database, "--no-http", *options.rest))


def _odoo(options) -> int:
    return _become(odoo.command(*options.rest))


def _psql(options) -> int:
    odoo.prepare()
    return _become([system.which("psql"), *options.rest])


def _stop(_options) -> int:
    postgres.stop()
    return 0


def _become(words: list[str]) -> int:
    """Become another program, so that it owns the terminal and its signals."""
    odoo.prepare()
    sys.stdout.flush()
    os.chdir(ROOT)
    os.execve(words[0], words, {**os.environ, **odoo.environment()})
