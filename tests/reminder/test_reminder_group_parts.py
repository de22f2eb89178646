"""What reaches those with whom one talks about others, and nobody else."""

from datetime import timedelta

from odoo.tests import tagged

from ..common.reminder_case import DUE
from .test_reminder_grouping import GroupingCase
from .test_reminder_portal import PortalCase
from .test_reminder_unallocated import DAYS, ReceivedCase

WHERE = {"street": "1 rue du Port", "zip": "44000", "city": "Nantes"}


@tagged("post_install", "-at_install")
class TestReminderHead(GroupingCase):
    """The head of a group answers for the companies below it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.together = cls.create_policy("Group", 1, 7, 15, 30, grouping="group")
        cls.head = cls.company_customer
        cls.head.payment_reminder_policy_id = cls.together
        cls.north, cls.south = (
            cls.create_address(name, cls.head, is_company=True, type="contact")
            for name in ("North", "South")
        )

    def test_no_other_company_is_called(self):
        self.head.phone = False
        self.south.phone = "+33145678901"
        self.owe(partner=self.north)
        self.after(1)
        reminder = self.plan()
        self.assertEqual(reminder.party_id, self.head)
        self.assertEqual(reminder._get_phone_book(), [])
        self.create_address("Marie", self.head, type="contact", phone="+33145678902")
        [(_shown, number, name)] = reminder._get_phone_book()
        self.assertEqual((number, name), ("+33145678902", "Marie"))

    def test_letters_have_the_name_of_who_gets_them(self):
        self.head.write(WHERE)
        self.owe(partner=self.north)
        self.after(1)
        reminder = self.plan()
        reminder._prepare()
        lines = reminder._get_postal_lines()
        self.assertEqual(lines[0], self.head.name)
        self.assertNotIn(self.north.name, lines)

    def test_a_limit_counts_messages_and_parts_no_group(self):
        for partner in (self.head, self.north, self.south):
            self.owe(partner=partner)
        self.owe(100.0, DUE + timedelta(1))
        self.after(2)
        count, _last = self.reminders._draft_plan(self.company)
        self.assertEqual(count, 2)
        for parties, messages in ((1, 3), (2, 4)):
            self.assertEqual(self.reminders._count_drafted(parties), messages)
        for messages, parties in ((0, 0), (1, 1), (3, 1), (4, 2), (9, 2)):
            self.assertEqual(self.reminders._count_parties(messages), parties)


@tagged("post_install", "-at_install")
class TestReminderHeadPays(ReceivedCase):
    def test_money_of_the_head_holds_its_companies(self):
        together = self.create_policy("Group", 1, 7, grouping="group")
        self.payer.write(
            {"is_company": True, "payment_reminder_policy_id": together.id}
        )
        below = self.env["res.partner"].create(
            {"name": "North", "parent_id": self.payer.id, "is_company": True}
        )
        line = self.owe(partner=below)
        self.after(1)
        self.of_customer()
        self.assertEqual(self.reason(line), "received")
        self.after(1 + DAYS + self.company.payment_receipt_days)
        self.assertEqual(self.plan(partners=below).state, "to_confirm")


@tagged("post_install", "-at_install")
class TestReminderHeadOffice(PortalCase):
    def test_an_agency_does_not_read_what_the_head_office_is_told(self):
        self.policy.grouping = "contact"
        customer = self.company_customer
        agency = self.env["res.partner"].create(
            {"name": "Lyon", "parent_id": customer.id, "type": "invoice"}
        )
        colleague = self.env["res.partner"].create(
            {"name": "Marie", "parent_id": customer.id, "type": "contact"}
        )
        self.overdue(partner=agency)
        own = self.remind(self.overdue(partner=customer))
        self.assertFalse(own.party_id)
        reminders = self.env["payment.reminder"]
        for name, partner, reads in (
            ("agency", agency, False),
            ("colleague", colleague, True),
        ):
            user = self._portal_user(f"{name}_user", partner)
            found = reminders.sudo().search(reminders._get_portal_domain(user))
            self.assertEqual(own in found, reads, name)
            told = own._find_portal_users()[customer]
            self.assertEqual(user in told, reads, name)
