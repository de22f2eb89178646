from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .customer_class import CLASSES

#: Field of a class of customers.
FIELDS = {
    "business": "for_businesses",
    "public": "for_public_bodies",
    "consumer": "for_consumers",
}


class PaymentReminderAudience(models.AbstractModel):
    """Policies and levels say for which classes of customers they are."""

    _name = "payment.reminder.audience"
    _description = "Classes of Customers"

    for_businesses = fields.Boolean(string="Businesses", default=True)
    for_public_bodies = fields.Boolean(string="Public Bodies", default=True)
    for_consumers = fields.Boolean(string="Consumers", default=True)

    @api.constrains(*FIELDS.values())
    def _check_for_somebody(self):
        for record in self:
            if not any(record[name] for name in FIELDS.values()):
                raise ValidationError(
                    self.env._(
                        "“%s” is for nobody: tick businesses, public bodies or "
                        "consumers.",
                        record.name,
                    )
                )

    def _get_classes(self):
        """Return the classes of customers that it is for.

        :return: codes
        :rtype: list[str]
        """
        self.ensure_one()
        return [code for code, _label in CLASSES if self[FIELDS[code]]]

    @api.model
    def _name_classes(self, classes):
        """Return classes of customers as they stand in a sentence.

        :param Iterable[str] classes: codes
        :rtype: str
        """
        names = {
            "business": self.env._("businesses"),
            "public": self.env._("public bodies"),
            "consumer": self.env._("consumers"),
        }
        return ", ".join(names[code] for code in classes)
