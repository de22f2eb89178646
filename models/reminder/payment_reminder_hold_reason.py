"""What takes a line out of a reminder before it is sent; and, in a sentence, why a due
line gets no reminder, or when it gets its next one."""

from dataclasses import dataclass
from datetime import date

from odoo import api, models
from odoo.tools import LazyTranslate, format_amount, format_date

# A module's terms have no `env` yet: they are translated when they are shown.
# pylint: disable=prefer-env-translation
_lt = LazyTranslate(__name__)

#: A line to which one of these happens leaves its reminder before that is sent.
REMOVING = (
    "no_policy",
    "other_class",
    "excluded",
    "blocked",
    "held",
    "customer_held",
    "in_flight",
    "received",
    "unsent",
    "recent",
    "credits",
    "below_minimum",
    "unreminded",
)
#: By code of the plan, or of the moment of sending; None: due.
SENTENCES = {
    None: _lt("“%(level)s” leaves with the next run."),
    "not_yet": _lt("“%(level)s” follows on %(day)s."),
    "settled": _lt("Nothing is due."),
    "overtaken": _lt("Another level applies by now."),
    "moved": _lt("Somebody else is reminded of it by now."),
    "no_policy": _lt("No reminders: no policy applies, or it has no levels."),
    "other_class": _lt(
        "The policy of the company is not for customers of this class: choose one for "
        "them."
    ),
    "finished": _lt("No level of the policy is left for it."),
    "held": _lt("Held until %(day)s."),
    "customer_held": _lt("The customer is not reminded until %(day)s."),
    "waiting": _lt("It is in a reminder of %(day)s that has not left yet."),
    "undelivered": _lt(
        "The last reminder did not arrive: correct the address and send it again, or "
        "drop it."
    ),
    "unreminded": _lt(
        "“%(level)s” waits: no reminder of it has reached the customer yet."
    ),
    "excluded": _lt("Excluded from reminders."),
    "blocked": _lt("The payment of the invoice is blocked."),
    "in_flight": _lt("A transfer of the customer is on its way."),
    "received": _lt(
        "A payment that came in is not allocated yet: nothing is asked until %(day)s."
    ),
    "unsent": _lt(
        "The invoice was never sent to the customer: send it, or mark it as sent if "
        "they have it."
    ),
    "recent": _lt(
        "The invoice was posted or sent a short time ago: nothing is asked until "
        "%(day)s."
    ),
    "before_start": _lt("It was due before reminders began: it is reminded by hand."),
    "too_soon": _lt(
        "“%(level)s” waits until %(day)s: the customer got a message a short time ago."
    ),
    "below_minimum": _lt(
        "The customer owes less than the minimum amount of “%(level)s”."
    ),
    "credits": _lt(
        "Credits and payments not allocated yet cover what the customer owes."
    ),
    "outside_window": _lt("“%(level)s” waits for the hours in which it may be sent."),
    "closed_there": _lt(
        "“%(level)s” waits for the days and hours in which it may be sent where the "
        "telephone number is."
    ),
    "not_a_business_day": _lt("“%(level)s” waits for a business day."),
    "stale_bank_data": _lt(
        "“%(level)s” is ready, but the bank data are too old: a payment may have "
        "arrived."
    ),
    "stale_bank_lines": _lt(
        "“%(level)s” is ready, but the last bank lines are too old: import or type the "
        "newer ones, a payment may be among them."
    ),
    "no_bank_data": _lt(
        "“%(level)s” is ready, but no bank data come in: an administrator chooses in "
        "the settings whether reminders leave all the same."
    ),
    "unanswered": _lt(
        "“%(level)s” is ready, but nobody said yet how automatic reminders begin."
    ),
    "off": _lt(
        "“%(level)s” is ready, but automatic reminders are switched off in the "
        "settings."
    ),
    "neutralized": _lt(
        "“%(level)s” is ready, but this database is neutralized: nothing leaves."
    ),
    "copied": _lt(
        "“%(level)s” is ready, but this database is a copy: nothing leaves until an "
        "administrator says in the settings that it is the one in production."
    ),
}
#: Of those of which the day is not always known, where it is.
DATED_SENTENCES = {
    "before_start": _lt(
        "It was due before reminders began on %(day)s: it is reminded by hand."
    ),
    "finished": _lt("All levels are used up: the last reminder was of %(day)s."),
    "in_flight": _lt("A transfer without news is given until %(day)s to arrive."),
    "undelivered": _lt(
        "The reminder of %(day)s did not arrive: correct the address and send it "
        "again, or drop it."
    ),
}


