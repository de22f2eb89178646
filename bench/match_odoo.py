"""The labelled set in a whole Odoo: bank lines created, and what became of them."""

from datetime import date, timedelta

from odoo import Command

from devtools import odoo as dev
from devtools.console import step
from devtools.paths import ADDON

from .labelled import Label, LabelledWorld, load
from .scoring import Effect, Outcome, Scores
from .world import (
    bank_journal,
    bridge_provider,
    close,
    enable_bridge,
    environment,
    install,
    make_french,
)


def measure(prefix: str, template: str) -> Scores:
    """Judge all labels in a database of their own."""
    scores = Scores()
    database = f"{prefix}_labels"
    dev.drop(database)
    try:
        with step("database for the labelled set"):
            dev.create_database(database, template)
            install(database, ADDON)
        for world in load():
            with environment(database) as env, step(f"labels of {world.name}"):
                books = OdooBooks(env(su=True), world)
                for label in world.labels:
                    scores.add(world, label, books.outcome(label))
    finally:
        close(database)
        dev.drop(database)
    return scores


class OdooBooks:
    """A labelled world, booked in a company's journals."""

    def __init__(self, env, world: LabelledWorld):
        self.env = env
        self.world = world
        self._company()
        self.partners = {
            key: env["res.partner"].create(
                {
                    "name": name,
                    "is_company": True,
                    "bank_ids": [
                        Command.create({"acc_number": iban}) for iban in ibans
                    ],
                }
            )
            for key, (name, ibans) in world.customers.items()
        }
        self.moves = self._post(world.invoices)
        paid = self._post(world.paid)
        self._requests()
        transfers = self._transfers(self.moves | paid)
        in_transfers = {
            number for transfer in transfers for number in transfer.invoices
        }
        self._pay(move for number, move in paid.items() if number not in in_transfers)
        self.names = {move.id: number for number, move in self.moves.items()}
        env.flush_all()

    def outcome(self, label: Label) -> Outcome:
        """Create the label's bank line, look what became of it, and roll back."""
        env = self.env
        savepoint = env.cr.savepoint(flush=True)
        try:
            before = self._residuals()
            line = env["account.bank.statement.line"].create(self._values(label))
            env.flush_all()
            if not line.is_reconciled:
                return Outcome(suggested=tuple(self._suggested(line)))
            return Outcome(done=self._done(label, line, before))
        finally:
            env.flush_all()
            savepoint.close(rollback=True)
            env.invalidate_all(flush=False)

    def _values(self, label: Label) -> dict:
        told = {}
        if label.end_to_end:
            told["end_to_end_id"] = label.end_to_end
        if label.ids:
            told["bridge_payment_information"] = {"payment_link_id": label.ids[0]}
        text, reference, narration = (*label.texts, "", "")[:3]
        return {
            "journal_id": self.journal.id,
            "date": label.date,
            "amount": label.cents / 100,
            "payment_ref": text,
            "ref": reference or False,
            "narration": narration or False,
            "partner_name": label.name or False,
            "account_number": label.iban or False,
            "transaction_details": told or False,
        }

    def _residuals(self) -> dict[int, float]:
        self.env.cr.execute(
            "SELECT id, amount_residual_signed FROM account_move WHERE id IN %s",
            (tuple(self.names),),
        )
        return dict(self.env.cr.fetchall())

    def _done(self, label: Label, line, before: dict[int, float]) -> Effect:
        after = self._residuals()
        paid = {key: before[key] - after[key] for key in before}
        paid = {self.names[key]: part for key, part in paid.items() if part}
        transfer = line.matched_transaction_id
        if transfer and label.cents < 0:
            return Effect(returns=transfer.reference)
        if transfer:
            return Effect(settles=transfer.reference)
        entries = line.move_id.line_ids.filtered("account_id.reconcile")
        credit = round(-100 * sum(entries.mapped("amount_residual")))
        written_off = round(100 * sum(paid.values())) + credit - label.cents
        which = "discount" if label.discount else "fee"
        return Effect(invoices=frozenset(paid), credit=credit, **{which: written_off})

    def _suggested(self, line):
        for suggestion in line.match_suggestion_ids:
            moves = suggestion.entry_ids.move_id
            moves = moves or suggestion.request_id.line_ids.move_id
            yield Effect(
                invoices=frozenset(self.names.get(move.id, "") for move in moves),
                settles=suggestion.transaction_id.reference or "",
            )

    # === Booking the world ===

    def _company(self) -> None:
        env, company = self.env, self.env.company
        make_french(env)
        # Numbers as other companies write them, with or without a year.
        env["ir.config_parameter"].set_param(
            "sequence.mixin.constraint_start_date", "2100-01-01"
        )
        enable_bridge(env)
        company.payment_request_policy = "manual"
        company.bank_match_tolerance = self.world.tolerance_cents / 100
        if self.world.tolerance_cents:
            company.bank_match_fee_account_id = env["account.account"].search(
                [("account_type", "=", "expense")], limit=1
            )
        self.journal = bank_journal(env)
        self.provider = bridge_provider(env)

    def _post(self, invoices: dict) -> dict:
        moves = self.env["account.move"].create(
            [self._invoice_values(invoice) for invoice in invoices.values()]
        )
        moves.action_post()
        for move, invoice in zip(moves, invoices.values(), strict=True):
            if move.name != invoice.number:
                raise RuntimeError(f"{move.name} instead of {invoice.number}")
        return dict(zip(invoices, moves, strict=True))

    def _invoice_values(self, invoice) -> dict:
        due = date.fromisoformat(invoice.due)
        issued = max(due - timedelta(days=30), date(due.year, 1, 1))
        values = {
            "move_type": "out_invoice" if invoice.cents > 0 else "out_refund",
            "partner_id": self.partners[invoice.customer].id,
            "name": invoice.number,
            "invoice_date": issued,
            "invoice_date_due": due,
            "invoice_line_ids": [
                Command.create(
                    {
                        "name": "Work",
                        "price_unit": abs(invoice.cents) / 100,
                        "tax_ids": False,
                    }
                )
            ],
        }
        if invoice.reference:
            values["payment_reference"] = invoice.reference
        if invoice.discount_cents:
            until = date.fromisoformat(invoice.discount_until)
            values["invoice_payment_term_id"] = self._discount_term(
                100 * invoice.discount_cents / invoice.cents,
                (until - issued).days,
                (due - issued).days,
            )
        return values

    def _discount_term(self, percentage: float, days: int, net_days: int) -> int:
        return (
            self.env["account.payment.term"]
            .create(
                {
                    "name": f"{percentage} % in {days} days",
                    "early_discount": True,
                    "discount_percentage": percentage,
                    "discount_days": days,
                    "line_ids": [
                        Command.create(
                            {
                                "value": "percent",
                                "value_amount": 100,
                                "nb_days": net_days,
                            }
                        )
                    ],
                }
            )
            .id
        )

    def _requests(self) -> None:
        model = self.env["payment.request"]
        for code, numbers in self.world.requests.items():
            moves = self.env["account.move"].union(
                *(self.moves[number] for number in numbers)
            )
            model.create(model._prepare_for_moves(moves)).reference = code

    def _transfers(self, moves: dict):
        """Make the transfers, with what Odoo books when they are done."""
        for transfer in self.world.transfers.values():
            paid = self.env["account.move"].union(
                *(moves[number] for number in transfer.invoices)
            )
            tx = self.env["payment.transaction"].create(
                {
                    "provider_id": self.provider.id,
                    "payment_method_id": self.provider.payment_method_ids[:1].id,
                    "reference": transfer.code,
                    "provider_reference": transfer.link,
                    "amount": transfer.cents / 100,
                    "currency_id": paid.currency_id.id,
                    "partner_id": paid.partner_id.id,
                    "operation": "online_redirect",
                    "invoice_ids": [Command.set(paid.ids)],
                }
            )
            tx._set_pending()
            if transfer.state != "pending":
                tx._add_proof("bridge", "executed")
                tx._set_done()
                tx._post_process()
            if transfer.state == "matched":
                self._bring(transfer.cents, transfer.code)
        return self.world.transfers.values()

    def _pay(self, moves) -> None:
        for move in moves:
            line = self._bring(round(100 * move.amount_residual), "SETTLED EARLIER")
            _liquidity, suspense, _other = line._seek_for_lines()
            dues = move.line_ids.filtered(lambda e: e.display_type == "payment_term")
            suspense.write(
                {"account_id": dues.account_id.id, "partner_id": move.partner_id.id}
            )
            (suspense + dues).reconcile()

    def _bring(self, cents: int, label: str):
        own = self.env["account.bank.statement.line"]
        return own.with_context(no_bank_match="SETTLED" in label).create(
            {
                "journal_id": self.journal.id,
                "date": "2026-01-02",
                "amount": cents / 100,
                "payment_ref": label,
            }
        )
