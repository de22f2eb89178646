"""Names: two customers must not become one, one payer is written in many ways."""

import pytest
from hypothesis import given

from devtools.any_text import any_text
from matching.names import NamesIn, is_same, is_unlike, likeness, words_of
from matching.text import read_label

DIFFERENT = [
    ("Boulangerie du Port", "Boulangerie Dupont"),
    ("Garage du Lac", "Garage du Port"),
    ("Transports Martin", "Martin Peinture"),
    ("Müller GmbH", "Schröder GmbH"),
    ("Pharmacie Centrale SARL", "Pharmacie du Marché SARL"),
    ("SAS", "SARL"),
    ("", "ACME"),
    ("", ""),
    ("Mac Transports", "Macon Transports"),
    ("Bel Air Bois", "BEL AIRB"),
    ("Garage Perez", "GARAGE PEREC"),
    ("Bazar", "BAZAR DU MARCHE CENTRAL"),
    ("SCI Les Lilas 1", "SCI LES LILAS 2"),
]
SAME = [
    ("Boulangerie du Port SARL", "BOULANGERIE DU PORT"),
    ("Mécanique Générale de l'Ouest SAS", "MECANIQUE GENERALE DE L OUEST"),
    ("Müller & Söhne KG", "MUELLER UND SOEHNE"),
    ("Müller & Söhne KG", "Muller Sohne"),
    ("Lycée Jean Moulin", "MOULIN JEAN LYCEE"),
    ("Mécanique Générale de l'Ouest", "MECANIQUE GENERALE DE L OU"),
    ("Hoch- und Tiefbau Schröder GmbH & Co. KG", "HOCH UND TIEFBAU SCHROEDER"),
    ("S.A.R.L. Dubois & Fils", "DUBOIS ET FILS SARL"),
    ("Hôtel Beau Rivage", "HOTELBEAURIVAGE"),
    ("Madame Lina Martin", "MME MARTIN LINA"),
    ("Turnverein Grünau 1898 e.V.", "TURNVEREIN GRUENAU 1898"),
    ("Telecoms Atlantique", "TELECOMS ATLANTI"),
    ("Atlantique Telecoms", "TELECOMS ATLA"),
    ("Bel Air", "BELAIR"),
    ("Bel Air Peinture", "BELAIR PEINT"),
    ("Bel Air Bois", "BEL AIRBO"),
    ("Martin BTP", "BTP MARTIN"),
    ("Garage Martin", "GARAGE MARTYN"),
    ("Bistro", "BISTRO TRAITEUR DU MARCHE"),
    ("ACME", "Acme SAS"),
    ("Garage 2000", "GARAGE 2000 LYON 3"),
    ("Garage du Lac", "GARAGE DU LAC 74"),
    ("Đorđević Montaža", "DORDEVIC MONTAZA"),
    ("GROẞMANN BAU", "GROSSMANN BAU"),
]


@pytest.mark.parametrize("one, other", DIFFERENT)
def test_different_payers(one, other):
    assert not is_same(one, other)
    assert not is_same(other, one)


@pytest.mark.parametrize("one, other", SAME)
def test_one_payer(one, other):
    assert is_same(one, other)
    assert is_same(other, one)
    assert not is_unlike(one, other)


def test_nothing_in_common():
    assert is_unlike("Garage du Lac", "Hôtel Beau Rivage")
    assert not is_unlike("", "Hôtel Beau Rivage")


def test_words_shared_count_by_their_letters():
    assert likeness("Garage du Lac", "Garage du Port") == 12 / 19


def test_legal_forms_alone_are_kept():
    assert words_of("SARL") == ("SARL",)
    assert words_of("SARL Le Port") == ("PORT",)


@pytest.mark.parametrize(
    "text, like",
    [
        ("VIR SEPA HOTEL BEAU RIVAGE FAC 42", 1.0),
        ("VIRSEPAHOTELBEAURIVAGEFAC42", 1.0),
        ("FAC 42 RIVAGE BEAU HOTEL", 1.0),
        ("VIR SEPA RECU HOTEL BEAU RIVA", 1.0),
        ("VIR SEPA GARAGE DU LAC", 0.0),
    ],
)
def test_a_name_in_a_label(text, like):
    assert NamesIn(read_label((text,))).likeness("Hôtel Beau Rivage SAS") == like


@pytest.mark.parametrize(
    "name, like",
    [("", 0.0), ("BTP", 0.0), ("Roux", 1.0), ("Bel Air", 0.0), ("Pont Air", 1.0)],
)
def test_a_short_name_in_a_label_says_nothing(name, like):
    label = read_label(("VIRBELAIR VIRPONTAIR ROUX BTP 42",))
    assert NamesIn(label).likeness(name) == like


@given(any_text(max_size=40), any_text(max_size=40))
def test_likeness_is_a_share_and_has_no_direction(one, other):
    assert 0 <= likeness(one, other) <= 1
    assert is_same(one, other) == is_same(other, one)
    assert likeness(one, one) in (0.0, 1.0)
