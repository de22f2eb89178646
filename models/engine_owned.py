from odoo import api, models
from odoo.exceptions import AccessError
from odoo.tools import ormcache

from .. import const


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
        besides = self._given_at_creation | self._owned_besides
        for vals in vals_list:
            self._check_may_give(vals, besides)
        return super().create(vals_list)

    def write(self, vals):
        """Override to refuse, over RPC too, what only the engine writes."""
        self._check_may_give(vals)
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
        for name, value in vals.items():
            field = self._fields.get(name)
            if not field or name in self._owned_besides:
                continue
            if field.type == "many2one" and field._module == const.MODULE and value:
                self.env[field.comodel_name].browse(value).check_access("read")

    @api.model
    @ormcache("self._name")
    def _get_owned_fields(self):
        """Return the names of the fields that the engine alone writes.

        :rtype: frozenset[str]
        """
        ours = self._original_module == const.MODULE
        return self._owned_besides | {
            name
            for name, field in self._fields.items()
            if field.readonly
            and (ours or (field._module == const.MODULE and not field.inherited))
        }

    @api.model
    def _check_may_give(self, vals, besides=frozenset()):
        """Refuse values that only the engine gives, and records that the user may not
        read, unless it is the engine.

        :param dict vals: values of fields
        :param frozenset[str] besides: fields that may be given all the same
        :raises AccessError: which names the first of them
        """
        if self.env.su:
            return
        owned = sorted(self._get_owned_fields().intersection(vals) - besides)
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
        self._check_may_name(vals)


class PaymentEngineRecords(models.AbstractModel):
    """Some records of a model that the engine alone makes and changes."""

    _name = "payment.engine.records"
    _description = "Records of the Engine Alone"

    @api.model_create_multi
    def create(self, vals_list):
        """Override to refuse records that only the engine makes."""
        records = super().create(vals_list)
        records._check_is_engine()
        return records

    def write(self, vals):
        """Override to refuse changes of such records, and into them."""
        self._check_is_engine()
        res = super().write(vals)
        self._check_is_engine()
        return res

    def _check_is_engine(self):
        """Refuse a user who makes or changes a record of the engine.

        :raises AccessError: unless it is the engine
        """
        if not self.env.su and any(record._is_engine_owned() for record in self.sudo()):
            raise AccessError(self._get_engine_refusal())

    def _is_engine_owned(self):
        """Return whether the engine alone makes and changes this record.

        :rtype: bool
        """
        raise NotImplementedError

    def _get_engine_refusal(self):
        """Return why, and what a person does instead."""
        raise NotImplementedError
