from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from ..task import find_tasks, schedule_task
from ..text import write_day_in_words

#: What only a person moves on.
BY_HAND = ("to_confirm", "to_post", "to_call")
#: Days after which it is told that nobody did.
OVERLOOKED_DAYS = 7
#: What the tasks are about.
OVERLOOKED = "overlooked"


class PaymentReminder(models.Model):
    """Reminders that nobody confirmed, posted or called about: until somebody does,
    their customers are not reminded at all, which must not go unnoticed."""

    _inherit = "payment.reminder"

    waiting_date = fields.Date(
        readonly=True, help="Since when it is for a person to move it on."
    )
    overlooked = fields.Boolean(
        string="Waits Too Long",
        readonly=True,
        help="It waited for a person for a week, which was told once.",
    )

    @api.model
    def _tell_overlooked(self, company):
        """Tell once of what has waited for a person for too long: the responsible, and
        the accountant of the settings.

        :param res.company company: of the reminders
        """
        today = company._get_payment_today()
        mine = Domain("company_id", "=", company.id)
        waiting = mine & Domain("state", "in", BY_HAND) & Domain("is_test", "=", False)
        self.search(waiting & Domain("waiting_date", "=", False)).waiting_date = today
        moved_on = Domain("state", "not in", BY_HAND)
        over = self.search(mine & Domain("waiting_date", "!=", False) & moved_on)
        went_on = any(over.mapped("overlooked"))
        over.write({"waiting_date": False, "overlooked": False})
        find_tasks(over, OVERLOOKED).unlink()
        late = self.search(
            waiting & Domain("waiting_date", "<=", today - timedelta(OVERLOOKED_DAYS)),
            order="waiting_date, id",
        )
        told = late.filtered("overlooked")
        late.overlooked = True
        if not went_on:
            # Once; but the task may have gone with one that somebody moved on.
            late -= told
        accountant = company._get_payment_accountant(self.env["res.users"])
        for user, reminders in late.grouped(lambda r: r._get_responsible()).items():
            for person in user | accountant:
                reminders._schedule_overlooked(person)

    def _schedule_overlooked(self, user):
        """Give somebody a task about these, unless they have one about others: their
        list shows all."""
        open_ones = self.search(
            [("company_id", "=", self.company_id.id), ("overlooked", "=", True)]
        )
        if user in find_tasks(open_ones, OVERLOOKED).user_id:
            return
        first = self[:1]
        env = first.company_id._with_books_language(first).env
        schedule_task(
            first.with_env(env).with_context(mail_activity_quick_update=True),
            env._("Reminders that wait too long: %s", len(self)),
            env._(
                "The oldest is “%(level)s” for %(customer)s, which has waited for a "
                "person since %(day)s. Until each of them is confirmed, posted, called "
                "or dropped, its customer gets no other reminder.",
                level=first.level_name or "",
                customer=first.partner_id.display_name,
                day=write_day_in_words(env, first.waiting_date),
            ),
            user=user,
            deadline=first.company_id._get_payment_today(),
            about=OVERLOOKED,
        )
