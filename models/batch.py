"""Work on many records: in slices, each committed, with what fails kept apart.

It is the only place that cuts work into slices.
"""

import logging

from odoo import api, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import split_every

_logger = logging.getLogger(__name__)

#: How often a slice is tried again at once after another process got in its way.
CONCURRENCY_RETRIES = 3


def cut(items, size):
    """Yield ``items`` in slices of at most ``size``, in their order.

    :param items: a record set, or any other iterable
    :param int size: of a slice
    :return: record sets, or lists
    :rtype: Iterator
    """
    if isinstance(items, models.BaseModel):
        for ids in split_every(size, items.ids):
            yield items.browse(ids)
    else:
        yield from split_every(size, items, list)


def back_off(steps, attempts):
    """Return how long to wait after so many attempts: the last step for all others.

    :param Sequence steps: waits, in whatever unit
    :param int attempts: how often it failed before
    """
    return steps[min(attempts, len(steps) - 1)]


def together_or_each(env, items, work, failed, expected=Exception):
    """Do ``work`` for all items at once or, if that fails, for each of them alone: one
    that cannot be done must not hold up the others.

    Each attempt has a savepoint. What another process caused goes up, so that the
    whole transaction is tried again.

    :param api.Environment env: whose transaction it is
    :param items: a record set or a list
    :param Callable work: takes some of the items
    :param Callable failed: takes an item that could not be done and its error
    :param expected: class (or classes) of error that an item may raise; others go up
    :return: the items that were done
    :rtype: list
    """
    todo = [items] if len(items) else []
    done = []
    while todo:
        some = todo.pop(0)
        try:
            with env.cr.savepoint():
                work(some)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except expected as error:
            if len(some) > 1:
                todo = list(cut(some, 1))
            else:
                failed(some[0], error)
        else:
            done.extend(some)
    return done


class PaymentBatch(models.AbstractModel):
    _name = "payment.batch"
    _description = "Work in Slices"

    @api.model
    def _run(self, slices, step, *args, domain=None, failed=None, lock=True, left=0):
        """Work on slices of records, each in a transaction of its own.

        A slice may be done twice, in any order, and beside another one: ``step`` takes
        only records that still need it.

        :param Iterable slices: record sets of one model, such as `cut` gives
        :param str step: method of the model; takes ``args``, works on the record set
        :param Domain domain: what must still hold of a record once it is locked
        :param str failed: method of the model; takes the error of a record that failed
            alone and leaves it so that it does not fail for ever; without it, the
            error is only logged
        :param bool lock: whether records that another process holds are passed over
        :param int left: what the calling job has to do beyond these slices
        :return: whether there is time left for more
        :rtype: bool
        """
        cron = self.env["ir.cron"]
        slices = [records for records in slices if records]
        left += sum(map(len, slices))
        cron._commit_progress(remaining=left)
        for records in slices:
            self._hand_on(records, step, args, domain, failed, lock)
            left -= len(records)
            if not cron._commit_progress(len(records), remaining=left):
                return False
            # As much memory for many slices as for one.
            self.env.invalidate_all(flush=False)
        return True

    @api.model
    def _hand_on(self, records, step, args, domain, failed, lock):
        """Have one slice done: here and now. To be overridden by whoever has it done
        elsewhere, by `_work` in another process.

        Parameters as of `_run`.
        """
        self._work(records, step, args, domain, failed, lock)

    @api.model
    def _work(self, records, step, args, domain, failed, lock):
        """Do one slice together or, if that fails, each of its records alone, with a
        commit each.

        Parameters as of `_run`.
        """
        try:
            self._attempt(records, step, args, domain, lock)
            return
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            _logger.info("%s of %s: left for the next run", step, records)
            return
        except MemoryError:
            # The process is at its end, not a record: the job is run again.
            raise
        except Exception as error:
            if len(records) == 1:
                self._give_up(records, step, error, failed)
                return
            _logger.warning("%s failed for %s together: %s", step, records, error)
        for record in records:
            self._work(record, step, args, domain, failed, lock)
            self.env["ir.cron"]._commit_progress()

    @api.model
    def _attempt(self, records, step, args, domain, lock):
        """Do ``step`` for the records that are free and still need it; try again at
        once if another process got in the way.

        Parameters as of `_run`.
        """
        for retries_left in reversed(range(CONCURRENCY_RETRIES)):
            try:
                mine = records
                if lock:
                    mine = mine.try_lock_for_update(allow_referencing=True)
                    mine.invalidate_recordset()
                if domain is not None:
                    mine = mine.filtered_domain(domain)
                if mine:
                    getattr(mine, step)(*args)
                    self.env.cr.flush()
                return
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                self.env.cr.rollback()
                if not retries_left:
                    raise
            except Exception:
                self.env.cr.rollback()
                raise

    @api.model
    def _give_up(self, record, step, error, failed):
        """Keep the failure of one record to itself."""
        _logger.error("%s failed for %s", step, record, exc_info=error)
        if failed:
            getattr(record, failed)(error)
