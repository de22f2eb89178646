"""Does the payer of this receipt seem to be the customer of that invoice?"""

from collections.abc import Iterable
from enum import IntEnum

from . import names
from .text import Label
from .types import Receipt


class Standing(IntEnum):
    """What speaks for a customer being the payer."""

    OTHER = 0  # the account, or a person, says that it is another customer
    UNLIKE = 1  # the bank gives a name that has nothing in common
    UNKNOWN = 2
    LIKELY = 3  # a name much like it
    NAMED = 4  # the bank's name, or the label, is the customer's
    KNOWN = 5  # the account is the customer's, or the line has this customer


class Payer:
    """The payer of one receipt, compared with customers.

    :param Receipt receipt: its account, name and customer
    :param Label label: where names may stand too
    :param payers: customers known for the receipt's account
    """

    def __init__(
        self, receipt: Receipt, label: Label, payers: Iterable[object]
    ) -> None:
        self.receipt = receipt
        self.names = names.NamesIn(label)
        self.known = tuple(payers)
        if receipt.partner is not None:
            self.known = (receipt.partner,)
        self._standings: dict[tuple[object, str], Standing] = {}

    def standing(self, partner: object, name: str) -> Standing:
        """Return the `Standing` of a customer.

        :param partner: as in `Due.partner`
        :param str name: the customer's name
        """
        key = (partner, name)
        if key not in self._standings:
            self._standings[key] = self._compare(partner, name)
        return self._standings[key]

    def _compare(self, partner: object, name: str) -> Standing:
        if self.known:
            return Standing.KNOWN if partner in self.known else Standing.OTHER
        name_at_bank = self.receipt.name
        if names.is_same(name_at_bank, name):
            return Standing.NAMED
        likeness = self.names.likeness(name)
        if likeness == 1:
            return Standing.NAMED
        if likeness >= 0.5 or names.likeness(name_at_bank, name) >= 0.5:
            return Standing.LIKELY
        if likeness < 0.25 and names.is_unlike(name_at_bank, name):
            return Standing.UNLIKE
        return Standing.UNKNOWN
