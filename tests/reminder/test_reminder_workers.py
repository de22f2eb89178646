"""Two workers at once, and one that dies, with transactions of their own."""

from contextlib import contextmanager
from unittest.mock import patch

from psycopg2.errors import UniqueViolation

from odoo import SUPERUSER_ID, Command, api, fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common.payment_request import ProcessesCase
from ..common.reminder_case import NO_WAITING


class Killed(BaseException):
    """The process dies here."""


@tagged("post_install", "-at_install")
class TestReminderWorkers(ProcessesCase):
    """Reminders that are really committed; removed at the end."""

    def setUp(self):
        super().setUp()
        with self.process() as env:
            journal = env["account.journal"].search([("type", "=", "sale")], limit=1)
            company = journal.company_id
            self.company_id = company.id
            self.triggers = env["ir.cron.trigger"].search([]).ids
            self.company_before = company.read(
                [
                    "payment_reminder_enabled",
                    "payment_reminder_start",
                    "payment_reminder_policy_id",
                    *NO_WAITING,
                ],
                load=None,
            )[0]
            self.company_before.pop("id")
            policy = env["payment.reminder.policy"].create(
                {
                    "name": "Workers",
                    "company_id": company.id,
                    "level_ids": [
                        Command.create(
                            {
                                "name": "First",
                                "delay_days": 1,
                                "business_days": False,
                                "hour_from": 0.0,
                                "hour_to": 24.0,
                                "subject": "{{ object.invoice_names }}",
                                "body": "<p>Please pay</p>",
                            }
                        )
                    ],
                }
            )
            self.policy_id = policy.id
            company.write(
                {
                    "payment_reminder_enabled": True,
                    "payment_reminder_start": "planned",
                    "payment_reminder_policy_id": policy.id,
                    **NO_WAITING,
                }
            )
            partners = env["res.partner"].create(
                [
                    {"name": f"Worker {i}", "email": f"worker{i}@example.com"}
                    for i in range(2)
                ]
            )
            self.partner_ids = partners.ids
            due = fields.Date.subtract(company._get_payment_today(), days=2)
            moves = env["account.move"].create(
                [
                    {
                        "move_type": "out_invoice",
                        "company_id": company.id,
                        "partner_id": partner.id,
                        "invoice_date": due,
                        "invoice_date_due": due,
                        "invoice_payment_term_id": False,
                        "invoice_line_ids": [
                            Command.create(
                                {
                                    "name": "Service",
                                    "price_unit": 100.0,
                                    "tax_ids": [Command.clear()],
                                }
                            )
                        ],
                    }
                    for partner in partners
                ]
            )
            moves.action_post()
            self.move_ids = moves.ids
        self.addCleanup(self.remove)

    def remove(self):
        with self.process() as env:
            reminders = self.reminders(env)
            self.mails(env).unlink()
            reminders.request_id.unlink()
            reminders.unlink()
            moves = env["account.move"].browse(self.move_ids)
            moves.button_draft()
            moves.with_context(force_delete=True).unlink()
            company = env["res.company"].browse(self.company_id)
            company.write(self.company_before)
            env["payment.reminder.policy"].browse(self.policy_id).unlink()
            env["res.partner"].browse(self.partner_ids).unlink()
            env["ir.cron.trigger"].search([("id", "not in", self.triggers)]).unlink()

    def reminders(self, env):
        return env["payment.reminder"].search(
            [("partner_id", "in", self.partner_ids)], order="id"
        )

    def mails(self, env):
        reminders = self.reminders(env)
        return env["mail.mail"].search(
            [("model", "=", reminders._name), ("res_id", "in", reminders.ids)]
        )

    def plan(self, env):
        company = env["res.company"].browse(self.company_id)
        partners = env["res.partner"].browse(self.partner_ids)
        return env["payment.reminder"]._plan(company, partners)

    def send(self, env):
        company = env["res.company"].browse(self.company_id)
        env["payment.reminder"]._send(company)

    @contextmanager
    def dying_process(self):
        """Yield an environment of which the connection breaks before its commit."""
        with self.registry.cursor() as cr:
            yield api.Environment(cr, SUPERUSER_ID, {})
            cr.rollback()

    def assert_sent_once(self):
        with self.process() as env:
            reminders = self.reminders(env)
            self.assertEqual(len(reminders), 2)
            self.assertEqual(set(reminders.mapped("state")), {"queued"})
            self.assertEqual(len(reminders.line_ids), 2)
            mails = self.mails(env)
            self.assertEqual(sorted(mails.mapped("res_id")), reminders.ids)
            self.assertEqual(len(reminders.request_id), 2)

    def test_killed_between_queue_and_commit_nothing_has_left(self):
        with self.process() as env:
            self.plan(env)
        with self.dying_process() as env:
            self.reminders(env)._send_slice()
            env.flush_all()
            self.assertEqual(len(self.mails(env)), 2)
        with self.process() as env:
            self.assertFalse(self.mails(env))
            self.assertEqual(set(self.reminders(env).mapped("state")), {"to_send"})
        with self.process() as env:
            self.send(env)
        self.assert_sent_once()

    def test_killed_between_two_slices_the_rest_leaves_with_the_next_run(self):
        with self.process() as env:
            self.plan(env)
        cron_class = self.registry["ir.cron"]
        commit = cron_class._commit_progress
        calls = []

        def commit_then_die(cron, *args, **kwargs):
            calls.append(args)
            left = commit(cron, *args, **kwargs)
            if len(calls) == 2:
                raise Killed
            return left

        with (
            patch.object(cron_class, "_commit_progress", commit_then_die),
            self.assertRaises(Killed),
            self.process() as env,
        ):
            company = env["res.company"].browse(self.company_id)
            env["payment.reminder"]._send(company, 1)
        with self.process() as env:
            self.assertEqual(len(self.mails(env)), 1)
            self.send(env)
        self.assert_sent_once()

    def test_two_workers_at_once_send_each_reminder_once(self):
        with self.process() as env:
            self.plan(env)
        with self.process() as first, self.process() as second:
            taken = self.reminders(first)[0]._send_slice()
            self.assertEqual(len(taken), 1)
            # Locked by the first one: only the other reminder is left to the second.
            other = self.reminders(second)._send_slice()
            self.assertEqual(len(other), 1)
            self.assertNotEqual(other.id, taken.id)
        self.assert_sent_once()

    def test_a_worker_that_has_not_seen_the_other_s_commit_sends_nothing_again(self):
        with self.process() as env:
            self.plan(env)
        with self.process() as late:
            # What it read is of before the other one's commit.
            waiting = self.reminders(late)
            self.assertEqual(set(waiting.mapped("state")), {"to_send"})
            with self.process() as first:
                self.send(first)
            company = late["res.company"].browse(self.company_id)
            late["payment.reminder"]._send(company)
        self.assert_sent_once()

    def test_the_job_leaves_out_what_it_cannot_see_yet(self):
        with self.process() as job:
            # What it read is of before the other one's commit.
            self.assertFalse(self.reminders(job))
            with self.process() as person:
                self.assertEqual(len(self.plan(person)), 2)
            company = job["res.company"].browse(self.company_id)
            job["payment.reminder"]._plan_all(company)
        with self.process() as env:
            self.send(env)
        self.assert_sent_once()

    def test_who_began_before_the_other_one_ended_makes_nothing_twice(self):
        with self.process() as late:
            self.assertFalse(self.reminders(late))
            with self.process() as first:
                self.assertEqual(len(self.plan(first)), 2)
            with mute_logger("odoo.sql_db"), self.assertRaises(UniqueViolation):
                self.plan(late)
            late.cr.rollback()
            self.assertFalse(self.plan(late))
        with self.process() as env:
            self.send(env)
        self.assert_sent_once()

    def test_planned_twice_at_once_a_line_reaches_its_level_once(self):
        with self.process() as first:
            self.assertEqual(len(self.plan(first)), 2)
            with self.process() as second:
                self.assertFalse(self.plan(second))
        with self.process() as env:
            self.assertFalse(self.plan(env))
            self.send(env)
        self.assert_sent_once()
