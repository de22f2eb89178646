from odoo import api, fields, models


class PaymentRequest(models.Model):
    """How old the bank data are by which a transfer on its way is awaited."""

    _inherit = "payment.request"

    bank_data_note = fields.Char(compute="_compute_bank_data_note")

    @api.depends("company_id", "amount_in_progress")
    def _compute_bank_data_note(self):
        waiting = self.filtered("amount_in_progress")
        (self - waiting).bank_data_note = False
        for company, requests in waiting.grouped("company_id").items():
            requests.bank_data_note = company.sudo()._get_bank_data_note()
