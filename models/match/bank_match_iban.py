from odoo import models

from odoo.addons.base.models.res_bank import sanitize_account_number


class AccountBankStatementLine(models.Model):
    """Accounts of payers, learned from lines that were matched."""

    _inherit = "account.bank.statement.line"

    def _learn_ibans(self):
        """Remember for each customer the account that his money came from.

        An account that somebody owns already stays his: people pay for others.
        """
        lines = self.filtered(
            lambda line: line.account_number
            and line.partner_id
            and line.amount > 0
            and line.company_id.bank_match_learn_iban
        )
        if not lines:
            return
        accounts = {
            line: sanitize_account_number(line.account_number) for line in lines
        }
        known = set(
            self.env["res.partner.bank"]
            .sudo()
            .with_context(active_test=False)
            .search([("sanitized_acc_number", "in", sorted(set(accounts.values())))])
            .mapped("sanitized_acc_number")
        )
        for line, account in accounts.items():
            if account and account not in known:
                known.add(account)
                line._find_or_create_bank_account()
