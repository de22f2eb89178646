"""Whatever stands below a link's address answers what its page shows, and no more.

The routes are found in Odoo's routing map: one that is added is walked without a word
here, and one that does not declare its part is missed by the page that shows it.
"""

from datetime import timedelta
from unittest.mock import patch

from lxml import html

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...controllers.request import pay_http
from ..common.page_case import PageCase

# They say no more than the state of the page, and lead back to it.
ALWAYS = {"", "status", "logo", "return", "bank"}
UNKNOWN = "abcdefghjkmnpqrstuvw"


def _same(method):
    return method


@tagged("post_install", "-at_install")
class TestPageParts(PageCase):
    def setUp(self):
        super().setUp()
        self.company.logo = self.env.ref("payment.payment_method_card").image

    def routes(self):
        """Return what stands below an address: path and how it is asked for."""
        found = {}
        for rule in self.env["ir.http"].routing_map().iter_rules():
            head, separator, path = rule.rule.partition("/pay/<string:token>")
            if not head and separator:
                path = path.removeprefix("/").replace("<int:index>", "0")
                path = path.replace("<string:option>", "due")
                kind = rule.endpoint.routing["type"]
                methods = (rule.methods or {"POST"}) - {"HEAD", "OPTIONS"}
                found |= {(path, method): kind for method in methods}
        self.assertGreater(len(found), 10)
        return found

    def requests(self):
        """Return a request in each state that a page can have, and the page's own."""
        yesterday = fields.Date.today() - timedelta(days=1)
        revoked, expired, cancelled, drafted, credited = (
            self.create_request() for _number in range(5)
        )
        revoked.action_revoke()
        expired.expiry_date = yesterday - timedelta(days=1)
        invoice = cancelled.line_ids.move_id
        invoice.button_draft()
        invoice.button_cancel()
        drafted.line_ids.move_id.button_draft()
        credited.line_ids.move_id._reverse_moves(cancel=True)
        in_progress = self.pay(self.create_request(), "pdng-acsc").payment_request_id
        in_progress._refresh_transactions()
        paid, long_ago = (
            self.pay(self.create_request()).payment_request_id for _number in range(2)
        )
        for request in (paid, long_ago):
            request._refresh_transactions()
            request.transaction_ids._post_process()
        long_ago.paid_date -= timedelta(days=self.company.payment_request_file_days)
        moves = self.create_invoice(50.0) | self.create_invoice(70.0)
        self.give_pdf(*moves)
        requests = self.env["payment.request"].sudo()
        several = requests.create(requests._prepare_for_moves(moves))
        return {
            "pay": (self.create_request(), "pay"),
            "several": (several, "pay"),
            "in progress": (in_progress, "in_progress"),
            "paid": (paid, "paid"),
            "paid long ago": (long_ago, "paid"),
            "expired": (expired, "expired"),
            "revoked": (revoked, "revoked"),
            "cancelled": (cancelled, "nothing_due"),
            "reset to draft": (drafted, "nothing_due"),
            "credited": (credited, "nothing_due"),
        }

    def shown(self, request):
        """Return which paths below its address the page of a request shows."""
        tree = html.fromstring(self.open(request).content)
        names = ("href", "src", "action", "formaction", "data-status", "data-opened")
        prefix = f"{self.path(request)}/"
        return {
            value.removeprefix(prefix)
            for name in names
            for value in tree.xpath(f"//@{name}")
            if value.startswith(prefix)
        }

    def ask(self, request, path, method, kind):
        """Return whether a route gives what only it can give."""
        if kind == "jsonrpc":
            values = {"params": self.other_means()}
            answer = self.visit(self.path(request, path), json=values)
            return "result" in answer.json()
        data = {"option": "due"} if method == "POST" else None
        answer = self.open(request, path, method=method, data=data)
        if answer.status_code == 303:
            return not answer.headers["Location"].startswith(self.path(request))
        if answer.status_code == 404:
            text = " ".join(html.fromstring(answer.content).text_content().split())
            self.assertIn(self.company.email, text, "it does not say whom to ask")
        return answer.status_code in (200, 204)

    @mute_logger("odoo.http")
    def test_every_route_answers_what_the_page_shows(self):
        routes = self.routes()
        seen = set()
        for name, (request, state) in self.requests().items():
            self.assertEqual(request._get_page_state(), state, name)
            shown = self.shown(request)
            seen |= shown
            self.assertIn("logo", shown, name)
            for (path, method), kind in routes.items():
                # The form of the other means shows the way to its transaction.
                shower = "other" if path.startswith("transaction") else path
                if path in ALWAYS and method == "GET":
                    continue
                with self.subTest(name, path=path, method=method):
                    gives = self.ask(request, path, method, kind)
                    self.assertEqual(gives, shower in shown)
        paths = {path for path, _method in routes if not path.startswith("transaction")}
        # A page shows the way back while it waits for the bank, as none here does.
        self.assertEqual(paths - seen, {"", "return"}, "nobody is led there")

    def test_files_are_for_those_whom_the_page_shows_them(self):
        expected = {
            "pay": {"invoice/0", "transfer.png", "qr.png", "other", "bank"},
            "in progress": {"invoice/0", "status"},
            "several": {
                "invoice/0",
                "invoice/1",
                "invoices",
                "transfer.png",
                "qr.png",
                "other",
                "bank",
            },
            "paid": {"invoice/0", "receipt"},
        }
        for name, (request, _state) in self.requests().items():
            with self.subTest(name):
                shown = self.shown(request) - {"logo", "opened"}
                self.assertEqual(shown, expected.get(name, set()))

    def test_a_route_without_a_part_answers_nothing(self):
        request = self.create_request()
        called = []
        with (
            patch.object(pay_http, "words_route", lambda *_paths, **_routing: _same),
            patch.object(pay_http, "find_request", lambda _token: request),
            patch.object(pay_http, "respond_not_offered", lambda _request: "refused"),
        ):
            for part in (None, "page"):
                route = pay_http.pay_route("/new", part=part)(
                    lambda *_arguments, part=part: called.append(part)
                )
                self.assertEqual(
                    route(None, request.token), None if part else "refused"
                )
        self.assertEqual(called, ["page"])

    def test_an_unknown_link_gives_nothing_at_all(self):
        expected = self.url_open(f"/pay/{UNKNOWN}").text
        for (path, method), kind in self.routes().items():
            with self.subTest(path, method=method):
                if kind == "jsonrpc":
                    continue
                data = {"option": "due"} if method == "POST" else None
                answer = self.visit(f"/pay/{UNKNOWN}/{path}", method=method, data=data)
                self.assertEqual(answer.status_code, 404)
                if path:
                    self.assertEqual(answer.text, expected)
