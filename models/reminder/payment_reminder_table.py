from datetime import date

from odoo import models
from odoo.tools import SQL, format_amount

from ..text import shorten_list, write_day

#: Lines told for information that are shown one by one; of the rest, only the sum.
LINES_TOLD = 10


class PaymentReminder(models.Model):
    """What a reminder names, as its recipient reads it."""

    _inherit = "payment.reminder"

    def _get_invoices_values(self, not_due=()):
        """Return what the table of a reminder shows, in the language of the
        environment: for mails, letters, and screens of the customer.

        :param account.move.line not_due: told for information, as `_find_not_due`
            returns it
        :return: `rows` as `_get_invoice_row` makes them, `has_orders` (one of them at
            least), `open` (empty without credits), `credits` as `_get_credit_rows`
            makes them, `total`, all written out; `amount`, `url`, `short_url`, `way`
            and `transfer` for the button; `not_due` and, beside a formal notice,
            `apart` (`name`, `detail`, `due_date`, `amount`); `from_today`, whether some
            of `not_due` is due today; `not_due_more`, `apart_more`, what is left of
            them in a sentence
        :rtype: dict
        """
        self.ensure_one()
        request = self.request_id
        credit = self.amount_credit
        total = self._write_amount(self.amount_asked)
        late = [line for line in not_due if self._is_late(line)]
        not_due = [line for line in not_due if not self._is_late(line)]
        rows = self._get_invoice_rows()
        today = self.company_id._get_payment_today()
        return {
            "rows": rows,
            "has_orders": any(row["order"] for row in rows),
            "open": self._write_amount(self.amount_total) if credit else "",
            "credits": self._get_credit_rows() if credit else [],
            "total": total,
            "amount": total,
            "url": request.url,
            "short_url": request.short_url,
            "way": self._get_way_to_pay(),
            "transfer": request and request._get_told_transfer(self.amount_asked),
            "not_due": self._get_told_rows(not_due),
            "from_today": any(line.date_maturity == today for line in not_due),
            "not_due_more": self._describe_more(not_due),
            "apart": self._get_told_rows(late),
            "apart_more": self._describe_more(late),
        }

    def _get_told_rows(self, lines):
        """Return the first of what is told for information, written out."""
        shown, _more = shorten_list(lines, LINES_TOLD)
        return [
            {
                "name": line.move_id.name,
                "detail": self._get_part_text(line, line.amount_residual_currency),
                "due_date": write_day(self.env, line.date_maturity),
                "amount": self._write_amount(line.amount_residual_currency),
            }
            for line in shown
        ]

    def _get_credit_rows(self):
        """Return the credit notes and payments that are deducted, written out; in one
        row if there are many, or if only a part of them is.

        :return: `name`, `amount`
        :rtype: list[dict]
        """
        lines = (
            self.env["account.move.line"]
            .sudo()
            .search(
                [
                    ("company_id", "=", self.company_id.id),
                    ("partner_id.commercial_partner_id", "=", self.partner_id.id),
                    ("currency_id", "=", self.currency_id.id),
                    ("account_type", "=", "asset_receivable"),
                    ("parent_state", "=", "posted"),
                    ("reconciled", "=", False),
                    ("amount_residual_currency", "<", 0),
                ],
                order="date, id",
            )
        )
        open_credit = -sum(lines.mapped("amount_residual_currency"))
        if len(lines) > LINES_TOLD or self.currency_id.compare_amounts(
            open_credit, self.amount_credit
        ):
            name = self.env._("Your credit notes and payments not yet allocated")
            return [{"name": name, "amount": self._write_amount(-self.amount_credit)}]
        return [
            {
                "name": self._get_credit_name(line),
                "amount": self._write_amount(line.amount_residual_currency),
            }
            for line in lines
        ]

    def _get_credit_name(self, line):
        """Return what a credit of the customer is, and of which day."""
        day = write_day(self.env, line.date)
        if line.move_id.move_type == "out_refund":
            return self.env._(
                "Your credit note %(name)s of %(day)s", name=line.move_id.name, day=day
            )
        if line.payment_id or line.statement_line_id:
            return self.env._("Your payment of %s, not yet allocated", day)
        return self.env._("Credit of %s, not yet allocated", day)

    def _describe_more(self, lines):
        """Return in a sentence what is told and not shown line by line."""
        _shown, more = shorten_list(lines, LINES_TOLD)
        if not more:
            return ""
        return self.env._(
            "and %(count)s more, %(amount)s in all",
            count=more,
            amount=self._write_amount(
                sum(line.amount_residual_currency for line in lines)
            ),
        )

    def _is_late(self, move_line):
        """Return whether a due line is past its date, where the company is."""
        due = move_line.date_maturity or move_line.date
        return due < self.company_id._get_payment_today()

    def _find_not_due(self):
        """Return what else the customers owe that nothing holds: what is late and no
        part of it, as it became so while the reminder waited or was never reminded; and
        what is not due yet. A formal notice tells of no such, an announcement of
        nothing late.

        :return: due lines by reminder, the first due first
        :rtype: dict[int, account.move.line]
        """
        lines = self.env["account.move.line"].sudo()
        found = dict.fromkeys(self.ids, lines)
        for company, reminders in self.grouped("company_id").items():
            query = SQL(
                """
                SELECT party_id, partner_id, currency_id, overdue,
                       array_agg(line_id ORDER BY date_maturity, line_id)
                  FROM (%s) plan
                 WHERE blocker IS NULL AND NOT covered
              GROUP BY party_id, partner_id, currency_id, overdue
                """,
                self._plan_query(
                    company,
                    partner_ids=reminders.partner_id.ids,
                    ignored_ids=reminders._find_same_voice().ids,
                ),
            )
            owed = {tuple(key): ids for *key, ids in self._execute_plan(query)}
            for reminder in reminders:
                key = reminder._get_account_key()
                late = () if reminder.level_days < 0 else owed.get((*key, True), ())
                early = owed.get((*key, False), ())
                ids = late if reminder.level_id.formal_notice else [*late, *early]
                found[reminder.id] = lines.browse(ids) - reminder.line_ids.move_line_id
        return found

    def _sort_lines(self):
        """Return what is named, in the order in which it was due."""
        return self.line_ids.sorted(
            lambda line: (line.date_maturity or date.max, line._origin.id)
        )

    def _write_amount(self, amount):
        return format_amount(self.env, amount, self.currency_id)

    def _get_invoice_rows(self):
        """Return what is written of the due lines, as `_get_invoice_row` does."""
        asked = self._share_credit(self.amount_credit, "amount")
        return [
            self._get_invoice_row(line, bool(line.amount and not asked[line]))
            for line in asked
        ]

    def _get_invoice_row(self, line, covered=False):
        """Return what is written of one due line.

        :param payment.reminder.line line: of this reminder
        :param bool covered: whether credits pay it wholly: it is late no more
        :return: `name`, `order` (the customer's own number), `detail` (which part of
            the invoice), `date`, `due_date`, `also_due` (since the last reminder),
            `overdue`, `days_late` (negative before it is due), `late` (the same in
            words, empty before), `amount`
        :rtype: dict
        """
        due = line.date_maturity
        today = self.company_id._get_payment_today()
        days_late = (today - due).days if due and not covered else 0
        part = self._get_part_text(line.move_line_id, line.amount)
        paid = self.env._("paid by your credits") if covered else ""
        return {
            "name": line.move_id.name or "",
            "order": self._get_order_text(line.move_id),
            "detail": ", ".join(filter(None, (part, paid))),
            "date": write_day(self.env, line.move_id.invoice_date),
            "due_date": write_day(self.env, due),
            "also_due": line.also_due and days_late > 0,
            "overdue": days_late > 0,
            "days_late": days_late,
            "late": self._get_late_text(days_late),
            "amount": self._write_amount(line.amount),
        }

    def _get_order_text(self, move):
        """Return the customer's number for an order: where they gave none, Odoo writes
        our own there, which is the origin too.

        :rtype: str
        """
        ours = (move.invoice_origin or "").split(", ")
        theirs = [part for part in (move.ref or "").split(", ") if part not in ours]
        return ", ".join(filter(None, theirs))

    def _get_late_text(self, days):
        """Return how late something is, in words; nothing before it is."""
        if days <= 0:
            return ""
        if days == 1:
            return self.env._("1 day late")
        return self.env._("%s days late", days)

    def _get_part_text(self, move_line, amount):
        """Return which part of its invoice a due line is, empty for all of it.

        :param account.move.line move_line: due line
        :param float amount: what is open of it
        """
        move = move_line.move_id
        parts = []
        # Most invoices are due at once: no need to read their lines.
        if len(move.invoice_payment_term_id.line_ids) > 1:
            installments = move.line_ids.filtered(
                lambda ln: ln.display_type == "payment_term"
            ).sorted(lambda ln: (ln.date_maturity, ln.id))
            if len(installments) > 1 and move_line in installments:
                parts.append(
                    self.env._(
                        "installment %(number)s of %(count)s",
                        number=installments.ids.index(move_line.id) + 1,
                        count=len(installments),
                    )
                )
        whole = move_line.amount_currency
        if self.currency_id.compare_amounts(amount, whole) < 0:
            parts.append(
                self.env._("rest of %(amount)s", amount=self._write_amount(whole))
            )
        return ", ".join(parts)
