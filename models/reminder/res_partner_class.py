from odoo import api, fields, models

from ...const import ACCOUNTING, FRENCH_TERRITORIES
from .customer_class import CLASSES, guess_customer_class

FRENCH = {"FR", *FRENCH_TERRITORIES.values()}


class ResPartner(models.Model):
    """What kind of debtor a customer is: guessed, unless a person says it."""

    _inherit = "res.partner"

    customer_class = fields.Selection(
        selection=CLASSES,
        compute="_compute_customer_class",
        inverse="_inverse_customer_class",
        store=True,
        groups=ACCOUNTING,
        help="Decides which law holds for what they owe. Empty it to have it guessed "
        "again.",
    )
    customer_class_choice = fields.Selection(
        selection=CLASSES,
        string="Customer Class Chosen",
        tracking=True,
        groups=ACCOUNTING,
        help="By a person; empty: guessed.",
    )
    customer_class_reason = fields.Char(
        compute="_compute_customer_class_reason", groups=ACCOUNTING
    )

    @api.depends(
        "commercial_partner_id.customer_class_choice",
        "commercial_partner_id.name",
        "commercial_partner_id.is_company",
        "commercial_partner_id.vat",
        "commercial_partner_id.company_registry",
        "commercial_partner_id.country_id",
    )
    def _compute_customer_class(self):
        for customer, partners in self.grouped("commercial_partner_id").items():
            partners.customer_class = (
                customer.customer_class_choice or customer._guess_class()[0]
            )

    def _inverse_customer_class(self):
        for customer, partners in self.grouped("commercial_partner_id").items():
            customer.customer_class_choice = partners[:1].customer_class
        # Without a choice before, emptying it would change nothing that counts.
        self.env.add_to_compute(
            self._fields["customer_class"],
            self.filtered(lambda partner: not partner.customer_class),
        )

    @api.depends("customer_class", "commercial_partner_id.customer_class_choice")
    @api.depends_context("lang")
    def _compute_customer_class_reason(self):
        for partner in self:
            customer = partner.commercial_partner_id
            guess, why, words = customer._guess_class()
            if customer.customer_class_choice or partner.customer_class != guess:
                partner.customer_class_reason = self.env._("Chosen by a person.")
            else:
                partner.customer_class_reason = self._get_class_reason(why, words)

    def _guess_class(self):
        """Return the class of a customer as `guess_customer_class` does.

        :rtype: tuple[str, str, str]
        """
        code = self.country_id.code
        return guess_customer_class(
            self.name,
            self.is_company,
            self.vat,
            self.company_registry,
            not code or code in FRENCH,
        )

    @api.model
    def _get_class_reason(self, why, words):
        """Return why a class was guessed, in a sentence.

        :param str why: as `guess_customer_class` says it
        :param str words: that tell it
        :rtype: str
        """
        reasons = {
            "siren": self.env._(
                "Guessed: a SIREN that begins with 1 or 2 (%s) is a public body's.",
                words,
            ),
            "public_name": self.env._("Guessed from the name: “%s”.", words),
            "legal_form": self.env._("Guessed from the legal form: “%s”.", words),
            "vat": self.env._("Guessed from the VAT number: %s.", words),
            "registry": self.env._("Guessed from the registration number: %s.", words),
            "company": self.env._("Guessed: entered as a company."),
            "nothing": self.env._(
                "Guessed: neither a company, nor any VAT or registration number."
            ),
        }
        return reasons[why]
