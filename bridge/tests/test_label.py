"""Labels and names: a bank must never refuse one."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.label import (
    safe_external_reference,
    safe_label,
    safe_name,
    transfer_label,
)
from devtools.any_text import any_text


@pytest.mark.parametrize("text", ["", None, False, " ", "::", "\t\n", "---", "日本語"])
def test_nothing_is_left(text):
    assert safe_label(text) == ""
    assert safe_name(text) == ""
    assert safe_external_reference(text) == ""


@pytest.mark.parametrize("text", ["42", "€", "+ 33 (0)", "...", "'", "Дмитрий"])
def test_a_name_needs_a_letter(text):
    assert safe_name(text) == ""


def test_a_name_whose_only_letter_is_cut_off_is_none():
    assert safe_name("1" * 35 + "A") == ""


@pytest.mark.parametrize(
    "text, safe",
    [
        ("Facture : INV/2026/00042", "Facture INV-2026-00042"),
        ("Réglée à l’échéance", "Reglee a l'echeance"),
        ("Cœur & Ænima\tŁódź\nßtraße", "Coeur AEnima Lodz sstrasse"),
        ("12,50 € — n° 7", "12 50 EUR - n 7"),
        ("a  --  b", "a - b"),
        (" -x- ", "x"),
        ("e\u0301te\u0301 \u200bso\u00adus", "ete sous"),
        ("x" * 34 + " y", "x" * 34),
    ],
)
def test_label(text, safe):
    assert safe_label(text) == safe


@pytest.mark.parametrize(
    "text, safe",
    [
        ("Société Générale & Cie (Lyon)", "Societe Generale & Cie (Lyon)"),
        ("D'Artagnan", "D Artagnan"),
        ("Björk Guðmundsdóttir", "Bjork Gudmundsdottir"),
        ("Ets. Müller//Söhne", "Ets. Muller/Sohne"),
        ("<b>Paul</b>", "b Paul /b"),
        ("Shop_24€", "Shop-24€"),
        ("Compagnie générale des établissements Michelin", None),
    ],
)
def test_name(text, safe):
    assert safe_name(text) == (safe or "Compagnie generale des etablissemen")


def test_external_reference():
    assert safe_external_reference("res.partner_42") == "res-partner_42"
    assert safe_external_reference("partner-42") == "partner-42"
    assert len(safe_external_reference("x" * 100)) == 35


def test_transfer_label_keeps_the_reference_whole_at_the_head():
    label = transfer_label("K7X2Q48MNP", "Factures INV/2026/00042, INV/2026/00043")
    assert label == "K7X2Q48MNP Factures INV-2026-00042"
    assert transfer_label("K7X2Q48MNP") == "K7X2Q48MNP"
    assert transfer_label("K7X2Q48MNP", None) == "K7X2Q48MNP"


@given(any_text(), st.integers(1, 140))
def test_label_rule_holds_for_any_text(text, limit):
    label = safe_label(text, limit)
    assert re.fullmatch(r"[A-Za-z0-9 .'-]*", label)
    assert len(label) <= limit
    assert label == label.strip() and "  " not in label
    assert safe_label(label, limit) == label


@given(any_text(), st.integers(1, 140))
def test_name_rule_holds_for_any_text(text, limit):
    name = safe_name(text, limit)
    assert re.fullmatch(r"[A-Za-z0-9 +()/.\-!?,;&%€]*", name)
    assert len(name) <= limit
    assert name == name.strip() and "  " not in name
    assert not name or re.search("[A-Za-z]", name)
    assert safe_name(name, limit) == name


@given(any_text(), st.integers(1, 35))
def test_external_reference_rule_holds_for_any_text(text, limit):
    reference = safe_external_reference(text, limit)
    assert re.fullmatch(r"[A-Za-z0-9_-]*", reference)
    assert len(reference) <= limit
    assert safe_external_reference(reference, limit) == reference
