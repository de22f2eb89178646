from urllib.parse import parse_qs, urlsplit

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..common.request_case import RequestCase


@tagged("post_install", "-at_install")
class TestPaymentRequestSharing(RequestCase):
    def test_what_cannot_be_paid_is_not_sent(self):
        request = self.create_request()
        request.action_revoke()
        for action in ("action_send_email", "action_send_sms", "action_share_whatsapp"):
            with self.assertRaises(UserError):
                getattr(request, action)()

    def test_a_request_is_sent_by_email_with_its_button(self):
        request = self.create_request(120.0)
        composer = self.compose(request.action_send_email())
        with self.mock_mails() as mails:
            composer._action_send_mail()
        self.assertEqual(len(mails), 1)
        self.assertIn(request.url, mails[0]["body"])
        self.assertIn(self.customer.email, mails[0]["email_to"][0])
        self.assertIn("120.00", mails[0]["body"])
        # The chatter tells it.
        self.assertIn(request.url, "".join(request.message_ids.mapped("body")))

    def test_many_requests_are_sent_by_email_each_with_its_own_link(self):
        requests = self.create_request(10.0)
        requests |= self.create_request(20.0, self.company_customer)
        composer = self.compose(requests.action_send_email())
        with self.mock_mails() as mails:
            composer._action_send_mail()
        self.assertEqual(len(mails), 2)
        for request in requests:
            (mail,) = (
                mail
                for mail in mails
                if request.partner_id.email in mail["email_to"][0]
            )
            self.assertIn(request.url, mail["body"])
            self.assertNotIn((requests - request).url, mail["body"])

    def test_an_sms_leaves_to_the_number_in_international_form(self):
        request = self.create_request()
        with self.mock_sms() as sent:
            self.compose(request.action_send_sms())._action_send_sms()
        ((number, content),) = sent
        self.assertEqual(number, "+33612345678")
        self.assertIn(request.url, content)
        self.assertIn("120.00", content)

    def test_no_sms_leaves_to_a_number_that_is_none(self):
        self.customer.phone = "12"
        request = self.create_request()
        with self.mock_sms() as sent, self.assertRaises(UserError):
            self.compose(request.action_send_sms())._action_send_sms()
        self.assertEqual(sent, [])

    def test_among_many_sms_a_wrong_number_fails_alone(self):
        self.customer.phone = "12"
        self.company_customer.phone = "07 81 22 33 44"
        requests = self.create_request(10.0)
        good = self.create_request(20.0, self.company_customer)
        requests |= good
        composer = self.compose(requests.action_send_sms())
        composer.mass_force_send = True
        with self.mock_sms() as sent:
            composer._action_send_sms()
        ((number, content),) = sent
        self.assertEqual(number, "+33781223344")
        self.assertIn(good.url, content)

    def test_a_customer_with_two_requests_gets_both(self):
        requests = self.create_request(10.0) | self.create_request(20.0)
        composer = self.compose(requests.action_send_sms())
        composer.mass_force_send = True
        with self.mock_sms() as sent, self.mock_mails() as mails:
            composer._action_send_sms()
            self.compose(requests.action_send_email())._action_send_mail()
        for texts in (
            [content for _number, content in sent],
            [mail["body"] for mail in mails],
        ):
            self.assertEqual(len(texts), 2)
            for request in requests:
                self.assertEqual(sum(request.url in text for text in texts), 1)

    def test_whatsapp_opens_on_the_customer_s_number_with_the_link(self):
        request = self.create_request(120.0)
        url = urlsplit(request.action_share_whatsapp()["url"])
        self.assertEqual((url.scheme, url.netloc), ("https", "wa.me"))
        self.assertEqual(url.path, "/33612345678")
        (text,) = parse_qs(url.query)["text"]
        self.assertIn(request.url, text)
        self.assertIn("120.00", text)

    def test_whatsapp_without_number_lets_the_sender_choose(self):
        self.customer.phone = False
        url = urlsplit(self.create_request().action_share_whatsapp()["url"])
        self.assertEqual(url.path, "/")

    def test_the_chatter_tells_the_story(self):
        request = self.create_request()
        request._mark_opened()
        self.pay(request)
        self.settle_all()
        story = " ".join(request.message_ids.sorted("id").mapped("body"))
        positions = [
            story.find(words)
            for words in ("opened", "initiated", "confirmed", "posted")
        ]
        self.assertNotIn(-1, positions)
        self.assertEqual(positions, sorted(positions))

    def test_opening_again_is_told_once(self):
        request = self.create_request()
        for _i in range(3):
            request._mark_opened()
            self.travel(minutes=10)
        opened = [
            body for body in request.message_ids.mapped("body") if "opened" in body
        ]
        self.assertEqual(len(opened), 1)
        self.assertGreater(request.last_opened_at, request.opened_at)

    def test_many_are_revoked_and_renewed_from_the_list(self):
        requests = self.create_request() | self.create_request() | self.create_deposit()
        paid = self.create_request()
        self.register_payment(paid.line_ids.move_id)
        (requests | paid).action_revoke()
        self.assertEqual(requests.mapped("state"), ["revoked"] * 3)
        self.assert_state(paid, "paid")
        requests.action_renew()
        self.assertEqual(requests.mapped("state"), ["valid"] * 3)

    def test_a_copy_has_an_address_of_its_own(self):
        deposit = self.create_deposit(300.0)
        copy = deposit.copy()
        self.assert_state(copy, "valid", 300.0)
        self.assertNotEqual(copy.token, deposit.token)
        self.assertNotEqual(copy.reference, deposit.reference)
        self.assertEqual(self.env["payment.request"]._find_by_token(copy.token), copy)
