"""Take the README's pictures from a running demo.

    python -m devtools.demo.pictures --odoo URL --simulator URL --database NAME

The demo should be fresh (``./dev demo --reset``): the story it shows is made here.
"""

import argparse
import sys

from .bank import BANK_FEEDS, TO_RECONCILE
from .browser import DESKTOP, PHONE, Browser
from .check import Check
from .photos import FOLDER, WIDE, compress, show
from .reminder_pictures import take_reminders
from .rpc import Odoo
from .story import PAY, eventually

BRITISH_BANK = 9203


def take_bank(story: Check) -> None:
    """Connect the bank, let receipts come in of which some leave a question."""
    with Browser({**WIDE, "height": 780}, "en") as story.office:
        office = story.office
        story.log_in(office, story.camille)
        for _step in (*story.connect_the_bank(), *story.connect_another_bank()):
            pass
        connections = story.camille.find("bridge.connection", [], "id")
        action = "action-account_payment_request.action_bridge_connection"
        show(
            *(office, f"{story.url}/odoo/{action}/{connections[-1]['id']}"),
            "bank_connection.png",
        )
        for _step in story.typed_transfers():
            pass
        hotel = story.existing("Hôtel des Tilleuls")
        munich = story.existing("Müller Raumdesign GmbH")
        dentist = story.existing("Cabinet dentaire Aubrac")
        sophie = story.existing("Sophie Lambert")
        transfers = (
            (hotel["amount_residual"], "solde facture lampes", "HOTEL DES TILLEULS"),
            (munich["amount_residual"], "Rechnung", "MUELLER RAUMDESIGN GMBH"),
            (dentist["amount_residual"] - 50, dentist["name"], "SCI DES QUAIS"),
            (sophie["amount_residual"] + 20, f"facture {sophie['name']}", "P LAMBERT"),
        )
        for amount, label, payer in transfers:
            story.transfer(round(amount, 2), label, payer)

        def examined():
            return len(story.lines([("match_suggestion_ids", "!=", False)])) >= 4

        eventually(examined, "the receipts", 90)
        show(office, story.url + TO_RECONCILE, "to_reconcile.png")
        show(office, story.url + BANK_FEEDS, "bank_accounts.png")


def take(story: Check) -> None:
    """Make the story's states and photograph them."""
    story.camille = Odoo(story.url, story.database, "camille", "camille")
    admin = Odoo(story.url, story.database, "admin", "admin")
    # Readers of the README read English: so does the company, for the pictures.
    company = admin.read("res.company", admin.company, "partner_id")
    partner = company["partner_id"][0]
    admin.call("res.partner", "write", [partner], {"lang": "en_US"})
    take_bank(story)
    london = story.existing("Harbour & Finch Ltd")
    FOLDER.mkdir(parents=True, exist_ok=True)
    mail = story.send(london, "accounts@harbour-finch")
    story.scan(story.world.file(mail["id"], 0))
    compress(FOLDER / "invoice_pdf.png", 900, margin=40)
    with Browser(PHONE, "en") as story.phone:
        story.phone.open(london["payment_request_url"])
        story.phone.wait_for(PAY, "the button to pay")
        story.phone.picture(FOLDER / "pay_phone.png")
        compress(FOLDER / "pay_phone.png", PHONE["width"])
        story.pay(story.existing("Karim Benali"), "id-pdng-rjct")
        story.pay(story.existing("Cabinet dentaire Aubrac"), "id-acsc")
    with Browser({**DESKTOP, "height": 800}, "en") as desktop:
        desktop.open(london["payment_request_url"])
        desktop.wait_for(PAY, "the button to pay")
        desktop.picture(FOLDER / "pay_desktop.png")
        compress(FOLDER / "pay_desktop.png", DESKTOP["width"])
    with Browser(PHONE, "en") as story.phone:
        story.pay(london, "id-pdng", bank=BRITISH_BANK)
    karim = story.existing("Karim Benali")
    story.world.do("settle", link=story.link_of(story.transaction(karim)))
    with Browser(WIDE, "en") as office:
        story.log_in(office, story.camille)
        action = "action-account_payment_request.action_payment_request"
        listing = f"{story.url}/odoo/{action}"
        show(
            office, f"{story.url}/odoo/customer-invoices/{london['id']}", "invoice.png"
        )
        show(office, listing, "payment_requests.png")
        show(office, listing, "kanban.png", tap=".o_switch_view.o_kanban")
        story.log_in(office, admin)
        show(
            *(office, f"{story.url}/odoo/settings#account", "settings.png"),
            to="#payment_request_bridge",
        )
    with Browser({**WIDE, "height": 1240}, "en") as office:
        story.log_in(office, story.camille)
        request = f"{listing}/{london['payment_request_id'][0]}"
        show(office, request, "payment_request.png")
    take_reminders(story)


def main() -> int:
    """Take all pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--odoo", required=True, help="address of Odoo")
    parser.add_argument("--simulator", required=True, help="address of the simulator")
    parser.add_argument("--database", required=True)
    options = parser.parse_args()
    options.pictures = str(FOLDER)
    take(Check(options))
    return 0


if __name__ == "__main__":
    sys.exit(main())
