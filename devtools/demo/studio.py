"""``./dev demo --pictures``: takes what ``pictures`` lists, on the way of a story.

Each is scaled down and has few colours: they are part of the repository.
"""

import json
import tempfile
from datetime import timedelta
from itertools import islice
from pathlib import Path

import requests

from ..console import say
from . import clock
from .browser import PHONE, Browser
from .check import ERRORS, Check
from .database import LANGUAGES
from .pictures import PICTURES, WIDE, Picture
from .rpc import Odoo
from .story import DEMO_BANK, eventually

COLOURS = 128
# What a page shows once it has nothing more to fetch.
LOADED = (
    "(!document.querySelector('.o_web_client') ||"
    " !!document.querySelector('.o_action_manager .o_action')) &&"
    " !document.querySelector('.o_blockUI, .o_loading_indicator, .o_notification') &&"
    " [...document.images].every(image => image.complete)"
)
# Dialogs, avatars, charts and the chatter come after the view itself.
PAUSE = "new Promise(done => setTimeout(done, 1500))"
BUTTON = "odoo.__WOWL_DEBUG__.root.env.services.action.doActionButton"
# Whom the pictures are about, how they are reached, and their bank.
CUSTOMERS = {
    "en": ("Harbour & Finch Ltd", "accounts@harbour-finch", 9203),
    "fr": ("Librairie La Page Blanche", "contact@pageblanche", DEMO_BANK),
}
HOTEL = "Hôtel des Tilleuls"
KEY_ACCOUNT = "Ferrand Construction"
LAMP = "Lampe de bureau « Aube »"


