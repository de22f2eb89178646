import re
from types import SimpleNamespace

import polib
import pytest

from devtools import cli, paths
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


@pytest.fixture
def demo(monkeypatch, tmp_path):
    """A demo whose servers are only noted: what it would start, in order."""
    started = []
    monkeypatch.setattr(paths, "CHECKOUT_DIR", tmp_path)
    monkeypatch.setattr(run, "CHECKOUT_DIR", tmp_path)
    monkeypatch.setattr(run.odoo, "prepare", lambda: None)
    monkeypatch.setattr(run.system, "ensure", lambda *_tools: None)
    database = run.demo_database
    monkeypatch.setattr(database, "is_ready", lambda _database: True)
    monkeypatch.setattr(database, "is_served", lambda _database: bool(started))
    monkeypatch.setattr(database, "address", lambda _database: "http://127.0.0.1:1")
    monkeypatch.setattr(database, "create", lambda _database: started.append("made"))
    return started


def options(**values):
    wanted = {"check": False, "pictures": False, "reset": False, "at": None}
    return SimpleNamespace(**{**wanted, "lang": None, **values})


def test_a_second_demo_starts_nothing_and_says_why(demo, monkeypatch):
    def second(_options, _job, database):
        # while the first one is up, and while it is only being made
        for served, said in ((False, "is starting"), (True, "127.0.0.1:1/odoo")):
            demo[:] = ["first"] if served else []
            for wanted in ({}, {"reset": True}):
                with pytest.raises(DevError, match=said):
                    run.run_demo(options(**wanted))
        return 7

    monkeypatch.setattr(run, "_run_alone", second)
    assert run.run_demo(options()) == 7
    assert demo == ["first"], "a second one made the database again"
    with paths.one_at_a_time(paths.database_name("demo")) as alone:
        assert alone, "the first one is over"


def test_a_demo_that_is_made_again_forgets_its_inbox(demo, monkeypatch, tmp_path):
    name = paths.database_name("demo")
    for suffix in ("", ".inbox"):
        (tmp_path / f"{name}.simulator.json{suffix}").write_text("{}")
    monkeypatch.setattr(run.demo_database, "language", lambda _database: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run.run_demo(options(reset=True))
    assert demo == ["made"]
    assert not list(tmp_path.glob("*.simulator.json*"))


def test_a_long_queue_of_mails_does_not_restart_odoo(demo, monkeypatch):
    commands = []

    def child(_name, command, _health):
        commands.append([str(word) for word in command])
        raise RuntimeError("not started")

    database = run.demo_database
    monkeypatch.setattr(database, "language", lambda _database: "en")
    monkeypatch.setattr(database, "set_parameters", lambda *_arguments: None)
    monkeypatch.setattr(database, "webhook_path", lambda _database: "/hook")
    monkeypatch.setattr(database, "update_options", lambda _database: [])
    seen = []
    monkeypatch.setattr(run.odoo, "command", lambda *words: seen.extend(words) or [])
    monkeypatch.setattr(run, "_child", child)
    with pytest.raises(RuntimeError):
        run.run_demo(
            options(port=0, simulator_port=0, speed=1),
        )
    seconds = int(seen[seen.index("--limit-time-real-cron") + 1])
    assert seconds > 3600
