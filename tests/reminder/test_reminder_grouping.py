"""With whom one talks: the customer, each invoice address, or a group of companies."""

from datetime import timedelta
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from ...models.reminder import payment_reminder_plan
from ..common.reminder_case import DUE, NO_WAITING
from .test_reminder_portal import PortalCase
from .test_reminder_voice import VoiceCase


class GroupingCase(VoiceCase):
    @classmethod
    def create_address(cls, name, parent, **values):
        return cls.env["res.partner"].create(
            {
                "name": name,
                "parent_id": parent.id,
                "type": "invoice",
                "email": f"{name.lower()}@example.com",
                **values,
            }
        )

    def credit_of(self, partner, amount=100.0):
        """Have a customer paid something that nobody allocated yet."""
        payment = self.env["account.payment"].create(
            {
                "partner_id": partner.id,
                "partner_type": "customer",
                "payment_type": "inbound",
                "amount": amount,
                "journal_id": self.company_data["default_journal_bank"].id,
                "date": DUE,
            }
        )
        payment.outstanding_account_id = self.company_data[
            "default_journal_bank"
        ].default_account_id
        payment.action_post()
        self.assertTrue(payment.move_id)

    def told_to(self, reminders):
        """Return at which level who is told of which amounts."""
        return {
            reminder._get_party(): (
                reminder.level_days,
                *sorted(reminder.line_ids.mapped("amount")),
            )
            for reminder in reminders
        }

    def remind_on(self, *days):
        for day in days:
            self.after(day)
            self.remind()


