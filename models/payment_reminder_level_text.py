import secrets
from html import unescape

from markupsafe import Markup

from odoo import api, models
from odoo.tools.rendering_tools import INLINE_TEMPLATE_REGEX

#: What an SMS has no letter for in its own alphabet: one such letter halves its room.
SMS_LETTERS = str.maketrans(
    {
        "\u00a0": " ",
        "\u202f": " ",
        "’": "'",
        "‘": "'",
        "“": '"',
        "”": '"',
        "«": '"',
        "»": '"',
        "–": "-",
        "—": "-",
        "…": "...",
    }
)


def _to_qweb(source):
    """Turn `{{ expression ||| default }}` of an HTML text into QWeb, which escapes
    what it puts in.

    :rtype: Markup
    """
    return Markup(
        INLINE_TEMPLATE_REGEX.sub(
            lambda match: Markup('<t t-out="{}">{}</t>').format(
                unescape(match.group(1).strip()), unescape(match.group(3) or "")
            ),
            str(source or ""),
        )
    )


class PaymentReminderLevel(models.Model):
    """The texts of a level, written with placeholders on `payment.reminder`."""

    _inherit = "payment.reminder.level"

    # Who may not edit templates is refused when he writes; a reminder that leaves is
    # rendered for whoever sends it.
    _unrestricted_rendering = True

    def _compute_render_model(self):
        """Override of `mail`: texts speak of a reminder."""
        self.render_model = "payment.reminder"

    @api.model
    def _has_unsafe_expression_template_qweb(self, template_src, model, fname=None):
        """Override of `mail`: HTML has the same placeholders as plain text."""
        return super()._has_unsafe_expression_template_qweb(
            _to_qweb(template_src), model, fname
        )

    @api.model
    def _render_template_qweb(
        self, template_src, model, res_ids, add_context=None, options=None
    ):
        """Override of `mail`: HTML has the same placeholders as plain text, and one
        compilation serves all records, which costs more than to render them.
        """
        source = _to_qweb(template_src)
        if len(res_ids) < 2 or not source:
            return super()._render_template_qweb(
                source, model, res_ids, add_context, options
            )
        end = secrets.token_hex()
        rendered = super()._render_template_qweb(
            Markup(
                '<t t-foreach="objects" t-as="object">{}<t t-out="end"></t></t>'
            ).format(source),
            model,
            res_ids[:1],
            {
                **(add_context or {}),
                "objects": self.env[model].browse(res_ids),
                "end": end,
            },
            options,
        )[res_ids[0]]
        return dict(zip(res_ids, rendered.split(end)[:-1], strict=True))

    def _render_texts(self, reminders, lang):
        """Return the texts of this level for each of ``reminders``.

        :param payment.reminder reminders: may be new ones, not stored
        :param str lang: code of an installed language
        :return: by id of the reminder: `subject` and `sms_body` (str), `body`,
            `closing` and `phone_script` (Markup)
        :rtype: dict[int, dict[str, str]]
        :raise UserError: if a placeholder cannot be rendered
        """
        self.ensure_one()
        ids = list(reminders._ids)
        rendered = {
            name: self._render_field(name, ids, set_lang=lang)
            for name in ("subject", "body", "closing", "sms_body", "phone_script")
        }
        return {
            id_: {
                "subject": " ".join(rendered["subject"][id_].split()),
                "body": Markup(rendered["body"][id_]),
                "closing": Markup(rendered["closing"][id_]),
                "sms_body": rendered["sms_body"][id_].translate(SMS_LETTERS).strip(),
                "phone_script": Markup(rendered["phone_script"][id_]),
            }
            for id_ in ids
        }
