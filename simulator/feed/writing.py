"""How each bank writes a line down: order, capitals, tags, wrapping, cutting.

A transfer carries a payer, a label and an end-to-end id; what an account holder
reads of them is up to their bank. The ways below are those of real banks.
"""

import re
import unicodedata
from dataclasses import dataclass

from ..payment.banks import DEMO_BANK

KINDS = ("sepa", "instant", "out", "return")
ALL_DATES = ("booking_date", "transaction_date", "value_date")


def _words(*words):
    """Return what banks of a country print for each kind of line."""
    return dict(zip(KINDS, words, strict=True))


_FRENCH = _words("VIR SEPA DE", "VIR INST DE", "VIR SEPA VERS", "RETOUR VIR SEPA")
_GERMAN = _words("GUTSCHRIFT", "ECHTZEIT-GUTSCHRIFT", "UEBERWEISUNG", "RETOURE")
_SPANISH = _words(
    "TRANSF. DE", "TRANSF. INMEDIATA DE", "TRANSF. A", "DEVOLUCION TRANSF."
)
_ENGLISH = _words(
    "CREDIT FROM", "FASTER PAYMENT FROM", "PAYMENT TO", "RETURNED PAYMENT"
)
_BELGIAN = _words(
    "VIREMENT EN EUROS DE",
    "VIREMENT INSTANTANE DE",
    "VIREMENT EN EUROS A",
    "RETOUR D'UN VIREMENT",
)
_DUTCH = _words("SEPA OVERBOEKING", "SEPA INSTANT", "SEPA OVERBOEKING", "SEPA RETOUR")


@dataclass(frozen=True)
class Writing:
    """One bank's way.

    ``template`` takes ``words``, ``payer``, ``label``, ``e2e`` and ``iban``. ``cut``:
    characters kept. ``wrap``: characters in a line, 0 for one line; a bank wraps
    inside words. ``drop``: what it leaves out (a character class). ``dates``: the ones
    it tells, the first of which is Bridge's ``date``.
    """

    template: str
    words: dict
    cut: int = 140
    wrap: int = 0
    drop: str = ""
    capitals: bool = True
    accents: bool = False
    dates: tuple = ALL_DATES

    def describe(self, line):
        """Return the description of a bank's line (dict), as its holder reads it."""
        if line["text"]:
            text = line["text"]
        else:
            text = self.template.format(
                words=self.words[line["kind"]],
                payer=line["payer"],
                label=line["label"],
                e2e=line["end_to_end_id"] or "NOTPROVIDED",
                iban=line["payer_iban"] or "",
            )
        return self._printed(text)

    def _printed(self, text):
        text = " ".join(text.split())
        if not self.accents:
            text = unaccented(text)
        if self.capitals:
            text = text.upper()
        if self.drop:
            text = re.sub(f"[{self.drop}]", "", text)
        text = text[: self.cut].rstrip()
        if self.wrap:
            rows = range(0, len(text), self.wrap)
            text = "\n".join(text[row : row + self.wrap] for row in rows)
        return text


def unaccented(text):
    """Return ``text`` without accents and ligatures."""
    text = text.replace("œ", "oe").replace("Œ", "OE").replace("ß", "ss")
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(char for char in decomposed if not unicodedata.combining(char))


_PLAIN = "{words} {payer} {label}"

WRITINGS = {
    DEMO_BANK: Writing(_PLAIN, _FRENCH),
    9101: Writing(
        "{words} {payer} - Motif : {label} - Réf : {e2e}",
        {**_FRENCH, "sepa": "Virement reçu de", "instant": "Virement instantané de"},
        capitals=False,
        accents=True,
    ),
    9102: Writing("{label} {payer}", _FRENCH, cut=35, dates=("booking_date",)),
    9103: Writing(
        "{words} /DE {payer} /MOTIF {label} /REF {e2e}",
        {**_FRENCH, "sepa": "VIR SEPA RECU", "instant": "VIR INST RECU"},
        wrap=32,
    ),
    9104: Writing(_PLAIN, _FRENCH, cut=50),
    9105: Writing(_PLAIN, _FRENCH, cut=70, drop=r"\s/."),
    9107: Writing(
        "{words} {payer} /MOTIF/ {label} /EREF/ {e2e}",
        _FRENCH,
        dates=("value_date", "booking_date"),
    ),
    9201: Writing("{words} {payer}, CONCEPTO {label}", _SPANISH, cut=70),
    9202: Writing("{words} {payer} EREF+{e2e} SVWZ+{label}", _GERMAN, wrap=27),
    9203: Writing("{words} {payer} REF {label}", _ENGLISH, cut=50),
    9204: Writing("{words} {payer} {label}", _ENGLISH),
    9301: Writing(
        "{words} {payer} COMPTE {iban} COMMUNICATION : {label} REFERENCE : {e2e}",
        _BELGIAN,
    ),
    9302: Writing(
        "/TRTP/{words}/IBAN/{iban}/NAME/{payer}/REMI/{label}/EREF/{e2e}", _DUTCH
    ),
}


def clean(line):
    """Return the short description Bridge makes of a line."""
    if line["text"]:
        return line["text"].capitalize()
    words = "Virement émis" if line["kind"] == "out" else "Virement"
    return f"{words} {line['payer'].title()}".strip()
