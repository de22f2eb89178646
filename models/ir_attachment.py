from odoo import api, models


class IrAttachment(models.Model):
    """Files that prove what was sent or paid are the engine's, as its fields are."""

    _name = "ir.attachment"
    _inherit = ["payment.engine.records", "ir.attachment"]

    @api.ondelete(at_uninstall=False)
    def _unlink_by_engine(self):
        self._check_is_engine()

    def _get_engine_refusal(self):
        return self.env._("This file is a proof: it is made by the system alone.")

    def _is_engine_owned(self):
        """Return whether the file is the content of a field that the engine owns.

        :rtype: bool
        """
        self.ensure_one()
        owner = self.env.get(self.res_model) if self.res_field else None
        owned = getattr(owner, "_get_owned_fields", None)
        return bool(owned) and self.res_field in owned()
