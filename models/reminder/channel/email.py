from odoo import Command, models

#: Of what a server says, so much is told.
SAID_LENGTH = 200


class PaymentReminder(models.Model):
    """Reminders by e-mail."""

    _inherit = "payment.reminder"

    def _send_by_email(self):
        """Queue one mail for each reminder.

        :return: why it cannot be sent, by reminder
        :rtype: dict[int, str]
        """
        why_not = self._find_bad_addresses()
        reminders = self.browse([id_ for id_ in self.ids if id_ not in why_not])
        if reminders:
            reminders._queue_mails()
        return why_not

    def _find_bad_addresses(self):
        """Return the reminders whose recipient has no usable address, and why.

        :rtype: dict[int, str]
        """
        blocked = set(
            self.env["mail.blacklist"]
            .sudo()
            .search([("email", "in", self.contact_id.mapped("email_normalized"))])
            .mapped("email")
        )
        why_not = {}
        for reminder in self:
            contact = reminder.contact_id
            address = contact.email_normalized
            if not contact.active:
                reason = self.env._("%s is archived.", contact.display_name)
            elif not contact.email:
                reason = self.env._("%s has no e-mail address.", contact.display_name)
            elif not address:
                reason = self.env._("“%s” is not an e-mail address.", contact.email)
            elif address in blocked:
                reason = self.env._("%s is on the list of blocked addresses.", address)
            else:
                continue
            why_not[reminder.id] = reason
        return why_not

    def _queue_mails(self):
        """Make the messages, the mails and what core notes their delivery on.

        The message stays for good, as the proof of what was sent; the mail, with its
        layout, goes once it has left.
        """
        messages = self.env["mail.message"].sudo().create(self._get_message_values())
        mails = (
            self.env["mail.mail"]
            .sudo()
            .create(
                [
                    reminder._get_mail_values(message)
                    for reminder, message in zip(self, messages, strict=True)
                ]
            )
        )
        notifications = self.env["mail.notification"].sudo()
        notifications.create(
            [
                {
                    "author_id": message.author_id.id,
                    "mail_message_id": message.id,
                    "mail_mail_id": mail.id,
                    "res_partner_id": reminder.contact_id.id,
                    "notification_type": "email",
                    "notification_status": "ready",
                    "is_read": True,
                }
                for reminder, message, mail in zip(self, messages, mails, strict=True)
            ]
        )
        for reminder, message in zip(self, messages, strict=True):
            reminder.mail_message_id = message
        self._queue_copies(mails)
        self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()

    def _get_message_values(self):
        """Return the values of the messages, in the order of the reminders."""
        authors = {reminder.id: reminder._get_author() for reminder in self}
        senders = {id_: author.email_formatted for id_, author in authors.items()}
        reply_to = self._notify_get_reply_to_batch(
            defaults=senders,
            author_ids={id_: author.id for id_, author in authors.items()},
        )
        note_id = self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_note")
        attachments = self._get_attachments()
        return [
            {
                "model": self._name,
                "res_id": reminder.id,
                "message_type": "email_outgoing",
                "subtype_id": note_id,
                "subject": reminder.subject,
                "body": reminder._get_message(),
                "email_from": senders[reminder.id],
                "author_id": authors[reminder.id].id,
                "reply_to": reply_to[reminder.id],
                "partner_ids": [Command.link(reminder.contact_id.id)],
                "attachment_ids": [
                    Command.link(attachment.id)
                    for attachment in attachments[reminder.id]
                ],
                "record_company_id": reminder.company_id.id,
                "record_alias_domain_id": reminder.company_id.alias_domain_id.id,
            }
            for reminder in self
        ]

    def _get_author(self):
        """Return who writes: the responsible if he has an address, else the company.

        :rtype: res.partner
        """
        self.ensure_one()
        author = self.user_id.partner_id
        return author if author.email_normalized else self.company_id.partner_id

    def _get_mail_values(self, message):
        """Return the values of the mail that carries ``message``."""
        self.ensure_one()
        return {
            "mail_message_id": message.id,
            "is_notification": True,
            "auto_delete": True,
            "email_to": self.contact_id.email_formatted,
            "body_html": self._render_mail(self._get_message(), self.lang),
        }

    def _queue_copies(self, mails):
        """Queue the salespeople's copies, as mails of their own: a mail that one of two
        recipients accepts counts as sent, and nobody would hear of the customer's.

        :param mail.mail mails: of these reminders, in their order
        """
        copies = [
            {
                "subject": mail.subject,
                "body_html": mail.body_html,
                "email_from": mail.email_from,
                "author_id": mail.author_id.id,
                "reply_to": mail.reply_to,
                "email_to": address,
                "message_type": "email_outgoing",
                "attachment_ids": [Command.set(mail.attachment_ids.ids)],
                "auto_delete": True,
                "record_alias_domain_id": mail.record_alias_domain_id.id,
            }
            for reminder, mail in zip(self, mails, strict=True)
            if (address := reminder._get_copy_address())
        ]
        self.env["mail.mail"].sudo().create(copies)

    def _get_copy_address(self):
        """Return the salesperson's address if the level wants him in copy."""
        self.ensure_one()
        if not self.level_id.copy_salesperson:
            return False
        salespeople = self.line_ids.move_id.invoice_user_id.filtered(
            lambda user: user.active and user.email_normalized
        )
        return ", ".join(salespeople.mapped("email_formatted")) or False

    def _get_attachments(self):
        """Return what the messages carry: statements of account and invoices.

        :return: attachments by reminder
        :rtype: dict[int, ir.attachment]
        """
        attachments = self._get_statements()
        for reminder in self:
            attachments[reminder.id] |= reminder._get_invoice_files()
        return attachments

    def _get_invoice_files(self):
        """Return the archived PDFs of what is named, if the level attaches them: never
        rendered again, an invoice without one is on the payment page.

        :rtype: ir.attachment
        """
        self.ensure_one()
        if not self.level_id.attach_invoices:
            return self.env["ir.attachment"].sudo()
        return self.line_ids.move_id.sudo().invoice_pdf_report_id

    def _render_mail(self, body, lang):
        """Return ``body`` in the layout of reminders, as the recipient gets it.

        :param str body: of the message
        :param str lang: of the recipient
        :rtype: Markup
        """
        self.ensure_one()
        return self.env["ir.qweb"]._render(
            "account_payment_request.mail_reminder_layout",
            {"body": body, "record": self.with_context(lang=lang)},
            minimal_qcontext=True,
            lang=lang,
        )

    # === Fate ===

    def _get_mail_failure_sentence(self, failure, why):
        """Return why a mail did not arrive, for a person.

        :param str failure: type of failure of its notification, if any
        :param str why: what the server said, if anything
        :rtype: str
        """
        self.ensure_one()
        failures = self.env["mail.notification"]._fields["failure_type"]
        named = dict(failures._description_selection(self.env)).get(failure)
        said = " ".join((why or "").split())[:SAID_LENGTH]
        return self.env._(
            "The mail to %(address)s did not arrive: %(cause)s",
            address=self.contact_id.email,
            cause=said or named or self.env._("no reason given"),
        )
