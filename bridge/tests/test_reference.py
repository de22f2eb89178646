"""References: what banks do to labels must not lose them."""

import random
import re
import string
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge import reference
from bridge.label import transfer_label
from devtools.any_text import any_text

NOISE = " \t\r\n.,;:/-_*'\"()+#\u00a0\u200b\u2019"

codes = st.builds(reference.make)


@st.composite
def mangled(draw):
    """A code and a label that a bank made of it."""
    code = draw(codes)
    written = ""
    for character in code:
        if draw(st.booleans()):
            character = character.lower()
        written += character + draw(st.text(NOISE, max_size=2))
    before = draw(any_text(max_size=40))
    after = draw(any_text(max_size=40))
    return code, before + written + after


def test_it_is_not_found_when_one_character_is_wrong():
    code = reference.make()
    for position in range(reference.LENGTH):
        for character in reference.ALPHABET.replace(code[position], ""):
            wrong = code[:position] + character + code[position + 1 :]
            assert not reference.is_valid(wrong)
            assert reference.find(wrong) == []


@given(codes)
def test_it_is_not_found_when_two_characters_are_exchanged(code):
    for i in range(reference.LENGTH):
        for j in range(i + 1, reference.LENGTH):
            if code[i] != code[j]:
                wrong = list(code)
                wrong[i], wrong[j] = code[j], code[i]
                assert not reference.is_valid("".join(wrong))


def test_it_is_not_found_when_the_bank_cut_it():
    # A 0 is in no code: what stands before cannot make one with what is left.
    for code in reference.make_many(50):
        assert reference.find(f"VIR DUPONT 0 {code[:-1]}") == []


@pytest.mark.parametrize(
    "text", ["", None, False, "VIREMENT", "0123456789", "é", "\x00", "🙂" * 20]
)
def test_nothing_is_found_in_nothing(text):
    assert reference.find(text) == []
    assert reference.find(text, text, "") == []


@pytest.mark.parametrize("code", ["", None, 42, b"K7X2Q48MNP", "K7", "IL0O1IL0O1"])
def test_other_things_are_not_codes(code):
    assert not reference.is_valid(code)


@given(codes)
def test_only_the_canonical_form_is_a_code(code):
    assert reference.is_valid(code)
    assert not reference.is_valid(code.lower())
    assert not reference.is_valid(code + "\n")
    assert not reference.is_valid(" " + code)


@given(codes)
def test_form(code):
    assert len(code) == 10
    assert set(code) <= set(reference.ALPHABET)
    assert code[0].isalpha() and code[2].isdigit() and code[5].isdigit()
    assert not set(code) & set("01ILO")


@given(mangled())
def test_round_trip_through_a_bank(case):
    code, text = case
    assert code in reference.find(text)


@given(codes, st.integers(1, 9), any_text(max_size=20))
def test_round_trip_through_two_fields(code, cut, after):
    assert code in reference.find(code[:cut], None, code[cut:] + after)


@given(codes, any_text(max_size=60))
def test_round_trip_through_our_own_label(code, text):
    label = transfer_label(code, text)
    assert reference.find(label)[0] == code
    assert reference.find(f"VIR INST DE MME LINA MARTIN{label}")[-1:] != []
    assert code in reference.find(f"VIR INST DE MME LINA MARTIN{label}".lower())


def test_glued_to_other_words():
    code = reference.make()
    assert code in reference.find(f"VIRSEPADUPONT{code}FACTURE")


def test_accents_and_wide_letters_are_folded():
    code = reference.make()
    accented = "".join(
        unicodedata.normalize("NFC", c + "\u0301") if c.isalpha() else c for c in code
    )
    wide = "".join(chr(ord(c) + 0xFEE0) for c in code)
    assert reference.find(accented) == [code]
    assert reference.find(wide) == [code]


def test_several_in_order_and_once():
    first, second, third = reference.make_many(3)
    text = f"{second} / {first}\n{second}, {third}"
    found = [c for c in reference.find(text) if c in (first, second, third)]
    assert found == [second, first, third]


