from datetime import timedelta

from odoo import Command, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ... import const
from ..payment_rate import TooOften
from ..transfer.payment_provider import KNOWN_ERRORS, get_rate_limit

# A link that ends sooner is not handed out again: the payer needs the time.
MINIMUM_LINK_LIFE = timedelta(minutes=5)


class PaymentRequest(models.Model):
    """What the payer is shown and may do; every method runs on a sudo record."""

    _inherit = "payment.request"

    # === What is shown ===

    def _get_page_notice(self):
        """Return what was sent to the customer, if that led here; only that, in
        neutral words: who holds a link need not be the customer.

        :return: empty if nothing was sent
        :rtype: str
        """
        return ""

    def _get_deducted(self, documents):
        """Return how much less is asked than is open on ``documents``.

        :param list[dict] documents: as `_get_documents` returns them
        :return: credits, in the request's currency
        :rtype: float
        """
        return 0.0

    def _get_unallocated(self):
        """Return what came in from the customer and is not allocated yet, so that they
        do not pay a second time.

        :return: amount, currency and day of each, and whether it is for what this
            request asks, as far as that is known
        :rtype: list[tuple[float, res.currency, datetime.date, bool]]
        """
        return []

    def _get_bank_account(self):
        """Return the bank account that a transfer typed by hand goes to."""
        self.ensure_one()
        account = self.line_ids.move_id.partner_bank_id[:1]
        if account:
            return account
        journals = self.env["account.journal"].search(
            [
                *self.env["account.journal"]._check_company_domain(self.company_id),
                ("type", "=", "bank"),
                ("bank_account_id", "!=", False),
            ]
        )
        return journals[:1].bank_account_id

    def _get_transfer_details(self, amount):
        """Return what the payer needs for a transfer typed by hand.

        :param float amount: in the request's currency
        :return: empty when the company has no bank account, else `holder`, `iban` in
                 groups of four, `bic`, `bank`, `reference`, `amount`
        :rtype: dict
        """
        self.ensure_one()
        account = self._get_bank_account()
        if not account:
            return {}
        number = account.sanitized_acc_number or ""
        return {
            "holder": account.acc_holder_name or account.partner_id.name,
            "iban": " ".join(number[i : i + 4] for i in range(0, len(number), 4)),
            "bic": account.bank_bic or "",
            "bank": account.bank_name or "",
            "reference": self.reference,
            "amount": amount,
        }

    def _get_told_transfer(self, amount):
        """Return what mails and letters tell beside the link, for a transfer typed by
        hand: nothing to those who pay by direct debit, in cash or in another way, nor
        where invoices name accounts of several holders.

        :param float amount: in the request's currency
        :return: see `_get_transfer_details`
        :rtype: dict
        """
        self.ensure_one()
        moves = self.line_ids.move_id
        payer = self.partner_id.commercial_partner_id.with_company(self.company_id)
        methods = (
            moves.preferred_payment_method_line_id
            if moves
            else payer.property_inbound_payment_method_line_id
        )
        if len(moves.partner_bank_id.partner_id) > 1 or any(
            method.code != "manual" or method.journal_id.type == "cash"
            for method in methods
        ):
            return {}
        return self._get_transfer_details(amount)

    def _has_epc_qr(self):
        """Return whether a SEPA QR code can be made of the transfer."""
        account, method = self._get_bank_account(), "sct_qr"
        return (
            bool(account)
            and method in dict(account.get_available_qr_methods_in_sequence())
            and not account._get_error_messages_for_qr(
                method, self.partner_id, self.currency_id
            )
        )

    def _get_transfer_qr(self, amount):
        """Return the SEPA QR code of the transfer, empty where it cannot be made.

        It takes longer than the whole page, so it is made only when asked for.

        :param float amount: in the request's currency
        :return: picture as a data URI
        :rtype: str
        """
        self.ensure_one()
        if not self._has_epc_qr():
            return ""
        picture = self._get_bank_account().build_qr_code_base64(
            amount,
            self.reference,
            "",
            self.currency_id,
            self.partner_id,
            qr_method="sct_qr",
            silent_errors=True,
        )
        return picture or ""

    def _get_last_refusal(self):
        """Return the last attempt if the bank refused it, empty otherwise.

        :rtype: payment.transaction
        """
        self.ensure_one()
        return self._get_last_attempt().filtered(lambda tx: tx.bank_status == "RJCT")

    def _get_last_attempt(self):
        """Return the attempt that the payer made, or opened again, last.

        :return: empty if there is none
        :rtype: payment.transaction
        """
        self.ensure_one()
        newest = self.transaction_ids.sorted("id")[-1:]
        opened = self.last_attempt_id
        if opened and newest.create_date.replace(microsecond=0) <= self.bank_opened_at:
            return opened
        return newest

    def _get_documents(self):
        """Return the invoices that are asked for, in the order of the page.

        :return: dicts with `index`, `move`, `name`, `date`, `due_date`, `amount`,
                 `has_pdf`
        :rtype: list[dict]
        """
        self.ensure_one()
        return [
            {
                "index": index,
                "move": line.move_id,
                "name": line.move_id.name,
                "date": line.move_id.invoice_date,
                "due_date": line.due_date,
                "amount": line.amount_due,
                "has_pdf": line.move_id.state == "posted",
            }
            for index, line in enumerate(self.line_ids)
        ]

    # === What the payer may do ===

    def _transaction_create_values(self, option_key):
        """Return the values of a transaction that pays this option.

        :param str option_key: `due` or `all`; the amount is never taken from outside
        :rtype: dict
        :raises UserError: when nothing can be paid now
        """
        option = self._get_option(option_key)
        return self._transaction_values(option, option["amount"])

    def _transaction_values(self, option, amount):
        """Return the values of a transaction that pays ``amount`` of an option.

        :param dict option: see `_get_payment_options`
        :param float amount: of this transfer; several may be needed
        :rtype: dict
        """
        offers = self._get_offer_values(option, amount)
        return {
            "amount": amount,
            "currency_id": self.currency_id.id,
            "partner_id": self.partner_id.id,
            "payment_request_id": self.id,
            "offer_ids": [Command.create(values) for values in offers],
            "invoice_ids": [
                Command.set(list(dict.fromkeys(v["move_id"] for v in offers)))
            ],
        }

    def _get_offer_values(self, option, amount):
        """Return what a transfer of ``amount`` pays of an option, due line by due line;
        a discount is granted with the transfer that pays the rest of its line.

        :rtype: list[dict]
        """
        values, left = [], amount
        for due in option["dues"]:
            paid = self.currency_id.round(min(due.to_pay, left))
            if self.currency_id.compare_amounts(paid, 0) <= 0:
                break
            left -= paid
            whole = not self.currency_id.compare_amounts(paid, due.to_pay)
            values.append(
                {
                    "move_id": due.entry.move_id.id,
                    "move_line_id": due.entry.id,
                    "due_date": due.due_date,
                    "whole_invoice": not due.line.move_line_id,
                    "amount": paid,
                    "discount": due.discount if whole else 0.0,
                    "discount_until_date": due.discount_until or False,
                }
            )
        return values

    def _start_bridge_transfer(self, option_key):
        """Open the bank journey for an option; a second tap opens the same one.

        :param str option_key: `due` or `all`
        :return: address of the bank journey
        :rtype: str
        :raises UserError: with a text for the payer when it cannot be started
        """
        self.ensure_one()
        self._lock_against_double_click()
        option = self._get_option(option_key)
        offer = self._get_bridge_offer(option["amount"])
        provider = offer["provider"]
        if not provider:
            raise UserError(
                offer["reason"]
                or self.env._(
                    "Payment from your bank is not offered here. Please use another "
                    "means of payment."
                )
            )
        wait = const.REPLACED_SECONDS
        tx = self._get_reusable_transaction(provider, option, offer["amount"])
        if not tx:
            # The one before may have been confirmed just now.
            tx, wait = self._make_attempt(option, offer), 0
        self.last_attempt_id = tx
        replaced = self.transaction_ids.filtered(
            lambda other: other != tx and other._bridge_is_open()
        )
        replaced._bridge_trigger_check(wait)
        return tx.bridge_link_url

    def _make_attempt(self, option, offer):
        """Return a new attempt whose bank link is open.

        :param dict option: see `_get_option`
        :param dict offer: see `_get_bridge_offer`
        :rtype: payment.transaction
        :raises UserError: with a text for the payer when it cannot be started
        """
        self.env["payment.rate"]._check(
            "links", self.id, const.LINKS_MAX, const.LINK_WINDOW_SECONDS
        )
        method = self.env.ref("account_payment_request.payment_method_bridge_transfer")
        tx = (
            self.env["payment.transaction"]
            .sudo()
            .create(
                {
                    **self._transaction_values(option, offer["amount"]),
                    "provider_id": offer["provider"].id,
                    "payment_method_id": method.id,
                    "operation": "online_redirect",
                    "landing_route": self._get_page_path(),
                }
            )
        )
        try:
            tx._bridge_open_link()
        except KNOWN_ERRORS as error:
            text = tx._bridge_set_unavailable(error)
            if wait := get_rate_limit(error):
                raise TooOften(text, wait) from error
            raise UserError(text) from error
        tx.company_id._with_books_language(tx)._log_sent_message()
        return tx

    def _get_page_path(self):
        """Return the page's address on its host, which is the one with the token.

        :rtype: str
        """
        self.ensure_one()
        return f"/pay/{self.token}"

    def _lock_against_double_click(self):
        """Make a second tap wait for the first and see what it made.

        The row is written, not only locked: whoever waited fails to serialize, and
        Odoo runs the tap again from the start.
        """
        self.flush_recordset()
        self.env.cr.execute(
            SQL(
                "UPDATE payment_request SET bank_opened_at = %s WHERE id = %s",
                fields.Datetime.now(),
                self.id,
            )
        )
        self.invalidate_recordset(["bank_opened_at"])

    def _get_reusable_transaction(self, provider, option, amount):
        """Return the open attempt for the same offer whose link still lives."""
        offered = self._get_offer_values(option, amount)
        earliest = fields.Datetime.now() + MINIMUM_LINK_LIFE
        return self.transaction_ids.filtered(
            lambda tx: tx._bridge_is_open()
            and tx.provider_id == provider
            and tx.bridge_link_expires_at > earliest
            # The bank would lead back to a link that was replaced.
            and tx.landing_route == self._get_page_path()
            and not tx.currency_id.compare_amounts(tx.amount, amount)
            and tx.offer_ids._get_values() == offered
        ).sorted("id", reverse=True)[:1]

    def _refresh_transactions(self):
        """Read this request's own open attempts at Bridge, unless that was just done.

        :return: whether all that is open could be read
        :rtype: bool
        """
        self.ensure_one()
        transactions = self.transaction_ids.filtered(
            lambda tx: tx.provider_code == const.PROVIDER_CODE
            and tx.state in ("draft", "pending")
            and tx.provider_reference
        )
        return transactions._bridge_refresh_for_payer()
