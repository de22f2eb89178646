"""Accounts at the simulated banks: the truth that Bridge reads from time to time."""

from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from ..payment.banks import BANKS, DEMO_BANK, DEMO_IBAN
from . import history, iban
from .writing import KINDS

CURRENCIES = {"GB": "GBP"}

SAVINGS_IBAN = iban.french("30006", "00001", "12345678932")
EURO_IBAN = iban.french("30099", "00020", "00020401077")
DOLLAR_IBAN = iban.french("30099", "00020", "00020401102")

# the one account that every other bank has: national account numbers
_ELSEWHERE = {
    9101: iban.french("39101", "00001", "00000091010"),
    9102: iban.french("39102", "00001", "00000091020"),
    9103: iban.french("39103", "00001", "00000091030"),
    9104: iban.french("39104", "00001", "00000091040"),
    9105: iban.french("39105", "00001", "00000091050"),
    9201: iban.make("ES", "91010418450200051332"),
    9202: iban.make("DE", "370400440532013000"),
    9203: iban.make("GB", "SIMB60161331926819"),
    9204: iban.make("GB", "SIMB60161331926820"),
    9301: iban.belgian("5390075470"),
    9302: iban.make("NL", "SIMU0417164300"),
}


def to_cents(amount):
    """Return an amount of major units (number or text) as integer cents.

    :raises ValueError: no number, or more than two decimals
    """
    try:
        cents = Decimal(str(amount).replace(",", ".").replace(" ", "")).scaleb(2)
        if cents.is_finite() and cents == cents.to_integral_value():
            return int(cents)
    except InvalidOperation:
        pass
    raise ValueError(f"{amount!r} is not an amount of whole cents")


def to_number(cents):
    """Return integer cents as the number of major units in JSON."""
    return cents // 100 if cents % 100 == 0 else float(Decimal(cents).scaleb(-2))


def to_day(when):
    """Return a date, a datetime or ISO text as an ISO date."""
    if isinstance(when, datetime):
        return when.date().isoformat()
    if isinstance(when, date):
        return when.isoformat()
    return date.fromisoformat(str(when)[:10]).isoformat()


def compact(number):
    """Return an account number without spaces, in capitals."""
    return "".join(str(number).split()).upper()


