"""Whether this database may act outside, or is a copy of the one that does."""

import logging
import re

from odoo import api, models
from odoo.exceptions import AccessError, UserError

from ..bridge.reference import TOKEN_ALPHABET, TOKEN_LENGTH

_logger = logging.getLogger(__name__)

#: Identity of the database that pays, reads banks and sends messages.
PARAMETER = "account_payment_request.database"
#: Models whose messages ask for money: a copy must not send them a second time.
SENDERS = frozenset({"payment.request", "payment.reminder"})
#: What a message that asks for money has in it, whichever record it is of.
PAY_LINK = re.compile(rf"/pay/[{TOKEN_ALPHABET}]{{{TOKEN_LENGTH}}}(?![0-9a-z])")


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
            "no payment request or reminder. If it is the one your company works with, "
            "an administrator says so in Settings, under Payment Requests."
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

    # === What asks for money ===

    @api.model
    def _hold_back(self, messages):
        """Return what may leave of mails, SMS or letters: the queue of a copy is the
        original's to send.

        :param models.BaseModel messages: of a model with `_asks_for_money`
        """
        if not messages or not self._get_blocker():
            return messages
        held = messages.filtered(lambda message: message._asks_for_money())
        _logger.info("Kept %s of %s: this is a copy", len(held), messages._name)
        return messages - held

    @api.model
    def _cancel_queue(self):
        """Cancel what a copy still has in its queue: nobody holds it back any more."""
        if not self._get_blocker():
            return
        waiting = self.env["sms.sms"].search([("state", "=", "outgoing")])
        waiting.filtered(lambda sms: sms._asks_for_money()).action_set_canceled()
        mails = self.env["mail.mail"].search([("state", "=", "outgoing")])
        mails.filtered(lambda mail: mail._asks_for_money()).cancel()
        if "snailmail.letter" in self.env:
            self.env["snailmail.letter"].search(
                [("model", "in", list(SENDERS)), ("state", "=", "pending")]
            ).cancel()

    def _register_hook(self):
        """Override: letters are held back as well, where Odoo can post them."""
        super()._register_hook()
        letters = self.env.registry.get("snailmail.letter")
        if letters is None:
            return
        post = letters._snailmail_print

        def hold_back_and_post(self, immediate=True):
            return post(self.env["payment.database"]._hold_back(self), immediate)

        letters._snailmail_print = hold_back_and_post
        letters._asks_for_money = lambda letter: letter.model in SENDERS


class MailMail(models.Model):
    _inherit = "mail.mail"

    def send(self, *args, **kwargs):
        """Override of `mail`: see `_hold_back`."""
        mails = self.env["payment.database"]._hold_back(self)
        return super(MailMail, mails).send(*args, **kwargs)

    def _asks_for_money(self):
        self.ensure_one()
        return self.model in SENDERS or PAY_LINK.search(self.body_html or "")


class SmsSms(models.Model):
    _inherit = "sms.sms"

    def _send(self, *args, **kwargs):
        """Override of `sms`: see `_hold_back`."""
        messages = self.env["payment.database"]._hold_back(self)
        return super(SmsSms, messages)._send(*args, **kwargs) if messages else None

    def _asks_for_money(self):
        self.ensure_one()
        sms = self.sudo()
        return sms.mail_message_id.model in SENDERS or PAY_LINK.search(sms.body or "")
