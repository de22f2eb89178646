"""The operator's pages of the banks, and what drives them over HTTP."""

from ..control import action, all_of
from ..payment.banks import BANKS
from ..templating import page
from ..texts import Texts
from .banks import to_number
from .status import STATUSES
from .writing import KINDS, WRITINGS

SHOWN = 200
# values of a form that mean "as usual" when they are left empty
_TRANSFER = "label payer iban end_to_end_id account when kind text".split()
_LINE = "amount date label payer payer_iban end_to_end_id text".split()


# -- actions ------------------------------------------------------------------


@action
def connect(sim, values):
    """Do what a person does on the connect page at ``url`` (``outcome``, ...)."""
    options = _given(values, ("outcome", "accounts"))
    if values.get("bank"):
        options["bank"] = int(values["bank"])
    return {"callback": sim.connect(values["url"], **options)}


@action
def transfer(sim, values):
    """Make a plain transfer, as :meth:`Simulator.transfer`."""
    return sim.transfer(values["amount"], **_given(values, _TRANSFER))


@action
def refresh(sim, values):
    """Let Bridge read the bank of ``item`` now, by default of all."""
    return {"items": sim.refresh(values.get("item") or None)}


@action
def correct(sim, values):
    """Let the bank change ``transaction`` (or ``line``): ``amount``, ``label``, ..."""
    return sim.correct(_line(sim, values), **_given(values, _LINE))


@action
def delete(sim, values):
    """Let ``transaction`` (or ``line``) vanish at the bank."""
    return sim.delete(_line(sim, values))


@action
def reissue(sim, values):
    """Let the bank replace ``transaction`` (or ``line``) by its twin."""
    return sim.reissue(_line(sim, values))


@action
def give_back(sim, values):
    """Return ``transaction`` (or ``line``), a transfer received."""
    return sim.give_back(_line(sim, values))


@action
def expire_consent(sim, values):
    """Let the consent of ``item`` end in ``days``, by default now."""
    return sim.expire_consent(values["item"], float(values.get("days") or 0))


@action
def set_status(sim, values):
    """Give ``item`` a ``status``; 0 mends it."""
    return sim.set_item_status(values["item"], values["status"])


@action
def open_account(sim, values):
    """Open an account without lines, as :meth:`Simulator.open_account`."""
    options = dict(values)
    number, bank = options.pop("iban"), options.pop("bank", None)
    return sim.open_account(number, **({"bank": int(bank)} if bank else {}), **options)


@action
def close_account(sim, values):
    """Close ``account`` (IBAN or Bridge's id)."""
    sim.close_account(values["account"])
    return {}


@action
def payment_information(sim, values):
    """Say whether transactions tell the simulated payment they came from (``on``)."""
    with sim.lock:
        application = sim.application(values.get("client_id"))
        application.payment_information = values.get("on") in (True, "1", "true", "on")
        sim.store.dirty = True
        return {"on": application.payment_information}


def _given(values, names):
    return {name: values[name] for name in names if values.get(name) not in (None, "")}


def _line(sim, values):
    if values.get("transaction"):
        return sim.find_line(values["transaction"])
    return sim.store.feed.bank_lines[int(values["line"])]


# -- pages --------------------------------------------------------------------


def accounts_page(sim, request):
    """Connections, and the accounts of every bank with their balance."""
    with sim.lock:
        shared = {number for item in sim.items.values() for number in item["ibans"]}
        coming = [item for item in sim.store.credits if not item["booked"]]
        return page(
            "accounts.html",
            here="/account",
            t=Texts(request),
            items=list(map(_item_row, sim.items.values())),
            accounts=[
                {
                    "account": account,
                    "bank": BANKS[account["provider_id"]],
                    "balance": to_number(sim.feed.banks.balance(account)),
                    "lines": _newest(sim, account, 3),
                    "shared": account["iban"] in shared,
                }
                for account in sorted(
                    sim.bank_accounts.values(),
                    # those at work first
                    key=lambda account: (
                        account["iban"] not in shared,
                        account["provider_id"],
                    ),
                )
                if account["open"]
            ],
            coming=coming,
        )


def account_page(sim, request, iban):
    """One account: a transfer to it, and what can happen to its lines."""
    with sim.lock:
        try:
            account = sim.find_bank_account(iban)
        except KeyError:
            return page("missing.html", 404, here="/account", t=Texts(request))
        known = {transaction["line"] for transaction in sim.transactions_of(account)}
        return page(
            "account.html",
            here="/account",
            t=Texts(request),
            account=account,
            bank=BANKS[account["provider_id"]],
            balance=to_number(sim.feed.banks.balance(account)),
            coming=to_number(sim.feed.banks.balance(account, coming=True)),
            today=sim.feed.banks.today(),
            kinds=KINDS,
            lines=[
                {**line, "known": line["id"] in known}
                for line in _newest(sim, account, SHOWN)
            ],
        )


def _newest(sim, account, count):
    lines = sorted(
        sim.feed.banks.lines(account),
        key=lambda line: (line["date"], line["id"]),
        reverse=True,
    )
    writing = WRITINGS[account["provider_id"]]
    return [
        {
            **line,
            "amount": to_number(line["cents"]),
            "description": writing.describe(line),
        }
        for line in lines[:count]
    ]


def _item_row(item):
    return {
        "item": item,
        "bank": BANKS[item["provider_id"]],
        "status": STATUSES[item["status"]],
    }


ROUTES = [
    ("GET", "/account", accounts_page),
    ("GET", "/account/<iban>", account_page),
    ("POST", "/sim/bank/connect", connect),
    ("POST", "/sim/bank/transfer", transfer),
    ("POST", "/sim/bank/refresh", refresh),
    ("POST", "/sim/bank/correct", correct),
    ("POST", "/sim/bank/delete", delete),
    ("POST", "/sim/bank/reissue", reissue),
    ("POST", "/sim/bank/give-back", give_back),
    ("POST", "/sim/bank/expire-consent", expire_consent),
    ("POST", "/sim/bank/status", set_status),
    ("POST", "/sim/bank/open-account", open_account),
    ("POST", "/sim/bank/close-account", close_account),
    ("POST", "/sim/bank/payment-information", payment_information),
    *all_of("users", "items", "accounts", "transactions", "bank_accounts"),
]
