from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo.fields import Domain
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from ..models.batch import back_off, cut, together_or_each

BATCH_LOGGER = "odoo.addons.account_payment_request.models.batch"


@tagged("post_install", "-at_install")
class TestBatch(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Batch = cls.env["payment.batch"]
        cls.tags = cls.env["res.partner.category"].create(
            [{"name": f"Tag {number}"} for number in range(5)]
        )

    def setUp(self):
        super().setUp()
        # A test's cursor neither commits nor rolls back more than its savepoint.
        self.commits = []
        cron = self.registry["ir.cron"]
        self.startPatcher(patch.object(cron, "_commit_progress", self.commit))
        self.startPatcher(
            patch.object(self.env.cr, "rollback", self.env.invalidate_all)
        )
        self.time_left = 60.0

    def commit(self, processed=0, *, remaining=None, deactivate=False):
        self.commits.append((processed, remaining))
        return self.time_left

    def run_slices(self, work, size=2, **how):
        """Run a method of the tags that is there for this test only."""
        model = self.registry["res.partner.category"]
        self.failures = []
        methods = {
            "_step": work,
            "_step_failed": lambda tag, error: self.failures.append(
                (tag.name, str(error))
            ),
        }
        with patch.multiple(model, create=True, **methods):
            return self.Batch._run(cut(self.tags, size), "_step", **how)

    def test_cut_keeps_all_in_their_order(self):
        slices = list(cut(self.tags, 2))
        self.assertEqual([len(some) for some in slices], [2, 2, 1])
        self.assertEqual(self.tags.browse().concat(*slices).ids, self.tags.ids)
        self.assertEqual(list(cut(iter("abc"), 2)), [["a", "b"], ["c"]])
        self.assertEqual(list(cut(self.tags.browse(), 2)), [])

    def test_back_off_ends_on_the_last_step(self):
        self.assertEqual([back_off((1, 5, 9), n) for n in range(5)], [1, 5, 9, 9, 9])

    def test_each_slice_is_committed_and_told(self):
        seen = []
        self.assertTrue(self.run_slices(lambda tags: seen.append(tags.ids), left=7))
        self.assertEqual(seen, [some.ids for some in cut(self.tags, 2)])
        self.assertEqual(self.commits, [(0, 12), (2, 10), (2, 8), (1, 7)])

    def test_it_stops_when_time_is_over(self):
        self.time_left = 0.0
        seen = []
        self.assertFalse(self.run_slices(lambda tags: seen.append(tags.ids)))
        self.assertEqual(seen, [self.tags[:2].ids])

    def test_what_no_longer_needs_it_is_left_out(self):
        self.tags[0].active = False
        seen = []
        self.run_slices(
            lambda tags: seen.extend(tags.ids), domain=Domain("active", "=", True)
        )
        self.assertEqual(seen, self.tags[1:].ids)

    def test_what_another_process_holds_is_passed_over(self):
        seen = []
        held = self.tags[1]
        model = self.registry["res.partner.category"]
        lock = model.try_lock_for_update

        def leave_out(records, **how):
            return lock(records, **how) - held

        with patch.object(model, "try_lock_for_update", leave_out):
            self.run_slices(lambda tags: seen.extend(tags.ids))
        self.assertEqual(seen, (self.tags - held).ids)

    @mute_logger(BATCH_LOGGER)
    def test_one_that_fails_does_not_hold_up_the_others(self):
        bad, seen = self.tags[2], []

        def work(tags):
            if bad in tags:
                raise ValueError("no")
            seen.extend(tags.ids)

        self.assertTrue(self.run_slices(work, failed="_step_failed"))
        self.assertEqual(seen, (self.tags - bad).ids)
        self.assertEqual(self.failures, [(bad.name, "no")])

    @mute_logger(BATCH_LOGGER)
    def test_a_whole_slice_is_set_apart_as_it_is(self):
        attempts, failures = [], []

        def work(tags, reason):
            attempts.append(tags.ids)
            if self.tags[0] in tags:
                tags.name = "Half done"
                raise ValueError(reason)

        with patch.multiple(
            self.registry["res.partner.category"],
            create=True,
            _step=work,
            _step_failed=lambda tags, error, reason: failures.append(
                (tags.ids, str(error), reason)
            ),
        ):
            slices = list(cut(self.tags, 2))
            self.Batch._run(slices, "_step", "no", failed="_step_failed", whole=True)
        self.assertEqual(attempts, [some.ids for some in slices])
        self.assertEqual(failures, [(slices[0].ids, "no", "no")])

    @mute_logger(BATCH_LOGGER)
    def test_a_whole_slice_is_tried_again_as_it_is(self):
        attempts = []

        def work(tags):
            attempts.append(tags.ids)
            if len(attempts) == 1:
                raise SerializationFailure

        self.run_slices(work, size=5, whole=True)
        self.assertEqual(attempts, [self.tags.ids] * 2)

    @mute_logger(BATCH_LOGGER)
    def test_what_no_longer_needs_it_is_not_set_apart(self):
        def work(tags):
            tags[0].active = False  # As if it had been committed.
            tags.flush_recordset()
            raise ValueError("no")

        domain = Domain("active", "=", True)
        self.tags[2:].active = False
        self.run_slices(work, size=5, domain=domain, failed="_step_failed", whole=True)
        self.assertEqual(self.failures, [("Tag 1", "no")])

    def test_an_expected_error_leaves_no_trace_in_the_log(self):
        def work(tags):
            raise ValueError("no")

        for expected, has_trace in ((ValueError, False), (KeyError, True)):
            with self.assertLogs(BATCH_LOGGER, "WARNING") as logs:
                self.run_slices(work, size=1, expected=expected)
            self.assertEqual(
                [bool(record.exc_info) for record in logs.records],
                [has_trace] * len(self.tags),
            )

    def test_a_failure_without_a_method_for_it_is_logged(self):
        def work(tags):
            raise ValueError("no")

        with self.assertLogs(BATCH_LOGGER, "ERROR") as logs:
            self.run_slices(work, size=1)
        self.assertEqual(len(logs.output), len(self.tags))

    def test_what_another_process_caused_is_tried_again(self):
        attempts = []

        def work(tags):
            attempts.append(tags.ids)
            if len(attempts) == 1:
                raise SerializationFailure

        self.run_slices(work, size=5)
        self.assertEqual(attempts, [self.tags.ids] * 2)

    @mute_logger(BATCH_LOGGER)
    def test_what_another_process_causes_for_ever_is_for_the_next_run(self):
        attempts = []

        def work(tags):
            attempts.append(tags.ids)
            raise SerializationFailure

        self.assertTrue(self.run_slices(work, size=5, failed="_step_failed"))
        self.assertEqual((len(attempts), self.failures), (3, []))

    def test_a_process_without_memory_ends_the_job(self):
        def work(tags):
            raise MemoryError

        with self.assertRaises(MemoryError):
            self.run_slices(work, failed="_step_failed")
        self.assertFalse(self.failures)

    def test_a_slice_can_be_handed_on(self):
        handed = []
        batch = self.registry["payment.batch"]

        def hand_on(batch, records, *how):
            handed.append((records, how))

        with patch.object(batch, "_hand_on", hand_on):
            self.run_slices(lambda tags: self.fail("done here"))
        seen = []
        with patch.multiple(
            self.registry["res.partner.category"],
            create=True,
            _step=lambda tags: seen.extend(tags.ids),
        ):
            for records, how in reversed(handed * 2):
                self.Batch._work(records, *how)
        self.assertEqual(set(seen), set(self.tags.ids))

    # === Together, else each alone ===

    def test_all_are_done_together(self):
        calls = []
        done = together_or_each(self.env, [1, 2, 3], calls.append, self.fail)
        self.assertEqual((done, calls), ([1, 2, 3], [[1, 2, 3]]))
        self.assertEqual(together_or_each(self.env, [], calls.append, self.fail), [])

    def test_each_is_done_alone_if_one_fails(self):
        failures = []

        def rename(tags):
            tags.write({"name": "Done"})
            if self.tags[1] in tags:
                raise ValueError("no")

        done = together_or_each(
            self.env,
            self.tags,
            rename,
            lambda tag, error: failures.append((tag, str(error))),
            expected=ValueError,
        )
        self.assertEqual(self.tags.browse().concat(*done), self.tags - self.tags[1])
        self.assertEqual(failures, [(self.tags[1], "no")])
        self.assertEqual(self.tags[1].name, "Tag 1")

    def test_unexpected_errors_and_those_of_other_processes_go_up(self):
        def fail_with(error):
            def work(items):
                raise error

            return work

        for error, expected in (
            (KeyError(), ValueError),
            (SerializationFailure(), Exception),
        ):
            with self.assertRaises(type(error)):
                together_or_each(
                    self.env, [1, 2], fail_with(error), self.fail, expected=expected
                )
