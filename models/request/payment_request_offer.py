"""What a payer is offered: the amounts they may choose, how each can be paid, and what
is printed and mailed of it."""

from dataclasses import dataclass
from datetime import date

from odoo import models
from odoo.exceptions import UserError

from odoo.addons.payment import utils as payment_utils

from ... import const
from ...report.qr import make_qr
from ..text import write_day

# Width of the printed symbol: wkhtmltopdf shrinks what it is told to less than
# 80 %, and what comes out must stay above 3 cm.
PRINTED_SYMBOL_MM = 42


@dataclass(frozen=True)
class OfferedDue:
    """What the payer may pay of one due line.

    :ivar line: of the request
    :ivar entry: the due line
    :ivar amount: what is open of it and asked for
    :ivar discount: what is deducted of that for an early payment
    :ivar discount_until: last day of the discount, if one was offered
    """

    line: object
    entry: object
    amount: float
    discount: float = 0.0
    discount_until: date | None = None

    @property
    def to_pay(self):
        return self.amount - self.discount

    @property
    def due_date(self):
        return self.entry.date_maturity or self.entry.date


class PaymentRequest(models.Model):
    _inherit = "payment.request"

    def _get_payment_offer(self):
        """Return what is printed for the payer, empty when nothing is to pay.

        :return: `url`, `short_url`, `way` (as `_get_way_to_pay` returns it), `qr`
            (picture as a data URI) and its `qr_width` in millimetres, quiet zone
            included
        :rtype: dict
        """
        self.ensure_one()
        request = self.sudo()
        if not request._is_payable():
            return {}
        picture = make_qr(request.url)
        return {
            "url": request.url,
            "short_url": request.short_url,
            "way": request._get_way_to_pay(),
            "qr": picture.data_uri,
            "qr_width": picture.width(PRINTED_SYMBOL_MM),
        }

    def _is_payable(self):
        """Return whether the payer is asked for something with this request now."""
        self.ensure_one()
        return self._get_page_state() == "pay"

    def _is_paid_from_bank(self):
        """Return whether the payer may pay from their bank: euros, through Bridge."""
        self.ensure_one()
        return bool(self._get_bridge_offer(self.amount_to_pay)["provider"])

    def _get_way_to_pay(self, online=True):
        """Return what whoever opens the page can pay by, for what is written beside its
        address.

        :param bool online: whether there may be means beside the payer's bank
        :return: `bank` (from the payer's own bank), `online` (another provider),
            `transfer` (the page shows the account to transfer to), or empty: neither
        :rtype: str
        """
        self.ensure_one()
        if self._is_paid_from_bank():
            return "bank"
        if online and self._get_other_providers(self.amount_to_pay):
            return "online"
        return "transfer" if self._get_bank_account() else ""

    def _get_payment_options(self):
        """Return the amounts the payer may choose from, the one due now first.

        :return: dicts with `key` (`due` or `all`), `label`, `amount` in the request's
                 currency, `share` (how much of the debt it settles), `due_date`,
                 `note`, and `dues`, the `OfferedDue` it pays
        :rtype: list[dict]
        """
        self.ensure_one()
        if not self.amount_to_pay:
            return []
        if not self.line_ids:
            option = self._make_option("due", self.env._("Amount due"), [])
            left = self.amount_to_pay
            return [{**option, "amount": left, "share": left}]
        dues = self._get_open_dues()
        now, label = self._get_due_now(dues)
        options = [self._make_option("due", label, now)]
        if len(now) < len(dues):
            everything = self.env._("Everything that is open")
            options.append(self._make_option("all", everything, dues))
        return options if dues else []

    def _make_option(self, key, label, dues):
        """Return what the payer may choose, as `_get_payment_options` does."""
        until = [due.discount_until for due in dues if due.discount]
        note = until and self.env._(
            "A discount of %(amount)s is deducted if you pay by %(day)s.",
            amount=self.currency_id.format(sum(due.discount for due in dues)),
            day=write_day(self.env, min(until)),
        )
        return {
            "key": key,
            "label": label,
            "amount": self.currency_id.round(sum(due.to_pay for due in dues)),
            "share": self.currency_id.round(sum(due.amount for due in dues)),
            "due_date": min((due.due_date for due in dues), default=self.due_date),
            "note": note or "",
            "dues": dues,
        }

    def _get_due_now(self, dues):
        """Return which of the open dues are asked for now, and what they are called: of
        each invoice asked for as a whole those that are overdue, else the next one.

        :param list[OfferedDue] dues: all that are open
        :rtype: tuple[list[OfferedDue], str]
        """
        today = self.company_id._get_payment_today()
        now, label = [], self.env._("Amount due")
        for line in self.line_ids:
            mine = [due for due in dues if due.line == line]
            if mine and line._is_in_installments():
                overdue = [due for due in mine if due.due_date < today]
                label = (
                    self.env._("Installments due")
                    if overdue
                    else self.env._("Next installment")
                )
                mine = overdue or mine[:1]
            now += mine
        return now, label

    def _get_open_dues(self):
        """Return what can be paid of what is asked, due line by due line, without what
        is on its way.

        :rtype: list[OfferedDue]
        """
        self.ensure_one()
        on_its_way = self.sudo()._get_transactions_on_their_way()
        left = self.sudo()._get_left_to_pay(on_its_way)
        return [
            due
            for line in self.sudo().line_ids
            for due in line._get_open_dues(left[line], on_its_way)
        ]

    def _get_option(self, option_key):
        """Return the option of that key, the first one for an unknown key.

        :raises UserError: when nothing can be paid now
        """
        self.ensure_one()
        options = self._get_payment_options()
        if self._get_page_state() != "pay" or not options:
            raise UserError(
                self.env._(
                    "There is nothing to pay at the moment. Open the payment link "
                    "again to see where it stands."
                )
            )
        return next((o for o in options if o["key"] == option_key), options[0])

    def _get_bridge_offer(self, amount):
        """Return how the payer can pay ``amount`` from their bank.

        :param float amount: in the request's currency
        :return: `provider` (empty when not offered), `amount` of the next transfer,
                 `left` after it, number of `transfers`, `reason` why not offered
        :rtype: dict
        """
        self.ensure_one()
        offer = {
            "provider": self.env["payment.provider"],
            "amount": amount,
            "left": 0.0,
            "transfers": 1,
            "reason": "",
        }
        if self.currency_id.name not in const.SUPPORTED_CURRENCIES:
            offer["reason"] = self.env._(
                "Payment from your bank is made in euros only; this amount is in "
                "%(currency)s. Please use another means of payment.",
                currency=self.currency_id.name,
            )
            return offer
        provider = self._get_compatible_providers(0.01).filtered(
            lambda p: p.code == const.PROVIDER_CODE
        )[:1]
        if not provider:
            return offer
        ceiling = provider._bridge_ceiling(self.currency_id)
        first = min(amount, ceiling)
        return {
            **offer,
            "provider": provider,
            "amount": first,
            "left": self.currency_id.round(amount - first),
            "transfers": self._count_transfers(amount, ceiling),
        }

    def _count_transfers(self, amount, ceiling):
        """Return how many transfers of at most ``ceiling`` make ``amount``."""
        cents, most = (
            payment_utils.to_minor_currency_units(value, self.currency_id)
            for value in (amount, ceiling)
        )
        return -(-cents // most)

    def _get_compatible_providers(self, amount):
        """Return the providers that core offers this payer for ``amount``."""
        self.ensure_one()
        return (
            self.env["payment.provider"]
            .sudo()
            ._get_compatible_providers(
                self.company_id.id,
                self.partner_id.id,
                amount,
                currency_id=self.currency_id.id,
            )
        )

    def _get_other_providers(self, amount):
        """Return the online providers beside Bridge that can take ``amount``.

        :rtype: payment.provider
        """
        return self._get_compatible_providers(amount).filtered(
            lambda provider: provider.code != const.PROVIDER_CODE
        )
