from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from ...bridge import moment
from ...bridge.fetch import FetchBusy, FetchRun, FetchStopped
from ..batch import back_off, cut
from ..transfer.payment_provider import KNOWN_ERRORS, error_text
from .bridge_connection import FETCH_CRON

# Transactions imported in one database transaction.
IMPORT_BATCH = 200
# The cron runs hourly: a little less, so that no run is skipped.
FETCH_EVERY = timedelta(minutes=50)
# Minutes until a fetch that failed is tried again.
RETRY_MINUTES = (2, 5, 15, 60, 240)
# While another fetch holds the account.
BUSY_RETRY = timedelta(minutes=1)


class BridgeAccount(models.Model):
    """Fetching: what is new at the bank becomes bank lines."""

    _inherit = "bridge.account"

    # === Cron ===

    @api.model
    def _cron_fetch(self):
        """Read the connections and fetch the accounts that are due.

        Each one's failure is kept to itself. Bridge counts calls by user: whoever is
        over the limit is left alone until Bridge allows it again.
        """
        now = fields.Datetime.now()
        readable = Domain(
            "provider_id", "any", self.env["payment.provider"]._get_reading_domain()
        )
        accounts = self.search(readable & self._get_due_domain())
        Connection = self.env["bridge.connection"]
        to_read = Domain("state", "!=", "removed") & Domain("next_read_at", "<=", now)
        connections = Connection.search(
            readable & (to_read | Domain("id", "in", accounts.connection_id.ids))
        )
        run = self.env["payment.batch"]._run
        how = {"expected": KNOWN_ERRORS, "lock": False, "busy_fails": True}
        resting = {}
        for done, connection in enumerate(connections, 1):
            left = len(connections) - done
            company = connection.company_id
            connection = company._with_books_language(connection.with_company(company))
            time_left = run(
                [connection],
                "_read_in_cron",
                resting,
                failed="_handle_read_error",
                left=left,
                **how,
            )
            # The reading may have made more of them due.
            accounts = connection.account_ids.filtered_domain(self._get_due_domain())
            if accounts:
                # In any case: the next run would begin with the same connection.
                time_left = run(
                    cut(accounts, 1),
                    "_fetch_in_cron",
                    resting,
                    failed="_handle_fetch_error",
                    left=left,
                    **how,
                )
            if not time_left:
                return

    @api.model
    def _get_due_domain(self):
        """Return the domain of the accounts that are to be fetched now."""
        return Domain("state", "=", "active") & Domain(
            "next_fetch_at", "<=", fields.Datetime.now()
        )

    # === One account ===

    def _fetch_in_cron(self, resting):
        """Fetch the account, unless Bridge did not answer its provider before.

        :param dict resting: why Bridge is not asked again in this run, by provider
        :raises BridgeError: if Bridge refuses or does not answer
        """
        self.ensure_one()
        if error := resting.get(self.provider_id.id):
            self._handle_fetch_error(error, resting)
        else:
            self._fetch()

    def _fetch(self):
        """Import what is new at the bank, in batches with a commit each.

        Whenever it ends early, the next fetch begins at the same place: the cursor
        moves only when everything up to it is committed.

        :raises BridgeError: if Bridge refuses or does not answer
        """
        self.ensure_one()
        try:
            run = self._begin_fetch()
            with self.provider_id._bridge_aggregation() as bridge:
                self._fetch_pages(bridge, run)
        except FetchBusy:
            # It stays due if the other fetch finds that it must be read again.
            self.env.ref(FETCH_CRON)._trigger(at=fields.Datetime.now() + BUSY_RETRY)
        except FetchStopped:
            self.env.ref(FETCH_CRON)._trigger()

    def _begin_fetch(self):
        self._lock_for_fetch()
        self.fetched_count = 0
        begun_at = moment.to_milliseconds(moment.now())
        if not self.cursor:
            begun_at = self.history_cursor = self.history_cursor or begun_at
        run = FetchRun(
            self.account_ref,
            self.history_start_date,
            cursor=self.cursor,
            done=self.history_done_date,
            begun_at=begun_at,
            balance=self.balance,
            ask_count=self.ask_count,
        )
        self.env["ir.cron"]._commit_progress()
        return run

    def _lock_for_fetch(self, run=None):
        """Hold the account until the next commit, and see it as it is now.

        :param FetchRun run: what was seen so far
        :raises FetchBusy: if somebody else holds it, or it is no longer to be read, or
            not as ``run`` began to
        """
        if not self.try_lock_for_update(allow_referencing=True):
            raise FetchBusy
        self.invalidate_recordset()
        if self.state != "active" or not self.journal_id:
            raise FetchBusy
        asked = (self.account_ref, self.history_start_date)
        if run and asked != (run.account_ref, run.first_day):
            raise FetchBusy

    def _fetch_pages(self, bridge, run):
        """Read all pages and import them; no database work is open meanwhile.

        :param Aggregation bridge: as the account's user
        :param FetchRun run: what was seen so far
        """
        cron = self.env["ir.cron"]
        windows = run.windows(self.company_id._get_payment_today())
        cron._commit_progress()
        for first, last in windows:
            pages = bridge.transaction_pages(
                run.account_ref, since=run.since, min_date=first, max_date=last
            )
            for page in pages:
                for data_list in cut(page, IMPORT_BATCH):
                    self._import_and_commit(data_list, run)
            if last and not run.problems:
                self._lock_for_fetch(run)
                self.history_done_date = last
                cron._commit_progress()
        data = bridge.read_account(run.account_ref)
        self._lock_for_fetch(run)
        self._end_fetch(run, data)

    def _import_and_commit(self, data_list, run):
        """Import a batch; stop if the time is over, but never without having made
        lines, or the next run would not come further than this one.

        :raises FetchStopped: if the cron's time is over
        """
        known = run.created
        self._lock_for_fetch(run)
        self._import_batch(data_list, run)
        time_left = self.env["ir.cron"]._commit_progress()
        if not time_left and run.created > known:
            raise FetchStopped

    def _end_fetch(self, run, data):
        """Move the cursor, now that everything is committed, and compare balances.

        :param FetchRun run: what was seen
        :param dict data: the account as read after its transactions
        """
        now = fields.Datetime.now()
        problems = list(dict.fromkeys(run.problems))
        values = {
            "cursor": run.get_cursor(),
            "last_fetch_at": now,
            "fetch_error": " ".join(problems) or False,
            "fetch_failures": 0,
            "fetch_user_id": False,
        }
        # Asked for again in between: that news may have come after its page.
        if self.ask_count == run.ask_count:
            values["next_fetch_at"] = now + FETCH_EVERY
        user = self.fetch_user_id
        if problems and problems[0] not in (self.fetch_error or ""):
            self._schedule_task(
                self.env._("%s: transactions not imported", self.name), problems[0]
            )
        self.write(values)
        self._compare_balances(run, data)
        self._notify_user(user, problems)

    def _compare_balances(self, run, data):
        """Note what the bank holds, and compare it with what was booked.

        Parameters as of `_end_fetch`.
        """
        balance = data.get("balance")
        if balance is None:
            return
        self.balance = balance
        self.instant_balance = data.get("instant_balance", balance)
        currency = self.currency_id or self.company_id.currency_id
        if currency.compare_amounts(run.balance, balance):
            # The bank was read meanwhile: what its balance contains is read next.
            self._ask_to_fetch()
            return
        if not run.problems:
            self._book_opening()
            self._correct_opening()
        self._check_balance()

    def _handle_fetch_error(self, error, resting):
        """Note why a fetch failed and when it is tried again.

        :param Exception error: a `BridgeError` says by itself how long to wait
        :param dict resting: as of `_fetch_in_cron`
        """
        limited_until = self.provider_id._bridge_note_error(error, resting)
        minutes = back_off(RETRY_MINUTES, self.fetch_failures)
        at = limited_until or fields.Datetime.now() + timedelta(minutes=minutes)
        if self.try_lock_for_update(allow_referencing=True):
            user = self.fetch_user_id
            text = (
                self.env._("Bridge limits the number of calls: tried again soon.")
                if getattr(error, "status", None) == 429
                else error_text(error)
            )
            self.write(
                {
                    "next_fetch_at": at,
                    "fetch_error": text,
                    "fetch_failures": self.fetch_failures + (not limited_until),
                    "fetch_user_id": False,
                }
            )
            self._notify_user(user, [text])
        if getattr(error, "status", None) == 404:
            # The account may be closed: re-read its connection.
            self.connection_id._ask_to_read()
        self.env.ref(FETCH_CRON)._trigger(at=at)

    def _notify_user(self, user, problems):
        """Tell who asked for the fetch what came of it."""
        if not user:
            return
        message = " ".join(problems) or self.with_context(lang=user.lang).env._(
            "New bank lines of %(account)s: %(count)s.",
            account=self.display_name,
            count=self.fetched_count,
        )
        user._bus_send(
            "simple_notification",
            {"type": "warning" if problems else "success", "message": message},
        )
