"""Whatever somebody sends to one of our addresses, the answer is in words.

The addresses are found by introspection: a new one is tried without a word here.
"""

import inspect
import json
import re
from contextlib import contextmanager
from itertools import product
from unittest.mock import patch
from urllib.parse import quote

from odoo.tests import new_test_user, tagged

from ...controllers import limits
from ...models.feed.bridge_connection import CONNECT_PATH
from ..common.page_case import PageCase

MODULE = "odoo.addons.account_payment_request."
HOSTILE = (
    "",
    "NaN",
    "-Infinity",
    "-1",
    "0",
    "9" * 400,
    "words",
    "é\u202e😀",
    "nul\x00nul",
    "' OR 1=1 --",
    "[]",
    "x" * 5000,
)
# What JSON can say beside.
SHAPES = (
    None,
    True,
    -1,
    0,
    10**30,
    1e308,
    float("nan"),
    float("inf"),
    [],
    [1],
    {},
    {"id": 1},
    "\ud800",
)


def own_routes(env):
    """Return our routes as dicts: `path`, `methods`, `is_json`, and the `names` of what
    they take from a query or form."""
    found = []
    for rule in env["ir.http"].routing_map().iter_rules():
        endpoint = inspect.unwrap(rule.endpoint.func)
        if not endpoint.__module__.startswith(MODULE):
            continue
        named = [
            parameter.name
            for parameter in inspect.signature(endpoint).parameters.values()
            if parameter.kind == parameter.POSITIONAL_OR_KEYWORD
            and parameter.name != "self"
        ]
        routing = rule.endpoint.routing
        found.append(
            {
                "path": rule.rule,
                "methods": sorted(routing["methods"] or ["GET", "POST"]),
                "is_json": routing["type"] == "jsonrpc",
                "names": [*named],
            }
        )
    return found


@tagged("post_install", "-at_install")
class TestHostileInput(PageCase):
    def setUp(self):
        super().setUp()
        self.request = self.create_request()
        self.start(self.request)
        # Nobody is told to wait here: each value must get as far as it can.
        generous = dict.fromkeys(limits.LIMITS, (10**6, 10**6))
        self.startPatcher(patch.dict(limits.LIMITS, generous))

    def fill(self, path, values):
        """Return ``path`` with our token and these values in it."""

        def value(match):
            converter, _colon, name = match[1].rpartition(":")
            if name == "token":
                return self.request.token
            if name in values:
                return str(values[name])
            return "1" if converter == "int" else "due"

        return re.sub(r"<([^>]+)>", value, path)

    @contextmanager
    def no_traceback(self):
        with (
            self.assertNoLogs("odoo.http", "ERROR"),
            self.assertNoLogs("odoo.sql_db", "ERROR"),
        ):
            yield

    def test_we_know_our_routes(self):
        paths = {route["path"] for route in own_routes(self.env)}
        for path in (
            "/pay/<string:token>",
            "/pay/<string:token>/bank",
            "/pay/<string:token>/transaction/<string:option>",
            "/payment/bridge/webhook/<int:provider_id>",
            "/payment/bridge/return",
            "/my/reminders",
            CONNECT_PATH,
        ):
            self.assertIn(path, paths)

    def test_no_value_of_any_parameter_breaks_a_route(self):
        new_test_user(
            self.env,
            login="hostile",
            password="hostile-password",
            groups="account.group_account_manager",
            company_id=self.company.id,
        )
        self.authenticate("hostile", "hostile-password")
        routes = [route for route in own_routes(self.env) if not route["is_json"]]
        with self.no_traceback():
            for route in routes:
                strange = product(("self", "unknown"), HOSTILE[:1])
                for name, value in (*product(route["names"], HOSTILE), *strange):
                    with self.subTest(route["path"], name=name, value=value[:20]):
                        self._try(route, name, value)

    def _try(self, route, name, value):
        """Send a value in the address, or in query and form, or a file in its place."""
        ways = [{"params": {name: value}, "data": {name: value}}]
        if value == HOSTILE[0]:
            ways.append({"files": {name: ("a.txt", value)}})
        address = self.fill(route["path"], {})
        if re.search(rf"<(?:\w+:)?{name}>", route["path"]):
            if not value.isdecimal() and f"<int:{name}>" in route["path"]:
                return
            address = self.fill(route["path"], {name: quote(value, safe="")})
            ways = [{}]
        for method, way in product(route["methods"], ways):
            response = self.opener.request(
                method,
                self.base_url() + address,
                allow_redirects=False,
                timeout=30,
                **way,
            )
            self.assertLess(response.status_code, 500)

    def test_no_value_breaks_a_json_route(self):
        good = self.other_means(flow="direct")
        addresses = [
            self.fill(route["path"], {})
            for route in own_routes(self.env)
            if route["is_json"]
        ]
        self.assertTrue(addresses)
        values = (*HOSTILE, *SHAPES)
        with self.no_traceback():
            address = addresses[0]
            strange = product(("self", "unknown"), values[:1])
            for name, value in (*product((*good, "option"), values), *strange):
                with self.subTest(address, name=name, value=ascii(value)[:20]):
                    self.assert_in_words(self.send({**good, name: value}, address))
            for name in good:
                with self.subTest(f"without {name}"):
                    some = {key: good[key] for key in good if key != name}
                    for address in addresses:
                        self.assert_in_words(self.send(some, address))

    def send(self, params, address=None):
        """Send JSON-RPC; return the error that is answered, None if there is none."""
        answer = self.url_open(
            address or self.path(self.request, "transaction"),
            data=json.dumps({"params": params}),
            headers={"Content-Type": "application/json"},
        )
        self.assertEqual(answer.status_code, 200)
        return answer.json().get("error")

    def assert_in_words(self, error):
        if error:
            self.assertTrue(error["data"]["message"])
            self.assertIn(
                error["data"]["name"].rpartition(".")[2],
                ("ValidationError", "BadRequest"),
            )

    def test_good_values_are_taken(self):
        self.assertIsNone(self.send(self.other_means(flow="direct")))

    def test_amount_that_is_none_is_an_amount_that_changed(self):
        for amount in ("NaN", float("inf"), "", None, "words", -120, 10**400, [120]):
            with self.subTest(str(amount)[:20]):
                error = self.send(self.other_means(flow="direct", amount=amount))
                self.assertIn("The amount has changed", error["data"]["message"])
