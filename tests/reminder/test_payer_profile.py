"""How customers pay, as their profile says."""

from datetime import date, datetime, timedelta

from dateutil.relativedelta import relativedelta

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..common.reminder_case import ReminderCase

PROFILE_CRON = "account_payment_request.ir_cron_payer_profile"


@tagged("post_install", "-at_install")
class TestPayerProfile(ReminderCase):
    def make_invoice(self, amount, due, partner=None):
        return self.create_invoice(
            amount,
            partner,
            invoice_date=due - timedelta(days=30),
            invoice_date_due=due,
            invoice_payment_term_id=False,
        )

    def money(self, move, day, amount=None, currency=None):
        """Book what arrived for an invoice on a day, and reconcile it.

        :param float amount: in the company's currency; None: all that is open
        :param res.currency currency: what it came in, 4 for 1
        """
        due = self.due_lines(move)
        amount = amount or move.amount_residual
        foreign = {"currency_id": currency.id} if currency else {}
        entry = self.env["account.move"].create(
            {
                "journal_id": self.bank_journal.id,
                "date": day,
                "line_ids": [
                    Command.create(
                        {
                            "account_id": due.account_id.id,
                            "partner_id": move.commercial_partner_id.id,
                            "credit": amount,
                            **(foreign and {**foreign, "amount_currency": -4 * amount}),
                        }
                    ),
                    Command.create(
                        {
                            "account_id": self.bank_journal.default_account_id.id,
                            "debit": amount,
                            **(foreign and {**foreign, "amount_currency": 4 * amount}),
                        }
                    ),
                ],
            }
        )
        entry.action_post()
        (entry.line_ids[:1] + due).reconcile()

    def paid(self, amount, days, due=date(2026, 2, 1), partner=None):
        """Create an invoice that was paid ``days`` after it was due."""
        move = self.make_invoice(amount, due, partner)
        self.money(move, due + timedelta(days=days))
        return move

    def profile(self, partner=None, company=None):
        company = company or self.company
        self.env["payment.payer.profile"]._refresh(company)
        return self.env["payment.payer.profile"].search(
            [
                ("partner_id", "=", (partner or self.customer).id),
                ("company_id", "=", company.id),
            ]
        )

    def test_days_and_shares_are_weighted_by_amount(self):
        self.paid(900, -10)
        self.paid(50, 3)
        self.paid(50, 21)
        profile = self.profile()
        # (900 × 0 + 50 × 3 + 50 × 21) / 1000
        self.assertAlmostEqual(profile.days_late, 1.2)
        self.assertAlmostEqual(profile.share_on_time, 0.95)
        self.assertEqual(profile.invoice_count, 3)
        self.assertEqual(profile.profile, "on_time")
        self.assertEqual(
            self.customer.payer_profile_note,
            "1 day late on average, 95% on time, 3 invoices",
        )
        self.assertEqual(self.customer.payer_profile, "on_time")

    def test_classes(self):
        for expected, *parts in (
            ("on_time", (100, 0), (100, 0), (100, -5)),
            ("on_time", (100, 3), (100, 3), (100, 3)),
            ("late", (100, 0), (700, 0), (100, 31)),
            ("late", (100, 0), (100, 4), (100, 0)),
            ("chronic", (100, 0), (100, 4), (100, 4)),
            ("chronic", (100, 0), (100, 0), (100, 60)),
            (False, (100, 90), (100, 90)),
        ):
            partner = self.env["res.partner"].create({"name": str(parts)})
            for amount, days in parts:
                self.paid(amount, days, partner=partner)
            with self.subTest(parts=parts):
                self.assertEqual(self.profile(partner).profile, expected)

    def test_trend_compares_the_last_six_months(self):
        old = self.today - relativedelta(months=10)
        self.paid(100, 20, old)
        self.paid(100, 10, old)
        self.paid(200, 5, self.today - relativedelta(months=2))
        profile = self.profile()
        self.assertAlmostEqual(profile.trend, 5 - 15)
        self.assertIn("10 days better", self.customer.payer_profile_note)

    def test_what_is_open_and_late_counts_up_to_today(self):
        for _i in range(2):
            self.paid(100, 0)
        open_one = self.make_invoice(200, self.today - timedelta(days=40))
        self.money(open_one, self.today - timedelta(days=40), 100)
        profile = self.profile()
        self.assertAlmostEqual(profile.days_late, 10)
        self.assertAlmostEqual(profile.share_on_time, 0.75)
        # Not due yet: tells nothing.
        self.make_invoice(5000, self.today + timedelta(days=10))
        self.assertAlmostEqual(self.profile().days_late, 10)
        # In dispute: the customer does not owe it yet.
        open_one.action_toggle_block_payment()
        self.assertAlmostEqual(self.profile().days_late, 0)
        # The day after, it is a day later: the company's own clock.
        open_one.action_toggle_block_payment()
        self.next_days(4)
        self.assertAlmostEqual(self.profile().days_late, 11)

    def test_amounts_in_other_currencies_weigh_in_the_companys(self):
        dollar = self.env.ref("base.USD")
        dollar.active = True
        dollar.rate_ids.unlink()
        self.env["res.currency.rate"].create(
            {
                "currency_id": dollar.id,
                "company_id": self.company.id,
                "name": "2020-01-01",
                "rate": 4,
            }
        )
        due = date(2026, 2, 1)
        self.paid(100, 0, due)
        self.paid(100, 0, due)
        in_dollars = self.create_invoice(
            400,
            invoice_date=due - timedelta(days=30),
            invoice_date_due=due,
            invoice_payment_term_id=False,
            currency_id=dollar.id,
        )
        # 400 $ are 100 €; half of them came 15 days late, half is still open.
        self.money(in_dollars, due + timedelta(days=15), 50, dollar)
        self.now = datetime(2026, 3, 3, 9, 0)
        profile = self.profile()
        # (200 × 0 + 50 × 15 + 50 × 30) / 300
        self.assertAlmostEqual(profile.days_late, 7.5)
        self.assertAlmostEqual(profile.share_on_time, 2 / 3)

    def test_money_given_back_is_no_payment(self):
        for _i in range(3):
            self.paid(100, 0)
        late = self.paid(500, 20)
        self.assertAlmostEqual(self.profile().days_late, 500 * 20 / 800)
        # The bank takes it back: it is open, and late until today.
        late.line_ids.remove_move_reconcile()
        days = (self.today - late.invoice_date_due).days
        self.assertAlmostEqual(self.profile().days_late, 500 * days / 800)

    def test_credit_notes_and_old_payments_do_not_count(self):
        for _i in range(3):
            self.paid(100, 0)
        credited = self.make_invoice(1000, self.today - timedelta(days=100))
        self.reverse(credited)
        self.paid(1000, 50, self.today - relativedelta(months=30))
        profile = self.profile()
        self.assertEqual(profile.invoice_count, 3)
        self.assertAlmostEqual(profile.days_late, 0)

    def test_profiles_go_with_their_facts_and_stay_in_their_company(self):
        move = self.paid(100, 12)
        other = self.env["res.company"].create({"name": "Autre Boutique"})
        self.env["payment.payer.profile"].sudo().create(
            {"partner_id": self.customer.id, "company_id": other.id, "profile": "late"}
        )
        self.assertAlmostEqual(self.profile().days_late, 12)
        move.line_ids.remove_move_reconcile()
        move.button_draft()
        self.assertFalse(self.profile())
        theirs = self.env["payment.payer.profile"].search(
            [("partner_id", "=", self.customer.id)]
        )
        self.assertEqual(theirs.company_id, other)
        self.assertFalse(self.customer.payer_profile)
        self.assertEqual(self.customer.with_company(other).payer_profile, "late")

    def test_the_job_refreshes_every_company(self):
        for _i in range(3):
            self.paid(100, 30)
        self.run_cron(PROFILE_CRON)
        self.assertEqual(self.customer.payer_profile, "chronic")
        found = self.env["res.partner"].search([("payer_profile", "=", "chronic")])
        self.assertIn(self.customer, found)
        self.assertNotIn(self.company_customer, found)
        none = self.env["res.partner"].search([("payer_profile", "=", False)])
        self.assertIn(self.company_customer, none)
        self.assertNotIn(self.customer, none)

    def test_only_accounting_sees_how_a_customer_pays(self):
        for _i in range(3):
            self.paid(100, 30)
        self.profile()
        seller = new_test_user(self.env, "seller", "base.group_user")
        with self.assertRaises(AccessError):
            self.env["payment.payer.profile"].with_user(seller).search([])
        with self.assertRaises(AccessError):
            self.customer.with_user(seller).read(["payer_profile"])
        reader = self.customer.with_user(self.accountant)
        self.assertEqual(reader.payer_profile, "chronic")

    def test_merged_customers_have_one_profile(self):
        twin = self.env["res.partner"].create({"name": "Marie Dupond"})
        profiles = self.env["payment.payer.profile"].sudo()
        for partner, days in ((self.customer, 1), (twin, 50)):
            profiles.create(
                {
                    "partner_id": partner.id,
                    "company_id": self.company.id,
                    "days_late": days,
                }
            )
        with mute_logger("odoo.sql_db"):
            self.env["base.partner.merge.automatic.wizard"].sudo()._merge(
                (self.customer + twin).ids, self.customer
            )
        self.env.invalidate_all()
        self.assertFalse(twin.exists())
        self.assertEqual(len(self.customer.payer_profile_ids), 1)
