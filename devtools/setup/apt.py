"""A private apt: its own lists and cache, the machine's own archives and keys.

It needs no root and changes nothing on the machine. The address of the archive
comes from the machine's configuration, so mirrors and proxies are respected.
"""

import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..console import DevError, run
from ..paths import CACHE

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
NO_MIRROR = (
    "No Debian archive is named in /etc/apt. Set ODOO_HOME to an Odoo 19 checkout, "
    "or DEBIAN_MIRROR to the address of a Debian archive."
)


@dataclass(frozen=True)
class Archive:
    """One source of packages, as a line or stanza of apt's configuration names it."""

    uri: str
    suite: str
    components: tuple[str, ...]
    options: tuple[tuple[str, str], ...] = ()

    def line(self) -> str:
        """Return the source in apt's one-line format."""
        options = " ".join(f"{name}={value}" for name, value in self.options)
        words = ["deb", f"[{options}]" if options else "", self.uri, self.suite]
        return " ".join([*filter(None, words), *self.components])


def machine_archives(etc: Path = Path("/etc/apt")) -> list[Archive]:
    """Return the archives of the machine's own configuration, in its order."""
    one_line = [etc / "sources.list", *sorted((etc / "sources.list.d").glob("*.list"))]
    stanzas = sorted((etc / "sources.list.d").glob("*.sources"))
    found: list[Archive] = []
    for path in filter(Path.is_file, one_line):
        found += _parse_lines(path.read_text())
    for path in stanzas:
        found += _parse_stanzas(path.read_text())
    return found


def _parse_lines(text: str) -> Iterator[Archive]:
    pattern = r"^\s*deb\s+(?:\[([^]]*)\]\s+)?(\S+)\s+(\S+)\s*([^#\n]*)"
    for options, uri, suite, components in re.findall(pattern, text, re.M):
        pairs = tuple(word.partition("=")[::2] for word in options.split())
        yield Archive(uri, suite, tuple(components.split()), pairs)


def _parse_stanzas(text: str) -> Iterator[Archive]:
    text = re.sub(r"^#.*\n", "", text, flags=re.M)
    for stanza in re.split(r"\n\s*\n", text):
        fields = {
            name.lower(): " ".join(value.split())
            for name, value in re.findall(
                r"^([\w-]+):((?:.*)(?:\n[ \t]+.*)*)", stanza, re.M
            )
        }
        if "deb" not in fields.get("types", "").split():
            continue
        if fields.get("enabled", "yes").lower() in ("no", "false", "0"):
            continue
        key = fields.get("signed-by", "")
        options = (("signed-by", key),) if key.startswith("/") else ()
        for uri in fields.get("uris", "").split():
            for suite in fields.get("suites", "").split():
                components = tuple(fields.get("components", "").split())
                yield Archive(uri, suite, components, options)


def debian_archive(suite: str) -> Archive:
    """Return ``suite`` on the mirror that the machine itself uses.

    :raises DevError: when the machine names no Debian archive
    """
    mirrors = (
        archive.uri
        for archive in machine_archives()
        if "main" in archive.components
        and "security" not in archive.uri + archive.suite
        and archive.uri.rstrip("/").endswith("debian")
    )
    uri = os.environ.get("DEBIAN_MIRROR") or next(mirrors, None)
    if not uri:
        raise DevError(NO_MIRROR)
    if not KEYRING.is_file():
        raise DevError(
            f"{KEYRING} is missing, so downloads cannot be verified. "
            "Type: sudo apt-get install debian-archive-keyring"
        )
    return Archive(uri, suite, ("main",), (("signed-by", str(KEYRING)),))


@dataclass(frozen=True)
class Apt:
    """apt-get with the given sources and a state of its own below ``folder``."""

    folder: Path
    archives: tuple[Archive, ...]

    def missing(self, packages: Iterable[str]) -> list[str]:
        """Return ``packages`` and what they depend on, less what is installed."""
        self._update()
        plan = self._apt_get("install", "--simulate", "-q", *packages)
        return re.findall(r"^Inst (\S+)", plan, re.M)

    def download(self, packages: Iterable[str], target: Path) -> list[Path]:
        """Download packages into ``target``; a half-done download leaves nothing."""
        target.mkdir(parents=True, exist_ok=True)
        self._update()
        with tempfile.TemporaryDirectory(dir=target) as folder:
            self._apt_get("download", "-q", *packages, cwd=folder)
            return [
                Path(shutil.move(path, target / path.name))
                for path in sorted(Path(folder).glob("*.deb"))
            ]

    def _update(self) -> None:
        """Fetch the lists of packages, checked against the archive's key."""
        for name in ("lists/partial", "cache/archives/partial"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        sources = "".join(f"{archive.line()}\n" for archive in self.archives)
        (self.folder / "sources.list").write_text(sources)
        settings = {
            "Dir::Etc::sourcelist": self.folder / "sources.list",
            "Dir::Etc::sourceparts": "/nonexistent",
            "Dir::State::lists": self.folder / "lists",
            "Dir::Cache": self.folder / "cache",
            "Acquire::Languages": "none",
            "APT::Install-Recommends": "false",
        }
        if not os.geteuid():
            # apt's own user could not write into a folder below /root.
            settings["APT::Sandbox::User"] = "root"
        lines = [f'{name} "{value}";' for name, value in settings.items()]
        (self.folder / "apt.conf").write_text("\n".join([*lines, ""]))
        self._apt_get("update", "-q", "-o", "APT::Update::Error-Mode=any")

    def _apt_get(self, *words: str, cwd: str | None = None) -> str:
        return run(
            ["apt-get", *words],
            env={"APT_CONFIG": str(self.folder / "apt.conf"), "LC_ALL": "C"},
            cwd=cwd,
            hint="Check the network and the sources in /etc/apt, then start again.",
        )


def unpack(packages: Iterable[Path], target: Path) -> None:
    """Unpack packages below ``target`` without installing them."""
    target.mkdir(parents=True, exist_ok=True)
    for package in packages:
        hint = f"Remove {package} and start again."
        run(["dpkg-deb", "-x", package, target], hint=hint)


def debian_unstable() -> Apt:
    """Return apt for Debian's ``sid``, where Odoo 19 is."""
    return Apt(CACHE / "apt", (debian_archive("sid"),))


def machine() -> Apt:
    """Return apt for the machine's own release."""
    return Apt(CACHE / "apt" / "machine", tuple(machine_archives()))
