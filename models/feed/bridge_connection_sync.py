import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from odoo.addons.base.models.res_bank import sanitize_account_number

from ... import const
from ...bridge import moment
from ...bridge.errors import BridgeError
from ...bridge.transport import Budget
from ..task import find_tasks
from ..transfer.payment_provider import error_text
from .bridge_connection import FETCH_CRON, STATE_OF_STATUS

_logger = logging.getLogger(__name__)

# Between two reads of a connection of which Bridge tells nothing.
READ_EVERY = timedelta(hours=6)
# After a read that failed, unless Bridge says how long.
RETRY_AFTER = timedelta(minutes=5)
# How far Bridge's clock may differ from ours.
CLOCK_TOLERANCE = timedelta(minutes=10)
OPEN_ACCESS = "enabled"


def _moment(text):
    """Return a date-time of Bridge as Odoo stores it, False if there is none."""
    parsed = moment.parse(text)
    return parsed.replace(tzinfo=None) if parsed else False


class BridgeConnection(models.Model):
    """What Bridge says of a connection, and what follows from it."""

    _inherit = "bridge.connection"

    def _read_at_bridge(self, claimed_item_id=None):
        """Read the connection and its accounts at Bridge and keep what is said.

        :param str claimed_item_id: item that the return names, if it has none yet
        :raises BridgeError: if Bridge refuses or does not answer
        """
        self.ensure_one()
        self._import_answer(self._fetch(claimed_item_id))

    def _read_in_cron(self, resting):
        """Read the connection, unless Bridge did not answer its provider before.

        :param dict resting: why Bridge is not asked again in this run, by provider
        :raises BridgeError: if Bridge refuses or does not answer
        """
        self.ensure_one()
        if self.provider_id.id in resting:
            return
        answer = self._fetch()
        # The answer is imported on the data as they are by then.
        self.env["ir.cron"]._commit_progress()
        if self.try_lock_for_update(allow_referencing=True):
            self.invalidate_recordset()
            self._import_answer(answer)

    def _handle_read_error(self, error, resting):
        """Note why the connection could not be read and when it is tried again.

        :param Exception error: a `BridgeError` says by itself how long to wait
        :param dict resting: as of `_read_in_cron`
        """
        limited_until = self.provider_id._bridge_note_error(error, resting)
        at = limited_until or fields.Datetime.now() + RETRY_AFTER
        if self.try_lock_for_update(allow_referencing=True):
            self.write({"read_error": error_text(error), "next_read_at": at})
        self.env.ref(FETCH_CRON)._trigger(at=at)

    # === Asking ===

    def _fetch(self, claimed_item_id=None):
        """Return what Bridge says; nothing is changed here.

        :param str claimed_item_id: as of `_read_at_bridge`
        :return: ``item``, ``accounts``, ``bank``; ``item`` None if there is none
        :rtype: dict
        """
        self.ensure_one()
        budget = Budget(const.CALL_SECONDS)
        with self.provider_id._bridge_aggregation(budget) as bridge:
            if self.item_ref:
                item = self._ask_item(bridge)
            else:
                item = self._find_new_item(bridge.list_items(), claimed_item_id)
            accounts = list(bridge.list_accounts(item_id=item["id"])) if item else []
        bank_ref = (item or {}).get("provider_id")
        is_new = bank_ref and str(bank_ref) != self.bank_ref
        return {
            "item": item,
            "accounts": accounts,
            "bank": self._fetch_bank(bank_ref, budget) if is_new else {},
        }

    def _ask_item(self, bridge):
        try:
            return bridge.read_item(self.item_ref)
        except BridgeError as error:
            if error.status != 404:
                raise
            return None

    def _find_new_item(self, items, claimed_item_id):
        """Return the item that a person made with the page opened for this connection.

        :param items: all items of our user, as read
        :param str claimed_item_id: the one that the return names
        :return: None if there is none, or no telling which
        """
        siblings = self.sudo().search(
            [("provider_id", "=", self.provider_id.id), ("item_ref", "!=", False)]
        )
        known = set(siblings.mapped("item_ref"))
        opened_at = self.session_opened_at or self.create_date
        new = [
            item
            for item in items
            if str(item["id"]) not in known
            and (_moment(item.get("created_at")) or opened_at)
            >= opened_at - CLOCK_TOLERANCE
        ]
        for item in new:
            if str(item["id"]) == str(claimed_item_id):
                return item
        others = self.sudo().search_count(
            [
                ("provider_id", "=", self.provider_id.id),
                ("id", "!=", self.id),
                ("state", "=", "connecting"),
                ("session_opened_at", "!=", False),
            ]
        )
        return new[0] if len(new) == 1 and not others else None

    def _fetch_bank(self, bank_ref, budget):
        """Return what Bridge tells of a bank, its name above all, empty if it tells
        nothing: that is not worth a failure.

        :param Budget budget: time left for it
        :rtype: dict
        """
        try:
            with self.provider_id._bridge_client(budget) as client:
                return client.read_provider(bank_ref)
        except BridgeError as error:
            _logger.info("Bank %s could not be read: %s", bank_ref, error)
            return {}

    # === Importing ===

    def _import_answer(self, answer):
        """Keep what Bridge said of the connection and its accounts.

        :param dict answer: see `_fetch`
        """
        self.ensure_one()
        item = answer["item"]
        if not item:
            if self.item_ref:
                self._set_removed()
            else:
                self.next_read_at = False
            return
        was_new = not self.item_ref
        self.write(self._prepare_from_item(item, answer.get("bank") or {}))
        if was_new:
            self.message_post(body=self.env._("The bank was connected."))
        self._import_accounts(answer["accounts"])
        self._follow_up()

    def _prepare_from_item(self, item, bank):
        """Return the values read from an item.

        :param dict item: as read
        :param dict bank: with its name, empty if that is known already
        """
        now = fields.Datetime.now()
        status = item.get("status")
        status = status if isinstance(status, int) else 0
        expires_at = _moment(item.get("authentication_expires_at"))
        state = STATE_OF_STATUS.get(status, "trouble")
        if state != "action" and expires_at and expires_at <= now:
            state = "action"
        values = {
            "item_ref": str(item["id"]),
            "status_code": status,
            "status_info": item.get("status_code_info") or False,
            "state": state,
            "authentication_expires_at": expires_at,
            "item_created_at": _moment(item.get("created_at")),
            "bank_ref": str(item.get("provider_id") or ""),
            "next_read_at": now + READ_EVERY,
            "read_error": False,
        }
        if last := _moment(item.get("last_successful_refresh")):
            values["last_success_at"] = last
        if bank.get("name"):
            values["bank_name"] = bank["name"]
        elif not self.bank_name:
            values["bank_name"] = self.env._("Bank %s", values["bank_ref"])
        return values

    def _import_accounts(self, data_list):
        """Bring the accounts in line with those that Bridge lists.

        Accounts that a fetch holds at the moment are left for the next time.

        :param list data_list: the accounts of this connection, as read
        """
        self.ensure_one()
        Account = self.env["bridge.account"]
        by_ref = {
            str(data["id"]): data
            for data in data_list
            if data.get("data_access", OPEN_ACCESS) == OPEN_ACCESS
        }
        ibans = {number for data in by_ref.values() if (number := _iban_of(data))}
        found = Account.search(
            Domain("provider_id", "=", self.provider_id.id)
            & (
                Domain("account_ref", "in", list(by_ref))
                | Domain("iban", "in", list(ibans))
                | Domain("connection_id", "=", self.id)
            )
        )
        free = found.try_lock_for_update(allow_referencing=True)
        if free != found:
            self.next_read_at = fields.Datetime.now() + timedelta(minutes=1)
        busy_refs = set((found - free).mapped("account_ref"))
        known = {account.account_ref: account for account in free}
        currencies = self._get_currencies(data_list)
        to_create = []
        for ref, data in by_ref.items():
            if ref in busy_refs:
                continue
            values = self._prepare_account(data, currencies)
            same = self._find_same(found, by_ref, values)
            returned = (same & free).filtered(self._may_take_over)[:1]
            account = known.get(ref) or returned
            if not account:
                # Not if a newer connection feeds it, or another process holds it.
                if not same:
                    to_create.append(values)
            elif account.company_id == self.company_id:
                account._import_values(self, ref, values)
        created = Account.create(to_create)
        if self.state == "ok":
            mine = free.filtered(
                lambda a: a.connection_id == self and a.account_ref not in by_ref
            )
            mine._set_closed()
        (created | free.filtered(lambda a: a.connection_id == self))._propose_journal()

    def _prepare_account(self, data, currencies):
        """Return the values read from an account.

        :param dict data: as read
        :param dict currencies: by code
        """
        read_at = [_moment(data.get("updated_at"))]
        if data.get("last_refresh_status") != "failed":
            read_at.append(self.last_success_at)
        read_at = [date for date in read_at if date]
        return {
            "connection_id": self.id,
            "account_ref": str(data["id"]),
            "name": data.get("name") or self.name,
            "account_type": data.get("type") or False,
            "iban": _iban_of(data) or False,
            "currency_id": currencies.get(data.get("currency_code")),
            "balance": data.get("balance") or 0.0,
            "instant_balance": data.get("instant_balance", data.get("balance")) or 0.0,
            "data_at": max(read_at) if read_at else False,
        }

    @api.model
    def _get_currencies(self, data_list):
        """Return the ids of the accounts' currencies, in use or not, by code."""
        codes = {data.get("currency_code") for data in data_list} - {None}
        currencies = (
            self.env["res.currency"]
            .with_context(active_test=False)
            .search([("name", "in", list(codes))])
        )
        return {currency.name: currency.id for currency in currencies}

    def _find_same(self, accounts, by_ref, values):
        """Return the accounts that are the one read, under another id.

        :param bridge.account accounts: where it may be
        :param dict by_ref: what this connection lists
        :param dict values: what is known of the account under its new id
        """
        return accounts.filtered(
            lambda account: values["iban"]
            and account.iban == values["iban"]
            and account.currency_id.id == values["currency_id"]
            and account.company_id == self.company_id
            and account.account_ref not in by_ref
        )

    def _may_take_over(self, account):
        """Return whether an account came back here: the bank was connected again. A
        newer connection takes it over from an older one, never back."""
        theirs, ours = account.connection_id.item_created_at, self.item_created_at
        return (
            account.state == "closed"
            or account.connection_id == self
            or not theirs
            or (ours and theirs <= ours)
        )

    def _set_removed(self):
        """Note that Bridge no longer has the connection."""
        find_tasks(self).unlink()
        self.write(
            {
                "state": "removed",
                "next_read_at": False,
                "authentication_expires_at": False,
                "task_key": False,
            }
        )
        for connection in self:
            connection.message_post(body=self.env._("The bank was disconnected."))
            connection.account_ids._set_closed()


def _iban_of(data):
    """Return the IBAN of an account as read, without spaces, empty if not told."""
    return (sanitize_account_number(data.get("iban")) or "").upper()
