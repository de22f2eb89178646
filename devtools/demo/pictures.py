"""The pictures of the guide, in the order in which the story comes to them."""

from dataclasses import dataclass

from .bank import BANK_FEEDS, TO_RECONCILE
from .browser import DESKTOP, PHONE
from .story import ACTION, PAY

WIDE = {**DESKTOP, "width": 1360, "height": 860}
REMINDERS = f"{ACTION}action_payment_reminder"
REQUESTS = f"{ACTION}action_payment_request"
KANBAN = ".o_switch_view.o_kanban"
SETTINGS = "/odoo/settings#account"


@dataclass(frozen=True)
class Picture:
    """One screen, and what is done before it is taken.

    ``{name}`` in `screen` and `dialog` is a record that an act of the story found.

    :ivar screen: address in Odoo; empty: what the browser shows already
    :ivar act: method of `Studio` that comes first; a PDF that it returns is the picture
    :ivar dialog: model, method and record of a button that opens one
    :ivar tap: selector of what is tapped
    :ivar key: pressed at last
    :ivar to: selector of what is scrolled to
    :ivar who: logs in: camille, admin, customer
    :ivar device: screen of the browser
    :ivar height: another height of it
    :ivar wait: selector of what must be there
    """

    name: str
    screen: str = ""
    act: str = ""
    dialog: tuple[str, str, str] | None = None
    tap: str = ""
    key: str = ""
    to: str = ""
    who: str = "camille"
    device: dict | None = None
    height: int = 0
    wait: str = ""


PICTURES = (
    # The bank.
    Picture("bank_connect", act="go_to_bank", device=DESKTOP),
    Picture("bank_consent", act="come_to_consent", device=DESKTOP),
    Picture(
        "bank_connection",
        f"{ACTION}action_bridge_connection/{{connection}}",
        act="connect",
        height=780,
    ),
    Picture("to_reconcile", TO_RECONCILE, act="receive", height=780),
    Picture("reconcile_pick", TO_RECONCILE, key="p", height=780),
    Picture("bank_accounts", BANK_FEEDS, height=780),
    Picture("bank_lines", f"{ACTION}action_bank_lines"),
    Picture("bank_difference", BANK_FEEDS, act="differ", height=780),
    # The request of a customer.
    Picture("invoice_pdf", act="print_invoice"),
    Picture("pay_phone", "{pay}", device=PHONE, wait=PAY),
    Picture("pay_desktop", "{pay}", device=DESKTOP, height=800, wait=PAY),
    Picture("pay_in_progress_phone", act="pay_all", device=PHONE),
    Picture("invoice", "/odoo/customer-invoices/{invoice}"),
    Picture("payment_requests", REQUESTS),
    Picture("kanban", REQUESTS, tap=KANBAN),
    Picture("payment_request", REQUESTS + "/{request}", height=1240),
    Picture(
        "request_create",
        "/odoo/customer-invoices/{hotel}",
        dialog=("account.move", "action_create_payment_requests", "{hotel}"),
    ),
    Picture("payments_to_handle", f"{ACTION}action_payment_request_to_handle"),
    Picture("portal_invoice", "{portal}", device=DESKTOP, height=1000),
    # What is set up.
    Picture("settings", SETTINGS, to="#payment_request_bridge", who="admin"),
    Picture("settings_bank", SETTINGS, to="#bank_match_partial", who="admin"),
    Picture("settings_reminders", SETTINGS, to="#payment_reminder_money", who="admin"),
    Picture(
        "bridge_provider",
        "/odoo/action-payment.action_payment_provider/{provider}",
        who="admin",
        height=1000,
    ),
    Picture("bridge_notifications", f"{ACTION}action_bridge_event", who="admin"),
    Picture("scheduled_actions", "/odoo/action-base.ir_cron_act", who="admin"),
    Picture("reminder_policy", f"{REMINDERS}_policy/{{policy}}"),
    Picture(
        "reminder_level",
        f"{REMINDERS}_policy/{{policy}}",
        tap=".o_field_widget[name=level_ids] .o_data_row:nth-child(2) td[name=name]",
        height=1000,
    ),
    Picture(
        "reminder_preview",
        f"{REMINDERS}_policy/{{policy}}",
        dialog=("payment.reminder.level", "action_preview", "{level}"),
        height=1000,
    ),
    # Reminders, day by day.
    Picture("reminders_to_send", f"{REMINDERS}_to_send", act="prepare"),
    Picture("reminder_held", "/odoo/customer-invoices/{held}", act="remind"),
    Picture(
        "reminder_hold",
        "/odoo/customer-invoices/{held}",
        dialog=("account.move", "action_reminder_hold", "{held}"),
    ),
    Picture("reminder_customers", f"{ACTION}action_payment_customer_balance"),
    Picture("reminder_customer", f"{REMINDERS}_customer/{{hotel_id}}", height=1000),
    Picture("reminders_kanban", REMINDERS, tap=KANBAN),
    Picture("payer_profiles", f"{ACTION}action_payment_payer_profile"),
    Picture("reminder_mail_phone", "{mail}", device=PHONE),
    Picture("portal_reminder", "/my/reminders/{reminder}", who="customer", height=1000),
    Picture(
        "reminder_call",
        f"{REMINDERS}_to_call/{{call}}",
        act="call",
        dialog=("payment.reminder", "action_open_outcome", "{call}"),
    ),
    Picture("reminder_letters", f"{REMINDERS}_to_print", act="write"),
    Picture("reminder_letter_pdf", act="print_letter"),
)
