from odoo import http
from odoo.http import request


class EmptyRoute(http.Controller):
    @http.route(
        "/bench/empty",
        type="http",
        auth="none",
        methods=["POST"],
        csrf=False,
        save_session=False,
    )
    def empty(self):
        """Answer at once: the floor of any route with the same options."""
        return request.make_response("")
