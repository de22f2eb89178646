"""Reads what a statement line says, as the rules want it."""

import re
from collections import Counter
from dataclasses import dataclass, replace

from odoo import api, fields, models
from odoo.tools import html2plaintext

from odoo.addons.payment import utils as payment_utils

from ... import matching

# Notes of an imported CAMT file: "Anything (Path/Of/The/Element): value".
_NOTE = re.compile(r"\((?P<path>[A-Za-z0-9/]+)\)\s*:\s*(?P<value>.*)$")
# What somebody wrote for the payee; the rest is addresses, accounts and message ids.
_NOTE_TEXTS = ("RmtInf", "AddtlTxInf", "AddtlInf", "AddtlNtryInf")
_END_TO_END = re.compile("end_?to_?end", re.IGNORECASE)
_NOT_PROVIDED = re.compile("not.?provided|none?|n/?a|0*", re.IGNORECASE)
# Values that hold digits and say nothing about what is paid.
_NOISE = re.compile(
    r"""\d{4}-\d\d-\d\d([T ][\d:.]+(Z|[+-][\d:]+)?)?  # a date or a moment
    | [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}       # an identifier
    | [A-Z]{2}\d\d[A-Z0-9]{10,30}                     # an account
    """,
    re.IGNORECASE | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Incoming:
    """A bank line that is there, or about to be created.

    The names are those of the statement line's fields, so that what reads a line can
    read this.
    """

    env: object
    line: object  # the record, None when it is yet to be created
    company_id: object
    currency_id: object  # of the counterpart: the foreign one if there is one
    amount: float  # in that currency
    date: object
    partner_id: object  # empty when nobody said
    receipt: matching.Receipt = None
    clues: matching.Clues = None

    def get_money(self, cents):
        """Return an amount of the rules in the line's currency."""
        return payment_utils.to_major_currency_units(cents, self.currency_id)


@dataclass(frozen=True, slots=True)
class LineTexts:
    """Texts and ids found in one line."""

    own: tuple  # in the fields that are this line's for sure
    noted: tuple  # in its notes, which an import may have left from another line
    end_to_end: tuple
    noted_end_to_end: tuple
    payment_refs: tuple


def _walk(value, path=""):
    """Yield the path and the text of each of a bank's details, however deep."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _walk(item, f"{path}/{key}")
    elif isinstance(value, list):
        for item in value:
            yield from _walk(item, path)


def _read_notes(narration):
    """Return texts and end-to-end ids in a line's notes.

    :param str narration: HTML
    """
    texts, end_to_end = [], []
    for row in html2plaintext(narration or "").splitlines():
        note = _NOTE.search(row)
        if not note:
            texts.append(row.strip())
        elif note["path"].endswith("EndToEndId"):
            end_to_end.append(note["value"].strip())
        elif any(part in note["path"] for part in _NOTE_TEXTS):
            texts.append(note["value"].strip())
    return texts, end_to_end


def read_texts(values):
    """Return the texts and ids in the fields of a line.

    :param dict values: `payment_ref`, `ref`, `narration` and `transaction_details`
    :rtype: LineTexts
    """
    texts = [values.get("payment_ref"), values.get("ref")]
    end_to_end = [values.get("ref")]
    payment_refs = []
    for path, text in _walk(values.get("transaction_details") or {}):
        if "bridge_payment_information" in path:
            payment_refs.append(text)
        elif _END_TO_END.search(path):
            end_to_end.append(text)
            texts.append(text)
        elif not _NOISE.fullmatch(text.strip()):
            texts.append(text)
    noted, noted_end_to_end = _read_notes(values.get("narration"))

    def clean(items):
        items = (item.strip() for item in items if item)
        return tuple(dict.fromkeys(i for i in items if not _NOT_PROVIDED.fullmatch(i)))

    return LineTexts(
        own=clean(texts),
        noted=clean(noted),
        end_to_end=clean(end_to_end),
        noted_end_to_end=clean(noted_end_to_end),
        payment_refs=clean(payment_refs),
    )


class AccountBankStatementLine(models.Model):
    """Reading lines for the rules, before or after they are created."""

    _inherit = "account.bank.statement.line"

    @api.model
    def _read_incoming(self, vals_list):
        """Return what lines about to be created say; None for those that only core
        can complete.

        :param list[dict] vals_list: values of `create`
        :rtype: list[Incoming | None]
        """
        batch = [self._read_values(vals) for vals in vals_list]
        return self._attach_texts(batch, vals_list)

    def _read_lines(self):
        """Return what these lines say.

        :rtype: list[Incoming]
        """
        batch = [
            Incoming(
                env=self.env,
                line=line,
                company_id=line.company_id,
                currency_id=line._get_transaction_currency(),
                amount=line._get_transaction_amount(),
                date=line.date,
                partner_id=line.partner_id,
            )
            for line in self
        ]
        names = (
            "payment_ref",
            "ref",
            "narration",
            "transaction_details",
            "account_number",
            "partner_name",
        )
        return self._attach_texts(
            batch, [{name: line[name] for name in names} for line in self]
        )

    @api.model
    def _read_values(self, vals):
        """Return one line about to be created, without its receipt."""
        journal = self.env["account.journal"].browse(vals.get("journal_id") or ())
        if not journal and vals.get("statement_id"):
            statement = self.env["account.bank.statement"].browse(vals["statement_id"])
            journal = statement.journal_id
        is_placed = vals.get("counterpart_account_id") or "line_ids" in vals
        if not journal or not vals.get("date") or is_placed or not vals.get("amount"):
            return None
        currency = journal.currency_id or journal.company_id.currency_id
        amount = vals["amount"]
        foreign_id = vals.get("foreign_currency_id")
        if foreign_id and foreign_id != currency.id:
            if not vals.get("amount_currency"):
                return None
            currency = self.env["res.currency"].browse(foreign_id)
            amount = vals["amount_currency"]
        # A branch's line in its parent's journal belongs to the branch.
        company = journal.company_id
        if vals.get("company_id"):
            company = self.env["res.company"].browse(vals["company_id"])
        return Incoming(
            env=self.env,
            line=None,
            company_id=company,
            currency_id=currency,
            amount=float(amount),
            date=fields.Date.to_date(vals["date"]),
            partner_id=self.env["res.partner"].browse(vals.get("partner_id") or ()),
        )

    @api.model
    def _attach_texts(self, batch, values_list):
        """Return the lines of ``batch`` with their receipts and clues.

        What stands in the notes of one line and in the fields of another is the
        other's: some imports let notes of one entry slip into the next.
        """
        texts_list = [read_texts(values) for values in values_list]
        counts = Counter(
            text for texts in texts_list for text in {*texts.own, *texts.end_to_end}
        )

        def is_own(text, texts):
            return counts[text] <= (text in texts.own or text in texts.end_to_end)

        result = []
        for key, (incoming, texts, values) in enumerate(
            zip(batch, texts_list, values_list, strict=True)
        ):
            if incoming is None:
                result.append(None)
                continue
            noted = [text for text in texts.noted if is_own(text, texts)]
            noted_ids = [text for text in texts.noted_end_to_end if is_own(text, texts)]
            receipt = matching.Receipt(
                key=key,
                cents=payment_utils.to_minor_currency_units(
                    incoming.amount, incoming.currency_id
                ),
                currency=incoming.currency_id.name,
                date=incoming.date,
                texts=(*texts.own, *noted, *noted_ids),
                end_to_end=(*texts.end_to_end, *noted_ids),
                payment_refs=texts.payment_refs,
                iban=values.get("account_number") or "",
                name=values.get("partner_name") or "",
                partner=incoming.partner_id.commercial_partner_id.id or None,
            )
            clues = matching.read_clues(receipt)
            result.append(replace(incoming, receipt=receipt, clues=clues))
        return result