def test_overlapping_windows_are_all_found():
    rng = random.Random(7)
    for _ in range(200_000):
        text = "".join(rng.choices(reference.ALPHABET, k=12))
        windows = [text[i : i + 10] for i in range(3)]
        valid = [window for window in windows if reference.is_valid(window)]
        if len(valid) > 1:
            assert reference.find(text) == valid
            return
    pytest.fail("no overlapping codes were drawn")


def test_many_are_different():
    codes = reference.make_many(20_000)
    assert len(codes) == len(set(codes)) == 20_000
    assert all(map(reference.is_valid, codes[:1000]))
    assert reference.make_many(0) == []


def test_every_character_is_used_everywhere():
    codes = reference.make_many(5_000)
    for position in range(reference.LENGTH):
        seen = {code[position] for code in codes}
        if position == 0:
            assert seen == set(reference.LETTERS)
        elif position in (2, 5):
            assert seen == set(reference.DIGITS)
        else:
            assert seen == set(reference.ALPHABET)


def test_hostile_labels_are_read_to_their_end():
    for text in ("A2" * 5000, "A" * 10_000, "A22A22" * 2000):
        code = reference.make()
        assert code in reference.find(f"{text}0{code}")


@pytest.mark.parametrize("random_references, bound", [(False, 1 / 150), (True, 1 / 60)])
def test_realistic_labels_rarely_look_like_codes(random_references, bound):
    """The docstring of bridge/reference.py states these rates."""
    rng = random.Random(20261102)
    labels = [realistic_label(rng, random_references) for _ in range(10_000)]
    falsely = sum(bool(reference.find(label)) for label in labels)
    assert falsely / len(labels) < bound


def realistic_label(rng, random_reference=False):
    """Return a label as French banks write them, without any code of ours."""

    def digits(count):
        return "".join(rng.choices(string.digits, k=count))

    def mixed(count):
        return "".join(rng.choices(string.digits + string.ascii_uppercase, k=count))

    name = " ".join(rng.sample(_NAMES, 2))
    day = f"{rng.randint(1, 28):02}{rng.randint(1, 12):02}{rng.choice(['26', '2026'])}"
    if random_reference:
        labels = [
            f"VIREMENT DE {name} REF {mixed(12)}",
            f"PRLV SEPA EDF CLIENTS PARTICULIERS ECH/{day} ID EMETTEUR/FR{digits(2)}"
            f"EDF{digits(6)} MDT/{mixed(16)} REF/{digits(12)}",
            f"VIR RECU {digits(10)}S DE: {name} MOTIF: REGLEMENT FACTURE INV/2026/"
            f"{digits(5)} REF: {mixed(8)} ID: FR76{digits(23)}",
            f"COTISATION CONTRAT {mixed(10)} {day}",
            f"VIR STRIPE {mixed(6)} STRIPE TECHNOLOGY EUROPE LTD {day} ST-{mixed(12)}",
            f"FRAIS PRLV IMPAYE {day} MANDAT {mixed(11)}",
        ]
    else:
        labels = [
            f"VIR INST DE {name} FACTURE {rng.randint(2024, 2027)}-{digits(4)}",
            f"VIR SEPA RECU /DE {name} /MOTIF FAC{digits(6)} /REF NOTPROVIDED",
            f"VIR {name} LOYER NOVEMBRE 2026",
            f"CARTE {day} CARREFOUR MARKET PARIS {digits(2)} CB*{digits(4)}",
            f"REMISE CHEQUES N {digits(7)} DE {rng.randint(1, 30)} CHEQUES",
            f"VIREMENT EN VOTRE FAVEUR {name} ACOMPTE CDE S{digits(5)}",
        ]
    return rng.choice(labels)


_NAMES = re.findall(
    r"\w+",
    "MME M MARTIN BERNARD DUPONT LEFEBVRE MOREAU GARCIA ROUSSEAU LINA PAUL SARL SAS "
    "BOULANGERIE GARAGE PHARMACIE MAIRIE LYCEE TRANSPORTS DUBOIS ET FILS EURL SCI",
)
