"""What happens inside of Odoo: deeds of people, and a look at what left.

Each takes an environment of the superuser and plain values, and returns plain values.
"""

from datetime import timedelta

from odoo import Command, fields

from ..histories import deeds as histories

# Those of the histories, which also a world needs.
from ..histories.deeds import (  # noqa: F401
    come_back_from_bank,
    connect_bank,
    rehearse,
)

PREFIX = "account_payment_request.ir_cron_"
MONEY = tuple(histories.JOBS.values())
REMINDERS = (
    f"{PREFIX}payment_reminder",
    "mail.ir_cron_mail_scheduler_action",
    "sms.ir_cron_sms_scheduler_action",
)
SENT = ("queued", "sent", "delivered")


def set_up(env):
    """Make the company, then switch reminders on."""
    histories.set_up(env)
    env["res.lang"]._activate_lang("fr_FR")
    names = ("base", "account", "mail", "account_payment_request")
    modules = env["ir.module.module"].search([("name", "in", names)])
    modules._update_translations(["fr_FR"])
    env.ref("base.USD").active = True
    user = env["res.users"].search([("login", "=", histories.LOGIN)])
    user.name = "Service comptable"
    env.ref("base.main_company").write(
        {
            "street": "1 rue de la Paix",
            "zip": "75002",
            "city": "Paris",
            "phone": "+33 1 70 00 00 00",
            "vat": "FR23334175221",
            "payment_request_user_id": user.id,
        }
    )
    company = env.ref("base.main_company")
    company.payment_reminder_enabled = True
    company.payment_reminder_start = "planned"
    env["ir.cron"].browse(env.ref(xmlid).id for xmlid in REMINDERS).active = True


def point_at(env, bridge_url, base_url):
    """Say where the outside world is; see the histories'."""
    parameters = env["ir.config_parameter"]
    for name in ("iap.endpoint", "sms.endpoint"):
        parameters.set_param(name, bridge_url)
    return histories.point_at(env, bridge_url, base_url)


def work(env, jobs):
    """Run the jobs of a kind, "money" or "reminders", until all is done."""
    return histories.scheduler(env, MONEY if jobs == "money" else REMINDERS)


# === People ===


def make_customer(env, name, email, phone, lang, policy, grouping):
    """Return the ids of a new customer, and of its agencies or the company below."""
    person = {
        **{"phone": phone or "+33612009999", "lang": lang, "is_company": True},
        **{"street": "2 rue du Port", "zip": "44000", "city": "Nantes"},
        "country_id": env.ref("base.fr").id,
    }
    customer = env["res.partner"].create(
        {
            **person,
            **{"name": name, "email": email, "phone": phone},
            "payment_reminder_policy_id": _get_policy(env, policy, grouping).id,
        }
    )
    parts = {"contact": ("Agence Lyon", "Agence Nantes"), "group": ("Filiale",)}
    below = env["res.partner"].create(
        [
            {
                **person,
                "name": f"{name} {part}",
                "email": f"{part.split()[-1]}.{customer.id}@world.example".lower(),
                "parent_id": customer.id,
                "type": "invoice" if grouping == "contact" else "contact",
                "is_company": grouping == "group",
            }
            for part in parts.get(grouping, ())
        ]
    )
    return [customer.id, *below.ids]


def _get_policy(env, name, grouping):
    """Return a ready-made policy, or a copy of it with another grouping."""
    policy = env.ref(f"account_payment_request.payment_reminder_policy_{name}")
    if grouping == "customer":
        return policy
    name = f"{policy.name} ({grouping})"
    known = policy.search([("name", "=", name)], limit=1)
    return known or policy.copy({"name": name, "grouping": grouping})


def invoice(env, partner, amount, due, installments=False, currency="EUR"):
    """Post an invoice that is due in so many days; return its id."""
    env = histories._as_accountant(env)
    today = env.company._get_payment_today()
    line = {"name": "Service", "price_unit": amount, "tax_ids": [Command.clear()]}
    values = {
        "move_type": "out_invoice",
        "partner_id": partner,
        "invoice_date": today + timedelta(min(due - 30, 0)),
        "currency_id": env.ref(f"base.{currency}").id,
        "invoice_line_ids": [Command.create(line)],
    }
    if installments:
        term = env.ref("account.account_payment_term_advance_60days")
        values["invoice_payment_term_id"] = term.id
    else:
        values["invoice_payment_term_id"] = False
        values["invoice_date_due"] = today + timedelta(due)
    move = env["account.move"].create(values)
    move.action_post()
    move.action_mark_as_sent()
    return move.id


def credit(env, invoice, share):
    """Post a credit note over a part of an invoice; it stays open."""
    move = histories._invoice(env, invoice)
    line = {
        "name": "Credit",
        "price_unit": round(move.amount_total * share, 2),
        "tax_ids": [Command.clear()],
    }
    note = move.create(
        {
            "move_type": "out_refund",
            "partner_id": move.partner_id.id,
            "invoice_date": move.company_id._get_payment_today(),
            "currency_id": move.currency_id.id,
            "invoice_line_ids": [Command.create(line)],
        }
    )
    note.action_post()


def pay_part(env, invoice, share):
    """Register a part of what is open as paid."""
    move = histories._invoice(env, invoice)
    _pay(move, round(move.amount_residual * share, 2))


def leave_cents(env, invoice, left):
    """Register all but some cents as paid."""
    move = histories._invoice(env, invoice)
    _pay(move, round(move.amount_residual - left, 2))


def _pay(move, amount):
    if move.state != "posted" or amount <= 0:
        return
    wizard = move.env["account.payment.register"].with_context(
        active_model="account.move", active_ids=move.ids
    )
    wizard.create({"amount": amount, "group_payment": True}).action_create_payments()


