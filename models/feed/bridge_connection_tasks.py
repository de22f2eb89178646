from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields, models

from .bridge_connection import CONSENT_DAYS


class BridgeConnection(models.Model):
    """What a person has to do for a connection, and when he is told."""

    _inherit = "bridge.connection"

    @api.model
    def _cron_follow_up(self):
        """Make the tasks that time alone brings: consents about to end."""
        soon = fields.Datetime.now() + timedelta(days=CONSENT_DAYS[0] + 1)
        connections = self.search(
            [
                ("state", "not in", ("connecting", "removed")),
                ("authentication_expires_at", "<=", soon),
            ]
        )
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=len(connections))
        for connection in connections:
            connection.try_lock_for_update(allow_referencing=True)._follow_up()
            if not cron._commit_progress(1):
                break

    def _follow_up(self):
        """Give the responsible a task if something new is to be done, and take back
        the one that is no longer to be done."""
        now = fields.Datetime.now()
        for connection in self:
            end = connection.authentication_expires_at
            if end and end <= now and connection.state in ("ok", "refreshing"):
                connection.state = "action"
            key = connection._get_task_key()
            if key == connection.task_key:
                continue
            connection.activity_unlink(["mail.mail_activity_data_todo"])
            connection.task_key = key
            if key:
                connection._make_task()

    def _get_task_key(self):
        """Return what is to be done, as a code; False for nothing.

        :rtype: str | bool
        """
        self.ensure_one()
        if self.state == "action":
            return f"action-{self.status_code}"
        if self.authentication_expires_at and self.state != "removed":
            reached = [days for days in CONSENT_DAYS if self.consent_days_left <= days]
            if reached:
                return f"consent-{min(reached)}"
        return False

    def _make_task(self):
        """Make the task for what is to be done now."""
        connection = self.with_context(lang=self.company_id._get_payment_language())
        end = connection.authentication_expires_at
        today = connection.company_id._get_payment_today()
        if connection.state == "action":
            summary = connection.env._("%s: action needed", connection.name)
            deadline = today
        else:
            summary = connection.env._(
                "%(bank)s: the consent ends in %(days)s days",
                bank=connection.name,
                days=connection.consent_days_left,
            )
            deadline = max(today, end.date())
        connection.activity_schedule(
            "mail.mail_activity_data_todo",
            date_deadline=deadline,
            summary=summary,
            note=connection.state_text
            if connection.state == "action"
            else connection.env._(
                "Renew it now: after that day nothing is read from this bank."
            ),
            user_id=connection._get_responsible().id,
        )

    def _get_responsible(self):
        """Return who gets the tasks: the responsible while he may mend the connection,
        else an administrator of the accounts.

        :rtype: res.users
        """
        self.ensure_one()
        group = self.env.ref("account.group_account_manager")
        company = self.company_id

        def can_mend(user):
            return (
                user.active
                and user.id != SUPERUSER_ID
                and company in user.company_ids
                and group in user.all_group_ids
            )

        return (
            self.user_id.filtered(can_mend)
            or company.payment_request_user_id.filtered(can_mend)
            or group.all_user_ids.filtered(can_mend).sorted("id")[:1]
            or self.user_id
        )
