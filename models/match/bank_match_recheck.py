from odoo import api, fields, models

# Documents of one run; the next run takes more.
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
        lines = self.env["account.bank.statement.line"].sudo()
        if lines.search_count(self._get_open_domain(moves.company_id), limit=1):
            self.sudo().create([{"move_id": move.id} for move in moves])
            lines._trigger_match()

    @api.model
    def _get_open_domain(self, companies):
        """Return the domain of the lines that documents of these companies may pay."""
        return [
            ("company_id", "in", companies.parent_ids.ids),
            ("match_state", "=", "open"),
            ("match_kind", "!=", "manual"),
            ("is_reconciled", "=", False),
        ]

    @api.model
    def _process_documents(self):
        """Have the lines examined again that the documents noted may explain."""
        rows = self.search([], order="id", limit=MOST_AT_ONCE).try_lock_for_update()
        moves = rows.move_id.filtered(lambda move: move.state == "posted")
        lines = self.env["account.bank.statement.line"]
        lines = lines.search(self._get_open_domain(moves.company_id))
        lines = lines._select_concerned(moves)
        lines.try_lock_for_update(allow_referencing=True).with_context(
            tracking_disable=True
        ).write({"match_state": "waiting"})
        rows.unlink()
