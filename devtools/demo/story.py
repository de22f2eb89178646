"""What the people of the demo can do, each in one step: see ``check``."""

import os
import subprocess
import time
from datetime import date
from functools import cached_property
from pathlib import Path

import requests

from ..setup import system
from .browser import Browser
from .rpc import Odoo, World

# Seconds that webhook, cron and mail may take together.
PATIENCE = 40
# Seconds within which money that arrived at the bank is booked here: its weeks go by in
# minutes, so that Bridge may refuse our calls for one of them.
BOOKED_WITHIN = 150
DEMO_BANK = 574
ACTION = "/odoo/action-account_payment_request."
# The button on the customer's page.
PAY = "form[data-bank] button.button:not(.second)"


class Failure(Exception):
    """A step did not show what it should."""


def expect(condition, text: str) -> None:
    """Fail the step with ``text`` unless the condition holds."""
    if not condition:
        raise Failure(text)


def eventually(read, what: str, seconds: int = PATIENCE):
    """Return the first true value of ``read``, tried until the time is over."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := read():
            return value
        time.sleep(0.3)
    raise Failure(f"{what}: not seen within {seconds} s")


class Story:
    """The people of the demo and what they do.

    :param pictures: folder that takes the screenshots
    """

    def __init__(self, options):
        self.url = options.odoo
        self.database = options.database
        self.world = World(options.simulator)
        self.pictures = Path(options.pictures)
        self.log = options.log
        self.phone: Browser | None = None
        self.office: Browser | None = None

    @cached_property
    def camille(self) -> Odoo:
        """The accountant."""
        return Odoo(self.url, self.database, "camille", "camille")

    @cached_property
    def admin(self) -> Odoo:
        """The administrator."""
        return Odoo(self.url, self.database, "admin", "admin")

    # -- small steps -----------------------------------------------------------

    def invoice(self, customer: str, product: str, quantity: int, **dates) -> dict:
        """Let the accountant write and post an invoice; return what it shows.

        :param dates: other fields of the invoice, which is of today without them
        """
        partner = self._one("res.partner", customer)
        line = {"product_id": self._one("product.product", product)}
        values = {
            "move_type": "out_invoice",
            "partner_id": partner,
            "invoice_date": date.today().isoformat(),
            "invoice_line_ids": [[0, 0, {**line, "quantity": quantity}]],
            **dates,
        }
        return self.see(self.book(values))

    def book(self, values: dict) -> int:
        """Let the accountant post an entry; return its id."""
        [move] = self.camille.call("account.move", "create", [values])
        self.camille.call("account.move", "action_post", [move])
        return move

    def send(self, invoice: dict, recipient: str) -> dict:
        """Let the accountant send an invoice; return the mail that arrives."""
        before = max((item["id"] for item in self.world.get("/inbox.json")), default=0)
        wizard = self.camille.call(
            *("account.move.send.wizard", "create", [{"move_id": invoice["id"]}]),
            context={"active_model": "account.move", "active_ids": [invoice["id"]]},
        )[0]
        self.camille.call("account.move.send.wizard", "action_send_and_print", [wizard])
        return eventually(
            lambda: self.world.messages("mail", recipient, before), "the mail"
        )[0]

    def existing(self, customer: str, *, currency: str = "EUR", above: float = 0):
        """Return an open invoice of the demo data."""
        domain = [
            ("partner_id.name", "=", customer),
            ("payment_state", "in", ("not_paid", "partial")),
            ("currency_id.name", "=", currency),
            ("amount_residual", ">", above),
            ("state", "=", "posted"),
        ]
        found = self.camille.find("account.move", domain, "id")
        expect(found, f"the demo data hold no open invoice of {customer}")
        return self.see(found[0]["id"])

    def see(self, move: int) -> dict:
        """Return what the accountant sees of an invoice now."""
        fields = ("name", "amount_total", "amount_residual", "payment_state")
        fields += ("payment_request_id", "payment_request_url", "transfer_in_progress")
        return self.camille.read("account.move", move, *fields)

    def becomes(self, invoice: dict, state: str, seconds: int = PATIENCE) -> None:
        """Wait until an invoice has a payment state."""
        eventually(
            lambda: self.see(invoice["id"])["payment_state"] == state, state, seconds
        )

    def request(self, invoice: dict) -> dict:
        """Return what the accountant sees of an invoice's payment request now."""
        fields = ("reference", "state", "issue", "amount_to_pay")
        fields += ("transaction_ids", "activity_ids")
        request = invoice["payment_request_id"][0]
        return self.camille.read("payment.request", request, *fields)

    def transaction(self, invoice: dict) -> dict:
        """Return the newest attempt to pay an invoice's request."""
        attempts = self.request(invoice)["transaction_ids"]
        expect(attempts, f"{invoice['name']} has no transaction")
        fields = ("reference", "state", "payment_id")
        return self.camille.read("payment.transaction", max(attempts), *fields)

    def task(self, invoice: dict) -> str:
        """Return what the accountant is asked to do about an invoice."""
        activities = self.request(invoice)["activity_ids"]
        expect(activities, "nobody is told")
        return self.camille.read("mail.activity", activities[0], "summary")["summary"]

    def page_state(self, invoice: dict) -> str:
        """Return where the customer's page says that the payment stands."""
        address = f"{invoice['payment_request_url']}/status"
        return requests.get(address, timeout=30).json()["state"]

    def pay(self, invoice: dict, outcome: str, bank: int = DEMO_BANK) -> None:
        """Let the customer pay from the page, at a bank, and come back.

        :param outcome: a button of the bank's page, else typed as its test login
        """
        phone = self.phone
        phone.open(invoice["payment_request_url"])
        phone.tap(PAY)
        phone.tap(f"button[name=provider_id][value='{bank}']")
        phone.wait_for("#login", "the bank's page")
        button = f"button[name=login][value='{outcome}']"
        if phone.evaluate(f'!!document.querySelector("{button}")'):
            phone.tap(button)
        else:
            phone.tap("summary")
            phone.evaluate(f"document.querySelector('#login').value = '{outcome}'")
            phone.tap("details button")
        phone.tap("main a.button")
        home = f"location.href.startsWith('{self.url}/pay/')"
        phone.wait(f"{home} && !location.pathname.endsWith('/return')", "the way back")

    def link_of(self, transaction: dict) -> str:
        """Return the id of a transaction's payment link at the simulator."""
        for link in self.world.get("/sim/links.json"):
            if link["client_reference"] == transaction["reference"]:
                return link["id"]
        raise Failure(f"no payment link carries {transaction['reference']}")

    def transfer(self, amount: float, label: str, payer: str, **values) -> dict:
        """Let a customer type a transfer at their own bank; return the bank's line."""
        return self.world.do(
            "bank/transfer", amount=amount, label=label, payer=payer, **values
        )

    def lines(self, domain: list) -> list[dict]:
        """Return the bank lines that the accountant finds."""
        fields = ("payment_ref", "amount", "is_reconciled", "match_state")
        fields += ("match_note", "match_suggestion_ids")
        return self.camille.find("account.bank.statement.line", domain, *fields)

    def reconciled(self, find, what: str) -> dict:
        """Return a bank line that the feed brings, once it reconciled by itself.

        :param find: returns the domain of the line, asked again and again
        """

        def seen():
            return [line for line in self.lines(find()) if line["is_reconciled"]]

        what = f"{what} on the bank account, reconciled"
        [line, *_others] = eventually(seen, what, BOOKED_WITHIN)
        expect(line["match_state"] == "automatic", f"not by itself: {line}")
        expect(line["match_note"], f"it does not say why it was reconciled: {line}")
        return line

    def paying(self, invoice: dict):
        """Return what finds the bank lines that paid an invoice, or a part of it."""

        def find():
            due = [("move_id", "=", invoice["id"]), ("matching_number", "!=", False)]
            found = self.camille.find("account.move.line", due, "matching_number")
            numbers = [entry["matching_number"] for entry in found]
            return [("line_ids.matching_number", "in", numbers)]

        return find

    def look(self, address: str, *texts: str) -> None:
        """Let the accountant open a page of Odoo until it shows these texts."""
        self.office.open(self.url + address)
        for text in texts:
            self.office.wait_text(text)

    def log_in(self, browser: Browser, user: Odoo) -> None:
        """Give a browser the session of a user."""
        cookie = {"name": "session_id", "value": user.session.cookies["session_id"]}
        browser.call("Network.setCookie", url=self.url, **cookie)

    def _one(self, model: str, name: str) -> int:
        found = self.camille.find(model, [("name", "=", name)], "id")
        expect(found, f"the demo data hold no {name}")
        return found[0]["id"]

    def print_page(self, pdf: bytes, path: Path) -> None:
        """Keep the first page of a PDF as a picture."""
        path.parent.mkdir(parents=True, exist_ok=True)
        words = [system.which("pdftoppm"), "-r", "150", "-png", "-singlefile"]
        environment = {**os.environ, **system.environment()}
        words += ["-", str(path.with_suffix(""))]
        subprocess.run(words, check=True, env=environment, input=pdf)

    def scan(self, pdf: bytes) -> list[str]:
        """Return what a scanner program reads from the first page of a PDF."""
        image = self.pictures / "invoice_pdf.png"
        self.print_page(pdf, image)
        words = [system.which("zbarimg"), "--quiet", "--raw", str(image)]
        environment = {**os.environ, **system.environment()}
        read = subprocess.run(words, capture_output=True, text=True, env=environment)
        return read.stdout.split()