@tagged("post_install", "-at_install")
class TestReminderAgencies(GroupingCase):
    """A customer with two agencies, each with a conversation of its own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy.grouping = "contact"
        cls.head = cls.company_customer
        cls.lyon = cls.create_address("Lyon", cls.head)
        cls.nantes = cls.create_address("Nantes", cls.head)

    def test_agencies_never_hear_of_each_other(self):
        first = self.owe(100.0, partner=self.lyon)
        second = self.owe(50.0, DUE + timedelta(30), partner=self.nantes)
        self.after(1)
        reminder = self.plan()
        reminder._prepare()
        self.assertEqual(self.told_to(reminder), {self.lyon: (1, 100.0)})
        self.assertEqual(reminder.partner_id, self.head)
        self.assertEqual(reminder.contact_id, self.lyon)
        self.assertEqual(reminder.request_id.partner_id, self.lyon)
        self.assertEqual(reminder.request_id.line_ids.move_id, first.move_id)
        said = "".join((reminder.subject or "", reminder._get_message()))
        self.assertNotIn(second.move_id.name, said)
        self.assertFalse(reminder.amount_coming)

    def test_agencies_share_neither_level_nor_pause(self):
        self.owe(100.0, partner=self.lyon)
        self.remind_on(1, 7)
        self.owe(50.0, DUE + timedelta(7), partner=self.nantes)
        self.after(8)
        self.assertEqual(self.told_to(self.remind()), {self.nantes: (1, 50.0)})
        self.after(15)
        told = self.told_to(self.plan())
        self.assertEqual(told, {self.lyon: (15, 100.0), self.nantes: (7, 50.0)})

    def test_agencies_in_different_slices(self):
        self.owe(100.0, partner=self.lyon)
        self.owe(50.0, partner=self.nantes)
        self.after(1)
        with patch.object(payment_reminder_plan, "CUSTOMERS_A_SLICE", 1):
            self.assertEqual(len(self.plan()), 2)

    def test_the_head_office_is_one_of_them(self):
        self.owe(100.0, partner=self.head)
        self.owe(50.0, partner=self.lyon)
        self.after(1)
        reminders = self.plan()
        reminders._prepare()
        self.assertEqual(
            self.told_to(reminders), {self.head: (1, 100.0), self.lyon: (1, 50.0)}
        )
        contacts = reminders.mapped("contact_id")
        self.assertEqual(contacts, self.head | self.lyon)

    def test_whoever_reads_reminders_of_an_agency(self):
        reader = self.create_address("Reader", self.lyon, type="followup")
        self.create_address("Somebody", self.head, type="followup")
        self.owe(partner=self.lyon)
        self.owe(partner=self.nantes)
        self.after(1)
        reminders = self.plan()
        reminders._prepare()
        contacts = {r._get_party(): r.contact_id for r in reminders}
        self.assertEqual(contacts, {self.lyon: reader, self.nantes: self.nantes})

    def test_an_agency_that_cannot_be_reached(self):
        self.lyon.write({"email": False, "phone": False})
        self.level(1).recipient = "invoice"
        self.owe(partner=self.lyon)
        self.after(1)
        reminder = self.plan()
        reminder._prepare()
        self.assertEqual(reminder.contact_id, self.head)

    def test_a_credit_note_is_of_its_agency(self):
        self.owe(100.0, partner=self.lyon)
        self.owe(100.0, partner=self.nantes)
        self.create_invoice(100.0, self.lyon, move_type="out_refund")
        self.after(1)
        reminder = self.plan()
        reminder._prepare()
        self.assertEqual(self.told_to(reminder), {self.nantes: (1, 100.0)})
        self.assertEqual((reminder.amount_credit, reminder.amount_asked), (0, 100))

    def test_money_of_the_customer_as_a_whole_counts_for_each(self):
        self.owe(100.0, partner=self.lyon)
        self.owe(150.0, partner=self.nantes)
        self.credit_of(self.head)
        self.after(1)
        reminder = self.plan()
        reminder._prepare()
        self.assertEqual(self.told_to(reminder), {self.nantes: (1, 150.0)})
        self.assertEqual((reminder.amount_credit, reminder.amount_asked), (100, 50))
        self.assertEqual(reminder.request_id.amount_to_pay, 50.0)
        self.assertEqual(reminder._recheck(), reminder)

    def test_a_credit_note_to_somebody_else_of_the_customer_is_not_lost(self):
        somebody = self.create_address("Marie", self.head, type="contact")
        self.owe(100.0, partner=self.lyon)
        self.create_invoice(100.0, somebody, move_type="out_refund")
        self.after(1)
        self.assertFalse(self.plan())

    def test_what_holds_the_customer_holds_each(self):
        line = self.owe(partner=self.lyon)
        self.head._hold_reminders(self.company, DUE + timedelta(9), "Strike")
        self.after(1)
        self.assertFalse(self.plan())
        self.assertIn("Strike", self.state(line)["sentence"])

    def test_an_invoice_that_goes_to_another_agency_while_it_waits(self):
        line = self.owe(partner=self.lyon)
        self.after(1)
        reminder = self.plan()
        line.move_id.button_draft()
        line.move_id.partner_id = self.nantes
        line.move_id.action_post()
        self.assertFalse(reminder._recheck())
        self.assertEqual(reminder.state, "dropped")
        again = self.plan()
        self.assertEqual(again._get_party(), self.nantes)
        self.assertEqual(again.line_ids.move_id, line.move_id)

    def test_another_agency_gets_no_notice_of_what_it_was_not_reminded_of(self):
        line = self.owe(partner=self.lyon)
        self.remind_on(1, 7, 15)
        move = line.move_id
        move.sudo().line_ids.invalidate_recordset()
        self.env.cr.execute(
            "UPDATE account_move SET partner_id = %s WHERE id = %s",
            (self.nantes.id, move.id),
        )
        self.env.invalidate_all()
        self.owe(20.0, DUE + timedelta(29), partner=self.nantes)
        self.after(30)
        self.assert_reason(line, "unreminded")
        # Nor does it share the level of the agency that was told before.
        self.assertEqual(self.plan().level_days, 1)

    def test_an_address_that_went_to_another_customer(self):
        line = self.owe(partner=self.lyon)
        self.after(1)
        reminder = self.plan()
        self.lyon.parent_id = self.customer
        self.assertNotEqual(self.lyon.commercial_partner_id, line.partner_id)
        self.assertFalse(reminder._recheck())
        again = self.plan()
        again._prepare()
        self.assertEqual(again._get_party(), self.head)
        self.assertNotEqual(again.contact_id, self.lyon)

    def test_a_credit_counts_once_for_the_head_office(self):
        self.owe(100.0, partner=self.lyon)
        self.owe(100.0, partner=self.head)
        # The head office owes what was invoiced to the address.
        self.lyon.parent_id = self.customer
        self.credit_of(self.head, 50.0)
        self.after(1)
        reminder = self.plan()
        self.assertEqual((reminder.amount_credit, reminder.amount_asked), (50, 150))

    def test_the_statement_of_an_agency_is_its_own(self):
        mine = self.owe(partner=self.lyon).move_id
        others = self.owe(partner=self.nantes).move_id
        self.credit_of(self.head)
        of_all = self.create_invoice(20.0, self.nantes, move_type="out_refund")
        self.level(1).attach_statement = True
        self.after(1)
        reminder = self.plan().filtered(lambda r: r._get_party() == self.lyon)
        self.assertEqual(reminder._get_statement_partner(), self.lyon)
        items = self.lyon.with_context(
            reminder_statement_of_party=True
        )._get_open_items(self.company)
        self.assertIn(mine, items.move_id)
        self.assertFalse((others | of_all) & items.move_id)
        self.assertEqual(len(items.filtered(lambda ln: ln.amount_residual < 0)), 1)

    def test_thanks_to_each(self):
        self.company.payment_reminder_thanks = True
        paid = self.owe(partner=self.lyon)
        self.owe(partner=self.nantes)
        self.after(1)
        self.remind()
        self.after(2)
        self.register_payment(paid.move_id, payment_date=self.today)
        self.reminders._refresh_paid(self.company)
        thanked = self.reminders._get_thanks_domain(self.company)
        with self.without_commits():
            self.reminders._send_thanks(self.company)
        reminder = self.find(paid.move_id)
        self.assertTrue(reminder.thanks_sent)
        self.assertFalse(self.reminders.search(thanked))

    def test_reminding_by_hand_is_about_the_agencies_chosen(self):
        first = self.owe(100.0, partner=self.lyon)
        second = self.owe(50.0, partner=self.nantes)
        self.remind_on(1)
        paused = (first | second)._find_paused_parties()
        self.assertEqual(set(paused), {self.lyon, self.nantes})
        chosen = self.reminders._plan_chosen(
            self.company, first, self.level(1), "They moved"
        )
        named = self.env["payment.reminder.line"].search(
            [("forgotten", "=", True), ("move_line_id", "in", (first | second).ids)]
        )
        self.assertEqual(named.move_line_id, first)
        self.assertEqual(chosen._get_party(), self.lyon)

    def test_a_level_is_chosen_for_one_of_them(self):
        lines = self.owe(partner=self.lyon) | self.owe(partner=self.nantes)
        with self.assertRaisesRegex(Exception, "one customer"):
            self.env["payment.reminder.remind"]._open_on(lines, choose=True)

    def test_a_call_is_about_what_the_agency_owes(self):
        self.level(1).channel = "phone"
        self.lyon.phone = self.nantes.phone = "+33612345678"
        for partner in (self.lyon, self.nantes):
            self.owe(partner=partner)
        self.after(1)
        reminders = self.plan()
        reminders._prepare()
        reminders.state = "to_call"
        self.assertFalse(reminders[0]._get_other_calls())
        book = reminders[0]._get_phone_book()
        self.assertNotIn("Nantes", [name for _shown, _number, name in book])

    def test_the_preview_is_for_the_address(self):
        move = self.owe(partner=self.lyon).move_id
        preview = self.env["payment.reminder.preview"].new(
            {"level_id": self.level(1).id, "move_id": move.id}
        )
        self.assertEqual(preview.contact_id, self.lyon)

    def test_from_each_customer_to_each_address_in_the_middle(self):
        self.policy.grouping = "customer"
        self.owe(100.0, partner=self.lyon)
        self.remind_on(1, 7)
        self.owe(50.0, DUE + timedelta(8), partner=self.nantes)
        self.policy.grouping = "contact"
        self.after(9)
        self.assertEqual(self.told_to(self.remind()), {self.nantes: (1, 50.0)})
        self.after(15)
        told = self.told_to(self.remind())
        self.assertEqual(told, {self.lyon: (15, 100.0), self.nantes: (7, 50.0)})

    def test_from_each_address_to_each_customer_in_the_middle(self):
        self.owe(100.0, partner=self.lyon)
        self.owe(50.0, DUE + timedelta(6), partner=self.nantes)
        self.remind_on(1, 7)
        self.policy.grouping = "customer"
        self.after(15)
        self.assertEqual(self.told_to(self.remind()), {self.head: (15, 50.0, 100.0)})
        # The customer was reminded of both, by way of its agencies.
        self.after(30)
        self.assertEqual(self.told_to(self.plan()), {self.head: (30, 50.0, 100.0)})

    def test_what_waits_while_the_setting_changes_is_planned_again(self):
        self.owe(100.0, partner=self.lyon)
        self.owe(50.0, partner=self.nantes)
        self.after(1)
        waiting = self.plan()
        self.policy.grouping = "customer"
        self.assertFalse(waiting._recheck())
        self.assertEqual(self.told_to(self.plan()), {self.head: (1, 50.0, 100.0)})

    def test_the_usual_plan_joins_nothing_for_it(self):
        self.policy.grouping = "customer"
        code = self.reminders._plan_query(self.company).code
        self.assertNotIn("talking", code)
        self.assertNotIn("member.head_id", code)


@tagged("post_install", "-at_install")
class TestReminderGroup(GroupingCase):
    """A head with two companies below, reminded together."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.together = cls.create_policy("Group", 1, 7, 15, 30, grouping="group")
        cls.together.level_ids[-1].write({"formal_notice": True, "automatic": True})
        cls.head = cls.company_customer
        cls.head.payment_reminder_policy_id = cls.together
        cls.north = cls.create_address(
            "North", cls.head, is_company=True, type="contact"
        )
        cls.south = cls.create_address(
            "South", cls.north, is_company=True, type="contact"
        )

    def test_one_level_on_one_day_and_a_message_for_each_company(self):
        self.owe(100.0, partner=self.north)
        self.owe(50.0, DUE + timedelta(5), partner=self.south)
        self.after(1)
        self.remind()
        self.after(7)
        reminders = self.plan()
        reminders._prepare()
        self.assertEqual(reminders.mapped("level_days"), [7, 7])
        self.assertEqual(reminders.partner_id, self.north | self.south)
        self.assertEqual(reminders.party_id, self.head)
        self.assertEqual(reminders.contact_id, self.head)
        self.assertEqual(reminders.level_id.policy_id, self.together)
        for reminder in reminders:
            request = reminder.request_id
            self.assertEqual(request.commercial_partner_id, reminder.partner_id)
            self.assertEqual(
                request.line_ids.move_id.commercial_partner_id, reminder.partner_id
            )
        self.assertEqual(reminders._recheck(), reminders)

    def test_those_of_a_group_leave_one_after_the_other(self):
        for partner in (self.head, self.north, self.south):
            self.owe(partner=partner)
        self.after(1)
        reminders = self.plan()
        self.assertEqual(len(reminders), 3)
        for reminder in reminders:
            self.assertEqual(reminder._recheck(), reminder)
            self.leave(reminder)
        self.after(2)
        self.assertFalse(self.plan())

    def test_a_credit_of_one_company_pays_nothing_of_another(self):
        self.owe(100.0, partner=self.north)
        self.owe(100.0, partner=self.south)
        self.credit_of(self.north)
        self.after(1)
        reminder = self.plan()
        reminder._prepare()
        self.assertEqual(
            (reminder.partner_id, reminder.amount_asked), (self.south, 100)
        )

    def test_the_statement_of_a_group_has_all_its_companies(self):
        moves = self.owe(10.0, partner=self.north).move_id
        moves |= self.owe(20.0, partner=self.head).move_id
        elsewhere = self.owe(40.0).move_id
        self.level(1).attach_statement = True
        self.after(1)
        reminders = self.plan() - self.find(elsewhere)
        self.assertEqual(
            reminders.mapped(lambda r: r._get_statement_partner()), self.head
        )
        head = self.head.with_context(reminder_statement_of_party=True)
        items = head._get_open_items(self.company)
        self.assertEqual(items.move_id, moves)
        self.assertNotIn(elsewhere, items.move_id)
        parts = head._get_statement(self.company)["currencies"]
        self.assertEqual(
            {part["customer"]: part["rows"][0]["name"] for part in parts},
            {move.partner_id.name: move.name for move in moves},
        )
        # Without a reminder it is the customer's own.
        self.assertEqual(len(self.head._get_open_items(self.company)), 1)

    def test_a_hold_of_the_head_holds_all_and_that_of_a_company_its_own(self):
        lines = self.owe(partner=self.north) | self.owe(partner=self.south)
        self.after(1)
        until = DUE + timedelta(9)
        self.north._hold_reminders(self.company, until, "Strike")
        self.assertEqual(self.plan().partner_id, self.south)
        self.assert_reason(lines[0], "customer_held", until)
        self.head._hold_reminders(self.company, until + timedelta(1), "Merger")
        self.assertIn("Merger", self.state(lines[1])["sentence"])

    def test_whoever_held_a_group_is_asked_before_it_goes_on(self):
        self.owe(partner=self.south)
        self.head._hold_reminders(self.company, DUE + timedelta(3), "Merger")
        self.after(3)
        self.reminders._tell_ending_holds(self.company)
        self.assertIn("Merger", self.head.activity_ids.note)
        self.after(4)
        self.assertTrue(self.plan())

    def test_a_company_leaves_the_group_while_a_reminder_waits(self):
        left, stays = self.owe(partner=self.south), self.owe(partner=self.north)
        self.after(1)
        waiting = self.plan()
        self.south.parent_id = False
        self.assertEqual(waiting._recheck().partner_id, self.north)
        again = self.plan()
        self.assertEqual(again.line_ids.move_line_id, left)
        self.assertFalse(again.party_id)
        self.assertEqual(again.policy_id, self.policy)
        self.assertEqual(self.find(stays.move_id).party_id, self.head)

    def test_who_left_the_group_gets_no_notice_without_a_reminder(self):
        line = self.owe(partner=self.south)
        self.remind_on(1, 7, 15)
        self.south.parent_id = False
        self.south.payment_reminder_policy_id = self.together
        self.after(30)
        self.assert_reason(line, "unreminded")
        self.assertFalse(self.plan())

    def test_a_group_is_told_of_what_its_companies_heard_before(self):
        self.head.payment_reminder_policy_id = False
        line = self.owe(partner=self.south)
        self.remind_on(1, 7, 15)
        self.head.payment_reminder_policy_id = self.together
        self.after(30)
        # The head never heard of it.
        self.assert_reason(line, "unreminded")

    def test_a_group_is_looked_at_wholly_whoever_of_it_is_asked_about(self):
        self.owe(partner=self.north)
        self.owe(partner=self.south)
        self.after(1)
        self.assertEqual(
            self.plan(partners=self.south).partner_id, self.north | self.south
        )

    def test_a_head_of_another_company_s_contacts_is_none(self):
        other = self.setup_other_company()["company"]
        self.head.company_id = other
        # Core gives them the same company.
        (self.north | self.south).company_id = False
        self.owe(partner=self.north)
        self.after(1)
        self.assertFalse(self.plan().party_id)

    def test_each_company_of_ours_by_its_own_policy(self):
        other = self.setup_other_company()["company"]
        policy = self.create_policy("Other", 1, company=other)
        other.sudo().write(
            {
                "payment_reminder_enabled": True,
                "payment_reminder_start": "planned",
                "payment_reminder_policy_id": policy.id,
                **NO_WAITING,
            }
        )
        self.owe(partner=self.south)
        moves = self.env["account.move"].with_company(other)
        line = Command.create({"name": "Service", "price_unit": 70.0})
        moves.create(
            {
                "move_type": "out_invoice",
                "partner_id": self.south.id,
                "invoice_date": DUE - timedelta(30),
                "invoice_date_due": DUE,
                "invoice_line_ids": [line],
            }
        ).action_post()
        self.after(1)
        self.assertEqual(self.plan().party_id, self.head)
        self.assertFalse(self.plan(other).party_id)

    def test_the_page_of_a_company_says_with_whom_it_is_reminded(self):
        note = self.south.payment_reminder_policy_note
        self.assertIn(self.together.name, note)
        self.assertIn(self.head.name, note)
        self.assertNotIn("together with", self.head.payment_reminder_policy_note)

    def test_what_a_changed_setting_would_change_is_shown(self):
        self.owe(partner=self.south)
        form = self.together.new(origin=self.together)
        form.grouping = "customer"
        self.assertIn("Group → Voice", form.change_note)

    def test_thanks_once_nothing_of_the_group_is_overdue(self):
        self.company.payment_reminder_thanks = True
        first, second = self.owe(partner=self.north), self.owe(partner=self.south)
        self.after(1)
        self.remind()
        self.after(2)
        self.register_payment(first.move_id, payment_date=self.today)
        with self.without_commits():
            self.reminders._refresh_paid(self.company)
            self.reminders._send_thanks(self.company)
            self.assertFalse(self.find(first.move_id).thanks_sent)
            self.register_payment(second.move_id, payment_date=self.today)
            self.reminders._refresh_paid(self.company)
            self.reminders._send_thanks(self.company)
        self.assertTrue(self.find(first.move_id).thanks_sent)


