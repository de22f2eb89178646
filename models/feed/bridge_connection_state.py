import math
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from ..batch import cut
from ..task import find_tasks, schedule_task
from .bridge_connection import CONSENT_DAYS

# Connections followed up in one transaction.
SLICE = 50


class BridgeConnection(models.Model):
    """What a person has to do next about a connection."""

    _inherit = "bridge.connection"

    to_assign_count = fields.Integer(
        string="Accounts to Start", compute="_compute_next_step"
    )
    next_step = fields.Selection(
        selection=[
            ("continue", "Continue at the Bank"),
            ("credentials", "Enter the Login Again"),
            ("terms", "Accept the Bank's Terms"),
            ("renew", "Renew the Consent"),
            ("assign", "Choose the Journals"),
        ],
        compute="_compute_next_step",
    )

    @api.depends(
        "state", "status_code", "authentication_expires_at", "account_ids.state"
    )
    def _compute_next_step(self):
        for connection in self:
            accounts = connection.account_ids
            connection.to_assign_count = len(
                accounts.filtered(lambda account: account.state == "to_assign")
            )
            connection.next_step = connection._get_next_step()

    def _get_next_step(self):
        self.ensure_one()
        if self.state == "connecting":
            return "continue"
        if self.state == "action":
            return {402: "credentials", 429: "terms"}.get(self.status_code, "renew")
        if self.state == "removed":
            return False
        if self.authentication_expires_at and self.consent_days_left <= CONSENT_DAYS[0]:
            return "renew"
        return "assign" if self.to_assign_count else False

    @api.model
    def _get_to_look_after(self):
        """Return, for *Bank Feeds*, the connections of the selected companies that
        wait for somebody or cannot be read. One that was begun and left is not among
        them."""
        if not self.has_access("read"):
            return []
        connections = self.search(
            [
                ("company_id", "in", self.env.companies.ids),
                ("state", "not in", ("connecting", "removed")),
            ]
        )
        waiting = [
            {
                "id": connection.id,
                "name": connection.name,
                "company": connection.company_id.name,
                "text": connection._get_step_text(),
                "step": connection.next_step,
                "button": connection._get_step_label(),
                "urgent": connection.state == "action",
            }
            for connection in connections
            if connection.next_step or connection.state == "trouble"
        ]
        return sorted(waiting, key=lambda values: not values["urgent"])

    def _get_step_label(self):
        """Return what the button of the next step says, empty if there is none."""
        self.ensure_one()
        labels = self._fields["next_step"]._description_selection(self.env)
        return dict(labels).get(self.next_step, "")

    def _get_step_text(self):
        self.ensure_one()
        if self.next_step != "assign":
            return self.state_text
        if self.to_assign_count == 1:
            return self.env._("One account waits for its journal.")
        return self.env._("%s accounts wait for their journals.", self.to_assign_count)

    @api.depends("state", "status_code", "authentication_expires_at", "read_error")
    def _compute_state_text(self):
        for connection in self:
            connection.state_text = connection._get_state_text()

    def _get_state_text(self):
        """Return in a sentence how the connection is and what to do about it."""
        self.ensure_one()
        if self.state == "ok" and 0 < self.consent_days_left <= CONSENT_DAYS[0]:
            return self.env._(
                "Connected. The consent ends soon (days left: %s): renew it now, so "
                "that no day is missing.",
                self.consent_days_left,
            )
        texts = {
            "connecting": self.env._(
                "The connection was not finished: open the bank's page again."
            ),
            "ok": self.env._("Connected: nothing to do."),
            "refreshing": self.env._(
                "The bank is being read: the accounts appear within minutes."
            ),
            "removed": self.env._("Disconnected: nothing is read any more."),
            "action": self.env._(
                "The consent has ended: renew it to read the bank again."
            ),
            "action 402": self.env._(
                "The bank refuses the login or the password: enter them again."
            ),
            "action 429": self.env._(
                "The bank waits for you: accept its terms on its own site, then open "
                "the connection again."
            ),
            "action 1005": self.env._(
                "The bank asks for a kind of authentication that Bridge does not know. "
                "Choose another one at the bank, then open the connection again."
            ),
            "action 1010": self.env._(
                "The bank wants to identify you again: renew the consent."
            ),
            "trouble": self.env._(
                "The bank could not be read (%(info)s). If it lasts, open the "
                "connection again.",
                info=self.status_info or self.status_code,
            ),
            "trouble 1003": self.env._(
                "The bank does not answer for the moment. It is tried again by itself; "
                "nothing to do."
            ),
            "trouble 1007": self.env._(
                "Bridge has stopped reading this bank for a while; nothing to do."
            ),
            "trouble 1009": self.env._(
                "The bank gives a balance without the transactions that explain it; "
                "compare with its own site."
            ),
            "trouble 1099": self.env._(
                "Bridge is moving this bank to a new access; nothing to do."
            ),
        }
        return texts.get(f"{self.state} {self.status_code}", texts[self.state])

    @api.depends("authentication_expires_at")
    def _compute_consent_days_left(self):
        now = fields.Datetime.now()
        for connection in self:
            end = connection.authentication_expires_at
            left = (end - now) / timedelta(days=1) if end else 0
            connection.consent_days_left = max(0, math.ceil(left))

    @api.model
    def _cron_follow_up(self):
        """Make the tasks that time alone brings: consents about to end."""
        soon = fields.Datetime.now() + timedelta(days=CONSENT_DAYS[0] + 1)
        domain = Domain("state", "not in", ("connecting", "removed")) & Domain(
            "authentication_expires_at", "<=", soon
        )
        connections = self.search(domain)
        self.env["payment.batch"]._run(
            cut(connections, SLICE), "_follow_up", domain=domain
        )

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
            find_tasks(connection).unlink()
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
        connection = self.company_id._with_books_language(self)
        end = connection.authentication_expires_at
        today = connection.company_id._get_payment_today()
        if connection.state == "action":
            summary = connection.env._("%s: action needed", connection.name)
            note = connection.state_text
            deadline = today
        else:
            summary = connection.env._(
                "%(bank)s: renew the consent (days left: %(days)s)",
                bank=connection.name,
                days=connection.consent_days_left,
            )
            note = connection.env._(
                "Renew it now: after that day nothing is read from this bank."
            )
            deadline = max(today, end.date())
        schedule_task(
            connection,
            summary,
            note,
            user=connection._get_responsible(),
            deadline=deadline,
        )

    def _get_responsible(self):
        """Return who gets the tasks: the responsible while they may mend it,
        else an administrator of the accounts.

        :rtype: res.users
        """
        self.ensure_one()
        company = self.company_id
        users = self.user_id | company.payment_request_user_id
        return (
            company._find_payment_user(
                # In sudo: who asks may not read the companies of their colleagues.
                users.sudo().filtered(lambda user: company in user.company_ids),
                self.env.ref("account.group_account_manager"),
            )
            or self.user_id
        )
