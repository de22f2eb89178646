"""Whether this database may act outside, or is a copy of the one that does."""

import logging

from odoo import api, models
from odoo.exceptions import AccessError, UserError

_logger = logging.getLogger(__name__)

#: Identity of the database that pays, reads banks and sends messages.
PARAMETER = "account_payment_request.database"
#: Models whose messages ask for money: a copy must not send them a second time.
SENDERS = frozenset({"payment.request", "payment.reminder"})


class PaymentDatabase(models.AbstractModel):
    """The one guard that everything passes which leaves this database."""

    _name = "payment.database"
    _description = "Database in Production"

    @api.model
    def _get_blocker(self):
        """Return why nothing may leave this database.

        :return: ``neutralized``, ``copied``, or None in the one that is in production
        :rtype: str | None
        """
        parameters = self.env["ir.config_parameter"].sudo()
        if parameters.get_param(PARAMETER) == self._get_identity():
            return None
        neutralized = parameters.get_param("database.is_neutralized")
        return "neutralized" if neutralized else "copied"

    @api.model
    def _get_identity(self):
        """Return what tells this database from its copies: its identifier, which Odoo
        changes when it copies, its name, since PostgreSQL's tools keep the identifier,
        and whether it was neutralized."""
        parameters = self.env["ir.config_parameter"].sudo()
        neutralized = parameters.get_param("database.is_neutralized")
        uuid = parameters.get_param("database.uuid")
        return f"{uuid} {self.env.cr.dbname}{' neutralized' if neutralized else ''}"

    @api.model
    def _get_warning(self):
        """Return what screens say in a copy, False in the database in production.

        :rtype: str | bool
        """
        if not self._get_blocker():
            return False
        return self.env._(
            "This database is a copy: it starts no payments, reads no banks and sends "
            "customers nothing. If it is the one your company works with, an "
            "administrator says so in Settings, under Payment Requests."
        )

    @api.model
    def get_banner(self):
        """Return the warning for a person who works in the company, else False.

        :rtype: str | bool
        """
        # A page of login has no user yet.
        is_internal = bool(self.env.uid) and self.env.user._is_internal()
        return is_internal and self._get_warning()

    @api.model
    def _check_in_production(self):
        """Refuse what would leave a copy.

        :raises UserError: with what to do
        """
        if warning := self._get_warning():
            raise UserError(warning)

    @api.model
    def _set_in_production(self):
        """Take this database for the one that acts, from now on.

        :raises AccessError: unless the user is an administrator
        """
        if not self.env.is_system():
            raise AccessError(
                self.env._("Only an administrator can say which database is the copy.")
            )
        identity = self._get_identity()
        self.env["ir.config_parameter"].sudo().set_param(PARAMETER, identity)
        _logger.info("This database acts from now on, says user %s", self.env.uid)


class MailMail(models.Model):
    _inherit = "mail.mail"

    def send(self, *args, **kwargs):
        """Override of `mail`: the queue of a copy is the original's to send."""
        mails = self
        if self and self.env["payment.database"]._get_blocker():
            mails = self.filtered(lambda mail: mail.model not in SENDERS)
            _logger.info("Kept %s mails: this is a copy", len(self - mails))
        return super(MailMail, mails).send(*args, **kwargs)


class SmsSms(models.Model):
    _inherit = "sms.sms"

    def _send(self, *args, **kwargs):
        """Override of `sms`: the queue of a copy is the original's to send."""
        messages = self
        if self and self.env["payment.database"]._get_blocker():
            messages = self.filtered(
                lambda sms: sms.sudo().mail_message_id.model not in SENDERS
            )
            _logger.info("Kept %s SMS: this is a copy", len(self - messages))
        return super(SmsSms, messages)._send(*args, **kwargs) if messages else None
