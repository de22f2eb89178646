from datetime import timedelta

from markupsafe import Markup, escape

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...task import find_tasks, schedule_task
from ..payment_reminder import OUTCOMES

#: What the tasks are about.
CALL = "call"
CALL_ACTIVITY = "mail.mail_activity_data_call"
#: How often nobody may answer before the next channel is tried.
CALLS_MAX = 3
#: How long what is disputed is held, unless a day is given.
DISPUTE_DAYS = 30


class PaymentReminder(models.Model):
    """Reminders on the phone: whom to call, what to say, what they answered."""

    _inherit = "payment.reminder"

    call_attempts = fields.Integer(
        string="Calls", readonly=True, help="How often it was tried without an answer."
    )
    call_date = fields.Date(string="Call On", readonly=True)
    call_due = fields.Boolean(
        compute="_compute_call_due",
        search="_search_call_due",
        help="Somebody is to call today.",
    )
    phone_numbers = fields.Html(
        string="Numbers", compute="_compute_phone_numbers", sanitize=False
    )
    other_calls = fields.Char(
        string="In the Same Call",
        compute="_compute_other_calls",
        help="What else this customer is to be called about: the answer is for all.",
    )

    @api.depends("state", "call_date", "company_id")
    def _compute_call_due(self):
        for reminder in self:
            today = reminder.company_id._get_payment_today()
            date = reminder.state == "to_call" and reminder.call_date
            reminder.call_due = bool(date) and date <= today

    def _search_call_due(self, operator, value):
        if operator != "in":
            return NotImplemented
        due = Domain.OR(
            Domain("company_id", "=", company.id)
            & Domain("call_date", "<=", company._get_payment_today())
            for company in self.env.companies
        )
        due &= Domain("state", "=", "to_call")
        return due if True in value else ~due

    @api.depends(
        "contact_id.phone",
        "party_id.phone",
        "party_id.child_ids.phone",
        "partner_id.phone",
        "partner_id.child_ids.phone",
    )
    def _compute_phone_numbers(self):
        row = Markup('<div><a href="{}">{}</a> {} {}</div>')
        for reminder in self:
            reminder.phone_numbers = Markup("").join(
                row.format(
                    f"tel:{number or shown}",
                    shown,
                    name,
                    reminder._describe_hour_there(number),
                )
                for shown, number, name in reminder._get_phone_book()
            )

    def _get_phone_book(self):
        """Return whom to call, the recipient first.

        :return: number as it is shown, E.164 (False: it is no number), name
        :rtype: list[tuple[str, str | bool, str]]
        """
        self.ensure_one()
        party = self._get_party()
        # Not the companies below it: who owes something else hears nothing of this.
        contacts = party.child_ids.filtered(
            lambda child: child.commercial_partner_id == party.commercial_partner_id
        )
        people = self.contact_id | party | contacts | self.partner_id
        book = {}
        for partner in people.filtered("phone"):
            numbers = partner._get_phone_numbers() or {False: partner.phone}
            for number, shown in numbers.items():
                book.setdefault(number or shown, (shown, number, partner.name or ""))
        return list(book.values())

    def _find_phone_number(self):
        """Return the number to call first.

        :return: number (E.164) and how it is shown, or None twice
        :rtype: tuple[str | bool | None, str | None]
        """
        shown, number, _name = next(iter(self._get_phone_book()), (None, None, None))
        return number, shown

    @api.depends("state", "partner_id", "company_id")
    @api.depends_context("lang")
    def _compute_other_calls(self):
        for reminder in self:
            reminder.other_calls = "; ".join(
                f"{other.invoice_names} ({other._write_amount(other.amount_overdue)})"
                for other in reminder._get_other_calls()
            )

    def _get_other_calls(self):
        """Return what else the customer is to be called about, in another currency or
        since: one call is about all of it.

        :rtype: payment.reminder
        """
        self.ensure_one()
        if self.state != "to_call":
            return self.browse()
        return self.search(
            self._get_party_domain(self._get_party())
            & Domain("state", "=", "to_call")
            & Domain("company_id", "=", self.company_id.id)
            & Domain("id", "!=", self.id),
            order="id",
        )

    # === Hand over ===

    def _send_by_phone(self):
        """Take the reminders of customers who have a telephone.

        :return: why the others cannot be called, by reminder
        :rtype: dict[int, str]
        """
        why_not = {
            reminder.id: self.env._(
                "%s has no telephone number.", reminder.partner_id.display_name
            )
            for reminder in self
            if not reminder._get_phone_book()
        }
        return why_not | self._find_archived()

    def _take_by_phone(self):
        """Ask the responsible to call."""
        for company, reminders in self.grouped("company_id").items():
            today = company._get_payment_today()
            reminders.write({"call_attempts": 0, "call_date": today, "outcome": False})
            # No mail for each of them: they are in the list of calls.
            calls = company._with_books_language(reminders).with_context(
                mail_activity_quick_update=True
            )
            for user, theirs in calls.grouped("user_id").items():
                schedule_task(
                    theirs,
                    user=user or self.env.user,
                    deadline=today,
                    kind=CALL_ACTIVITY,
                    about=CALL,
                )

    # === What the customer said ===

    def action_phone_outcome(self, outcome="done", note=None, date=None):
        """Note what became of a call, which was about all that waits for one with this
        customer.

        - `promised`: nothing is reminded until ``date``;
        - `disputed`: nothing is reminded until ``date`` or for 30 days, and the
          responsible gets a task;
        - `wrong_number`: the next channel is tried, and somebody corrects the number;
        - `no_answer`: called again on the next business day, at most three times; then
          the next channel is tried;
        - `done`: spoken to, without more.

        :param str outcome: of the above
        :param str note: what was said
        :param date: day of the promise, or until when the dispute holds
        :type date: datetime.date | str | None
        :raises UserError: if it is not waiting for a call, or a promise has no day
        """
        self.ensure_one()
        self.check_access("write")
        reminder = self.sudo().with_company(self.company_id)
        if reminder.state != "to_call":
            raise UserError(self.env._("This reminder is not waiting for a call."))
        note = (note or "").strip() or False
        date = fields.Date.to_date(date)
        today = reminder.company_id._get_payment_today()
        if date and date < today:
            raise UserError(self.env._("Choose a day that is still to come."))
        if outcome not in dict(OUTCOMES):
            raise UserError(self.env._("“%s” is not an answer.", outcome))
        for call in reminder | reminder._get_other_calls():
            call.write({"outcome": outcome, "outcome_note": note})
            call._log_call()
            getattr(call, f"_note_{outcome}")(note, date)

    def _note_promised(self, note, date):
        if not date:
            raise UserError(self.env._("On which day does the customer pay?"))
        self.promise_date = date
        reason = self.env._("Promised on the phone by %s.", self.contact_id.name)
        self._hold_named(date, " ".join(filter(None, (reason, note))))
        self._close_call()

    def _note_disputed(self, note, date):
        today = self.company_id._get_payment_today()
        until = date or today + timedelta(DISPUTE_DAYS)
        reason = self.env._("Disputed on the phone by %s.", self.contact_id.name)
        reason = " ".join(filter(None, (reason, note)))
        self._hold_named(until, reason)
        self._close_call()
        self._schedule_task(
            reason,
            self.env._("Settle the dispute with %s", self.partner_id.display_name),
        )

    def _note_wrong_number(self, note, _date):
        numbers = [shown for shown, _number, _name in self._get_phone_book()]
        reason = self.env._("Wrong number: %s", note or ", ".join(numbers))
        find_tasks(self, CALL).unlink()
        self._try_next_channel(reason)

    def _note_no_answer(self, _note, _date):
        attempts = self.call_attempts + 1
        if attempts >= CALLS_MAX:
            self.call_attempts = attempts
            find_tasks(self, CALL).unlink()
            self._try_next_channel(
                self.env._("Nobody answered the phone on %s days.", attempts)
            )
            return
        day = self.company_id._get_next_business_day()
        self.write(
            {
                "call_attempts": attempts,
                "call_date": day,
                # Somebody is at it.
                "waiting_date": False,
                "overlooked": False,
            }
        )
        find_tasks(self, CALL).date_deadline = day

    def _note_done(self, _note, _date):
        self._close_call()

    def _hold_named(self, until, reason):
        """Hold what the reminder names, as far as it is still open."""
        if lines := self._get_reminder_lines():
            lines._hold_reminders(until, reason)

    def _close_call(self):
        find_tasks(self, CALL).action_feedback()
        self._mark_sent()

    def _log_call(self):
        """Write into the history who called and what was said."""
        outcomes = dict(self._fields["outcome"]._description_selection(self.env))
        answer = outcomes[self.outcome]
        text = self.env._("Call: %s", answer[:1].lower() + answer[1:])
        self._message_log(
            body=Markup("<p>%s</p>")
            % Markup("<br/>").join(
                escape(part) for part in (text, self.outcome_note) if part
            ),
            author_id=self.env.user.partner_id.id,
        )

    def action_open_outcome(self, outcome="promised"):
        """Ask for what belongs to an answer: the day of a promise, what is disputed.

        :param str outcome: see `action_phone_outcome`
        :rtype: dict
        """
        self.ensure_one()
        names = dict(self._fields["outcome"]._description_selection(self.env))
        return self.env["payment.reminder.call"]._open_dialog(
            names[outcome],
            context={"default_reminder_id": self.id, "default_outcome": outcome},
        )

    def action_send_link(self):
        """Open the assistant that sends the payment link while the customer listens.

        :rtype: dict
        """
        self.ensure_one()
        if not self.request_id:
            raise UserError(self.env._("There is nothing to pay with a link."))
        return self.env["payment.reminder.link"]._open_dialog(
            self.env._("Send the payment link"),
            context={"default_reminder_id": self.id},
        )
