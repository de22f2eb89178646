from urllib.parse import urlsplit

import pytz

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import ValidationError


class ResCompany(models.Model):
    _inherit = "res.company"

    payment_request_user_id = fields.Many2one(
        comodel_name="res.users",
        string="Who Handles Payment Issues",
        domain="[('share', '=', False)]",
        help="Gets a task for each refused transfer, double payment, transfer without "
        "news or amount that differs. Empty: the responsible of the request.",
    )

    payment_request_base_url = fields.Char(
        string="Address of Payment Pages",
        help="Your own domain, for instance https://pay.example.com, if payment pages "
        "should not use Odoo's address. It must lead to this Odoo.",
    )

    def _get_payment_accountant(self, users):
        """Return the user to whom tasks about payments go: the one named in the
        settings, else the first of ``users`` who does accounting, else an accountant.

        :param res.users users: who is responsible for what the task is about
        :rtype: res.users
        """
        self.ensure_one()
        return self._find_payment_user(
            self.payment_request_user_id | users,
            self.env.ref("account.group_account_invoice"),
        )

    def _find_payment_user(self, users, group):
        """Return the first of ``users`` who is of a group, else of all the company's.

        In sudo: who asks may not read the companies of their colleagues.

        :rtype: res.users
        """

        def fits(user):
            return (
                user.active and user.id != SUPERUSER_ID and group in user.all_group_ids
            )

        found = (
            users.sudo().filtered(fits)[:1]
            or group.sudo()
            .all_user_ids.filtered(lambda user: self in user.company_ids and fits(user))
            .sorted("id")[:1]
        )
        return found.with_env(self.env)

    @api.model_create_multi
    def create(self, vals_list):
        """Override: a new company counts its days where it is; its contact does not
        take the time zone of whoever creates it.
        """
        companies = super(ResCompany, self.with_context(tz=False)).create(vals_list)
        return companies.with_env(self.env)

    def _get_payment_timezone(self):
        """Return the name of the time zone in which the company counts its days: its
        own, else the first one of its country.

        :rtype: str
        """
        self.ensure_one()
        # The company's own country field looks for an address in its contacts first.
        partner = self.partner_id
        zones = pytz.country_timezones.get(partner.country_id.code or "", ["UTC"])
        return partner.tz or zones[0]

    def _get_payment_language(self):
        """Return the language in which the company keeps its books: what a job or a
        payer writes there is read by its accountants.

        :rtype: str
        """
        return self.partner_id.lang or self.env.lang

    def _with_books_language(self, records):
        """Return ``records`` in the language in which the company keeps its books.

        :param models.BaseModel records: of any model
        :rtype: models.BaseModel
        """
        return records.with_context(lang=self._get_payment_language())

    def _get_payment_now(self):
        """Return the moment, the one by which reminders are planned.

        :return: in UTC, without a time zone
        :rtype: datetime.datetime
        """
        return fields.Datetime.now()

    def _get_payment_today(self):
        """Return today's date where the company is.

        :rtype: datetime.date
        """
        return fields.Date.context_today(
            self.with_context(tz=self._get_payment_timezone()),
            self._get_payment_now(),
        )

    @api.constrains("payment_request_base_url")
    def _check_payment_request_base_url(self):
        for company in self.filtered("payment_request_base_url"):
            url = urlsplit(company.payment_request_base_url)
            if url.scheme not in ("http", "https") or not url.netloc or url.query:
                raise ValidationError(
                    self.env._(
                        "“%s” is not an address. Write it with https://, for instance "
                        "https://pay.example.com.",
                        company.payment_request_base_url,
                    )
                )

    def _payment_request_base_url(self):
        """Return the address before `/pay/…`, without a slash at its end.

        :rtype: str
        """
        self.ensure_one()
        return (self.payment_request_base_url or self.get_base_url()).rstrip("/")
