"""French that reads wrong is found, and what only looks so is not."""

import polib
import pytest

from devtools import french

LEVEL = "model:payment.reminder.level"


@pytest.fixture(autouse=True)
def core(monkeypatch):
    """Core is what these tests say, so that they hold with any version of it."""
    words = {"Pay": {"Payer"}, "Sent": {"Envoyé"}, "Show more": {"Montrer plus"}}
    monkeypatch.setattr(french, "core_words", lambda: words)


def faults(*texts, at="code:models/a.py"):
    catalog = polib.POFile()
    for msgid, msgstr in texts:
        entry = polib.POEntry(msgid=msgid, msgstr=msgstr, occurrences=[(at, "0")])
        catalog.append(entry)
    return list(french.faults(catalog))


@pytest.mark.parametrize(
    ("msgid", "msgstr", "fault"),
    [
        ("%s days late", "%s jours de retard", "plural"),
        ("%(account)s: %(count)s new lines", "%(account)s\xa0: reste", "plural"),
        ("Late: %s", "Retard\xa0: %s jours", "plural"),
        ("Pay", "Régler", "core says 'Payer'"),
        ("Show more", "Afficher plus", "core says 'Montrer plus'"),
        (
            "<p>In the end, your bank did <b>not</b> pay.</p>",
            "<p>Hélas, your bank did <b>not</b> pay.</p>",
            "English in French: 'your'",
        ),
        (
            "Bridge asked for a signature",
            "Bridge asked for a preuve",
            "English in French: 'Bridge asked for'",
        ),
        ("Name of %(customer)s", "Nom de %(customer)s", "a vowel"),
        ("Late: {{ a }}", "{{ object.amount }} impayés", "amount"),
        (
            "%(done)s of %(total)s sent",
            "%(done)s sur %(total)s envoyées",
            "Préparation",
        ),
        ("A person decides", "Une ligne qu'une personne valide", "une personne"),
        ("Nothing leaves", "Sans cela, rien ne part.", "est envoyé"),
        ("Empty: all.", "Vide\xa0: toutes.", "si vide"),
        ("Scan the QR code", "Scannez le QR code", "code QR"),
        ("Read the bank", "Impossible de lire cette banque", "interroger"),
        ("Who Handles It", "Qui traite les problèmes", "Responsable"),
        ("Why?", "Pourquoi ?", "no-break space"),
        ("VAT", "N° de TVA", "no-break space"),
        ("By law", "selon l'article L.\xa0441-10", "no-break space"),
        ('A "word"', 'Un "mot"', "«"),
        ("INV/2026/1", "INV/2026/1", "a French example"),
    ],
)
def test_each_kind_of_fault_is_found(msgid, msgstr, fault):
    found = faults((msgid, msgstr))
    assert any(fault in line for line in found), found


@pytest.mark.parametrize(
    "texts",
    [
        [("%s days late", "%s jours"), ("1 day late", "1 jour")],
        [("%s days after", "%s jours après"), ("The day after", "Le lendemain")],
        [("and %(count)s more, %(amount)s in all", "et %(count)s autres, %(amount)s")],
        [("%s belongs to another company.", "%s appartient à une autre société.")],
        [("Sent", "Envoyée")],
        [("Open", "Ouvrir")],
        [("Empty: all.", "Si vide\xa0: toutes.")],
        [("A part from %s on", "Une partie à partir du %s")],
        [
            (
                "{{ object.partner_id.name }} to pay",
                "{{ object.partner_id.name }} à payer",
            )
        ],
        [("%(a)s %(b)s %(c)s %(d)s", "%(a)s, %(b)s %(c)s %(d)s")],
    ],
)
def test_what_only_looks_like_a_fault_is_none(texts):
    assert faults(*texts) == []


def test_an_sms_keeps_to_its_own_alphabet():
    text = ("{{ object.name }}: pay", "{{ object.name }} : payez")
    spaced = (text[0], text[1].replace(" :", "\xa0:"))
    sms, mail = f"{LEVEL},sms_body:a.b", f"{LEVEL},subject:a.b"
    assert faults(text, at=sms) == faults(spaced, at=mail) == []
    assert "alphabet" in faults(spaced, at=sms)[0]
    assert "no-break" in faults(text, at=mail)[0]


def test_exceptions_are_still_needed():
    texts = [entry.msgid for entry in polib.pofile("i18n/fr.po")]
    for begin in french.NEVER_ONE:
        assert any(text.startswith(begin) for text in texts), begin
    assert set(french.OTHER_SENSE) <= set(texts)
