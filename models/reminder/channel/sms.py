from odoo import Command, api, models

from odoo.addons.sms.tools.sms_tools import sms_content_to_rendered_html

from ...phone_number import why_no_sms


class PaymentReminder(models.Model):
    """Reminders by SMS."""

    _inherit = "payment.reminder"

    def _send_by_sms(self):
        """Queue one SMS for each reminder.

        :return: why it cannot be sent, by reminder
        :rtype: dict[int, str]
        """
        numbers, why_not = self._find_sms_numbers()
        if numbers:
            texts = {reminder: reminder.sms_body for reminder in numbers}
            for reminder, sms in self._queue_sms(numbers, texts).items():
                reminder.mail_message_id = sms.mail_message_id
        return why_not

    def _find_bad_numbers(self):
        """Return why reminders cannot be sent by SMS.

        :rtype: dict[int, str]
        """
        return self._find_sms_numbers()[1]

    def _find_sms_numbers(self):
        """Return the number of each reminder, and why the others have none.

        :rtype: tuple[dict[payment.reminder, str], dict[int, str]]
        """
        numbers, why_not = {}, self._find_archived()
        for reminder in self.filtered(lambda r: r.id not in why_not):
            number, reason = reminder._find_sms_number()
            if not reminder.sms_body:
                reason = self.env._(
                    "“%s” has no text for an SMS.", reminder.level_id.name
                )
            if reason:
                why_not[reminder.id] = reason
            else:
                numbers[reminder] = number
        blocked = self._find_blocked_numbers(numbers.values())
        for reminder, number in list(numbers.items()):
            if number in blocked:
                del numbers[reminder]
                why_not[reminder.id] = self.env._(
                    "%s is on the list of blocked numbers.", number
                )
        return numbers, why_not

    def _find_sms_number(self):
        """Return a number that takes SMS, of the recipient or else of the customer.

        :return: number (E.164) and None, or None and the sentence why there is none
        :rtype: tuple[str | None, str | None]
        """
        self.ensure_one()
        reasons = []
        for partner in self.contact_id | self.partner_id:
            if not partner.phone:
                continue
            numbers = partner._get_phone_numbers()
            if not numbers:
                reasons.append(
                    self.env._("“%s” is not a telephone number.", partner.phone)
                )
            for number, shown in numbers.items():
                if not (why_not := why_no_sms(number)):
                    return number, None
                reasons.append(self.env._(why_not) % shown)
        name = self.contact_id.display_name
        no_number = self.env._("%s has no telephone number.", name)
        return None, reasons[0] if reasons else no_number

    @api.model
    def _find_blocked_numbers(self, numbers):
        """Return those of the numbers that are on the list of blocked ones.

        :param numbers: E.164
        :rtype: set[str]
        """
        blocked = self.env["phone.blacklist"].sudo()
        return set(blocked.search([("number", "in", list(numbers))]).mapped("number"))

    @api.model
    def _queue_sms(self, numbers, texts):
        """Make the messages, the SMS and what core notes their delivery on.

        :param dict[payment.reminder, str] numbers: E.164, by reminder
        :param dict[payment.reminder, str] texts: what to write, by reminder
        :return: SMS in the queue, by reminder
        :rtype: dict[payment.reminder, sms.sms]
        """
        messages = (
            self.env["mail.message"]
            .sudo()
            .create(
                [
                    reminder._get_message_values(
                        reminder.contact_id,
                        message_type="sms",
                        body=sms_content_to_rendered_html(texts[reminder]),
                    )
                    for reminder in numbers
                ]
            )
        )
        queue = (
            self.env["sms.sms"]
            .sudo()
            .create(
                [
                    {
                        "body": texts[reminder],
                        "mail_message_id": message.id,
                        "number": number,
                        "partner_id": reminder.contact_id.id,
                        "state": "outgoing",
                    }
                    for (reminder, number), message in zip(
                        numbers.items(), messages, strict=True
                    )
                ]
            )
        )
        self.env["mail.notification"].sudo().create(
            [
                {
                    "author_id": sms.mail_message_id.author_id.id,
                    "mail_message_id": sms.mail_message_id.id,
                    "res_partner_id": sms.partner_id.id,
                    "sms_number": sms.number,
                    "sms_id_int": sms.id,
                    "sms_tracker_ids": [Command.create({"sms_uuid": sms.uuid})],
                    "notification_type": "sms",
                    "notification_status": "ready",
                    "is_read": True,
                }
                for sms in queue
            ]
        )
        return dict(zip(numbers, queue, strict=True))

    # === Failed ===

    def _cancel_sms(self):
        """Take back the SMS that failed."""
        self.env["sms.sms"].sudo().search(
            [
                ("mail_message_id", "in", self.mail_message_id.ids),
                ("state", "in", ("outgoing", "error")),
            ]
        ).to_delete = True
