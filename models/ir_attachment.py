from odoo import api, models
from odoo.exceptions import AccessError


class IrAttachment(models.Model):
    """Files that prove what was sent or paid are the engine's, as its fields are."""

    _inherit = "ir.attachment"

    @api.model_create_multi
    def create(self, vals_list):
        """Override to refuse files that only the engine makes."""
        attachments = super().create(vals_list)
        attachments._check_is_engine()
        return attachments

    def write(self, vals):
        """Override to refuse changes of files that only the engine makes."""
        self._check_is_engine()
        res = super().write(vals)
        self._check_is_engine()
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_by_engine(self):
        self._check_is_engine()

    def _check_is_engine(self):
        """Refuse a user who makes, changes or deletes a file of the engine.

        :raises AccessError: unless it is the engine
        """
        if not self.env.su and any(file._is_engine_owned() for file in self.sudo()):
            raise AccessError(
                self.env._("This file is a proof: it is made by the system alone.")
            )

    def _is_engine_owned(self):
        """Return whether the file is the content of a field that the engine owns.

        :rtype: bool
        """
        self.ensure_one()
        owner = self.env.get(self.res_model) if self.res_field else None
        owned = getattr(owner, "_get_owned_fields", None)
        return bool(owned) and self.res_field in owned()
