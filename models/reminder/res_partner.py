from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date

from ...const import ACCOUNTING
from .payment_reminder_policy import PROFILES

#: Which channels need a field.
REACHES = {"email": ("email",), "phone": ("sms", "phone")}


class ResPartner(models.Model):
    """How a customer is reminded, and how they pay."""

    _name = "res.partner"
    _inherit = ["res.partner", "payment.reminder.buttons"]

    payment_reminder_policy_note = fields.Char(
        string="Policy That Applies",
        compute="_compute_payment_reminder_policy_note",
        groups=ACCOUNTING,
    )
    payer_profile_ids = fields.One2many(
        comodel_name="payment.payer.profile",
        inverse_name="partner_id",
        string="Payer Profiles",
        groups=ACCOUNTING,
    )
    payer_profile = fields.Selection(
        selection=PROFILES,
        compute="_compute_payer_profile",
        search="_search_payer_profile",
        groups=ACCOUNTING,
        help="From the invoices of the last 24 months, refreshed each night.",
    )
    payer_profile_note = fields.Char(
        string="Payment History", compute="_compute_payer_profile", groups=ACCOUNTING
    )

    type = fields.Selection(
        selection_add=[("followup", "Reminders")],
        ondelete={"followup": "set default"},
    )

    payment_reminder_is_held = fields.Boolean(
        compute="_compute_payment_reminder_is_held", groups=ACCOUNTING
    )

    payment_reminder_policy_id = fields.Many2one(
        comodel_name="payment.reminder.policy",
        string="Reminder Policy",
        company_dependent=True,
        groups=ACCOUNTING,
    )

    payment_reminder_hold_until = fields.Date(
        string="No Reminder Until", company_dependent=True, groups=ACCOUNTING
    )

    payment_reminder_hold_reason = fields.Char(
        company_dependent=True, groups=ACCOUNTING
    )

    payment_reminder_hold_user_id = fields.Many2one(
        comodel_name="res.users",
        string="Held By",
        company_dependent=True,
        groups=ACCOUNTING,
        help="Until they were told that the hold ends.",
    )

    @api.constrains("payment_reminder_policy_id")
    def _check_payment_reminder_policy(self):
        for partner in self.sudo():
            if policy := partner.payment_reminder_policy_id:
                policy._check_is_for(partner.commercial_partner_id)

    @api.depends(
        "payment_reminder_policy_id",
        "category_id",
        "commercial_partner_id",
        "customer_class",
        "country_id",
        "user_id",
    )
    @api.depends_context("company", "lang")
    def _compute_payment_reminder_policy_note(self):
        commercial = self.commercial_partner_id._origin
        self.env.flush_all()
        policies = self.env["payment.reminder.policy"]

        usable = policies._get_usable(self.env.company)
        heads = usable._find_group_heads(self.env.company, commercial.ids)
        governing = commercial | commercial.browse(heads.values())

        def read(whoever):
            query = policies._partner_policy_query(
                self.env.company, governing.ids, whoever=whoever
            )
            return {
                partner_id: (policies.browse(policy_id), source)
                for partner_id, policy_id, source in self.env.execute_query(query)
            }

        rows, of_whoever = read(False), read(True)
        nothing = (policies, None)
        for partner in self:
            customer = partner.commercial_partner_id
            head = customer.browse(heads.get(customer._origin.id)) - customer._origin
            customer = head.sudo() or customer
            policy, source = rows.get(customer._origin.id, nothing)
            other, _source = of_whoever.get(customer._origin.id, nothing)
            note = policy._get_note(source)
            if other != policy:
                note = self.env._(
                    "%(note)s. “%(other)s” is not for %(classes)s.",
                    note=note,
                    other=other.name,
                    classes=other._name_classes([customer.customer_class]),
                )
            if head:
                note = self.env._(
                    "%(note)s. Reminded together with %(head)s.",
                    note=note,
                    head=customer.name,
                )
            partner.payment_reminder_policy_note = note

    @api.depends("commercial_partner_id.payer_profile_ids")
    @api.depends_context("company", "lang")
    def _compute_payer_profile(self):
        company = self.env.company
        for partner in self:
            profile = partner.commercial_partner_id.payer_profile_ids.filtered(
                lambda profile: profile.company_id == company
            )
            partner.payer_profile = profile.profile
            partner.payer_profile_note = profile._get_note()

    def _search_payer_profile(self, operator, value):
        if operator != "in":
            return NotImplemented
        wanted = set(value)
        own = Domain("company_id", "=", self.env.company.id)
        known = Domain("profile", "in", list(wanted - {False}))
        path = "commercial_partner_id.payer_profile_ids"
        domain = Domain(path, "any", own & known)
        if False in wanted:
            told = own & Domain("profile", "!=", False)
            domain |= ~Domain(path, "any", told)
        return domain

    @api.depends("payment_reminder_hold_until")
    @api.depends_context("company")
    def _compute_payment_reminder_is_held(self):
        today = self.env.company._get_payment_today()
        for partner in self:
            until = partner.payment_reminder_hold_until
            partner.payment_reminder_is_held = bool(until) and until >= today

    @api.model_create_multi
    def create(self, vals_list):
        """Override: what did not arrive leaves again to a new address."""
        partners = super().create(vals_list)
        contacts = partners.filtered("parent_id")
        for name in REACHES:
            contacts.filtered(name)._send_undelivered(name)
        return partners

    def write(self, vals):
        """Override: what did not arrive leaves again once the address is corrected;
        whoever holds reminders is told when that ends."""
        if vals.get("payment_reminder_hold_until"):
            vals = {"payment_reminder_hold_user_id": self.env.uid, **vals}
        corrected = {
            name: self.filtered(lambda p, name=name: p[name] != vals[name])
            for name in REACHES
            if vals.get(name)
        }
        res = super().write(vals)
        for name, partners in corrected.items():
            partners._send_undelivered(name)
        return res

    def _send_undelivered(self, name):
        """Let the reminders that did not reach these customers leave once more.

        :param str name: field of theirs that was corrected
        """
        if self:
            self.env["payment.reminder"].sudo()._send_undelivered(self, REACHES[name])

    def _hold_reminders(self, company, until, reason):
        """Send no reminders of ``company`` to these customers up to a day.

        :param datetime.date until: included
        :param str reason: for the colleagues
        """
        self._write_hold(company, until, reason)
        self._log_hold(
            self.env._(
                "%(company)s sends no reminders until %(day)s: %(reason)s",
                company=company.name,
                day=format_date(self.env, until),
                reason=reason,
            )
        )

    def _write_hold(self, company, until, reason):
        self.sudo().commercial_partner_id.with_company(company).write(
            {
                "payment_reminder_hold_until": until,
                "payment_reminder_hold_reason": reason,
                "payment_reminder_hold_user_id": until and self.env.uid,
            }
        )

    def _log_hold(self, text):
        customers = self.sudo().commercial_partner_id
        customers._message_log_batch(
            bodies=dict.fromkeys(customers.ids, Markup("<p>%s</p>") % text),
            author_id=self.env.user.partner_id.id,
        )

    def _get_phone_numbers(self):
        """Return the numbers in the telephone field, which may hold several.

        :return: by number (E.164), how it is shown
        :rtype: dict[str, str]
        """
        self.ensure_one()
        country = self._phone_get_country().get(self.id) or self.env.company.country_id
        numbers = self._phone_find_numbers(self.phone or "", country)
        if len(numbers) == 1:
            return {numbers[0]: self.phone}
        return {
            number: self._phone_format_number(number, country, "INTERNATIONAL")
            for number in numbers
        }

    def _get_reminder_lines(self):
        """Override: all that is overdue of these customers."""
        lines = self.env["account.move.line"]._find_overdue(
            self.env.company, self.commercial_partner_id
        )
        if not lines:
            raise UserError(self.env._("Nothing is overdue."))
        return lines

    def action_reminder_release(self):
        """Let the reminders of these customers go on, in the current company."""
        self._check_may_remind()
        self._write_hold(self.env.company, False, False)
        self._log_hold(self.env._("%s sends reminders again.", self.env.company.name))
