import json
from datetime import timedelta
from unittest.mock import patch

from lxml import html

from odoo import Command, fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...bridge.client import BridgeClient
from ..common.page_case import PageCase
from ..common.payment_request import IBAN

CLIENT_LOGGER = "odoo.addons.account_payment_request.bridge.transport"
PAGE_LOGGER = "odoo.addons.account_payment_request.models.request.payment_request_page"


@tagged("post_install", "-at_install")
class TestPayPage(PageCase):
    def test_the_page_says_who_asks_what_for_how_much_and_until_when(self):
        request = self.create_request(
            1234.5, self.company_customer, invoice_date_due="2030-01-31"
        )
        text, tree = self.page(request)
        self.assertIn("Boutique Exemple", text)
        self.assertIn("To be paid by Société Générique", text)
        self.assertEqual(
            tree.find_class("amount")[0].text_content(), "1,234.50\N{NO-BREAK SPACE}€"
        )
        self.assertIn("Due on January 31, 2030", text)
        self.assertIn(request.line_ids.move_id.name, text)
        self.assertIn(self.company.email, text)
        self.assertEqual(len(tree.xpath("//form[@method='post']//button")), 2)

    def test_the_page_works_without_script_and_loads_nothing_from_elsewhere(self):
        content = self.open(self.create_request()).text
        tree = html.fromstring(content)
        for attribute in ("src", "href", "action", "formaction"):
            for value in tree.xpath(f"//@{attribute}"):
                self.assertTrue(
                    value.startswith(("/", "data:", "mailto:", "tel:")), value
                )
        self.assertFalse(tree.xpath("//*[@style or @onclick or @onload]"))
        self.assertFalse(tree.xpath("//script[not(@src)] | //style"))
        self.assertLess(len(content), 40_000)

    # Opened

    def test_only_a_person_outside_the_company_opens_the_request(self):
        request = self.create_request()
        for headers in (
            {"User-Agent": "WhatsApp/2.23.20.0"},
            {"User-Agent": "facebookexternalhit/1.1"},
            {"Sec-Purpose": "prefetch"},
            {"Sec-Fetch-Site": "cross-site"},
        ):
            self.open(request, headers=headers)
            self.open(request, "opened", data={}, headers=headers)
            self.assertFalse(request.opened_at, headers)
        self.open(request, method="HEAD")
        self.assertFalse(request.opened_at)
        self.authenticate("request_accountant", "request_accountant")
        self.open(request, "opened", data={})
        self.assertFalse(request.opened_at)
        self.authenticate(None, None)
        answer = self.open(request, "opened", method="POST")
        self.assertEqual((answer.status_code, answer.text), (204, ""))
        self.assertTrue(request.opened_at)

    def test_the_page_alone_is_no_proof_that_a_person_read_it(self):
        request = self.create_request()
        for agent in ("python-requests/2.32", "", "curl/8.5", "Go-http-client/2.0"):
            self.open(request, headers={"User-Agent": agent})
            self.open(request, "status", headers={"User-Agent": agent})
        self.open(request)
        self.assertFalse(request.opened_at)

    def test_whoever_taps_the_button_has_opened_it(self):
        request = self.create_request()
        self.tap(request)
        self.assertTrue(request.opened_at)

    def test_showing_the_page_makes_no_call_and_no_transaction(self):
        request = self.create_request()
        with patch.object(BridgeClient, "call", side_effect=AssertionError) as call:
            answer = self.open(request)
        self.assertEqual(answer.status_code, 200)
        self.assertFalse(call.called)
        self.assertFalse(request.transaction_ids)

    # Language and text

    def test_the_page_speaks_the_payers_language_then_their_browsers(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.customer.lang = "fr_FR"
        request = self.create_request()
        text, tree = self.page(request, headers={"Accept-Language": "en"})
        self.assertEqual(tree.get("lang"), "fr-FR")
        self.assertIn("120,00", text)
        self.customer.lang = False
        _text, tree = self.page(
            request, headers={"Accept-Language": "de,fr;q=0.8,en;q=0.5"}
        )
        self.assertEqual(tree.get("lang"), "fr-FR")
        _text, tree = self.page(request, headers={"Accept-Language": "en-GB,fr;q=0.5"})
        self.assertEqual(tree.get("lang"), "en-US")

    def test_names_and_labels_cannot_inject_markup(self):
        attack = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
        self.customer.name = attack
        self.company.write({"name": attack, "phone": attack})
        request = self.create_deposit(description=attack)
        for parts in ((), ("other",)):
            answer = self.open(request, *parts)
            self.assertEqual(answer.status_code, 200)
            self.assertNotIn("<script>alert", answer.text)
            self.assertNotIn("<img src=x", answer.text)

    def test_what_is_late_is_said_kindly(self):
        yesterday = fields.Date.today() - timedelta(days=1)
        request = self.create_request(
            invoice_date=yesterday, invoice_date_due=yesterday
        )
        text, _tree = self.page(request)
        self.assertIn("It was due on", text)
        self.assertIn("please disregard this", text)

    # Amounts

    def test_two_amounts_due_are_a_choice(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "30 % now, the rest in 60 days",
                "line_ids": [
                    Command.create(
                        {"value": "percent", "value_amount": 30, "nb_days": 0}
                    ),
                    Command.create(
                        {"value": "percent", "value_amount": 70, "nb_days": 60}
                    ),
                ],
            }
        )
        request = self.create_request(1000.0, invoice_payment_term_id=term.id)
        _text, tree = self.page(request)
        radios = tree.xpath("//input[@type='radio']")
        self.assertEqual([radio.get("value") for radio in radios], ["due", "all"])
        self.assertEqual(len(tree.xpath("//input[@type='radio'][@checked]")), 1)
        self.assertEqual(self.tapped(request, option="all").amount, 1000.0)
        self.assertEqual(self.tapped(request, option="due").amount, 300.0)

    def test_above_the_ceiling_the_page_says_how_many_transfers_it_takes(self):
        request = self.create_request(80_000.0)
        text, _tree = self.page(request)
        self.assertIn("3 transfers", text)
        self.assertIn("35,000.00 € now", text)
        self.assertIn("45,000.00", text)
        self.assertEqual(self.tapped(request).amount, 35_000.0)

    def test_another_currency_offers_no_bank_and_says_why(self):
        request = self.create_request(
            currency_id=self.env.ref("base.USD").id, partner=self.company_customer
        )
        text, tree = self.page(request)
        self.assertFalse(tree.xpath("//button[@data-wait]"))
        self.assertIn("in euros only", text)
        self.assertTrue(tree.xpath("//button[@formaction]"))
        self.assertEqual(self.tap(request).status_code, 409)
        self.assertFalse(self.sim.links)

    def test_the_details_of_a_transfer_carry_our_reference(self):
        request = self.create_request()
        text, tree = self.page(request)
        self.assertIn(request.reference, text)
        self.assertIn(IBAN, tree.xpath("//button/@data-copy"))
        picture = self.open(request, "transfer.png")
        self.assertEqual(picture.headers["Content-Type"], "image/png")
        self.assertTrue(picture.content.startswith(b"\x89PNG"))

    # At the bank

    def test_a_double_click_opens_one_bank_link(self):
        request = self.create_request()
        first, second = self.tap(request), self.tap(request)
        self.assertEqual(first.headers["Location"], second.headers["Location"])
        self.assertEqual(len(self.sim.links), 1)
        self.assertEqual(len(request.transaction_ids), 1)

    @mute_logger(CLIENT_LOGGER, PAGE_LOGGER)
    def test_when_bridge_is_down_the_payer_reads_it_and_nothing_is_lost(self):
        request = self.create_request()
        self.sim.stop()
        answer = self.tap(request)
        self.assertEqual(answer.status_code, 409)
        self.assertIn("Nothing was paid", answer.text)
        self.assertIn("Pay from my bank", answer.text)

    def test_the_way_to_the_bank_cannot_be_reloaded(self):
        request = self.create_request()
        answer = self.open(request, "bank")
        self.assertEqual(answer.headers["Location"], self.path(request))
        self.assertFalse(self.sim.links)

    # Coming back

    def test_back_from_the_bank_the_payer_reads_that_it_is_paid(self):
        request = self.create_request()
        tx = self.tapped(request)
        self.sim.pay(tx.provider_reference, "acsc")
        answer = self.open(request, "return?status=success")
        self.assertEqual(answer.headers["Location"], self.path(request))
        self.assert_booked(tx)
        text, tree = self.page(request)
        self.assertIn("Thank you, it is paid", text)
        self.assertFalse(tree.xpath("//form"))
        self.assertEqual(self.open(request, "receipt").status_code, 200)
        self.assertEqual(self.tap(request).headers["Location"], self.path(request))
        self.assertEqual(len(self.sim.links), 1)

    def test_a_return_is_believed_only_as_far_as_bridge_confirms_it(self):
        request = self.create_request()
        tx = self.tapped(request)
        answer = self.open(request, "return?status=success")
        self.assertEqual(tx.state, "draft")
        text, _tree = self.follow(answer)
        self.assertIn("We are checking with your bank", text)
        self.assertIn(tx.reference, text)
        self.assertNotIn("it is paid", text)

    def test_a_pending_transfer_shows_a_page_that_waits(self):
        request = self.create_request()
        tx = self.tapped(request)
        self.sim.pay(tx.provider_reference, "pdng-acsc")
        self.open(request, "return?status=success")
        text, tree = self.page(request)
        self.assertIn("Your transfer is on its way", text)
        self.assertIn("you can close this page", text)
        self.assertIn(tx.reference, text)
        self.assertFalse(tree.xpath("//form"))
        waiting = tree.xpath("//*[@data-status]")[0]
        state = json.loads(self.open(request, "status").content)["state"]
        self.assertEqual(state, waiting.get("data-state"))
        self.sim.settle(tx.provider_reference)
        self.settle_all()
        state = json.loads(self.open(request, "status").content)["state"]
        self.assertEqual(state, "paid")

    def test_a_part_that_was_paid_is_thanked_for_and_the_rest_is_asked(self):
        request = self.create_request(80_000.0)
        tx = self.tapped(request)
        self.sim.pay(tx.provider_reference, "acsc")
        answer = self.open(request, "return?status=success")
        self.assertEqual(answer.headers["Location"], self.path(request))
        text, tree = self.follow(answer)
        self.assertIn("We received 35,000.00 €, thank you", text)
        self.assertTrue(
            tree.find_class("amount")[0].text_content().startswith("45,000")
        )
        tx = self.tapped(request)
        self.sim.pay(tx.provider_reference, "pdng-acsc")
        text, _tree = self.follow(self.open(request, "return?status=success"))
        self.assertIn("A transfer of 35,000.00 € is already on its way", text)

    def test_a_refusal_says_why_and_lets_the_payer_try_again(self):
        request = self.create_request()
        tx = self.tapped(request)
        self.sim.pay(tx.provider_reference, "pdng-rjct")
        self.open(request, "return?status=success")
        self.sim.settle(tx.provider_reference)
        self.settle_all()
        text, tree = self.page(request)
        self.assertIn("Your bank refused the transfer", text)
        self.assertIn(tx._bridge_reason_text(), text)
        self.assertTrue(tree.xpath("//*[@role='alert']"))
        again = self.tapped(request)
        self.assertNotEqual(again, tx)
        self.sim.pay(again.provider_reference, "acsc")
        self.open(request, "return")
        self.assertIn("it is paid", self.page(request)[0])

    def test_who_leaves_the_bank_reads_that_nothing_was_paid(self):
        request = self.create_request()
        tx = self.tapped(request)
        self.sim.pay(tx.provider_reference, "abort")
        answer = self.open(request, "return?status=abort&step=banks_list")
        self.assertEqual(answer.headers["Location"], self.path(request) + "?back=left")
        text, tree = self.follow(answer)
        self.assertIn("Nothing was paid", text)
        self.assertTrue(tree.xpath("//button[@data-wait]"))

    @mute_logger(CLIENT_LOGGER, PAGE_LOGGER)
    def test_when_bridge_is_down_the_returning_payer_is_asked_to_wait(self):
        request = self.create_request()
        tx = self.tapped(request)
        self.sim.pay(tx.provider_reference, "acsc")
        self.sim.stop()
        answer = self.open(request, "return?status=success")
        text, tree = self.follow(answer)
        self.assertIn("We are checking with your bank", text)
        self.assertIn("do not pay a second time", text)
        refresh = tree.xpath("//meta[@http-equiv='refresh']/@content")[0]
        self.assertIn(self.path(request, "return?check=2"), refresh)
        # It gives up asking by itself after a while, and says so.
        text, tree = self.page(request, "?back=checking&check=6")
        self.assertIn("has not answered yet", text)
        self.assertFalse(tree.xpath("//meta[@http-equiv='refresh']"))

    # States

    def test_a_withdrawn_request_says_not_to_pay(self):
        request = self.create_request()
        request.action_revoke()
        text, tree = self.page(request)
        self.assertIn("was withdrawn", text)
        self.assertIn(self.company.email, text)
        self.assertFalse(tree.xpath("//form"))

    def test_an_expired_request_says_whom_to_ask(self):
        request = self.create_request()
        request.expiry_date = fields.Date.today() - timedelta(days=2)
        text, tree = self.page(request)
        self.assertIn("has expired", text)
        self.assertIn(self.company.email, text)
        self.assertFalse(tree.xpath("//form"))
        self.assertEqual(self.tap(request).status_code, 303)
        self.assertFalse(self.sim.links)

    def test_an_invoice_put_back_to_draft_asks_for_nothing(self):
        request = self.create_request()
        request.line_ids.move_id.button_draft()
        text, tree = self.page(request)
        self.assertIn("There is nothing to pay", text)
        self.assertFalse(tree.xpath("//form"))
        self.assertFalse(tree.xpath("//a[contains(@href, '/invoice/')]"))

    def test_an_invoice_paid_otherwise_is_paid_here_too(self):
        request = self.create_request()
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=request.line_ids.move_id.ids
        ).create({})._create_payments()
        text, tree = self.page(request)
        self.assertIn("it is paid", text)
        self.assertFalse(tree.xpath("//form"))
        self.assertEqual(self.open(request, "receipt").status_code, 404)

    # Files

    def test_only_the_invoices_asked_for_can_be_downloaded(self):
        mine, other = self.create_request(), self.create_request()
        self.assertEqual(self.open(mine, "invoice", "0").status_code, 200)
        other_id = str(other.line_ids.move_id.id)
        for index in ("1", "-1", "99999999999999999999", other_id):
            self.assertEqual(self.open(mine, "invoice", index).status_code, 404, index)

    def test_the_logo_is_that_of_the_company_that_asks(self):
        request = self.create_request()
        self.company.logo = self.env.ref("payment.payment_method_card").image
        answer = self.open(request, "logo")
        self.assertTrue(answer.headers["Content-Type"].startswith("image/"))
        self.assertIn("private", answer.headers["Cache-Control"])
        self.assertIn(self.path(request, "logo"), self.open(request).text)

    # Script

    def test_the_script_respects_the_policy_and_sends_the_form_once(self):
        request = self.create_request()
        self.env.flush_all()
        self.browser_js(
            self.path(request),
            """
            const form = document.querySelector("form[data-bank]");
            let sent = 0;
            form.addEventListener("submit", (event) => {
                if (!event.defaultPrevented) {
                    sent += 1;
                    event.preventDefault();
                }
            });
            const button = form.querySelector("[data-wait]");
            button.click();
            button.click();
            if (sent !== 1) {
                console.error(`sent ${sent} times`);
            }
            if (button.getAttribute("aria-disabled") !== "true") {
                console.error("the button does not show that it waits");
            }
            console.log("test successful");
            """,
            ready="document.readyState === 'complete'",
        )

    # Other means of payment (one class: loading a chart of accounts takes longest)

    def offer(self, request, **params):
        """Ask for a transaction of another provider, as core's form does."""
        self.env.flush_all()
        answer = self.url_open(
            self.path(request, "transaction"),
            json={
                "params": {
                    **self.other_means(),
                    "landing_route": "https://attacker.example",
                    "is_validation": False,
                    "access_token": "",
                    "payment_reference": "",
                    **params,
                }
            },
        ).json()
        self.env.invalidate_all()
        return answer

    def test_core_form_offers_the_other_providers_only(self):
        request = self.create_request()
        _text, tree = self.page(request, "other")
        codes = tree.xpath("//input[@name='o_payment_radio']/@data-provider-id")
        self.assertEqual(codes, [str(self.dummy_provider.id)])
        form = tree.xpath("//form[@id='o_payment_form']")[0]
        self.assertEqual(form.get("data-amount"), "120.0")
        self.assertEqual(form.get("data-landing-route"), self.path(request))

    def test_who_holds_the_link_pays_the_requests_amount_for_its_payer(self):
        request = self.create_request()
        self.assertIn("result", self.offer(request))
        tx = request.transaction_ids
        self.assertEqual(tx.amount, 120.0)
        self.assertEqual(tx.partner_id, self.customer)
        self.assertEqual(tx.invoice_ids, request.line_ids.move_id)
        self.assertEqual(tx.landing_route, self.path(request))
        self.assertFalse(tx.tokenize)

    @mute_logger("odoo.http")
    def test_what_the_browser_makes_up_is_refused(self):
        request = self.create_request()
        token = self._create_token(partner_id=self.customer.id)
        cases = {
            "another amount": {"amount": 0.01},
            "Bridge outside its own route": {"provider_id": self.bridge.id},
            "another provider": {"provider_id": 10**6},
            "an unknown value": {"company_id": 1},
            "the payer's saved card": {"flow": "token", "token_id": token.id},
        }
        for name, params in cases.items():
            with self.subTest(name):
                self.assertIn("error", self.offer(request, **params))
                self.assertFalse(request.transaction_ids)

    @mute_logger("odoo.http")
    def test_a_withdrawn_request_takes_no_other_payment(self):
        request = self.create_request()
        request.action_revoke()
        self.assertIn("error", self.offer(request))
        self.assertFalse(request.transaction_ids)
        answer = self.open(request, "other")
        self.assertEqual(answer.headers["Location"], self.path(request))

    def test_saved_cards_are_shown_to_nobody_who_only_holds_the_link(self):
        request = self.create_request()
        self._create_token(partner_id=self.customer.id, payment_details="4242")
        self.assertNotIn("4242", self.open(request, "other").text)
