from markupsafe import Markup

from odoo import models


class PaymentReminder(models.Model):
    """Reminders on the customer's portal."""

    _inherit = "payment.reminder"

    def _send_by_portal(self):
        """Post each reminder where the customer sees it when logged in, and tell
        whoever may log in that it is there.

        :return: why it cannot be shown, by reminder
        :rtype: dict[int, str]
        """
        users = self._find_portal_users()
        why_not = self._find_without_portal()
        reached = self.browse([id_ for id_ in self.ids if id_ not in why_not])
        messages = (
            self.env["mail.message"]
            .sudo()
            .create(
                [
                    reminder._get_message_values(
                        users[reminder._get_party()].partner_id,
                        subtype="mail.mt_comment",
                        message_type="notification",
                        subject=reminder.subject,
                        body=reminder._get_message(),
                    )
                    for reminder in reached
                ]
            )
        )
        mails = self.env["mail.mail"].sudo()
        for reminder, message in zip(reached, messages, strict=True):
            reminder.mail_message_id = message
            if addresses := users[reminder._get_party()]._get_portal_addresses():
                mails.create(
                    reminder._get_mail_values(
                        message, ", ".join(addresses), reminder._get_portal_notice()
                    )
                )
        self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()
        return why_not

    def _find_without_portal(self):
        """Return why reminders cannot be shown in the portal.

        :rtype: dict[int, str]
        """
        users = self._find_portal_users()
        why_not = {
            reminder.id: self.env._(
                "Nobody of %s has access to the portal.",
                reminder._get_party().display_name,
            )
            for reminder in self
            if not users[reminder._get_party()]
        }
        return why_not | self._find_archived()

    def _find_portal_users(self):
        """Return who of those that are reminded may log in to the portal.

        :return: users by customer, invoice address or head of a group
        :rtype: dict[res.partner, res.users]
        """
        users = self.env["res.users"].sudo()
        parties = self.partner_id.union(*(r._get_party() for r in self))
        known = users.search(
            [
                ("share", "=", True),
                ("all_group_ids", "in", self.env.ref("base.group_portal").id),
                ("company_ids", "in", self.company_id.ids),
                (
                    "partner_id.commercial_partner_id",
                    "in",
                    parties.commercial_partner_id.ids,
                ),
            ]
        )
        found = dict.fromkeys(parties, users)
        head_offices = self.filtered(lambda r: not r.party_id and r._is_by_contact())
        for user in known:
            mine = parties & user.partner_id._get_parties()
            if mine & head_offices.partner_id and user.partner_id._is_invoiced_apart():
                mine -= head_offices.partner_id
            for party in mine:
                found[party] |= user
        return found

    def _get_portal_notice(self):
        """Return the mail that tells portal users of a message.

        :rtype: Markup
        """
        self.ensure_one()
        reminder = self.with_context(lang=self.lang)
        return Markup('<p>{}</p><p><a href="{}">{}</a></p>').format(
            reminder.env._(
                "A message about %s is in your customer account.",
                reminder.invoice_names,
            ),
            self._get_portal_url(),
            reminder.env._("Read it"),
        )


class ResUsers(models.Model):
    _inherit = "res.users"

    def _get_portal_addresses(self):
        """Return the addresses at which these users can be told something.

        :rtype: list[str]
        """
        known = self.filtered("email_normalized")
        blocked = self.env["payment.reminder"]._find_blocked_addresses(
            known.mapped("email_normalized")
        )
        return [
            user.email_formatted
            for user in known
            if user.email_normalized not in blocked
        ]
