"""What the simulated Bridge knows, and its copy on disk."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from .feed.store import FeedStore
from .payment.banks import DEMO_IBAN

DEFAULT_BENEFICIARY = {"company_name": "Boutique Exemple", "iban": DEMO_IBAN}


@dataclass
class Application:
    """One customer's application: credentials, webhook and allowed domains.

    ``webhook_secrets``: newest first, two at most while one rotates.
    ``allowed_domains``: where payers may be sent back to; empty: anywhere.
    ``payment_information``: whether transactions read from a bank tell the simulated
    payment they came from.
    """

    client_id: str
    client_secret: str
    webhook_url: str | None = None
    webhook_secrets: list = field(default_factory=lambda: ["sim-webhook"])
    allowed_domains: list = field(default_factory=list)
    beneficiary: dict = field(default_factory=lambda: dict(DEFAULT_BENEFICIARY))
    dynamic_beneficiary: bool = True
    payment_information: bool = False

    def __post_init__(self):
        self.webhook_secrets = list(self.webhook_secrets)[:2]

    def allows_domain(self, host):
        """Return whether payers may be sent back to ``host``."""
        if not self.allowed_domains:
            return True
        return any(
            host == domain or (domain.startswith("*.") and host.endswith(domain[1:]))
            for domain in map(str.lower, self.allowed_domains)
        )


class Store:
    """Applications, links, requests, credits and the feed; plain values, easy to save.

    Not locked: the simulator's lock is held by whoever comes here.
    """

    def __init__(self):
        self.applications = {}
        self.links = {}
        self.requests = {}
        self.credits = []
        self.feed = FeedStore()
        self.dirty = False
        self._last = 0

    def number(self):
        """Return the next number of the order of creation."""
        self._last += 1
        return self._last

    def link_by_token(self, token):
        """Return the link whose pay page is ``token``, or None."""
        return next((x for x in self.links.values() if x["token"] == token), None)

    def requests_of(self, link):
        """Return the requests made on ``link``, oldest first."""
        return [
            request
            for request in self.requests.values()
            if request["payment_link_id"] == link["id"]
        ]

    def save(self, path, now):
        """Write everything to ``path`` in one step, ``now`` being the clock's text."""
        state = {
            "now": now,
            "last": self._last,
            "applications": [asdict(item) for item in self.applications.values()],
            "links": self.links,
            "requests": self.requests,
            "credits": self.credits,
            "feed": self.feed.as_dict(),
        }
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(path.name + ".part")
        draft.write_text(json.dumps(state, ensure_ascii=False), encoding="utf-8")
        draft.chmod(0o600)
        os.replace(draft, path)
        self.dirty = False

    def load(self, path):
        """Read what :meth:`save` wrote; return the clock's text, None without file."""
        try:
            state = json.loads(Path(path).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        for values in state["applications"]:
            self.applications[values["client_id"]] = Application(**values)
        self._last = state["last"]
        self.links.update(state["links"])
        self.requests.update(state["requests"])
        self.credits.extend(state["credits"])
        self.feed.load(state.get("feed", {}))
        return state["now"]
