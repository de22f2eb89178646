from odoo import api, fields, models
from odoo.exceptions import UserError

from ...models.feed.bridge_connection import CONNECT_COUNTRIES


class BridgeConnect(models.TransientModel):
    _name = "bridge.connect"
    _inherit = ["payment.assistant"]
    _description = "Connect a Bank"

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        default=lambda self: self.env.company,
        domain=lambda self: [("id", "in", self.env.companies.ids)],
    )
    journal_id = fields.Many2one(comodel_name="account.journal", check_company=True)
    country_id = fields.Many2one(
        comodel_name="res.country",
        string="Country of the Bank",
        required=True,
        compute="_compute_country_id",
        store=True,
        precompute=True,
        readonly=False,
        domain=[("code", "in", list(CONNECT_COUNTRIES))],
    )
    problem = fields.Char(compute="_compute_problem")

    @api.depends("company_id")
    def _compute_country_id(self):
        fallback = self.env.ref("base.fr")
        for wizard in self:
            country = wizard.company_id.country_id
            wizard.country_id = (
                country if country.code in CONNECT_COUNTRIES else fallback
            )

    @api.depends("company_id")
    def _compute_problem(self):
        for wizard in self:
            wizard.problem = False
            try:
                wizard.company_id and wizard.company_id._get_bridge_provider()
            except UserError as error:
                wizard.problem = str(error)

    def action_continue(self):
        """Go to Bridge's page, where the bank is chosen and says yes.

        :return: the action that opens the page
        :rtype: dict
        :raises UserError: when Bridge is not switched on or does not answer
        """
        self.ensure_one()
        connection = self.env["bridge.connection"].create(
            {"company_id": self.company_id.id, "journal_id": self.journal_id.id}
        )
        return connection.with_context(
            bank_country_code=self.country_id.code
        ).action_connect()

    def action_configure(self):
        """Open the Bridge provider of the company.

        :rtype: dict
        """
        settings = self.env["res.config.settings"].with_company(self.company_id)
        return settings.new({"company_id": self.company_id.id}).action_bridge_provider()
