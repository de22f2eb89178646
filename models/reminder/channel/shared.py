from odoo import Command, api, models


class PaymentReminder(models.Model):
    """What channels share: who writes, who can be reached, messages and mails."""

    _inherit = "payment.reminder"

    def _find_archived(self):
        """Return the reminders whose recipient is archived, with the sentence for it.

        :rtype: dict[int, str]
        """
        return {
            reminder.id: self.env._("%s is archived.", reminder.contact_id.display_name)
            for reminder in self
            if not reminder.contact_id.active
        }

    @api.model
    def _find_blocked_addresses(self, addresses):
        """Return those of the addresses that are on the list of blocked ones.

        :param list[str] addresses: normalized
        :rtype: set[str]
        """
        blocked = self.env["mail.blacklist"].sudo()
        return set(blocked.search([("email", "in", addresses)]).mapped("email"))

    def _get_author(self):
        """Return who writes: the responsible if they have an address, else the company.

        :rtype: res.partner
        """
        self.ensure_one()
        author = self.user_id.partner_id
        return author if author.email_normalized else self.company_id.partner_id

    def _get_message_values(self, partners, subtype="mail.mt_note", **values):
        """Return the values of the message that stays as the proof of what was sent.

        :param res.partner partners: who gets it
        :param str subtype: external id; customers do not see notes
        :param values: what the channel adds
        :rtype: dict
        """
        self.ensure_one()
        author = self._get_author()
        return {
            "model": self._name,
            "res_id": self.id,
            "subtype_id": self.env["ir.model.data"]._xmlid_to_res_id(subtype),
            "author_id": author.id,
            "email_from": author.email_formatted,
            "partner_ids": [Command.set(partners.ids)],
            "record_company_id": self.company_id.id,
            **values,
        }

    def _get_mail_values(self, message, address, body):
        """Return the values of the mail that carries ``message``.

        :param mail.message message: which stays when the mail has left
        :param str address: of the recipient, or several with commas
        :param Markup body: put into the layout of reminders
        :rtype: dict
        """
        self.ensure_one()
        return {
            "mail_message_id": message.id,
            "is_notification": True,
            "auto_delete": True,
            "email_to": address,
            "body_html": self._render_layout(body),
        }

    def _render_layout(self, body):
        """Return a text in the layout of reminders, in the language of the recipient.

        :param Markup body: what the mail says
        :rtype: Markup
        """
        self.ensure_one()
        return self.env["ir.qweb"]._render(
            "account_payment_request.mail_reminder_layout",
            {"body": body, "record": self.with_context(lang=self.lang)},
            minimal_qcontext=True,
            lang=self.lang,
        )
