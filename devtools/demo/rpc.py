"""Odoo as a logged-in user calls it, and the simulator: both over HTTP."""

import itertools

import requests

TIMEOUT = 60


class RpcError(Exception):
    """Odoo refused a call; the text is what the user would be told."""


class Odoo:
    """A session of one user, over the calls that Odoo's own web client makes.

    :ivar session: whose cookies make a browser this user
    :raises RpcError: when the login is refused
    """

    def __init__(self, url: str, database: str, login: str, password: str):
        self._url = url
        self.session = requests.Session()
        self._numbers = itertools.count(1)
        credentials = {"db": database, "login": login, "password": password}
        user = self._post("/web/session/authenticate", credentials)
        if not user.get("uid"):
            raise RpcError(f"{login} cannot log in")
        self.uid = user["uid"]
        # Users of the portal have none to choose from.
        self.company = user.get("user_companies", {}).get("current_company")
        self._context = {**user["user_context"], "allowed_company_ids": [self.company]}

    def call(self, model: str, method: str, *arguments, context=None, **keywords):
        """Call a method of a model.

        :raises RpcError: with the message of Odoo's exception
        """
        keywords["context"] = {**self._context, **(context or {})}
        values = {"model": model, "method": method}
        values |= {"args": arguments, "kwargs": keywords}
        return self._post(f"/web/dataset/call_kw/{model}/{method}", values)

    def read(self, model: str, identifier: int, *fields: str) -> dict:
        """Return fields of one record."""
        return self.call(model, "read", [identifier], fields)[0]

    def find(self, model: str, domain: list, *fields: str, order: str = "id") -> list:
        """Return fields of the records of a domain."""
        return self.call(
            model, "search_read", domain=domain, fields=fields, order=order
        )

    def _post(self, path: str, params: dict):
        body = {"jsonrpc": "2.0", "method": "call", "params": params}
        body["id"] = next(self._numbers)
        response = self.session.post(self._url + path, json=body, timeout=TIMEOUT)
        response.raise_for_status()
        answer = response.json()
        if error := answer.get("error"):
            data = error.get("data") or {}
            raise RpcError(f"{path}: {data.get('message') or error['message']}")
        return answer.get("result")


class World:
    """The simulator's own truth and levers, and the inbox."""

    def __init__(self, url: str):
        self.url = url

    def get(self, path: str):
        """Return the JSON of a page of the simulator."""
        return self._ask("GET", path).json()

    def do(self, action: str, **values):
        """Pull one of the simulator's levers, e.g. ``settle``."""
        return self._ask("POST", f"/sim/{action}", json=values).json()

    def file(self, message: int, index: int) -> bytes:
        """Return the content of a file attached to a mail."""
        return self._ask("GET", f"/inbox/{message}/file/{index}").content

    def messages(self, kind: str, recipient: str, after: int = 0) -> list[dict]:
        """Return mails or SMS to someone, newest first, that came after a number."""
        return [
            message
            for message in self.get("/inbox.json")
            if message["kind"] == kind
            and message["id"] > after
            and any(recipient in to for to in message["to"])
        ]

    def _ask(self, method: str, path: str, **options):
        response = requests.request(method, self.url + path, timeout=TIMEOUT, **options)
        response.raise_for_status()
        return response
