"""How core's messages tell what became of a reminder."""

from odoo import api, models

#: Told for many at once by a provider: the job is woken for them.
PROVIDED = ("sms", "snail")


class MailMail(models.Model):
    _inherit = "mail.mail"

    def _postprocess_sent_message(
        self, success_pids, success_emails, failure_reason=False, failure_type=None
    ):
        """Override of `mail`: what became of a reminder is read at once if it failed.

        It is not written here: the mail has just left, and must not be rolled back, and
        leave again, because somebody else changes its reminder.
        """
        if failure_type:
            self.sudo().mail_message_id._schedule_follow_up()
        return super()._postprocess_sent_message(
            success_pids,
            success_emails,
            failure_reason=failure_reason,
            failure_type=failure_type,
        )


class MailMessage(models.Model):
    _inherit = "mail.message"

    def _schedule_follow_up(self):
        """Wake the job that reads what became of the messages, if any is a reminder."""
        if "payment.reminder" in self.mapped("model"):
            self.env["payment.reminder"]._wake_cron()


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def _routing_handle_bounce(self, email_message, message_dict):
        """Override of `mail`, which notes the bounce: it is read at once."""
        result = super()._routing_handle_bounce(email_message, message_dict)
        message_dict["bounced_message"].sudo()._schedule_follow_up()
        return result


class MailNotification(models.Model):
    _inherit = "mail.notification"

    def write(self, vals):
        """Override: news of providers are read at once, by the job."""
        result = super().write(vals)
        if "notification_status" in vals:
            ours = self.sudo().filtered(
                lambda note: note.notification_type in PROVIDED
                and note.mail_message_id.model == "payment.reminder"
            )
            if ours:
                self.env["payment.reminder"]._wake_cron()
        return result
