"""Odoo 19 Community: the user's own (``ODOO_HOME``) or Debian's packages, unpacked."""

import os
import re
import shutil
from pathlib import Path

from ..console import DevError, run, step
from ..paths import CACHE, short_hash, stamp_is, write_stamp
from . import apt

UNPACKED = CACHE / "odoo"
DEBS = CACHE / "debs"
# Odoo's tree has relative links into /usr/share; these packages hold their targets.
FROM_UNSTABLE = (
    "odoo-19",
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
    "fonts-montserrat",
    "fonts-roboto-unhinted",
    "fonts-ocr-b",
    "fonts-glyphicons-halflings",
    "fonts-lato",
)
# The unstable fonts-font-awesome is a later major version with other file names.
FROM_MACHINE = ("fonts-font-awesome", "fonts-inconsolata")
# Named by mail's manifest, but left out of the package: only video calls use it.
LEFT_OUT = "odoo/addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js"


def home() -> Path:
    """Return the folder to put on ``PYTHONPATH``: the one that holds ``odoo/``."""
    own = os.environ.get("ODOO_HOME")
    return Path(own).absolute() if own else UNPACKED / "usr/lib/python3/dist-packages"


def addons_paths() -> list[Path]:
    """Return the addons folders beside ``odoo/addons``, which Odoo always has.

    A checkout keeps the apps in ``addons/``; Debian's package keeps them all in
    ``odoo/addons`` and leaves an incomplete ``addons/`` that must not be used.
    """
    complete = (home() / "odoo/addons/mail/__manifest__.py").is_file()
    return [] if complete else [home() / "addons"]


def version() -> str:
    """Return Odoo's version, e.g. ``19.0``; refuse any other series.

    :raises DevError: when there is no Odoo, or another series
    """
    release = home() / "odoo" / "release.py"
    if not release.is_file():
        raise DevError(f"There is no Odoo in {home()} (no odoo/release.py).")
    found = re.search(r"^version_info = \((\d+), (\d+)", release.read_text(), re.M)
    series = ".".join(found.groups()) if found else "unknown"
    if series != "19.0":
        raise DevError(f"{home()} holds Odoo {series}; this addon is for 19.0.")
    return series


def ensure() -> None:
    """Make Odoo ready to be imported; download it unless the user has it."""
    if os.environ.get("ODOO_HOME"):
        version()
        return
    stamp = short_hash(*FROM_UNSTABLE, *FROM_MACHINE)
    if stamp_is("odoo", stamp) and (home() / "odoo/release.py").is_file():
        return
    packages = [
        *_packages(FROM_UNSTABLE, apt.debian_unstable),
        *_packages(FROM_MACHINE, apt.machine),
    ]
    with step("unpacking Odoo 19"):
        fresh = UNPACKED.with_name("odoo.new")
        shutil.rmtree(fresh, ignore_errors=True)
        apt.unpack(packages, fresh)
        left_out = fresh / home().relative_to(UNPACKED) / LEFT_OUT
        if not left_out.exists():
            left_out.parent.mkdir(parents=True, exist_ok=True)
            left_out.write_text("/* Left out of this build of Odoo. */\n")
        dangling = run(["find", fresh, "-xtype", "l"], hint="").splitlines()
        if dangling:
            raise DevError(
                f"Odoo's package links to files that are nowhere: {dangling[:3]}. "
                "Set ODOO_HOME to an Odoo 19 checkout instead."
            )
        shutil.rmtree(UNPACKED, ignore_errors=True)
        fresh.rename(UNPACKED)
    version()
    write_stamp("odoo", stamp)


def _packages(names: tuple[str, ...], make_apt) -> list[Path]:
    """Return the files of the named packages; download those that are not there."""
    missing = [name for name in names if not any(DEBS.glob(f"{name}_*.deb"))]
    if missing:
        with step(f"downloading {', '.join(missing)}"):
            make_apt().download(missing, DEBS)
    return [max(DEBS.glob(f"{name}_*.deb")) for name in names]
