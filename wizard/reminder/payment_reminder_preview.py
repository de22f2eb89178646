from datetime import timedelta

from odoo import Command, api, fields, models

from ...models.reminder.payment_reminder_prepare import TEXT_ERRORS, root_cause

# GSM 03.38: letters of one place, and those that take two.
SMS_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
SMS_EXTENDED = frozenset("\f^{}\\[~]|€")

# As long as a real token, on which the length of texts depends, and reference.
SAMPLE_TOKEN, SAMPLE_REFERENCE = "x" * 20, "X" * 10


def sms_size(text):
    """Return how much room a text takes in SMS.

    :param str text:
    :return: places taken, number of messages, and the letters that are not in the
        alphabet of SMS (one of them shortens each message from 160 to 70)
    :rtype: tuple[int, int, str]
    """
    foreign = "".join(sorted(set(text) - SMS_BASIC - SMS_EXTENDED))
    if foreign:
        places, single, part = len(text.encode("utf-16-be")) // 2, 70, 67
    else:
        places = sum(2 if letter in SMS_EXTENDED else 1 for letter in text)
        single, part = 160, 153
    messages = 1 if places <= single else -(-places // part)
    return places, messages, foreign


class PaymentReminderPreview(models.TransientModel):
    """Shows what a level would write about an invoice. It changes nothing: the
    reminder it renders is never stored."""

    _name = "payment.reminder.preview"
    _inherit = ["payment.assistant"]
    _description = "Preview of a Reminder"

    level_id = fields.Many2one(
        comodel_name="payment.reminder.level",
        required=True,
        domain="[('policy_id', '=', policy_id)]",
    )
    policy_id = fields.Many2one(related="level_id.policy_id")
    timing = fields.Char(related="level_id.timing")
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, default=lambda self: self.env.company
    )
    move_id = fields.Many2one(
        comodel_name="account.move",
        string="Invoice",
        domain="[('move_type', '=', 'out_invoice'), ('state', '=', 'posted'),"
        " ('payment_state', 'in', ('not_paid', 'partial')),"
        " ('company_id', '=', company_id)]",
    )
    lang = fields.Selection(
        selection="_get_languages",
        string="Language",
        compute="_compute_lang",
        store=True,
        readonly=False,
    )
    date = fields.Date(compute="_compute_texts")
    contact_id = fields.Many2one(
        comodel_name="res.partner", string="To", compute="_compute_texts"
    )
    subject = fields.Char(compute="_compute_texts")
    body = fields.Html(compute="_compute_texts", sanitize=False)
    sms_body = fields.Text(string="SMS", compute="_compute_texts")
    sms_note = fields.Char(compute="_compute_texts")
    phone_script = fields.Html(compute="_compute_texts", sanitize=False)
    error = fields.Char(compute="_compute_texts")

    @api.model
    def _get_languages(self):
        return self.env["res.lang"].get_installed()

    @api.model
    def default_get(self, fields):
        """Propose the invoice that waits longest."""
        values = super().default_get(fields)
        if "move_id" in fields and not values.get("move_id"):
            values["move_id"] = (
                self.env["account.move"]
                .search(
                    [
                        ("move_type", "=", "out_invoice"),
                        ("state", "=", "posted"),
                        ("payment_state", "in", ("not_paid", "partial")),
                        ("company_id", "=", self.env.company.id),
                    ],
                    order="invoice_date_due, id",
                    limit=1,
                )
                .id
            )
        return values

    # Not on the level: a language chosen by hand stays from level to level.
    @api.depends("move_id")
    def _compute_lang(self):
        for preview in self:
            reminder = preview._new_reminder()
            preview.lang = (
                reminder._find_lang(reminder.contact_id) if reminder else self.env.lang
            )

    @api.depends("level_id", "move_id", "lang")
    def _compute_texts(self):
        for preview in self:
            preview.update(preview._get_texts())

    def _get_texts(self):
        """Return the values of the computed fields.

        :rtype: dict
        """
        self.ensure_one()
        shown = ("subject", "body", "sms_body", "sms_note", "phone_script", "error")
        empty = dict.fromkeys(("date", "contact_id", *shown), False)
        reminder = self._new_reminder()
        if not reminder:
            return empty
        lang = self.lang or self.env.lang
        level = self.level_id.with_context(payment_reminder_preview_day=reminder.date)
        values = {**empty, "date": reminder.date, "contact_id": reminder.contact_id.id}
        try:
            texts = level._render_texts(reminder, lang)[reminder.id]
        except TEXT_ERRORS as error:
            return {**values, "error": root_cause(error)}
        table = reminder._render_invoices(lang, self._get_told_lines(reminder))
        reminder.update({**texts, "invoice_table": table})
        size, messages, foreign = sms_size(texts["sms_body"])
        sms_note = self.env._(
            "%(places)s characters, %(messages)s SMS", places=size, messages=messages
        )
        if foreign:
            sms_note = self.env._(
                "%(note)s: shorter without %(letters)s", note=sms_note, letters=foreign
            )
        return {
            **values,
            **{name: texts[name] for name in ("subject", "sms_body", "phone_script")},
            "body": reminder._get_message(),
            "sms_note": texts["sms_body"] and sms_note,
        }

    def _new_reminder(self):
        """Return the reminder that the level would make of the open lines of the
        invoice, counted from its first due date; it is not stored, and empty if nothing
        is open.

        :rtype: payment.reminder
        """
        self.ensure_one()
        level, move = self.level_id, self.move_id._origin
        lines = move.line_ids.filtered(
            lambda line: line.display_type == "payment_term" and not line.reconciled
        ).sorted("date_maturity")
        if not level or not lines:
            return self.env["payment.reminder"]
        date = lines[:1].date_maturity + timedelta(days=level.days_from_due)
        named = lines.filtered(
            lambda line: (
                line.date_maturity == lines[0].date_maturity
                or line.date_maturity < date
            )
        )
        overdue = named.filtered(lambda line: line.date_maturity < date)
        open_amount = sum(named.mapped("amount_residual_currency"))
        self = self.with_context(payment_reminder_preview_day=date)
        company = move.company_id
        url = f"{company._payment_request_base_url()}/pay/{SAMPLE_TOKEN}"
        request = move.sudo().payment_request_id or self.env["payment.request"].new(
            {
                "company_id": company.id,
                "partner_id": move.partner_id.id,
                "currency_id": move.currency_id.id,
                "url": url,
                "short_url": url.partition("://")[2],
                "reference": SAMPLE_REFERENCE,
                "line_ids": [Command.create({"move_id": move.id})],
            }
        )
        reminder = self.env["payment.reminder"].new(
            {
                "company_id": company.id,
                "currency_id": move.currency_id.id,
                "partner_id": move.commercial_partner_id.id,
                "party_id": move._get_reminder_party(level.policy_id).id,
                "policy_id": level.policy_id.id,
                "level_id": level.id,
                "level_name": level.name,
                "level_days": level.days_from_due,
                "date": date,
                "request_id": request,
                "amount_total": open_amount,
                "amount_asked": open_amount,
                "amount_overdue": sum(overdue.mapped("amount_residual_currency")),
                "line_ids": [
                    Command.create(
                        {
                            "move_line_id": line.id,
                            "move_id": move.id,
                            "date_maturity": line.date_maturity,
                            "amount": line.amount_residual_currency,
                        }
                    )
                    for line in named
                ],
            }
        )
        told = self._get_told_lines(reminder)
        reminder.amount_coming = sum(told.mapped("amount_residual_currency"))
        reminder.contact_id = reminder._find_contacts()[reminder.id]
        reminder.user_id = reminder._get_responsible()
        return reminder

    def _get_told_lines(self, reminder):
        """Return what of the invoice the reminder tells for information."""
        lines = self.move_id._origin.line_ids.filtered(
            lambda line: line.display_type == "payment_term" and not line.reconciled
        )
        if self.level_id.formal_notice:
            return lines.browse()
        return lines.sorted("date_maturity") - reminder.line_ids.move_line_id._origin
