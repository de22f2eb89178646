"""What the tests of reminders share: a policy, a clock, overdue invoices."""

from datetime import datetime, timedelta
from unittest.mock import patch

from odoo import Command

from ...models.reminder.payment_reminder_bulk import JOBS
from .request_case import RequestCase

REMINDER_CRON = "account_payment_request.ir_cron_payment_reminder"
#: A Monday, ten in the morning in Paris.
MONDAY = datetime(2026, 3, 16, 9, 0)


class ReminderCase(RequestCase):
    """A company that reminds one day, eight and fifteen days after the due date."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ir.config_parameter"].sudo().set_param("mail.catchall.alias", False)
        cls.policy = cls.env["payment.reminder.policy"].create(
            {
                "name": "Test policy",
                "company_id": cls.company.id,
                "user_id": cls.accountant.id,
                "level_ids": [
                    Command.create(cls._level("First", 1, second_channel="sms")),
                    Command.create(cls._level("Second", 8)),
                    Command.create(cls._level("Third", 15)),
                ],
            }
        )
        cls.first, cls.second, cls.third = cls.policy.level_ids
        cls.company.write(
            {
                "payment_reminder_enabled": True,
                "payment_reminder_policy_id": cls.policy.id,
                "payment_request_user_id": cls.accountant.id,
            }
        )

    @classmethod
    def _level(cls, name, days, **values):
        """Return the values of a level, by e-mail."""
        return {
            "name": name,
            "sequence": days,
            "delay_days": days,
            "channel": "email",
            "subject": f"{name}: {{{{ object.invoice_names }}}}",
            "body": f'<p>{name}, <t t-out="object.contact_id.name"/></p>',
            "sms_body": f"{name} {{{{ object.request_id.url }}}}",
            **values,
        }

    def setUp(self):
        super().setUp()
        self.now = MONDAY
        company_class = self.registry["res.company"]
        self.startPatcher(
            patch.object(company_class, "_get_payment_now", lambda _company: self.now)
        )

    def set_now(self, moment):
        """Put the clock of reminders at ``moment``, naive UTC."""
        self.now = moment

    def next_days(self, days=1):
        """Move the clock of reminders by whole days."""
        self.now += timedelta(days=days)

    @property
    def today(self):
        return self.company._get_payment_today()

    def overdue(self, amount=120.0, days=1, partner=None, **values):
        """Create an invoice that was due ``days`` ago (negative: will be)."""
        due = self.today - timedelta(days=days)
        return self.create_invoice(
            amount,
            partner,
            invoice_date=due - timedelta(days=30),
            invoice_date_due=due,
            invoice_payment_term_id=False,
            **values,
        )

    def due_lines(self, moves):
        return moves.line_ids.filtered(lambda ln: ln.display_type == "payment_term")

    # === What the engine does ===

    @property
    def reminders(self):
        return self.env["payment.reminder"].sudo()

    def plan(self, **how):
        """Make the reminders that are due."""
        return self.reminders._plan(self.company, **how)

    def send(self, reminders):
        """Send one slice, as the job does; return what was handed over."""
        sent = reminders._send_slice()
        self.env.flush_all()
        self.env.invalidate_all()
        return sent

    def remind(self, *moves):
        """Plan and send; return the reminders that name ``moves``, newest first."""
        self.send(self.plan())
        return self.find(*moves)

    def find(self, *moves):
        return self.reminders.search(
            [("line_ids.move_id", "in", [move.id for move in moves])], order="id desc"
        )

    def follow(self):
        """Read what became of what left, as the job does."""
        with self.without_commits():
            self.reminders._follow_up(self.company)
        self.env.invalidate_all()

    def without_commits(self):
        """Let a step of the job run in the transaction of the test."""
        cron_class = self.registry["ir.cron"]
        return patch.object(
            cron_class, "_commit_progress", lambda _cron, *args, **kwargs: 1.0
        )

    def run_reminders(self):
        self.run_cron(REMINDER_CRON)

    def use_slices(self, size):
        """Let what is done from a screen be done so many at a time."""
        jobs = {job: (step, size) for job, (step, _size) in JOBS.items()}
        self.startPatcher(patch.dict(JOBS, jobs))

    def go_on(self, action):
        """Go on as the client does; return the notices it shows.

        What it does in the end is `last_action`.
        """
        notices = []
        while action["type"] in ("ir.actions.server", "ir.actions.client"):
            if action["type"] == "ir.actions.server":
                server = self.env["ir.actions.server"].browse(action["id"])
                server = server.with_user(self.accountant)
                action = server.with_context(**action["context"]).run()
            else:
                self.assertEqual(action["tag"], "display_notification")
                notices.append(action["params"]["message"])
                action = action["params"]["next"]
        self.last_action = action
        self.env.flush_all()
        self.env.invalidate_all()
        return notices

    def mails_of(self, reminders):
        """Return the mails in the queue or left, in the order of their making."""
        return (
            self.env["mail.mail"]
            .sudo()
            .search(
                [("model", "=", reminders._name), ("res_id", "in", reminders.ids)],
                order="id",
            )
        )

    def deliver_mails(self, reminders):
        """Let the queue send what is in it."""
        with self.mock_mail_gateway(mail_unlink_sent=True):
            self.mails_of(reminders).filtered(lambda m: m.state == "outgoing").send()
        self.env.invalidate_all()
        return self._mails
