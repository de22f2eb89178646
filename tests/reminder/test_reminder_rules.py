"""Rules by which policies choose their customers, and what a change of one does."""

from odoo.tests import Form, new_test_user, tagged

from ..common.reminder_case import ReminderCase


@tagged("post_install", "-at_install")
class TestReminderRules(ReminderCase):
    def make_partner(self, name, **values):
        return self.env["res.partner"].create({"name": name, **values})

    def policy_of(self, partner):
        """Return the policy of a customer, and where it comes from."""
        policies = self.env["payment.reminder.policy"]
        self.env.flush_all()
        rows = self.env.execute_query(policies._partner_policy_query(self.company))
        [found] = [row[1:] for row in rows if row[0] == partner.id]
        alone = self.env.execute_query(
            policies._partner_policy_query(self.company, partner.ids)
        )
        self.assertEqual(alone, [(partner.id, *found)])
        return policies.browse(found[0]), found[1]

    def assert_rule(self, policy, source, chosen, *others):
        self.assertEqual(self.policy_of(chosen), (policy, source))
        for other in others:
            self.assertEqual(self.policy_of(other), (self.policy, "company"), other)
        policy.active = False

    # === Conditions ===

    def test_a_tag_includes_those_below_it(self):
        tags = self.env["res.partner.category"]
        trade = tags.create({"name": "Trade"})
        bakers = tags.create({"name": "Bakers", "parent_id": trade.id})
        patissiers = tags.create({"name": "Patissiers", "parent_id": bakers.id})
        child, parent = self.make_partner("A"), self.make_partner("B")
        child.category_id, parent.category_id = patissiers, trade
        policy = self.make_policy("Bakers", 1, tag_ids=bakers.ids)
        self.assert_rule(policy, "tag", child, parent)

    def test_a_group_of_companies(self):
        group = self.make_partner("Group", is_company=True)
        division = self.make_partner("Division", is_company=True, parent_id=group.id)
        shop = self.make_partner("Shop", is_company=True, parent_id=division.id)
        own = self.make_policy("Own", 1)
        # Off: what is chosen for the parent says nothing of its companies.
        group.payment_reminder_policy_id = own
        self.assertEqual(self.policy_of(shop), (self.policy, "company"))
        policy = self.make_policy("Group", 1, group_ids=group.ids)
        self.assertEqual(self.policy_of(group), (own, "customer"))
        self.assertEqual(self.policy_of(division), (policy, "group"))
        self.assert_rule(policy, "group", shop, self.customer)

    def test_a_salesperson(self):
        seller = new_test_user(self.env, "seller", "base.group_user")
        policy = self.make_policy("Hers", 1, salesperson_ids=seller.ids)
        self.customer.user_id = seller
        self.assert_rule(policy, "salesperson", self.customer, self.company_customer)

    def test_a_country(self):
        belgium = self.env.ref("base.be")
        policy = self.make_policy("Belgium", 1, country_ids=belgium.ids)
        belgian = self.make_partner("Jan", country_id=belgium.id)
        self.assert_rule(policy, "country", belgian, self.customer)

    def test_a_class(self):
        policy = self.make_policy("Companies", 1, by_class=True, for_consumers=False)
        self.assert_rule(policy, "class", self.company_customer, self.customer)

    def test_an_amount(self):
        policy = self.make_policy("Much", 1, owed_min=500.0)
        self.overdue(300.0)
        self.overdue(199.0, -20)
        self.assertEqual(self.policy_of(self.customer), (self.policy, "company"))
        last = self.overdue(1.0)
        self.assertEqual(self.policy_of(self.customer), (policy, "amount"))
        last.button_cancel()
        self.assertEqual(self.policy_of(self.customer), (self.policy, "company"))

    def test_all_that_is_filled_in_holds(self):
        belgium = self.env.ref("base.be")
        policy = self.make_policy(
            "Belgian consumers",
            1,
            by_class=True,
            country_ids=belgium.ids,
            for_businesses=False,
            for_public_bodies=False,
        )
        jan = self.make_partner("Jan", country_id=belgium.id)
        shop = self.make_partner("Shop", country_id=belgium.id, is_company=True)
        self.assert_rule(policy, "country", jan, shop, self.customer)

    def test_two_policies_for_one_history_each_for_its_class(self):
        for partner in (self.customer, self.company_customer):
            self.env["payment.payer.profile"].sudo().create(
                {
                    "partner_id": partner.id,
                    "company_id": self.company.id,
                    "profile": "chronic",
                }
            )
        firm = self.make_policy("Firm one", 1, payer_profile="chronic", sequence=2)
        firm.for_consumers = False
        kind = self.make_policy("Kind one", 1, payer_profile="chronic", sequence=3)
        self.assertEqual(self.policy_of(self.company_customer), (firm, "history"))
        self.assertEqual(self.policy_of(self.customer), (kind, "history"))

    def test_the_strongest_rule_counts(self):
        france = self.env.ref("base.fr")
        self.overdue(1000.0)
        expected = []
        for values in (
            {"by_class": True},
            {"country_ids": france.ids},
            {"owed_min": 100.0},
            {"group_ids": self.customer.ids},
        ):
            # Its place in the list says nothing against a stronger one.
            expected.append(self.make_policy(str(values), 1, sequence=99, **values))
            self.make_policy(f"{values} later", 1, sequence=100, **values)
            self.assertEqual(self.policy_of(self.customer)[0], expected[-1])

    def test_a_reminder_follows_the_rule(self):
        policy = self.make_policy("Companies", 5, by_class=True, for_consumers=False)
        mine = self.overdue(days=6)
        theirs = self.overdue(days=6, partner=self.company_customer)
        self.plan()
        self.assertEqual(self.find(mine).policy_id, self.policy)
        self.assertEqual(self.find(theirs).policy_id, policy)

    # === What would change ===

    def test_a_rule_says_what_it_would_change_before_it_is_saved(self):
        self.overdue()
        self.overdue()
        own = self.overdue(partner=self.company_customer)
        own.payment_reminder_policy_id = self.policy
        self.overdue(partner=self.company_customer)
        before = self.policy_of(self.customer)
        with Form(self.env["payment.reminder.policy"]) as form:
            form.name = "Consumers"
            self.assertFalse(form.change_note)
            form.by_class = True
            # Of the two invoices of the company, one has a policy of its own.
            self.assertIn("Customers: 2, open invoices: 3", form.change_note)
            self.assertIn("Test policy → Consumers: 2", form.change_note)
            form.for_businesses = False
            self.assertIn("Customers: 1, open invoices: 2", form.change_note)
            form.country_ids.add(self.env.ref("base.be"))
            self.assertIn("Nobody", form.change_note)
            self.assertEqual(self.policy_of(self.customer), before)
            form.country_ids.remove(self.env.ref("base.be").id)
        policy = form.record
        self.assertEqual(self.policy_of(self.customer), (policy, "class"))
        self.assertFalse(policy.change_note)
        with Form(policy) as form:
            form.name = "Persons"
            self.assertFalse(form.change_note)
            form.by_class = False
            self.assertIn("Persons → Test policy: 1", form.change_note)

    def test_a_policy_taken_from_a_class_says_who_is_left(self):
        self.overdue()
        with Form(self.policy) as form:
            form.for_consumers = False
            self.assertIn("Test policy → none: 1", form.change_note)

    def test_the_settings_say_what_another_policy_would_change(self):
        self.overdue()
        self.overdue(partner=self.company_customer)
        slow = self.make_policy("Slow", 60)
        businesses = self.make_policy("Businesses", 5, for_consumers=False)
        with Form(self.env["res.config.settings"]) as form:
            self.assertFalse(form.payment_reminder_policy_change)
            form.payment_reminder_policy_id = slow
            self.assertIn("Test policy → Slow: 2", form.payment_reminder_policy_change)
            form.payment_reminder_policy_id = businesses
            self.assertIn("Test policy → none: 1", form.payment_reminder_policy_change)
