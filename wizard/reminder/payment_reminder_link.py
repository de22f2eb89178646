from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.mail import email_normalize

from ...models.phone_number import why_no_sms
from ...models.reminder.failure_words import say_failure

MAIL_TEMPLATE = "account_payment_request.mail_template_payment_request"
SMS_TEMPLATE = "account_payment_request.sms_template_payment_request"


class PaymentReminderLink(models.TransientModel):
    """Sends the link to pay while the customer is on the phone: at once, and to the
    number or address that they dictate."""

    _name = "payment.reminder.link"
    _inherit = ["payment.assistant"]
    _description = "Send the Payment Link"

    reminder_id = fields.Many2one(
        comodel_name="payment.reminder", required=True, readonly=True
    )
    channel = fields.Selection(
        selection=[("sms", "SMS"), ("email", "E-mail")],
        required=True,
        compute="_compute_addresses",
        store=True,
        readonly=False,
        precompute=True,
    )
    number = fields.Char(
        compute="_compute_addresses", store=True, readonly=False, precompute=True
    )
    email = fields.Char(
        string="E-mail",
        compute="_compute_addresses",
        store=True,
        readonly=False,
        precompute=True,
    )
    keep = fields.Boolean(string="Keep it on the contact")

    @api.depends("reminder_id")
    def _compute_addresses(self):
        for link in self:
            contact = link.reminder_id.contact_id
            reminder = link.reminder_id
            link.number = reminder._find_sms_number()[0] if reminder else False
            link.email = contact.email_normalized
            link.channel = "email" if link.email and not link.number else "sms"

    def action_send(self):
        """Send the link, and tell whether it left.

        :rtype: dict
        :raises UserError: if it cannot be sent there
        """
        self.ensure_one()
        reminder = self.reminder_id
        reminder.check_access("write")
        request = reminder.sudo().request_id
        request._check_payable()
        reminder._check_in_use()
        link = self.sudo().with_company(reminder.company_id)
        sms = self.channel == "sms"
        address = link._find_number() if sms else link._find_address()
        if self.keep:
            # Before it leaves: what has left cannot be taken back.
            reminder.contact_id.write({"phone" if sms else "email": address})
        if sms:
            link._send_sms(address)
        else:
            link._send_email(address)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("The link has left to %s.", address),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _find_number(self):
        """Return the number to send to, E.164."""
        reminder = self.reminder_id
        number = reminder.contact_id._phone_format(number=self.number)
        if not number:
            raise UserError(
                self.env._("“%s” is not a telephone number.", self.number or "")
            )
        if why_not := why_no_sms(number):
            raise UserError(self.env._(why_not) % self.number)
        if reminder._find_blocked_numbers([number]):
            raise UserError(self.env._("%s is on the list of blocked numbers.", number))
        return number

    def _find_address(self):
        """Return the address to send to."""
        address = email_normalize(self.email)
        if not address:
            raise UserError(
                self.env._("“%s” is not an e-mail address.", self.email or "")
            )
        return address

    def _send_sms(self, number):
        reminder = self.reminder_id
        template = self.env.ref(SMS_TEMPLATE)
        text = template._render_field(
            "body", reminder.request_id.ids, compute_lang=True
        )
        texts = {reminder: text[reminder.request_id.id]}
        sms = reminder._queue_sms({reminder: number}, texts)[reminder]
        sms.send(raise_exception=False)
        if sms.state == "error":
            cause = say_failure(self.env, sms.failure_type)
            raise UserError(self.env._("The SMS could not be sent: %s", cause))

    def _send_email(self, address):
        reminder = self.reminder_id
        mail_id = self.env.ref(MAIL_TEMPLATE).send_mail(
            reminder.request_id.id,
            force_send=True,
            email_values={"email_to": address, "recipient_ids": []},
        )
        # One that has left is gone.
        mail = self.env["mail.mail"].browse(mail_id).exists()
        if mail.state == "exception":
            cause = say_failure(self.env, mail.failure_type, mail.failure_reason)
            raise UserError(self.env._("The mail could not be sent: %s", cause))
        reminder._message_log(
            body=Markup("<p>%s</p>")
            % self.env._("The payment link was sent to %s.", address),
            author_id=self.env.user.partner_id.id,
        )
