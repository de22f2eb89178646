"""What is known of users, connections, accounts and banks: plain values."""

# collection -> the member that is its key
_KEYS = {
    "users": "uuid",
    "tokens": "access_token",
    "sessions": "token",
    "items": "id",
    "accounts": "id",
    "transactions": "id",
    "bank_accounts": "iban",
    "bank_lines": "id",
}


class FeedStore:
    """Dictionaries by key, one for each kind of thing."""

    def __init__(self):
        self.users = {}
        self.tokens = {}
        self.sessions = {}
        self.items = {}
        self.accounts = {}
        self.transactions = {}
        self.bank_accounts = {}
        self.bank_lines = {}

    def as_dict(self):
        """Return everything as lists: JSON knows no keys but texts."""
        return {name: list(getattr(self, name).values()) for name in _KEYS}

    def load(self, state):
        """Load what :meth:`as_dict` returned."""
        for name, key in _KEYS.items():
            things = getattr(self, name)
            for thing in state.get(name, ()):
                things[thing[key]] = thing

    def items_of(self, user):
        """Return the connections of ``user``, oldest first."""
        return [x for x in self.items.values() if x["user_uuid"] == user["uuid"]]

    def accounts_of(self, item):
        """Return the accounts of ``item``, oldest first."""
        return [x for x in self.accounts.values() if x["item_id"] == item["id"]]
