from odoo import models


class SmsComposer(models.TransientModel):
    _inherit = "sms.composer"

    def _get_done_record_ids(self, records, recipients_info):
        """Override of `sms`: two requests of one customer are two messages, though
        they leave to the same number."""
        if self.res_model == "payment.request":
            return []
        return super()._get_done_record_ids(records, recipients_info)
