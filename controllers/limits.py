"""How often strangers may ask for what costs, and what their forms may hold."""

import functools

from werkzeug.datastructures import FileStorage

from odoo import http
from odoo.http import request

# Times in so many seconds, for one payment request and from one address: many customers
# may share that of their network.
LIMIT_SECONDS = 60
LIMITS = {
    "bank": (20, 60),
    "return": (20, 60),
    "other": (20, 60),
    "file": (60, 240),
}


def check_limit(limit, pay_request=None):
    """Count what is asked for, for its payment request and for who asks.

    Behind a proxy everybody has its address, unless Odoo runs in proxy mode.

    :param str limit: key of `LIMITS`, None for what is not limited
    :raises TooOften: if that is enough for now
    """
    if not limit:
        return
    for_request, for_address = LIMITS[limit]
    rates = request.env["payment.rate"]
    network = rates._get_network(request.httprequest.remote_addr)
    rates._check(f"{limit} of an address", network, for_address, LIMIT_SECONDS)
    if pay_request:
        rates._check(limit, pay_request.id, for_request, LIMIT_SECONDS)


def words_route(*paths, **routing):
    """Odoo's `route`, whose method gets words only: no file where a form should have a
    word, and no word of a query in place of the controller."""

    def decorate(method):
        routed = http.route(*paths, **routing)(method)

        @functools.wraps(routed)
        def answer(self, /, **values):
            words = {
                name: value
                for name, value in values.items()
                if name != "self" and not isinstance(value, FileStorage)
            }
            return routed(self, **words)

        return answer

    return decorate
