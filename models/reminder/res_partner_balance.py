from odoo import api, fields, models
from odoo.fields import Domain

from ...const import ACCOUNTING


class ResPartner(models.Model):
    """What a customer owes, on one page: balance, ladder and history of reminders."""

    _inherit = "res.partner"

    payment_balance_ids = fields.One2many(
        comodel_name="payment.customer.balance",
        inverse_name="partner_id",
        string="Balances",
        compute="_compute_payment_balance_ids",
        groups=ACCOUNTING,
    )
    payment_due_line_ids = fields.One2many(
        comodel_name="account.move.line",
        string="Due Lines",
        compute="_compute_payment_due_line_ids",
        groups=ACCOUNTING,
    )
    payment_reminder_ids = fields.One2many(
        comodel_name="payment.reminder",
        inverse_name="partner_id",
        string="History of Reminders",
        readonly=True,
        groups=ACCOUNTING,
    )
    payment_reminder_count = fields.Integer(
        compute="_compute_payment_reminder_count", groups=ACCOUNTING
    )
    payment_balance = fields.Monetary(
        string="Balance Due",
        compute="_compute_payment_balance",
        groups=ACCOUNTING,
        help="All that the customer owes the company, net of credits.",
    )
    payment_overdue = fields.Monetary(
        string="Overdue",
        compute="_compute_payment_balance",
        groups=ACCOUNTING,
        help="What is past its due date, before credits.",
    )

    @api.depends_context("allowed_company_ids")
    def _compute_payment_balance_ids(self):
        balances = self.env["payment.customer.balance"]
        # All columns with the search: read by their ids later, they would be summed up
        # from the items of all customers.
        columns = [name for name, field in balances._fields.items() if field.store]
        rows = balances.search_fetch(
            [("partner_id", "in", self.commercial_partner_id.ids)], columns
        ).grouped("partner_id")
        for partner in self:
            customer = partner.commercial_partner_id._origin
            partner.payment_balance_ids = rows.get(customer, balances)

    @api.depends_context("company", "allowed_company_ids")
    def _compute_payment_balance(self):
        for partner in self:
            own = partner.payment_balance_ids.filtered(
                lambda row: row.company_id == self.env.company
            )
            partner.payment_balance = sum(own.mapped("balance_company"))
            partner.payment_overdue = sum(own.mapped("overdue_company"))

    @api.depends_context("allowed_company_ids")
    def _compute_payment_reminder_count(self):
        groups = self.env["payment.reminder"]._read_group(
            [("partner_id", "in", self.commercial_partner_id.ids)],
            ["partner_id"],
            ["__count"],
        )
        counts = dict(groups)
        for partner in self:
            customer = partner.commercial_partner_id._origin
            partner.payment_reminder_count = counts.get(customer, 0)

    @api.depends_context("allowed_company_ids")
    def _compute_payment_due_line_ids(self):
        lines = self.env["account.move.line"]
        customers = self.commercial_partner_id
        domain = lines._get_remindable_domain() & Domain(
            "partner_id", "in", customers.ids
        )
        due = lines.search(
            domain & Domain("company_id", "in", self.env.companies.ids),
            order="date_maturity, id",
        ).grouped("partner_id")
        for partner in self:
            customer = partner.commercial_partner_id._origin
            partner.payment_due_line_ids = due.get(customer, lines)

    def action_open_contact(self):
        """Open the usual form of the customer."""
        self.ensure_one()
        return self.get_formview_action()

    def action_open_reminder_customer(self):
        """Open the page that shows what the customer owes and how he was reminded.

        :rtype: dict
        """
        return self._get_reminder_customer_action(self.env.company)

    def _get_reminder_customer_action(self, company):
        """Return the action that opens the page of the customer.

        :param res.company company: that is owed
        :rtype: dict
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_payment_request.action_payment_reminder_customer"
        )
        customer = self.commercial_partner_id
        action.update(res_id=customer.id, name=customer.display_name)
        if company != self.env.company:
            companies = company | self.env.companies
            action["context"] = {"allowed_company_ids": companies.ids}
        return action
