from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date

from ...const import ACCOUNTING
from ..text import labelled

#: Of the fields on what comes next.
COMING = {"compute": "_compute_reminder", "compute_sudo": True, "groups": ACCOUNTING}


class AccountMove(models.Model):
    """What an invoice tells of its reminders."""

    _name = "account.move"
    # The last room that adds to invoices: what a user gives passes here first.
    _inherit = ["payment.engine.owned", "account.move", "payment.reminder.buttons"]

    reminder_level_id = fields.Many2one(
        comodel_name="payment.reminder.level",
        string="Reminder Level",
        **COMING,
        help="The highest level that any of its due lines has reached.",
    )
    reminder_next_level_id = fields.Many2one(
        comodel_name="payment.reminder.level", string="Next Reminder", **COMING
    )
    reminder_next_date = fields.Date(string="Next Reminder On", **COMING)
    reminder_note = fields.Text(
        string="Reminders",
        **COMING,
        help="What comes next, or why nothing does.",
    )
    reminder_is_held = fields.Boolean(**COMING)
    reminder_is_received = fields.Boolean(**COMING)
    reminder_before_start = fields.Boolean(
        string="Before Reminders Began",
        **COMING,
        search="_search_reminder_before_start",
        help="Something of it was due before, and is reminded by hand only.",
    )
    reminder_count = fields.Integer(
        compute="_compute_reminder_count", groups=ACCOUNTING
    )

    payment_reminder_policy_id = fields.Many2one(
        comodel_name="payment.reminder.policy",
        string="Reminder Policy",
        check_company=True,
        copy=False,
        groups=ACCOUNTING,
        help="For this invoice only; empty: the customer's.",
    )

    @api.constrains("payment_reminder_policy_id", "partner_id")
    def _check_payment_reminder_policy(self):
        for move in self.sudo():
            customer = move.commercial_partner_id
            if customer and (policy := move.payment_reminder_policy_id):
                policy._check_is_for(customer)

    @api.depends("line_ids")
    def _compute_reminder_count(self):
        named = self.env["payment.reminder.line"].search(
            [("move_line_id", "in", self._origin.line_ids.ids)]
        )
        by_move = named.grouped("move_id")
        for move in self:
            mine = by_move.get(move._origin, named.browse())
            move.reminder_count = len(mine.reminder_id)

    @api.depends(
        "is_move_sent",
        "no_followup",
        "payment_state",
        "payment_reminder_policy_id",
        "line_ids.reminder_hold_until",
    )
    @api.depends_context("lang")
    def _compute_reminder(self):
        lines = self._origin.line_ids._filter_remindable()
        states = self.env["payment.reminder"]._get_plan_state(lines) if lines else {}
        by_move = lines.grouped("move_id")
        for move in self:
            due_lines = by_move.get(move._origin, lines.browse())
            move._set_reminder_state(
                {line: states[line.id] for line in due_lines.sorted("date_maturity")}
            )

    def _set_reminder_state(self, states):
        """Write what comes next for the due lines of this invoice.

        :param dict states: by line, in the order of their dates; see `_get_plan_state`
        """
        self.ensure_one()
        coming = [state for state in states.values() if state["level"]]
        soonest = min(coming, key=lambda state: state["next_date"], default={})
        levels = self.env["payment.reminder.level"]
        reached = [state["reached"] for state in states.values() if state["reached"]]
        today = self.company_id._get_payment_today() if states else None
        self.reminder_level_id = max(
            reached, key=lambda level: level.days_from_due, default=levels
        )
        self.reminder_next_level_id = soonest.get("level", levels)
        self.reminder_next_date = soonest.get("next_date", False)
        self.reminder_note = self._get_reminder_note(states)
        self.reminder_is_received = any(state["money"] for state in states.values())
        self.reminder_before_start = any(
            state["reason"] == "before_start" for state in states.values()
        )
        self.reminder_is_held = any(
            line.no_followup
            or (line.reminder_hold_until and line.reminder_hold_until >= today)
            for line in states
        )

    def _search_reminder_before_start(self, operator, value):
        if operator != "in":
            return NotImplemented
        lines = self.env["account.move.line"]
        companies = self.env.companies.sudo().filtered("payment_reminder_due_from_date")
        before = Domain.OR(
            Domain("company_id", "=", company.id)
            & lines._get_before_start_domain(company.payment_reminder_due_from_date)
            for company in companies
        )
        domain = Domain("line_ids", "any", before)
        return domain if True in value else ~domain

    def _get_reminder_note(self, states):
        """Return one sentence, or one for each installment if they differ."""
        sentences = {state["sentence"] for state in states.values()}
        if len(sentences) <= 1:
            return "".join(sentences)
        return "\n".join(
            labelled(
                self.env, format_date(self.env, line.date_maturity), state["sentence"]
            )
            for line, state in states.items()
        )

    def _get_reminder_party(self, policy):
        """Return with whom one talks about this invoice by a policy, if that is not the
        customer.

        :param payment.reminder.policy policy: that applies
        :rtype: res.partner
        """
        self.ensure_one()
        customer = self.commercial_partner_id
        party = {
            "contact": self.partner_id,
            "group": customer.sudo()._get_group_heads(),
        }.get(policy.grouping, customer)
        return party - customer

    # === Actions ===

    def _get_reminder_lines(self):
        """Override: what is open of these invoices."""
        return self.line_ids._filter_remindable()

    def action_open_reminders(self):
        """Open the history: the reminders that name this invoice.

        :rtype: dict
        """
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_payment_request.action_payment_reminder"
        )
        return action | {"domain": [("line_ids.move_line_id.move_id", "=", self.id)]}

    def action_reminder_release(self):
        """Let the reminders of these invoices go on."""
        self.line_ids.action_reminder_release()
