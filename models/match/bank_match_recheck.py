from odoo import api, fields, models
from odoo.tools import SQL

# Documents of one run; those beyond are for the next one.
MOST_AT_ONCE = 5000


class BankMatchRecheck(models.Model):
    """Documents posted since open bank lines were last looked at.

    Rows are only ever added and removed: nobody waits for anybody at posting.
    """

    _name = "bank.match.recheck"
    _description = "Bank Lines to Look at Again"

    move_id = fields.Many2one(
        comodel_name="account.move", required=True, ondelete="cascade"
    )

    @api.model
    def _add(self, moves):
        """Have the open bank lines of these documents' companies looked at again."""
        open_lines = self.env["account.bank.statement.line"].sudo()
        open_lines.flush_model(["match_state", "match_kind", "is_reconciled"])
        companies = tuple({id_ for m in moves.company_id for id_ in m.parent_ids.ids})
        found = self.env.execute_query(
            SQL(
                """
                SELECT 1
                  FROM account_bank_statement_line
                 WHERE company_id IN %s
                   AND match_state = 'open'
                   AND is_reconciled IS NOT TRUE
                   AND match_kind IS DISTINCT FROM 'hand'
                 LIMIT 1
                """,
                companies,
            )
        )
        if found:
            self.sudo().create([{"move_id": move.id} for move in moves])
            open_lines._trigger_match()

    @api.model
    def _work_off(self):
        """Have the lines examined again that the documents noted may explain."""
        rows = self.search([], order="id", limit=MOST_AT_ONCE).try_lock_for_update()
        moves = rows.move_id.filtered(lambda move: move.state == "posted")
        lines = self.env["account.bank.statement.line"]
        for company in moves.company_id:
            lines |= lines.search(
                [
                    ("company_id", "in", company.parent_ids.ids),
                    ("match_state", "=", "open"),
                    ("match_kind", "!=", "hand"),
                    ("is_reconciled", "=", False),
                ]
            )
        lines = lines._select_concerned(moves)
        lines.try_lock_for_update(allow_referencing=True).with_context(
            tracking_disable=True
        ).write({"match_state": "waiting"})
        rows.unlink()
