import hashlib

from odoo.tests import tagged

from ..common.page_case import PageCase
from ..common.payment_request import (
    CLIENT_SECRET,
    WEBHOOK_SECRET,
)


@tagged("post_install", "-at_install")
class TestPageSecurity(PageCase):
    """What somebody with an address, or without, gets from the pages."""

    def test_guessed_tokens_find_nothing_and_all_get_the_same_answer(self):
        token = self.create_request().token
        guesses = {
            "another one": token[::-1],
            "truncated": token[:-1],
            "longer": token + "a",
            "one character off": ("b" if token[0] != "b" else "c") + token[1:],
            "wildcard": token[:-1] + "_",
            "percent": "%25" * len(token),
            "SQL": "'%20OR%20'1'='1",
            "SQL of the right length": "'%20OR%201=1%20--%20%20%20%20%20%20%20%20%20",
            "not ASCII": "%C3%A9" * len(token),
            "look-alike": token[:-1] + "%D0%B0",
            "NUL": token + "%00",
            "number": "1",
            "False": "False",
            "digest": hashlib.sha256(token.encode()).hexdigest(),
        }
        answers = set()
        for name, guess in guesses.items():
            with self.subTest(name):
                response = self.visit(f"/pay/{guess}")
                self.assertEqual(response.status_code, 404)
                answers.add(response.text)
        self.assertEqual(len(answers), 1)
        self.assertEqual(self.visit(f"/pay/{token}").status_code, 200)

    def test_guessed_token_opens_none_of_the_pages(self):
        request = self.create_request()
        guess = request.token[:-1] + ("a" if request.token[-1] != "a" else "b")
        for page in (
            "",
            "/status",
            "/bank",
            "/return",
            "/logo",
            "/qr.png",
            "/invoice/0",
            "/receipt",
            "/other",
        ):
            with self.subTest(page):
                self.assertEqual(self.visit(f"/pay/{guess}{page}").status_code, 404)
        posted = self.visit(f"/pay/{guess}/bank", data={"option": "due"})
        self.assertEqual(posted.status_code, 404)
        self.assertFalse(request.transaction_ids)
        self.assertFalse(self.sim.links)

    def test_id_or_reference_of_a_request_opens_nothing(self):
        request = self.create_request()
        for guess in (request.id, request.reference, request.reference.lower()):
            self.assertEqual(self.visit(f"/pay/{guess}").status_code, 404)

    def test_return_with_other_peoples_ids_reads_nothing_of_theirs(self):
        ours = self.create_request()
        our_tx = self.start(ours)
        theirs = self.pay(self.create_request(partner=self.company_customer))
        attempt = self.sim.store.requests_of(self.link(theirs))[0]
        self.visit(
            f"/pay/{ours.token}/return?status=success"
            f"&payment_link_id={theirs.provider_reference}"
            f"&payment_request_id={attempt['id']}"
        )
        self.assertEqual((our_tx.state, ours.state), ("draft", "valid"))
        self.assertEqual(theirs.state, "draft")
        self.assert_nothing_booked(our_tx, theirs)

    def test_return_that_claims_success_books_nothing(self):
        request = self.create_request()
        tx = self.start(request)
        for query in (
            f"status=success&payment_link_id={tx.provider_reference}",
            f"status=ACSC&amount=120&payment_link_id={tx.provider_reference}",
        ):
            self.visit(f"/pay/{request.token}/return?{query}")
            self.visit(f"/payment/bridge/return?{query}")
        self.assertEqual((tx.state, request.state), ("draft", "valid"))
        self.assert_nothing_booked(tx)

    def test_core_return_with_strange_ids_does_nothing(self):
        tx = self.start(self.create_request())
        for value in ("", "'%20OR%201=1", "../../providers", "%00", "é"):
            with self.subTest(value):
                response = self.visit(f"/payment/bridge/return?payment_link_id={value}")
                self.assertEqual(response.status_code, 303)
        self.assertEqual(tx.state, "draft")

    def test_amount_in_the_form_changes_nothing(self):
        request = self.create_request(120.0)
        response = self.visit(
            f"/pay/{request.token}/bank",
            data={
                "option": "due",
                "amount": "1.00",
                "amount_cents": "100",
                "share": "1",
                "currency": "USD",
                "currency_id": "1",
                "partner_id": str(self.company_customer.id),
                "payment_request_id": "1",
                "invoice_ids": "1",
            },
        )
        self.assertEqual(response.status_code, 303)
        tx = request.transaction_ids
        self.assertEqual(len(tx), 1)
        self.assertEqual(tx.amount, 120.0)
        self.assertEqual(tx.partner_id, self.customer)
        self.assertEqual(tx.invoice_ids, request.line_ids.move_id)
        (transfer,) = self.link(tx)["transactions"]
        self.assertEqual((transfer["amount"], transfer["currency"]), (120.0, "EUR"))

    def test_options_that_are_not_offered_open_no_journey(self):
        request = self.create_request(120.0)
        for option in ("1.00", "all' OR 1=1", "0", "", "__class__", "none"):
            with self.subTest(option):
                response = self.visit(
                    f"/pay/{request.token}/bank", data={"option": option}
                )
                self.assertEqual(response.status_code, 303)
                self.assertIn(f"/pay/{request.token}", response.headers["Location"])
        self.assertFalse(request.transaction_ids)
        self.assertFalse(self.sim.links)

    def test_payer_is_sent_to_bridge_only(self):
        request = self.create_request(120.0)
        response = self.visit(
            f"/pay/{request.token}/bank",
            data={"option": "due", "callback_url": "https://evil.example", "url": "x"},
        )
        self.assertTrue(response.headers["Location"].startswith(self.sim.url))
        callback = self.link(request.transaction_ids)["callback_url"]
        self.assertEqual(callback, f"{request.url}/return")

    def test_page_holds_neither_ids_nor_secrets(self):
        request = self.create_request()
        page = self.visit(f"/pay/{request.token}").text
        for secret in (CLIENT_SECRET, WEBHOOK_SECRET, request.token_digest):
            self.assertNotIn(secret, page)

    def test_every_answer_has_the_safe_headers(self):
        request = self.create_request()
        answers = {
            "page": self.open(request),
            "status": self.open(request, "status"),
            "picture": self.open(request, "qr.png"),
            "redirection": self.open(request, "bank"),
            "other means": self.open(request, "other"),
            "unknown": self.url_open("/pay/abcdefghjkmnpqrstuvw"),
        }
        for name, answer in answers.items():
            with self.subTest(name):
                headers = answer.headers
                self.assertEqual(headers["Referrer-Policy"], "no-referrer")
                self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
                self.assertEqual(headers["X-Robots-Tag"], "noindex, nofollow")
                if name != "picture":
                    self.assertEqual(headers["Cache-Control"], "no-store")
                if name in ("page", "unknown"):
                    policy = headers["Content-Security-Policy"]
                    self.assertIn("default-src 'none'", policy)
                    self.assertIn("frame-ancestors 'none'", policy)
                    self.assertNotIn("unsafe", policy)
                    self.assertNotIn("session_id", answer.cookies)

    def test_an_unknown_token_gets_the_same_page_without_any_information(self):
        request = self.create_request()
        expected = self.url_open("/pay/abcdefghjkmnpqrstuvw")
        self.assertEqual(expected.status_code, 404)
        self.assertNotIn("Boutique Exemple", expected.text)
        guesses = [
            request.token[:-1],
            request.token + "x",
            request.token[:-1] + ("a" if request.token[-1] != "a" else "b"),
            "%20",
            "é" * 20,
            "' OR 1=1 --",
        ]
        for guess in guesses:
            for part in (
                "",
                "/status",
                "/logo",
                "/qr.png",
                "/transfer.png",
                "/invoice/0",
                "/receipt",
                "/other",
                "/return",
            ):
                with self.subTest(guess=guess, part=part):
                    answer = self.url_open(f"/pay/{guess}{part}")
                    self.assertEqual(answer.status_code, 404)
                    self.assertEqual(answer.text, expected.text)
        answer = self.url_open(
            f"/pay/{guesses[0]}/bank", data={"option": "due"}, allow_redirects=False
        )
        self.assertEqual(answer.status_code, 404)
        self.assertFalse(self.sim.links)

    def test_no_word_in_the_query_takes_the_place_of_the_request(self):
        request = self.create_request()
        response = self.open(request, params={"pay_request": "1", "token": "2"})
        self.assertEqual(response.status_code, 200)
        self.assertIn("Pay", response.text)

    def test_a_token_typed_in_capitals_is_found(self):
        request = self.create_request()
        answer = self.url_open(f"/pay/{request.token.upper()}")
        self.assertIn("120.00", answer.text)

    def test_the_amount_is_never_taken_from_the_form(self):
        request = self.create_request(120.0)
        tx = self.tapped(request, option="due", amount="0.01", currency_id="1")
        self.assertEqual(tx.amount, 120.0)
        self.assertEqual(self.link(tx)["transactions"][0]["amount"], 120.0)

    def test_an_option_of_ones_own_opens_nothing(self):
        request = self.create_request()
        for option in ("0.01", "all", "", "due' --"):
            answer = self.tap(request, option=option)
            self.assertEqual(answer.status_code, 303)
            self.assertEqual(answer.headers["Location"], self.path(request))
        self.assertFalse(request.transaction_ids)
        self.assertFalse(self.sim.links)

    def test_a_return_with_other_peoples_ids_reads_only_our_own(self):
        mine, other = self.create_request(50.0), self.create_request(70.0)
        other_tx = self.pay(other, "acsc")
        link = self.link(other_tx)
        self.open(mine, f"return?payment_link_id={link['id']}&status=success")
        self.assertEqual(other_tx.state, "draft")
        self.assertFalse(mine.transaction_ids)
        self.assertEqual(mine.state, "valid")
