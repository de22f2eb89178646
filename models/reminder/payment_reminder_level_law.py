from odoo import api, models
from odoo.exceptions import ValidationError

from .debtor_law import find_foreign_law, read_plain
from .payment_reminder_audience import FIELDS
from .payment_reminder_level_render import RENDERED


class PaymentReminderLevel(models.Model):
    """The texts of a level name no law that does not hold for its customers."""

    _inherit = "payment.reminder.level"

    def _get_classes(self):
        """Override: a level is for no others than its policy."""
        usual = self.policy_id._get_classes() if self.policy_id else list(FIELDS)
        return [code for code in super()._get_classes() if code in usual]

    def _try_texts(self, lang):
        """Override: what is written is tried for the law, too."""
        res = super()._try_texts(lang)
        self._check_law([lang])
        return res

    # Not of the texts: what is written is tried in its own language, other ones may
    # still be to be corrected.
    @api.constrains(*FIELDS.values(), "policy_id")
    def _check_audience(self):
        self._check_law([code for code, _name in self.env["res.lang"].get_installed()])

    def _check_law(self, langs):
        """Refuse texts that name what does not hold for everybody who may get them.

        :param list[str] langs: codes of the languages to look at
        :raises ValidationError: which quotes the words, and says what to do
        """
        for level in self.sudo():
            classes = level._get_classes()
            for lang in langs:
                for name in RENDERED:
                    text = read_plain(level.with_context(lang=lang), name)
                    if found := find_foreign_law(text, classes):
                        level._refuse_text(name, lang, *found)

    def _refuse_text(self, name, lang, words, classes):
        raise ValidationError(
            self.env._(
                "“%(field)s” of level “%(level)s” (%(lang)s) names “%(words)s”, which "
                "does not hold for %(classes)s. Take it out, or say that the level or "
                "its policy is not for them.",
                field=self._fields[name]._description_string(self.env),
                level=self.name,
                lang=lang,
                words=words,
                classes=self._name_classes(classes),
            )
        )
