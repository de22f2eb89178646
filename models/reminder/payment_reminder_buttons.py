from odoo import models


class PaymentReminderButtons(models.AbstractModel):
    """The buttons that remind of records and hold their reminders."""

    _name = "payment.reminder.buttons"
    _description = "Reminders"

    def _get_reminder_lines(self):
        """Return the due lines that a person means by these records.

        :rtype: account.move.line
        :raises UserError: if nothing is due
        """
        raise NotImplementedError

    def _check_may_remind(self):
        """Let those pass who may read these records and write reminders."""
        self.check_access("read")
        self.env["payment.reminder"].check_access("write")

    def action_remind(self):
        """Prepare the reminders of what is due of these records, and open them.

        :rtype: dict
        :raises UserError: with the reasons why there are none
        """
        self._check_may_remind()
        return self._get_reminder_lines()._remind()

    def action_reminder_level(self):
        """Open the assistant that reminds at a level that a person chooses.

        :rtype: dict
        :raises UserError: if nothing is due, or of several customers
        """
        self._check_may_remind()
        lines = self._get_reminder_lines()
        return self.env["payment.reminder.remind"]._open_on(lines, choose=True)

    def action_reminder_hold(self):
        """Open the assistant that holds the reminders of these records.

        :rtype: dict
        """
        return self.env["payment.reminder.hold"]._open_on(self)