class Studio(Check):
    """The story, with a photographer."""

    def __init__(self, options):
        super().__init__(options)
        self.language = options.lang
        self.customer, self.address, self.bank = CUSTOMERS[options.lang]
        self.folder = self.pictures
        self.places: dict[str, object] = {}
        self.chapters: dict = {}
        self.users: dict[str, Odoo] = {}

    def run(self) -> int:
        """Take all pictures; return how many could not be taken."""
        for name in ("camille", "admin"):
            self.users[name] = Odoo(self.url, self.database, name, name)
        self.camille, self.admin = self.users.values()
        self.find_places()
        with (
            tempfile.TemporaryDirectory() as folder,
            Browser(PHONE, self.language) as self.phone,
            Browser(WIDE, self.language) as self.office,
        ):
            # The chapters' own ones are not wanted.
            self.pictures = Path(folder)
            self.log_in(self.office, self.camille)
            return sum(not self.try_to_take(picture) for picture in PICTURES)

    def try_to_take(self, picture: Picture) -> bool:
        """Take a picture, or say why not."""
        try:
            self.take(picture)
        except ERRORS as error:
            say(f"  FAILED {picture.name}\n    {error}")
            return False
        return True

    def take(self, picture: Picture) -> None:
        """Do what comes before a picture, then take it."""
        pdf = picture.act and getattr(self, picture.act)()
        path = self.folder / f"{picture.name}.png"
        device = picture.device or WIDE
        if isinstance(pdf, bytes):
            self.print_page(pdf, path)
            compress(path, 900, margin=40)
            return
        browser = self.phone if device is PHONE else self.office
        tall = {"height": picture.height} if picture.height else {}
        browser.call("Emulation.setDeviceMetricsOverride", **{**device, **tall})
        if browser is self.office:
            self.log_in(browser, self.users[picture.who])
        if picture.screen:
            screen = picture.screen.format(**self.places)
            browser.open(screen if "://" in screen else self.url + screen)
        browser.wait(LOADED, f"{picture.name} to load")
        if picture.dialog:
            model, method, record = picture.dialog
            ids = [int(record.format(**self.places))]
            button = {"type": "object", "name": method, "resModel": model}
            button |= {"resId": ids[0], "resIds": ids, "context": {}}
            browser.evaluate(f"void {BUTTON}({json.dumps(button)})")
            browser.wait_for(".modal .o_form_view", f"the dialog of {picture.name}")
        if picture.tap:
            browser.tap(picture.tap)
            browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=5, y=800)
        if picture.key:
            browser.press(picture.key)
        for selector in filter(None, (picture.wait, picture.to)):
            browser.wait_for(selector, selector)
        if picture.to:
            found = f"document.querySelector('{picture.to}')"
            browser.evaluate(f"{found}.scrollIntoView({{block: 'center'}})")
        browser.evaluate(PAUSE)
        browser.wait(LOADED, f"{picture.name} to load")
        browser.picture(path)
        compress(path, device["width"])

    # -- acts ------------------------------------------------------------------

    def find_places(self) -> None:
        """Find records that are there from the beginning."""
        [policy] = self.camille.find(
            *("payment.reminder.policy", [("level_ids", "!=", False)], "level_ids")
        )[:1]
        providers = self.admin.find("payment.provider", [("code", "=", "bridge")], "id")
        self.places |= {"policy": policy["id"], "level": policy["level_ids"][1]}
        self.places["provider"] = providers[-1]["id"]
        # Readers of English pictures read English: so does the company, for them.
        company = self.admin.read("res.company", self.admin.company, "partner_id")
        change = {"lang": LANGUAGES[self.language]}
        self.admin.call("res.partner", "write", [company["partner_id"][0]], change)

    def tell(self, chapter: str, steps: int | None = None) -> None:
        """Go on with a chapter, by some steps or to its end."""
        told = self.chapters.setdefault(chapter, getattr(self, chapter)())
        # A step yields what is done and what was seen.
        list(islice(told, steps and 2 * steps))

    def go_to_bank(self) -> None:
        """Let the accountant come to the list of banks."""
        self.tell("connect_the_bank", 1)

    def come_to_consent(self) -> None:
        """Let her identify herself at the bank."""
        self.tell("connect_the_bank", 1)

    def connect(self) -> None:
        """Let her agree, and connect another bank."""
        self.tell("connect_the_bank")
        self.tell("connect_another_bank")
        connections = self.camille.find("bridge.connection", [], "id")
        self.places["connection"] = connections[-1]["id"]

    def receive(self) -> None:
        """Let receipts come in of which some leave a question."""
        self.tell("typed_transfers")
        hotel = self.existing(HOTEL)
        munich = self.existing("Müller Raumdesign GmbH")
        dentist = self.existing("Cabinet dentaire Aubrac")
        sophie = self.existing("Sophie Lambert")
        self.places["hotel"] = hotel["id"]
        for amount, label, payer in (
            (hotel["amount_residual"], "solde facture lampes", "HOTEL DES TILLEULS"),
            (munich["amount_residual"], "Rechnung", "MUELLER RAUMDESIGN GMBH"),
            (dentist["amount_residual"] - 50, dentist["name"], "SCI DES QUAIS"),
            (sophie["amount_residual"] + 20, f"facture {sophie['name']}", "P LAMBERT"),
        ):
            self.transfer(round(amount, 2), label, payer)

        def examined():
            return len(self.lines([("match_suggestion_ids", "!=", False)])) >= 4

        eventually(examined, "the receipts", 90)

    def differ(self) -> None:
        """Let somebody book by hand what the bank does not know."""
        fields = ("journal_id", "balance_difference")
        [account] = self.camille.find("bridge.account", [], *fields)[:1]
        line = {"journal_id": account["journal_id"][0], "amount": -45}
        line |= {"payment_ref": "Frais", "date": clock.today(self.camille).isoformat()}
        self.camille.call("account.bank.statement.line", "create", [line])
        self.camille.call("bridge.account", "action_fetch", [account["id"]])
        eventually(
            lambda: self.camille.read("bridge.account", account["id"], *fields)[
                "balance_difference"
            ],
            "the difference",
            90,
        )

    def print_invoice(self) -> bytes:
        """Send the customer an invoice; return what was printed."""
        invoice = self.owe(self.customer, LAMP, 12, -30)
        mail = self.send(invoice, self.address)
        self.places |= {"invoice": invoice["id"], "pay": invoice["payment_request_url"]}
        self.places["request"] = invoice["payment_request_id"][0]
        portal = self.camille.call("account.move", "get_portal_url", [invoice["id"]])
        self.places["portal"] = portal
        names = [item["name"] for item in mail["attachments"]]
        [pdf] = [n for n, name in enumerate(names) if name.endswith(".pdf")][:1]
        return self.world.file(mail["id"], pdf)

    def pay_all(self) -> None:
        """Let customers pay: one is refused, the last one waits for the bank."""
        karim = self.existing("Karim Benali")
        self.pay(karim, "id-pdng-rjct")
        self.pay(self.existing("Cabinet dentaire Aubrac"), "id-acsc")
        self.world.do("settle", link=self.link_of(self.transaction(karim)))
        invoice = self.see(self.places["invoice"])
        self.pay(invoice, "id-pdng", bank=self.bank)

    def prepare(self) -> None:
        """Let the accountant look at what would be sent today."""
        for days in (12, 2):
            self.owe(self.customer, LAMP, 2 * days, days)
        self.tell("reminders_day_by_day", 2)

    def remind(self) -> None:
        """Let reminders leave, and a transfer hold the next one of a customer."""
        self.tell("reminders_day_by_day")
        self.tell("transfer_holds_reminder", 2)
        self.places["held"] = self.existing("Atelier Corbin")["id"]
        self.places["hotel_id"] = self._one("res.partner", HOTEL)
        reminder = self.left(self.customer)
        mail = self.mail_of(reminder, self.address)
        self.places["mail"] = f"{self.world.url}/inbox/{mail['id']}/html"
        self.places["reminder"] = reminder["id"]
        self.customer_logs_in()

    def customer_logs_in(self) -> None:
        """Give the customer an account of the portal."""
        named = [("module", "=", "base"), ("name", "=", "group_portal")]
        [group] = self.admin.find("ir.model.data", named, "res_id")
        password = login = "customer"
        values = {"login": login, "password": password, "group_ids": [group["res_id"]]}
        values["partner_id"] = self._one("res.partner", self.customer)
        self.admin.call(
            "res.users", "create", [values], context={"no_reset_password": True}
        )
        self.users[login] = Odoo(self.url, self.database, login, password)

    def call(self) -> None:
        """Let a call be due."""
        [reminder] = self.reminders([("state", "=", "to_call")])[:1]
        self.places["call"] = reminder["id"]

    def write(self) -> None:
        """Let a formal notice be due: those of a policy come after weeks."""
        domain = [("channel", "=", "letter"), ("policy_id", "=", self.places["policy"])]
        [level] = self.camille.find("payment.reminder.level", domain, "name")[:1]
        [policy] = self.camille.call(
            "payment.reminder.policy", "create", [{"name": level["name"]}]
        )
        change = {"policy_id": policy, "automatic": True}
        self.camille.call("payment.reminder.level", "copy", [level["id"]], change)
        hotel = self.places["hotel_id"]
        change = {"payment_reminder_policy_id": policy}
        self.camille.call("res.partner", "write", [hotel], change)
        self.camille.call("res.partner", "action_remind", [hotel])
        [letter] = self.reminders([("state", "=", "to_post")])[:1]
        self.places["letter"] = letter["id"]

    def print_letter(self) -> bytes:
        """Return the letter as it is printed."""
        report = "account_payment_request.report_payment_reminder"
        answer = requests.get(
            f"{self.url}/report/pdf/{report}/{self.places['letter']}",
            cookies={"session_id": self.camille.session_id},
            timeout=120,
        )
        answer.raise_for_status()
        return answer.content

    def owe(self, customer: str, product: str, quantity: int, days: int) -> dict:
        """Let a customer owe an invoice that was due so many days ago."""
        due = clock.today(self.camille) - timedelta(days=days)
        return self.invoice(
            *(customer, product, quantity),
            invoice_date=(due - timedelta(days=30)).isoformat(),
            invoice_date_due=due.isoformat(),
            invoice_payment_term_id=False,
        )


def compress(path: Path, width: int, margin: int | None = None) -> None:
    """Scale a picture down to ``width`` and reduce its colours.

    :param margin: how much white is left around what is printed, None for all
    """
    from PIL import Image, ImageOps  # in the development environment only

    picture = Image.open(path).convert("RGB")
    if margin is not None:
        left, top, right, bottom = ImageOps.invert(picture.convert("L")).getbbox()
        box = (left - margin, top - margin, right + margin, bottom + margin)
        picture = picture.crop(box)
    if picture.width > width:
        tall = round(picture.height * width / picture.width)
        picture = picture.resize((width, tall), Image.Resampling.LANCZOS)
    picture.quantize(COLOURS).save(path, optimize=True)
    say(f"  {path.name} {path.stat().st_size // 1000} kB")