@tagged("post_install", "-at_install")
class TestReminderGroupingRights(PortalCase):
    def test_users_see_what_was_said_to_them_or_to_all(self):
        self.policy.grouping = "contact"
        addresses = [
            self.env["res.partner"].create(
                {
                    "name": name,
                    "parent_id": self.company_customer.id,
                    "type": "invoice",
                    "email": f"{name}@example.com",
                }
            )
            for name in ("lyon", "nantes")
        ]
        moves = [self.overdue(partner=address) for address in addresses]
        reminders = [self.remind(move) for move in moves]
        user = self._portal_user("lyon_user", addresses[0])

        def seen(user):
            return self.reminders.search(self.reminders._get_portal_domain(user))

        self.assertEqual(seen(user), reminders[0])
        # Somebody of the head office, but not of an agency.
        self.assertFalse(seen(self.buyer))
        self.buyer.partner_id.parent_id = False
        self.assertFalse(seen(self.buyer))
        owner = self._portal_user("owner", self.env["res.partner"])
        owner.partner_id = self.company_customer
        self.assertEqual(seen(owner), reminders[0] | reminders[1])
        users = (reminders[0] | reminders[1])._find_portal_users()
        self.assertEqual(users[addresses[0]], user)
        self.assertFalse(users[addresses[1]])

    def test_a_company_does_not_see_what_its_group_is_told(self):
        self.policy.grouping = "group"
        self.other_customer.vat = self.company_customer.vat
        self.company_customer.parent_id = self.other_customer
        move = self.overdue(partner=self.company_customer)
        reminder = self.remind(move)
        self.assertEqual(reminder.party_id, self.other_customer)

        def seen(user):
            return self.reminders.search(self.reminders._get_portal_domain(user))

        self.assertFalse(seen(self.buyer))
        self.assertEqual(seen(self.stranger), reminder)

    def test_a_clerk_without_rights_changes_nothing(self):
        clerk = new_test_user(self.env, "clerk", groups="base.group_user")
        with self.assertRaises(AccessError):
            self.policy.with_user(clerk).grouping = "group"
        invoicing = new_test_user(
            self.env, "invoicing", groups="account.group_account_invoice"
        )
        with self.assertRaises(AccessError):
            self.policy.with_user(invoicing).grouping = "group"
