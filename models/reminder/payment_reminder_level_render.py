import re
import secrets
from html import unescape

from lxml import html
from markupsafe import Markup

from odoo import api, models
from odoo.tools.rendering_tools import INLINE_TEMPLATE_REGEX

#: Whoever may change a level may write these, as its form shows them; any other
#: expression is for editors of mail templates.
PLACEHOLDERS = frozenset(
    {
        "object.company_id.name",
        "object.partner_id.name",
        "object.contact_id.name",
        "object.user_id.name",
        "format_amount(object.amount_asked, object.currency_id)",
        "format_amount(object.amount_overdue, object.currency_id)",
        "object.invoice_names",
        "format_date(object.due_date)",
        "object.days_late",
        "object.request_id.url",
    }
)
#: A placeholder that `mail` allows everybody; replaces those above for its check.
HARMLESS = "object.partner_id.name"
#: A placeholder in the text, or a tag, of which the attributes may have some.
PLACED = re.compile(rf"{INLINE_TEMPLATE_REGEX.pattern}|<\w[^<>]*>")
PLACED_ATTRIBUTE = re.compile(r'(\s)(?!t-)([\w:-]+="[^"]*\{\{)')
ONLY_PLACEHOLDER = re.compile(r"\s*\{\{\s*(.+?)\s*\}\}\s*")

#: Letters outside the alphabet of SMS, one of which halves its room, and substitutes.
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

    def convert(match):
        if not match[1]:
            return PLACED_ATTRIBUTE.sub(r"\1t-attf-\2", match[0])
        return Markup('<t t-out="{}">{}</t>').format(
            unescape(match[1].strip()), unescape(match[3] or "")
        )

    return Markup(PLACED.sub(convert, str(source or "")))


def _hide_placeholders(source):
    """Return QWeb without what everybody may write in it.

    It works on the tree, as the compiler does: in plain text, one expression could pass
    as a part of another.

    :param str source: as `_to_qweb` returns it
    :rtype: str
    """
    root = html.fragment_fromstring(source, create_parent="div")
    for node in root.iter("*"):
        if node.get("t-out") in PLACEHOLDERS:
            node.set("t-out", HARMLESS)
        for name, value in node.items():
            match = name.startswith("t-attf-") and ONLY_PLACEHOLDER.fullmatch(value)
            if match and match[1] in PLACEHOLDERS:
                del node.attrib[name]
    return html.tostring(root, encoding="unicode")


class PaymentReminderLevel(models.Model):
    """The texts of a level, written with placeholders on `payment.reminder`."""

    _inherit = "payment.reminder.level"

    # Rights on templates are checked when the text is written; sending renders it for
    # any user.
    _unrestricted_rendering = True

    def _compute_render_model(self):
        """Override of `mail`: texts speak of a reminder."""
        self.render_model = "payment.reminder"

    @api.model
    def _has_unsafe_expression_template_qweb(self, template_src, model, fname=None):
        """Override of `mail`: HTML has the same placeholders as plain text. What is
        written (it has a field) is checked without those that are for everybody.
        """
        source = _to_qweb(template_src)
        if fname and source:
            source = _hide_placeholders(source)
        return super()._has_unsafe_expression_template_qweb(source, model, fname)

    @api.model
    def _has_unsafe_expression_template_inline_template(
        self, template_txt, model, fname=None
    ):
        """Override of `mail`: some placeholders are for everybody."""
        if fname and template_txt:
            template_txt = INLINE_TEMPLATE_REGEX.sub(
                lambda match: f"{{{{ {HARMLESS} }}}}"
                if match[1].strip() in PLACEHOLDERS
                else match[0],
                str(template_txt),
            )
        return super()._has_unsafe_expression_template_inline_template(
            template_txt, model, fname
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
