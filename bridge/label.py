"""Texts made safe for banks.

Bridge does not publish the characters it accepts everywhere; a refused one fails
the whole payment. What is kept here passes at every bank: labels
``[A-Za-z0-9 .'-]``, names as the reference of payment links says
(docs.bridgeapi.io/reference/createpaymentlink), 35 characters each.
"""

import re
import unicodedata

#: Shortest label and name accepted by a bank (``max_size_label`` of providers).
LIMIT = 35

# what Unicode does not decompose into a base letter
_FOLDS = str.maketrans(
    {
        "œ": "oe",
        "Œ": "OE",
        "æ": "ae",
        "Æ": "AE",
        "ø": "o",
        "Ø": "O",
        "ł": "l",
        "Ł": "L",
        "đ": "d",
        "Đ": "D",
        "ð": "d",
        "Ð": "D",
        "þ": "th",
        "Þ": "Th",
        "ß": "ss",
        "ẞ": "SS",
        "ı": "i",
        **dict.fromkeys("\u2018\u2019\u02bc\u00b4`", "'"),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
    }
)
_LABEL_REFUSED = re.compile(r"[^A-Za-z0-9 .'-]")
_NAME_REFUSED = re.compile(r"[^A-Za-z0-9 +()/.\-!?,;&%€]")
_IDENTIFIER_REFUSED = re.compile(r"[^A-Za-z0-9_-]+")
_RUN = re.compile(r"([ /-])\1+")
_HAS_LETTER = re.compile("[A-Za-z]")


def fold(text: str | None) -> str:
    """Return ``text`` with accents, ligatures and typographic signs as plain ASCII."""
    decomposed = unicodedata.normalize("NFKD", (text or "").translate(_FOLDS))
    return "".join(
        character
        for character in decomposed
        if unicodedata.category(character) not in ("Mn", "Cf")
    )


def _tidy(text: str, limit: int) -> str:
    return _RUN.sub(r"\1", text).strip(" -/")[:limit].rstrip(" -/")


def safe_label(text: str | None, limit: int = LIMIT) -> str:
    """Return ``text`` as a transfer label that no bank refuses, '' if nothing is left.

    Accents are folded; ``/``, ``\\``, ``_`` and ``|`` become ``-``, any other
    refused character a space; runs are squeezed.
    """
    text = re.sub(r"[/\\_|]", "-", fold(text)).replace("€", "EUR")
    return _tidy(_LABEL_REFUSED.sub(" ", text), limit)


def safe_name(text: str | None, limit: int = LIMIT) -> str:
    """Return ``text`` as a first, last or company name that no bank refuses.

    :return: '' when no letter is left (Bridge wants one): the caller has a fallback
    """
    text = re.sub(r"[\\_|]", "-", fold(text))
    name = _tidy(_NAME_REFUSED.sub(" ", text), limit)
    return name if _HAS_LETTER.search(name) else ""


def safe_external_reference(text: str | None, limit: int = LIMIT) -> str:
    """Return an identifier as ``[A-Za-z0-9_-]``, for the payer's external reference.

    Give short identifiers (``partner-42``): longer ones are cut.
    """
    text = _IDENTIFIER_REFUSED.sub("-", fold(text))
    return _tidy(text, limit)


def transfer_label(reference: str, text: str | None = "") -> str:
    """Return the label of a transfer: ``reference`` first, where no bank cuts it off.

    :param str reference: code of ``reference.make``
    :param str text: what the payer should read after it, such as invoice numbers
    """
    return safe_label(f"{reference} {text or ''}")
