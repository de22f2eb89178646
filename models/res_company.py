from urllib.parse import urlsplit

import pytz

from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ResCompany(models.Model):
    _inherit = "res.company"

    payment_request_policy = fields.Selection(
        selection=[
            ("posting", "When an invoice is posted"),
            ("manual", "By hand"),
        ],
        string="Create Payment Links",
        default="posting",
        required=True,
    )
    payment_request_base_url = fields.Char(
        string="Address of Payment Pages",
        help="Your own domain, for instance https://pay.example.com, if payment pages "
        "should not use Odoo's address. It must lead to this Odoo.",
    )

    payment_request_user_id = fields.Many2one(
        comodel_name="res.users",
        string="Who Handles Payment Issues",
        domain="[('share', '=', False)]",
        help="Gets a task for each refused transfer, double payment, transfer without "
        "news or amount that differs. Empty: the responsible of the request.",
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

    def _get_payment_today(self):
        """Return today's date where the company is.

        :rtype: datetime.date
        """
        return fields.Date.context_today(
            self.with_context(tz=self._get_payment_timezone())
        )
