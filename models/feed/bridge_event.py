from psycopg2 import OperationalError

from odoo import fields, models

from .bridge_connection import FETCH_CRON

# What speaks of the connection itself, beside its accounts.
CONNECTION_EVENTS = {"item.created", "item.refreshed", "item.deleted"}


class BridgeEvent(models.Model):
    """Notifications about bank connections: they only say "go and read"."""

    _inherit = "bridge.event"

    def _process_group(self):
        """Override: events of one bank connection have it read."""
        if self[:1].item_ref:
            self._work_connection()
            return self.env["payment.transaction"]
        return super()._process_group()

    def _work_connection(self):
        """Have what events of one bank connection speak of read at Bridge.

        Nothing that they claim is believed; connections and accounts of other users,
        and those that are not known here, are ignored.
        """
        user_ref = self.provider_id.sudo().bridge_user_ref
        ours = self.filtered(lambda event: event.user_ref in (user_ref, False))
        if not user_ref:
            ours = self.browse()
        connection = ours._find_connection()
        if not connection:
            ours = self.browse()
        if ours:
            try:
                with self.env.cr.savepoint():
                    marked = ours._mark_to_read(connection)
            except OperationalError:
                marked = False
            if not marked:
                # A fetch holds them, and may have asked Bridge before this event.
                ours._try_later(self.env._("Being read by another process."))
        (self - ours).write({"state": "ignored"})

    def _find_connection(self):
        """Return the connection of these events, or the one that is being made, which
        nobody knows to be theirs yet.

        :rtype: bridge.connection
        """
        connections = self.env["bridge.connection"]
        first = self[:1]
        base = fields.Domain("provider_id", "=", first.provider_id.id)
        known = connections.search(
            base
            & fields.Domain("item_ref", "=", first.item_ref)
            & fields.Domain("state", "!=", "removed")
        )
        return known or connections.search(
            base
            & fields.Domain("state", "=", "connecting")
            & fields.Domain("session_opened_at", "!=", False)
        )

    def _mark_to_read(self, connections):
        """Mark what is to be read and call the worker.

        :return: whether nobody held it
        :rtype: bool
        """
        now = fields.Datetime.now()
        refs = [ref for ref in self.mapped("account_ref") if ref]
        accounts = connections.account_ids.filtered(
            lambda account: account.state == "active"
            and (not refs or account.account_ref in refs)
        )
        free = accounts.try_lock_for_update(allow_referencing=True)
        if free != accounts:
            return False
        # Unknown account: re-read its connection.
        others = set(refs) - set(accounts.mapped("account_ref"))
        if others or any(event.event_type in CONNECTION_EVENTS for event in self):
            if connections.try_lock_for_update(allow_referencing=True) != connections:
                return False
            connections.next_read_at = now
        accounts._ask_to_fetch()
        self.write({"state": "done", "error": False})
        self.env.ref(FETCH_CRON)._trigger()
        return True
