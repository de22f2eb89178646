import logging

from odoo import SUPERUSER_ID, http
from odoo.http import request

from ... import const
from ...models.transfer.payment_provider import KNOWN_ERRORS

_logger = logging.getLogger(__name__)

# Bridge's notifications are a few hundred bytes.
MAX_BODY = 64 * 1024


class BridgeController(http.Controller):
    @http.route(
        "/payment/bridge/webhook/<int:provider_id>",
        type="http",
        auth="none",
        methods=["POST"],
        csrf=False,
        save_session=False,
        # `auth="none"` alone would try a read-only cursor first.
        readonly=False,
    )
    def bridge_webhook(self, provider_id):
        """Store a signed notification and answer; the work is done by a cron.

        :return: 200 once stored, 401 without a signature of ours, 413 if too large
        """
        if (request.httprequest.content_length or 0) > MAX_BODY:
            return request.make_response("", status=413)
        header = request.httprequest.headers.get("BridgeApi-Signature")
        events = request.env["bridge.event"].with_user(SUPERUSER_ID)
        body = request.httprequest.get_data()
        if not events._receive(provider_id, body, header):
            _logger.warning("Refused a notification for provider %s", provider_id)
            return request.make_response("", status=401)
        return request.make_response("")

    @http.route(
        "/payment/bridge/return",
        type="http",
        auth="public",
        methods=["GET"],
        csrf=False,
        save_session=False,
    )
    def bridge_return(self, payment_link_id=None, **_data):
        """Bring the payer of one of core's payment forms back to its status page.

        The query proves nothing: it only has the named link read at Bridge.
        """
        # PostgreSQL takes no NUL character.
        link_id = (payment_link_id or "").replace("\x00", "")
        tx = (
            request.env["payment.transaction"]
            .sudo()
            .search(
                [
                    ("provider_code", "=", const.PROVIDER_CODE),
                    ("provider_reference", "=", link_id),
                    ("state", "in", ("draft", "pending")),
                ],
                limit=1,
            )
        )
        try:
            tx._bridge_refresh()
        except KNOWN_ERRORS as error:
            _logger.warning("Transaction %s could not be read: %s", tx.id, error)
            tx._bridge_trigger_check()
        return request.redirect("/payment/status")
