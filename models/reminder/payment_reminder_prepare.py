import logging

from odoo import Command, api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.base.models.ir_qweb import QWebError

from ..batch import together_or_each
from .payment_reminder import OPEN_STATES
from .payment_reminder_party import ACCOUNT_KEY

_logger = logging.getLogger(__name__)

#: Errors that rendering a template may raise.
TEXT_ERRORS = (
    UserError,
    QWebError,
    AttributeError,
    LookupError,
    SyntaxError,
    TypeError,
    ValueError,
)
#: Room for the cause of an error in a sentence.
CAUSE_LENGTH = 200

#: Field of a contact that a channel needs; the other channels need none.
REACHED_BY = {"email": "email", "sms": "phone", "phone": "phone"}


def root_cause(error):
    """Return the cause of an error, short and without the template around it."""
    while error.__cause__ is not None:
        error = error.__cause__
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[-1][:CAUSE_LENGTH]


class PaymentReminder(models.Model):
    """Prepares what a reminder says and asks for; it is sent as it is stored."""

    _inherit = "payment.reminder"

    def _prepare(self):
        """Make recipient, amounts, payment request and texts of open reminders.

        A text that a person changed is kept; its table of invoices is made again. A
        reminder of which the text cannot be made becomes `failed`, with a task.

        :return: those that are ready
        :rtype: payment.reminder
        """
        ready = self.browse()
        open_ones = self.filtered(lambda r: r.state in OPEN_STATES)._without_tracking()
        for company, reminders in open_ones.grouped("company_id").items():
            reminders = reminders.with_company(company)
            reminders._prepare_amounts()
            ready |= reminders._prepare_contents()
        return self & ready

    def _prepare_contents(self):
        """Make recipient, payment request and texts, once the amounts are up to date.

        :return: those that are ready
        :rtype: payment.reminder
        """
        self._prepare_recipients()
        self._prepare_requests()
        return self._prepare_texts()

    def _prepare_recipients(self):
        """Write who receives the reminders and who answers for them."""
        # Keep a recipient chosen before, by the level or a user.
        found = self.filtered(lambda r: not r.contact_id.active)._find_contacts()
        for reminder in self:
            contact = found.get(reminder.id, reminder.contact_id)
            lang = reminder._find_lang(contact)
            if contact != reminder.contact_id or lang != reminder.lang:
                reminder.write({"contact_id": contact.id, "lang": lang})
        for user, reminders in self.grouped(lambda r: r._get_responsible()).items():
            reminders.filtered(lambda r, user=user: r.user_id != user).user_id = user

    # === Amounts and request ===

    @api.model
    def _get_open_credits(self, company, partner_ids):
        """Return the open credit notes and payments of customers, as the plan counts
        them.

        :param res.company company: that owes them
        :param list[int] partner_ids: commercial entities
        :return: amount, positive, by customer and currency
        :rtype: dict[tuple[int, int], float]
        """
        self.env["account.move.line"].flush_model()
        query = SQL(
            "SELECT partner_id, currency_id, amount FROM (%s) credit",
            self._open_credit_query(company, list(partner_ids)),
        )
        return {
            (partner_id, currency_id): float(amount)
            for partner_id, currency_id, amount in self.env.execute_query(query)
        }

    def _prepare_amounts(self):
        """Write what is open now of what the reminders name, net of credits, and when
        it is due.

        :return: those of which something was different before
        :rtype: payment.reminder
        """
        credits = self._find_credits()
        changed = self.browse()
        for reminder in self:
            today = reminder.company_id._get_payment_today()
            total = overdue = 0.0
            for line in reminder.line_ids:
                residual = line.amount_now
                due = line.move_line_id.date_maturity or line.move_line_id.date
                total += residual
                if due < today:
                    overdue += residual
                if due != line.date_maturity or reminder.currency_id.compare_amounts(
                    line.amount, residual
                ):
                    line.write({"amount": residual, "date_maturity": due})
                    changed |= reminder
            credit = min(credits[reminder], total)
            vals = {
                "amount_total": total,
                # Credits go to the oldest: no text may claim more than is due.
                "amount_overdue": max(overdue - credit, 0.0),
                "amount_credit": credit,
                "amount_asked": total - credit,
            }
            if any(
                reminder.currency_id.compare_amounts(reminder[name], value)
                for name, value in vals.items()
            ):
                reminder.write(vals)
                changed |= reminder
        return changed

    def _find_credits(self):
        """Return what the company, one for all, owes the customers: for an announcement
        what is left of it once it pays what is due, for an invoice address what counts
        for it.

        :return: amount by reminder
        :rtype: dict[payment.reminder, float]
        """
        open_credits = self._get_open_credits(self.company_id, self.partner_id.ids)
        credits = {
            reminder: open_credits.get(
                (reminder.partner_id.id, reminder.currency_id.id), 0.0
            )
            for reminder in self
        }
        apart = self.filtered(
            lambda r: credits[r] and (r.level_days < 0 or r._is_by_contact())
        )
        if apart:
            rows = self._read_plan(
                self._plan_query(
                    apart.company_id,
                    partner_ids=apart.partner_id.ids,
                    ignored_ids=apart._find_same_voice().ids,
                )
            )
            left = {
                (*(row[name] for name in ACCOUNT_KEY), row["is_due"]): row["credit"]
                for row in rows
            }
            for reminder in apart:
                key = (*reminder._get_account_key(), reminder.level_days >= 0)
                credits[reminder] = float(left.get(key, credits[reminder]))
        return credits

    def _share_credit(self, credit, amount_field):
        """Return what is asked of each line, rounded: credits go to the oldest.

        :param float credit: what the company owes the customer
        :param str amount_field: what is open of a line
        :rtype: dict[payment.reminder.line, float]
        """
        self.ensure_one()
        asked = {}
        for line in self._sort_lines():
            residual = max(line[amount_field], 0.0)
            used = min(credit, residual)
            credit -= used
            asked[line] = self.currency_id.round(residual - used)
        return asked

    def _get_request_lines(self, credit):
        """Return the lines of the payment request: what is asked, no more. Credits go
        to the oldest line first.

        :param float credit: what the company owes the customer
        :return: values of the lines; what credits cover wholly is not among them
        :rtype: list[dict]
        """
        lines = []
        for line, asked in self._share_credit(credit, "amount_now").items():
            residual = max(line.amount_now, 0.0)
            if residual and not asked:
                continue
            vals = {"move_id": line.move_id.id, "move_line_id": line.move_line_id.id}
            if asked < residual:
                vals["amount"] = asked
                vals["received_start"] = line.move_line_id._get_paid()
            lines.append(vals)
        return lines

    def _prepare_requests(self):
        """Make the payment requests of the reminders, or bring them up to date."""
        missing = self.filtered(lambda r: not r.request_id and r.amount_asked > 0)
        requests = (
            self.env["payment.request"]
            .sudo()
            .with_context(
                tracking_disable=True,
                mail_create_nolog=True,
                mail_create_nosubscribe=True,
            )
        )
        made = requests.create(
            [
                {
                    "company_id": reminder.company_id.id,
                    "partner_id": reminder._get_payer().id,
                    "currency_id": reminder.currency_id.id,
                    "user_id": reminder.user_id.id,
                    "line_ids": [
                        Command.create(vals)
                        for vals in reminder._get_request_lines(reminder.amount_credit)
                    ],
                }
                for reminder in missing
            ]
        )
        for reminder, request in zip(missing, made, strict=True):
            reminder.request_id = request
        for reminder in self - missing:
            if request := reminder.request_id.sudo():
                payer = reminder._get_payer()
                if request.partner_id != payer:
                    request.partner_id = payer
                reminder._refresh_request(reminder.amount_credit)

    def _get_payer(self):
        """Return who is asked to pay: the recipient if they belong to the customer, and
        not, say, to its accounting firm."""
        self.ensure_one()
        contact = self.contact_id
        same = contact.commercial_partner_id == self.partner_id
        return contact if same else self.partner_id

    def _refresh_request(self, credit):
        """Let the payment request ask for what the reminder names, as it is now.

        :param float credit: what the company owes the customer
        """
        self.ensure_one()
        request = self.request_id.sudo()
        wanted = self._get_request_lines(credit)
        asked = [
            {"move_id": line.move_id.id, "move_line_id": line.move_line_id.id}
            | (
                {"amount": line.amount, "received_start": line.received_start}
                if line.amount
                else {}
            )
            for line in request.line_ids
        ]
        if sorted(map(repr, asked)) != sorted(map(repr, wanted)):
            request.write({"line_ids": [Command.clear(), *map(Command.create, wanted)]})

    def _refresh_asked(self):
        """Bring what the payment request asks for up to date with today's credits: one
        that was allocated since is in the residuals, and counts no more."""
        self.ensure_one()
        self._refresh_request(self._find_credits()[self])

    # === Texts ===

    def _prepare_texts(self):
        """Write subject, body and SMS in the recipients' languages.

        :return: those that have their texts
        :rtype: payment.reminder
        """
        not_due = self._find_not_due()
        for reminder in self:
            coming = sum(
                line.amount_residual_currency
                for line in not_due[reminder.id]
                if not reminder._is_late(line)
            )
            if reminder.currency_id.compare_amounts(reminder.amount_coming, coming):
                reminder.amount_coming = coming
        ready = self.filtered("edited")
        texts = dict.fromkeys(ready.ids, {})
        by_text = (self - ready).grouped(lambda r: (r.level_id, r.lang))
        for (level, lang), reminders in by_text.items():
            rendered, errors = reminders._render_level(level, lang)
            texts |= rendered
            ready |= reminders.browse(rendered)
            for reminder_id, error in errors.items():
                self.browse(reminder_id)._mark_text_failed(error)
        today = self.company_id._get_payment_today()
        for reminder in self & ready:
            table = reminder._render_invoices(reminder.lang, not_due[reminder.id])
            reminder.write(
                {**texts[reminder.id], "invoice_table": table, "prepared_date": today}
            )
        return ready

    def _render_level(self, level, lang):
        """Render a level's texts, one by one if they cannot be rendered together.

        :return: texts by reminder, and the errors of those that have none
        :rtype: tuple[dict[int, dict], dict[int, Exception]]
        """
        texts, errors = {}, {}

        def render(reminders):
            rendered = level._render_texts(reminders, lang)
            if "phone" not in level._get_channels():
                # Too much to store for thousands of mails without a call.
                for values in rendered.values():
                    values["phone_script"] = False
            texts.update(rendered)

        def fail(reminder, error):
            errors[reminder.id] = error

        together_or_each(self.env, self, render, fail, TEXT_ERRORS)
        return texts, errors

    def _mark_text_failed(self, error):
        """Note that the text could not be rendered, and schedule a task.

        :param Exception error: what rendering raised
        """
        self.ensure_one()
        _logger.info("Reminder %s has no text: %s", self.id, root_cause(error))
        env = self.company_id._with_books_language(self).env
        self._mark_failed(
            env._(
                "The text of level “%(level)s” could not be made: %(cause)s",
                level=self.level_id.name or self.level_name,
                cause=root_cause(error),
            ),
            env._("Correct the text of a reminder"),
        )

    # === Table of invoices and button ===

    def _render_invoices(self, lang, not_due):
        """Return the table of what is named, the amount asked and the button to pay.

        :param str lang: of the recipient
        :param account.move.line not_due: shown for information
        :rtype: Markup
        """
        self.ensure_one()
        reminder = self.sudo().with_context(lang=lang)
        return self.env["ir.qweb"]._render(
            "account_payment_request.mail_reminder_invoices",
            reminder._get_invoices_values(not_due),
            minimal_qcontext=True,
            lang=lang,
        )

    def _find_contacts(self):
        """Return whom each reminder is for, by the rule of its level: whoever reads
        reminders there, else whoever gets the invoices, else the company itself. An
        invoice address that is reminded by itself hears of its own invoices only.

        Archived contacts are skipped, and those that no channel of the level reaches:
        then it is the company itself.

        :return: contact by reminder
        :rtype: dict[int, res.partner]
        """
        addresses = (
            self.env["res.partner"]
            .sudo()
            .search(
                [
                    (
                        "commercial_partner_id",
                        "in",
                        (self.partner_id | self.party_id.commercial_partner_id).ids,
                    ),
                    ("type", "in", ("followup", "invoice")),
                    ("company_id", "in", [False, *self.company_id.ids]),
                ],
                order="id",
            )
            .grouped(lambda partner: (partner.commercial_partner_id, partner.type))
        )
        nobody = self.env["res.partner"]
        contacts = {}
        for reminder in self:
            party, rule = reminder._get_party(), reminder.level_id.recipient
            # Whoever is on top of it.
            customer = party.commercial_partner_id
            channels = reminder.level_id and reminder.level_id._get_channels()
            ways = {REACHED_BY[name] for name in channels if name in REACHED_BY}
            wanted = []
            if reminder._is_by_contact():
                readers = addresses.get((customer, "followup"), nobody)
                if rule == "followup":
                    wanted += readers.filtered(lambda p, of=party: p.parent_id == of)
                if rule in ("followup", "invoice") and party.active:
                    wanted += party
            elif rule in ("followup", "invoice"):
                if rule == "followup":
                    wanted += addresses.get((customer, "followup"), nobody)
                invoiced = reminder.line_ids.move_id.partner_id
                # The address on the invoices, unless they went to several.
                if len(invoiced) == 1 and invoiced.active:
                    wanted += (invoiced - customer).filtered(
                        lambda p, of=customer: p.commercial_partner_id == of
                    )
                wanted += addresses.get((customer, "invoice"), nobody)
            company = reminder.company_id
            contacts[reminder.id] = next(
                (
                    partner
                    for partner in wanted
                    if partner.company_id in (nobody.company_id, company)
                    and (not ways or any(partner[name] for name in ways))
                ),
                customer,
            )
        return contacts

    def _find_lang(self, contact):
        """Return the language in which ``contact`` is written to.

        :param res.partner contact: of the customer
        :return: code of an installed language
        :rtype: str
        """
        self.ensure_one()
        installed = dict(self.env["res.lang"].get_installed())
        wanted = (
            contact.lang,
            self.partner_id.lang,
            self.company_id._get_payment_language(),
        )
        return next((lang for lang in wanted if lang in installed), self.env.lang)
