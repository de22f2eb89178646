"""Programs of the operating system: found, installed, or unpacked privately."""

import os
import shutil
import subprocess
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from ..console import DevError, run, step
from ..paths import CACHE
from . import apt

PRIVATE = CACHE / "system"
# program -> Debian package
PACKAGES = {
    "chromium": "chromium",
    "initdb": "postgresql",
    "nginx": "nginx",
    "pdftoppm": "poppler-utils",
    "psql": "postgresql-client",
    "wkhtmltopdf": "wkhtmltopdf",
    "zbarimg": "zbar-tools",
}
# Installed, it would start a server.
ONLY_UNPACKED = {"nginx"}
# Odoo's browser tests know these names of the same browser.
ALIASES = {"chromium": ("google-chrome", "chromium-browser", "google-chrome-stable")}


def ensure(*programs: str) -> None:
    """Make sure that programs are there.

    Root and people with a password-less ``sudo`` get the packages installed;
    for others they are unpacked in the cache, with all they depend on.
    :raises DevError: where neither works, with the command to type
    """
    missing = [program for program in programs if not find(program)]
    if not missing:
        return
    packages = sorted({PACKAGES[program] for program in missing})
    if shutil.which("apt-get"):
        elevate = elevation()
        private = [
            name for name in packages if elevate is None or name in ONLY_UNPACKED
        ]
        if private:
            _unpack_privately(private)
        if elevate is not None and (public := sorted({*packages} - {*private})):
            install(public, elevate)
        missing = [program for program in missing if not find(program)]
    if missing:
        raise DevError(
            f"Not installed: {', '.join(missing)}. Install Debian's packages "
            f"{', '.join(packages)} or their equivalent, then start again."
        )


def install(packages: Iterable[str], elevate: list[str]) -> None:
    """Install Debian packages on the machine."""
    names = list(packages)
    by_hand = f"Type: sudo apt-get install --no-install-recommends {' '.join(names)}"
    with step(f"installing {', '.join(names)}"):
        apt_get = [*elevate, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q"]
        apt_get += ["-o", "DPkg::Lock::Timeout=300"]
        log = CACHE / "log" / "apt.log"
        run([*apt_get, "update"], log=log, hint=by_hand)
        words = [*apt_get, "install", "-y", "--no-install-recommends", *names]
        run(words, log=log, hint=by_hand)
    _private_paths.cache_clear()


@cache
def elevation() -> list[str] | None:
    """Return the words before a command that needs root; ``None`` when we cannot."""
    if not os.geteuid():
        return []
    words = [shutil.which("sudo") or "", "-n"]
    if not words[0] or subprocess.run([*words, "true"], capture_output=True).returncode:
        return None
    return words


def _unpack_privately(packages: list[str]) -> None:
    source = apt.machine()
    with step(f"unpacking {', '.join(packages)} for this user"):
        files = source.download(source.missing(packages), CACHE / "debs" / "system")
        apt.unpack(files, PRIVATE)
    _private_paths.cache_clear()


def find(program: str) -> str | None:
    """Return the full path of a program, also of a privately unpacked one."""
    paths = environment()["PATH"]
    names = (program, *ALIASES.get(program, ()))
    return next(filter(None, (shutil.which(n, path=paths) for n in names)), None)


def which(program: str) -> str:
    """Return the full path of a program that ``ensure`` was asked for.

    :raises DevError: when it is not there
    """
    found = find(program)
    if not found:
        raise DevError(f"{program} is not installed.")
    return found


def environment() -> dict[str, str]:
    """Return the variables with which children find the programs."""
    private = _private_paths()
    paths = [os.environ.get("PATH", os.defpath)]
    paths += map(str, _postgresql_bins(Path("/")))
    # Last: what the machine has goes first.
    paths += private.get("PATH", ())
    variables = {"PATH": os.pathsep.join(paths)}
    for name, folders in private.items():
        if name != "PATH":
            inherited = filter(None, [os.environ.get(name)])
            variables[name] = os.pathsep.join([*folders, *inherited])
    return variables


@cache
def _private_paths() -> dict[str, list[str]]:
    """Return what must be on the search paths for the unpacked packages to run.

    Their programs were built for ``/usr``: each variable says where else to look.
    """
    if not PRIVATE.is_dir():
        return {}
    libraries = [*PRIVATE.glob("usr/lib/*-linux-gnu"), *PRIVATE.glob("lib/*-linux-gnu")]
    nested = [path for library in libraries for path in library.glob("pulseaudio")]
    folders = {
        # Programs before the scripts in usr/bin that start them by fixed paths.
        "PATH": [PRIVATE / "usr/lib/chromium", *_postgresql_bins(PRIVATE)]
        + [PRIVATE / "usr/bin", PRIVATE / "usr/sbin"],
        "LD_LIBRARY_PATH": [*libraries, *nested],
        "QT_PLUGIN_PATH": [path / "qt5/plugins" for path in libraries],
        "MAGICK_CODER_MODULE_PATH": [
            *PRIVATE.glob("usr/lib/*/ImageMagick-*/modules-*/coders")
        ],
        "MAGICK_CONFIGURE_PATH": [*PRIVATE.glob("etc/ImageMagick-*")],
    }
    return {
        name: [str(path) for path in paths if path.is_dir()]
        for name, paths in folders.items()
        if any(path.is_dir() for path in paths)
    }


def _postgresql_bins(root: Path) -> list[Path]:
    """Return the folders with PostgreSQL's own programs, newest first."""
    found = root.glob("usr/lib/postgresql/*/bin")
    return sorted(found, key=lambda path: int(path.parent.name), reverse=True)
