import logging
from itertools import chain

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import plaintext2html

from ... import const
from ..task import schedule_task

_logger = logging.getLogger(__name__)

# What names the application at Bridge.
ID_FIELD = "bridge_client_id"
# Context key: what Bridge does not withdraw is left to a person who confirmed it.
LEAVE_BEHIND = "bridge_leave_behind"


class PaymentProvider(models.Model):
    """What lives at Bridge by a provider's credentials, and ends with them."""

    _name = "payment.provider"
    _inherit = ["payment.provider", "bridge.alive"]

    def write(self, vals):
        """Override to see what ends with these values."""
        for provider in self._find_leaving_application(vals):
            provider._bridge_check_may_end()
            if left := provider._bridge_leave():
                provider._note_left_behind(left)
        if vals.get("state") == "disabled":
            # By the job, which goes on until Bridge answers.
            self._bridge_find_links()._bridge_trigger_check()
        return super().write(vals)

    def _find_leaving_application(self, vals):
        """Return the providers whose credentials, once written, are those of another
        application, which can withdraw nothing of this one's.

        :param dict vals: to be written
        :rtype: payment.provider
        """
        if self.env.context.get(LEAVE_BEHIND) or not {"code", ID_FIELD} & set(vals):
            return self.browse()
        ours = self.sudo().filtered(lambda p: p.code == const.PROVIDER_CODE)
        if vals.get("code", const.PROVIDER_CODE) != const.PROVIDER_CODE:
            return ours
        other = vals.get(ID_FIELD)
        return ours.filtered(
            lambda p: ID_FIELD in vals and p[ID_FIELD] not in (False, other)
        )

    def _bridge_check_may_end(self):
        """Refuse what would end these credentials. To be extended by whoever needs
        them for more than links.

        :raises UserError: with what to do first
        """

    def _bridge_find_links(self):
        """Return the transactions of these providers whose link can still be paid.

        :rtype: payment.transaction
        """
        txs = self.env["payment.transaction"].sudo()
        return txs.search(txs._get_payable_link_domain(self))

    def _bridge_get_alive(self):
        """Override: with a provider ends all that lives by its credentials."""
        alive = super()._bridge_get_alive()
        return alive and [self._bridge_find_links(), *alive]

    def _bridge_find_alive(self):
        """Override: to be extended by whoever has more at Bridge than links."""
        return self.browse()

    def _bridge_get_provider(self):
        """Override: itself."""
        return self.sudo()

    def _bridge_end(self):
        """Override: what people gave does not go by the way."""
        self._bridge_check_may_end()
        return super()._bridge_end()

    @api.model
    def _bridge_uninstall(self):
        """Withdraw all that lives at Bridge before the addon goes.

        Context key ``bridge_leave_behind``: a person confirmed that what cannot be
        withdrawn is left to them. It is then a task for them, and in the log.

        :raises UserError: if something is left and nobody confirmed it
        """
        method = self._get_provider_payment_method(const.PROVIDER_CODE)
        if self._check_existing_payment(method):
            raise UserError(
                self.env._(
                    "This app cannot be uninstalled: payments were booked from Bridge "
                    "transfers, and they need it. Nothing was withdrawn at Bridge."
                )
            )
        providers = self.sudo().search([("code", "=", const.PROVIDER_CODE)])
        left = {provider: provider._bridge_leave() for provider in providers}
        if any(left.values()) and not self.env.context.get(LEAVE_BEHIND):
            raise UserError(
                self.env._(
                    "This still lives at Bridge and could not be withdrawn:\n"
                    "%(left)s\n\nTry again later; or confirm, below the list of what "
                    "is uninstalled, that you delete it yourself in Bridge's dashboard "
                    "(without a screen: context key %(key)s).",
                    left="\n".join(chain.from_iterable(left.values())),
                    key=LEAVE_BEHIND,
                )
            )
        for provider, sentences in left.items():
            if sentences:
                provider._note_left_behind(sentences)

    def _note_left_behind(self, left):
        """Leave what Bridge still has where it is found without the addon: in the log,
        and as a task on the company's own contact.

        :param list[str] left: sentences
        """
        company = self.company_id
        _logger.warning("Left behind at Bridge, %s: %s", company.name, "; ".join(left))
        contact = company._with_books_language(company.partner_id)
        schedule_task(
            contact,
            contact.env._("Delete at Bridge what was left there"),
            plaintext2html("\n".join(left)),
            user=company._get_payment_accountant(self.env["res.users"]),
        )