def correct(env, invoice, due):
    """Put an invoice back to draft, have it due on another day, and post it again."""
    move = histories._invoice(env, invoice)
    if move.state == "posted" and move.payment_state == "not_paid":
        move.button_draft()
        today = move.company_id._get_payment_today()
        move.invoice_date_due = max(today + timedelta(due), move.invoice_date)
        move.action_post()


def hold(env, invoice, days):
    """Hold the reminders of an invoice."""
    move = histories._invoice(env, invoice)
    until = move.company_id._get_payment_today() + timedelta(days)
    move._get_reminder_lines().sudo()._hold_reminders(until, "Disputed")


def release(env, invoice):
    """Let reminders of an invoice leave again."""
    histories._invoice(env, invoice).action_reminder_release()


def correct_address(env, partner, email):
    """Give a customer the right address."""
    env["res.partner"].browse(partner).email = email


def describe_invoice(env, invoice):
    """Return what a payer needs to know of an invoice."""
    move = histories._invoice(env, invoice)
    request = move.payment_request_id
    return {
        "name": move.name,
        "open": move.amount_residual if move.state == "posted" else 0.0,
        "currency": move.currency_id.name,
        "reference": request.reference,
        "url": request.url,
    }


# === The accountant at what waits for a person ===


def waiting(env):
    """Return what waits for a person, by state."""
    found = env["payment.reminder"].search(
        [("state", "in", ("to_confirm", "to_post", "to_call"))], order="id"
    )
    return [[r.id, r.partner_id.id, r.state] for r in found]


def handle(env, reminder, way, answer="done"):
    """Do with a reminder what a person does: send, drop, post or call; return what it
    is then."""
    reminder = histories._as_accountant(env)["payment.reminder"].browse(reminder)
    if way == "post":
        reminder.action_print_letters()
        # What the browser goes on with.
        reminder.sudo()._do_slice("_print_letters")
        reminder.action_posted()
    elif way == "call":
        day = reminder.company_id._get_payment_today() + timedelta(5)
        promised = day if answer == "promised" else None
        reminder.action_phone_outcome(answer, date=promised)
    else:
        getattr(reminder, f"action_{way}")()
    return {"text": f"{reminder.display_name} ({reminder.state})"}


# === Looking ===


def today(env):
    """Return the company's day."""
    return str(env.ref("base.main_company")._get_payment_today())


def ledger(env, partners, grouping):
    """Return what is open, by whom one talks with, whose id is text.

    :param dict grouping: how some customers are reminded, by their ids as text: with
        the head of their group, or (null) by address
    """
    lines = env["account.move.line"].search(
        [
            ("partner_id", "in", partners),
            ("account_type", "=", "asset_receivable"),
            ("parent_state", "=", "posted"),
            ("reconciled", "=", False),
        ],
        order="date_maturity, id",
    )
    day = env.ref("base.main_company")._get_payment_today()
    found = {}
    for line in lines:
        move, request = line.move_id, line.move_id.payment_request_id
        held, customer = line.reminder_hold_until, line.partner_id
        parties = [grouping.get(str(customer.id), customer.id)]
        if parties == [None]:
            parties = [move.partner_id.id]
            if line.amount_residual < 0 and move.partner_id == customer:
                # Money of the customer as a whole is not asked of any address.
                parties = [customer.id, *customer.child_ids.ids]
        for party in parties:
            found.setdefault(str(party), []).append(
                {
                    "id": line.id,
                    "partner": customer.id,
                    "name": move.name,
                    "due": str(line.date_maturity or line.date),
                    "open": line.amount_residual_currency,
                    "currency": line.currency_id.name,
                    "held": bool(held and held >= day),
                    "moving": request.amount_in_progress,
                }
            )
    return found


def left(env, since):
    """Return what left after a moment (naive UTC, as text), to any channel."""
    found = env["payment.reminder"].search(
        [("state", "in", SENT), ("sent_at", ">", since)], order="sent_at, id"
    )
    return [_show(reminder) for reminder in found]


def _show(reminder):
    zoned = reminder.with_context(tz=reminder.company_id._get_payment_timezone())
    sent = fields.Datetime.context_timestamp(zoned, reminder.sent_at).date()
    return {
        "id": reminder.id,
        "partner": reminder.partner_id.id,
        "party": (reminder.party_id or reminder.partner_id).id,
        "to": reminder.contact_id.id,
        "planned_on": str(reminder.date),
        "currency": reminder.currency_id.name,
        "channel": reminder.channel,
        "state": reminder.state,
        "manual": reminder.manual,
        "level": reminder.level_id.id,
        "level_name": reminder.level_name,
        "days": reminder.level_days,
        "notice": reminder.level_id.formal_notice,
        "sent_on": str(sent),
        "named": [[line.move_line_id.id, line.amount] for line in reminder.line_ids],
        "asked": reminder.amount_asked,
        "overdue": reminder.amount_overdue,
        "coming": reminder.amount_coming,
        "credit": reminder.amount_credit,
        "days_late": reminder.days_late,
        "earlier": reminder.earlier_dates,
        "lang": reminder.lang,
        "url": reminder.request_id.url,
        "to_pay": reminder.request_id.amount_to_pay,
        "subject": reminder.subject,
        "body": reminder.body,
        "table": reminder.invoice_table,
        "closing": reminder.closing,
        "sms": reminder.sms_body,
        "script": reminder.phone_script,
    }


def now(env):
    """Return the moment (naive UTC) in Odoo, as text."""
    return fields.Datetime.to_string(env.cr.now())


def states(env, reminders):
    """Return the state of reminders, by their ids as text."""
    found = env["payment.reminder"].browse(reminders)
    return {str(reminder.id): reminder.state for reminder in found}
