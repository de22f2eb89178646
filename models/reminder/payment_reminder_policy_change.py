from odoo import api, fields, models
from odoo.orm.identifiers import NewId
from odoo.tools import SQL

from .payment_reminder_audience import FIELDS
from .payment_reminder_policy import SOURCES

#: What decides who has a policy.
DECIDING = (
    *SOURCES,
    *FIELDS.values(),
    "active",
    "company_id",
    "grouping",
    "sequence",
)


class PaymentReminderPolicy(models.Model):
    """What would change if a policy were saved as its form shows it."""

    _inherit = "payment.reminder.policy"

    change_note = fields.Text(
        compute="_compute_change_note",
        help="Who would get another policy once this is saved.",
    )

    @api.depends(*DECIDING)
    @api.depends_context("company", "lang")
    def _compute_change_note(self):
        for policy in self:
            before = policy._origin
            changed = any(
                policy[name]._origin != before[name]
                if policy._fields[name].relational
                else policy[name] != before[name]
                for name in (DECIDING if before else SOURCES)
            )
            edited = isinstance(policy.id, NewId) and changed
            policy.change_note = edited and policy._describe_change()

    def _describe_change(self):
        """Return who would get another policy if this one were saved.

        :rtype: str
        """
        self.ensure_one()
        cases = []
        # A shared policy is for all companies: the user is told of those they work in.
        for company in self.company_id._origin or self.env.companies:
            before = self._get_usable(company)
            after = before - self._origin
            if self.active and self.company_id._origin in (company, company.browse()):
                after |= self
            default = company.sudo().payment_reminder_policy_id
            cases.append((company, before, after, default))
        return self._describe_changes(cases)

    @api.model
    def _describe_changes(self, cases):
        """Return who of those that owe something would get another policy.

        :param list[tuple] cases: company, its usable policies before and after, and its
            own policy after
        :rtype: str
        """
        none = self.env._("none")
        customers = invoices = 0
        texts = []
        for company, before, after, default in cases:
            names = {policy._origin.id or 0: policy.name for policy in before | after}
            for old, new, how_many, of_invoices in self.env.execute_query(
                self._change_query(company, before, after, default)
            ):
                customers += how_many
                invoices += of_invoices
                texts.append(
                    self.env._(
                        "%(old)s → %(new)s: %(customers)s",
                        old=names.get(old) or none,
                        new=names.get(new) or none,
                        customers=how_many,
                    )
                )
        if not customers:
            return self.env._("Nobody who owes something gets another policy.")
        summary = self.env._(
            "Once saved, other policies apply. Customers: %(customers)s, open "
            "invoices: %(invoices)s.",
            customers=customers,
            invoices=invoices,
        )
        return "\n".join([summary, *texts])

    @api.model
    def _change_query(self, company, before, after, default):
        """Return the query of what is open of ``company`` and gets another policy.

        :param payment.reminder.policy before: the usable ones
        :param payment.reminder.policy after: those that would be
        :param payment.reminder.policy default: the company's own that would be
        :return: a select of old and new policy, number of customers and of invoices
        :rtype: SQL
        """
        lines = self.env["account.move.line"].sudo()
        self.env.flush_all()
        return SQL(
            """
            SELECT old, new, count(DISTINCT partner_id), count(DISTINCT move_id)
              FROM (
                SELECT line.partner_id,
                       line.move_id,
                       COALESCE(own_before.id, before.policy_id) AS old,
                       COALESCE(own_after.id, after.policy_id) AS new
                  FROM account_move_line line
                  JOIN account_move move ON move.id = line.move_id
                  JOIN res_partner partner ON partner.id = line.partner_id
             LEFT JOIN %(heads_before)s ON old_member.customer_id = line.partner_id
             LEFT JOIN %(heads_after)s ON new_member.customer_id = line.partner_id
                  JOIN (%(before)s) before
                    ON before.partner_id
                       = COALESCE(old_member.head_id, line.partner_id)
                  JOIN (%(after)s) after
                    ON after.partner_id = COALESCE(new_member.head_id, line.partner_id)
             LEFT JOIN %(fitting_before)s own_before
                    ON own_before.id = move.payment_reminder_policy_id
                   AND own_before.customer_class = partner.customer_class
             LEFT JOIN %(fitting_after)s own_after
                    ON own_after.id = move.payment_reminder_policy_id
                   AND own_after.customer_class = partner.customer_class
                 WHERE %(remindable)s
                   AND line.company_id = %(company)s
                   ) invoice
             WHERE old IS DISTINCT FROM new
          GROUP BY old, new
          ORDER BY 3 DESC, old, new
            """,
            before=self._partner_policy_query(company, policies=before),
            after=self._partner_policy_query(company, policies=after, default=default),
            heads_before=self._get_heads_sql(
                before._find_group_heads(company), "old_member"
            ),
            heads_after=self._get_heads_sql(
                after._find_group_heads(company, default=default), "new_member"
            ),
            fitting_before=before._get_fitting_sql(),
            fitting_after=after._get_fitting_sql(),
            remindable=lines._get_remindable_sql(),
            company=company.id,
        )
