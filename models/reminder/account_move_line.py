from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from ...const import ACCOUNTING, PAID_STATES
from ..text import labelled
from .payment_reminder import OPEN_STATES

#: Of the fields on what was reached, and comes next.
STEP = {"compute": "_compute_reminder_step", "compute_sudo": True, "groups": ACCOUNTING}


class AccountMoveLine(models.Model):
    """A due line: the unit that is reminded, held and excluded."""

    _name = "account.move.line"
    _inherit = ["account.move.line", "payment.reminder.buttons"]

    reminder_hold_until = fields.Date(
        string="No Reminder Until", copy=False, groups=ACCOUNTING, help="Included."
    )
    reminder_hold_reason = fields.Char(copy=False, groups=ACCOUNTING)
    reminder_hold_user_id = fields.Many2one(
        comodel_name="res.users",
        string="Held By",
        copy=False,
        index="btree_not_null",
        groups=ACCOUNTING,
        help="Until they were told that the hold ends.",
    )

    reminder_level_id = fields.Many2one(
        comodel_name="payment.reminder.level", string="Level Reached", **STEP
    )
    reminder_next_level_id = fields.Many2one(
        comodel_name="payment.reminder.level", string="Next Level", **STEP
    )
    reminder_next_date = fields.Date(string="Next Reminder On", **STEP)
    reminder_note = fields.Char(
        string="What Comes Next",
        **STEP,
        help="Or why nothing does.",
    )
    reminder_days_late = fields.Integer(
        string="Days Late",
        **STEP,
        help="Negative before the due date.",
    )

    def _filter_remindable(self):
        """Return the lines that customers still owe on their invoices.

        :rtype: account.move.line
        """
        return self.filtered_domain(self._get_remindable_domain())

    @api.model
    def _get_open_domain(self):
        """Return which items are still open: what a payment without journal entry pays
        keeps its residual, but is owed no more.

        :rtype: Domain
        """
        return (
            Domain("parent_state", "=", "posted")
            & Domain("reconciled", "=", False)
            & Domain("move_id.payment_state", "not in", PAID_STATES)
        )

    @api.model
    def _get_remindable_domain(self):
        """Return the domain of what `_filter_remindable` keeps: open due lines of
        invoices, but neither credits nor other entries.

        :rtype: Domain
        """
        return (
            self._get_open_domain()
            & Domain("display_type", "=", "payment_term")
            & Domain("move_id.move_type", "=", "out_invoice")
            & Domain("amount_residual_currency", ">", 0)
        )

    @api.model
    def _get_before_start_domain(self, day):
        """Return the domain of what the plan leaves to persons, as it was due before
        reminders began, and nobody reminded of it since.

        :param datetime.date day: on which they began
        :rtype: Domain
        """
        begun = (
            self.env["payment.reminder.line"]
            .sudo()
            ._search(
                [
                    ("reminder_id.date", ">=", day),
                    ("reminder_id.state", "!=", "dropped"),
                ]
            )
        )
        return (
            self._get_remindable_domain()
            & Domain("date_maturity", "<", day)
            & Domain("id", "not in", begun.subselect("move_line_id"))
        )

    @api.model
    def _get_open_sql(self):
        """Return `_get_open_domain` as a condition on the aliases `line` and `move`.

        :rtype: SQL
        """
        return SQL(
            """line.parent_state = 'posted'
               AND line.reconciled IS NOT TRUE
               AND move.payment_state NOT IN %s""",
            PAID_STATES,
        )

    @api.model
    def _get_remindable_sql(self):
        """Return `_get_remindable_domain` as a condition on the aliases `line` and
        `move`: the planner foresees it better than what the ORM makes of the domain.

        :rtype: SQL
        """
        return SQL(
            """%s
               AND line.display_type = 'payment_term'
               AND move.move_type = 'out_invoice'
               AND line.amount_residual_currency > 0""",
            self._get_open_sql(),
        )

    @api.model
    def _get_owed_domain(self, company, customers):
        """Return which due lines customers owe ``company``.

        :param res.company company: whose invoices
        :param res.partner customers: commercial entities
        :rtype: Domain
        """
        return (
            self._get_remindable_domain()
            & Domain("company_id", "=", company.id)
            & Domain("partner_id", "in", customers.ids)
        )

    @api.model
    def _find_overdue(self, company, customers):
        """Return what customers owe ``company`` that is past its due date.

        :param res.company company: whose invoices, and whose day
        :param res.partner customers: commercial entities
        :rtype: account.move.line
        """
        today = company._get_payment_today()
        return self.search(
            self._get_owed_domain(company, customers)
            & Domain("date_maturity", "<", today)
        )

    def _hold_reminders(self, until, reason):
        """Hold the reminders of these lines up to a day, and log it on their invoices.

        :param datetime.date until: included
        :param str reason: for the colleagues
        """
        self.sudo().write(
            {
                "reminder_hold_until": until,
                "reminder_hold_reason": reason,
                "reminder_hold_user_id": self.env.uid,
            }
        )
        self._log_reminders(
            self.env._(
                "No reminders until %(day)s: %(reason)s",
                day=format_date(self.env, until),
                reason=reason,
            )
        )

    def _exclude_from_reminders(self, reason):
        """Exclude the invoices of these lines; core excludes whole invoices only.

        :param str reason: for the colleagues
        """
        self.sudo().move_id.no_followup = True
        self._log_reminders(
            self.env._("Excluded from reminders: %(reason)s", reason=reason)
        )

    def _release_reminders(self):
        """Release these lines, and include their invoices again."""
        self.sudo().write(
            {
                "reminder_hold_until": False,
                "reminder_hold_reason": False,
                "reminder_hold_user_id": False,
            }
        )
        self.sudo().move_id.filtered("no_followup").no_followup = False
        self._log_reminders(self.env._("Reminders go on."))

    def _log_reminders(self, text):
        moves = self.move_id
        body = Markup("<p>%s</p>") % text
        moves.sudo()._message_log_batch(
            bodies=dict.fromkeys(moves.ids, body),
            author_id=self.env.user.partner_id.id,
        )

    # === Actions ===

    def _get_reminder_lines(self):
        """Override: those of them that are open."""
        return self._filter_remindable()

    def _remind(self):
        """Prepare the reminders of these open lines now; ask before, if a customer got
        a message a short time ago.

        :return: the action that opens them or, if some wait already, those; or the
            question
        :rtype: dict
        :raises UserError: with the reasons why there are none
        """
        waiting = [r._get_party() for r in self._find_waiting_reminders()]
        parties = self._find_parties()
        others = self.filtered(lambda line: parties[line] not in waiting)
        if others._find_paused_parties():
            return self.env["payment.reminder.remind"]._open_on(self)
        return self._remind_now()

    def _find_waiting_reminders(self):
        """Return the reminders of these lines that have not left yet.

        :rtype: payment.reminder
        """
        named = Domain("line_ids.move_line_id", "in", self.ids)
        reminders = self.env["payment.reminder"].sudo()
        return reminders.search(named & Domain("state", "in", OPEN_STATES))

    def _get_paid(self):
        """Return what was paid of a due line: credit notes pay nothing, what they cover
        is asked for by no reminder.

        :rtype: float
        """
        return sum(
            partial.debit_amount_currency
            for partial in self.sudo().matched_credit_ids
            if partial.credit_move_id.move_id.move_type != "out_refund"
        )

    def _find_parties(self):
        """Return with whom one talks about each of these open lines.

        :return: the customer, an invoice address or the head of a group, by line
        :rtype: dict[account.move.line, res.partner]
        """
        reminders = self.env["payment.reminder"].sudo()
        parties = {line: line.partner_id for line in self}
        for company, lines in self.grouped("company_id").items():
            query = reminders._plan_query(company, line_ids=lines.ids)
            for row in reminders._read_plan(query):
                party = self.env["res.partner"].browse(row["party_id"])
                parties[self.browse(row["line_id"])] = party
        return parties

    def _find_paused_parties(self):
        """Return those who got a message about these lines a short time ago.

        :return: from when on they may get another one, by party
        :rtype: dict[res.partner, datetime.date]
        """
        reminders = self.env["payment.reminder"].sudo()
        paused = {}
        for company, lines in self.grouped("company_id").items():
            today = company._get_payment_today()
            query = reminders._plan_query(company, line_ids=lines.ids)
            for row in reminders._read_plan(query):
                if row["pause_until"] and row["pause_until"] > today:
                    party = self.env["res.partner"].browse(row["party_id"])
                    paused[party] = row["pause_until"]
        return paused

    def _remind_now(self):
        """Prepare the reminders of these open lines, as `_remind` without a question.

        :rtype: dict
        :raises UserError: with the reasons why there are none
        """
        reminders = self.env["payment.reminder"]
        for company, company_lines in self.grouped("company_id").items():
            model = reminders.sudo().with_company(company)
            reminders |= model._plan(company, lines=company_lines)
        reminders = reminders or self._find_waiting_reminders()
        if not reminders:
            raise UserError(self._get_no_reminder_text())
        return reminders.sudo(False)._get_reminders_action()

    def _get_no_reminder_text(self):
        """Return why none of these lines can be reminded now, a line of text each."""
        states = self.env["payment.reminder"].sudo()._get_plan_state(self)
        texts = [
            labelled(self.env, line.move_id.name, states[line.id]["sentence"])
            for line in self
        ]
        text = self.env._("There is nothing to remind of now.")
        return "\n".join([text, *dict.fromkeys(texts)])

    def action_reminder_release(self):
        """Let the reminders of these lines go on."""
        self._check_may_remind()
        self._filter_remindable()._release_reminders()

    @api.depends(
        "amount_residual_currency",
        "date_maturity",
        "move_id.payment_reminder_policy_id",
        "move_id.payment_state",
        "no_followup",
        "parent_state",
        "reconciled",
        "reminder_hold_until",
    )
    @api.depends_context("lang")
    def _compute_reminder_step(self):
        lines = self._origin._filter_remindable()
        states = self.env["payment.reminder"]._get_plan_state(lines) if lines else {}
        levels = self.env["payment.reminder.level"]
        days = {company: company._get_payment_today() for company in lines.company_id}
        for line in self:
            state = states.get(line._origin.id, {})
            line.reminder_level_id = state.get("reached", levels)
            line.reminder_next_level_id = state.get("level", levels)
            line.reminder_next_date = state.get("next_date") or False
            line.reminder_note = state.get("sentence", False)
            due = line.date_maturity or line.date
            line.reminder_days_late = (days[line.company_id] - due).days if state else 0
