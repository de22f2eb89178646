"""The documents that a label names, each with its open entries."""

import datetime
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from .mentions import Mention, Reader, Strength
from .numbers import Number, parse
from .proposals import Case
from .text import Label, squeeze
from .types import Due

_LONGEST = 60  # characters of a number, with all that stands between them


class Document(NamedTuple):
    """A document and how the label names it.

    :ivar mention: `Mention`
    :ivar dues: its open entries, oldest first
    :ivar payments: outstanding entries of payments registered for it
    """

    mention: Mention
    dues: tuple[Due, ...]
    payments: tuple[Due, ...]

    @property
    def any(self) -> Due:
        """One of its entries, for what they have in common."""
        return self.entries[0]

    @property
    def entries(self) -> tuple[Due, ...]:
        """What money may still come for: its own entries and those of payments."""
        return self.dues + self.payments

    @property
    def is_paid(self) -> bool:
        """Whether nothing is open of it."""
        return not any(due.cents for due in self.entries)

    @property
    def cents(self) -> int:
        """What is open of it."""
        return sum(due.cents for due in self.dues)


def find_documents(case: Case, dues: Iterable[Due]) -> list[Document]:
    """Return the documents that the label names, in the order of their mentions.

    :param list[Due] dues: entries of any documents
    """
    documents = _gather(dues)
    reader = Reader(case.label, case.clues, case.receipt.date.year)
    mentions = [_find(reader, entries) for entries in documents]
    for entries, mention in zip(documents, mentions, strict=True):
        if mention:
            reader.read_list(mention, *_texts(entries))
    if reader.has_list:  # those after the first of a list are found only now
        mentions = [
            mention
            if mention and mention.strength >= Strength.BARE
            else _find(reader, entries)
            for entries, mention in zip(documents, mentions, strict=True)
        ]
    named = [
        Document(
            mention,
            tuple(sorted((d for d in entries if not d.payment), key=oldest_first)),
            tuple(d for d in entries if d.payment),
        )
        for entries, mention in zip(documents, mentions, strict=True)
        if mention
    ]
    return sorted(named, key=lambda document: document.mention[2:])


def _find(reader: Reader, entries: list[Due]) -> Mention | None:
    return reader.find(*_texts(entries), credit=entries[0].cents < 0)


def _gather(dues: Iterable[Due]) -> list[list[Due]]:
    """Return the entries of each document; a payment goes with what it was for."""
    documents: dict[object, dict[object, Due]] = {}
    by_number: dict[object, dict[object, Due]] = {}
    for due in dues:
        if not due.payment:
            entries = documents.setdefault((due.move, due.document), {})
            entries[due.key] = due
            by_number[due.document, due.partner] = entries
    for due in dues:
        if due.payment:
            entries = by_number.setdefault((due.document, due.partner), {})
            documents.setdefault((None, due.document, due.partner), entries)
            entries[due.key, "payment"] = due
    distinct = {id(entries): list(entries.values()) for entries in documents.values()}
    # an installment that is paid takes no money beside the open ones
    return [
        [due for due in entries if due.cents] or entries
        for entries in distinct.values()
    ]


def _texts(entries: list[Due]) -> tuple[str, ...]:
    return (entries[0].document, *(due.payment_reference for due in entries))


def oldest_first(due: Due) -> tuple[datetime.date, str]:
    """Return the key by which entries are sorted, to pay the oldest first."""
    return (due.date or datetime.date.min, str(due.key))


def places_of(documents: list[Document]) -> list[list[Document]]:
    """Group documents by the place in the label where they are named.

    Several at one place share a number: the label means one of them, or, by the
    reference of a customer, some. The best named ones stay: letters tell apart
    documents whose digits are the same.

    A paid document keeps its place from an open one that is named less well.

    :param list[Document] documents: in the order of their mentions
    """
    places: list[list[Document]] = []
    end = -1
    for document in documents:
        mention = document.mention
        if places and mention.start < end:
            places[-1].append(document)
        else:
            places.append([document])
        end = max(end, mention.end)
    places = [_without_paid(_best(place)) for place in places]
    return [place for place in places if place]


def _best(place: list[Document]) -> list[Document]:
    strength = max(document.mention.strength for document in place)
    best = [document for document in place if document.mention.strength == strength]
    if strength < Strength.BARE:
        return best
    # INV/2026/1 stands within RINV/2026/1: the longer one is meant
    return [
        document
        for document in best
        if not any(_within(document.mention, other.mention) for other in best)
    ]


def _without_paid(place: list[Document]) -> list[Document]:
    """Leave out paid documents; whose digits are the same is named less well."""
    still_open = [document for document in place if not document.is_paid]
    strength = place[0].mention.strength
    if len(still_open) < len(place) and strength in (Strength.BARE, Strength.PLAIN):
        weaker: dict[str, Any] = {"strength": Strength.WEAK, "doubt": "already_matched"}
        still_open = [
            document._replace(mention=document.mention._replace(**weaker))
            for document in still_open
        ]
    return still_open


def _within(one: Mention, other: Mention) -> bool:
    return (
        other.start <= one.start
        and one.end <= other.end
        and other.end - other.start > one.end - one.start
    )


def names_more(label: Label, documents: Iterable[Document]) -> bool:
    """Tell whether a label seems to name more documents like these, unknown or cut off.

    :param documents: those that were found in it
    """
    texts = {document.any.document for document in documents}
    numbers = {number for number in map(parse, texts) if number}
    known = tuple(number.squeezed for number in numbers)
    spans = [document.mention[2:] for document in documents]
    for number in numbers:
        for match in _head(number).finditer(label.folded):
            begin = match.start()
            if any(start < match.end() and begin < end for start, end in spans):
                continue
            # banks repeat a label
            if not squeeze(label.folded[begin : begin + _LONGEST]).startswith(known):
                return True
    return False


@lru_cache(maxsize=4096)
def _head(number: Number) -> re.Pattern[str]:
    """Return what numbers like this one begin with: FAC/2, F2, 2026-0042, 260042."""
    parts = [r"\d" * len(part) for part in number.parts]
    if number.letters:
        head = rf"(?<![A-Z]){number.letters}\W{{0,2}}\d"
    elif len(parts) > 1:
        head = rf"(?<!\d){number.parts[0]}\W?\d{{{len(parts[1])}}}(?!\d)"
    else:
        head = rf"(?<!\d){parts[0]}(?!\d)"
    return re.compile(head)
