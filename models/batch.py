"""Work on many records: in slices, each committed, with what fails kept apart.

It is the only place that cuts work into slices.
"""

import logging
from dataclasses import dataclass

from odoo import api, models
from odoo.fields import Domain
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


@dataclass(frozen=True)
class Step:
    """What is done with each slice, and how.

    :ivar method: of the model; takes ``args``, works on the record set
    :ivar domain: what must still hold of a record once it is locked
    :ivar failed: method of the model; takes the error and ``args``, works on what
        failed alone and leaves it so that it does not fail for ever; without it, the
        error is only logged
    :ivar expected: class (or classes) of error that may happen: logged without trace
    :ivar lock: whether records that another process holds are passed over
    :ivar busy_fails: whether what another process keeps from being done has failed
        too, so that ``failed`` says when it is tried again; else it is left for the
        next run
    :ivar whole: whether a slice that fails is set apart as it is, none of its records
        being tried alone: such as one whose step commits, or asks another server
    """

    method: str
    args: tuple = ()
    domain: Domain | None = None
    failed: str | None = None
    expected: type[Exception] | tuple[type[Exception], ...] = ()
    lock: bool = True
    busy_fails: bool = False
    whole: bool = False


class PaymentBatch(models.AbstractModel):
    _name = "payment.batch"
    _description = "Work in Slices"

    @api.model
    def _run(self, slices, method, *args, left=0, **how):
        """Work on slices of records, each in a transaction of its own.

        A slice may be done twice, in any order, and beside another one: ``method``
        takes only records that still need it.

        :param Iterable slices: record sets of one model, such as `cut` gives
        :param str method: see `Step`, as for ``args`` and ``how``
        :param int left: what the calling job has to do beyond these slices
        :return: whether there is time left for more
        :rtype: bool
        """
        step = Step(method, args, **how)
        cron = self.env["ir.cron"]
        slices = [records for records in slices if records]
        left += sum(map(len, slices))
        cron._commit_progress(remaining=left)
        for records in slices:
            self._hand_on(records, step)
            left -= len(records)
            if not cron._commit_progress(len(records), remaining=left):
                return False
            # As much memory for many slices as for one.
            self.env.invalidate_all(flush=False)
        return True

    @api.model
    def _hand_on(self, records, step):
        """Have one slice done: here and now. To be overridden by whoever has it done
        elsewhere, by `_work` in another process.

        :param models.BaseModel records: the slice
        :param Step step: what is done with it
        """
        self._work(records, step)

    @api.model
    def _work(self, records, step):
        """Do one slice together or, if that fails, each of its records alone, with a
        commit each.

        Parameters as of `_hand_on`.
        """
        try:
            self._attempt(records, step, step.method, *step.args)
        except MemoryError:
            # The process is at its end, not a record: the job is run again.
            raise
        except Exception as error:
            if step.whole or len(records) == 1:
                self._give_up(records, step, error)
                return
            _logger.warning("%s failed together: %s", records, error)
            for record in records:
                self._work(record, step)
                self.env["ir.cron"]._commit_progress()

    @api.model
    def _attempt(self, records, step, method, *args):
        """Call ``method`` of the records that are free and still need it; try again at
        once if another process got in the way, and leave them for the next run if it
        stays there, unless the step counts that as failed.

        Other parameters as of `_hand_on`.
        """
        busy = None
        for _retry in range(CONCURRENCY_RETRIES):
            try:
                mine = records
                if step.lock:
                    mine = mine.try_lock_for_update(allow_referencing=True)
                    mine.invalidate_recordset()
                if step.domain is not None:
                    mine = mine.filtered_domain(step.domain)
                if mine:
                    getattr(mine, method)(*args)
                    self.env.cr.flush()
                return
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY as error:
                self.env.cr.rollback()
                busy = error
            except Exception:
                self.env.cr.rollback()
                raise
        if step.busy_fails and method == step.method:
            raise busy
        _logger.info("%s of %s: left for the next run", method, records)

    @api.model
    def _give_up(self, records, step, error):
        """Keep the failure of a record, or of a whole slice, to itself."""
        if isinstance(error, (step.expected, PG_CONCURRENCY_EXCEPTIONS_TO_RETRY)):
            _logger.warning("%s failed for %s: %s", step.method, records, error)
        else:
            _logger.error("%s failed for %s", step.method, records, exc_info=error)
        if step.failed:
            self._attempt(records, step, step.failed, error, *step.args)
