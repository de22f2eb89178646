"""The virtual environment with what Odoo and the checks import."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from ..console import DevError, run, step
from ..paths import CACHE, ROOT, short_hash, stamp_is, write_stamp
from . import system

VENV = CACHE / "venv"
REQUIREMENTS = (
    ROOT / "requirements.txt",
    ROOT / "devtools/requirements-odoo.txt",
    ROOT / "devtools/requirements-dev.txt",
)
# The versions in requirements-odoo.txt have wheels for these.
SUPPORTED = ((3, 10), (3, 13))


def python() -> Path:
    """Return the interpreter of the virtual environment."""
    return VENV / "bin" / "python"


def ensure() -> None:
    """Make the virtual environment, or bring it up to date with its requirements."""
    base = _base_python()
    stamp = short_hash(base, *(path.read_text() for path in REQUIREMENTS))
    if stamp_is("venv", stamp) and python().exists():
        return
    with step("Python packages"):
        if not python().exists() or not stamp_is("venv-python", base):
            _create(base)
            write_stamp("venv-python", base)
        files = [word for path in REQUIREMENTS for word in ("-r", str(path))]
        log = CACHE / "log" / "pip.log"
        run(
            [python(), "-m", "pip", "install", "--prefer-binary", *files],
            log=log,
            hint=f"Check the network and pip's configuration; the whole log is {log}.",
        )
    write_stamp("venv", stamp)


def _create(base: str) -> None:
    shutil.rmtree(VENV, ignore_errors=True)
    if not _runs(base, "import ensurepip, venv"):
        version = "import sys; print('%d.%d' % sys.version_info[:2])"
        package = f"python{run([base, '-c', version], hint='').strip()}-venv"
        elevate = system.elevation()
        if elevate is None or not shutil.which("apt-get"):
            raise DevError(
                f"{base} cannot make virtual environments. "
                f"Type: sudo apt-get install {package}"
            )
        system.install([package], elevate)
    run([base, "-m", "venv", VENV], hint=f"Remove {VENV} and start again.")


def _base_python() -> str:
    """Return an interpreter that the requirements support, ours if it is one."""
    if SUPPORTED[0] <= sys.version_info[:2] <= SUPPORTED[1]:
        return os.path.realpath(sys.executable)
    for minor in range(SUPPORTED[1][1], SUPPORTED[0][1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found and _runs(found, "import sys"):
            return os.path.realpath(found)
    first, last = (".".join(map(str, version)) for version in SUPPORTED)
    raise DevError(
        f"Odoo 19 needs Python {first} to {last}; this is {sys.version.split()[0]}. "
        "Install one of them and start ./dev with it: python3.13 ./dev …"
    )


def _runs(interpreter: str, statement: str) -> bool:
    check = subprocess.run([interpreter, "-c", statement], capture_output=True)
    return not check.returncode
