"""Changes of core's messages wake the job that follows reminders up."""

from odoo import api, models

#: Types whose provider reports on many at once: they wake the job.
PROVIDED = ("sms", "snail")


class MailMail(models.Model):
    _inherit = "mail.mail"

    def _postprocess_sent_message(
        self, success_pids, success_emails, failure_reason=False, failure_type=None
    ):
        """Override of `mail`: the job reads the failure of a reminder at once.

        Nothing is written here: a conflict on the reminder would roll back the mail
        that was just sent, and it would be sent again.
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
        """Wake the job that reads the delivery status, if any is of a reminder."""
        if "payment.reminder" in self.mapped("model"):
            self.env["payment.reminder"]._wake_cron()


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def _routing_handle_bounce(self, email_message, message_dict):
        """Override of `mail`: the job reads the bounce at once."""
        result = super()._routing_handle_bounce(email_message, message_dict)
        message_dict["bounced_message"].sudo()._schedule_follow_up()
        return result


class MailNotification(models.Model):
    _inherit = "mail.notification"

    def write(self, vals):
        """Override: the job reads reports of providers at once."""
        result = super().write(vals)
        if "notification_status" in vals:
            ours = self.sudo().filtered(
                lambda note: note.notification_type in PROVIDED
                and note.mail_message_id.model == "payment.reminder"
            )
            if ours:
                self.env["payment.reminder"]._wake_cron()
        return result
