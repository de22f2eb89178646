"""What a batch of bank lines may pay, gathered in a handful of queries.

Each look-up goes from what the lines say into an index, so that its cost grows with
the lines and not with what is open.
"""

from collections import Counter, defaultdict

from odoo.tools import SQL

from odoo.addons.base.models.res_bank import sanitize_account_number
from odoo.addons.payment import utils as payment_utils

from ... import const, matching
from .open_entries import DOCUMENT_TYPES, Entries

# Unpaid documents that one key may find: more of them are no evidence.
MOST_DOCUMENTS = 20
# Due entries read of one customer, and entries read of one amount.
MOST_DUES = 200
MOST_SAME_AMOUNT = 40

# As in the indexes of account.move: the planner compares the expressions.
NAME_DIGITS = SQL(r"regexp_replace(name, '\D', '', 'g')")
REFERENCE_DIGITS = SQL(r"regexp_replace(payment_reference, '\D', '', 'g')")


class Candidates:
    """Targets and dues of a batch, kept by what found them.

    :param env: in sudo
    :param list[Incoming] batch: the lines
    """

    def __init__(self, env, batch):
        self.env = env
        self.batch = batch
        self._entries = Entries(env)
        self._by_digits = defaultdict(set)
        self._by_partner = defaultdict(set)
        self._by_amount = defaultdict(set)
        self._targets = defaultdict(list)  # by code or id of Bridge
        self._payers = defaultdict(set)  # by sanitized IBAN: partner, company
        # Returned transfers matter only if money goes out.
        self._leaving = any(incoming.receipt.cents < 0 for incoming in batch)
        companies = {incoming.company_id for incoming in batch}
        self._visible = {
            company.id: set(
                env["res.company"].search([("id", "child_of", company.id)]).ids
            )
            for company in companies
        }
        self._companies = sorted(set().union(*self._visible.values()))

    # === What one line sees ===

    def targets(self, incoming):
        """Return the targets of ours that the line may name, of its own company.

        :rtype: list[matching.Target]
        """
        visible = self._visible[incoming.company_id.id]
        found = {}
        keys = (*incoming.clues.codes, *incoming.receipt.payment_refs)
        for key in keys:
            for target, company, taking in self._targets[key]:
                if company in visible and taking == (incoming.receipt.cents > 0):
                    dues = tuple(
                        self._entries[t].on(incoming.date) for t in target.dues
                    )
                    found[target.key] = target._replace(dues=dues)
        return list(found.values())

    def dues(self, incoming):
        """Return the dues found for the line so far, of its own company.

        :rtype: list[matching.Due]
        """
        tokens = set()
        for key in incoming.clues.digits:
            tokens |= self._by_digits.get(key, set())
        for partner in self.partners(incoming):
            tokens |= self._by_partner.get(partner, set())
        amount = incoming.receipt.cents, incoming.receipt.currency
        tokens |= self._by_amount.get(amount, set())
        visible = self._visible[incoming.company_id.id]
        entries = (self._entries[token] for token in sorted(tokens))
        dues = [
            entry.on(incoming.date) for entry in entries if entry.company in visible
        ]
        return sorted(dues, key=lambda due: (due.date or incoming.date, due.move))

    def payers(self, incoming):
        """Return the customers known to own the account that the money came from."""
        visible = self._visible[incoming.company_id.id]
        known = self._payers.get(
            sanitize_account_number(incoming.receipt.iban or ""), ()
        )
        return tuple(
            sorted({p for p, company in known if not company or company in visible})
        )

    def partners(self, incoming):
        """Return the customers who may be behind the line."""
        partners = set(self.payers(incoming))
        if incoming.receipt.partner:
            partners.add(incoming.receipt.partner)
        for key in incoming.clues.digits:
            for token in self._by_digits.get(key, ()):
                partners.add(self._entries[token].due.partner)
        return partners - {None}

    # === First pass: what the labels name ===

    def load(self):
        """Read what the lines name: references, Bridge's ids, numbers, accounts."""
        self._load_targets()
        self._load_documents()
        self._load_payers()

    def _load_documents(self):
        """Read the customer documents whose digits stand in the lines."""
        keys = {key for incoming in self.batch for key in incoming.clues.digits}
        if not keys:
            return
        rows = self.env.execute_query(
            SQL(" UNION ").join(
                SQL(
                    """
                    SELECT key.key, found.id, found.settled
                      FROM unnest(%(keys)s::text[]) AS key(key)
                     CROSS JOIN LATERAL (
                        SELECT id, payment_state IN ('paid', 'reversed') AS settled
                          FROM account_move
                         WHERE %(digits)s = key.key
                           AND state = 'posted'
                           AND move_type IN %(types)s
                           AND company_id IN %(companies)s
                         ORDER BY settled, id
                         LIMIT %(most)s
                     ) found
                    """,
                    keys=sorted(keys),
                    digits=digits,
                    types=DOCUMENT_TYPES,
                    companies=tuple(self._companies),
                    most=MOST_DOCUMENTS + 1,
                )
                for digits in (NAME_DIGITS, REFERENCE_DIGITS)
            )
        )
        owed = Counter(key for key, _move_id, settled in rows if not settled)
        keys_of = defaultdict(set)
        for key, move_id, _settled in rows:
            # A cut list would look complete.
            if owed[key] <= MOST_DOCUMENTS:
                keys_of[move_id].add(key)
        if not keys_of:
            return
        entries = self._entries.read_dues(SQL("entry.move_id IN %s", tuple(keys_of)))
        touched = {entry.due.move for entry in entries if entry.touched}
        if touched:
            entries += self._entries.read_payments_of(touched)
        for entry in entries:
            for key in keys_of[entry.due.move]:
                self._by_digits[key].add(entry.token)

    def _load_payers(self):
        """Read whose accounts the money came from."""
        accounts = (incoming.receipt.iban for incoming in self.batch)
        ibans = {sanitize_account_number(account) for account in accounts if account}
        if not ibans:
            return
        self.env["res.partner"].flush_model(["commercial_partner_id"])
        self.env["res.partner.bank"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT bank.sanitized_acc_number, partner.commercial_partner_id,
                       bank.company_id
                  FROM res_partner_bank bank
                  JOIN res_partner partner ON partner.id = bank.partner_id
                 WHERE bank.sanitized_acc_number IN %s
                   AND bank.active AND partner.active
                """,
                tuple(sorted(ibans)),
            )
        )
        for iban, partner_id, company_id in rows:
            self._payers[iban].add((partner_id, company_id))

    # === Targets of ours ===

    def _load_targets(self):
        """Read the transactions and requests whose reference or id the lines name."""
        codes = {code for incoming in self.batch for code in incoming.clues.codes}
        refs = {ref for incoming in self.batch for ref in incoming.receipt.payment_refs}
        if not codes and not refs:
            return
        company = ("company_id", "in", self._companies)
        transactions = self.env["payment.transaction"].search(
            [
                "|",
                ("reference", "in", sorted(codes)),
                ("provider_reference", "in", sorted(refs)),
                ("provider_code", "=", const.PROVIDER_CODE),
                company,
            ]
        )
        requests = self.env["payment.request"].search(
            [("reference", "in", sorted(codes)), company]
        )
        dues = self._read_dues_of(transactions, requests)
        for transaction in transactions:
            self._add_transaction(transaction, dues[transaction])
        for request in requests:
            self._add_request(request, dues[request])

    def _read_dues_of(self, transactions, requests):
        """Return the open entries that each of these records asks for, as tokens.

        A transfer that is booked asks for its payment's outstanding entry.
        """
        dues = defaultdict(list)
        booked = transactions.filtered("payment_id")
        owners = {tx.payment_id.move_id.id: tx for tx in booked}
        if owners:
            entries = self._entries.read_outstanding(
                SQL("entry.move_id IN %s", tuple(owners)), payment=False
            )
            for entry in entries:
                dues[owners[entry.due.move]].append(entry.token)
        asking = defaultdict(list)  # request → those whose dues are its own
        for transaction in transactions - booked:
            if transaction.payment_request_id:
                asking[transaction.payment_request_id].append(transaction)
        for request in requests:
            asking[request].append(request)
        if asking:
            self._read_request_dues(asking, dues)
        loose = (transactions - booked).filtered(
            lambda tx: not tx.payment_request_id and tx.invoice_ids
        )
        for transaction in loose:
            entries = self._entries.read_dues(
                SQL(
                    "entry.move_id IN %s AND entry.reconciled IS NOT TRUE",
                    tuple(transaction.invoice_ids.ids),
                )
            )
            dues[transaction] = [entry.token for entry in entries]
        return dues

    def _read_request_dues(self, asking, dues):
        """Read the open entries of payment requests into ``dues``."""
        self.env["payment.request.line"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT line.request_id, entry.id, entry.move_id
                  FROM payment_request_line line
                  JOIN account_move_line entry ON entry.move_id = line.move_id
                 WHERE line.request_id IN %s
                   AND (line.move_line_id IS NULL OR line.move_line_id = entry.id)
                   AND entry.display_type = 'payment_term'
                   AND entry.reconciled IS NOT TRUE
                   AND entry.parent_state = 'posted'
                 ORDER BY entry.date_maturity, entry.id
                """,
                tuple(request.id for request in asking),
            )
        )
        if not rows:
            return
        self._entries.read_dues(SQL("entry.id IN %s", tuple({row[1] for row in rows})))
        requests = {request.id: records for request, records in asking.items()}
        for request_id, *token in rows:
            for record in requests[request_id]:
                dues[record].append(tuple(token))

    def _add_transaction(self, transaction, dues):
        target = matching.Target(
            key=(transaction._name, transaction.id),
            cents=self._cents(transaction.amount, transaction.currency_id),
            currency=transaction.currency_id.name,
            open=transaction._is_awaited_at_bank(),
            reference=transaction.reference,
            partner=transaction.partner_id.commercial_partner_id.id,
            kind="transaction",
            ids=tuple(filter(None, [transaction.provider_reference])),
            dues=tuple(dues),
        )
        self._add(target, transaction, taking=True)
        if self._leaving and transaction.payment_id and not transaction._is_returned():
            self._add(target._replace(open=False, dues=()), transaction, taking=False)

    def _add_request(self, request, dues):
        currency = request.currency_id
        target = matching.Target(
            key=(request._name, request.id),
            cents=self._cents(request.amount_to_pay, currency),
            currency=currency.name,
            # Money on its way for it may be this line, or another.
            open=bool(request.amount_to_pay) and not request.amount_in_progress,
            reference=request.reference,
            partner=request.commercial_partner_id.id,
            kind="request",
            dues=tuple(dues),
        )
        self._add(target, request, taking=True)
        for received in request._get_returnable_lines() if self._leaving else ():
            target = target._replace(
                cents=self._cents(received.amount, currency), open=False, dues=()
            )
            self._add(target, request, taking=False)

    def _add(self, target, record, taking):
        for key in {target.reference, *target.ids}:
            self._targets[key].append((target, record.company_id.id, taking))

    @staticmethod
    def _cents(amount, currency):
        return payment_utils.to_minor_currency_units(amount, currency)

    # === Second pass: who and how much ===

    def load_more(self, batch):
        """Read all that is due by the customers involved, and dues of the amount.

        :param list[Incoming] batch: the lines that the rules want more for
        """
        self._load_partner_dues(
            {p for incoming in batch for p in self.partners(incoming)}
        )
        self._load_amount_dues(batch)

    def _load_partner_dues(self, partners):
        accounts = self.env["account.account"].search(
            [("account_type", "=", "asset_receivable")]
        )
        if not partners or not accounts:
            return
        rows = self._read_open_entries(
            SQL("unnest(%s) AS owner(id)", sorted(partners)),
            SQL("account_id IN %s AND partner_id = owner.id", tuple(accounts.ids)),
            MOST_DUES,
        )
        found = defaultdict(set)
        for partner_id, *token in rows:
            found[partner_id].add(tuple(token))
        # A cut list would make combinations look unique.
        kept = {p: tokens for p, tokens in found.items() if len(tokens) <= MOST_DUES}
        known = self._entries.read_missing(set().union(*kept.values()))
        for partner_id, tokens in kept.items():
            self._by_partner[partner_id] |= tokens & known
        self._load_partner_payments(partners)

    def _load_partner_payments(self, partners):
        """Read the outstanding entries of payments registered by hand."""
        accounts = (
            self.env["account.payment.method.line"]
            .search([("payment_account_id", "!=", False)])
            .payment_account_id
        )
        accounts = accounts.filtered(
            lambda account: account.reconcile
            and account.account_type not in ("asset_receivable", "liability_payable")
        )
        if not accounts:
            return
        known = {entry.due.key for entry in self._entries.values()}
        where = SQL(
            """
            entry.account_id IN %(accounts)s
            AND entry.partner_id IN %(partners)s
            AND entry.payment_id IS NOT NULL
            AND entry.company_id IN %(companies)s
            """,
            accounts=tuple(accounts.ids),
            partners=tuple(sorted(partners)),
            companies=tuple(self._companies),
        )
        payments = self._entries.read_outstanding(
            where, limit=MOST_DUES * len(partners)
        )
        for entry in payments:
            if entry.due.key not in known:
                self._by_partner[entry.due.partner].add(entry.token)

    def _load_amount_dues(self, batch):
        """Read the dues of exactly the amounts that came."""
        wanted = {
            (incoming.currency_id.round(incoming.amount), incoming.currency_id.id)
            for incoming in batch
        }
        if not wanted:
            return
        rows = self._read_open_entries(
            SQL(
                "unnest(%s::numeric[], %s::int[]) AS wanted(amount, currency_id)",
                [amount for amount, _currency in wanted],
                [currency for _amount, currency in wanted],
            ),
            SQL(
                "amount_residual_currency = wanted.amount "
                "AND currency_id = wanted.currency_id"
            ),
            MOST_SAME_AMOUNT,
        )
        found = defaultdict(set)
        for token in self._entries.read_missing({row[1:] for row in rows}):
            due = self._entries[token].due
            found[due.cents, due.currency].add(token)
        # A cut list would make one entry look unique.
        self._by_amount.update(
            (key, of_amount)
            for key, of_amount in found.items()
            if len(of_amount) <= MOST_SAME_AMOUNT
        )

    def _read_open_entries(self, wanted, where, most):
        """Return partner and token of the open due entries that are wanted.

        :param SQL wanted: a row for each thing looked up
        :param SQL where: what an entry has of such a row
        :param int most: entries of one row; one more is read, to know that it is so
        """
        return self.env.execute_query(
            SQL(
                """
                SELECT found.*
                  FROM %(wanted)s
                 CROSS JOIN LATERAL (
                    SELECT partner_id, id, move_id
                      FROM account_move_line
                     WHERE %(where)s
                       AND reconciled IS NOT TRUE
                       AND parent_state = 'posted'
                       AND display_type = 'payment_term'
                       AND company_id IN %(companies)s
                     LIMIT %(most)s
                 ) found
                """,
                wanted=wanted,
                where=where,
                companies=tuple(self._companies),
                most=most + 1,
            )
        )
