"""Groups of companies that are reminded together."""

from odoo import api, models
from odoo.tools import SQL


class PaymentReminderPolicy(models.Model):
    _inherit = "payment.reminder.policy"

    def _find_group_heads(self, company, partner_ids=None, default=None):
        """Return who is reminded together, by these policies: all companies below one
        whose policy says so, and that is itself below no other company.

        :param res.company company: whose customers
        :param list[int] | None partner_ids: with all of their groups; None: all groups
        :param payment.reminder.policy default: see `_partner_policy_query`
        :return: by the id of a customer, of each group wholly, the id of its head
        :rtype: dict[int, int]
        """
        by_group = self.filtered(lambda policy: policy.grouping == "group")
        if not by_group:
            return {}
        partners = self.env["res.partner"].sudo()
        partners.flush_model(
            ["commercial_partner_id", "company_id", "is_company", "parent_id"]
        )
        heads = partner_ids and partners.browse(partner_ids)._get_group_heads().ids
        if partner_ids is not None and not heads:
            return {}
        query = SQL(
            _GROUPS,
            policies=self._partner_policy_query(company, heads, self, default),
            by_group=[policy._origin.id or 0 for policy in by_group],
            company_id=company.id,
        )
        return dict(self.env.execute_query(query))

    @api.model
    def _get_heads_sql(self, heads, alias):
        """Return what `_find_group_heads` found, to be joined.

        :param dict[int, int] heads: by customer
        :param str alias: of the table
        :return: a table of `customer_id` and `head_id`
        :rtype: SQL
        """
        return SQL(
            "unnest(%s::int[], %s::int[]) %s(customer_id, head_id)",
            list(heads),
            list(heads.values()),
            SQL.identifier(alias),
        )


# From the top down: most customers are below nobody.
_GROUPS = """
WITH RECURSIVE company_group AS (
    SELECT head.id AS customer_id, head.id AS head_id
      FROM (%(policies)s) policy
      JOIN res_partner head ON head.id = policy.partner_id
     WHERE policy.policy_id = ANY(%(by_group)s)
       AND head.is_company
       AND (head.company_id IS NULL OR head.company_id = %(company_id)s)
       AND NOT EXISTS (
               SELECT
                 FROM res_partner contact
                 JOIN res_partner above ON above.id = contact.commercial_partner_id
                WHERE contact.id = head.parent_id
                  AND above.is_company
           )
     UNION ALL
    SELECT below.id, company_group.head_id
      FROM company_group
      JOIN res_partner contact
        ON contact.commercial_partner_id = company_group.customer_id
      JOIN res_partner below ON below.parent_id = contact.id
     WHERE below.is_company
)
SELECT customer_id, head_id FROM company_group
"""