@dataclass(frozen=True)
class Blocker:
    """Why a line must leave its reminder.

    :ivar reason: code of the plan
    :ivar until: up to when it holds, if that is known
    """

    reason: str
    until: date | None = None


class PaymentReminder(models.Model):
    _inherit = "payment.reminder"

    # === What is known of a line ===

    @api.model
    def _get_plan_state(self, lines):
        """Return what comes next for due lines, for screens.

        :param account.move.line lines: of any company; those that owe nothing, too
        :return: by line id: `level` (the next, or empty), `next_date`, `reached`,
            the level reached last (empty: none, or it was removed), `money`, what
            came in and may pay it, `reason`, a code or None, and `sentence`, for a
            person
        :rtype: dict[int, dict]
        """
        levels = self.env["payment.reminder.level"]
        nothing = {"level": levels, "next_date": None, "reached": levels}
        nothing |= {
            "money": self._get_money({}),
            "reason": "settled",
            "sentence": self._get_reason_sentence("settled"),
        }
        states = {line.id: dict(nothing) for line in lines}
        for company, company_lines in lines.grouped("company_id").items():
            blocker = company._get_reminder_blocker()
            query = self._plan_query(company, line_ids=company_lines.ids)
            rows = {row["line_id"]: row for row in self._read_plan(query)}
            keys = {row["reached_level_key"] for row in rows.values()}
            known = levels.browse(keys - {None}).exists()
            for line in company_lines:
                if not (row := rows.get(line.id)):
                    continue
                level = levels.browse(row["level_id"] or ())
                reason = row["reason"] or blocker
                states[line.id] = {
                    "level": level,
                    "next_date": row["next_date"],
                    "reached": known & levels.browse(row["reached_level_key"] or ()),
                    "money": self._get_money(row),
                    "reason": reason,
                    "sentence": self._get_line_sentence(line, row, reason, level),
                }
        return states

    @api.model
    def _get_line_sentence(self, line, row, reason, level):
        """Return the sentence of a row of the plan, with the reason of a person."""
        if reason == "received":
            money = self._get_money(row)
            return self.env._(
                "%(amount)s of %(date)s came in and is not allocated yet: nothing is "
                "asked until %(day)s.",
                amount=format_amount(self.env, money.amount, money.currency_id),
                date=format_date(self.env, money.date),
                day=format_date(self.env, row["reason_date"]),
            )
        sentence = self._get_reason_sentence(reason, row["reason_date"], level)
        note = ""
        if reason == "held":
            note = line.sudo().reminder_hold_reason
        elif reason == "customer_held":
            customer = line.sudo().partner_id.with_company(line.company_id)
            if customer.payment_reminder_hold_until != row["reason_date"]:
                # The whole group is held.
                customer = customer.browse(row["party_id"])
            note = customer.payment_reminder_hold_reason
        elif reason in (None, "not_yet", "waiting") and (money := self._get_money(row)):
            return f"{sentence} {self._describe_unallocated(money)}"
        if not note:
            return sentence
        return self.env._(
            "%(sentence)s Reason: %(reason)s", sentence=sentence, reason=note
        )

    @api.model
    def _get_money(self, row):
        """Return the bank line or the payment of a row of the plan that is not
        allocated, in sudo; empty if there is none."""
        if payment_id := row.get("payment_id"):
            return self.env["account.payment"].sudo().browse(payment_id)
        receipt_id = row.get("receipt_id") or ()
        return self.env["account.bank.statement.line"].sudo().browse(receipt_id)

    def _get_line_blockers(self):
        """Return the lines that must leave these reminders before they go: paid,
        credited, held, on their way, due later or a matter of another level since they
        were planned.

        :return: by reminder line
        :rtype: dict[int, Blocker]
        """
        blockers = {}
        for company, reminders in self.grouped("company_id").items():
            today = company._get_payment_today()
            named = reminders.line_ids
            escalating = named.filtered("level_key").sorted("level_days")
            rivals = escalating.grouped("move_line_id")
            query = self._plan_query(
                company,
                line_ids=named.move_line_id.ids,
                forced_ids=escalating.move_line_id.ids,
                ignored_ids=reminders._find_same_voice().ids,
            )
            rows = {row["line_id"]: row for row in self._read_plan(query)}
            for line in named:
                row = rows.get(line.move_line_id.id)
                same = rivals.get(line.move_line_id, line)
                if blocker := self._get_line_blocker(line, same, row, today):
                    blockers[line.id] = blocker
            for reminder in reminders:
                left = reminder.line_ids.filtered(lambda ln: ln.id not in blockers)
                asked = [rows[line.move_line_id.id] for line in left]
                amount = sum(row["residual"] for row in asked)
                credit = asked[0]["credit"] if asked else 0.0
                if reminder.currency_id.compare_amounts(credit, amount) >= 0:
                    blockers.update(dict.fromkeys(left.ids, Blocker("credits")))
                reminder._note_unallocated(asked)
        return blockers

    @api.model
    def _get_line_blocker(self, line, rivals, row, today):
        """Return why a line must leave its reminder, if it must.

        :param payment.reminder.line line: that was planned
        :param payment.reminder.line rivals: what escalates the same due line in the
            reminders that the plan looks past, the highest level last: only that leaves
        :param dict | None row: of the plan as it is now; None: it owes nothing
        :param datetime.date today: where its company is
        :rtype: Blocker | None
        """
        if not row:
            return Blocker("settled")
        reminder = line.reminder_id
        if (row["partner_id"], row["party_id"]) != (
            reminder.partner_id.id,
            reminder._get_party().id,
        ):
            return Blocker("moved")
        if row["named"] and (row["covered"] or not line.level_key):
            # It is named because it is overdue, whatever it waits for.
            return None
        if row["blocker"] in REMOVING:
            return Blocker(row["blocker"], row["blocker_date"])
        if row["reason"] in REMOVING:
            return Blocker(row["reason"], row["reason_date"])
        chosen = reminder.chosen_reason
        if (line.level_key and not chosen) and (
            line != rivals[-1] or row["level_id"] not in rivals.mapped("level_key")
        ):
            return Blocker("overtaken")
        if row["date_maturity"] > line.date_maturity and (
            row["next_date"] > today if line.level_key else not row["overdue"]
        ):
            return Blocker("not_yet", row["next_date"])
        return None

    @api.model
    def _read_plan(self, query):
        """Return the rows of the plan as dictionaries."""
        rows = self._execute_plan(query)
        names = [column.name for column in self.env.cr.description]
        return [dict(zip(names, row, strict=True)) for row in rows]

    # === Sentences ===

    @api.model
    def _get_reason_sentence(self, reason, date=None, level=None):
        """Return why nothing leaves, in a sentence in the language of the user.

        :param str reason: a code of the plan, of the moment of sending, or None: due
        :param datetime.date date: until when, since when, or on which day
        :param payment.reminder.level level: the next level
        :rtype: str
        """
        text = (DATED_SENTENCES.get(reason) if date else None) or SENTENCES.get(
            reason, _lt("No reminder is planned.")
        )
        return self.env._(text) % {
            "level": level.sudo().name if level else "",
            "day": format_date(self.env, date) if date else "",
        }
