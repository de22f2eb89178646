"""The machine's own archives are found, however they are written down."""

import pytest

from devtools.console import DevError
from devtools.setup import apt

STANZAS = """\
Types: deb deb-src
# a comment between the fields
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main

Enabled: no
Types: deb
URIs: http://mirror.example/off
Suites: bookworm
Components: main

Types: deb-src
URIs: http://mirror.example/source
Suites: bookworm
Components: main
"""
LINES = """\
# deb http://mirror.example/commented bookworm main
deb [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian bookworm main contrib
deb-src http://mirror.example/debian bookworm main
"""


@pytest.fixture
def etc(tmp_path):
    (tmp_path / "sources.list.d").mkdir()
    return tmp_path


def test_stanzas_give_one_archive_a_suite(etc):
    (etc / "sources.list.d/debian.sources").write_text(STANZAS)
    archives = apt.machine_archives(etc)
    assert [(archive.uri, archive.suite) for archive in archives] == [
        ("http://mirror.example/debian", "bookworm"),
        ("http://mirror.example/debian", "bookworm-updates"),
        ("http://mirror.example/debian-security", "bookworm-security"),
    ]
    assert archives[0].line() == (
        "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] "
        "http://mirror.example/debian bookworm main contrib"
    )


def test_one_line_sources_keep_their_options(etc):
    (etc / "sources.list").write_text(LINES)
    (archive,) = apt.machine_archives(etc)
    assert archive.line() == (
        "deb [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian bookworm "
        "main contrib"
    )


def test_security_archive_is_no_mirror_of_unstable(etc, monkeypatch, tmp_path):
    keyring = tmp_path / "keyring.gpg"
    keyring.touch()
    monkeypatch.setattr(apt, "KEYRING", keyring)
    monkeypatch.delenv("DEBIAN_MIRROR", raising=False)
    archives = [
        apt.Archive("http://mirror.example/debian-security", "b-security", ("main",)),
        apt.Archive("http://mirror.example/debian", "bookworm", ("main",)),
    ]
    monkeypatch.setattr(apt, "machine_archives", lambda: archives)
    found = apt.debian_archive("sid")
    assert (found.uri, found.suite) == ("http://mirror.example/debian", "sid")


def test_no_mirror_says_what_to_do(monkeypatch):
    monkeypatch.delenv("DEBIAN_MIRROR", raising=False)
    monkeypatch.setattr(apt, "machine_archives", list)
    with pytest.raises(DevError, match="ODOO_HOME"):
        apt.debian_archive("sid")
