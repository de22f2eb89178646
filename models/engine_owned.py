from odoo import api, models
from odoo.exceptions import AccessError
from odoo.tools import ormcache

MODULE = "account_payment_request"


class PaymentEngineOwned(models.AbstractModel):
    """Records whose read-only fields the engine alone writes.

    On a field, `readonly` binds the screens only: over RPC anybody who may write a
    record could write it. The engine writes in sudo, after its own checks. On a model
    of core that inherits this, it is so for the fields that we add.
    """

    _name = "payment.engine.owned"
    _description = "What the Engine Alone Writes"

    #: Read-only fields that a person may give while they create a record.
    _given_at_creation = frozenset()
    #: Fields that are not read-only, and still nobody's but the engine's.
    _owned_besides = frozenset()

    @api.model_create_multi
    def create(self, vals_list):
        """Override to refuse, over RPC too, what only the engine gives."""
        names = set().union(*vals_list)
        self._check_may_give(names - self._given_at_creation - self._owned_besides)
        for vals in vals_list:
            self._check_may_name(vals)
        return super().create(vals_list)

    def write(self, vals):
        """Override to refuse, over RPC too, what only the engine writes."""
        self._check_may_give(vals)
        self._check_may_name(vals)
        return super().write(vals)

    def onchange(self, values, field_names, fields_spec):
        """Override: nothing is computed, as Odoo may do in sudo, from records that only
        the engine gives; from others, if the user may read them."""
        if self.env.su:
            return super().onchange(values, field_names, fields_spec)
        owned = self._get_owned_fields() - self._given_at_creation
        given = {
            name: value
            for name, value in values.items()
            if name not in owned or not self._fields[name].relational
        }
        changed = [name for name in field_names if name in given]
        if field_names and not changed:
            return {}
        self._check_may_name(given)
        return super().onchange(given, changed, fields_spec)

    @api.model
    def _check_may_name(self, vals):
        """Refuse records that the user may not read, in the fields that we add.

        :param dict vals: values of fields, as for `write`
        :raises AccessError: for the first of them
        """
        if self.env.su:
            return
        for name, value in vals.items():
            field = self._fields.get(name)
            if not field or name in self._owned_besides:
                continue
            if field.type == "many2one" and field._module == MODULE and value:
                self.env[field.comodel_name].browse(value).check_access("read")

    @api.model
    @ormcache("self._name")
    def _get_owned_fields(self):
        """Return the names of the fields that the engine alone writes.

        :rtype: frozenset[str]
        """
        ours = self._original_module == MODULE
        return self._owned_besides | {
            name
            for name, field in self._fields.items()
            if field.readonly
            and (ours or (field._module == MODULE and not field.inherited))
        }

    @api.model
    def _check_may_give(self, names):
        """Refuse values that only the engine gives, unless it is the engine.

        :param Iterable names: of fields
        :raises AccessError: which names the first of them
        """
        if self.env.su:
            return
        owned = sorted(self._get_owned_fields().intersection(names))
        if owned:
            field = self._fields[owned[0]]._description_string(self.env)
            raise AccessError(
                self.env._(
                    "“%(field)s” of “%(document)s” is kept up to date automatically "
                    "and cannot be changed by hand.",
                    field=field,
                    document=self.env["ir.model"].sudo()._get(self._name).name,
                )
            )
