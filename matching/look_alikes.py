"""Digits that look like an invoice number and are not.

Dates, amounts, phone numbers, IBANs, card numbers, and numbers that their own word
announces (customer, order, contract…). What is only digits is never believed there.
"""

import datetime
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from stdnum import luhn
from stdnum.exceptions import ValidationError
from stdnum.iso7064 import mod_97_10

if TYPE_CHECKING:
    from .text import Label

#: From one character of a text to before another.
Place = tuple[int, int]

# lengths of the IBANs met in SEPA transfers (ISO 13616 registry)
_IBAN_LENGTHS = {
    "AT": 20,
    "BE": 16,
    "CH": 21,
    "CZ": 24,
    "DE": 22,
    "DK": 18,
    "ES": 24,
    "FI": 18,
    "FR": 27,
    "GB": 22,
    "IE": 22,
    "IT": 27,
    "LU": 20,
    "MC": 27,
    "NL": 18,
    "PL": 28,
    "PT": 25,
    "SE": 24,
}
_IBAN_HEAD = re.compile(f"(?:{'|'.join(_IBAN_LENGTHS)})\\d\\d")

# never a number of ours: UUIDs, and the fields of statements that hold other things
_FIELDS = re.compile(
    r"""
    [0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{12}
    | (?:MREF|CRED|IBAN|BIC|DEBT|ANAM)\+[^+\n\x1f]*?(?=[A-Z]{4}\+|[\n\x1f]|$)
    | /(?:MARF|CSID|IBAN|BIC|RTRN|TRTP)/[^/\n\x1f]*
    """,
    re.VERBOSE,
)

_SHAPES = re.compile(
    r"""
    # international, then French and Belgian phone numbers
    (?<![\d./\-])(?:\+|00)(?:3[1-9]|4[1-9]|35\d|1)(?:[ .\-/()]{0,2}\d){8,10}(?!\d)
    | (?<![\d./\-])0[1-9](?:\d{8}|(?P<sign>[ .\-/])\d\d(?:(?P=sign)\d\d){3})(?!\d)
    | (?<![\d./\-])0[1-9]\d{0,2}[ ./\-]\d{2,3}(?:[ .\-]?\d\d){2}(?!\d)
    # card numbers, masked
    | \d{4}[ -]?(?:\d\d)?[X*]{2}[X* -]{2,8}\d{3,4}(?!\d)
    | [X*]{2,}[ -]?\d{3,6}(?!\d)
    # amounts: with cents, or with a currency
    | (?<![\d.,/\-])\d{1,3}(?:[ .']\d{3})+[.,]\d\d(?![\d.,/\-]?\d)
    | (?<![\d.,/\-])\d+[.,]\d\d(?![\d.,/\-]?\d)
    | (?<![A-Z])EUR(?:OS?)?[ :]*\d[\d .']*(?:[.,]\d\d)?
    | (?<![\d.,/\-])\d[\d.']*(?:[.,]\d\d)?(?:EUR|[ /\n]{1,3}EUR(?![A-Z]))(?![ :]*\d)
    """,
    re.VERBOSE,
)

_CARD = re.compile(r"(?<!\d)[3-6]\d{3}([ -])\d{4}\1\d{4}\1\d{4}(?!\d)")

# words whose number is theirs: customer, order, contract, telephone, card, rent…
_OWNERS = """
    CLIENTS? CLT CUSTOMER CUST KUNDEN? KDN?R? KUNDENN(?:R|UMMER) KLANT(?:EN)?
    KLANT(?:NR|NUMMER) CONTRATS? CTR CONTRACT(?:NR)? VERTRAGS?(?:NR|NUMMER)? DOSSIER
    MANDAT RUM ICS MDT SIRET SIREN TVA VAT BTW USTID HRB RCS KBO BCE
    TEL TELEPHONE PHONE MOBILE? GSM PORTABLE FAX HANDY
    CDE CMDE? COMMANDES? BC PO BESTELL(?:UNG|NR|NUMMER) BESTELNR ORDER AUFTRAGS?(?:NR)?
    AB BON BL LIEFERSCHEIN LS DEVIS OFFERTE ANGEBOT QUOTE PROFORMA SO
    AV AVOIRS? NC CN GUTSCHRIFT CREDITNOTA
    CARTE CB CARD KARTE CHEQUES? CHQ REMISE TERMINAL TPV TPE COMPTE CPTE? KONTO
    KTO ACCOUNT BLZ GUICHET ADHERENT MEMBRE MATRICULE POLICE SINISTRE LOT
    ECH ECHEANCE VERVALDAG FAELLIG ORDRES? OPDRACHT ABONNEMENT ABO TICKET
    RESERVATION RESA BOOKING BUCHUNG DEMANDE MISSION
    APPT APPARTEMENT COMPTEUR ZAEHLER LOYER MIETE HUUR BADGE IMMAT STEUERN(?:R|UMMER)
""".split()
_OTHER_NUMBER = re.compile(
    rf"""
    (?<![A-Z])
    (?:{"|".join(_OWNERS)})
    (?![A-Z])
    [\s.:*\#/\-]{{0,3}}(?:(?:N[O ]?|NR|NUM|NUMERO|ID|CODE|NO)(?![A-Z])[\s.:\#]{{0,3}})?
    (?P<number>[A-Z]{{0,4}}[\-/]?\d+(?:[\-/._]\d+)*)
    """,
    re.VERBOSE,
)
# the same where spaces were lost or inserted: the longer words, which nothing imitates
_SQUEEZED_OWNER = re.compile(
    f"(?:{'|'.join(word for word in _OWNERS if len(word) > 4)})"
    "(?:N|NO|NR|NUM|NUMERO)?(?=[0-9])"
)

