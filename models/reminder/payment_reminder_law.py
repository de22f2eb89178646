from odoo import models
from odoo.exceptions import ValidationError

from .debtor_law import find_foreign_law, read_plain
from .payment_reminder import TEXTS

READ = (*TEXTS, "phone_script")


class PaymentReminder(models.Model):
    """What leaves names no law that does not hold for its customer."""

    _inherit = "payment.reminder"

    def write(self, vals):
        """Override: what a person writes is tried, too.

        :raises ValidationError: which quotes the words that do not hold
        """
        res = super().write(vals)
        preparing = self.env.su and self.env.context.get("reminder_preparing")
        if not preparing and not set(TEXTS).isdisjoint(vals):
            for reminder in self:
                if refusal := reminder._find_unlawful():
                    raise ValidationError(refusal)
        return res

    def _find_unlawful(self):
        """Return why the texts of this reminder must not reach its customer, if so.

        :rtype: str | None
        """
        self.ensure_one()
        reminder = self.sudo()
        customer = reminder.partner_id
        # Names are no law.
        names = (reminder.company_id, customer, reminder.contact_id, reminder.user_id)
        for field in READ:
            text = read_plain(reminder, field)
            for name in filter(None, (record.name for record in names)):
                text = text.replace(name, "")
            if found := find_foreign_law(text, [customer.customer_class]):
                return self.env._(
                    "The text names “%(words)s”, which does not hold for %(classes)s, "
                    "and %(customer)s is one of them. %(reason)s Take it out, or "
                    "correct the class of the customer.",
                    words=found[0],
                    classes=reminder.level_id._name_classes(found[1]),
                    customer=customer.display_name,
                    reason=customer.customer_class_reason,
                )
        return None

    def _set_aside_unlawful(self):
        """Keep from sending what names a law that does not hold for its customer,
        whatever it was when it was written: a person corrects it.

        :return: those that may leave
        :rtype: payment.reminder
        """
        lawful = self
        for reminder in self:
            told = reminder.company_id._with_books_language(reminder)
            if refusal := told._find_unlawful():
                lawful -= reminder
                reminder._mark_failed(
                    refusal, told.env._("Correct the text of a reminder")
                )
                # Once its level is corrected, its text is made again.
                reminder._without_tracking().prepared_date = False
        return lawful
