from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from .customer_class import CLASSES
from .payment_reminder_audience import FIELDS
from .payment_reminder_policy import SOURCES

ALL_CLASSES = [code for code, _label in CLASSES]


class PaymentReminderPolicy(models.Model):
    """Which customers have which policy."""

    _inherit = "payment.reminder.policy"

    group_ids = fields.Many2many(
        comodel_name="res.partner",
        string="Groups of Companies",
        domain="[('is_company', '=', True)]",
        help="These customers and all companies below them have this policy. Empty: "
        "the policy of a parent company says nothing of its companies.",
    )
    salesperson_ids = fields.Many2many(
        comodel_name="res.users",
        string="Salespersons",
        domain="[('share', '=', False)]",
        help="Their customers have this policy.",
    )
    owed_min = fields.Float(
        string="Owes at Least",
        digits="Product Price",
        help="In the company's currency, due or not: customers who owe that much have "
        "this policy. Zero: whatever they owe.",
    )
    country_ids = fields.Many2many(
        comodel_name="res.country",
        string="Countries",
        help="Customers in these countries have this policy.",
    )
    by_class = fields.Boolean(
        string="All of These Classes",
        help="Whoever is of the classes ticked has this policy.",
    )

    _owed_min_positive = models.Constraint(
        "CHECK(owed_min >= 0)", "The amount owed must be positive."
    )

    @api.constrains(*FIELDS.values())
    def _check_levels_suit(self):
        self.level_ids._check_audience()

    def _check_is_for(self, customer):
        """Refuse a customer for whose class this policy is not.

        :param res.partner customer: a commercial entity
        :raises ValidationError: which says why, and what to do
        """
        self.ensure_one()
        customer = customer.sudo()
        if customer.customer_class in self._get_classes():
            return
        raise ValidationError(
            self.env._(
                "“%(policy)s” is not for %(classes)s, and %(customer)s is one of them. "
                "%(reason)s Choose another policy, or correct the class of the "
                "customer.",
                policy=self.name,
                classes=self._name_classes([customer.customer_class]),
                customer=customer.display_name,
                reason=customer.customer_class_reason,
            )
        )

    # === Rules ===

    @api.model
    def _get_usable(self, company):
        """Return the policies that customers of ``company`` may have, in sudo.

        :rtype: payment.reminder.policy
        """
        return self.sudo().search([("company_id", "in", [False, company.id])])

    def _get_source(self):
        """Return by what this policy chooses its customers, mainly.

        :return: a value of `SOURCES`; None: it is given by hand, or by the settings
        :rtype: str | None
        """
        self.ensure_one()
        return next((SOURCES[name] for name in SOURCES if self[name]), None)

    def _sort_rules(self):
        """Return those that choose their customers, the strongest first.

        :rtype: payment.reminder.policy
        """
        strength = list(SOURCES.values())
        return self.filtered(lambda policy: policy._get_source()).sorted(
            lambda policy: (
                strength.index(policy._get_source()),
                not policy.company_id,
                policy.sequence,
                policy._origin.id or float("inf"),
            )
        )

    def _get_rule_sql(self, company, partner_ids, classes):
        """Return the condition under which a customer is chosen: all that is filled in
        holds.

        :param res.company company: whose customers
        :param list[int] | None partner_ids: commercial partners; None: all
        :param list[str] classes: of the customers that it may be given to
        :return: on the alias `partner`
        :rtype: SQL
        """
        self.ensure_one()
        domain = Domain.TRUE
        if self.tag_ids:
            domain &= Domain("category_id", "child_of", self.tag_ids._origin.ids)
        if self.group_ids:
            domain &= Domain("id", "child_of", self.group_ids._origin.ids)
        if self.salesperson_ids:
            domain &= Domain("user_id", "in", self.salesperson_ids._origin.ids)
        if self.payer_profile:
            domain &= Domain(
                "payer_profile_ids",
                "any",
                Domain("company_id", "=", company.id)
                & Domain("profile", "=", self.payer_profile),
            )
        if self.country_ids:
            domain &= Domain("country_id", "in", self.country_ids._origin.ids)
        if set(classes) != set(ALL_CLASSES):
            domain &= Domain("customer_class", "in", classes)
        if partner_ids is not None:
            domain &= Domain("id", "in", partner_ids)
        partners = self.env["res.partner"].sudo().with_context(active_test=False)
        chosen = SQL("partner.id IN %s", partners._search(domain).subselect())
        if self.owed_min:
            chosen = SQL(
                "(%s AND partner.id IN (%s))",
                chosen,
                self._get_debtors_query(company, partner_ids),
            )
        return chosen

    def _get_debtors_query(self, company, partner_ids):
        """Return the query of the customers who owe as much as this policy asks."""
        lines = self.env["account.move.line"]
        lines.flush_model()
        return SQL(
            """
            SELECT line.partner_id
              FROM account_move_line line
              JOIN account_move move ON move.id = line.move_id
             WHERE %(remindable)s
               AND line.company_id = %(company)s
               AND (%(all)s OR line.partner_id = ANY(%(partners)s))
          GROUP BY line.partner_id
            HAVING sum(line.amount_residual) >= %(amount)s
            """,
            remindable=lines._get_remindable_sql(),
            company=company.id,
            all=partner_ids is None,
            partners=list(partner_ids or ()),
            amount=self.owed_min,
        )

    def _get_fitting_sql(self, whoever=False):
        """Return which of these policies are for which class of customers.

        :param bool whoever: whatever they say of themselves
        :return: a table of `id` (0: not saved yet) and `customer_class`
        :rtype: SQL
        """
        pairs = [
            (policy._origin.id or 0, code)
            for policy in self
            for code in (ALL_CLASSES if whoever else policy._get_classes())
        ]
        return SQL(
            "(SELECT *"
            " FROM unnest(%s::int[], %s::varchar[]) fitting(id, customer_class))",
            [policy_id for policy_id, _code in pairs],
            [code for _policy_id, code in pairs],
        )

    @api.model
    def _partner_policy_query(
        self, company, partner_ids=None, policies=None, default=None, whoever=False
    ):
        """Return the policy of each customer of ``company``, and where it comes from:
        the customer's own, else the first that chooses them, else the company's. One
        that is archived, of another company, or not for customers of this class, does
        not count.

        :param list[int] partner_ids: commercial partners; None: all
        :param payment.reminder.policy policies: usable ones; None: as they are stored
        :param payment.reminder.policy default: the company's; None: as it is stored
        :param bool whoever: whatever policies say of the classes that they are for
        :return: a select of `partner_id`, `policy_id` (null: none) and `source`:
            `customer`, a value of `SOURCES`, `company`, or without a policy
            `other_class` (the company's is for others) or null
        :rtype: SQL
        """
        if policies is None:
            policies = self._get_usable(company)
        partners = self.env["res.partner"].with_company(company)
        partners.flush_model(["customer_class", "payment_reminder_policy_id"])
        rules = policies._sort_rules()
        chosen = SQL(
            "CASE %s END",
            SQL(" ").join(
                SQL(
                    "WHEN %s THEN %s",
                    rule._get_rule_sql(
                        company,
                        partner_ids,
                        ALL_CLASSES if whoever else rule._get_classes(),
                    ),
                    rule._origin.id or 0,
                )
                for rule in rules
            ),
        )
        if default is None:
            default = company.sudo().payment_reminder_policy_id
        default = policies.filtered(
            lambda policy: policy._origin and policy._origin == default
        )
        return SQL(
            """
            SELECT partner.id AS partner_id,
                   COALESCE(own.id, rule.id, fallback.id) AS policy_id,
                   CASE WHEN own.id IS NOT NULL THEN 'customer'
                        WHEN rule.id IS NOT NULL THEN rule.source
                        WHEN fallback.id IS NOT NULL THEN 'company'
                        ELSE %(otherwise)s
                    END AS source
              FROM res_partner partner
         LEFT JOIN %(fitting)s own
                ON own.id = %(own)s
               AND own.customer_class = COALESCE(partner.customer_class, 'consumer')
         LEFT JOIN unnest(%(rule_ids)s::int[], %(sources)s::varchar[]) rule(id, source)
                ON rule.id = %(chosen)s
         LEFT JOIN %(fitting)s fallback
                ON fallback.id = %(fallback)s
               AND fallback.customer_class
                   = COALESCE(partner.customer_class, 'consumer')
             WHERE %(wanted)s
            """,
            fitting=policies._get_fitting_sql(whoever),
            own=partners._field_to_sql("partner", "payment_reminder_policy_id"),
            rule_ids=[rule._origin.id or 0 for rule in rules],
            sources=[rule._get_source() for rule in rules],
            chosen=chosen if rules else SQL("NULL::int"),
            fallback=default._origin.id or None,
            otherwise="other_class" if default else None,
            wanted=SQL("partner.id IN %s", tuple(partner_ids) or (None,))
            if partner_ids is not None
            else SQL("partner.commercial_partner_id = partner.id"),
        )

    def _get_note(self, source):
        """Say which policy a customer has, and why.

        :param str | None source: as in `_partner_policy_query`
        :rtype: str
        """
        name = self.name
        notes = {
            "customer": self.env._("%s, chosen for this customer", name),
            "tag": self.env._("%s, for a tag of the customer", name),
            "group": self.env._("%s, for the group of companies", name),
            "salesperson": self.env._("%s, for the salesperson", name),
            "history": self.env._("%s, for the payment history", name),
            "amount": self.env._("%s, for the amount owed", name),
            "country": self.env._("%s, for the country", name),
            "class": self.env._("%s, for the class of the customer", name),
            "company": self.env._("%s, for all customers", name),
        }
        return notes.get(source) or self.env._("None: no reminders")