_DATE = re.compile(
    r"(?<![\d./\-])(\d{1,2})([./\- ])(\d{1,2})\2(\d{4}|\d\d)(?!\d)"
    r"|(?<!\d)(20\d\d)([./\-])(\d\d)\6(\d\d)(?!\d)"
)
_GLUED_DATE = re.compile(
    r"(?<![A-Z])(?:DU|LE|DATE|VOM|AM|VAN|DD|OP|ON|DATUM|VALEUR|VALUTA)[ .:]{0,2}"
    r"(\d{8}|\d{6})(?!\d)"
)


def _is_day(year: int, month: int, day: int, around: int) -> bool:
    try:
        datetime.date(year, month, day)
    except ValueError:
        return False
    return abs(year - around) <= 3


@lru_cache(maxsize=4096)
def is_date(digits: str, around: int) -> bool:
    """Tell whether six or eight digits can be a day near the year ``around``."""
    if len(digits) == 8:
        readings = (
            (digits[:4], digits[4:6], digits[6:]),
            (digits[4:], digits[2:4], digits[:2]),
        )
    elif len(digits) == 6:
        readings = (
            ("20" + digits[:2], digits[2:4], digits[4:]),
            ("20" + digits[4:], digits[2:4], digits[:2]),
        )
    else:
        return False
    return any(_is_day(int(y), int(m), int(d), around) for y, m, d in readings)


def _find_ibans(label: "Label") -> Iterator[Place]:
    """Yield the places of IBANs, whole or cut off by the end of the label."""
    squeezed, at = label.squeezed, label.at
    for head in _IBAN_HEAD.finditer(squeezed):
        start = head.start()
        end = start + _IBAN_LENGTHS[head[0][:2]]
        if end <= len(squeezed):
            try:
                mod_97_10.validate(squeezed[start + 4 : end] + head[0])
            except ValidationError:
                continue
        elif not squeezed[:start].endswith("IBAN"):
            continue
        yield at[start], at[min(end, len(at)) - 1] + 1


def find_dates(text: str, around: int) -> list[Place]:
    """Return the places of what is written as a date in ``text``.

    Six or eight digits are one only after a word for it; see `is_date`.
    """
    places = []
    for match in _DATE.finditer(text):
        day, _sep, month, year, iso_year, _sep2, iso_month, iso_day = match.groups()
        if iso_year:
            found = _is_day(int(iso_year), int(iso_month), int(iso_day), around)
        else:
            year = int(year) if len(year) == 4 else 2000 + int(year)
            found = _is_day(year, int(month), int(day), around)
        if found:
            places.append(match.span())
    places += (
        match.span(1)
        for match in _GLUED_DATE.finditer(text)
        if is_date(match[1], around)
    )
    return places


def find_fields(label: "Label") -> list[Place]:
    """Return the places in `label.folded` of IBANs, UUIDs and fields of others."""
    places = [match.span() for match in _FIELDS.finditer(label.folded)]
    places += _find_ibans(label)
    return places


def find_look_alikes(label: "Label") -> list[Place]:
    """Return the places of numbers that are no invoice's, `find_fields` among them.

    Dates are not among them: `find_dates` needs a year to recognise them.
    """
    places = [match.span() for match in _SHAPES.finditer(label.folded)]
    places += (m.span("number") for m in _OTHER_NUMBER.finditer(label.folded))
    places += (
        match.span()
        for match in _CARD.finditer(label.folded)
        if luhn.is_valid(match[0].replace(match[1], ""))
    )
    for match in _SQUEEZED_OWNER.finditer(label.squeezed):
        start = label.at[match.end()]
        places.append((start, start + 1))
    return places + label.fields
