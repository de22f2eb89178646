from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..task import find_tasks
from ..text import shorten_list
from .payment_reminder_level import CHANNELS
from .res_company import NOT_IN_USE

#: Invoices named one by one in a sentence; the others are only counted.
NAMES_SHOWN = 3
#: Texts that a user may rewrite until the reminder is sent.
TEXTS = ("subject", "body", "closing", "sms_body")
#: What a message is joined from, in this order.
MESSAGE_PARTS = ("body", "invoice_table", "closing")

STATES = [
    ("to_confirm", "To confirm"),
    ("to_send", "To send"),
    ("to_call", "To call"),
    ("to_post", "To post"),
    ("queued", "Leaving"),
    ("sent", "Sent"),
    ("delivered", "Delivered"),
    ("tested", "Tested"),
    ("failed", "Failed"),
    ("dropped", "Dropped"),
]
#: Prepared, not sent yet.
OPEN_STATES = ("to_confirm", "to_send", "to_call", "to_post")
#: Sent, or being sent.
SENT_STATES = ("queued", "sent", "delivered")
#: Received, as far as that can be known.
ARRIVED_STATES = ("sent", "delivered")
#: Sent to the address of test mode: the plan alone takes it for sent, until that ends.
TESTED = "tested"

#: What the tasks about money that is not allocated are about.
ALLOCATE = "allocate"
#: States in which a user may send it now.
RELEASABLE = ("to_confirm", "to_send", "failed")

OUTCOMES = [
    ("promised", "Promised to pay"),
    ("disputed", "Disputes"),
    ("wrong_number", "Wrong number"),
    ("no_answer", "No answer"),
    ("done", "Spoken to"),
]


