"""How automatic reminders begin: nothing leaves before a person said how."""

from datetime import timedelta

from markupsafe import Markup

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, email_normalize, format_date

from ...const import ACCOUNTING
from ..task import TODO, schedule_task

STARTS = [
    ("due_later", "Only what becomes due from now on"),
    ("gradual", "Everybody from the first level, so many a day"),
    ("planned", "As planned, all at once"),
    ("test", "In test mode: everything goes to one address"),
]
#: Answers with which no more than so many are made a day.
LIMITED = ("gradual", "test")
#: What a plan that was begun must not outlive.
ANSWER = (
    "payment_reminder_enabled",
    "payment_reminder_start",
    "payment_reminder_start_date",
    "payment_reminder_due_from_date",
    "payment_reminder_daily_max",
)
#: How far back a company's busiest day is looked for, and how many times as many
#: messages nobody is surprised by.
USUAL_DAYS = 60
USUAL_TIMES = 2


class ResCompany(models.Model):
    # The last room that adds to companies: what a user gives passes here first.
    _name = "res.company"
    _inherit = ["payment.engine.owned", "res.company"]

    payment_reminder_start = fields.Selection(
        selection=STARTS,
        string="How Reminders Begin",
        readonly=True,
        groups=ACCOUNTING,
        help="Empty: nobody said it yet, and none is sent automatically.",
    )
    payment_reminder_start_date = fields.Date(
        string="Reminders Began On", readonly=True, groups=ACCOUNTING
    )
    payment_reminder_due_from_date = fields.Date(
        string="Reminded If Due From",
        readonly=True,
        groups=ACCOUNTING,
        help="What was due before is reminded by hand only.",
    )
    payment_reminder_daily_max = fields.Integer(
        string="Reminders a Day",
        readonly=True,
        groups=ACCOUNTING,
        help="At most, until those that waited when reminders began are through, or in "
        "test mode.",
    )
    payment_reminder_test_email = fields.Char(
        string="Address of Test Mode", readonly=True, groups=ACCOUNTING
    )
    payment_reminder_ask_above = fields.Integer(
        string="Ask Before More Than",
        default=200,
        help="If more reminders than this would leave at once, and more than the "
        "company is used to, none leaves before a person said how. Zero: never ask.",
    )

    _payment_reminder_ask_above_positive = models.Constraint(
        "CHECK(payment_reminder_ask_above >= 0)",
        "The number of reminders above which a person is asked must not be negative.",
    )

    def write(self, vals):
        """Override: whoever switches reminders on or off is asked again how they begin,
        and what was made in test mode ends with it."""
        if "payment_reminder_enabled" in vals and "payment_reminder_start" not in vals:
            wanted = bool(vals["payment_reminder_enabled"])
            switched = self.filtered(lambda c: c.payment_reminder_enabled != wanted)
            switched.sudo()._end_reminders()
        if vals.get("payment_reminder_start", "test") != "test":
            tested = self.filtered(lambda c: c._is_reminder_test())
            self.env["payment.reminder"].sudo()._remove_tests(tested)
        return super().write(vals)

    # === Where it stands ===

    def _is_reminder_test(self):
        """Return whether reminders go to the address of test mode only.

        :rtype: bool
        """
        return self.sudo().payment_reminder_start == "test"

    def _reminds_automatically(self):
        """Return whether reminders are switched on, and a person said how they begin.

        :rtype: bool
        """
        company = self.sudo()
        return company.payment_reminder_enabled and bool(company.payment_reminder_start)

    def _get_reminder_answer(self):
        """Return how reminders begin, as it stands in the database now.

        :rtype: tuple
        """
        self.ensure_one()
        self.invalidate_recordset(ANSWER)
        return tuple(self.sudo()[name] for name in ANSWER)

    def _get_reminder_start_note(self):
        """Return how reminders began, or that nobody said it yet, in a sentence.

        :rtype: str
        """
        self.ensure_one()
        company = self.sudo()
        if not company.payment_reminder_enabled:
            return ""
        if not company.payment_reminder_start:
            return self.env._(
                "%(company)s sends no reminder automatically before somebody says how "
                "they begin.",
                company=company.name,
            )
        if company.payment_reminder_start == "test":
            return self.env._(
                "Test mode: all reminders of %(company)s go to %(address)s, none to a "
                "customer.",
                company=company.name,
                address=company.payment_reminder_test_email,
            )
        if company.payment_reminder_start == "gradual":
            return self.env._(
                "At most %(count)s a day since %(day)s, the oldest debts first.",
                count=company.payment_reminder_daily_max,
                day=format_date(self.env, company.payment_reminder_start_date),
            )
        if day := company.payment_reminder_due_from_date:
            return self.env._(
                "What was due before %(day)s is reminded by hand only.",
                day=format_date(self.env, day),
            )
        return self.env._(
            "As planned, since %(day)s.",
            day=format_date(self.env, company.payment_reminder_start_date),
        )

    # === The answer ===

    def _begin_reminders(self, start, daily_max=0, test_email=None):
        """Let automatic reminders begin, or go on, as a person said.

        What was planned before and has not left is planned again by the answer.

        :param str start: one of `STARTS`
        :param int daily_max: how many a day, for those of `LIMITED`
        :param str test_email: where everything goes in test mode
        :raises UserError: if reminders are off, or something is missing
        """
        self.ensure_one()
        company = self.sudo()
        if not company.payment_reminder_enabled:
            raise UserError(
                self.env._("First switch on automatic reminders in the settings.")
            )
        if start in LIMITED and daily_max < 1:
            raise UserError(self.env._("Say how many reminders a day, at least one."))
        if start == "test" and not email_normalize(test_email):
            raise UserError(
                self.env._("“%s” is not an e-mail address.", test_email or "")
            )
        reminders = self.env["payment.reminder"].sudo()
        reminders._claim_plan(company)
        today = company._get_payment_today()
        vals = {
            "payment_reminder_start": start,
            "payment_reminder_start_date": today,
            "payment_reminder_daily_max": daily_max,
            "payment_reminder_test_email": start == "test" and test_email.strip(),
        }
        if start == "due_later":
            vals["payment_reminder_due_from_date"] = today
        company.write(vals)
        reminders._remove_planned(company)
        if start == "gradual":
            reminders._forget_levels(company)
        company._log_reminder_start()
        company._get_start_tasks().unlink()
        reminders._wake_cron()

    def _end_reminders(self):
        """Forget how reminders began: who switches them on again is asked again."""
        self.write(
            {
                "payment_reminder_start": False,
                "payment_reminder_start_date": False,
                "payment_reminder_due_from_date": False,
            }
        )

    def _log_reminder_start(self):
        """Keep who said how reminders begin, on the company's contact."""
        company = self._with_books_language(self)
        company.partner_id._message_log(
            body=Markup("<p>%s</p>")
            % company.env._(
                "Automatic reminders: %s", company._get_reminder_start_note()
            ),
            author_id=self.env.user.partner_id.id,
        )

    # === Brakes ===

    def _limit_planned(self, count):
        """Return how many of the messages that are due may be made today.

        :param int count: that are due
        :rtype: int
        """
        self.ensure_one()
        company = self.sudo()
        if company.payment_reminder_start not in LIMITED:
            return count
        made = self.env["payment.reminder"].sudo()._count_of_today(company)
        left = max(company.payment_reminder_daily_max - made, 0)
        # Whoever got a message a short time ago is not among those that are due.
        pause = timedelta(max(company.payment_reminder_interval_days, 7))
        began = company.payment_reminder_start_date
        settled = company._get_payment_today() - began > pause
        if settled and count <= left and company.payment_reminder_start == "gradual":
            # The last of those that waited: from now on what is due is no more than
            # what becomes due.
            company.payment_reminder_start = "planned"
        return min(count, left)

    def _ask_before_many(self, count):
        """Stop, and ask a person, if more would leave at once than they may expect:
        after a pause, or once a policy is given to many.

        :param int count: of messages that are due
        :return: whether none of them is to be made
        :rtype: bool
        """
        self.ensure_one()
        company = self.sudo()
        most = company.payment_reminder_ask_above
        today = company._get_payment_today()
        if (
            not most
            or count <= most
            # What the assistant showed leaves on the day of the answer.
            or company.payment_reminder_start_date == today
            or company.payment_reminder_start in LIMITED
        ):
            return False
        [[busiest]] = self.env.execute_query(
            SQL(
                """
                SELECT COALESCE(max(made), 0)
                  FROM (SELECT count(*) AS made
                          FROM payment_reminder
                         WHERE company_id = %s AND date > %s AND is_test IS NOT TRUE
                      GROUP BY date) day
                """,
                company.id,
                today - timedelta(USUAL_DAYS),
            )
        )
        if count <= USUAL_TIMES * busiest:
            return False
        company.payment_reminder_start = False
        quiet = company._with_books_language(company)
        schedule_task(
            quiet.partner_id,
            quiet._get_start_task_title(),
            quiet.env._(
                "%(count)s reminders would leave at once, more than usual. None leaves "
                "automatically before somebody says how, under Reminders › To Send.",
                count=count,
            ),
            user=company._get_payment_accountant(self.env["res.users"].sudo())
            or self.env.user,
            deadline=today,
        )
        return True

    def _get_start_task_title(self):
        return self.env._("Say how reminders go on")

    def _get_start_tasks(self):
        """Return the open tasks to say how reminders go on.

        :rtype: mail.activity
        """
        company = self._with_books_language(self)
        title, kind = company._get_start_task_title(), self.env.ref(TODO)
        return company.partner_id.activity_ids.filtered(
            lambda task: task.summary == title and task.activity_type_id == kind
        )
