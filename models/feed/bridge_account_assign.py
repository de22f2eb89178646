from odoo import fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain


class BridgeAccount(models.Model):
    """Which account feeds which journal, as connections come and go."""

    _inherit = "bridge.account"

    def _import_values(self, connection, account_ref, values):
        """Keep what Bridge says of an account, under the id it has now.

        :param bridge.connection connection: where it is listed
        :param str account_ref: its id there
        :param dict values: see `bridge.connection._prepare_account`
        """
        self.ensure_one()
        values = dict(values)
        if self.account_ref != account_ref:
            self._forget_transaction_ids()
            values.update(
                self._get_history_reset_values(), next_fetch_at=fields.Datetime.now()
            )
        if self.state == "closed":
            values.update(self._prepare_return())
        known = self._convert_to_write({name: self[name] for name in values})
        values = {name: v for name, v in values.items() if known[name] != v}
        try:
            with self.env.cr.savepoint():
                self.write(values)
        except ValidationError as error:
            self._keep_unassigned(values, error)

    def _keep_unassigned(self, values, error):
        """Keep what Bridge says of an account that is no longer the journal's: its IBAN
        or its currency is another one now. It feeds nothing until a person has looked.

        :param dict values: as read
        :param ValidationError error: why the journal is not fed
        """
        state = values.get("state", self.state)
        if state == "to_assign":
            self.write({**values, "journal_id": False})
            return
        known = {"iban": self.iban, "currency_id": self.currency_id.id}
        self.write({**values, **known, "state": "paused", "next_fetch_at": False})
        if state == "active":
            self._schedule_task(self.env._("%s: no longer fed", self.name), str(error))

    def _forget_transaction_ids(self):
        """Free the lines of the ids of a former connection: the same transactions come
        again under new ones, and are then found as lines from anywhere else are."""
        lines = self.env["account.bank.statement.line"].search(
            [
                ("bridge_account_id", "in", self.ids),
                ("bridge_transaction_ref", "!=", False),
            ]
        )
        lines.write({"bridge_transaction_ref": False})

    def _prepare_return(self):
        """Return the values with which a closed account is reopened."""
        self.ensure_one()
        taken = self.journal_id and self.search_count(
            [
                ("journal_id", "=", self.journal_id.id),
                ("state", "!=", "closed"),
                ("id", "!=", self.id),
            ],
            limit=1,
        )
        if self.journal_id and not taken and self.last_fetch_at:
            return {"state": "active", "next_fetch_at": fields.Datetime.now()}
        return {"state": "to_assign", "journal_id": False}

    def _set_closed(self):
        """Note that the bank no longer gives these accounts, and tell a person of those
        that fed a journal."""
        accounts = self.filtered(lambda account: account.state != "closed")
        feeding = accounts.filtered(lambda account: account.state == "active")
        accounts.write({"state": "closed", "next_fetch_at": False})
        for account in feeding:
            account._schedule_task(
                self.env._("%s: no longer fed", account.name),
                self.env._(
                    "The bank no longer gives this account. The journal is not fed "
                    "any more; connect the bank again to go on."
                ),
            )

    def _propose_journal(self):
        """Propose a journal for the accounts that have none: the one with their IBAN,
        or the one from which the only account was looked for."""
        accounts = self.filtered(lambda a: a.state == "to_assign" and not a.journal_id)
        if not accounts:
            return
        journals = self.env["account.journal"].search(
            Domain("company_id", "in", accounts.company_id.ids)
            & Domain("type", "in", ("bank", "credit"))
        )
        taken = self.search(
            [("journal_id", "in", journals.ids), ("state", "!=", "closed")]
        ).journal_id
        for account in accounts:
            connection = account.connection_id
            free = (journals - taken).filtered(
                lambda j, account=account: j.company_id == account.company_id
            )
            same = free.filtered(
                lambda j, account=account: account.iban
                and j.bank_account_id.sanitized_acc_number == account.iban
            )
            if not same and len(connection.account_ids) == 1:
                same = connection.journal_id & free
            if same and not account._get_journal_problem(same[0]):
                account.journal_id = same[0]
                taken |= same[0]
