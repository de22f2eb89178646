import logging

from odoo import api, models
from odoo.exceptions import UserError

from ...bridge.errors import BridgeError
from .payment_provider import KNOWN_ERRORS

_logger = logging.getLogger(__name__)


def _concerns_all(error):
    """Return whether Bridge would answer the same to whatever else it is asked."""
    return isinstance(error, BridgeError) and (
        error.is_temporary or error.status in (401, 403)
    )


class BridgeAlive(models.AbstractModel):
    """Records that stand for something alive at Bridge: a link that can be paid, a
    consent, a user. Nothing of it outlives them: it is withdrawn, or they stay."""

    _name = "bridge.alive"
    _description = "What Lives at Bridge"

    def _bridge_find_alive(self):
        """Return those of the records of which something lives at Bridge."""
        raise NotImplementedError

    def _bridge_withdraw(self):
        """Withdraw at Bridge what one record stands for, and note it. What was
        withdrawn before is no error, so that it can be done again after a crash.

        :raises BridgeError: if Bridge refuses or does not answer
        """
        raise NotImplementedError

    def _bridge_describe(self):
        """Return, in a few words with Bridge's own ids, what one record stands for."""
        raise NotImplementedError

    def _bridge_get_provider(self):
        """Return by whose credentials it lives."""
        return self.provider_id.sudo()

    def _bridge_get_alive(self):
        """Return what lives at Bridge, as far as this database may withdraw it: what a
        copy has is the original's.

        :return: record sets, in the order in which they are withdrawn
        :rtype: list[models.Model]
        """
        if self.env["payment.database"]._get_blocker():
            return []
        return [self.sudo()._bridge_find_alive()]

    def _bridge_leave(self):
        """Withdraw at Bridge what these records stand for.

        A loop and no batches: whoever ends these records wants all of it or nothing.

        :return: what Bridge still has, and why, in a sentence each
        :rtype: list[str]
        """
        left, silent = [], {}
        for record in (record for some in self._bridge_get_alive() for record in some):
            provider = record._bridge_get_provider()
            error = silent.get(provider)
            if not error:
                try:
                    with self.env.cr.savepoint():
                        record._bridge_withdraw()
                    continue
                except KNOWN_ERRORS as caught:
                    error = caught
                    if _concerns_all(error):
                        silent[provider] = error
            _logger.info("Not withdrawn for %s: %s", record, error)
            left.append(
                self.env._(
                    "%(what)s: %(reason)s",
                    what=record._bridge_describe(),
                    reason=provider._bridge_connection_message(error)
                    if isinstance(error, BridgeError)
                    else error,
                )
            )
        return left

    def _bridge_end(self):
        """Withdraw at Bridge what these records stand for, because they end here.

        :raises UserError: if something cannot be withdrawn; nothing has ended then
        """
        if left := self._bridge_leave():
            raise UserError(
                self.env._(
                    "This still lives at Bridge and could not be withdrawn, so it is "
                    "kept here:\n%s",
                    "\n".join(left),
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_withdrawn(self):
        """Withdraw what is deleted, or refuse to delete it."""
        self._bridge_end()
