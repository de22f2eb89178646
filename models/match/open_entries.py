"""Open entries that bank lines may pay, as the rules want them."""

from odoo.tools import SQL

from odoo.addons.payment import utils as payment_utils

from ... import const, matching

DOCUMENT_TYPES = ("out_invoice", "out_receipt", "out_refund")

# Of ``entry``, and of the document that it belongs to or pays, ``move``.
DUE_COLUMNS = SQL(
    """
    entry.id AS key, move.id AS move, COALESCE(move.name, '') AS document,
    COALESCE(move.payment_reference, '') AS payment_reference,
    entry.partner_id AS partner, COALESCE(partner.name, '') AS partner_name,
    COALESCE(entry.date_maturity, entry.date) AS date,
    entry.currency_id, entry.company_id, entry.amount_residual_currency AS residual,
    CASE WHEN entry.amount_residual_currency = entry.amount_currency
         THEN entry.discount_date END AS discount_date,
    entry.amount_currency - entry.discount_amount_currency AS discount,
    entry.amount_residual_currency != entry.amount_currency AS touched
    """
)

OF_DOCUMENTS = SQL(
    "account_move_line entry JOIN account_move move ON move.id = entry.move_id"
)

# An entry of a payment that waits for its bank line.
OUTSTANDING = SQL(
    """
    account.reconcile
    AND account.account_type NOT IN ('asset_receivable', 'liability_payable')
    AND entry.reconciled IS NOT TRUE
    AND entry.parent_state = 'posted'
    """
)


class Entry:
    """A row of `DUE_COLUMNS`: an open entry of a customer's document, or of a payment
    registered for them."""

    __slots__ = ("company", "discount", "discount_date", "due", "touched")

    def __init__(self, row, currency, payment):
        def cents(amount):
            return payment_utils.to_minor_currency_units(float(amount or 0), currency)

        self.company = row.pop("company_id")
        self.discount = cents(row.pop("discount"))
        self.discount_date = row.pop("discount_date")
        self.touched = row.pop("touched")
        self.due = matching.Due(
            cents=cents(row.pop("residual")),
            currency=currency.name,
            payment=payment,
            **row,
        )

    @property
    def token(self):
        """One payment of several documents is known by each of them."""
        return self.due.key, self.due.move

    def on(self, date):
        """Return the `Due` as it is on ``date``: discounts end."""
        if self.discount and self.discount_date and date <= self.discount_date:
            return self.due._replace(discount_cents=self.discount)
        return self.due


class Entries(dict):
    """The open entries read for a batch of lines, by `Entry.token`.

    :param env: in sudo
    """

    def __init__(self, env):
        super().__init__()
        self.env = env
        # The queries below do not see the cache.
        self.env["account.move"].flush_model()
        self.env["account.move.line"].flush_model()

    def read_dues(self, where):
        """Read due entries of customer documents.

        :param SQL where: which ones; ``entry``, ``move`` and ``partner`` are there
        :rtype: list[Entry]
        """
        where = SQL(
            """
            entry.display_type = 'payment_term'
            AND entry.parent_state = 'posted'
            AND move.move_type IN %s
            AND %s
            """,
            DOCUMENT_TYPES,
            where,
        )
        return self._read(OF_DOCUMENTS, where)

    def read_missing(self, tokens):
        """Read the due entries of ``tokens`` that are not known yet.

        :return: those of them that are entries of customer documents
        :rtype: set
        """
        if missing := {token[0] for token in tokens if token not in self}:
            self.read_dues(SQL("entry.id IN %s", tuple(missing)))
        return {token for token in tokens if token in self}

    def read_outstanding(self, where, payment=True, limit=None, source=OF_DOCUMENTS):
        """Read entries of payments that wait for their bank line.

        :param SQL where: which ones; ``entry``, ``move`` and ``partner`` are there
        :param bool payment: see `matching.Due`
        :param int limit: how many at most, by default all of them
        :param SQL source: of ``entry`` and ``move``
        :rtype: list[Entry]
        """
        source = SQL(
            "%s JOIN account_account account ON account.id = entry.account_id", source
        )
        return self._read(source, SQL("%s AND %s", OUTSTANDING, where), payment, limit)

    def read_payments_of(self, move_ids):
        """Read the outstanding entries of payments registered by hand for documents.

        The document comes with them: that is what a label names. The payment of a
        Bridge transfer waits for the line that carries the transfer's own reference:
        one that names the document alone is other money.
        """
        source = SQL(
            """
            (
                SELECT due.move_id, part.credit_move_id AS paid_id
                  FROM account_move_line due
                  JOIN account_partial_reconcile part ON part.debit_move_id = due.id
                 WHERE due.move_id IN %(moves)s
                   AND due.display_type = 'payment_term'
                 UNION
                SELECT due.move_id, part.debit_move_id
                  FROM account_move_line due
                  JOIN account_partial_reconcile part ON part.credit_move_id = due.id
                 WHERE due.move_id IN %(moves)s
                   AND due.display_type = 'payment_term'
            ) due
              JOIN account_move_line paid
                ON paid.id = due.paid_id
               AND paid.payment_id IS NOT NULL
              JOIN account_move_line entry
                ON entry.move_id = paid.move_id
               AND entry.id != paid.id
              JOIN account_move move ON move.id = due.move_id
            """,
            moves=tuple(move_ids),
        )
        by_hand = SQL(
            """
            NOT EXISTS (
                SELECT
                  FROM account_payment payment
                  JOIN payment_transaction transfer
                    ON transfer.id = payment.payment_transaction_id
                  JOIN payment_provider provider
                    ON provider.id = transfer.provider_id
                 WHERE payment.id = entry.payment_id
                   AND provider.code = %s
            )
            """,
            const.PROVIDER_CODE,
        )
        return self.read_outstanding(by_hand, source=source)

    def _read(self, source, where, payment=False, limit=None):
        """Read entries.

        :param SQL source: of ``entry`` and ``move``
        :rtype: list[Entry]
        """
        rows = self.env.execute_query_dict(
            SQL(
                """
                SELECT %(columns)s
                  FROM %(source)s
                  LEFT JOIN res_partner partner ON partner.id = entry.partner_id
                 WHERE %(where)s
                 LIMIT %(limit)s
                """,
                columns=DUE_COLUMNS,
                source=source,
                where=where,
                limit=limit,
            )
        )
        currencies = self.env["res.currency"]
        entries = [
            Entry(row, currencies.browse(row.pop("currency_id")), payment)
            for row in rows
        ]
        for entry in entries:
            self.setdefault(entry.token, entry)
        return entries
