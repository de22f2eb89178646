"""``./dev demo --pictures``: takes those of ``pictures.csv`` on the way of a story.

Each is scaled down and has few colours: they are part of the repository.
"""

import csv
import json
import time
from datetime import timedelta
from itertools import islice
from pathlib import Path

from ..console import say
from . import clock
from .browser import DESKTOP, PHONE, Browser
from .check import ERRORS, Check
from .database import LANGUAGES
from .payments import SILENT_BANK
from .rpc import Odoo
from .story import ACTION, eventually

with Path(__file__).with_name("pictures.csv").open(encoding="utf-8") as table:
    PICTURES = list(csv.DictReader(table))
WIDE = {**DESKTOP, "width": 1360, "height": 860}
DEVICES = {"phone": PHONE, "desktop": DESKTOP, "": WIDE}
COLOURS = 128
# What a page shows once it has nothing more to fetch.
LOADED = (
    "(!document.querySelector('.o_web_client') ||"
    " !!document.querySelector('.o_action_manager .o_action')) &&"
    " !document.querySelector('.o_blockUI, .o_loading_indicator, .o_notification') &&"
    " [...document.images].every(i => i.complete || i.loading == 'lazy')"
)
# Seconds: dialogs, avatars, charts and the chatter come after the view itself.
PAUSE = 1.5
BUTTON = "odoo.__WOWL_DEBUG__.root.env.services.action.doActionButton"
# Whom the pictures are about, how they are reached, and a bank of theirs that keeps
# silent once a transfer is confirmed.
CUSTOMERS = {
    "en": ("Harbour & Finch Ltd", "accounts@harbour-finch", 9204),
    "fr": ("Librairie La Page Blanche", "contact@pageblanche", SILENT_BANK),
}
HOTEL = "Hôtel des Tilleuls"
LAMP = "Lampe de bureau « Aube »"


