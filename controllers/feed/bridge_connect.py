from odoo import http
from odoo.http import request

from ...models.feed.bridge_connection import CONNECT_PATH
from ..limits import words_route


class BridgeConnectController(http.Controller):
    @words_route(
        CONNECT_PATH, type="http", auth="user", methods=["GET"], readonly=False
    )
    def connect_return(self, context=None, item_id=None, **_data):
        """Bring a person back from Bridge's page to the bank connection they opened it
        for.

        The query proves nothing: it only has that connection read at Bridge.

        :param str context: what we gave Bridge when the page was opened
        :param str item_id: what the person connected, as the query claims
        """
        connection = request.env["bridge.connection"]._find_by_token(context)
        if not connection:
            raise request.not_found()
        connection._handle_return(item_id)
        return request.redirect(
            "/odoo/action-account_payment_request.action_bridge_connection"
            f"/{connection.id}"
        )
