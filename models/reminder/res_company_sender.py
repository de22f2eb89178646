import re

from odoo import fields, models
from odoo.tools import format_amount, html2plaintext

from .res_partner_letter import SIREN_LENGTH

# Forms that must state their capital, and the trade register, beside their name
# (C. com. R123-237, L223-1, L227-1, L224-2); of the others, no more than their number.
CAPITAL_FORM = re.compile(
    r"\b(SARL|EURL|SASU?|SA|SCA|SELARL|SELAS)\b"
    r"|(?i:responsabilité limitée|actions simplifiée|société anonyme|par actions)"
)
OTHER_FORM = re.compile(
    r"\b(SNC|SCS|SC|SCI|SCM|SCP|GIE|EI|EIRL)\b"
    r"|(?i:nom collectif|société civile|association|fondation|mutuelle"
    r"|entrepreneur individuel|entreprise individuelle)"
)
TRADE_REGISTER = re.compile(r"\bRCS\b")
REGISTERED = re.compile(r"\b(SIREN|SIRET|RCS)\b")
# Bold and the like, which would be written with asterisks.
EMPHASIS = re.compile(r"</?(b|strong|i|em|h[1-6])\b[^>]*>", re.I)


def comparable(text):
    """Return the letters and digits of a text, to find it in another."""
    return "".join(char for char in text.casefold() if char.isalnum())


class ResCompany(models.Model):
    """Who writes, as the law wants it stated on letters and mails."""

    _inherit = "res.company"

    payment_legal_form = fields.Char(
        string="Legal Form", help="SARL, SAS, EI…: stated beside the company's name."
    )
    payment_share_capital = fields.Monetary(string="Share Capital")
    payment_register_city = fields.Char(
        string="City of the Trade Register",
        help="In France: that of the RCS in which the company is registered.",
    )

    def _get_sender_details(self):
        """Return who writes, as business letters must state it, in the language of the
        environment. What the footer of the company's documents says is not repeated.

        :return: `name`, `title` (with legal form and capital), `address` in one line,
            `identifiers` (registration and VAT number, each with its label), `footer`
            (its lines), `phone`, `email`, `website`
        :rtype: dict
        """
        self.ensure_one()
        footer = self._get_footer_lines()
        told = comparable("".join(footer))

        def unless_told(text, key):
            return "" if key and comparable(key) in told else text

        form = self._get_form_text(" ".join(footer))
        city = " ".join(filter(None, (self.zip, self.city)))
        address = (self.street, self.street2, city, self.country_id.name)
        return {
            "name": self.name,
            "title": ", ".join(filter(None, (self.name, form))),
            "address": unless_told(", ".join(filter(None, address)), self.street),
            "identifiers": [
                text
                for text, number in self._get_sender_identifiers()
                if unless_told(text, number)
            ],
            "footer": footer,
            **{
                name: unless_told(self[name] or "", self[name])
                for name in ("phone", "email", "website")
            },
        }

    def _get_footer_lines(self):
        """Return the footer that the company gave its documents.

        :rtype: list[str]
        """
        footer = EMPHASIS.sub("", self.report_footer or "")
        text = html2plaintext(footer, include_references=False)
        return [line for line in text.splitlines() if line.strip()]

    def _get_form_text(self, footer):
        """Return legal form and capital, without what name and footer tell.

        :param str footer: of the company's documents
        :rtype: str
        """
        form, capital = self.payment_legal_form or "", self.payment_share_capital
        if re.search(rf"\b{re.escape(form)}\b", f"{self.name} {footer}"):
            form = ""
        if not capital or "capital" in footer.casefold():
            return form
        cents = bool(capital % 1) or not self.currency_id.decimal_places
        amount = format_amount(
            self.env, capital, self.currency_id, trailing_zeroes=cents
        )
        return self.env._(
            "%(form)s with a share capital of %(amount)s", form=form, amount=amount
        ).strip()

    def _get_sender_identifiers(self):
        """Return the numbers under which the company is registered.

        A French company enters nine digits, its SIREN, or fourteen, its SIRET, which
        begins with the SIREN that the law requires.

        :return: each with its label, and the number alone
        :rtype: list[tuple[str, str]]
        """
        identifiers = []
        siren = self.partner_id._get_siren()
        if siren and self.payment_register_city:
            text = f"RCS {self.payment_register_city} {siren}"
            identifiers.append((text, text))
        registry = (self.company_registry or "").strip()
        digits = "".join(registry.split())
        if registry and not (identifiers and len(digits) == SIREN_LENGTH):
            labels = self.partner_id._get_company_registry_labels()
            label = labels.get(self.country_code) or self.env._("Company ID")
            if siren and digits.isdecimal():
                label = {9: "SIREN", 14: "SIRET"}.get(len(digits), label)
            identifiers.append((self._label_number(label, registry), registry))
        if self.vat:
            label = self.country_id.vat_label or self.env._("VAT")
            identifiers.append((self._label_number(label, self.vat), self.vat))
        return identifiers

    def _label_number(self, label, number):
        return self.env._("%(label)s: %(number)s", label=label, number=number)

    def _get_missing_sender_data(self):
        """Return what letters and mails must state of the company and nothing tells.

        :return: in words, empty if all is there
        :rtype: list[str]
        """
        self.ensure_one()
        company = self.sudo()
        partner, footer = company.partner_id, company._get_footer_lines()
        text = " ".join((company.name, company.payment_legal_form or "", *footer))
        text = text.replace(".", "")
        french, has_capital = partner._is_french(), CAPITAL_FORM.search(text)
        form = company.payment_legal_form or has_capital or OTHER_FORM.search(text)
        number = company.company_registry or company.vat or REGISTERED.search(text)
        needed = [
            (not partner._get_missing_address_parts(), self.env._("address")),
            (number, "SIREN" if french else self.env._("company number")),
            (form or not french, self.env._("legal form")),
        ]
        if french and has_capital:
            in_footer = "capital" in " ".join(footer).casefold()
            needed += [
                (
                    company.payment_share_capital or in_footer,
                    self.env._("share capital"),
                ),
                (
                    company.payment_register_city or TRADE_REGISTER.search(text),
                    self.env._("city of the trade register (RCS)"),
                ),
            ]
        return [label for told, label in needed if not told]

    def _get_sender_warning(self):
        """Return in a sentence what of the sender is missing, empty if nothing is.

        :rtype: str
        """
        missing = self._get_missing_sender_data()
        if not missing:
            return ""
        return self.env._(
            "Letters and mails of a business must state who writes; of "
            "%(company)s they lack: %(missing)s. Complete it in the settings of "
            "reminders, or in the footer of your documents.",
            company=self.name,
            missing=", ".join(missing),
        )
