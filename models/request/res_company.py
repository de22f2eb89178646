from urllib.parse import urlsplit

from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ResCompany(models.Model):
    """How the company asks to be paid."""

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
