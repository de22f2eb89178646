from odoo import fields, models

from .payment_reminder_level import CHANNELS

STATES = [
    ("to_confirm", "To confirm"),
    ("to_send", "To send"),
    ("to_call", "To call"),
    ("to_post", "To post"),
    ("queued", "Leaving"),
    ("sent", "Sent"),
    ("delivered", "Delivered"),
    ("failed", "Failed"),
    ("dropped", "Dropped"),
]
#: Prepared, and still in our hands.
OPEN_STATES = ("to_confirm", "to_send", "to_call", "to_post")
#: Left, or on its way.
GONE_STATES = ("queued", "sent", "delivered")

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
    _inherit = ["mail.thread", "mail.activity.mixin"]
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
    contact_id = fields.Many2one(
        comodel_name="res.partner",
        string="Recipient",
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
    level_name = fields.Char(
        string="Level Name", readonly=True, help="Kept when the level is removed."
    )
    level_days = fields.Integer(string="Days from the Due Date", readonly=True)
    state = fields.Selection(
        selection=STATES,
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
    note = fields.Char(readonly=True, help="Why it was dropped, or waits.")
    user_id = fields.Many2one(
        comodel_name="res.users", string="Responsible", tracking=True
    )
    line_ids = fields.One2many(
        comodel_name="payment.reminder.line",
        inverse_name="reminder_id",
        string="Invoices",
        readonly=True,
    )
    amount_total = fields.Monetary(
        string="Open", readonly=True, help="Of the lines named, before credits."
    )
    amount_credit = fields.Monetary(string="Credits", readonly=True)
    amount_asked = fields.Monetary(string="Asked For", readonly=True)
    amount_overdue = fields.Monetary(string="Overdue", readonly=True)
    request_id = fields.Many2one(
        comodel_name="payment.request",
        string="Payment Request",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    subject = fields.Char()
    body = fields.Html(sanitize="email_outgoing")
    sms_body = fields.Text(string="SMS")
    phone_script = fields.Html(readonly=True)
    lang = fields.Char(readonly=True)
    mail_message_id = fields.Many2one(
        comodel_name="mail.message",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="What was sent last, by e-mail or SMS: its fate is the reminder's.",
    )
    opened_at = fields.Datetime(
        related="request_id.opened_at", string="Link Opened", store=True
    )
    paid_at = fields.Date(
        readonly=True, help="The day on which all it names was paid."
    )
    amount_paid_after = fields.Monetary(
        string="Paid After", readonly=True, help="Of what it names, since it left."
    )
    thanked = fields.Boolean(readonly=True)
    outcome = fields.Selection(selection=OUTCOMES, readonly=True, tracking=True)
    outcome_note = fields.Char(readonly=True)
    promise_date = fields.Date(readonly=True)
