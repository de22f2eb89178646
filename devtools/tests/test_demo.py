import re

import polib
import pytest

from devtools import cli
from devtools.console import DevError
from devtools.demo import run
from devtools.demo.studio import PICTURES, Studio
from devtools.paths import DEMO_ADDONS


def test_the_language_is_kept_unless_one_is_asked_for():
    parse = cli._parser().parse_args
    assert parse(["demo"]).lang is None
    assert parse(["demo", "--lang", "fr", "--reset"]).lang == "fr"


def test_an_unknown_language_is_refused_with_those_there_are(capsys):
    with pytest.raises(SystemExit):
        cli.main(["demo", "--lang", "de"])
    said = capsys.readouterr().err
    assert "--lang" in said and "'de'" in said and "en" in said and "fr" in said


def test_a_demo_that_runs_says_how_it_changes_its_language(monkeypatch):
    monkeypatch.setattr(run.demo_database, "language", lambda _database: "en")
    run._refuse_another_language("demo", None)
    run._refuse_another_language("demo", "en")
    with pytest.raises(DevError, match="./dev demo --lang fr"):
        run._refuse_another_language("demo", "fr")


def test_each_picture_has_its_own_name_and_an_act_that_exists():
    names = [picture["name"] for picture in PICTURES]
    assert len(set(names)) == len(names)
    acts = {picture["act"].partition(" ")[0] for picture in PICTURES} - {""}
    assert not {act for act in acts if not callable(getattr(Studio, act, None))}


def test_the_clock_of_the_demo_speaks_french():
    clock = DEMO_ADDONS / "payment_demo_clock"
    template = (clock / "static/clock/demo_clock.xml").read_text(encoding="utf-8")
    words = set(re.findall(r">([^<>\s][^<>]*)</t>", template))
    catalog = polib.pofile(str(clock / "i18n/fr.po"))
    assert words and words <= {entry.msgid for entry in catalog.translated_entries()}


def test_scripts_of_the_demo_are_modules_to_odoo():
    """One that is not breaks the whole bundle, and every screen with it."""
    for script in DEMO_ADDONS.rglob("*.js"):
        assert "static/src" in script.as_posix(), script