class Studio(Check):
    """The story, with a photographer."""

    def __init__(self, options):
        super().__init__(options)
        self.language = options.lang
        self.customer, self.address, self.silent_bank = CUSTOMERS[options.lang]
        self.places: dict[str, object] = {"action": f"{ACTION}action_"}
        self.chapters: dict = {}
        self.users: dict[str, Odoo] = {}

    def run(self) -> int:
        """Take all pictures; return how many could not be taken."""
        self.users = {"camille": self.camille, "admin": self.admin}
        self.find_places()
        with (
            Browser(PHONE, self.language) as self.phone,
            Browser(DESKTOP, self.language) as self.office,
        ):
            self.log_in(self.office, self.camille)
            self.customer_logs_in()
            failed = 0
            for row in PICTURES:
                try:
                    self.take(row)
                except (*ERRORS, LookupError, ValueError) as error:
                    say(f"  FAILED {row['name']}\n    {error}")
                    failed += 1
        return failed

    def take(self, row: dict[str, str]) -> None:
        """Do what comes before a picture, then take it.

        Columns, of which ``{…}`` is one of `places`:

        - act: method that comes first, or a chapter and how far it goes on; a PDF that
          is returned is the picture
        - screen: its address; none: what the browser shows already
        - dialog: model, method and record of a button that opens one
        - tap: selector of what is tapped, ``key x`` for a key
        - to: selector of what is scrolled to
        - who, device, height: who looks at it, Camille if nobody, and on what
        """
        path = self.pictures / f"{row['name']}.png"
        act, _space, steps = row["act"].partition(" ")
        pdf = self.tell(act, int(steps)) if steps else act and getattr(self, act)()
        if pdf:
            self.print_page(pdf, path)
            compress(path, 900, margin=40)
            return
        browser = self.phone if row["device"] == "phone" else self.office
        device = dict(DEVICES[row["device"]])
        device["height"] = int(row["height"] or device["height"])
        browser.call("Emulation.setDeviceMetricsOverride", **device)
        if browser is self.office:
            self.log_in(browser, self.users[row["who"] or "camille"])
        if row["screen"]:
            screen = row["screen"].format(**self.places)
            browser.open(screen if "://" in screen else self.url + screen)
            browser.wait(LOADED, f"{screen} to load")
        if row["dialog"]:
            model, method, record = row["dialog"].format(**self.places).split()
            button = {"type": "object", "resModel": model, "name": method}
            button |= {"resId": int(record), "resIds": [int(record)]}
            button["context"] = {"lang": LANGUAGES[self.language]}
            browser.evaluate(f"void {BUTTON}({json.dumps(button)})")
            browser.wait_for(".modal .o_form_view", "the dialog")
        if row["tap"].startswith("key "):
            browser.press(row["tap"].removeprefix("key "))
        elif row["tap"]:
            browser.tap(row["tap"])
            browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=5, y=800)
        if to := row["to"]:
            browser.wait_for(to, to)
            found = f"document.querySelector('{to}')"
            browser.evaluate(f"{found}.scrollIntoView({{block: 'center'}})")
        time.sleep(PAUSE)
        browser.wait(LOADED, "the images")
        browser.picture(path)
        compress(path, device["width"])

    # -- acts ------------------------------------------------------------------

    def find_places(self) -> None:
        """Find records that are there from the beginning."""
        policy = self.camille.find("payment.reminder.policy", [], "level_ids")[0]
        providers = self.admin.find("payment.provider", [("code", "=", "bridge")], "id")
        self.places |= {"policy": policy["id"], "level": policy["level_ids"][1]}
        self.places["provider"] = providers[-1]["id"]
        [self.places["settings"]] = self.admin.call(
            "res.config.settings", "create", [{}]
        )
        # Readers of English pictures read English: so does the company, for them.
        company = self.admin.read("res.company", self.admin.company, "partner_id")
        change = {"lang": LANGUAGES[self.language]}
        self.admin.call("res.partner", "write", [company["partner_id"][0]], change)

    def find_record(self, name: str) -> int:
        """Return the record that an XML id names."""
        [named] = self.admin.find("ir.model.data", [("name", "=", name)], "res_id")
        return named["res_id"]

    def tell(self, chapter: str, steps: int | None = None) -> None:
        """Go on with a chapter, by some steps or to its end."""
        told = self.chapters.setdefault(chapter, getattr(self, chapter)())
        # A step yields what is done and what was seen.
        list(islice(told, steps and 2 * steps))

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

        examined = [("match_suggestion_ids", "!=", False)]
        eventually(lambda: len(self.lines(examined)) >= 4, "the receipts", 90)

    def differ(self) -> None:
        """Let somebody book on the bank's account what the bank does not know."""
        feed = self.camille.find("bridge.account", [], "journal_id")[0]
        journal, expense = feed["journal_id"][0], [("account_type", "=", "expense")]
        cost = self.camille.find("account.account", expense, "id")[0]["id"]
        bank = self.camille.read("account.journal", journal, "default_account_id")
        amounts = {bank["default_account_id"][0]: -45, cost: 45}
        lines = [[0, 0, {"account_id": a, "balance": n}] for a, n in amounts.items()]
        self.book({"journal_id": journal, "line_ids": lines})
        self.camille.call("bridge.account", "action_fetch", [feed["id"]])
        find, wrong = self.camille.find, [("balance_difference", "!=", 0)]
        eventually(lambda: find("bridge.account", wrong), "the difference", 90)

    def print_invoice(self) -> bytes:
        """Send the customer an invoice; return what was printed."""
        invoice = self.owe(self.customer, LAMP, 12, -30)
        mail = self.send(invoice, self.address)
        self.places |= {"invoice": invoice["id"], "pay": invoice["payment_request_url"]}
        self.places["request"] = invoice["payment_request_id"][0]
        older = [self.existing(self.customer)["id"]]
        portal = self.camille.call("account.move", "get_portal_url", older)
        self.places["portal"] = portal
        files = enumerate(mail["attachments"])
        [pdf, *_others] = [n for n, file in files if file["name"].endswith(".pdf")]
        return self.world.file(mail["id"], pdf)

    def pay_all(self) -> None:
        """Let customers pay: one is refused, the last one waits for the bank."""
        karim = self.existing("Karim Benali")
        self.pay(karim, "id-pdng-rjct")
        self.pay(self.existing("Cabinet dentaire Aubrac"), "id-acsc")
        self.world.do("settle", link=self.link_of(self.transaction(karim)))
        invoice = self.see(self.places["invoice"])
        self.pay(invoice, "id-pdng-rjct", self.silent_bank)

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
        self.places["partner"] = self._one("res.partner", HOTEL)
        reminder = self.left(self.customer)
        mail = self.mail_of(reminder, self.address)
        self.places["mail"] = f"{self.world.url}/inbox/{mail['id']}/html"
        self.places["reminder"] = reminder["id"]

    def customer_logs_in(self) -> None:
        """Give the customer an account of the portal."""
        group = self.find_record("group_portal")
        password = login = "customer"
        values = {"login": login, "password": password, "group_ids": [group]}
        values["partner_id"] = self._one("res.partner", self.customer)
        quiet = {"no_reset_password": True}
        self.admin.call("res.users", "create", [values], context=quiet)
        self.users[login] = Odoo(self.url, self.database, login, password)

    def profile(self) -> None:
        """Let customers have paid, one of them late; the night's job looks at them."""
        today, register = clock.today(self.camille), "account.payment.register"
        for customer, late in ((HOTEL, 0), ("Sophie Lambert", 20)):
            for days in (150, 120, 90):
                owed = self.owe(customer, LAMP, 2, days)["id"]
                active = {"active_model": "account.move", "active_ids": [owed]}
                values = {"payment_date": str(today - timedelta(days=days - late))}
                wizard = self.camille.call(register, "create", [values], context=active)
                self.camille.call(register, "action_create_payments", wizard)
        job = self.find_record("ir_cron_payer_profile")
        self.admin.call("ir.cron", "method_direct_trigger", [job])

    def call(self) -> None:
        """Let a call be due."""
        self.places["call"] = self.reminders([("state", "=", "to_call")])[0]["id"]

    def write(self) -> None:
        """Let a formal notice be due: those of a policy come after weeks."""
        domain = [("channel", "=", "letter"), ("policy_id", "=", self.places["policy"])]
        [level] = self.camille.find("payment.reminder.level", domain, "name")[:1]
        model, values = "payment.reminder.policy", {"name": level["name"]}
        [policy] = self.camille.call(model, "create", [values])
        change = {"policy_id": policy, "automatic": True}
        self.camille.call("payment.reminder.level", "copy", [level["id"]], change)
        hotel, change = [self.places["partner"]], {"payment_reminder_policy_id": policy}
        self.camille.call("res.partner", "write", hotel, change)
        action = self.camille.call("res.partner", "action_remind", hotel)
        if action["res_model"] == "payment.reminder.remind":
            # They got a message a short time ago: yes, all the same.
            create = {"context": action["context"]}
            asked = self.camille.call(action["res_model"], "create", [{}], **create)
            self.camille.call(action["res_model"], "action_remind", asked)
        prepared = [("channel", "=", "letter"), ("state", "=", "to_send")]
        letters = [letter["id"] for letter in self.reminders(prepared)]
        self.camille.call("payment.reminder", "action_send", letters)
        self.places["letter"] = self.reminders([("state", "=", "to_post")])[0]["id"]

    def print_letter(self) -> bytes:
        """Return the letter as it is printed."""
        report = "report/pdf/account_payment_request.report_payment_reminder"
        url = f"{self.url}/{report}/{self.places['letter']}"
        return self.camille.session.get(url, timeout=120).content

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
    """Scale a picture down to ``width``, with few colours and little of its margin."""
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
