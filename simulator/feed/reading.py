"""What Bridge reads from a bank at a refresh: accounts, balances, transactions."""

from .banks import to_number
from .writing import WRITINGS, clean


class Reading:
    """Compares the bank with what Bridge knows. Runs with the lock held."""

    def __init__(self, store, faults, banks):
        self._store = store
        self._feed = store.feed
        self._faults = faults
        self._banks = banks

    def read(self, item, now):
        """Read what the bank shows; return the events of it."""
        events = []
        known = {acc["bank_iban"]: acc for acc in self._feed.accounts_of(item)}
        shown = {
            bank_account["iban"]: bank_account
            for bank_account in self._banks.at(item["provider_id"])
            if bank_account["iban"] in item["ibans"]
        }
        for number, account in known.items():
            if number not in shown and account["data_access"] == "enabled":
                account["data_access"] = "disabled"
                account["updated_at"] = now
                events.append(("item.account.deleted", {"account_id": account["id"]}))
        for number, bank_account in shown.items():
            account = known.get(number)
            is_new = account is None
            if is_new:
                account = self._new_account(item, bank_account)
                events.append(("item.account.created", {"account_id": account["id"]}))
            counts = self._read_lines(item, account, bank_account, now)
            moved = self._read_balance(account, bank_account)
            came_back = account["data_access"] != "enabled"
            account["data_access"] = "enabled"
            account["last_refresh_status"] = "successful"
            if is_new or moved or came_back or any(counts.values()):
                account["updated_at"] = now
                content = {"account_id": account["id"], **counts}
                events.append(("item.account.updated", content))
        for event, content in events:
            if event != "item.account.deleted":
                account = self._feed.accounts[content["account_id"]]
                content["balance"] = self.told_balance(account, "balance")
        return events

    def told_balance(self, account, name):
        """Return a balance as Bridge reports it."""
        wrong = round(self._faults.wrong_balance * 100)
        return to_number(account[name] + wrong)

    def _new_account(self, item, bank_account):
        number = self._store.number()
        account = {
            "id": 9_000_000 + number,
            "number": number,
            "user_uuid": item["user_uuid"],
            "item_id": item["id"],
            "provider_id": item["provider_id"],
            "bank_iban": bank_account["iban"],
            "iban": bank_account["iban"] if bank_account["tells_iban"] else None,
            "name": bank_account["name"],
            "type": bank_account["type"],
            "currency_code": bank_account["currency"],
            "pro": bank_account["pro"],
            "balance": 0,
            "instant_balance": 0,
            "data_access": "enabled",
            "last_refresh_status": "successful",
            "updated_at": None,
            # line at the bank -> transaction
            "transactions": {},
        }
        self._feed.accounts[account["id"]] = account
        return account

    def _read_balance(self, account, bank_account):
        """Read the balances, in cents; return whether they changed."""
        balances = {
            "balance": self._banks.balance(bank_account),
            "instant_balance": self._banks.balance(bank_account, coming=True),
        }
        moved = any(account[name] != cents for name, cents in balances.items())
        account.update(balances)
        return moved

    def _read_lines(self, item, account, bank_account, now):
        """Read the lines; return how many are new, changed, gone."""
        new = updated = deleted = 0
        for line in self._banks.lines(bank_account):
            transaction_id = account["transactions"].get(str(line["id"]))
            if transaction_id is None:
                if line["deleted"] or line["date"] < (item["history_from"] or ""):
                    continue
                self._new_transaction(item, account, line, now)
                new += 1
                continue
            transaction = self._feed.transactions[transaction_id]
            content = self._content(item, account, line)
            if all(transaction[key] == value for key, value in content.items()):
                continue
            gone = content["deleted"] and not transaction["deleted"]
            transaction.update(content, updated_at=now)
            deleted += gone
            updated += not gone
        return {
            "nb_new_transactions": new,
            "nb_updated_transactions": updated,
            "nb_deleted_transactions": deleted,
        }

    def _new_transaction(self, item, account, line, now):
        number = self._store.number()
        transaction = {
            "id": 33_000_000_000_000 + number,
            "number": number,
            "user_uuid": item["user_uuid"],
            "account_id": account["id"],
            "line": line["id"],
            "updated_at": now,
            **self._content(item, account, line),
        }
        self._feed.transactions[transaction["id"]] = transaction
        account["transactions"][str(line["id"])] = transaction["id"]

    def _content(self, item, account, line):
        """Return what Bridge tells of a line at the bank."""
        writing = WRITINGS[item["provider_id"]]
        dates = {name: line["date"] for name in writing.dates}
        if "transaction_date" in dates:
            dates["transaction_date"] = line["made_on"]
        return {
            "amount": to_number(line["cents"]),
            "currency_code": account["currency_code"],
            "date": line["date"],
            "booking_date": dates.get("booking_date"),
            "transaction_date": dates.get("transaction_date"),
            "value_date": dates.get("value_date"),
            "clean_description": clean(line),
            "provider_description": writing.describe(line),
            "operation_type": "transfer" if not line["text"] else "unknown",
            "category_id": 283 if line["cents"] > 0 else 276,
            "deleted": line["deleted"],
            "future": line["date"] > self._banks.today(),
            "bridge_payment_information": self._payment(item, line),
        }

    def _payment(self, item, line):
        """Return the payment that Bridge itself found the line to be, or None."""
        payment = line["payment"]
        application = self._store.applications[item["client_id"]]
        if not payment or not application.payment_information:
            return None
        if payment["client_id"] != item["client_id"]:
            return None
        return {key: value for key, value in payment.items() if key != "client_id"}
