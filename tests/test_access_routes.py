"""Who is not meant gets nothing by a route, whatever id or token they try.

The routes are found in the routing map: one that is added is walked as well.
"""

from odoo.tests import tagged
from odoo.tools import mute_logger

from .common.feed_case import FeedCase
from .common.page_case import PageCase
from .common.payment_request import CLIENT_SECRET, IBAN, WEBHOOK_SECRET
from .common.reminder_case import ReminderCase

MODULE = "odoo.addons.account_payment_request."


@tagged("post_install", "-at_install")
class TestAccessRoutes(ReminderCase, FeedCase, PageCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        other = cls.setup_other_company(name="Autre Boutique")["company"]
        cls.outsiders = {
            "public": None,
            "other customer": cls.make_user("buyer", "base.group_portal", other),
            "employee": cls.make_user("employee", "base.group_user", cls.company),
            "foreign manager": cls.make_user(
                "boss", "account.group_account_manager", other
            ),
        }

    def setUp(self):
        super().setUp()
        self.connection, _url = self.open_page()
        invoice = self.overdue(1234.57)
        self.request = self.request_of(invoice)
        self.tx = self.start(self.request)
        self.remind(invoice)
        self.reminder = self.find(invoice)
        self.deliver_mails(self.reminder)

    def rules(self):
        """Return the routes that the addon adds or changes."""
        found = [
            rule
            for rule in self.env["ir.http"].routing_map().iter_rules()
            if rule.endpoint.func.__module__.startswith(MODULE)
        ]
        self.assertGreater(len(found), 12)
        return found

    def addresses(self, rule):
        """Yield addresses of a route with ids of ours and tokens that are not a
        request's."""
        tokens = ("0" * 20, "a" * 20, self.request.token[::-1], self.connection.token)
        ids = (self.reminder.id, self.bridge.id, self.tx.id, 0, 1)
        for token in tokens:
            for number in ids:
                path = rule.rule
                for name, converter in rule._converters.items():
                    number_wanted = type(converter).__name__ == "IntegerConverter"
                    value = number if number_wanted else token
                    path = path.replace(f"<int:{name}>", str(value))
                    path = path.replace(f"<string:{name}>", str(value))
                yield (
                    f"{path}?context={self.connection.token}"
                    f"&payment_link_id={self.request.token}&option=all"
                )
                if not any(
                    "Integer" in type(c).__name__ for c in rule._converters.values()
                ):
                    break

    def secrets(self):
        return {
            CLIENT_SECRET,
            WEBHOOK_SECRET,
            IBAN,
            "1234.57",
            "1,234.57",
            self.request.reference,
            self.request.move_id.name,
            self.customer.email,
            self.tx.provider_reference,
        }

    def test_no_route_serves_an_outsider(self):
        wrong, walked = [], 0
        before = (self.connection.read(), self.reminder.read(), self.tx.read())
        with mute_logger(
            "odoo.http", "werkzeug", f"{MODULE}controllers.transfer.bridge"
        ):
            for who, user in self.outsiders.items():
                self.authenticate(user and user.login, user and user.login)
                for rule in self.rules():
                    methods = (rule.methods or {"GET", "POST"}) & {"GET", "POST"}
                    for address in set(self.addresses(rule)):
                        for method in sorted(methods):
                            data = {"option": "due"} if method == "POST" else None
                            answer = self.visit(address, data=data)
                            walked += 1
                            seen = {s for s in self.secrets() if s in answer.text}
                            if seen or answer.status_code >= 500:
                                wrong.append(
                                    f"{method} {address} as {who}: "
                                    f"{answer.status_code} {sorted(seen)}"
                                )
        self.assertGreater(walked, 200)
        self.assertFalse(wrong, "\n" + "\n".join(wrong))
        self.env.invalidate_all()
        self.assertEqual(
            before, (self.connection.read(), self.reminder.read(), self.tx.read())
        )

    def test_the_portal_serves_the_customer_it_belongs_to(self):
        """What the walk looks for is there for whoever may see it."""
        self.portal_user.partner_id = self.customer
        self.authenticate(self.portal_user.login, self.portal_user.login)
        page = self.visit(f"/my/reminders/{self.reminder.id}").text
        self.assertIn(self.request.move_id.name, page)