class PaymentReminder(models.Model):
    _name = "payment.reminder"
    _description = "Payment Reminder"
    _inherit = ["payment.engine.owned", "mail.thread", "mail.activity.mixin"]
    _order = "date desc, id desc"
    _check_company_auto = True

    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency", required=True, readonly=True
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        help="The commercial entity that owes the invoices.",
    )
    party_id = fields.Many2one(
        comodel_name="res.partner",
        string="Conversation With",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The invoice address, or the head of the group of companies, that is "
        "reminded; empty: the customer.",
    )
    contact_id = fields.Many2one(
        comodel_name="res.partner",
        string="Recipient",
        check_company=True,
        help="Chosen by the level; whoever is written here receives it.",
    )
    policy_id = fields.Many2one(
        comodel_name="payment.reminder.policy", readonly=True, ondelete="set null"
    )
    level_id = fields.Many2one(
        comodel_name="payment.reminder.level",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    level_name = fields.Char(readonly=True, help="Kept when the level is removed.")
    level_days = fields.Integer(string="Days from the Due Date", readonly=True)
    state = fields.Selection(
        selection=STATES,
        group_expand=True,
        required=True,
        readonly=True,
        index=True,
        tracking=True,
        default="to_send",
    )
    date = fields.Date(
        string="Planned For", required=True, readonly=True, help="Company's own day."
    )
    sent_at = fields.Datetime(readonly=True)
    channel = fields.Selection(
        selection=CHANNELS, readonly=True, help="Used last, or to be used."
    )
    failure_reason = fields.Char(readonly=True)
    failed_channels = fields.Char(
        readonly=True, help="By which it did not reach the customer so far."
    )
    note = fields.Char(readonly=True, help="Why it was dropped, or waits.")
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Responsible",
        check_company=True,
        tracking=True,
    )
    line_ids = fields.One2many(
        comodel_name="payment.reminder.line",
        inverse_name="reminder_id",
        string="Invoices",
        readonly=True,
    )
    amount_total = fields.Monetary(
        string="Open Amount", readonly=True, help="Of the lines named, before credits."
    )
    amount_credit = fields.Monetary(string="Credits", readonly=True)
    amount_asked = fields.Monetary(string="Asked For", readonly=True)
    amount_overdue = fields.Monetary(
        string="Overdue", readonly=True, help="Net of credits, which go to the oldest."
    )
    amount_coming = fields.Monetary(
        string="Coming Due",
        readonly=True,
        help="Not due yet: told for information, and not asked for.",
    )
    request_id = fields.Many2one(
        comodel_name="payment.request",
        string="Payment Request",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    subject = fields.Char()
    body = fields.Html(sanitize="email_outgoing")
    invoice_table = fields.Html(
        string="Table of Invoices",
        readonly=True,
        sanitize=False,
        help="With the button to pay, between body and closing: made again until it is "
        "sent.",
    )
    closing = fields.Html(sanitize="email_outgoing")
    sms_body = fields.Text(string="SMS")
    phone_script = fields.Html(readonly=True)
    lang = fields.Char(readonly=True)
    mail_message_id = fields.Many2one(
        comodel_name="mail.message",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="Sent last, by e-mail or SMS; its delivery status is the reminder's.",
    )
    opened_at = fields.Datetime(
        related="request_id.opened_at", string="Link Opened", store=True
    )
    paid_date = fields.Date(
        string="Paid At", readonly=True, help="The day on which all it names was paid."
    )
    amount_paid_after = fields.Monetary(
        string="Paid After", readonly=True, help="Of what it names, since it left."
    )
    thanks_sent = fields.Boolean(string="Thanked", readonly=True)
    outcome = fields.Selection(selection=OUTCOMES, readonly=True, tracking=True)
    outcome_note = fields.Char(readonly=True)
    promise_date = fields.Date(readonly=True)
    manual = fields.Boolean(
        string="By Hand",
        readonly=True,
        help="A person asked for it: neither hours nor intervals hold it.",
    )
    edited = fields.Boolean(
        readonly=True, help="A person changed its text, which is not made again."
    )
    prepared_date = fields.Date(
        string="Prepared On",
        readonly=True,
        help="Texts of another day are rendered again: the days late have changed.",
    )
    send_attempts = fields.Integer(
        string="Tries",
        readonly=True,
        help="How often our own gateway refused what should leave.",
    )
    invoice_names = fields.Char(
        compute="_compute_invoices", help="Without those that credits pay wholly."
    )
    due_date = fields.Date(
        string="Oldest Due Date",
        compute="_compute_invoices",
        help="Of what it asks for.",
    )
    days_late = fields.Integer(
        compute="_compute_invoices", help="Of the oldest; negative before it is due."
    )

    # === Compute ===

    @api.depends("level_name", "partner_id.display_name")
    def _compute_display_name(self):
        for reminder in self:
            names = (reminder.level_name, reminder.partner_id.display_name)
            reminder.display_name = ", ".join(filter(None, names))

    @api.depends(
        "line_ids.move_id.name",
        "line_ids.date_maturity",
        "line_ids.amount",
        "amount_credit",
        "company_id",
    )
    @api.depends_context("lang")
    def _compute_invoices(self):
        for reminder in self:
            shares = reminder._share_credit(reminder.amount_credit, "amount")
            asked = reminder.line_ids.filtered(
                lambda line, shares=shares: shares[line] or not line.amount
            )
            reminder.invoice_names = self._write_names(asked.move_id)
            dates = [date for date in asked.mapped("date_maturity") if date]
            reminder.due_date = min(dates, default=False)
            today = reminder.company_id._get_payment_today
            reminder.days_late = (today() - min(dates)).days if dates else 0

    @api.model
    def _write_names(self, moves):
        """Return the names of invoices, those of a long list only counted.

        :rtype: str
        """
        names = list(dict.fromkeys(filter(None, moves.mapped("name"))))
        shown, more = shorten_list(names, NAMES_SHOWN)
        text = ", ".join(shown)
        if more:
            return self.env._("%(names)s and %(count)s more", names=text, count=more)
        return text

    def _find_earlier(self):
        """Return the reminders before these of what they name that were received, as
        far as that can be known. What only announced it is none.

        :rtype: dict[payment.reminder.line, payment.reminder]
        """
        named = self.env["payment.reminder.line"].search(
            [
                ("move_line_id", "in", self.line_ids.move_line_id._origin.ids),
                ("reminder_id.state", "in", (*ARRIVED_STATES, TESTED)),
                ("reminder_id.level_days", ">=", 0),
            ]
        )
        arrived = named.grouped("move_line_id")
        earlier = {}
        for reminder in self:
            for line in reminder.line_ids:
                told = arrived.get(line.move_line_id._origin, named.browse())
                earlier[line] = told.reminder_id.filtered(
                    lambda r, this=reminder: (
                        (not this._origin or r.id < this._origin.id) and this._knows(r)
                    )
                )
        return earlier

    # === Writing ===

    def write(self, vals):
        """Override: a text that a user rewrote is kept, and what was sent is never
        written again: it is the proof of what was sent.

        :raises UserError: for the text or the recipient of what has left
        """
        self._check_may_give(vals)
        if vals.get("subject"):
            # A mail has its subject on one line.
            vals = {**vals, "subject": " ".join(vals["subject"].split())}
        preparing = self.env.su and self.env.context.get("reminder_preparing")
        kept = {*TEXTS, "invoice_table", "contact_id"}
        if preparing or kept.isdisjoint(vals):
            return super().write(vals)
        if self.filtered(lambda r: r.state not in (*OPEN_STATES, "failed")):
            raise UserError(
                self.env._("What was sent cannot be changed any more: it is a proof.")
            )
        if any(name in vals for name in TEXTS):
            # Whoever rewrites one text keeps the others: they are made first.
            self.filtered(lambda r: not (r.edited or r.prepared_date)).sudo()._prepare()
            self.sudo().edited = True
        if "contact_id" in vals:
            self.sudo().lang = False
            # The new recipient is greeted by name, in their language.
            made = self.filtered(lambda r: not r.edited)
            made.sudo()._without_tracking().write(
                {"prepared_date": False, **dict.fromkeys(TEXTS, False)}
            )
        return super().write(vals)

    def _without_tracking(self):
        """Return the same reminders, with no message in the chatter for each change.

        :rtype: payment.reminder
        """
        return self.with_context(
            tracking_disable=True,
            mail_notrack=True,
            mail_create_nolog=True,
            mail_create_nosubscribe=True,
            reminder_preparing=True,
        )

    def _get_message(self):
        """Return what is sent: body, table of invoices and closing.

        :rtype: Markup
        """
        self.ensure_one()
        return Markup("").join(self[name] or "" for name in MESSAGE_PARTS)

    def _get_channels_left(self):
        """Return the channels not tried yet, the one to use now first.

        :rtype: list[str]
        """
        self.ensure_one()
        channels = self.level_id._get_channels() if self.level_id else []
        if self.channel in channels:
            channels = channels[channels.index(self.channel) :]
        failed = self._get_failed_channels()
        return [channel for channel in channels if channel not in failed]

    def _get_failed_channels(self):
        return (self.failed_channels or "").split(",")

    def _note_failed_channels(self, *channels):
        """Note by which channels these did not reach their customers."""
        for reminder in self:
            failed = (*reminder._get_failed_channels(), *channels)
            failed = ",".join(dict.fromkeys(filter(None, failed)))
            if failed != (reminder.failed_channels or ""):
                reminder.failed_channels = failed

    def _get_responsible(self):
        """Return the user responsible for the reminder, by its level, its policy or its
        invoices, else the accountant named in the settings. Archived users are skipped.

        :rtype: res.users
        """
        self.ensure_one()
        users = (
            self.user_id,
            self.level_id.user_id,
            self.policy_id.user_id,
            self.line_ids.move_id.invoice_user_id[:1],
        )
        return next(
            (user for user in users if user.active and not user.share),
            self.company_id._get_payment_accountant(self.env["res.users"]),
        )

    def _mail_get_partner_fields(self, introspect_fields=False):
        """Override of `mail`: whoever is reminded is the recipient."""
        return ["contact_id", "partner_id"]

    # === Actions ===

    def action_prepare(self):
        """Render the reminders again as they would be sent now, without what was paid
        in the meantime."""
        self.check_access("write")
        reminders = (
            self.sudo().filtered(lambda r: r.state in OPEN_STATES)._without_tracking()
        )
        reminders.write({"edited": False})
        for company, mine in reminders.grouped("company_id").items():
            mine.with_company(company)._recheck()._prepare()

    def action_send(self):
        """Send the reminders now: the user has looked at them.

        :raises UserError: if none of them can leave
        """
        self._release_manually()._send_slice()

    def _release_manually(self):
        """Release the reminders at a user's request, whatever the hour.

        :return: those that may be sent, in sudo
        :rtype: payment.reminder
        :raises UserError: if none of them can leave
        """
        self.check_access("write")
        reminders = self.sudo().filtered(lambda r: r.state in RELEASABLE)
        if not reminders:
            raise UserError(self.env._("None of these reminders waits to be sent."))
        reminders._check_in_use()
        reminders._check_not_testing()
        find_tasks(reminders, ALLOCATE).unlink()
        quiet = reminders._without_tracking()
        for reminder in quiet.filtered(lambda r: r.state == "failed"):
            reminder.channel = reminder.level_id.channel
        quiet.write(
            {
                "state": "to_send",
                "manual": True,
                "send_attempts": 0,
                "failure_reason": False,
                "failed_channels": False,
                "leaves_at": False,
            }
        )
        return reminders

    def _check_in_use(self):
        """Refuse to send anything from a neutralized or copied database.

        :raises UserError: with what to do
        """
        for company in self.company_id:
            blocker = company._get_reminder_blocker()
            if blocker in NOT_IN_USE:
                level = self.level_id[:1]
                raise UserError(self._get_reason_sentence(blocker, level=level))

    def _check_not_testing(self):
        """Refuse to send what is not of the test while test mode lasts.

        :raises UserError: with what to do
        """
        real = self.filtered(lambda r: not r.is_test)
        if any(company._is_reminder_test() for company in real.company_id):
            raise UserError(
                self.env._(
                    "In test mode nothing is sent to customers. Leave test mode first, "
                    "under “How Reminders Begin”."
                )
            )

    def action_drop(self):
        """Do not send them: what they name counts as reminded at their level."""
        self.check_access("write")
        reminders = self.sudo().filtered(lambda r: r.state in (*OPEN_STATES, "failed"))
        if not reminders:
            raise UserError(self.env._("These reminders have already left."))
        note = self.env._("Dropped by %s.", self.env.user.name)
        reminders._drop({reminder.id: note for reminder in reminders})

    def _drop(self, notes):
        """Drop the reminders, with the reason.

        :param dict[int, str] notes: sentence by reminder
        """
        # Nobody has the link of a reminder that was never sent.
        unused = self.filtered(
            lambda r: r.state in ("to_confirm", "to_send")
            and not r.mail_message_id
            and not r.opened_at
        ).request_id.filtered(lambda request: not request.transaction_ids)
        for reminder in self._without_tracking():
            reminder.write({"state": "dropped", "note": notes[reminder.id]})
        find_tasks(self).unlink()
        unused.unlink()

    def _get_reminder_lines(self):
        """Return what they name and is still owed.

        :rtype: account.move.line
        """
        return self.line_ids.move_line_id._filter_remindable()

    def action_reminder_level(self):
        """Open the assistant that reminds of the same at a level that a person chooses.

        :rtype: dict
        """
        self.check_access("write")
        lines = self._get_reminder_lines()
        return self.env["payment.reminder.remind"]._open_on(lines, choose=True)

    def action_hold(self):
        """Open the assistant that holds what these reminders name.

        :rtype: dict
        """
        return self.env["payment.reminder.hold"]._open_on(self)
