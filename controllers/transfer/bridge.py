import logging

from odoo import SUPERUSER_ID, http
from odoo.http import request

from ... import const
from ...models.payment_rate import TooOften
from ..limits import check_limit, words_route

_logger = logging.getLogger(__name__)


class BridgeController(http.Controller):
    @words_route(
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

        What is too large never comes here: see `controllers/body.py`.

        :return: 200 once stored, 401 without a signature of ours
        """
        header = request.httprequest.headers.get("BridgeApi-Signature")
        events = request.env["bridge.event"].with_user(SUPERUSER_ID)
        body = request.httprequest.get_data()
        if not events._receive(provider_id, body, header):
            _logger.warning("Refused a notification for provider %s", provider_id)
            return request.make_response("", status=401)
        return request.make_response("")

    @words_route(
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
            check_limit("return")
        except TooOften as error:
            # The page they come to waits, and the scheduled job reads the transfer.
            _logger.info("Transaction %s is not read now: %s", tx.id, error)
        else:
            tx._bridge_refresh_for_payer()
        return request.redirect("/payment/status")
