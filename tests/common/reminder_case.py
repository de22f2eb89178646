"""What the tests of reminders share: a policy, a clock, overdue invoices."""

from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from unittest.mock import patch

from odoo import Command, fields

from ...models.reminder.payment_reminder_bulk import JOBS
from .request_case import RequestCase

REMINDER_CRON = "account_payment_request.ir_cron_payment_reminder"
#: A Monday, ten in the morning in Paris.
MONDAY = datetime(2026, 3, 16, 9, 0)
#: A Wednesday.
DUE = date(2026, 12, 9)


#: Nothing to wait for: tests of what reminders wait for set it themselves.
NO_WAITING = {
    "payment_reminder_bank_days": 0,
    "payment_reminder_sent_days": 0,
    "payment_reminder_sent_only": False,
    "payment_reminder_unfed": "remind",
}


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
        cls.company.sudo().write(
            {
                "payment_reminder_enabled": True,
                "payment_reminder_start": "planned",
                "payment_reminder_policy_id": cls.policy.id,
                "payment_request_user_id": cls.accountant.id,
                **NO_WAITING,
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

    @classmethod
    def ready_made(cls, name):
        return cls.env.ref(f"account_payment_request.payment_reminder_policy_{name}")

    @classmethod
    def make_policy(cls, name, *days, **values):
        """Create a policy with levels that many days from the due date."""
        return cls.env["payment.reminder.policy"].create(
            {
                "name": name,
                "company_id": cls.company.id,
                "level_ids": [Command.create(cls._level(name, day)) for day in days],
                **values,
            }
        )

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
        jobs = {name: replace(job, size=size) for name, job in JOBS.items()}
        self.startPatcher(patch.dict(JOBS, jobs))

    def go_on(self, action):
        """Go on as the client does; return what its bar and the last notice say.

        What it does in the end is `last_action`.
        """
        notices = []
        while action["type"] == "ir.actions.client":
            params = action["params"]
            if action["tag"] == "payment_reminder_work":
                notices += [params["text"]] if params["text"] else []
                model = self.env["payment.reminder"].with_user(self.accountant)
                action = model.with_context(**params["context"]).action_continue()
            else:
                self.assertEqual(action["tag"], "display_notification")
                notices.append(params["message"])
                action = params["next"]
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

    @contextmanager
    def channel(self, name, why_not=None):
        """Let a channel take all it gets, or refuse it with a sentence."""
        taken = []

        def send(reminders):
            if why_not:
                return dict.fromkeys(reminders.ids, why_not)
            taken.extend(reminders.ids)
            return {}

        registry_class = self.registry["payment.reminder"]
        with patch.object(registry_class, f"_send_by_{name}", send, create=True):
            yield taken

    def tasks_of(self, reminders):
        return reminders.sudo().activity_ids

    def credit(self, amount, partner=None):
        """Post a credit note that nobody allocated yet."""
        note = self.create_invoice(
            amount, partner, post=False, move_type="out_refund", invoice_date=self.today
        )
        note.action_post()
        return note

    def bounce(self, reminder, address):
        """Hand over what the mail gateway makes of a mail that came back."""
        self.env["mail.thread"]._routing_handle_bounce(
            None,
            {
                "bounced_email": address,
                "bounced_partner": self.env["res.partner"].search(
                    [("email_normalized", "=", address)]
                ),
                "bounced_msg_ids": [reminder.mail_message_id.message_id],
                "bounced_message": reminder.mail_message_id,
                "body": "User unknown",
                "email_from": "mailer-daemon@example.com",
                "to": "bounce@boutique.example",
                "message_id": "<bounce@example.com>",
            },
        )
        self.follow()


class ReminderPlanCase(ReminderCase):
    """Levels of -3, +1, +7 and +15 days, and a clock that the tests set."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy = cls.create_policy("Test", -3, 1, 7, 15)
        cls.company.payment_reminder_policy_id = cls.policy

    def setUp(self):
        super().setUp()
        self.now = datetime(2026, 12, 1, 12, 0)

    @classmethod
    def create_policy(cls, name, *days, company=None, **values):
        """Return a policy with a level at each of ``days`` from the due date."""
        return cls.env["payment.reminder.policy"].create(
            {
                "name": name,
                "company_id": (company or cls.company).id,
                "level_ids": [
                    Command.create(
                        {
                            "name": f"{name} {day:+d}",
                            "sequence": index,
                            "delay_days": day,
                        }
                    )
                    for index, day in enumerate(days)
                ],
                **values,
            }
        )

    @classmethod
    def owe(cls, amount=120.0, due=DUE, partner=None, **values):
        """Return the due line of a posted invoice."""
        move = cls.create_invoice(
            amount,
            partner,
            invoice_date=due - timedelta(30),
            invoice_date_due=due,
            invoice_payment_term_id=False,
            **values,
        )
        return cls.due_lines(move)

    @classmethod
    def due_lines(cls, move):
        return move.line_ids.filtered(
            lambda line: line.display_type == "payment_term"
        ).sorted("date_maturity")

    def at(self, day, hour=12):
        """Put the clock at an hour, UTC, of a day."""
        self.now = datetime.combine(day, datetime.min.time()).replace(hour=hour)

    def after(self, days, due=DUE):
        self.at(due + timedelta(days))

    def plan(self, company=None, **options):
        return self.reminders._plan(company or self.company, **options)

    def state(self, line):
        return self.reminders._get_plan_state(line)[line.id]

    def reason(self, line):
        return self.state(line)["reason"]

    def level(self, days, policy=None):
        return (policy or self.policy).level_ids.filtered(
            lambda level: level.days_from_due == days
        )

    def leave(self, reminders):
        """Have the reminders sent at this moment."""
        reminders.write({"state": "sent", "sent_at": self.now})

    def remind(self, **options):
        """Plan and send; return the reminders."""
        reminders = self.plan(**options)
        self.leave(reminders)
        return reminders

    def create_branch(self):
        """Return a branch of the company that reminds the day after the due date."""
        branch = self.env["res.company"].create(
            {"name": "Boutique du Nord", "parent_id": self.company.id}
        )
        self.env.cr.precommit.run()  # loads its chart of accounts
        policy = self.create_policy("Branch", 1, company=branch)
        branch.sudo().write(
            {
                "payment_reminder_enabled": True,
                "payment_reminder_start": "planned",
                "payment_reminder_policy_id": policy.id,
                **NO_WAITING,
            }
        )
        return branch

    def owe_to(self, company):
        """Return a posted invoice of another company."""
        moves = self.env["account.move"].with_company(company)
        move = moves.create(
            {
                "move_type": "out_invoice",
                "partner_id": self.customer.id,
                "invoice_date": DUE - timedelta(30),
                "invoice_date_due": DUE,
                "invoice_line_ids": [
                    Command.create({"name": "Service", "price_unit": 70.0})
                ],
            }
        )
        move.action_post()
        return move

    def create_transaction(self, move, **values):
        """Return a transfer for an invoice, on its way unless told otherwise."""
        values = {"state": "pending", "last_state_change": self.now, **values}
        return (
            self.env["payment.transaction"]
            .sudo()
            .create(
                {
                    "provider_id": self.bridge.id,
                    "payment_method_id": self.bridge.payment_method_ids[:1].id,
                    "amount": move.amount_residual,
                    "currency_id": move.currency_id.id,
                    "partner_id": move.partner_id.id,
                    "invoice_ids": [Command.set(move.ids)],
                    **values,
                }
            )
        )

    def assert_reason(self, line, reason, day=None):
        state = self.state(line)
        self.assertEqual(state["reason"], reason)
        self.assertTrue(state["sentence"])
        if day:
            self.assertIn(fields.Date.to_string(day), self.in_iso(line)["sentence"])

    def in_iso(self, line):
        """Return the plan state with dates as in ISO 8601."""
        with patch(
            "odoo.addons.account_payment_request.models.reminder.payment_reminder_hold_reason"
            ".format_date",
            lambda _env, day: fields.Date.to_string(day),
        ):
            return self.state(line)
