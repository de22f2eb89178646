"""A database full of overdue invoices, with our addon, and a smaller one with the
OCA's `account_credit_control`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from odoo import Command, fields
from odoo.tools import SQL

from devtools import odoo as dev
from devtools.console import step
from devtools.paths import ADDON
from devtools.setup import oca, postgres

from .multiplied import multiply, post_seeds
from .world import close, environment, install

LINES, OCA_LINES = 100_000, 10_000
#: The days on which lines fall due, counted from today; one in ten is a year older.
DUE_DAYS = range(-1, -61, -1)
#: Customers to whom the company owes something, one in so many.
CREDITS_EACH = 20
#: Due lines that are held, and others that are excluded, one in so many each.
HELD_EACH = 100

_LAYOUT = "mail.mail_notification_light"
# The text of a level with its table of invoices, written as core's templates are.
_BODY = """
<p>Hello,</p>
<p>Unless we are mistaken,
  <t t-out="format_amount(object.amount_overdue, object.currency_id)"/> has reached its
  due date and has not arrived yet. It may simply have been overlooked: the details are
  below, with a secure link to pay in a moment.</p>
<table border="0" width="100%" style="border-collapse: collapse; width: 100%;">
  <tr><th align="left">Invoice</th><th align="right">Open amount</th></tr>
  <tr t-foreach="object.line_ids" t-as="line">
    <td align="left" style="border-bottom: 1px solid #dde2e9; padding: 10px 0;">
      <strong t-out="line.move_id.name"/>
      <div>Dated <t t-out="format_date(line.move_id.invoice_date)"/></div>
      <div>Due on <t t-out="format_date(line.date_maturity)"/></div>
    </td>
    <td align="right" style="border-bottom: 1px solid #dde2e9; padding: 10px 0;"
        t-out="format_amount(line.amount, object.currency_id)"/>
  </tr>
  <tr><td align="left"><strong>Total to pay</strong></td><td align="right">
    <strong t-out="format_amount(object.amount_asked, object.currency_id)"/></td></tr>
</table>
<a t-att-href="object.get_base_url()">Pay now</a>
<p>If your payment has crossed this message, please disregard it, and accept our
  thanks.</p>
<p>Kind regards,<br/><t t-out="object.user_id.name"/><br/>
  <t t-out="object.company_id.name"/></p>
"""


@dataclass(frozen=True)
class Databases:
    """The names of the two databases."""

    ours: str
    oca: str


@contextmanager
def reminder_world(prefix: str, template: str) -> Iterator[Databases]:
    """Make the databases, and drop them at the end."""
    names = Databases(f"{prefix}_reminders", f"{prefix}_credit_control")
    try:
        with step(f"{LINES} overdue invoices, with the addon"):
            _make(names.ours, template, ADDON, LINES, _prepare_ours)
        with step(f"{OCA_LINES} overdue invoices, with {oca.CREDIT_CONTROL}"):
            _make(names.oca, template, oca.CREDIT_CONTROL, OCA_LINES, _prepare_oca)
        yield names
    finally:
        for name in (names.ours, names.oca):
            close(name)
            dev.drop(name)


def _make(name: str, template: str, module: str, lines: int, prepare) -> None:
    dev.drop(name)
    dev.create_database(name, template)
    install(name, module)
    with environment(name) as env:
        env = env(su=True)
        company = env.company
        company.write(
            {
                "name": "Bench SAS",
                "country_id": env.ref("base.fr").id,
                "email": "billing@example.com",
                "phone": "+33 1 23 45 67 89",
            }
        )
        env.ref("base.EUR").active = True
        env["account.chart.template"].try_loading("fr", company)
        post_seeds(env, DUE_DAYS)
        env.flush_all()
        multiply(env, lines)
        _give_addresses(env)
        env.invalidate_all()
        _owe_something(env)
        prepare(env)
        env.cr.commit()
    close(name)
    postgres.query("VACUUM ANALYZE", database=name)


def _give_addresses(env) -> None:
    env.cr.execute(
        """
        UPDATE res_partner
           SET email = 'customer' || id || '@example.com',
               email_normalized = 'customer' || id || '@example.com'
         WHERE id IN (SELECT partner_id FROM account_move)
        """
    )


def _owe_something(env) -> None:
    """Post an entry that leaves some customers with an open credit."""
    receivable = env["account.move.line"].search(
        [("display_type", "=", "payment_term")], limit=1
    )
    moves = env["account.move"].search(
        [("move_type", "=", "out_invoice"), ("state", "=", "posted")]
    )
    customers = moves.commercial_partner_id.sorted("id")[::CREDITS_EACH]
    income = env["account.account"].search([("account_type", "=", "income")], limit=1)
    entry = env["account.move"].create(
        {
            "move_type": "entry",
            "line_ids": [
                *(
                    Command.create(
                        {
                            "account_id": receivable.account_id.id,
                            "partner_id": customer.id,
                            "credit": 10.0,
                        }
                    )
                    for customer in customers
                ),
                Command.create(
                    {
                        "account_id": income.id,
                        "debit": 10.0 * len(customers),
                        "tax_ids": False,
                    }
                ),
            ],
        }
    )
    entry.action_post()


def _prepare_ours(env) -> None:
    """Switch reminders on at all hours, hold some lines, write core's template."""
    env.company.write(
        {
            "payment_reminder_enabled": True,
            "payment_reminder_bank_hours": 0,
            "payment_reminder_bank_days": 0,
            "payment_reminder_unfed": "remind",
        }
    )
    env.company._begin_reminders("planned")
    env["payment.reminder.level"].search([]).write(
        {
            **{"business_days": False, "hour_from": 0.0, "hour_to": 24.0},
            # Nothing is rendered for them: core's template has none either.
            "attach_statement": False,
        }
    )
    env.flush_all()
    env.cr.execute(
        """
        UPDATE account_move
           SET is_move_sent = TRUE, reminder_issued_at = invoice_date
         WHERE move_type = 'out_invoice'
        """
    )
    env.cr.execute(
        SQL(
            """
            UPDATE account_move_line
               SET reminder_hold_until = CASE WHEN id %% %(each)s < 2
                                              THEN %(until)s::date END,
                   no_followup = id %% %(each)s > 1
             WHERE display_type = 'payment_term'
               -- Each invoice has two entries, an even and an odd one.
               AND id %% %(each)s IN (0, 1, 2, 3)
            """,
            each=2 * HELD_EACH,
            until=fields.Date.today() + timedelta(30),
        )
    )
    env["mail.template"].create(
        {
            "name": "Bench",
            "model_id": env["ir.model"]._get_id("payment.reminder"),
            "subject": "{{ object.company_id.name }}: a short reminder, "
            "{{ object.invoice_names }}",
            "body_html": _BODY,
            "partner_to": "{{ object.partner_id.id }}",
            "use_default_to": False,
            "lang": "{{ object.partner_id.lang }}",
            "email_layout_xmlid": _LAYOUT,
        }
    )


def _prepare_oca(env) -> None:
    """Let the OCA's ready-made policy be the company's."""
    policy = env.ref(f"{oca.CREDIT_CONTROL}.credit_control_3_time")
    accounts = env["account.account"].search(
        [("account_type", "=", "asset_receivable")]
    )
    policy.write({"account_ids": [Command.set(accounts.ids)]})
    env.company.credit_policy_id = policy