class Banks:
    """Every account of every bank, by IBAN, and the lines on it.

    ``on_line(account)`` is called after each change.
    """

    def __init__(self, store, clock):
        self._store = store
        self._feed = store.feed
        self._clock = clock
        self.on_line = lambda account: None

    # -- accounts ------------------------------------------------------------

    def open(
        self,
        number,
        provider_id=DEMO_BANK,
        *,
        name="Compte courant",
        type="checking",
        currency="EUR",
        balance=0,
        pro=True,
        tells_iban=True,
    ):
        """Open an account without lines (in place of one that has the number).

        :param str number: its IBAN
        :param balance: what stands on it, in major units
        :param str type: ``checking`` or ``card`` for payment accounts, ``savings``...
        :param bool tells_iban: whether the bank tells Bridge the number
        """
        if provider_id not in BANKS:
            raise KeyError(provider_id)
        account = {
            "iban": compact(number),
            "provider_id": provider_id,
            "name": name,
            "type": type,
            "currency": currency,
            "pro": pro,
            "tells_iban": tells_iban,
            "open": True,
            "opening": to_cents(balance),
            "lines": [],
        }
        former = self._feed.bank_accounts.pop(account["iban"], None)
        if former:
            account["lines"] = self._emptied(former)
        self._feed.bank_accounts[account["iban"]] = account
        self._store.dirty = True
        return account

    def _emptied(self, account):
        """Delete the lines of an account; return those that Bridge has read."""
        read = {item["line"] for item in self._feed.transactions.values()}
        for line_id in account["lines"]:
            if line_id in read:
                self._feed.bank_lines[line_id]["deleted"] = True
            else:
                del self._feed.bank_lines[line_id]
        return [line_id for line_id in account["lines"] if line_id in read]

    def find(self, number):
        """Return the account with this IBAN.

        :raises KeyError: there is none
        """
        return self._feed.bank_accounts[compact(number)]

    def at(self, provider_id, account_types="all"):
        """Return the open accounts of a bank; ``payment``: payment accounts only."""
        return [
            account
            for account in self._feed.bank_accounts.values()
            if account["provider_id"] == provider_id
            and account["open"]
            and (account_types == "all" or account["type"] in ("checking", "card"))
        ]

    def lines(self, account):
        """Return the lines of an account in order of arrival, deleted ones too."""
        return [self._feed.bank_lines[line_id] for line_id in account["lines"]]

    def balance(self, account, coming=False):
        """Return the cents on the account today, with ``coming`` the later ones too."""
        today = self.today()
        return account["opening"] + sum(
            line["cents"]
            for line in self.lines(account)
            if not line["deleted"] and (coming or line["date"] <= today)
        )

    def today(self):
        """Return today's ISO date."""
        return self._clock.now().date().isoformat()

    # -- lines ---------------------------------------------------------------

    def post(
        self,
        account,
        amount,
        label="",
        *,
        payer="",
        payer_iban=None,
        end_to_end_id=None,
        kind=None,
        when=None,
        text=None,
        payment=None,
    ):
        """Put a line on ``account`` and return it.

        :param amount: major units, negative for a debit
        :param str kind: ``sepa``, ``instant``, ``out`` or ``return`` (came back); by
            default ``sepa`` or, for a debit, ``out``
        :param when: day on which it counts, today by default; a later one is coming
        :param str text: what the bank prints, instead of what it makes of the rest
        :param dict payment: ids at Bridge of the payment that it came from
        """
        cents = to_cents(amount)
        if not cents:
            raise ValueError("the amount is zero")
        kind = kind or ("sepa" if cents > 0 else "out")
        if kind not in KINDS:
            raise ValueError(f"unknown kind of line: {kind}")
        line = {
            "id": self._store.number(),
            "iban": account["iban"],
            "cents": cents,
            "kind": kind,
            "date": to_day(when) if when else self.today(),
            "made_on": min(to_day(when), self.today()) if when else self.today(),
            "payer": str(payer),
            "payer_iban": payer_iban and compact(payer_iban),
            "label": str(label),
            "end_to_end_id": end_to_end_id,
            "text": text,
            "payment": payment,
            "deleted": False,
        }
        self._feed.bank_lines[line["id"]] = line
        account["lines"].append(line["id"])
        self._changed(account)
        return line

    def receive(self, credit):
        """Put a simulated payment on the account it went to, if a bank here has it."""
        account = self._feed.bank_accounts.get(compact(credit["beneficiary_iban"]))
        if not account or not account["open"]:
            return None
        if account["currency"] != credit["currency"]:
            return None
        return self.post(
            account,
            credit["amount"],
            # a state saved by an older version lacks some members
            credit.get("text", credit["label"]),
            payer=credit["payer"],
            payer_iban=credit.get("payer_iban"),
            end_to_end_id=credit["end_to_end_id"],
            kind=credit.get("kind"),
            # where the delays are shortened the money is there before its day
            when=min(credit["date"], self.today()),
            payment={
                key: credit[key]
                for key in (
                    "client_id",
                    "payment_link_id",
                    "payment_request_id",
                    "payment_transaction_id",
                )
            },
        )

    def give_back(self, line):
        """Post the return of a transfer received: the same, as a debit."""
        account = self._feed.bank_accounts[line["iban"]]
        return self.post(
            account,
            to_number(-line["cents"]),
            line["label"],
            payer=line["payer"],
            payer_iban=line["payer_iban"],
            end_to_end_id=line["end_to_end_id"],
            kind="return",
        )

    def correct(self, line, values):
        """Change a line as banks do: ``amount``, ``date``, ``label``, ``payer``, ...

        ``text`` is the whole description; without it the bank writes it anew.

        :raises ValueError: no such value, or not a possible one
        """
        values = dict(values)
        if "amount" in values:
            values["cents"] = to_cents(values.pop("amount"))
            if not values["cents"]:
                raise ValueError("the amount is zero")
        if "date" in values:
            values["date"] = to_day(values["date"])
        possible = {"cents", "date", "payer", "payer_iban", "label", "text"}
        possible.add("end_to_end_id")
        if unknown := set(values) - possible:
            raise ValueError(f"a line has no {', '.join(sorted(unknown))}")
        line.update(values)
        self._changed(self._feed.bank_accounts[line["iban"]])

    def delete(self, line):
        """Let a line vanish."""
        line["deleted"] = True
        self._changed(self._feed.bank_accounts[line["iban"]])

    def reissue(self, line):
        """Replace a line by a new one that says the same; return the new one."""
        account = self._feed.bank_accounts[line["iban"]]
        line["deleted"] = True
        twin = {**line, "id": self._store.number(), "deleted": False}
        self._feed.bank_lines[twin["id"]] = twin
        account["lines"].append(twin["id"])
        self._changed(account)
        return twin

    def _changed(self, account):
        self._store.dirty = True
        self.on_line(account)

    # -- the start -----------------------------------------------------------

    def seed(self):
        """Open the accounts that every simulated world starts with."""
        today = self._clock.now().date()
        self.open(DEMO_IBAN, name="Compte courant professionnel", balance="21480.35")
        self.open(SAVINGS_IBAN, name="Livret pro", type="savings", balance=25000)
        self.open(EURO_IBAN, 9107, name="Compte courant euros", balance="8120.40")
        self.open(
            DOLLAR_IBAN,
            9107,
            name="Compte courant dollars",
            currency="USD",
            balance="14250",
        )
        for provider_id, number in _ELSEWHERE.items():
            currency = CURRENCIES.get(BANKS[provider_id]["country_code"], "EUR")
            self.open(number, provider_id, currency=currency, balance=5000)
        numbers = {
            "main": DEMO_IBAN,
            "savings": SAVINGS_IBAN,
            "euros": EURO_IBAN,
            "dollars": DOLLAR_IBAN,
        }
        for name, day, amount, text in history.lines(today):
            account = self._feed.bank_accounts[numbers[name]]
            self.post(account, amount, when=day, text=text)
