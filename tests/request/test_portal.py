from lxml import html

from odoo import fields
from odoo.tests import HttpCase, tagged

from ..common.payment_request import PaymentRequestCommon


@tagged("post_install", "-at_install")
class TestPortal(PaymentRequestCommon, HttpCase):
    """The customer's invoices in their portal show where their payment stands."""

    def setUp(self):
        super().setUp()
        parameters = self.env["ir.config_parameter"].sudo()
        parameters.set_param("account_payment.enable_portal_payment", "True")
        self.portal_user.company_ids = [(4, self.company.id)]
        self.portal_user.company_id = self.company
        self.request = self.create_request(120.0, self.portal_partner)
        self.invoice = self.request.line_ids.move_id
        self.invoice.message_subscribe(self.portal_partner.ids)

    def tree(self, path):
        self.authenticate(self.portal_user.login, self.portal_user.login)
        self.env.flush_all()
        answer = self.url_open(path)
        self.assertEqual(answer.status_code, 200)
        return html.fromstring(answer.content)

    def pages(self):
        """Return the list of invoices and the page of ours."""
        return {
            "list": self.tree("/my/invoices"),
            "page": self.tree(self.invoice.get_portal_url()),
        }

    def test_list_and_page_lead_to_the_payment_page(self):
        for name, tree in self.pages().items():
            with self.subTest(name):
                links = tree.xpath("//a[@name='pay_from_bank']/@href")
                self.assertEqual(links, [self.request.url])
                self.assertFalse(tree.xpath("//*[@name='transfer_in_progress']"))

    def test_what_expired_since_the_last_job_leads_nowhere(self):
        self.request.expiry_date = fields.Date.today()
        self.assertEqual(self.invoice._get_portal_payment_link(), self.request.url)
        self.travel(days=2)
        self.assertEqual(self.request.state, "valid", "no job has run since")
        self.assertNotEqual(self.invoice._get_portal_payment_link(), self.request.url)
        for name, tree in self.pages().items():
            with self.subTest(name):
                self.assertFalse(tree.xpath("//a[@name='pay_from_bank']"))

    def test_core_payment_form_stays_for_the_other_providers(self):
        tree = self.pages()["page"]
        self.assertTrue(tree.xpath("//a[@data-bs-target='#pay_with']"))
        providers = tree.xpath("//input[@name='o_payment_radio']/@data-provider-id")
        self.assertIn(str(self.dummy_provider.id), providers)

    def test_a_transfer_on_its_way_is_shown_and_not_asked_for_again(self):
        self.pay(self.request, "pdng-acsc")
        self.settle_all()
        for name, tree in self.pages().items():
            with self.subTest(name):
                self.assertTrue(tree.xpath("//*[@name='transfer_in_progress']"))
                self.assertFalse(tree.xpath("//a[@name='pay_from_bank']"))
                self.assertFalse(tree.xpath("//a[@data-bs-target='#pay_with']"))

    def test_without_bridge_the_payment_form_of_core_stays_alone(self):
        self.bridge.state = "disabled"
        for name, tree in self.pages().items():
            with self.subTest(name):
                self.assertFalse(tree.xpath("//a[@name='pay_from_bank']"))
                self.assertTrue(
                    tree.xpath(
                        "//a[@data-bs-target='#pay_with'] | //a[@title='Pay Now']"
                    )
                )

    def test_what_is_paid_or_withdrawn_has_no_button(self):
        self.request.action_revoke()
        for tree in self.pages().values():
            self.assertFalse(tree.xpath("//a[@name='pay_from_bank']"))
        self.request.action_renew()
        self.pay(self.request, "acsc")
        self.settle_all()
        for tree in self.pages().values():
            self.assertFalse(tree.xpath("//a[@name='pay_from_bank']"))
            self.assertFalse(tree.xpath("//*[@name='transfer_in_progress']"))
