from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ... import const


class ResCompany(models.Model):
    """How old what the banks told is, for whoever draws conclusions from it."""

    _inherit = "res.company"

    def write(self, vals):
        """Override: nobody looks after the consents of an archived company."""
        if vals.get("active") is False:
            self._check_banks_disconnected()
            providers = self.env["payment.provider"].sudo()
            ours = providers.search([("company_id", "in", self.ids)])
            ours._bridge_find_links()._bridge_trigger_check()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _check_banks_disconnected(self):
        """Keep a company of which consents live at Bridge.

        :raises UserError: which names the banks
        """
        connections = self.env["bridge.connection"].sudo()
        connections.search([("company_id", "in", self.ids)])._check_disconnected()

    def _get_bridge_provider(self):
        """Return the credentials with which the company's banks are read: its own, or
        those of the nearest company above it.

        :rtype: payment.provider
        :raises UserError: if there are none
        """
        self.ensure_one()
        chain = [int(company) for company in self.parent_path.split("/") if company]
        providers = (
            self.env["payment.provider"]
            .sudo()
            .search(
                [
                    ("code", "=", const.PROVIDER_CODE),
                    ("company_id", "in", chain),
                    ("state", "!=", "disabled"),
                ]
            )
        )
        provider = providers.sorted(lambda p: chain.index(p.company_id.id))[-1:]
        if not provider:
            raise UserError(self._get_bridge_off_text())
        return provider.sudo(False)

    def _get_bridge_off_text(self):
        """Return in a sentence that no bank can be read, and what to do about it."""
        self.ensure_one()
        return self.env._(
            "Bridge is not switched on in %s: enter the credentials in the payment "
            "provider first.",
            self.name,
        )

    def _get_bank_data_age(self, journals=None):
        """Return for how long the bank of which the news is oldest was not read.

        :param account.journal journals: only the accounts that feed these
        :return: None if nothing feeds the companies' journals
        :rtype: datetime.timedelta | None
        """
        accounts = self.env["bridge.account"].sudo()
        domain = accounts._get_current_domain()
        domain &= fields.Domain("company_id", "in", self.ids)
        if journals is not None:
            domain &= fields.Domain("journal_id", "in", journals.ids)
        feeds = accounts.search_fetch(domain, ["data_at", "create_date"])
        if not feeds:
            return None
        # An account that was never read is as old as its record.
        oldest = min(feed.data_at or feed.create_date for feed in feeds)
        return max(timedelta(), fields.Datetime.now() - oldest)

    def _get_bank_data_note(self, journals=None):
        """Return a sentence about the age of the bank data, to stand beside what
        depends on it.

        :param account.journal journals: only the accounts that feed these
        :return: empty without a feed, or while the data are of the last hour
        :rtype: str
        """
        age = self._get_bank_data_age(journals)
        return "" if age is None else self._write_bank_data_note(age)

    @api.model
    def _write_bank_data_note(self, age):
        """Return a sentence about data of this age.

        :param datetime.timedelta age: not negative
        :return: empty while they are of the last hour
        :rtype: str
        """
        hours = int(age.total_seconds() // 3600)
        if not hours:
            return ""
        if hours == 1:
            return self.env._("Bank data are 1 hour old.")
        if hours < 48:
            return self.env._("Bank data are %s hours old.", hours)
        return self.env._("Bank data are %s days old.", hours // 24)
