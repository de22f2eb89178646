from odoo import fields, models


class ResCompany(models.Model):
    """How far bank lines are reconciled by themselves."""

    _inherit = "res.company"

    bank_match_partial = fields.Boolean(
        string="Reconcile Parts and Overpayments",
        default=True,
        help="A sure reference with too little money pays a part of what is due; with "
        "too much, the rest becomes a credit of the customer. Otherwise a person "
        "decides.",
    )

    bank_match_learn_iban = fields.Boolean(
        string="Remember Payers' Accounts",
        default=True,
        help="The account that matched money came from is added to its customer.",
    )

    bank_match_tolerance = fields.Monetary(
        string="Bank Fee Tolerance",
        currency_field="currency_id",
        help="Up to this amount, what is missing of a transfer is a bank fee and is "
        "written off.",
    )

    bank_match_fee_account_id = fields.Many2one(
        comodel_name="account.account",
        string="Account for Bank Fees",
        check_company=True,
        help="Fees within the tolerance are written off to it; without it, no fee is.",
    )

    payment_receipt_days = fields.Integer(
        string="Days to Allocate Receipts",
        default=30,
        help="Money that came in and is not allocated yet holds for so many days the "
        "reminders of the customers that it may come from, and their payment page says "
        "that it is there. Zero: it does not.",
    )

    _payment_receipt_days_positive = models.Constraint(
        "CHECK(payment_receipt_days >= 0)",
        "The days to allocate receipts must not be negative.",
    )
    _bank_match_tolerance_positive = models.Constraint(
        "CHECK(bank_match_tolerance >= 0)",
        "The tolerance for bank fees must be positive.",
    )
