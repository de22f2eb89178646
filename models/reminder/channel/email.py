from markupsafe import Markup

from odoo import Command, models


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
        blocked = self._find_blocked_addresses(
            self.contact_id.mapped("email_normalized")
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
        messages = self.env["mail.message"].sudo().create(self._get_mail_messages())
        mails = (
            self.env["mail.mail"]
            .sudo()
            .create(
                [
                    reminder._get_mail_values(
                        message,
                        reminder.contact_id.email_formatted,
                        reminder._get_message(),
                    )
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

    def _get_mail_messages(self):
        """Return the values of the messages, in the order of the reminders."""
        authors = {reminder.id: reminder._get_author() for reminder in self}
        reply_to = self._notify_get_reply_to_batch(
            defaults={id_: author.email_formatted for id_, author in authors.items()},
            author_ids={id_: author.id for id_, author in authors.items()},
        )
        attachments = self._get_attachments()
        return [
            reminder._get_message_values(
                reminder.contact_id,
                message_type="email_outgoing",
                subject=reminder.subject,
                body=reminder._get_message(),
                reply_to=reply_to[reminder.id],
                attachment_ids=[Command.set(attachments[reminder.id].ids)],
                record_alias_domain_id=reminder.company_id.alias_domain_id.id,
            )
            for reminder in self
        ]

    def _queue_copies(self, mails):
        """Queue the salespeople's copies, as mails of their own: a mail that one of two
        recipients accepts counts as sent, and nobody would hear of the customer's.

        :param mail.mail mails: of these reminders, in their order
        """
        copies = [
            {
                **reminder._get_copy_words(mail),
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

    def _get_copy_words(self, mail):
        """Return subject and text of a colleague's copy, which says what it is.

        :param mail.mail mail: to the customer
        :rtype: dict[str, str]
        """
        self.ensure_one()
        env = self.company_id._with_books_language(self).env
        notice = env._(
            "Copy for your information of what %(customer)s receives at %(address)s. "
            "They do not see that you have it, and there is nothing for you to do.",
            customer=self.contact_id.display_name,
            address=self.contact_id.email_normalized,
        )
        body = Markup("<p><em>%s</em></p><hr/>%s") % (notice, self._get_message())
        return {
            "subject": env._("Copy: %s", mail.subject),
            "body_html": self._render_layout(body),
        }

    def _get_copy_address(self):
        """Return the salesperson's address if the level wants them in copy."""
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
