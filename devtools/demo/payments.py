"""Chapters of the demo: customers pay from the link."""

from .story import PAY, Story, eventually, expect

SILENT_BANK = 9101
# A page that waits for nothing any more.
SETTLED = (
    "!!document.querySelector('.result') && "
    "!document.querySelector('[data-status], meta[http-equiv=refresh]')"
)


class PaymentChapters(Story):
    """Generators of (what is done, what was seen)."""

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
        self.phone.wait_for(PAY, "the button to pay")
        strangers = [
            address
            for address in self.phone.requested
            if not address.startswith((self.url, "data:"))
        ]
        expect(not strangers, f"the page asks third parties: {strangers}")
        yield "amount, invoice, one button; no third-party request"

        yield "they pay from their bank and come back"
        self.pay(invoice, "id-acsc")
        self.phone.wait(SETTLED, "the page to tell the end")
        expect(self.page_state(invoice) == "paid", "the page does not say paid")
        yield "the page says that it is paid"

        yield "in Odoo the invoice is paid, the payment posted"
        self.becomes(invoice, "paid")
        transaction = self.transaction(invoice)
        payment = self.camille.read(
            *("account.payment", transaction["payment_id"][0]),
            *("name", "date", "memo", "state", "amount"),
        )
        expect(payment["amount"] == invoice["amount_total"], f"wrong amount: {payment}")
        expect(transaction["reference"] in payment["memo"], f"no reference: {payment}")
        expect(payment["state"] in ("in_process", "paid"), f"not posted: {payment}")
        yield f"{payment['name']} of {payment['date']}, “{payment['memo']}”"

        yield "within a minute the money is on the bank account, and reconciled"
        line = self.reconciled(
            lambda: [("matched_transaction_id", "=", transaction["id"])], "the transfer"
        )
        expect(line["amount"] == invoice["amount_total"], f"wrong amount: {line}")
        yield f"“{line['payment_ref']}”: {line['match_note']}"

    def executed_later(self):
        """A transfer that the bank executes later"""
        yield "the customer confirms; their page waits"
        invoice = self.existing("Cabinet dentaire Aubrac")
        self.pay(invoice, "id-pdng-acsc")
        self.phone.wait_for("[data-state=in_progress]", "it")
        yield f"{invoice['name']}: in progress"

        yield "Odoo shows the transfer in progress"
        eventually(lambda: self.see(invoice["id"])["transfer_in_progress"], "it")
        yield f"request {self.request(invoice)['state']}, invoice not paid yet"

        yield "the bank executes; the page and the invoice follow"
        self.world.do("settle", link=self.link_of(self.transaction(invoice)))
        self.becomes(invoice, "paid")
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
            lambda: self.world.messages("mail", "karim.benali@"), "their mail"
        )[0]
        expect(invoice["payment_request_url"] in mail["links"], "no way to try again")
        yield f"“{mail['subject']}”, with the way to try again"

        yield "the accountant has a task"
        yield f"“{self.task(invoice)}”"

        yield "their page says so and lets them try again"
        self.phone.open(invoice["payment_request_url"])
        self.phone.wait_for(".note.bad", "the refusal")
        self.phone.wait_for(PAY, "the button to pay")
        yield "reason and button"

    def in_parts(self):
        """Above one transfer's ceiling, and in another currency"""
        yield "86 400 € are paid in several transfers"
        invoice = self.existing("Ferrand Construction", above=35_000)
        self.pay(invoice, "id-acsc")
        left = invoice["amount_residual"] - 35_000
        eventually(lambda: self.see(invoice["id"])["amount_residual"] == left, "it")
        self.phone.wait_for(PAY, "the rest to be asked")
        yield f"35 000 € booked, the page asks for the remaining {left:,.0f} €"

        yield "dollars have no bank button, and the page says why"
        dollars = self.existing("Blue Ridge Interiors Inc.", currency="USD")
        self.phone.open(dollars["payment_request_url"])
        self.phone.wait_for(".note", "the reason")
        button = self.phone.evaluate(f"!!document.querySelector('{PAY}[data-wait]')")
        expect(not button, "the page offers a transfer in dollars")
        yield "the reason and the transfer details"

    def by_sms(self):
        """The link by SMS"""
        yield "the accountant sends it; the phone rings"
        invoice = self.invoice("Sophie Lambert", "Miroir rond, 80 cm", 1)
        request = invoice["payment_request_id"][0]
        action = self.camille.call("payment.request", "action_send_sms", [request])
        context = {"context": action["context"]}
        composer = self.camille.call("sms.composer", "create", [{}], **context)
        self.camille.call("sms.composer", "action_send_sms", composer, **context)
        sms = eventually(lambda: self.world.messages("sms", "+49171"), "the SMS")[0]
        url = invoice["payment_request_url"]
        expect(url in sms["links"], f"the SMS has no link: {sms['text']}")
        yield f"to {sms['to'][0]}: “{sms['text']}”"

        yield "its link opens the page"
        self.phone.open(sms["links"][0])
        self.phone.wait_for(PAY, "the button to pay")
        yield "with the button to pay"

    def bank_that_never_tells(self):
        """A bank that never says that it executed"""
        yield "the customer confirms there; the transfer stays pending"
        invoice = self.existing("Hôtel des Tilleuls")
        self.pay(invoice, "id-pdng", bank=SILENT_BANK)
        eventually(lambda: self.see(invoice["id"])["transfer_in_progress"], "it")
        transaction = self.transaction(invoice)
        expect(transaction["state"] == "pending", f"not pending: {transaction}")
        yield f"{invoice['name']}: pending"

        yield "the money is there all the same: the bank line does it"
        line = self.reconciled(
            lambda: [("matched_transaction_id", "=", transaction["id"])], "the transfer"
        )
        expect(self.transaction(invoice)["state"] == "done", "the transfer is not done")
        expect(self.see(invoice["id"])["payment_state"] == "paid", "not paid")
        yield f"transfer done, invoice paid: {line['match_note']}"

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

        def left():
            return self.admin.find("bridge.event", [("state", "!=", "done")], "state")

        eventually(lambda: not left(), "the end of all events", seconds=20)
        yield "none is left"
