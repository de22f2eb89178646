from odoo import api, models
from odoo.models import MAGIC_COLUMNS


class PaymentAssistant(models.AbstractModel):
    """Assistants show and change only records that the user may read.

    What an assistant computes and stores, Odoo computes in sudo: whoever could name a
    foreign record in one could read it there.
    """

    _name = "payment.assistant"
    _description = "Assistant on Records that the User May Read"

    @api.model_create_multi
    def create(self, vals_list):
        """Override to refuse records that the user may not read, defaults too."""
        assistants = super().create(vals_list)
        assistants._check_named()
        return assistants

    def write(self, vals):
        """Override to refuse records that the user may not read."""
        res = super().write(vals)
        self._check_named()
        return res

    def onchange(self, values, field_names, fields_spec):
        """Override to refuse records that the user may not read, while the form is
        filled in."""
        defaults = {} if field_names else self.default_get(list(self._fields))
        self.new({**defaults, **values})._check_named()
        return super().onchange(values, field_names, fields_spec)

    @api.model
    def _open_dialog(self, name, **values):
        """Return the action that opens this assistant over the screen.

        :param str name: title of the dialog
        :param values: more of the action, such as its `context` or `res_id`
        :rtype: dict
        """
        return {
            "name": name,
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "view_mode": "form",
            "target": "new",
            **values,
        }

    def _check_named(self):
        """Refuse the records that these assistants name, if the user may not read them.

        :raises AccessError: for the first model of which that holds
        """
        if self.env.su:
            return
        for name, field in self._fields.items():
            if field.relational and not field.compute and name not in MAGIC_COLUMNS:
                self.sudo()[name]._origin.sudo(False).check_access("read")
