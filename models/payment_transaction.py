import logging
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from psycopg2 import OperationalError

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, mute_logger

from odoo.addons.payment import utils as payment_utils

from .. import const
from ..bridge import amount as bridge_amount
from ..bridge import label as bridge_label
from ..bridge import moment as bridge_moment
from ..bridge import status as bridge_status
from ..bridge.errors import BridgeError

_logger = logging.getLogger(__name__)


# What a person should look at, the most serious first.
ISSUES = [
    ("amount_differs", "Amount differs"),
    ("paid_twice", "Paid twice"),
    ("refused", "Refused by the bank"),
    ("no_news", "No news"),
]


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"

    payment_request_id = fields.Many2one(
        comodel_name="payment.request",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    request_share = fields.Monetary(
        string="Settles",
        readonly=True,
        help="How much of what is due this attempt settles: more than its amount "
        "when an early-payment discount was granted.",
    )
    bridge_link_url = fields.Char(readonly=True, groups="base.group_system")
    bridge_link_status = fields.Selection(
        selection=[
            ("valid", "Valid"),
            ("expired", "Expired"),
            ("revoked", "Revoked"),
            ("completed", "Completed"),
        ],
        readonly=True,
        help="State of the bank link of this attempt. Completed: a transfer was "
        "initiated, which does not mean that it is paid.",
    )
    bridge_link_expires_at = fields.Datetime(readonly=True)
    bank_status = fields.Selection(
        selection=[
            ("CREA", "Created"),
            ("ACTC", "Waiting for the payer's confirmation"),
            ("PDNG", "Confirmed, the bank executes it"),
            ("ACSC", "Executed"),
            ("RJCT", "Refused"),
            ("PART", "Executed in part"),
        ],
        readonly=True,
        help="Status of the transfer at the payer's bank (ISO 20022).",
    )
    bank_status_reason = fields.Char(readonly=True)
    bank_status_date = fields.Datetime(
        readonly=True, help="When the payer's bank gave its last status."
    )
    bridge_next_check_at = fields.Datetime(
        string="Next Check", readonly=True, index="btree_not_null"
    )
    bridge_check_count = fields.Integer(readonly=True)
    released_at = fields.Datetime(
        readonly=True,
        help="Since then, this transfer without news no longer keeps the payer from "
        "paying again. Money that arrives later is still taken in.",
    )
    issue = fields.Selection(
        selection=ISSUES,
        readonly=True,
        index="btree_not_null",
        help="What a person should look at.",
    )

    # === Creation ===

    @api.model
    def _compute_reference(self, provider_code, prefix=None, separator="-", **kwargs):
        """Override of `payment`: the reference is the 10-character code that heads
        the transfer's label, so that one bank line points at one attempt."""
        if provider_code != const.PROVIDER_CODE:
            return super()._compute_reference(
                provider_code, prefix=prefix, separator=separator, **kwargs
            )
        return self.env["payment.request"]._new_references(1)[0]

    def _get_specific_rendering_values(self, processing_values):
        """Override of `payment`: open the bank link the payer is redirected to."""
        if self.provider_code != const.PROVIDER_CODE:
            return super()._get_specific_rendering_values(processing_values)
        try:
            self._bridge_open_link()
        except (BridgeError, UserError) as error:
            self._bridge_set_unavailable(error)
            return {}
        url = urlsplit(self.sudo().bridge_link_url)
        return {
            "api_url": urlunsplit(url._replace(query="")),
            "url_params": dict(parse_qsl(url.query)),
        }

    def _bridge_set_unavailable(self, error):
        """End an attempt for which no bank link could be made.

        :param Exception error: what happened
        :return: what to tell the payer
        :rtype: str
        """
        self.ensure_one()
        _logger.warning("No bank link for transaction %s: %s", self.id, error)
        text = self._bridge_unavailable_text(error)
        self._set_error(text)
        return text

    def _bridge_unavailable_text(self, error):
        """Return what to tell the payer when no bank link could be made.

        :param Exception error: what happened; its text stays in the log
        """
        if getattr(error, "is_temporary", False):
            return self.env._(
                "The connection to the banks is not available at the moment. Nothing "
                "was paid. Please try again in a few minutes, or use another means "
                "of payment."
            )
        return self.env._(
            "The payment from your bank could not be started. Nothing was paid. Please "
            "use another means of payment, or contact us."
        )

    def _bridge_open_link(self):
        """Create the bank link of this attempt at Bridge and store it.

        :return: address of the bank journey
        :rtype: str
        :raises BridgeError: if Bridge does not create it
        """
        self.ensure_one()
        provider = self.provider_id
        expires_at = fields.Datetime.now() + timedelta(
            minutes=provider.bridge_link_minutes
        )
        country = (self.partner_country_id.code or "").lower()
        with provider._bridge_client() as client:
            link = client.create_payment_link(
                amount_cents=payment_utils.to_minor_currency_units(
                    self.amount, self.currency_id
                ),
                currency=self.currency_id.name,
                label=bridge_label.transfer_label(
                    self.reference, self._bridge_label_text()
                ),
                end_to_end_id=self.reference,
                client_reference=self.reference,
                user=self._bridge_payer(),
                expires_at=expires_at,
                callback_url=self._bridge_callback_url(),
                country=country if country in const.SUPPORTED_COUNTRIES else None,
                beneficiary=provider._bridge_beneficiary(),
            )
        self.write(
            {
                "provider_reference": link["id"],
                "bridge_link_url": link["url"],
                "bridge_link_status": "valid",
                "bridge_link_expires_at": expires_at,
                "bridge_check_count": 0,
                "bridge_next_check_at": fields.Datetime.now()
                + timedelta(minutes=const.SWEEP_MINUTES[0]),
            }
        )
        return link["url"]

    def _bridge_label_text(self):
        """Return what follows the reference in the transfer's label."""
        self.ensure_one()
        names = [name for name in self.invoice_ids.mapped("name") if name]
        return " ".join(names) or self.company_id.name or ""

    def _bridge_payer(self):
        """Return the payer as Bridge wants him: a company, or a first and last name."""
        self.ensure_one()
        partner = self.partner_id
        name = bridge_label.safe_name(self.partner_name or partner.display_name or "")
        payer = {
            "external_reference": bridge_label.safe_external_reference(
                f"partner-{partner.commercial_partner_id.id}"
            )
        }
        first, _space, last = name.partition(" ")
        is_company = partner.is_company or partner.commercial_partner_id.is_company
        # Bridge wants at least one letter in each name.
        if is_company or not all(
            any(char.isalpha() for char in part) for part in (first, last)
        ):
            company = partner.commercial_partner_id.name if is_company else name
            payer["company_name"] = bridge_label.safe_name(company or "") or "Client"
        else:
            payer.update(first_name=first, last_name=last)
        if self.partner_email:
            payer["email"] = self.partner_email
        return payer

    def _bridge_callback_url(self):
        """Return where the payer comes back to after his bank."""
        self.ensure_one()
        if self.payment_request_id:
            return f"{self.payment_request_id.sudo().url}/return"
        return f"{self.company_id._payment_request_base_url()}/payment/bridge/return"

    # === Reading at Bridge ===

    def _bridge_refresh(self):
        """Read each transaction's link and bank attempts at Bridge and apply them.

        A transaction that another worker is reading is left to it, so that an older
        answer never overwrites a newer one.

        :return: the transactions that were read
        :rtype: payment.transaction
        :raises BridgeError: if Bridge cannot be read; nothing is lost, read again later
        """
        read = self.browse()
        for tx in self.filtered("provider_reference").try_lock_for_update(
            allow_referencing=True
        ):
            link_id = tx.provider_reference
            with tx.provider_id._bridge_client() as client:
                link = client.read_payment_link(link_id)
                attempts = list(client.list_payment_requests(payment_link_id=link_id))
            tx._in_company_language()._process(
                const.PROVIDER_CODE, {"link": link, "attempts": attempts}
            )
            read |= tx
        return read

    def _bridge_wait_for_reader(self):
        """Wait a few seconds at most for whoever holds the transaction."""
        self.ensure_one()
        try:
            with self.env.cr.savepoint(flush=False), mute_logger("odoo.sql_db"):
                self.env.cr.execute(
                    SQL("SET LOCAL lock_timeout = %s", f"{const.READER_SECONDS}s")
                )
                self.env.cr.execute(
                    SQL(
                        "SELECT FROM payment_transaction WHERE id = %s FOR UPDATE",
                        self.id,
                    )
                )
        except OperationalError:
            # Too long, or changed meanwhile: both are for the next attempt to see.
            _logger.info("Transaction %s was held by another process", self.id)

    @api.model
    def _extract_reference(self, provider_code, payment_data):
        """Override of `payment` to extract the reference from the payment data."""
        if provider_code != const.PROVIDER_CODE:
            return super()._extract_reference(provider_code, payment_data)
        return payment_data["link"].get("client_reference")

    def _extract_amount_data(self, payment_data):
        """Override of `payment`: `_apply_updates` checks amounts itself, because core's
        check lets the same wrong notification through the second time."""
        if self.provider_code != const.PROVIDER_CODE:
            return super()._extract_amount_data(payment_data)
        return None

    def _apply_updates(self, payment_data):
        """Override of `payment` to update the transaction from what Bridge answered."""
        if self.provider_code != const.PROVIDER_CODE:
            return super()._apply_updates(payment_data)
        link, attempts = payment_data["link"], payment_data["attempts"]
        attempt = bridge_status.strongest(attempts) or {}
        if mismatch := self._bridge_mismatch(link, attempt):
            self._bridge_refuse_data(mismatch)
            return None
        self.provider_id._bridge_note_beneficiary(link)
        self._bridge_store_statuses(link, attempt)
        status = self.bank_status
        if status == "ACSC":
            # Late money, after a cancel or an expiry, is still taken in.
            if self.state != "done":
                self._bridge_set_done()
            self._bridge_flag_second_transfer(attempts)
        elif status == "PART":
            self._bridge_refuse_data(
                self.env._("The bank executed only a part of this transfer.")
            )
        elif status == "PDNG" or (
            self.bridge_link_status == "completed" and status != "RJCT"
        ):
            if self.state not in ("pending", "done"):
                self._set_pending(extra_allowed_states=("cancel", "error"))
        elif status == "RJCT" and self.bridge_link_status == "completed":
            self._bridge_set_refused()
        elif self.bridge_link_status in ("expired", "revoked"):
            if self.state in ("draft", "pending"):
                self._set_canceled(self._bridge_closed_text())
        return None

    def _bridge_store_statuses(self, link, attempt):
        """Store the statuses that were read; money is never forgotten."""
        values = {}
        if link.get("status") in dict(self._fields["bridge_link_status"].selection):
            values["bridge_link_status"] = link["status"]
        status = attempt.get("status")
        if status == bridge_status.CANC:
            status = bridge_status.RJCT
        if status in dict(self._fields["bank_status"].selection):
            reason = attempt.get("status_reason") or False
            if (status, reason) != (self.bank_status, self.bank_status_reason):
                values.update(
                    bank_status=status,
                    bank_status_reason=reason,
                    bank_status_date=self._bridge_datetime(attempt),
                )
        if any(self[field] != value for field, value in values.items()):
            self.write(values)

    @api.model
    def _bridge_datetime(self, attempt):
        """Return when ``attempt`` was last updated, naive UTC, now if not said."""
        now = fields.Datetime.now()
        moment = bridge_moment.parse(
            attempt.get("updated_at") or attempt.get("created_at")
        )
        if not moment:
            return now
        return min(moment.replace(tzinfo=None, microsecond=0), now)

    def _bridge_mismatch(self, link, attempt):
        """Return why what was read is not this transaction, or an empty string.

        The link's id, its reference, its currency and the total of its transfers must
        be ours, whatever was received before.
        """
        self.ensure_one()
        if link.get("id") and link["id"] != self.provider_reference:
            return self.env._("Bridge answered about another payment link.")
        if attempt and attempt.get("payment_link_id") not in (
            None,
            self.provider_reference,
        ):
            return self.env._("The bank transfer belongs to another payment link.")
        if link.get("client_reference") not in (None, self.reference):
            return self.env._("The payment link carries another reference.")
        expected = payment_utils.to_minor_currency_units(self.amount, self.currency_id)
        # A link without amounts is refused; an attempt may leave them out.
        asked = link.get("transactions") or [{}]
        tried = [t for t in attempt.get("transactions") or () if "amount" in t]
        for transfers in filter(None, (asked, tried)):
            currencies = {str(t.get("currency")) for t in transfers}
            try:
                total = sum(bridge_amount.to_cents(t.get("amount")) for t in transfers)
            except ValueError:
                return self.env._("Bridge gave no readable amount.")
            if total != expected or currencies != {self.currency_id.name}:
                return self.env._(
                    "Bridge reports %(read)s, but %(asked)s was asked for.",
                    read=f"{total / 100:.2f} {'/'.join(sorted(currencies))}",
                    asked=f"{expected / 100:.2f} {self.currency_id.name}",
                )
        return ""

    def _bridge_refuse_data(self, message):
        """Book nothing from data that is not ours, and call a person."""
        self.ensure_one()
        if self.state in ("draft", "pending"):
            self._set_error(message)
        if self.issue != "amount_differs":
            self._flag("amount_differs", message)

    def _bridge_set_refused(self):
        """Refused after the payer's confirmation: free him, and tell both sides."""
        self.ensure_one()
        if self.state in ("error", "done", "cancel"):
            return
        reason = self._bridge_reason_text()
        self._set_error(reason)
        self._flag("refused", reason)
        template = self.env.ref(
            "account_payment_request.mail_template_transfer_refused",
            raise_if_not_found=False,
        )
        if not template or not self.partner_email:
            return
        try:
            with self.env.cr.savepoint():
                template.sudo().send_mail(self.id)
        except UserError:
            # A text that somebody edited must not keep the refusal from being known.
            _logger.exception("The payer of transaction %s was not told", self.id)
        else:
            # Odoo's mail queue runs once an hour: the payer is told now.
            self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger()

    def _bridge_set_done(self):
        """The money left the payer, or is here: book it, whatever came before."""
        done = self._set_done(extra_allowed_states=("cancel",))
        if done:
            # Whoever read it books it at once: core's job is for when that fails.
            self.env.ref("payment.cron_post_process_payment_tx")._trigger(
                at=fields.Datetime.now() + timedelta(minutes=1)
            )
        settled = self.filtered(lambda tx: tx.issue in ("refused", "no_news"))
        settled._clear_issue()
        self.filtered("released_at").released_at = False

    def _bridge_flag_second_transfer(self, attempts):
        """Call a person when the payer confirmed twice on one link: one transfer is
        booked, the bank line of the other one stays open."""
        executed = [a for a in attempts if a.get("status") == bridge_status.ACSC]
        if len(executed) > 1 and self.issue != "paid_twice":
            self._flag(
                "paid_twice",
                self.env._(
                    "The payer confirmed %(count)s transfers of %(amount)s with one "
                    "link. One of them is booked; refund the others once they are on "
                    "the bank account, or use them for another invoice.",
                    count=len(executed),
                    amount=self.currency_id.format(self.amount),
                ),
            )

    def _bridge_closed_text(self):
        self.ensure_one()
        if self.bridge_link_status == "expired":
            return self.env._("The time to confirm at the bank has run out.")
        return self.env._("This attempt was replaced or withdrawn.")

    def _in_company_language(self):
        """Return the records in the language in which the company keeps its books:
        what a job or a payer's return writes there is read by its accountants.

        :rtype: payment.transaction
        """
        return self.with_context(lang=self.company_id[:1]._get_payment_language())

    # === To handle ===

    def _flag(self, issue, note):
        """Mark the transactions for a person and give the accountant a task.

        :param str issue: value of the field `issue`
        :param str note: what happened, in a sentence
        """
        self.write({"issue": issue})
        summary = dict(self._fields["issue"]._description_selection(self.env))[issue]
        for tx in self:
            tx._log_message_on_linked_documents(note)
            if document := tx._get_document():
                document.activity_schedule(
                    "mail.mail_activity_data_todo",
                    summary=f"{summary}: {tx.reference}",
                    note=note,
                    user_id=tx._accountant().id,
                )

    def _get_document(self):
        """Return the record on which tasks about this transaction are put: its request,
        else its invoice, else its order if there are orders.

        :return: in sudo, empty if there is none
        """
        self.ensure_one()
        orders = (
            self.sale_order_ids if "sale_order_ids" in self._fields else self.browse()
        )
        return (self.payment_request_id or self.invoice_ids[:1] or orders[:1]).sudo()

    def _accountant(self):
        """Return the user to whom tasks about this transaction go: the one named in
        the settings, else the responsible if he does accounting, else an accountant.

        :rtype: res.users
        """
        self.ensure_one()
        company = self.company_id
        users = (
            company.payment_request_user_id
            | self.payment_request_id.user_id
            | self.invoice_ids.invoice_user_id
        )
        group = self.env.ref("account.group_account_invoice")
        accountants = users.filtered(
            lambda user: user.active
            and group in user.all_group_ids
            and user.id != SUPERUSER_ID
        )
        return (
            accountants[:1]
            or group.all_user_ids.filtered(
                lambda user: user.active
                and company in user.company_ids
                and user.id != SUPERUSER_ID
            ).sorted("id")[:1]
        )

    def _clear_issue(self):
        """Take the transactions off the list of what is to be handled."""
        for tx in self.filtered("issue"):
            if document := tx._get_document():
                activities = document.activity_ids.filtered(
                    lambda activity, tx=tx: activity.automated
                    and tx.reference in (activity.summary or "")
                )
                activities.action_done()
        self.write({"issue": False})

    # === From done to booked ===

    def _post_process(self):
        """Override of `payment`: never post an invoice that was put back to draft, and
        say when money came that nothing was due for."""
        done = self.filtered(
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
        unbooked = self.filtered(lambda tx: tx.state == "done" and not tx.payment_id)
        res = super(PaymentTransaction, self._in_company_language())._post_process()
        for tx in unbooked._in_company_language().filtered("payment_id"):
            tx._flag_if_unused()
        return res

    def _flag_if_unused(self):
        """Flag a payment for documents on which less than its amount was due."""
        self.ensure_one()
        payment = self.payment_id
        asked = self.invoice_ids or self.payment_request_id.line_ids
        lines = payment.move_id.line_ids.filtered(
            lambda line: line.account_id == payment.destination_account_id
            and not line.reconciled
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
        """Book those that are done, one by one and committed; what cannot be booked
        (lock date, journal) is tried again by core's own job."""
        done = self.filtered(lambda tx: tx.state == "done" and not tx.is_post_processed)
        if done:  # Core takes an empty set for all transactions there are.
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
        return super()._create_payment(**extra_create_values)

    def _bridge_payment_date(self):
        """Return the day of the transfer in the company's time zone, or today when
        that day's period is locked."""
        self.ensure_one()
        company = self.company_id
        today = company._get_payment_today()
        if not self.bank_status_date:
            return today
        timed = self.with_context(tz=company._get_payment_timezone())
        date = fields.Datetime.context_timestamp(timed, self.bank_status_date).date()
        journal = self.provider_id.journal_id
        if company._get_violated_lock_dates(date, False, journal):
            return today
        return date

    def _log_message_on_linked_documents(self, message):
        """Override of `payment` to tell the story on the payment request too."""
        res = super()._log_message_on_linked_documents(message)
        if self.payment_request_id:
            self.payment_request_id.sudo().message_post(body=message)
        return res

    # === Sweep ===

    @api.model
    def _cron_bridge_sweep(self, limit=200):
        """Read the transactions nobody told us about, at growing intervals, and free
        the payers of transfers without news.

        :param int limit: how many transactions one run reads at most
        """
        self._release_without_news()
        domain = Domain("provider_code", "=", const.PROVIDER_CODE) & Domain(
            "bridge_next_check_at", "<=", fields.Datetime.now()
        )
        cron = self.env["ir.cron"]
        total = self.search_count(domain)
        txs = self.search(domain, order="bridge_next_check_at, id", limit=limit)
        cron._commit_progress(remaining=total)
        unreachable = set()
        for tx_id in txs.ids:
            tx = self.browse(tx_id).try_lock_for_update(allow_referencing=True)
            tx = tx.filtered_domain(domain)
            if not tx:
                continue
            if tx.provider_id.id in unreachable:
                tx._bridge_schedule_check()
            elif not tx._bridge_check():
                unreachable.add(tx.provider_id.id)
            remaining_time = cron._commit_progress(1)
            tx._book_done()
            if not remaining_time:
                break

    def _bridge_check(self):
        """Read one transaction for the sweep; withdraw its link if it is obsolete.

        :return: whether Bridge answered
        :rtype: bool
        """
        self.ensure_one()
        reachable = True
        try:
            with self.env.cr.savepoint():
                self._bridge_read_or_withdraw()
        except (BridgeError, UserError) as error:
            _logger.warning("Transaction %s could not be read: %s", self.id, error)
            reachable = not getattr(error, "is_temporary", False)
        except Exception:
            # Whatever it is, the other transactions must not wait for it.
            _logger.exception("Transaction %s could not be read", self.id)
        self._bridge_schedule_check()
        return reachable

    def _bridge_read_or_withdraw(self):
        """Read one transaction at Bridge, its link withdrawn if it is obsolete.

        :raises BridgeError: if Bridge does not answer
        """
        if not self.provider_reference:
            self._set_canceled(self.env._("The payer never reached his bank."))
            return
        if self._bridge_is_obsolete():
            with self.provider_id._bridge_client() as client:
                client.revoke_payment_link(self.provider_reference)
        self._bridge_refresh()

    def _bridge_is_obsolete(self):
        """Return whether the payer should no longer use this attempt's link."""
        self.ensure_one()
        if self.state != "draft" or self.bridge_link_status != "valid":
            return False
        request = self.payment_request_id
        if request:
            newer = request.transaction_ids.filtered(
                lambda tx: tx.id > self.id
                and tx.state in ("draft", "pending", "done")
                and tx.provider_code == const.PROVIDER_CODE
            )
            return (
                bool(newer)
                or request.state in ("revoked", "expired", "paid")
                or self.currency_id.compare_amounts(self.amount, request.amount_to_pay)
                > 0
            )
        return bool(self.invoice_ids) and not any(
            move.state == "posted" and move.amount_residual for move in self.invoice_ids
        )

    def _bridge_schedule_check(self):
        """Set when the transaction is read next; never again once its end is known."""
        now = fields.Datetime.now()
        for tx in self:
            last_change = tx.last_state_change or tx.create_date
            late = now - last_change > timedelta(days=const.LATE_MONEY_DAYS)
            if tx.state == "done" or (tx.state in ("cancel", "error") and late):
                tx.bridge_next_check_at = False
                continue
            steps = const.SWEEP_MINUTES
            minutes = steps[min(tx.bridge_check_count, len(steps) - 1)]
            tx.write(
                {
                    "bridge_check_count": tx.bridge_check_count + 1,
                    "bridge_next_check_at": now + timedelta(minutes=minutes),
                }
            )

    @api.model
    def _release_without_news(self):
        """Free the payers of transfers whose bank has been silent for too long."""
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT tx.id
                  FROM payment_transaction tx
                  JOIN payment_provider provider ON provider.id = tx.provider_id
                 WHERE provider.code = %(code)s
                   AND tx.state = 'pending'
                   AND tx.released_at IS NULL
                   AND tx.last_state_change
                       + make_interval(days => provider.bridge_no_news_days) < %(now)s
                """,
                code=const.PROVIDER_CODE,
                now=fields.Datetime.now(),
            )
        )
        silent = self.browse(row[0] for row in rows).try_lock_for_update(
            allow_referencing=True
        )
        silent.write({"released_at": fields.Datetime.now()})
        for provider, records in silent.grouped("provider_id").items():
            txs = records._in_company_language()
            txs._flag(
                "no_news",
                txs.env._(
                    "The payer confirmed this transfer, but no news of it came for "
                    "%(days)s days. Look for it on the bank account. The payer can "
                    "pay again; the transfer is still taken in if it arrives.",
                    days=provider.bridge_no_news_days,
                ),
            )

    def _bridge_trigger_check(self):
        """Have the transactions read at Bridge within seconds."""
        if self:
            self.write({"bridge_next_check_at": fields.Datetime.now()})
            self.env.ref("account_payment_request.ir_cron_bridge_sweep")._trigger()

    # === Money on its way ===

    def _is_on_its_way(self):
        """Return the transactions whose money left, or is about to leave, the payer:
        pending and not released, or done and not booked yet."""
        # Most documents have no transaction: building the domain is not for free.
        return self and self.filtered_domain(self._get_on_its_way_domain())

    def _is_awaited_at_bank(self):
        """Return whether no bank line has paid this transfer yet."""
        self.ensure_one()
        return not self.payment_id or not self.payment_id.is_matched

    @api.model
    def _get_on_its_way_domain(self):
        """Return the domain of `_is_on_its_way`, for searches.

        :rtype: Domain
        """
        waiting = Domain("state", "in", ("pending", "authorized")) & Domain(
            "released_at", "=", False
        )
        unbooked = (
            Domain("state", "=", "done")
            & Domain("payment_id", "=", False)
            & Domain("is_post_processed", "=", False)
        )
        return waiting | unbooked

    # === Actions ===

    def action_bridge_check(self):
        """Read the transactions at Bridge now, for a person who is looking at them.

        :raises UserError: when Bridge does not answer
        """
        self.check_access("write")
        try:
            self.sudo()._bridge_refresh()
        except BridgeError as error:
            raise UserError(
                self.provider_id.sudo()._bridge_connection_message(error)
            ) from error
