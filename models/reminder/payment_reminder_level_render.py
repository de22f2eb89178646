import re
import secrets
from html import unescape

from lxml import html
from markupsafe import Markup

from odoo import Command, api, models
from odoo.exceptions import ValidationError
from odoo.tools.rendering_tools import INLINE_TEMPLATE_REGEX

from ..text import write_day
from .payment_reminder_prepare import TEXT_ERRORS, root_cause

#: The texts of a level, all of which are rendered.
RENDERED = ("subject", "body", "closing", "sms_body", "phone_script")

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
        "format_amount(object.amount_reminded, object.currency_id)",
        "format_amount(object.amount_coming, object.currency_id)",
        "object.also_due_text",
        "object.invoice_names",
        "format_date(object.due_date)",
        "object.days_late",
        "object.earlier_dates",
        "object.despite_reminders",
        "object.pay_text",
        "object.pay_label",
        "object.request_id.url",
    }
)
#: A placeholder that `mail` allows everybody; replaces those above for its check.
HARMLESS = "object.partner_id.name"
#: A placeholder in the text, or a tag, of which the attributes may have some.
PLACED = re.compile(rf"{INLINE_TEMPLATE_REGEX.pattern}|<\w[^<>]*>")
PLACED_ATTRIBUTE = re.compile(r'(\s)(?!t-)([\w:-]+="[^"]*\{\{)')
ONLY_PLACEHOLDER = re.compile(r"\s*\{\{\s*(.+?)\s*\}\}\s*")

#: What is left of a placeholder that was not filled in.
UNFILLED = re.compile(r"\{\{|<t[\s/>]")
#: Around the HTML of a text, to render it for each of many records.
ONE_BY_ONE = (
    '<t t-foreach="records_{mine}" t-as="record_{mine}">{forget}'
    '<t t-set="object" t-value="record_{mine}"></t>{text}{mine}</t>'
)
FORGET = '<t t-set="{name}" t-value="known_{mine}.get(\'{name}\')"></t>'
#: Any other name is refused by QWeb, or is a dictionary of names and values.
VARIABLE = re.compile(r"[A-Za-z_]\w*", re.ASCII)
#: Variables of a loop, after the name of its item.
LOOP_VARIABLES = ("", *"_size _index _value _first _last _odd _even _parity".split())

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


def _join_words(text):
    """Return a line with one space between words: a placeholder may be empty."""
    return " ".join(text.split())


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


def _find_variables(tree):
    """Return the names of the variables that QWeb sets.

    :param lxml.html.HtmlElement tree: as it is compiled
    :rtype: set[str]
    """
    names = {node.get("t-set", "") for node in tree.iter("*")}
    for node in tree.iter("*"):
        if item := node.get("t-as"):
            names |= {f"{item}{ending}" for ending in LOOP_VARIABLES}
    return set(filter(VARIABLE.fullmatch, names))


