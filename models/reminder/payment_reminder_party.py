"""With whom one talks about what a customer owes: that customer, one of their invoice
addresses, or the group of companies to which they belong."""

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

#: What has amounts of its own.
ACCOUNT_KEY = ("party_id", "partner_id", "currency_id")


class PaymentReminder(models.Model):
    _inherit = "payment.reminder"

    def _get_party(self):
        """Return with whom this conversation is.

        :rtype: res.partner
        """
        self.ensure_one()
        return self.party_id or self.partner_id

    def _get_account_key(self):
        """Return whose account it is, as rows of the plan name it.

        :rtype: tuple[int, int, int]
        """
        self.ensure_one()
        return (self._get_party().id, self.partner_id.id, self.currency_id.id)

    def _is_by_contact(self):
        """Return whether each invoice address of the customer is reminded by itself.

        :rtype: bool
        """
        self.ensure_one()
        if party := self.party_id:
            return party.commercial_partner_id != party
        return self.policy_id.grouping == "contact"

    def _knows(self, earlier):
        """Return whether an earlier reminder was said to the same: to this party, or to
        the customer of which it is a part; neither to the group nor to another address.

        :param payment.reminder earlier: about the same due line
        :rtype: bool
        """
        self.ensure_one()
        now, then = self._get_party(), earlier._get_party()
        whole = self.partner_id
        return now == then or (
            whole in (now, then)
            and now.commercial_partner_id == then.commercial_partner_id == whole
        )

    @api.model
    def _get_party_domain(self, parties):
        """Return the domain of what was said to these.

        :param res.partner parties: customers, invoice addresses or heads of groups
        :rtype: Domain
        """
        themselves = Domain("party_id", "=", False) & Domain(
            "partner_id", "in", parties.ids
        )
        return themselves | Domain("party_id", "in", parties.ids)

    def _find_same_voice(self):
        """Return these and what was planned with them for their parties: a message in
        each currency, of the same level.

        :rtype: payment.reminder
        """

        def voice(reminder):
            return (
                reminder.company_id,
                reminder._get_party(),
                reminder.date,
                reminder.level_id,
            )

        voices = set(map(voice, self))
        parties = self.party_id | self.filtered(lambda r: not r.party_id).partner_id
        others = self.search(
            self._get_party_domain(parties)
            & Domain("company_id", "in", self.company_id.ids)
            & Domain("date", "in", self.mapped("date"))
            & Domain("level_id", "in", self.level_id.ids)
        )
        return self | others.filtered(lambda r: voice(r) in voices)

    # === In the plan ===

    @api.model
    def _plan_parties(self, company, policies, heads, partner_ids):
        """Return the parts of the plan that say with whom one talks about a due line,
        and what is owed to them: no more than the usual where no policy groups.

        :param res.company company: whose invoices
        :param payment.reminder.policy policies: usable ones
        :param dict[int, int] heads: of groups, by customer
        :param list[int] | None partner_ids: customers to look at
        :rtype: dict[str, SQL]
        """
        talking = policies.filtered(lambda policy: policy.grouping == "contact")
        credits = self._open_credit_query(company, partner_ids, bool(talking))
        parts = {
            "party_joins": SQL(),
            "governor": SQL("line.partner_id"),
            "by_contact": SQL("FALSE"),
            "party": SQL("line.partner_id"),
            "customer_hold": SQL("customer.hold_until"),
            "debtor_join": SQL(),
            "group_money": SQL(),
            "credits": SQL(
                "SELECT partner_id AS party_id, open.* FROM (%s) open", credits
            ),
        }
        if heads:
            parts |= {
                "party_joins": SQL(
                    "LEFT JOIN %s ON member.customer_id = line.partner_id",
                    policies._get_heads_sql(heads, "member"),
                ),
                "governor": SQL("COALESCE(member.head_id, line.partner_id)"),
                "party": SQL("COALESCE(member.head_id, line.partner_id)"),
                # Of the group as a whole, or of one company in it.
                "customer_hold": SQL(
                    "GREATEST(customer.hold_until, debtor.hold_until)"
                ),
                "debtor_join": SQL(
                    "LEFT JOIN customer debtor ON debtor.id = due.partner_id"
                ),
                # The head may have paid for all.
                "group_money": SQL(
                    """UNION ALL
                       SELECT due.line_id,
                              found.receipt_id,
                              found.payment_id,
                              found.until
                         FROM due
                         JOIN unallocated found ON found.partner_id = due.governor_id
                        WHERE due.governor_id != due.partner_id"""
                ),
            }
        if talking:
            parts |= {
                "party_joins": SQL(
                    """%s
                       JOIN res_partner address ON address.id = move.partner_id
                  LEFT JOIN policy talking ON talking.partner_id = %s""",
                    parts["party_joins"],
                    parts["governor"],
                ),
                # An address that went to another customer must not hear of it.
                "by_contact": SQL(
                    """COALESCE(
                           talking.policy_id = ANY(%s)
                               AND address.commercial_partner_id = line.partner_id,
                           FALSE
                       )""",
                    talking.ids,
                ),
            }
            parts["party"] = SQL(
                "CASE WHEN %s THEN move.partner_id ELSE %s END",
                parts["by_contact"],
                parts["governor"],
            )
        if heads or talking:
            parts["credits"] = SQL(_PARTY_CREDITS, credits=credits)
        return parts


# Money of the customer as a whole counts for each of its contacts: nobody is asked for
# what it would pay.
_PARTY_CREDITS = """
SELECT owing.party_id,
       owing.partner_id,
       open.currency_id,
       sum(open.amount) AS amount,
       sum(open.amount_company) AS amount_company
  FROM (
    SELECT party_id, partner_id, bool_and(by_contact) AS by_contact
      FROM due
  GROUP BY party_id, partner_id
       ) owing
  JOIN (%(credits)s) open
    ON open.partner_id = owing.partner_id
   AND (NOT owing.by_contact
        OR open.contact_id IS NULL
        OR open.contact_id = owing.party_id)
GROUP BY owing.party_id, owing.partner_id, open.currency_id
"""
