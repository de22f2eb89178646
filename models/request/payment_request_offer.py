"""What a payer is offered: the amounts they may choose, how each can be paid, and what
is printed and mailed of it."""

from odoo import models
from odoo.exceptions import UserError

from odoo.addons.payment import utils as payment_utils

from ... import const
from ...report.qr import make_qr

# Width of the printed symbol: wkhtmltopdf shrinks what it is told to less than
# 80 %, and what comes out must stay above 3 cm.
PRINTED_SYMBOL_MM = 42


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
                 currency, `share` (how much of the debt it settles), `due_date`, `note`
        :rtype: list[dict]
        """
        self.ensure_one()
        if not self.amount_to_pay:
            return []
        everything = {
            "key": "all",
            "label": self.env._("Everything that is open"),
            "amount": self.amount_to_pay,
            "share": self.amount_to_pay,
            "due_date": self.due_date,
            "note": "",
        }
        due = self._get_due_now()
        amount = self.currency_id.round(due["amount"] - self.amount_in_progress)
        if amount <= 0 or not self.currency_id.compare_amounts(
            amount, self.amount_to_pay
        ):
            return [{**everything, "key": "due", "label": due["label"]}]
        due.update(
            key="due",
            amount=amount,
            share=self.currency_id.round(due["share"] - self.amount_in_progress),
        )
        if due["note"]:  # A discount settles everything: there is nothing to choose.
            return [due]
        return [due, everything]

    def _get_due_now(self):
        """Return what is due now: overdue or next installments, discount deducted."""
        self.ensure_one()
        amount, share, note = 0.0, 0.0, ""
        label = self.env._("Amount due")
        dates = []
        for line in self.line_ids.filtered("amount_due"):
            line_amount = line_share = line.amount_due
            due_date = line.due_date
            if not line.move_line_id and not line.amount:
                values = line.move_id._get_invoice_next_payment_values()
                state = values.get("installment_state")
                if state in ("overdue", "next"):
                    line_amount = line_share = values["next_amount_to_pay"]
                    due_date = values["next_due_date"]
                    label = (
                        self.env._("Installments due")
                        if state == "overdue"
                        else self.env._("Next installment")
                    )
                elif (
                    state == "epd"
                    and len(self.line_ids) == 1
                    and not self.amount_in_progress
                ):
                    line_amount = values["amount_due"]
                    note = values["epd_discount_msg"]
            amount += line_amount
            share += line_share
            dates.append(due_date)
        if not self.line_ids:
            amount = share = self.amount_due
        return {
            "label": label,
            "amount": amount,
            "share": share,
            "due_date": min(filter(None, dates), default=False),
            "note": note,
        }

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
