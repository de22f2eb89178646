"""``./dev demo --check``: the demo's story, driven without a person.

The accountant works through Odoo's own calls, the customer with a phone-size browser,
the banks are the simulator's. Each step prints what it saw.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import requests

from . import system
from .console import say
from .demo_browser import PHONE, Browser, BrowserError
from .demo_rpc import Odoo, RpcError, World

# Seconds that webhook, cron and mail may take together.
PATIENCE = 40
DEMO_BANK, SILENT_BANK = 574, 9101
# The button on the customer's page, and a page that waits for nothing any more.
PAY = "form[data-bank] button.button:not(.second)"
SETTLED = (
    "!!document.querySelector('.result') && "
    "!document.querySelector('[data-status], meta[http-equiv=refresh]')"
)


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
        self.camille: Odoo | None = None
        self.phone: Browser | None = None

    # -- small steps -----------------------------------------------------------

    def invoice(self, customer: str, product: str, quantity: int) -> dict:
        """Let the accountant write and post an invoice; return what it shows."""
        partner = self._one("res.partner", customer)
        line = {"product_id": self._one("product.product", product)}
        values = {
            "move_type": "out_invoice",
            "partner_id": partner,
            "invoice_date": date.today().isoformat(),
            "invoice_line_ids": [[0, 0, {**line, "quantity": quantity}]],
        }
        move = self.camille.call("account.move", "create", [values])[0]
        self.camille.call("account.move", "action_post", [move])
        return self.see(move)

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
        fields += ("payment_request_id", "payment_request_state")
        fields += ("payment_request_url", "transfer_in_progress")
        return self.camille.read("account.move", move, *fields)

    def request(self, invoice: dict) -> dict:
        """Return what the accountant sees of an invoice's payment request now."""
        fields = ("reference", "state", "issue", "amount_due", "amount_to_pay", "url")
        fields += ("transaction_ids", "activity_ids", "amount_in_progress")
        request = invoice["payment_request_id"][0]
        return self.camille.read("payment.request", request, *fields)

    def transaction(self, invoice: dict) -> dict:
        """Return the newest attempt to pay an invoice's request."""
        attempts = self.request(invoice)["transaction_ids"]
        expect(attempts, f"{invoice['name']} has no transaction")
        fields = ("reference", "state", "amount", "bank_status", "payment_id")
        return self.camille.read("payment.transaction", max(attempts), *fields)

    def page_state(self, invoice: dict) -> str:
        """Return where the customer's page says that the payment stands."""
        address = f"{invoice['payment_request_url']}/status"
        return requests.get(address, timeout=30).json()["state"]

    def pay(self, invoice: dict, outcome: str, bank: int = DEMO_BANK) -> None:
        """Let the customer pay from the page, at a bank, and come back."""
        phone = self.phone
        phone.open(invoice["payment_request_url"])
        phone.tap(PAY)
        phone.tap(f"button[name=provider_id][value='{bank}']")
        phone.tap(f"button[name=login][value='{outcome}']")
        phone.tap("main a.button")
        home = f"location.href.startsWith('{self.url}/pay/')"
        phone.wait(f"{home} && !location.pathname.endsWith('/return')", "the way back")

    def link_of(self, transaction: dict) -> str:
        """Return the id of a transaction's payment link at the simulator."""
        for link in self.world.get("/sim/links.json"):
            if link["client_reference"] == transaction["reference"]:
                return link["id"]
        raise Failure(f"no payment link carries {transaction['reference']}")

    def credit(self, transaction: dict) -> dict:
        """Return the bank's line of a transfer, once the account shows it."""

        def shown():
            credits = self.world.get("/sim/bank-credits.json")
            wanted = transaction["reference"]
            return [line for line in credits if line["end_to_end_id"] == wanted]

        return eventually(shown, "the money on the bank account")[0]

    def bank_line(self, label: str, amount: float, day: str = "") -> dict:
        """Let the accountant type a bank line; return what became of it."""
        domain = [("type", "=", "bank"), ("company_id", "=", self.camille.company)]
        journal = self.camille.find("account.journal", domain, "id")[0]["id"]
        values = {"journal_id": journal, "payment_ref": label, "amount": amount}
        values["date"] = day or date.today().isoformat()
        line = self.camille.call("account.bank.statement.line", "create", [values])[0]
        fields = ("is_reconciled", "match_note")
        return self.camille.read("account.bank.statement.line", line, *fields)

    def picture(self, name: str) -> None:
        """Keep what the phone shows."""
        self.phone.picture(self.pictures / f"{name}.png", whole=True)

    def _one(self, model: str, name: str) -> int:
        found = self.camille.find(model, [("name", "=", name)], "id")
        expect(found, f"the demo data hold no {name}")
        return found[0]["id"]

    # -- chapters: generators of (what is done, what was seen) -----------------

    def from_invoice_to_bank_line(self):
        """An invoice is sent, scanned, paid and reconciled"""
        yield "the accountant posts an invoice"
        invoice = self.invoice("Sophie Lambert", "Applique « Aube », laiton", 2)
        url = invoice["payment_request_url"]
        expect(url, "the invoice has no payment link")
        yield f"{invoice['name']}, {invoice['amount_total']} €, {url}"

        yield "she sends it by e-mail; the mail arrives"
        mail = self.send(invoice, "sophie.lambert@")
        expect(url in mail["links"], "the mail has no button to the payment page")
        names = [item["name"] for item in mail["attachments"]]
        pdf = next((i for i, name in enumerate(names) if name.endswith(".pdf")), None)
        expect(pdf is not None, f"the mail carries no PDF: {names}")
        yield f"“{mail['subject']}” with {names[pdf]}"

        yield "the QR code is read from the printed PDF"
        codes = self.scan(self.world.file(mail["id"], pdf))
        expect(url in codes, f"the scanner reads {codes}, not {url}")
        yield "it is the payment link"

        yield "the customer opens it on the phone"
        self.phone.requested.clear()
        self.phone.open(url)
        self.phone.wait(f"!!document.querySelector('{PAY}')", "the button to pay")
        strangers = [
            address
            for address in self.phone.requested
            if not address.startswith((self.url, "data:"))
        ]
        expect(not strangers, f"the page asks third parties: {strangers}")
        self.picture("pay_phone")
        yield "amount, invoice, one button; no third-party request"

        yield "he pays from his bank and comes back"
        self.pay(invoice, "id-acsc")
        self.phone.wait(SETTLED, "the page to tell the end")
        expect(self.page_state(invoice) == "paid", "the page does not say paid")
        self.picture("paid_phone")
        yield "the page says that it is paid"

        yield "in Odoo the invoice is paid, the payment posted"
        eventually(lambda: self.see(invoice["id"])["payment_state"] == "paid", "paid")
        transaction = self.transaction(invoice)
        payment = self.camille.read(
            *("account.payment", transaction["payment_id"][0]),
            *("name", "date", "memo", "state", "amount"),
        )
        expect(payment["amount"] == invoice["amount_total"], f"wrong amount: {payment}")
        expect(transaction["reference"] in payment["memo"], f"no reference: {payment}")
        expect(payment["state"] in ("in_process", "paid"), f"not posted: {payment}")
        yield f"{payment['name']} of {payment['date']}, “{payment['memo']}”"

        yield "the accountant types the bank's line"
        credit = self.credit(transaction)
        line = self.bank_line(credit["label"], credit["amount"], credit["date"])
        expect(line["is_reconciled"], f"it stays open: {line}")
        yield f"“{credit['label']}” reconciled by itself: {line['match_note']}"

    def executed_later(self):
        """A transfer that the bank executes later"""
        yield "the customer confirms; his page waits"
        invoice = self.existing("Cabinet dentaire Aubrac")
        self.pay(invoice, "id-pdng-acsc")
        self.phone.wait("!!document.querySelector('[data-state=in_progress]')", "it")
        self.picture("in_progress_phone")
        yield f"{invoice['name']}: in progress"

        yield "Odoo shows the transfer in progress"
        eventually(lambda: self.see(invoice["id"])["transfer_in_progress"], "it")
        yield f"request {self.request(invoice)['state']}, invoice not paid yet"

        yield "the bank executes; the page and the invoice follow"
        self.world.do("settle", link=self.link_of(self.transaction(invoice)))
        eventually(lambda: self.see(invoice["id"])["payment_state"] == "paid", "paid")
        self.phone.wait(SETTLED, "the page to tell the end")
        expect(self.page_state(invoice) == "paid", "the page does not say paid")
        yield "paid, without reloading the page"

    def refused_later(self):
        """A transfer that the bank refuses after all"""
        yield "the customer confirms, the bank refuses later"
        invoice = self.existing("Karim Benali")
        self.pay(invoice, "id-pdng-rjct")
        eventually(lambda: self.see(invoice["id"])["transfer_in_progress"], "it")
        self.world.do("settle", link=self.link_of(self.transaction(invoice)))
        eventually(lambda: self.request(invoice)["issue"] == "refused", "the refusal")
        yield f"{invoice['name']}: to handle, “refused”"

        yield "the customer is told by e-mail"
        mail = eventually(
            lambda: self.world.messages("mail", "karim.benali@"), "his mail"
        )[0]
        expect(invoice["payment_request_url"] in mail["links"], "no way to try again")
        yield f"“{mail['subject']}”, with the way to try again"

        yield "the accountant has a task"
        tasks = self.camille.find(
            "mail.activity",
            [("id", "in", self.request(invoice)["activity_ids"])],
            "summary",
        )
        expect(tasks, "no activity on the payment request")
        yield f"“{tasks[0]['summary']}”"

        yield "his page says so and lets him try again"
        self.phone.open(invoice["payment_request_url"])
        self.phone.wait("!!document.querySelector('.note.bad')", "the refusal")
        self.phone.wait(f"!!document.querySelector('{PAY}')", "the button to pay")
        self.picture("refused_phone")
        yield "reason and button"

    def in_parts(self):
        """Above one transfer's ceiling, and in another currency"""
        yield "86 400 € are paid in several transfers"
        invoice = self.existing("Ferrand Construction", above=35_000)
        self.pay(invoice, "id-acsc")
        left = invoice["amount_residual"] - 35_000
        eventually(lambda: self.see(invoice["id"])["amount_residual"] == left, "it")
        self.phone.wait(f"!!document.querySelector('{PAY}')", "the rest to be asked")
        self.picture("in_parts_phone")
        yield f"35 000 € booked, the page asks for the remaining {left:,.0f} €"

        yield "dollars have no bank button, and the page says why"
        dollars = self.existing("Blue Ridge Interiors Inc.", currency="USD")
        self.phone.open(dollars["payment_request_url"])
        self.phone.wait("!!document.querySelector('.note')", "the reason")
        button = self.phone.evaluate(f"!!document.querySelector('{PAY}[data-wait]')")
        expect(not button, "the page offers a transfer in dollars")
        self.picture("dollars_phone")
        yield "the reason and the transfer details"

    def by_sms(self):
        """The link by SMS"""
        yield "the accountant sends it; the phone rings"
        invoice = self.invoice("Sophie Lambert", "Miroir rond, 80 cm", 1)
        request = invoice["payment_request_id"][0]
        action = self.camille.call("payment.request", "action_send_sms", [request])
        composer = self.camille.call(
            "sms.composer", "create", [{}], context=action["context"]
        )[0]
        self.camille.call(
            *("sms.composer", "action_send_sms", [composer]),
            context=action["context"],
        )
        sms = eventually(lambda: self.world.messages("sms", "+49171"), "the SMS")[0]
        url = invoice["payment_request_url"]
        expect(url in sms["links"], f"the SMS has no link: {sms['text']}")
        yield f"to {sms['to'][0]}: “{sms['text']}”"

        yield "its link opens the page"
        self.phone.open(sms["links"][0])
        self.phone.wait(f"!!document.querySelector('{PAY}')", "the button to pay")
        yield "with the button to pay"

    def bank_lines_that_differ(self):
        """Bank lines with a reference"""
        yield "with another amount it stays open and says why"
        invoice = self.existing("Librairie La Page Blanche")
        request = self.request(invoice)
        label = f"VIR SEPA DE LIBRAIRIE {request['reference']}"
        line = self.bank_line(label, request["amount_to_pay"] - 10)
        expect(not line["is_reconciled"], "it was reconciled with a wrong amount")
        expect(line["match_note"], "it does not say why it stays open")
        yield line["match_note"]

        yield "typed by the customer, mangled by the bank, the amount right: matched"
        code = request["reference"].lower()
        line = self.bank_line(
            f"VIR SEPA LIBRAIRIE/{code[:4]} {code[4:]}/MERCI", request["amount_to_pay"]
        )
        expect(line["is_reconciled"], f"it stays open: {line}")
        expect(self.see(invoice["id"])["payment_state"] == "paid", "not paid")
        yield f"{invoice['name']} is paid"

    def bank_that_never_tells(self):
        """A bank that never says that it executed"""
        yield "the customer confirms there; the transfer stays pending"
        invoice = self.existing("Hôtel des Tilleuls")
        self.pay(invoice, "id-pdng", bank=SILENT_BANK)
        eventually(lambda: self.see(invoice["id"])["transfer_in_progress"], "it")
        transaction = self.transaction(invoice)
        expect(transaction["state"] == "pending", f"not pending: {transaction}")
        yield f"{invoice['name']}: pending"

        yield "days later the money is there: the bank line does it"
        self.world.do("advance", days=5)
        credit = self.credit(transaction)
        expect(self.transaction(invoice)["state"] == "pending", "done by itself")
        line = self.bank_line(credit["label"], credit["amount"], credit["date"])
        expect(line["is_reconciled"], f"it stays open: {line}")
        expect(self.transaction(invoice)["state"] == "done", "the transfer is not done")
        expect(self.see(invoice["id"])["payment_state"] == "paid", "not paid")
        yield "transfer done, invoice paid, line reconciled"

    def webhooks(self):
        """Bridge's notifications"""
        yield "every one was answered with 200"

        def answered():
            sent = self.world.get("/sim/webhooks.json")
            return all(item["state"] == "delivered" for item in sent) and sent

        sent = eventually(answered, "delivery of all notifications")
        bad = [item for item in sent if item["status"] != 200 or item["attempts"] != 1]
        expect(not bad, f"not taken at once: {[(b['type'], b['status']) for b in bad]}")
        yield f"{len(sent)} notifications"

        yield "and processed"
        admin = Odoo(self.url, self.database, "admin", "admin")

        def left():
            return admin.find("bridge.event", [("state", "!=", "done")], "state")

        eventually(lambda: not left(), "the end of all events", seconds=20)
        yield "none is left"

    def scan(self, pdf: bytes) -> list[str]:
        """Return what a scanner program reads from the first page of a PDF."""
        environment = {**os.environ, **system.environment()}
        with tempfile.TemporaryDirectory() as folder:
            paper = Path(folder) / "invoice.pdf"
            paper.write_bytes(pdf)
            words = [system.which("pdftoppm"), "-r", "150", "-png", "-singlefile"]
            words += [str(paper), str(Path(folder) / "page")]
            subprocess.run(words, check=True, env=environment)
            image = Path(folder) / "page.png"
            self.pictures.mkdir(parents=True, exist_ok=True)
            (self.pictures / "invoice_pdf.png").write_bytes(image.read_bytes())
            words = [system.which("zbarimg"), "--quiet", "--raw", str(image)]
            read = subprocess.run(
                words, capture_output=True, text=True, env=environment
            )
        return read.stdout.split()

    # -- the whole -------------------------------------------------------------

    def run(self) -> int:
        """Tell every chapter; return how many steps did not hold."""
        chapters = (
            self.from_invoice_to_bank_line,
            self.executed_later,
            self.refused_later,
            self.in_parts,
            self.by_sms,
            self.bank_lines_that_differ,
            self.bank_that_never_tells,
            self.webhooks,
        )
        start = time.monotonic()
        self.camille = Odoo(self.url, self.database, "camille", "camille")
        say("  ok      the accountant logs in")
        with Browser(PHONE, "fr-FR") as self.phone:
            failed = sum(not self._tell(chapter) for chapter in chapters)
        took = time.monotonic() - start
        say(
            f"\n{len(chapters) - failed} of {len(chapters)} chapters held, {took:.0f} s"
        )
        return failed

    def _tell(self, chapter) -> bool:
        """Run a chapter to its end or its first step that fails."""
        say(f"\n{chapter.__doc__}")
        steps, title = chapter(), "start"
        try:
            for title in steps:
                start = time.monotonic()
                seen = next(steps)
                took = time.monotonic() - start
                say(f"  ok      {title} ({took:.1f} s)\n          {seen}")
        except (
            *(Failure, BrowserError, RpcError, requests.RequestException),
            *(OSError, subprocess.CalledProcessError),
        ) as error:
            say(f"  FAILED  {title}\n          {error}")
            name = f"failed_{chapter.__name__}"
            try:
                self.picture(name)
            except (BrowserError, OSError):
                return False
            say(f"          The phone shows {self.pictures / name}.png")
            return False
        return True


def main() -> int:
    """Run the story; the exit code says if all of it held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--odoo", required=True, help="address of Odoo")
    parser.add_argument("--simulator", required=True, help="address of the simulator")
    parser.add_argument("--database", required=True)
    parser.add_argument("--log", default="", help="Odoo's log, named when a step fails")
    parser.add_argument("--pictures", required=True, help="folder for screenshots")
    options = parser.parse_args()
    failed = Story(options).run()
    if failed:
        say(f"Look at Odoo's log {options.log} and the pictures {options.pictures}.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
