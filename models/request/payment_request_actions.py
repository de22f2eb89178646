from urllib.parse import urlencode

from odoo import api, models
from odoo.exceptions import UserError


class PaymentRequest(models.Model):
    """What the accountant does with a request: send, share, look."""

    _inherit = "payment.request"

    def action_open_page(self):
        """Show the page as the customer sees it."""
        self.ensure_one()
        self.check_access("read")
        return {"type": "ir.actions.act_url", "url": self.url, "target": "new"}

    def action_send_email(self):
        """Open the mail composer with the request's template, for one or many."""
        self._check_payable()
        template = self.env.ref(
            "account_payment_request.mail_template_payment_request",
            raise_if_not_found=False,
        )
        return {
            "name": self.env._("Send payment request"),
            "type": "ir.actions.act_window",
            "res_model": "mail.compose.message",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_model": self._name,
                "default_res_ids": self.ids,
                "default_template_id": template.id if template else False,
                "default_composition_mode": "mass_mail" if len(self) > 1 else "comment",
                "default_email_layout_xmlid": "mail.mail_notification_light",
                "force_email": True,
            },
        }

    def action_send_sms(self):
        """Open the SMS composer; numbers are checked there and written as E.164."""
        self._check_payable()
        template = self.env.ref(
            "account_payment_request.sms_template_payment_request",
            raise_if_not_found=False,
        )
        return {
            "name": self.env._("Send payment request by SMS"),
            "type": "ir.actions.act_window",
            "res_model": "sms.composer",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_res_model": self._name,
                "default_res_id": self.id if len(self) == 1 else False,
                "default_res_ids": self.ids,
                "default_composition_mode": "mass" if len(self) > 1 else "comment",
                "default_mass_keep_log": True,
                "default_template_id": template.id if template else False,
            },
        }

    def action_share_whatsapp(self):
        """Open WhatsApp with the link written, on the customer's number if known."""
        self.ensure_one()
        self._check_payable()
        number = self.partner_id._phone_format(fname="phone") or ""
        digits = "".join(char for char in number if char.isdigit())
        request = self.with_context(lang=self.partner_id.lang or self.env.lang)
        text = request.env._(
            "Hello, here is the link to pay %(amount)s to %(company)s from your "
            "bank: %(url)s",
            amount=self.currency_id.format(self.amount_to_pay),
            company=self.company_id.name,
            url=self.url,
        )
        return {
            "type": "ir.actions.act_url",
            "url": f"https://wa.me/{digits}?{urlencode({'text': text})}",
            "target": "new",
        }

    def action_view_transactions(self):
        """Open the attempts to pay this request."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "payment.action_payment_transaction"
        )
        return {
            **action,
            "domain": [("payment_request_id", "=", self.id)],
            "context": {"create": False},
        }

    def action_view_payments(self):
        """Open the payments that came from this request."""
        self.ensure_one()
        self.check_access("read")
        payments = self.sudo().transaction_ids.payment_id
        # A tuple after a term in one literal is exported for a term itself.
        name = self.env._("Payments")
        return {
            "name": name,
            "type": "ir.actions.act_window",
            "res_model": "account.payment",
            "view_mode": "list,form",
            "domain": [("id", "in", payments.ids)],
        }

    def action_view_invoices(self):
        """Open the invoices that this request asks for."""
        self.ensure_one()
        self.check_access("read")
        return self.line_ids.move_id._get_records_action(
            name=self.env._("Invoices"), context={"create": False}
        )

    @api.model
    def _get_create_action(self, records):
        """Return what opens the assistant that asks for payment.

        :param records: invoices, or the customer of a deposit
        """
        return {
            "name": self.env._("Request payment"),
            "type": "ir.actions.act_window",
            "res_model": "payment.request.create",
            "view_mode": "form",
            "target": "new",
            "context": {"active_model": records._name, "active_ids": records.ids},
        }

    def _check_payable(self):
        """Refuse to send what the customer could not pay."""
        self.check_access("read")
        self.env["payment.database"]._check_in_production()
        for request in self:
            if not request._is_payable():
                raise UserError(
                    self.env._(
                        "%(request)s cannot be sent: it is “%(state)s”.",
                        request=request.display_name,
                        state=dict(
                            self._fields["state"]._description_selection(self.env)
                        )[request._get_state()],
                    )
                )

    # === Mail and SMS ===

    def _mail_get_partner_fields(self, introspect_fields=False):
        """Override of `mail`: the payer is the recipient."""
        return ["partner_id"]

    def _phone_get_number_fields(self):
        """Override of `phone_validation`: the number is on the partner."""
        return []