def _has_foreign_chip(source):
    """Return whether HTML has an element that an editor would turn into an expression
    which is none for everybody.

    :param str source: as `_to_qweb` returns it
    """
    root = html.fragment_fromstring(source, create_parent="div")
    chips = {node.get("data-expression") for node in root.iter("*")} - {None}
    return not chips <= PLACEHOLDERS


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
    def _render_eval_context(self):
        """Override of `mail`: dates are written as everywhere that customers read."""
        context = super()._render_eval_context()
        plain = context["format_date"]
        context["format_date"] = lambda day, *how, **named: (
            plain(day, *how, **named) if how or named else write_day(self.env, day)
        )
        return context

    @api.model
    def _has_unsafe_expression_template_qweb(self, template_src, model, fname=None):
        """Override of `mail`: HTML has the same placeholders as plain text. What is
        written (it has a field) is checked without those that are for everybody.
        """
        source = _to_qweb(template_src)
        if fname and source:
            if _has_foreign_chip(source):
                return True
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
        compilation serves all records, which costs more than to render them. One alone
        is rendered in the same way.
        """
        if not res_ids or not template_src:
            return super()._render_template_qweb(
                template_src, model, res_ids, add_context, options
            )
        # A tree of its own: what is not closed in it ends with it.
        tree = html.fragment_fromstring(_to_qweb(template_src), create_parent="div")
        mine = secrets.token_hex()
        # Not in the scope of a `t-set`: for each one, `ir.qweb` looks in vain for the
        # view of an inline text, and keeps a longer traceback of it.
        forget = Markup().join(
            Markup(FORGET).format(mine=mine, name=name)
            for name in sorted(_find_variables(tree))
        )
        rendered = super()._render_template_qweb(
            Markup(ONE_BY_ONE).format(
                mine=mine,
                forget=forget,
                text=Markup(html.tostring(tree, encoding="unicode")),
            ),
            model,
            res_ids[:1],
            {
                **(add_context or {}),
                f"records_{mine}": self.env[model].browse(res_ids),
                f"known_{mine}": {**self._render_eval_context(), **(add_context or {})},
            },
            options,
        )[res_ids[0]]
        texts = rendered.split(mine)[:-1]
        return {
            id_: text.strip()[5:-6] for id_, text in zip(res_ids, texts, strict=True)
        }

    # === Checked as they are written ===

    # No constraint: it would run before `mail` has looked whether whoever writes may
    # write such expressions, and with the rights of the engine.

    @api.model_create_multi
    def create(self, vals_list):
        """Override to try what was written."""
        levels = super().create(vals_list)
        levels._try_texts(self.env.lang or "en_US")
        return levels

    def write(self, vals):
        """Override to try what was written."""
        res = super().write(vals)
        if not set(RENDERED).isdisjoint(vals):
            self._try_texts(self.env.lang or "en_US")
        return res

    def _update_field_translations(
        self, field_name, translations, digest=None, source_lang=""
    ):
        """Override of `mail`: each language is tried as it is written."""
        res = super()._update_field_translations(
            field_name, translations, digest=digest, source_lang=source_lang
        )
        if field_name in RENDERED:
            for lang in translations:
                self._try_texts(lang)
        return res

    def _try_texts(self, lang):
        """Render the texts as they are sent, for several reminders that do not exist.

        :param str lang: code of the language that was written
        :raises ValidationError: which says what text cannot be rendered, and why
        """
        for level in self.sudo():
            level._try_text(lang)

    def _try_text(self, lang):
        self.ensure_one()
        reminders = self._new_samples()
        for name in RENDERED:
            try:
                texts = self._render_field(name, list(reminders._ids), set_lang=lang)
                cause = any(UNFILLED.search(text) for text in texts.values()) and (
                    self.env._(
                        "a placeholder is not closed, goes over several lines, or "
                        "stands where none can be filled in"
                    )
                )
            except TEXT_ERRORS as error:
                cause = root_cause(error)
            if cause:
                raise ValidationError(
                    self.env._(
                        "“%(field)s” of level “%(level)s” cannot be sent (%(lang)s): "
                        "%(cause)s",
                        field=self._fields[name]._description_string(self.env),
                        level=self.name,
                        lang=lang,
                        cause=cause,
                    )
                )

    def _new_samples(self):
        """Return two reminders with an invoice each, which are never stored.

        :rtype: payment.reminder
        """
        company = self.company_id or self.env.company
        partner, today = company.partner_id, company._get_payment_today()
        money = {"company_id": company.id, "currency_id": company.currency_id.id}
        customer = {**money, "partner_id": partner.id}
        reminders = self.env["payment.reminder"]
        for number in ("A/001", "A/002"):
            move = self.env["account.move"].new(
                {**customer, "name": number, "invoice_date": today}
            )
            due = self.env["account.move.line"].new(
                {**customer, "move_id": move, "date_maturity": today}
            )
            request = self.env["payment.request"].new(
                {**customer, "url": "https://example.com/pay/a"}
            )
            reminders |= reminders.new(
                {
                    **customer,
                    "contact_id": partner.id,
                    "user_id": self.env.uid,
                    "policy_id": self.policy_id.id,
                    "level_id": self.id,
                    "level_name": self.name,
                    "date": today,
                    "request_id": request,
                    "amount_total": 120.0,
                    "amount_asked": 120.0,
                    "amount_overdue": 120.0,
                    "line_ids": [
                        Command.create(
                            {
                                "move_line_id": due,
                                "move_id": move,
                                "date_maturity": today,
                                "amount": 120.0,
                            }
                        )
                    ],
                }
            )
        return reminders

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
            name: self._render_field(name, ids, set_lang=lang) for name in RENDERED
        }
        return {
            id_: {
                "subject": _join_words(rendered["subject"][id_]),
                "body": Markup(rendered["body"][id_]),
                "closing": Markup(rendered["closing"][id_]),
                "sms_body": "\n".join(
                    map(_join_words, rendered["sms_body"][id_].strip().splitlines())
                ).translate(SMS_LETTERS),
                "phone_script": Markup(rendered["phone_script"][id_]),
            }
            for id_ in ids
        }
