"""Open entries that bank lines may pay, as the rules want them."""

from odoo.tools import SQL

from odoo.addons.payment import utils as payment_utils

from ... import matching

DOCUMENT_TYPES = ("out_invoice", "out_receipt", "out_refund")

# Of ``entry``, and of the document that it belongs to or pays, ``move``.
DUE_COLUMNS = SQL(
    """
    entry.id, move.id, move.name, COALESCE(move.payment_reference, ''),
    entry.partner_id, COALESCE(partner.name, ''), entry.amount_residual_currency,
    entry.currency_id, COALESCE(entry.date_maturity, entry.date), entry.company_id,
    CASE WHEN entry.amount_residual_currency = entry.amount_currency
         THEN entry.discount_date END,
    entry.amount_currency - entry.discount_amount_currency,
    entry.amount_residual_currency != entry.amount_currency
    """
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
    registered for him."""

    __slots__ = ("company", "discount", "discount_date", "due", "touched")

    def __init__(self, row, currencies, payment=False):
        (
            key,
            move,
            document,
            payment_reference,
            partner,
            partner_name,
            residual,
            currency_id,
            date,
            self.company,
            self.discount_date,
            discount,
            self.touched,
        ) = row
        currency = currencies.browse(currency_id)

        def cents(amount):
            return payment_utils.to_minor_currency_units(float(amount or 0), currency)

        self.discount = cents(discount)
        self.due = matching.Due(
            key=key,
            move=move,
            document=document or "",
            payment_reference=payment_reference,
            partner=partner,
            partner_name=partner_name,
            cents=cents(residual),
            currency=currency.name,
            date=date,
            payment=payment,
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
        self._flush()

    def _flush(self):
        """Write what is read here past the cache."""
        self.env["account.move"].flush_model(
            [
                "company_id",
                "move_type",
                "name",
                "payment_reference",
                "payment_state",
                "state",
            ]
        )
        self.env["account.move.line"].flush_model(
            [
                "account_id",
                "amount_currency",
                "amount_residual_currency",
                "currency_id",
                "date_maturity",
                "discount_amount_currency",
                "discount_date",
                "display_type",
                "parent_state",
                "partner_id",
                "payment_id",
                "reconciled",
            ]
        )

    def read_dues(self, where):
        """Read due entries of customer documents.

        :param SQL where: which ones; ``entry``, ``move`` and ``partner`` are there
        :rtype: list[Entry]
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT %(columns)s
                  FROM account_move_line entry
                  JOIN account_move move ON move.id = entry.move_id
                  LEFT JOIN res_partner partner ON partner.id = entry.partner_id
                 WHERE entry.display_type = 'payment_term'
                   AND entry.parent_state = 'posted'
                   AND move.move_type IN %(types)s
                   AND %(where)s
                """,
                columns=DUE_COLUMNS,
                types=DOCUMENT_TYPES,
                where=where,
            )
        )
        return self._keep(rows)

    def read_missing(self, tokens):
        """Read the due entries of ``tokens`` that are not known yet.

        :return: those of them that are entries of customer documents
        :rtype: set
        """
        if missing := {token[0] for token in tokens if token not in self}:
            self.read_dues(SQL("entry.id IN %s", tuple(missing)))
        return {token for token in tokens if token in self}

    def read_outstanding(self, where, payment=True, limit=None):
        """Read entries of payments that wait for their bank line.

        :param SQL where: which ones; ``entry``, ``move`` and ``partner`` are there
        :param bool payment: see `matching.Due`
        :param int limit: how many at most, by default all of them
        :rtype: list[Entry]
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT %(columns)s
                  FROM account_move_line entry
                  JOIN account_move move ON move.id = entry.move_id
                  JOIN account_account account ON account.id = entry.account_id
                  LEFT JOIN res_partner partner ON partner.id = entry.partner_id
                 WHERE %(outstanding)s
                   AND %(where)s
                 LIMIT %(limit)s
                """,
                columns=DUE_COLUMNS,
                outstanding=OUTSTANDING,
                where=where,
                limit=limit,
            )
        )
        return self._keep(rows, payment)

    def read_payments_of(self, move_ids):
        """Read the outstanding entries of payments registered for documents.

        The document is told with them: that is what a label names.
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT ON (entry.id, move.id) %(columns)s
                  FROM (
                    SELECT due.move_id, part.credit_move_id AS paid_id
                      FROM account_move_line due
                      JOIN account_partial_reconcile part
                        ON part.debit_move_id = due.id
                     WHERE due.move_id IN %(moves)s
                       AND due.display_type = 'payment_term'
                     UNION ALL
                    SELECT due.move_id, part.debit_move_id
                      FROM account_move_line due
                      JOIN account_partial_reconcile part
                        ON part.credit_move_id = due.id
                     WHERE due.move_id IN %(moves)s
                       AND due.display_type = 'payment_term'
                  ) due
                  JOIN account_move_line paid
                    ON paid.id = due.paid_id
                   AND paid.payment_id IS NOT NULL
                  JOIN account_move_line entry
                    ON entry.move_id = paid.move_id
                   AND entry.id != paid.id
                  JOIN account_account account ON account.id = entry.account_id
                  JOIN account_move move ON move.id = due.move_id
                  LEFT JOIN res_partner partner ON partner.id = entry.partner_id
                 WHERE %(outstanding)s
                """,
                columns=DUE_COLUMNS,
                outstanding=OUTSTANDING,
                moves=tuple(move_ids),
            )
        )
        return self._keep(rows, payment=True)

    def _keep(self, rows, payment=False):
        currencies = self.env["res.currency"]
        entries = [Entry(row, currencies, payment) for row in rows]
        for entry in entries:
            self.setdefault(entry.token, entry)
        return entries
