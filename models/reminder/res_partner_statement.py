from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_amount

from ...const import ACCOUNTING
from ..text import write_day
from .payment_customer_balance import AGES

STATEMENT_REPORT = "account_payment_request.action_report_statement"


class ResPartner(models.Model):
    """Statement of account."""

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

    # === Statement of account ===

    def _print_statements(self, company):
        """Return the statements of account of these customers.

        :param res.company company: whose claims they are
        :return: PDF by id of the customer
        :rtype: dict[int, bytes]
        """
        report = self.env["ir.actions.report"].sudo().with_company(company)
        streams = report._render_qweb_pdf_prepare_streams(
            STATEMENT_REPORT, {}, res_ids=self.ids
        )
        return {id_: streams[id_]["stream"].getvalue() for id_ in self.ids}

    def _get_statement(self, company):
        """Return what is open between a company and this customer, in the language of
        the environment.

        :param res.company company: whose claims they are
        :return: `date` and `currencies`: of each, `customer` (of several), `rows`
            (`date`, `name`, `reference`, `due_date`, `late`, `amount`, `open`), `open`,
            `overdue`, and `ages` (label and amount of each column)
        :rtype: dict
        """
        self.ensure_one()
        today = company._get_payment_today()
        lines = self._get_open_items(company)
        accounts = lines.grouped(
            lambda line: (line.partner_id.commercial_partner_id, line.currency_id)
        )
        several = len(lines.partner_id.commercial_partner_id) > 1
        return {
            "date": write_day(self.env, today),
            "currencies": [
                {
                    "customer": several and customer.name,
                    **self._get_statement_part(currency, its_lines, today),
                }
                for (customer, currency), its_lines in accounts.items()
            ],
        }

    def _get_open_items(self, company):
        """Return what is not reconciled in the customer's receivable accounts: due
        lines, credit notes and payments, the oldest first.

        :rtype: account.move.line
        """
        self.ensure_one()
        lines = self.env["account.move.line"]
        return lines.search(
            lines._get_open_domain()
            & self._get_statement_domain(company)
            & Domain("account_type", "=", "asset_receivable")
            & Domain("company_id", "=", company.id)
            & Domain("amount_residual_currency", "!=", 0)
        ).sorted(lambda line: (line.date_maturity or line.date, line.date, line.id))

    def _get_statement_domain(self, company):
        """Return whose items the statement shows: the customer's or, beside a reminder,
        those of whoever is reminded, an invoice address or all companies of a group.

        :rtype: Domain
        """
        customer = self.commercial_partner_id
        mine = Domain("partner_id.commercial_partner_id", "=", customer.id)
        if not self.env.context.get("reminder_statement_of_party"):
            return mine
        if self != customer:
            of_all = Domain("amount_residual", "<", 0) & (
                Domain("move_id.move_type", "!=", "out_refund")
                | Domain("move_id.partner_id", "=", customer.id)
            )
            return mine & (of_all | Domain("move_id.partner_id", "=", self.id))
        policies = self.env["payment.reminder.policy"].sudo()._get_usable(company)
        heads = policies._find_group_heads(company, customer.ids)
        members = [member for member, head in heads.items() if head == customer.id]
        if not members:
            return mine
        return Domain("partner_id.commercial_partner_id", "in", members)

    def _get_statement_part(self, currency, lines, today):
        """Return what is open in one currency."""

        def write(amount):
            return format_amount(self.env, amount, currency)

        ages = [0.0] * (len(AGES) + 1)
        credit = 0.0
        rows = []
        for line in lines:
            residual = line.amount_residual_currency
            due = line.date_maturity or line.date
            late = (today - due).days if residual > 0 else 0
            if residual > 0:
                ages[sum(late > age for age in AGES)] += residual
            else:
                credit -= residual
            rows.append(
                {
                    "date": write_day(self.env, line.move_id.invoice_date or line.date),
                    "name": line.move_id.name,
                    "reference": line.move_id.ref or "",
                    "due_date": write_day(self.env, due) if residual > 0 else "",
                    "late": max(late, 0) or "",
                    "amount": write(line.amount_currency),
                    "open": write(residual),
                }
            )
        # Credits go to the oldest, as in reminders; what is left of them is owed.
        for column in reversed(range(len(ages))):
            used = min(credit, ages[column]) if column else credit
            ages[column] = currency.round(ages[column] - used) or 0.0
            credit -= used
        overdue = sum(ages[1:])
        return {
            "currency": currency,
            "rows": rows,
            "open": write(sum(ages)),
            "overdue": write(overdue) if overdue else "",
            "ages": list(zip(self._get_age_labels(), map(write, ages), strict=True)),
        }

    def _get_age_labels(self):
        """Return the heads of the columns of what is not due, and of what is late."""
        between = [
            self.env._("%(first)s to %(last)s days", first=first + 1, last=last)
            for first, last in zip(AGES, AGES[1:], strict=False)
        ]
        return [
            self.env._("Not due"),
            *between,
            self.env._("Over %s days", AGES[-1]),
        ]

    # === Balances ===

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
        """Open the page that shows what the customer owes and how they were reminded.

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
