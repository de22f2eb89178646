from odoo import fields, models

from ... import const


class PaymentTransaction(models.Model):
    """From a done transaction to its payment."""

    _inherit = "payment.transaction"

    def _post_process(self):
        """Override of `payment`: book only what is proven, never post an invoice that
        was put back to draft, and say when money came that nothing was due for."""
        bookable = self._filter_proven()
        done = bookable.filtered(
            lambda tx: tx.state == "done"
            and (tx.payment_request_id or tx.provider_code == const.PROVIDER_CODE)
        )
        for tx in done:
            # Drafts never posted are new, such as those made of a paid order.
            if drafts := tx.invoice_ids.filtered(
                lambda move: move.state == "draft" and move.posted_before
            ):
                tx._log_message_on_linked_documents(
                    self.env._(
                        "This payment arrived while the invoice is in draft: it stays "
                        "a credit of the customer until the invoice is posted."
                    )
                )
                tx.invoice_ids -= drafts
        unbooked = bookable.filtered(
            lambda tx: tx.state == "done" and not tx.payment_id
        )
        company = self.company_id[:1]
        txs = company._with_books_language(bookable)
        res = super(PaymentTransaction, txs)._post_process()
        for tx in company._with_books_language(unbooked).filtered("payment_id"):
            tx._flag_if_unused()
            tx._flag_lost_discount()
        return res

    def _flag_if_unused(self):
        """Flag a payment for documents on which less than its amount was due."""
        self.ensure_one()
        payment = self.payment_id
        asked = self.invoice_ids or self.payment_request_id.line_ids
        lines = payment.move_id.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable" and not line.reconciled
        )
        unused = -sum(lines.mapped("amount_residual_currency"))
        if asked and self.currency_id.compare_amounts(unused, 0) > 0:
            self._flag(
                "paid_twice",
                self.env._(
                    "%(amount)s of this payment was no longer due: it stays on the "
                    "account of %(customer)s as a credit. Refund it, or use it for "
                    "another invoice.",
                    amount=self.currency_id.format(unused),
                    customer=self.partner_id.display_name,
                ),
            )

    def _book_done(self):
        """Book those that are done, one by one and committed, after what was read: a
        booking that fails does not undo the reading. What cannot be booked (lock date,
        journal) is tried again by core's own job."""
        done = self.filtered(lambda tx: tx.state == "done" and not tx.is_post_processed)
        if done:  # Core takes an empty set for all transactions there are.
            self.env["ir.cron"]._commit_progress()
            done._cron_post_process()

    def _create_payment(self, **extra_create_values):
        """Override of `account_payment`: carry the transfer's date and reference."""
        if self.provider_code == const.PROVIDER_CODE:
            names = self.invoice_ids.mapped("name") or [
                self.payment_request_id.description or ""
            ]
            extra_create_values = {
                "date": self._bridge_payment_date(),
                "memo": " ".join([self.reference, *filter(None, names)]),
                "payment_reference": self.reference,
                **extra_create_values,
            }
        create_payment = super()._create_payment
        if offers := self._get_accepted_offers():
            return self._book_offer(offers, extra_create_values, create_payment)
        return create_payment(**extra_create_values)

    def _bridge_payment_date(self):
        """Return the day of the transfer in the company's time zone, or today when
        that day's period is locked."""
        self.ensure_one()
        company = self.company_id
        today = company._get_payment_today()
        if not self.bank_status_at:
            return today
        timed = self.with_context(tz=company._get_payment_timezone())
        date = fields.Datetime.context_timestamp(timed, self.bank_status_at).date()
        journal = self.provider_id.journal_id
        if company._get_violated_lock_dates(date, False, journal):
            return today
        return date

    def _log_message_on_linked_documents(self, message):
        """Override of `payment` to tell the story on the payment request too."""
        res = super()._log_message_on_linked_documents(message)
        if self.payment_request_id:
            # As core does on the invoice: by us, or by the payer who is on the page.
            is_public = self.env.user._is_public()
            author = self.partner_id if is_public else self.env.user.partner_id
            self.payment_request_id.sudo().message_post(
                body=message, author_id=author.id
            )
        return res
