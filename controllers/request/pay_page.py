"""What the pages of a payment request say, in the payer's language.

Everything here reads records that the caller has sudoed and put in the payer's
language; nothing writes and nothing calls the network.
"""

from datetime import date, timedelta

from odoo import fields
from odoo.tools.misc import format_amount

from odoo.addons.payment.controllers.portal import PaymentPortal

from ...models.text import shorten_list, write_day_in_words

# Invoices that the page shows one by one; the others are folded.
DOCUMENTS_SHOWN = 5
# States of a transaction whose money is on its way or here.
UNDER_WAY = ("pending", "authorized", "done")


class PayPage:
    """Texts and figures of the pages of one payment request.

    :param pay_request: a sudoed `payment.request` with the payer's language in
        its context.
    """

    def __init__(self, pay_request):
        self.request = pay_request
        self.env = pay_request.env
        self.company = pay_request.company_id
        self.timezone = self.company._get_payment_timezone()
        self.today = self.company._get_payment_today()

    # Formats

    def money(self, amount):
        return format_amount(self.env, amount, self.request.currency_id)

    def day(self, date):
        return write_day_in_words(self.env, date)

    def moment(self, date):
        """A naive UTC date and time as the company's clock shows it."""
        local = self.local(date)
        return f"{self.day(local.date())}, {local:%H:%M}"

    def local(self, date):
        """A naive UTC date and time, in the company's time zone."""
        return fields.Datetime.context_timestamp(
            self.request.with_context(tz=self.timezone), date
        )

    def due_text(self, first, last=None):
        """When an amount is due.

        :param first: earliest day on which a part of it is due, if any
        :param last: latest one, if there are several
        :return: `text`, and whether all of it is `late`
        :rtype: dict
        """
        if not first:
            return {"text": "", "late": False}
        if last and last != first:
            text = self.env._(
                "Due between %(first)s and %(last)s",
                first=self.day(first),
                last=self.day(last),
            )
            return {"text": text, "late": last < self.today}
        if first == self.today:
            return {"text": self.env._("Due today"), "late": False}
        if first < self.today:
            text = self.env._("It was due on %(date)s", date=self.day(first))
            return {"text": text, "late": True}
        text = self.env._("Due on %(date)s", date=self.day(first))
        return {"text": text, "late": False}

    # Values

    def offers(self, option_key):
        """Whether the page offers to pay that option now."""
        return self.request._get_page_state() == "pay" and option_key in [
            option["key"] for option in self.request._get_payment_options()
        ]

    def is_waiting_for_bank(self):
        """Whether the last attempt was opened and nothing came of it yet."""
        last = self.request._get_last_attempt()
        return (
            last.state == "draft"
            and last.bank_status != "RJCT"
            and self.request._get_page_state() == "pay"
        )

    def values(self, state=None):
        """Values of the template of `state` (by default the request's own)."""
        state = state or self.request._get_page_state()
        fill = {
            "pay": self._pay_values,
            "in_progress": self._in_progress_values,
            "checking": self._in_progress_values,
            "paid": self._paid_values,
        }.get(state)
        documents = self.request._get_documents()
        deducted = self.request._get_deducted(documents)
        return {
            **self.frame_values(),
            "state": state,
            "parts": self.request._get_page_parts(),
            "for_payer": self.env._(
                "To be paid by %(payer)s",
                payer=self.request.partner_id.commercial_partner_id.name,
            ),
            **self._documents(documents),
            "notice": self.request._get_page_notice(),
            "deducted": self.money(-deducted) if deducted else "",
            **self._contact(),
            **(fill() if fill else {}),
        }

    def frame_values(self):
        """Values of the frame around any page: the company, and our own address."""
        path = self.request._get_page_path()
        return {
            "path": path,
            "company": self.company.name,
            "logo": not self.company.uses_default_logo and f"{path}/logo",
        }

    def _contact(self):
        """Whom to ask: the company, or the person in charge if it has no address."""
        company = self.company
        phone = company.phone or ""
        return {
            "email": company.email or self.request.user_id.email,
            "phone": phone,
            "phone_link": "".join(c for c in phone if c.isdigit() or c == "+"),
        }

    def _documents(self, documents):
        """The invoices, what was due first before the others, many of them folded."""
        rows = [
            {
                **document,
                "amount_text": self.money(document["amount"]),
                "date_text": self.day(document["date"]),
                "due": self.due_text(document["due_date"]),
            }
            for document in sorted(
                documents, key=lambda row: (row["due_date"] or date.max, row["index"])
            )
        ]
        shown, more = shorten_list(rows, DOCUMENTS_SHOWN)
        return {
            "documents": rows,
            "documents_shown": shown,
            "documents_folded": rows[len(shown) :],
            "folded_text": more and self.env._("Show the other %s", more),
        }

    def _pay_values(self):
        request = self.request
        options = [self._option(option) for option in request._get_payment_options()]
        first = options[0]
        on_its_way = request.amount_in_progress
        refusal = request._get_last_refusal()
        others = request._get_other_providers(first["amount"])
        return {
            "options": options,
            "first": first,
            "bank": first["provider"],
            "bank_reason": first["reason"],
            "test_mode": bool(first["provider"]) and first["provider"].state == "test",
            "description": request.description,
            "on_its_way": bool(on_its_way)
            and self.env._(
                "A transfer of %(amount)s is already on its way. "
                "What is asked below is the rest.",
                amount=self.money(on_its_way),
            ),
            "received": self._received(),
            "unallocated": self._unallocated(),
            "refusal": refusal and self._refusal(refusal),
            "has_other_means": bool(others),
            "transfer": request._get_transfer_details(first["amount"]),
            "has_epc_qr": request._has_epc_qr(),
        }

    def _received(self):
        """What was paid of this request already, when something is left to pay."""
        done = self.request.transaction_ids.filtered(lambda tx: tx.state == "done")
        booked = sum((done - done._is_on_its_way()).mapped("amount"))
        return bool(booked) and self.env._(
            "We received %(amount)s, thank you. What is asked below is the rest.",
            amount=self.money(booked),
        )

    def _unallocated(self):
        """What came in, and may be for this, a sentence each. Who holds the link need
        not be the customer: what is for something else is told without its amount.
        """
        found = self.request._get_unallocated()
        told = [
            self.env._(
                "We received %(amount)s on %(date)s; it is being allocated. Please pay "
                "only what it does not cover.",
                amount=format_amount(self.env, amount, currency),
                date=self.day(day),
            )
            for amount, currency, day, is_for_this in found
            if is_for_this or self.is_payer(self.env.user)
        ]
        if len(told) < len(found):
            told.append(
                self.env._(
                    "A payment of yours came in and is being allocated. If it is for "
                    "what is asked here, please do not pay it again."
                )
            )
        return told

    def _option(self, option):
        """One amount the payer may choose, and how it goes through the bank."""
        offer = self.request._get_bridge_offer(option["amount"])
        split = ""
        if offer["provider"] and offer.get("transfers", 1) > 1:
            split = self.env._(
                "One transfer cannot carry that much: it takes %(count)s transfers. "
                "%(now)s now, then %(left)s on this same page.",
                count=offer["transfers"],
                now=self.money(offer["amount"]),
                left=self.money(offer["left"]),
            )
        return {
            **option,
            "amount_text": self.money(option["amount"]),
            "due": self.due_text(option.get("due_date"), self._last_due_date(option)),
            "split": split,
            "provider": offer["provider"],
            "reason": offer.get("reason", ""),
        }

    def _last_due_date(self, option):
        """The day by which all of an option is due: installments have one only."""
        dates = self.request.line_ids.filtered("amount_due").mapped("due_date")
        return max(filter(None, dates), default=None) if len(dates) > 1 else None

    def _refusal(self, tx):
        return {
            "reason": tx._bridge_reason_text(),
            "attempt": self.env._(
                "The transfer of %(amount)s of %(date)s was not executed.",
                amount=self.money(tx.amount),
                date=self.moment(tx.last_state_change or tx.create_date),
            ),
        }

    def _in_progress_values(self):
        """The newest attempt: the payer asks about the one they have just made."""
        txs = self.request.transaction_ids
        under_way = txs.filtered(lambda tx: tx.state in UNDER_WAY)
        tx = (under_way or txs).sorted("id")[-1:]
        if not tx:
            return {}
        started = tx.last_state_change or tx.create_date
        return {
            "transfer_amount": self.money(tx.amount),
            "transfer_since": self.env._(
                "confirmed on %(date)s", date=self.moment(started)
            ),
            "transfer_reference": tx.reference,
        }

    def _paid_values(self):
        done = self.request.transaction_ids.filtered(lambda tx: tx.state == "done")
        booking = done.filtered(lambda tx: not tx.is_post_processed)
        just_now = fields.Datetime.now() - timedelta(minutes=1)
        return {
            "payments": [
                {
                    "amount_text": format_amount(self.env, tx.amount, tx.currency_id),
                    "date_text": self.day(
                        tx.payment_id.date
                        or self.local(tx.last_state_change or tx.create_date).date()
                    ),
                    "reference": tx.reference,
                }
                for tx in done.sorted("id")
            ],
            "has_receipt": bool(self.request._get_receipt_payments()),
            # The receipt is there in a few seconds.
            "refresh": "3"
            if any((tx.last_state_change or just_now) > just_now for tx in booking)
            else "",
        }

    # Other means of payment

    def payment_form_values(self, option_key, user):
        """Context of core's payment form for the providers beside the bank.

        :param option_key: key of one of the request's payment options.
        :param user: who looks at the page; only the payers themselves, logged in, get
            their saved means of payment, since a link can be forwarded.
        """
        request = self.request
        create_values = request._transaction_create_values(option_key)
        amount = create_values["amount"]
        partner = request.partner_id
        currency = request.currency_id
        report = {}
        providers = request._get_other_providers(amount)
        methods = self.env["payment.method"]._get_compatible_payment_methods(
            providers.ids, partner.id, currency_id=currency.id, report=report
        )
        tokens = self.env["payment.token"]
        tokenize = dict.fromkeys(providers.ids, False)
        if self.is_payer(user):
            tokens = tokens._get_available_tokens(providers.ids, partner.id)
            tokenize = PaymentPortal._compute_show_tokenize_input_mapping(providers)
        return {
            "amount": amount,
            "currency": currency,
            "partner_id": partner.id,
            "providers_sudo": providers,
            "payment_methods_sudo": methods,
            "tokens_sudo": tokens,
            "show_tokenize_input_mapping": tokenize,
            "availability_report": report,
            "reference_prefix": request.reference,
            "access_token": "",
        }

    def is_payer(self, user):
        """Whether `user` is logged in as somebody of the payer's own company."""
        return (
            not user._is_public()
            and user.partner_id.commercial_partner_id
            == self.request.partner_id.commercial_partner_id
        )
