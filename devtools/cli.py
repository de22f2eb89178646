"""The command line of ``./dev``."""

import argparse
import os
import sys
from datetime import date

from . import odoo
from .console import DevError, warn
from .demo.database import LANGUAGES
from .lint import checkers, run_lint
from .paths import ROOT, database_name
from .setup import postgres, python_env, system

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
    options, rest = _parser().parse_known_args(arguments)
    if rest and not options.passes_through:
        _parser().error(f"unrecognized arguments: {' '.join(rest)}")
    options.rest = rest
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

    def add(name: str, command, text: str, *, passes_through: bool = False):
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(command=command, passes_through=passes_through)
        return sub

    demo = add("demo", _demo, "start Odoo with demo data and a simulated Bridge")
    demo.add_argument("--check", action="store_true", help="drive the story, then stop")
    demo.add_argument(
        "--pictures", action="store_true", help="take those of the guide, then stop"
    )
    demo.add_argument("--reset", action="store_true", help="make the database again")
    demo.add_argument(
        "--at",
        type=date.fromisoformat,
        metavar="DATE",
        help="let the demo's days go by until this one, e.g. 2026-12-15",
    )
    demo.add_argument(
        "--lang",
        choices=tuple(LANGUAGES),
        help="what screens, people and banks speak; a demo that is there changes its "
        "language when it starts (en for a new one)",
    )
    demo.add_argument("--port", type=int, default=8069, help="of Odoo (%(default)s)")
    demo.add_argument("--simulator-port", type=int, default=8070, help="(%(default)s)")
    demo.add_argument(
        "--speed",
        type=float,
        default=180,
        help="how much faster the simulated banks are; 180: an hour in 20 s",
    )

    test = add("test", _test, "run all tests")
    test.add_argument("-k", dest="keyword", help="only plain tests that match (pytest)")
    test.add_argument("--tags", help="only these Odoo tests, e.g. :TestClass.test_name")
    test.add_argument("--plain", action="store_true", help="only plain-Python tests")
    test.add_argument(
        "--oca", action="store_true", help="only what runs beside the OCA's addons"
    )
    test.add_argument(
        "--no-oca", action="store_true", help="all but what runs beside them"
    )
    test.add_argument("--keep", action="store_true", help="keep the test database")
    test.add_argument(
        "--reuse", action="store_true", help="update the last test database, keep it"
    )
    test.add_argument(
        "--coverage",
        action="store_true",
        help="tell how much of the addon Odoo's tests run; takes half as long again",
    )

    lint = add("lint", _lint, "check style, format, types and translations")
    lint.add_argument("--only", choices=tuple(checkers()), help="one check alone")
    lint.add_argument("--fix", action="store_true", help="mend what can be mended")

    add("bench", _bench, "run the benchmarks", passes_through=True)
    add("shell", _shell, "Odoo's shell on the demo database", passes_through=True)
    add("i18n", _i18n, "export the terms and merge them into the translations")
    add("docs", _docs, "write the app's page and summary from docs/shop_window.md")
    add("odoo", _odoo, "run Odoo with any options", passes_through=True)
    add("psql", _psql, "run psql on the server in use", passes_through=True)
    db = add("db", _db, "make a fresh database from the template")
    db.add_argument("name")
    add("stop", _stop, "stop the private PostgreSQL server")
    return parser


def _demo(options) -> int:
    from .demo.run import run_demo

    return run_demo(options)


def _test(options) -> int:
    from .test_run import run_tests

    return run_tests(options)


def _lint(options) -> int:
    return run_lint(only=options.only, fix=options.fix)


def _i18n(options) -> int:
    from .translations import update

    return update()


def _docs(options) -> int:
    from .shop_window import update

    return update()


def _bench(options) -> int:
    odoo.prepare()
    words = [str(python_env.python()), "-m", "bench", *options.rest]
    return _replace(words, odoo.environment())


def _shell(options) -> int:
    odoo.prepare()
    database = database_name("demo")
    if not postgres.exists(database):
        raise DevError("There is no demo database yet. Start ./dev demo first.")
    words = odoo.command("shell", "-d", database, "--no-http", *options.rest)
    return _replace(words, odoo.environment())


def _odoo(options) -> int:
    odoo.prepare()
    return _replace(odoo.command(*options.rest), odoo.environment())


def _psql(options) -> int:
    odoo.prepare()
    return _replace([system.which("psql"), *options.rest], odoo.environment())


def _db(options) -> int:
    odoo.prepare()
    odoo.create_database(options.name, odoo.template())
    return 0


def _stop(options) -> int:
    postgres.stop()
    return 0


def _replace(words: list[str], variables: dict[str, str]) -> int:
    """Become another program, so that it owns the terminal and its signals."""
    sys.stdout.flush()
    os.chdir(ROOT)
    os.execve(words[0], words, {**os.environ, **variables})
