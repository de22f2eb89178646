"""Chapters of the demo: the bank feeds itself, and every receipt finds its invoice."""

from .story import ACTION, BOOKED_WITHIN, DEMO_BANK, Story, eventually, expect

BANK_FEEDS = f"{ACTION}action_bank_accounts"
TO_RECONCILE = f"{ACTION}action_to_reconcile"
# A bank with an account in euros and one in dollars.
CORPORATE_BANK = 9107
START = "button[name=action_start_all]"


class BankChapters(Story):
    """Generators of (what is done, what was seen)."""

    def connect_the_bank(self):
        """The accountant connects her bank"""
        yield "from the bank accounts she goes to Bridge's page"
        self.go_to_bridge()
        yield "no password of her bank goes through Odoo"

        yield "she picks the Demo Bank and identifies herself"
        self.identify(DEMO_BANK)
        yield "the bank names her accounts"

        yield "she agrees"
        connection = self.agree()
        account = self.accounts(connection)[0]
        expect(account["journal_id"], "no journal is proposed for the account's IBAN")
        yield f"its journal is found by the IBAN: {account['journal_id'][1]}"

        yield "she starts it: the lines come in by themselves"
        account = self.start(connection)[0]
        yield (
            f"{account['lines']} lines since {account['history_start_date']}, "
            f"{account['balance']:,.2f} € as at the bank"
        )

        yield "the bank accounts show them"
        self.look(BANK_FEEDS, account["journal_id"][1])
        self.office.wait_for(".o_bank_amount", "the balance")
        yield "balance, curve, and what is left to do"

    def connect_another_bank(self):
        """She connects another bank, in euros and dollars"""
        yield "its accounts are new: each gets a journal"
        self.go_to_bridge()
        self.identify(CORPORATE_BANK)
        connection = self.agree()
        for account in self.accounts(connection):
            expect(not account["journal_id"], f"whose journal is this: {account}")
            self.camille.call(
                "bridge.account", "action_create_journal", [account["id"]]
            )
        fields = ("name", "currency_id", "bank_acc_number")
        journals = [
            self.camille.read("account.journal", account["journal_id"][0], *fields)
            for account in self.accounts(connection)
        ]
        expect(len(journals) > 1, f"a single account: {journals}")
        yield ", ".join(f"{j['name']} ({j['currency_id'] or 'EUR'})" for j in journals)

        yield "she starts them"
        self.office.open(self.office.address)
        accounts = self.start(connection)
        yield ", ".join(f"{account['balance']:,.2f}" for account in accounts)

    def go_to_bridge(self) -> None:
        """Let the accountant go from the bank accounts to Bridge's page."""
        self.office.open(self.url + BANK_FEEDS)
        self.office.tap("button[data-hotkey=c]")
        self.office.tap("button[name=action_continue]")
        page = f"{self.world.url}/connect/"
        self.office.wait(f"location.href.startsWith('{page}')", page)

    def identify(self, bank: int) -> None:
        """Let her pick a bank and identify herself there."""
        self.office.tap(f"button[name=provider_id][value='{bank}']")
        self.office.tap("form[action$='/login'] button")
        self.office.wait_for("form[action$='/accounts'] button", "the accounts")

    def agree(self) -> int:
        """Let her agree; return the connection she comes back to."""
        office = self.office
        office.tap("form[action$='/accounts'] button")
        office.tap("a.button.primary")
        office.wait(f"location.href.startsWith('{self.url}/odoo/')", "the way back")
        office.wait_for(START, "the connection")
        newest = self.camille.find("bridge.connection", [], "id", order="id desc")
        return newest[0]["id"]

    def accounts(self, connection: int) -> list[dict]:
        """Return what the accountant sees of a connection's accounts."""
        fields = ("journal_id", "last_fetch_at", "balance")
        fields += ("balance_difference", "history_start_date", "fetch_error")
        domain = [("connection_id", "=", connection)]
        return self.camille.find("bridge.account", domain, *fields)

    def start(self, connection: int) -> list[dict]:
        """Let her start a connection's accounts; return them once they were read."""
        self.office.tap(START)
        # Bridge may ask to call less often: the first fetch is then tried again.
        seconds = 2 * BOOKED_WITHIN

        def fed():
            accounts = self.accounts(connection)
            read = [a["last_fetch_at"] and not a["fetch_error"] for a in accounts]
            return all(read) and accounts

        accounts = eventually(fed, "the first lines, of all accounts", seconds)
        for account in accounts:
            mine = [("bridge_account_id", "=", account["id"])]
            account["lines"] = len(self.lines(mine))
            expect(account["lines"], f"no line came in: {account}")
            expect(not account["balance_difference"], f"balances differ: {account}")
        return accounts

    def typed_transfers(self):
        """Customers type transfers at their own banks"""
        yield "with the invoice's number: reconciled by itself"
        invoice = self.existing("Nadia Roux")
        number = invoice["name"]
        self.transfer(invoice["amount_residual"], f"Facture {number}", "NADIA ROUX")
        line = self.reconciled(self.paying(invoice), f"the payment of {number}")
        expect(self.see(invoice["id"])["payment_state"] == "paid", "not paid")
        yield f"“{line['payment_ref']}”: {line['match_note']}"

        yield "one transfer for three invoices, their numbers mangled: all paid"
        invoices = [
            self.invoice("Cabinet dentaire Aubrac", product, quantity)
            for product, quantity in (
                ("Applique « Aube », laiton", 1),
                ("Miroir rond, 80 cm", 2),
                ("Applique « Aube », laiton", 3),
            )
        ]
        first, second, third = (move["name"] for move in invoices)
        total = sum(move["amount_residual"] for move in invoices)
        label = (
            f"vos fact. {first.replace('/', '')},{second.replace('/', ' ')}"
            f"+{third.replace('/', '-').lower()} merci"
        )
        self.transfer(round(total, 2), label, "SELARL DR AUBRAC")
        line = self.reconciled(self.paying(invoices[0]), "the payment of the three")
        for move in invoices:
            expect(self.see(move["id"])["payment_state"] == "paid", "not all are paid")
        yield f"“{line['payment_ref']}”: {line['match_note']}"

        yield "with the reference of the paper, in pieces: reconciled by itself"
        invoice = self.existing("Librairie La Page Blanche")
        request = self.request(invoice)
        code = request["reference"].lower()
        label = f"librairie/{code[:4]} {code[4:]}/merci"
        self.transfer(request["amount_to_pay"], label, "LIBRAIRIE LA PAGE BLANCHE")
        line = self.reconciled(self.paying(invoice), "the bookshop's payment")
        yield f"“{line['payment_ref']}”: {line['match_note']}"

    def wrong_amount(self):
        """A transfer with a wrong amount"""
        yield "it is not booked; it waits with a reason"
        invoice = self.invoice("Sophie Lambert", "Miroir rond, 80 cm", 2)
        number = invoice["name"]
        short = invoice["amount_residual"] - 12.5
        self.transfer(short, f"facture {number}", "M DURAND PAUL")

        def waiting():
            found = self.lines([("payment_ref", "ilike", number)])
            return [line for line in found if line["match_state"] == "open"]

        line = eventually(waiting, "the transfer, examined", BOOKED_WITHIN)[0]
        expect(not line["is_reconciled"], "it was reconciled with a wrong amount")
        expect(line["match_suggestion_ids"], f"nothing is suggested: {line}")
        [best, *_others] = line["match_suggestion_ids"]
        reason = self.camille.read("bank.match.suggestion", best, "reason")["reason"]
        expect(number in reason, f"the reason is unclear: {reason}")
        yield reason

        yield "the accountant finds it in To Reconcile, and accepts"
        self.look(TO_RECONCILE, number, reason)
        row = f".o_reconcile_row[data-id='{line['id']}']"
        self.office.tap(row)
        self.office.wait_for(f"{row}.active", "the line")
        self.office.press("Enter")
        eventually(lambda: self.see(invoice["id"])["amount_residual"] == 12.5, "it")
        yield f"12.50 € are left to pay of {number}"

    def returned_transfer(self):
        """A transfer that goes back to its payer"""
        yield "a customer pays; it reconciles"
        invoice = self.invoice("Nadia Roux", "Miroir rond, 80 cm", 1)
        reference = self.request(invoice)["reference"]
        amount, end_to_end = invoice["amount_residual"], {"end_to_end_id": reference}
        sent = self.transfer(amount, reference, "NADIA ROUX", **end_to_end)
        self.reconciled(self.paying(invoice), "her payment")
        yield f"{invoice['name']} is paid"

        yield "her bank takes it back: the invoice is due again, with a task"
        self.world.do("bank/give-back", line=sent["id"])
        self.becomes(invoice, "not_paid", BOOKED_WITHIN)
        yield f"{invoice['name']} is due; “{self.task(invoice)}”"

    def nothing_left(self):
        """The end of the day"""
        yield "every transfer that was paid from a link is reconciled"
        admin, is_done = self.admin, [("state", "=", "done")]

        def done():
            return admin.find("payment.transaction", is_done, "payment_id")

        def unmatched():
            payments = [tx["payment_id"][0] for tx in done() if tx["payment_id"]]
            domain = [("id", "in", payments), ("is_matched", "=", False)]
            return admin.find("account.payment", domain, "name")

        eventually(lambda: not unmatched(), "the money of all of them", BOOKED_WITHIN)
        yield f"{len(done())} transfers"

        yield "the journal's balance is the bank's"
        accounts = admin.find("bridge.account", [], "balance", "balance_difference")
        expect(not any(a["balance_difference"] for a in accounts), f"{accounts}")
        yield ", ".join(f"{account['balance']:,.2f}" for account in accounts)
