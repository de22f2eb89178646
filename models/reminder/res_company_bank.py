from datetime import timedelta

from odoo import fields, models
from odoo.tools import SQL, format_date

# A journal receives money if a customer's came in so shortly before the last line of
# all: neither savings nor an account that nobody uses any more.
RECEIVING_DAYS = 90


class ResCompany(models.Model):
    """Whether Odoo can know who has paid: from a connected bank, or from bank lines
    that are imported or typed."""

    _inherit = "res.company"

    payment_reminder_bank_days = fields.Integer(
        string="Age of Bank Lines",
        default=7,
        help="Where no bank is connected: reminders wait while the last line or "
        "statement that was imported or typed is more days old. Zero: they do not "
        "wait.",
    )

    payment_reminder_unfed = fields.Selection(
        selection=[
            ("wait", "Reminders wait for bank lines"),
            ("remind", "Reminders leave all the same"),
        ],
        string="Without Bank Data",
        help="Until an administrator chooses, reminders wait.",
    )

    def _get_bank_blocker(self):
        """Return why what the bank told is not enough to remind anybody.

        :return: `stale_bank_data` (a connected bank), `stale_bank_lines` (imported or
            typed), `no_bank_data`, or None
        :rtype: str | None
        """
        self.ensure_one()
        # A branch is paid on the accounts of its parent, too.
        age = self.parent_ids._get_bank_data_age()
        hours, days = self.payment_reminder_bank_hours, self.payment_reminder_bank_days
        if hours and age is not None and age > timedelta(hours=hours):
            return "stale_bank_data"
        day, _journal = self._get_oldest_bank_line()
        if days and day and self._get_payment_today() - day > timedelta(days=days):
            return "stale_bank_lines"
        if age is None and not day and self.payment_reminder_unfed != "remind":
            return "no_bank_data"
        return None

    def _get_oldest_bank_line(self):
        """Return up to which day all is known of the journals that receive money and
        that no connected bank feeds, by their last lines and statements.

        :return: the day (None: there is no such journal), and the journal that it is of
        :rtype: tuple[datetime.date | None, account.journal]
        """
        self.ensure_one()
        journals = self.env["account.journal"].sudo()
        journals._flush_bank_lines()
        accounts = self.env["bridge.account"].sudo()
        fed = accounts.search(accounts._get_current_domain()).journal_id
        rows = self.env.execute_query(
            SQL(_LAST_LINES, company_ids=self.parent_ids.ids, fed_ids=fed.ids)
        )
        newest = max((day for _id, _fed, day, _received in rows), default=None)
        receiving = [
            (day, journals.browse(journal_id))
            for journal_id, is_fed, day, received in rows
            if not is_fed
            and received
            and newest - received <= timedelta(days=RECEIVING_DAYS)
        ]
        return min(
            receiving,
            key=lambda row: (row[0], row[1].id),
            default=(None, journals),
        )

    def _get_bank_note(self):
        """Return how Odoo knows who has paid, for administrators.

        :rtype: str
        """
        self.ensure_one()
        notes = []
        if self.parent_ids._get_bank_data_age() is not None:
            notes.append(self.env._("A connected bank feeds your journals."))
        day, journal = self._get_oldest_bank_line()
        if day:
            notes.append(
                self.env._(
                    "Bank lines are imported or typed. %(journal)s is up to date until "
                    "%(day)s.",
                    journal=journal.name,
                    day=format_date(self.env, day),
                )
            )
        return " ".join(notes) or self.env._(
            "Nothing feeds your bank journals: Odoo cannot know who has paid. If "
            "reminders leave all the same, they also go to customers whose money is "
            "already in your bank, until somebody registers the payment."
        )


# What came in from customers: of one who is known, or not allocated yet.
_LAST_LINES = """
SELECT journal.id,
       journal.id = ANY(%(fed_ids)s),
       GREATEST(last.date, statement.date),
       received.date
  FROM account_journal journal
CROSS JOIN LATERAL (
        SELECT move.date
          FROM account_bank_statement_line line
          JOIN account_move move ON move.id = line.move_id
         WHERE line.journal_id = journal.id
      ORDER BY line.internal_index DESC
         LIMIT 1
       ) last
 LEFT JOIN LATERAL (
        SELECT date
          FROM account_bank_statement
         WHERE journal_id = journal.id AND date IS NOT NULL
      ORDER BY date DESC
         LIMIT 1
       ) statement ON TRUE
 LEFT JOIN LATERAL (
        SELECT move.date
          FROM account_bank_statement_line line
          JOIN account_move move ON move.id = line.move_id
         WHERE line.journal_id = journal.id
           AND line.amount > 0
           AND (line.partner_id IS NOT NULL OR line.is_reconciled IS NOT TRUE)
      ORDER BY line.internal_index DESC
         LIMIT 1
       ) received ON TRUE
 WHERE journal.company_id = ANY(%(company_ids)s)
   AND journal.type = 'bank'
   AND journal.active
"""
