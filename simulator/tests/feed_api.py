"""A Bridge user of the account-information half, over HTTP only."""

import requests

BASE = "/v3/aggregation"
CALLBACK = "https://shop.example/bank/back?company=1"


class FeedApi:
    """Calls ``/v3/aggregation`` for one user of an application."""

    def __init__(self, api, external_user_id="org_12"):
        self.api = api
        self.sim = api.sim
        self.uuid = self.post("/users", {"external_user_id": external_user_id}).json()[
            "uuid"
        ]
        self.renew()

    def renew(self):
        answer = self.post("/authorization/token", {"user_uuid": self.uuid}).json()
        self.token = answer["access_token"]
        return answer

    @property
    def headers(self):
        token = getattr(self, "token", None)
        bearer = {"Authorization": f"Bearer {token}"} if token else {}
        return {**self.api.headers, **bearer}

    def call(self, method, path, **options):
        path = path if path.startswith("/v3") else BASE + path
        headers = {**self.headers, **options.pop("headers", {})}
        return requests.request(
            method, self.sim.url + path, headers=headers, timeout=5, **options
        )

    def get(self, path, **query):
        return self.call("GET", path, params=query)

    def post(self, path, body):
        return self.call("POST", path, json=body)

    def session(self, **body):
        body = {
            "user_email": "camille@boutique.example",
            "callback_url": CALLBACK,
            "context": "c-1",
            "account_types": "all",
            **body,
        }
        answer = self.post("/connect-sessions", body)
        assert answer.status_code == 201, answer.text
        return answer.json()["url"]

    def connect(self, outcome="success", *, body=None, **options):
        """Connect a bank; return the item's id."""
        self.sim.connect(self.session(**(body or {})), outcome, **options)
        return max(item["id"] for item in self.items())

    def items(self):
        return self.get("/items").json()["resources"]

    def accounts(self, **query):
        return self.get("/accounts", **query).json()["resources"]

    def transactions(self, **query):
        """Return the transactions of all pages."""
        path, found = "/transactions", []
        while path:
            answer = self.get(path, **query)
            assert answer.status_code == 200, answer.text
            found += answer.json()["resources"]
            path, query = answer.json()["pagination"].get("next_uri"), {}
        return found
