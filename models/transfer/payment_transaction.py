import logging
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.payment import utils as payment_utils

from ... import const
from ...bridge import label as bridge_label
from ...bridge import reference as bridge_reference
from ...bridge.transport import Budget
from ..payment_rate import TooOften, waiting_text
from ..task import schedule_task
from ..text import labelled
from .payment_provider import KNOWN_ERRORS, get_rate_limit

_logger = logging.getLogger(__name__)


# What a person should look at, the most serious first.
ISSUES = [
    ("amount_differs", "Amount differs"),
    ("paid_twice", "Paid twice"),
    ("refused", "Refused by the bank"),
    ("returned", "Returned by the bank"),
    ("no_news", "No news"),
]


class PaymentTransaction(models.Model):
    _name = "payment.transaction"
    _inherit = ["payment.transaction", "bridge.alive"]

    payment_request_id = fields.Many2one(
        comodel_name="payment.request",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    request_share = fields.Monetary(
        string="Settles",
        compute="_compute_request_share",
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
    bank_status_at = fields.Datetime(
        readonly=True, help="When the payer's bank gave its last status."
    )
    bridge_next_check_at = fields.Datetime(
        string="Next Check", readonly=True, index="btree_not_null"
    )
    bridge_check_count = fields.Integer(readonly=True)
    released_at = fields.Datetime(
        readonly=True,
        help="Since then, this transfer without news no longer keeps the payer from "
        "paying again. Money that arrives later is still booked.",
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
        return self._new_references(1)[0]

    @api.model
    def _new_references(self, count):
        """Return ``count`` references that no record carries yet."""
        found = []
        while len(found) < count:
            fresh = bridge_reference.make_many(count - len(found))
            taken = self._get_taken_references(fresh)
            found += [code for code in fresh if code not in taken]
        return found

    @api.model
    def _get_taken_references(self, references):
        """Return those of ``references`` that a record carries already.

        :param list[str] references: candidates
        :rtype: set[str]
        """
        queries = [
            SQL(
                "SELECT reference FROM %s WHERE reference IN %s",
                SQL.identifier(self.env[model]._table),
                tuple(references),
            )
            for model in self._get_reference_models()
        ]
        query = SQL(" UNION ALL ").join(queries)
        return {reference for [reference] in self.env.execute_query(query)}

    @api.model
    def _get_reference_models(self):
        """Return the names of the models whose records carry such references, each in
        its column `reference`."""
        return [self._name]

    def _get_specific_rendering_values(self, processing_values):
        """Override of `payment`: open the bank link the payer is redirected to."""
        if self.provider_code != const.PROVIDER_CODE:
            return super()._get_specific_rendering_values(processing_values)
        try:
            self.env["payment.rate"]._check(
                "links of a payer",
                self.partner_id.commercial_partner_id.id,
                const.LINKS_MAX_PAYER,
                const.LINK_WINDOW_SECONDS,
            )
            self._bridge_open_link()
        except KNOWN_ERRORS as error:
            self._bridge_set_unavailable(error)
            return {}
        url = urlsplit(self.sudo().bridge_link_url)
        return {
            "api_url": urlunsplit(url._replace(query="")),
            "url_params": dict(parse_qsl(url.query)),
        }

    def _bridge_set_unavailable(self, error):
        """End an attempt for which no bank link could be made.

        :param Exception error: what happened; its text stays in the log
        :return: what to tell the payer
        :rtype: str
        """
        self.ensure_one()
        _logger.warning("No bank link for transaction %s: %s", self.id, error)
        if isinstance(error, TooOften):
            text = str(error)
        elif wait := get_rate_limit(error):
            text = self.env._(
                "The connection to the banks is very busy at the moment. Nothing was "
                "paid: please try again in %(wait)s.",
                wait=waiting_text(self.env, wait),
            )
        elif getattr(error, "is_temporary", False):
            text = self.env._(
                "The connection to the banks is not available at the moment. Nothing "
                "was paid. Please try again in a few minutes, or use another means "
                "of payment."
            )
        else:
            text = self.env._(
                "The payment from your bank could not be started. Nothing was paid. "
                "Please use another means of payment, or contact us."
            )
        self._set_error(text)
        return text

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
        names = filter(None, self.invoice_ids.mapped("name"))
        # Payers who are about to pay are the last who have to wait.
        with provider._bridge_client(max_calls=const.CALLS_MAX) as client:
            link = client.create_payment_link(
                amount_cents=payment_utils.to_minor_currency_units(
                    self.amount, self.currency_id
                ),
                currency=self.currency_id.name,
                label=bridge_label.transfer_label(
                    self.reference, " ".join(names) or self.company_id.name
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
                + timedelta(minutes=const.POLL_MINUTES[0]),
            }
        )
        return link["url"]

    def _bridge_payer(self):
        """Return the payer as Bridge takes them: a company, or first and last name."""
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
        """Return where the payer comes back to from their bank."""
        self.ensure_one()
        if self.payment_request_id:
            return f"{self.payment_request_id.sudo().url}/return"
        return f"{self.company_id._payment_request_base_url()}/payment/bridge/return"

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
        """Return the domain of `_is_on_its_way`, for searches."""
        waiting = Domain("state", "in", ("pending", "authorized")) & Domain(
            "released_at", "=", False
        )
        unbooked = (
            Domain("state", "=", "done")
            & Domain("payment_id", "=", False)
            & Domain("is_post_processed", "=", False)
        )
        return waiting | unbooked

    # === What lives at Bridge ===

    @api.model
    def _get_payable_link_domain(self, providers=None):
        """Return the domain of transactions whose link can still be paid.

        :param payment.provider providers: by which they were made; None: any
        :rtype: Domain
        """
        now = fields.Datetime.now()
        domain = Domain("bridge_link_status", "=", "valid") & (
            Domain("bridge_link_expires_at", "=", False)
            | Domain("bridge_link_expires_at", ">", now)
        )
        if providers is not None:
            domain &= Domain("provider_id", "in", providers.ids)
        return domain

    def _bridge_find_alive(self):
        """Override: the links that can still be paid."""
        # Most documents have no transaction: building the domain is not for free.
        return self and self.filtered_domain(self._get_payable_link_domain())

    def _bridge_withdraw(self):
        """Override: have the link revoked, and read what became of it; somebody may
        have paid with it meanwhile."""
        budget = Budget(const.CALL_SECONDS)
        with self.provider_id._bridge_client(budget) as client:
            client.revoke_payment_link(self.provider_reference)
        if not self._bridge_refresh(budget):
            raise UserError(self.env._("Being read by another process."))
        if self._bridge_find_alive():
            raise UserError(self.env._("Bridge keeps the link valid."))

    def _bridge_describe(self):
        """Override: link, our reference and amount."""
        return self.env._(
            "Payment link %(link)s (%(reference)s, %(amount)s)",
            link=self.provider_reference,
            reference=self.reference,
            amount=self.currency_id.format(self.amount),
        )

    def _bridge_end(self):
        """Override: money on its way needs its transaction, too.

        :raises UserError: if a transfer was confirmed, perhaps only just now
        """
        ours = self.sudo().filtered(lambda tx: tx.provider_code == const.PROVIDER_CODE)
        res = super(PaymentTransaction, ours)._bridge_end()
        if moving := ours._is_on_its_way():
            raise UserError(
                self.env._(
                    "A transfer is on its way (%s): wait until it is booked or "
                    "released.",
                    ", ".join(moving.mapped("reference")),
                )
            )
        return res

    # === Actions ===

    def action_bridge_check(self):
        """Read the transactions at Bridge now, for a person who is looking at them.

        :raises UserError: when Bridge does not answer
        """
        self.check_access("write")
        with self.provider_id[:1].sudo()._bridge_explained():
            self.sudo()._bridge_refresh()

    def _flag(self, issue, note):
        """Mark the transactions for a person and give the accountant a task.

        :param str issue: value of the field `issue`
        :param str note: what happened, in a sentence
        """
        self.sudo().issue = issue
        summary = dict(self._fields["issue"]._description_selection(self.env))[issue]
        for tx in self:
            tx._log_message_on_linked_documents(note)
            if document := tx._get_document():
                responsible = tx.payment_request_id.user_id
                user = tx.company_id._get_payment_accountant(
                    responsible | tx.invoice_ids.invoice_user_id
                )
                label = labelled(self.env, summary, tx.reference)
                schedule_task(document, label, note, user=user)

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

    def _clear_issue(self):
        """Take the transactions off the list of what is to be handled."""
        for tx in self.filtered("issue"):
            if document := tx._get_document():
                activities = document.activity_ids.filtered(
                    lambda activity, tx=tx: activity.automated
                    and tx.reference in (activity.summary or "")
                )
                activities.action_done()
        self.sudo().issue = False
