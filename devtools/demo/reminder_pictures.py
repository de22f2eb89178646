"""The README's pictures of reminders, from a running demo: see ``pictures``."""

import tempfile
from datetime import timedelta
from itertools import islice
from pathlib import Path

from . import clock
from .browser import PHONE, Browser
from .check import Check
from .photos import FOLDER, WIDE, compress, show
from .reminders import TO_SEND, WORKSHOP

ACTION = "/odoo/action-account_payment_request."
CUSTOMERS = f"{ACTION}action_payment_customer_balance"
LONDON = "Harbour & Finch Ltd"
LONDON_MAIL = "accounts@harbour-finch"
HOTEL = "Hôtel des Tilleuls"
# The generators of chapters yield what is done and what was seen: two steps.
TWO_STEPS = 4


def take_reminders(story: Check) -> None:
    """Let days go by and photograph what the accountant and a customer see.

    :param story: of a demo in which the accountant has logged in
    """
    for days in (12, 2):
        owe(story, LONDON, "Lampe de bureau « Aube »", 2 * days, days)
    with (
        tempfile.TemporaryDirectory() as folder,
        Browser(PHONE, "en") as story.phone,
        Browser(WIDE, "en") as story.office,
    ):
        story.pictures = Path(folder)
        office = story.office
        story.log_in(office, story.camille)
        chapter = story.reminders_day_by_day()
        list(islice(chapter, TWO_STEPS))
        show(office, story.url + TO_SEND, "reminders_to_send.png")
        list(chapter)
        list(islice(story.transfer_holds_reminder(), TWO_STEPS))
        held = story.existing(WORKSHOP)["id"]
        show(office, f"{story.url}/odoo/customer-invoices/{held}", "reminder_held.png")
        show(office, story.url + CUSTOMERS, "reminder_customers.png")
        mail = story.mail_of(story.left(LONDON), LONDON_MAIL)
        story.phone.open(f"{story.world.url}/inbox/{mail['id']}/html")
        story.phone.picture(FOLDER / "reminder_mail_phone.png")
        compress(FOLDER / "reminder_mail_phone.png", PHONE["width"])
    with Browser({**WIDE, "height": 1000}, "en") as office:
        story.log_in(office, story.camille)
        [hotel] = story.camille.find("res.partner", [("name", "=", HOTEL)], "id")
        action = f"{ACTION}action_payment_reminder_customer/{hotel['id']}"
        show(office, story.url + action, "reminder_customer.png")


def owe(story: Check, customer: str, product: str, quantity: int, days: int) -> None:
    """Let a customer owe an invoice that was due so many days ago."""
    due = clock.today(story.camille) - timedelta(days=days)
    story.invoice(
        *(customer, product, quantity),
        invoice_date=(due - timedelta(days=30)).isoformat(),
        invoice_date_due=due.isoformat(),
        invoice_payment_term_id=False,
    )
