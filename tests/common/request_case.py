from contextlib import contextmanager
from datetime import datetime
from unittest.mock import patch

from odoo import Command

from odoo.addons.mail.tests.common import MockEmail
from odoo.addons.sms.tools.sms_api import SmsApi

from .payment_request import PaymentRequestCommon


class RequestCase(PaymentRequestCommon, MockEmail):
    """Ways to make, pay and change what a request asks for."""

    def assistant(self, records, **values):
        """Return the assistant as it opens on a selection, with ``values`` typed in."""
        assistant = records.env["payment.request.create"].with_context(
            active_model=records._name, active_ids=records.ids
        )
        return assistant.create(values)

    def ask(self, records, **values):
        """Run the assistant; return the requests it opens, in sudo."""
        action = self.assistant(records, **values).action_create()
        requests = self.env["payment.request"].sudo()
        if action.get("res_id"):
            return requests.browse(action["res_id"])
        return requests.search(action["domain"])

    def register_payment(self, moves, **values):
        """Register a payment by hand, as an accountant does."""
        wizard = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=moves.ids
        )
        wizard.create({"group_payment": True, **values}).action_create_payments()

    def reverse(self, move, amount=None):
        """Credit ``move``, wholly or for ``amount``, and reconcile both."""
        reversal = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=move.ids)
            .create({"journal_id": move.journal_id.id})
        )
        action = reversal.reverse_moves()
        credit_note = self.env["account.move"].browse(action["res_id"])
        if amount is not None:
            credit_note.invoice_line_ids.price_unit = amount
        credit_note.action_post()
        lines = (move + credit_note).line_ids.filtered(
            lambda line: line.display_type == "payment_term" and not line.reconciled
        )
        lines.reconcile()
        return credit_note

    def assert_state(self, request, state, to_pay=None):
        self.assertEqual(request.state, state)
        # The stored value, which searches and lists see, is the same one.
        self.assertTrue(
            request.search([("id", "=", request.id), ("state", "=", state)])
        )
        if to_pay is not None:
            self.assertEqual(request.amount_to_pay, to_pay)

    def travel_to(self, moment):
        """Put all clocks at ``moment``, naive UTC."""
        self.travel(seconds=(moment - datetime.utcnow()).total_seconds())

    def installments(self):
        """Return a payment term: 30 % in 10, 30 % in 20 and 40 % in 30 days."""
        return self.env["account.payment.term"].create(
            {
                "name": "Three installments",
                "line_ids": [
                    Command.create(
                        {"value": "percent", "value_amount": share, "nb_days": days}
                    )
                    for share, days in ((30, 10), (30, 20), (40, 30))
                ],
            }
        )

    def ask_first_installment(self):
        """Ask for the first of three installments.

        :return: the invoice, the due line, and its request, in sudo
        """
        invoice = self.create_invoice(
            100.0, invoice_payment_term_id=self.installments().id
        )
        dues = invoice.line_ids.filtered("date_maturity").sorted("date_maturity")
        requests = self.env["payment.request"].sudo()
        values = requests._prepare_for_moves(invoice, move_lines=dues[:1])
        return invoice, dues[:1], requests.create(values)

    def early_discount(self):
        """Return a payment term: 30 days, 2 % less within 7 days."""
        return self.env["account.payment.term"].create(
            {
                "name": "2/7 net 30",
                "early_discount": True,
                "discount_percentage": 2,
                "discount_days": 7,
                "line_ids": [
                    Command.create(
                        {"value": "percent", "value_amount": 100, "nb_days": 30}
                    )
                ],
            }
        )

    def compose(self, action):
        """Return the composer that an action opens, as the client creates it."""
        model = self.env[action["res_model"]].with_context(**action["context"])
        return model.create({})

    @contextmanager
    def mock_mails(self):
        """Collect the mails that leave."""
        with self.mock_mail_gateway():
            mails = []
            yield mails
            mails += self._mails

    @contextmanager
    def mock_sms(self):
        """Collect number and text of what is handed to the SMS gateway."""
        sent = []

        def contact(_api, _endpoint, params, **_options):
            answers = []
            for message in params["messages"]:
                for number in message["numbers"]:
                    sent.append((number["number"], message["content"]))
                    answers.append(
                        {"uuid": number["uuid"], "state": "success", "credit": 1}
                    )
            return answers

        with patch.object(SmsApi, "_contact_iap", contact):
            yield sent
