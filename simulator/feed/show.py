"""JSON of users, items, accounts and transactions, as Bridge shows them."""

from .status import STATUSES

_ACCOUNT = (
    "id name type currency_code iban pro item_id provider_id data_access"
    " last_refresh_status updated_at"
).split()
_TRANSACTION = (
    "id account_id amount currency_code date booking_date transaction_date"
    " value_date updated_at clean_description provider_description operation_type"
    " category_id deleted future bridge_payment_information"
).split()
_ITEM = (
    "id provider_id status account_types created_at last_successful_refresh"
    " last_try_refresh authentication_expires_at"
).split()


def show_user(user):
    """Return a user as read."""
    return {"uuid": user["uuid"], "external_user_id": user["external_user_id"]}


def show_token(user, token):
    """Return a token as granted."""
    return {
        "access_token": token["access_token"],
        "expires_at": token["expires_at"],
        "user": show_user(user),
    }


def show_item(item, language="en"):
    """Return a connection as read, its status described in ``en`` or ``fr``."""
    info, english, french = STATUSES[item["status"]]
    return {
        **{name: item[name] for name in _ITEM},
        "status_code_info": info,
        "status_code_description": french if language == "fr" else english,
    }


def show_account(sim, account):
    """Return an account as read."""
    balance = sim.feed.reading.told_balance(account, "balance")
    return {
        **{name: account[name] for name in _ACCOUNT},
        "balance": balance,
        "accounting_balance": balance,
        "instant_balance": sim.feed.reading.told_balance(account, "instant_balance"),
        "iban_filled_manually": False,
    }


def show_transaction(transaction):
    """Return a transaction as read."""
    return {name: transaction[name] for name in _TRANSACTION}
