from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date, format_list

from ...models.text import shorten_list

#: Customers named one by one in a sentence; the others are only counted.
NAMES_SHOWN = 3


class PaymentReminderRemind(models.TransientModel):
    """Asks before customers are reminded again so soon, and lets a person choose the
    level with which one of them goes on."""

    _name = "payment.reminder.remind"
    _inherit = ["payment.assistant"]
    _description = "Remind by Hand"

    line_ids = fields.Many2many(comodel_name="account.move.line", string="Due Lines")
    choose = fields.Boolean(help="At a level that a person chooses.")
    policy_id = fields.Many2one(
        comodel_name="payment.reminder.policy", compute="_compute_policy_id"
    )
    level_id = fields.Many2one(
        comodel_name="payment.reminder.level",
        domain="[('policy_id', '=', policy_id), ('days_from_due', '>=', 0)]",
        help="The first one begins again; the one sent last is sent once more.",
    )
    reason = fields.Char(help="Kept on the reminder, the invoices and the customer.")
    told = fields.Text(string="So Far", compute="_compute_told")
    note = fields.Char(compute="_compute_note")
    has_others = fields.Boolean(compute="_compute_note")

    @api.model
    def _open_on(self, lines, choose=False):
        """Return the action that opens the assistant on open due lines.

        :param account.move.line lines: of one customer, to choose a level
        :param bool choose: a level
        :rtype: dict
        :raises UserError: if there are none, or too many to choose
        """
        lines = lines._filter_remindable()
        if not lines:
            raise UserError(self.env._("There is nothing to remind of now."))
        if choose and (
            len(lines.company_id) > 1 or len(set(lines._find_parties().values())) > 1
        ):
            raise UserError(
                self.env._("Choose one customer: each is at a level of their own.")
            )
        name = self.env._("Choose the Level") if choose else self.env._("Remind")
        return self._open_dialog(
            name,
            context={
                "default_line_ids": [Command.set(lines.ids)],
                "default_choose": choose,
            },
        )

    @api.depends("line_ids")
    def _compute_policy_id(self):
        for assistant in self:
            lines = assistant.line_ids._origin
            rows = []
            if assistant.choose and len(lines.company_id) == 1:
                reminders = self.env["payment.reminder"].sudo()
                query = reminders._plan_query(lines.company_id, line_ids=lines.ids)
                rows = reminders._read_plan(query)
            assistant.policy_id = next((row["policy_id"] for row in rows), False)

    @api.depends("line_ids", "choose")
    def _compute_told(self):
        for assistant in self:
            lines = assistant.line_ids._origin
            if not assistant.choose:
                assistant.told = False
                continue
            sent = self.env["payment.reminder.line"].search(
                [
                    ("move_line_id", "in", lines.ids),
                    ("reminder_id.sent_at", "!=", False),
                ]
            )
            # A reminder names many lines, and is told once.
            assistant.told = "\n".join(
                f"{reminder.level_name}, {reminder._get_notice_text()}"
                for reminder in sent.reminder_id.sorted("sent_at")
            )

    @api.depends("line_ids")
    def _compute_note(self):
        for assistant in self:
            lines = assistant.line_ids._origin
            paused = lines._find_paused_parties()
            names = [customer.display_name for customer in paused]
            names, more = shorten_list(names, NAMES_SHOWN)
            if more:
                names.append(self.env._("%s more", more))
            assistant.has_others = any(
                party not in paused for party in lines._find_parties().values()
            )
            assistant.note = bool(paused) and self.env._(
                "A short time ago a message went to %(customers)s: the next one would "
                "follow on %(day)s. Remind now all the same?",
                customers=format_list(self.env, names),
                day=format_date(self.env, max(paused.values())),
            )

    def action_remind(self):
        """Remind of all that was selected, or at the level that was chosen.

        :rtype: dict
        :raises UserError: with the reasons why there is nothing to remind of
        """
        self.ensure_one()
        self.line_ids._check_may_remind()
        if self.choose:
            return self._remind_at_level()
        return self.line_ids._remind_now()

    def action_remind_others(self):
        """Remind those who got no message a short time ago.

        :rtype: dict
        """
        self.ensure_one()
        self.line_ids._check_may_remind()
        paused = self.line_ids._find_paused_parties()
        parties = self.line_ids._find_parties()
        others = self.line_ids.filtered(lambda line: parties[line] not in paused)
        return others._remind_now()

    def _remind_at_level(self):
        """Prepare the reminder at the level that was chosen, and open it.

        :rtype: dict
        """
        if not self.level_id or not (self.reason or "").strip():
            raise UserError(self.env._("Choose a level and give the reason."))
        if self.level_id.policy_id != self.policy_id:
            raise UserError(
                self.env._("Choose a level of the policy %s.", self.policy_id.name)
            )
        company = self.line_ids.company_id
        reminders = (
            self.env["payment.reminder"]
            .sudo()
            .with_company(company)
            ._plan_chosen(company, self.line_ids, self.level_id, self.reason.strip())
        )
        if not reminders:
            raise UserError(self.line_ids._get_no_reminder_text())
        return reminders.sudo(False)._get_reminders_action()
