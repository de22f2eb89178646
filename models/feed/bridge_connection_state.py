from odoo import api, fields, models

from .bridge_connection import CONSENT_DAYS


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
        """Return, for *Bank Accounts*, the connections of the selected companies that
        wait for somebody or cannot be read. One that was begun and left is not among
        them.

        :rtype: list[dict]
        """
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
        """Return what the button of the next step says, empty if there is none.

        :rtype: str
        """
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
