from datetime import date

from odoo import models
from odoo.tools import SQL, format_amount, format_date

from ..text import shorten_list

#: Lines not due yet that are shown one by one; of the rest, only the sum.
NOT_DUE_TOLD = 10


class PaymentReminder(models.Model):
    """What a reminder names, as its recipient reads it."""

    _inherit = "payment.reminder"

    def _get_invoices_values(self, not_due=()):
        """Return what the table of a reminder shows, in the language of the
        environment: for mails, letters, and screens of the customer.

        :param account.move.line not_due: told for information, as `_find_not_due`
            returns it
        :return: `rows` as `_get_invoice_row` makes them, `open` and `credit` (empty
            without credits), `total`, all written out; `amount`, `url`, `short_url`
            and `from_bank` for the button; `not_due` (`name`, `due_date`, `amount`) and
            `not_due_more`, what is left of it in a sentence
        :rtype: dict
        """
        self.ensure_one()
        request = self.request_id
        credit = self.amount_credit
        total = self._write_amount(self.amount_asked)
        told, more = shorten_list(not_due, NOT_DUE_TOLD)
        return {
            "rows": [self._get_invoice_row(line) for line in self._sort_lines()],
            "open": self._write_amount(self.amount_total) if credit else "",
            "credit": self._write_amount(-credit) if credit else "",
            "total": total,
            "amount": total,
            "url": request.url,
            "short_url": request.short_url,
            "from_bank": bool(request) and self._is_paid_from_bank(),
            "not_due": [
                {
                    "name": line.move_id.name,
                    "due_date": format_date(self.env, line.date_maturity),
                    "amount": self._write_amount(line.amount_residual_currency),
                }
                for line in told
            ],
            "not_due_more": self._describe_not_due(not_due, more),
        }

    def _describe_not_due(self, not_due, more):
        """Return in a sentence what is not due yet and not shown line by line."""
        if not more:
            return ""
        return self.env._(
            "and %(count)s more, %(amount)s in all",
            count=more,
            amount=self._write_amount(sum(not_due.mapped("amount_residual_currency"))),
        )

    def _find_not_due(self):
        """Return what else the customers owe that is not due yet and that nothing
        holds. A formal notice speaks of what is due alone.

        :return: due lines by reminder, the first due first
        :rtype: dict[int, account.move.line]
        """
        lines = self.env["account.move.line"].sudo()
        found = dict.fromkeys(self.ids, lines)
        telling = self.filtered(lambda r: not r.level_id.formal_notice)
        for company, reminders in telling.grouped("company_id").items():
            query = SQL(
                """
                SELECT partner_id, currency_id,
                       array_agg(line_id ORDER BY date_maturity, line_id)
                  FROM (%s) plan
                 WHERE NOT overdue AND blocker IS NULL
              GROUP BY partner_id, currency_id
                """,
                self._plan_query(
                    company,
                    partner_ids=reminders.partner_id.ids,
                    ignored_ids=reminders.ids,
                ),
            )
            owed = {
                (partner_id, currency_id): line_ids
                for partner_id, currency_id, line_ids in self._execute_plan(query)
            }
            for reminder in reminders:
                key = (reminder.partner_id.id, reminder.currency_id.id)
                named = reminder.line_ids.move_line_id
                found[reminder.id] = lines.browse(owed.get(key, ())) - named
        return found

    def _sort_lines(self):
        """Return what is named, in the order in which it was due."""
        return self.line_ids.sorted(
            lambda line: (line.date_maturity or date.max, line._origin.id)
        )

    def _write_amount(self, amount):
        return format_amount(self.env, amount, self.currency_id)

    def _get_invoice_row(self, line):
        """Return what is written of one due line.

        :param payment.reminder.line line: of this reminder
        :return: `name`, `detail` (which part of the invoice), `date`, `due_date`,
            `overdue`, `days_late` (negative before it is due), `late` (the same in
            words, empty before), `amount`
        :rtype: dict
        """
        due = line.date_maturity
        today = self.company_id._get_payment_today()
        days_late = (today - due).days if due else 0
        return {
            "name": line.move_id.name or "",
            "detail": self._get_part_text(line),
            "date": format_date(self.env, line.move_id.invoice_date),
            "due_date": format_date(self.env, due),
            "overdue": days_late > 0,
            "days_late": days_late,
            "late": self._get_late_text(days_late),
            "amount": self._write_amount(line.amount),
        }

    def _get_late_text(self, days):
        """Return how late something is, in words; nothing before it is."""
        if days <= 0:
            return ""
        if days == 1:
            return self.env._("1 day late")
        return self.env._("%s days late", days)

    def _get_part_text(self, line):
        """Return which part of its invoice a due line is, empty for all of it."""
        move_line, move = line.move_line_id, line.move_id
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
        if self.currency_id.compare_amounts(line.amount, whole) < 0:
            parts.append(
                self.env._("rest of %(amount)s", amount=self._write_amount(whole))
            )
        return ", ".join(parts)

    def _is_paid_from_bank(self):
        """Return whether the recipient may pay from their bank, asked once for all the
        reminders of one country.
        """
        self.ensure_one()
        country = self.request_id.partner_id.country_id
        known = self.env.cr.cache.setdefault("reminder_from_bank", {})
        key = (self.company_id.id, self.currency_id.id, country.id)
        if key not in known:
            known[key] = self.request_id._is_paid_from_bank()
        return known[key]
