"""A translation that is missing, stale or would break a text is found."""

import polib
import pytest

from devtools import translations


@pytest.fixture
def folder(tmp_path):
    _write(tmp_path / "addon.pot", {"Pay %(amount)s": "", "Refused": ""})
    return tmp_path


def _write(path, texts, flags=()):
    catalog = polib.POFile()
    catalog.metadata = {"Content-Type": "text/plain; charset=utf-8"}
    for text, translation in texts.items():
        catalog.append(polib.POEntry(msgid=text, msgstr=translation, flags=[*flags]))
    catalog.save(str(path))


def test_a_complete_file_has_no_fault(folder):
    texts = {"Pay %(amount)s": "Payer %(amount)s", "Refused": "Refusé"}
    _write(folder / "fr.po", texts)
    assert translations.check(folder) == []


@pytest.mark.parametrize(
    ("texts", "flags", "fault"),
    [
        ({"Pay %(amount)s": "Payer %(montant)s", "Refused": "R"}, (), "placeholders"),
        ({"Pay %(amount)s": "", "Refused": "R"}, (), "not translated"),
        ({"Refused": "Refusé"}, (), "not in the file"),
        ({"Pay %(amount)s": "Payer %(amount)s", "Refused": "R"}, ("fuzzy",), "fuzzy"),
    ],
)
def test_faults_are_named(folder, texts, flags, fault):
    _write(folder / "fr.po", texts, flags)
    assert any(fault in line for line in translations.check(folder))


def test_no_french_is_a_fault(folder):
    assert translations.check(folder) == [f"{folder / 'fr.po'}: missing"]


def test_merging_keeps_translations_and_drops_what_is_gone(folder):
    texts = {"Refused": "Refusé", "Gone": "Parti"}
    _write(folder / "fr.po", texts)
    translations.merge(folder)
    merged = {entry.msgid: entry.msgstr for entry in polib.pofile(folder / "fr.po")}
    assert merged == {"Pay %(amount)s": "", "Refused": "Refusé"}
