import ipaddress
import math
from contextlib import contextmanager
from datetime import timedelta

from babel.dates import format_timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, hmac
from odoo.tools.misc import babel_locale_parse


class TooOften(UserError):
    """Somebody has to wait; over HTTP it is answered with status 429.

    :param str message: says until when
    :param float seconds: to wait
    """

    http_status = 429

    def __init__(self, message, seconds):
        super().__init__(message)
        self.seconds = seconds


def waiting_text(env, seconds):
    """Return how long to wait as the language of ``env`` writes it: “2 minutes”."""
    unit = 60 if seconds > 60 else 1
    # Rounded up: whoever comes too early has to wait again.
    wait = timedelta(seconds=math.ceil(seconds / unit) * unit)
    return format_timedelta(wait, threshold=1, locale=babel_locale_parse(env.lang))


class PaymentRate(models.Model):
    """What was lately used of something that has a limit: a row for each use.

    Whoever counts adds a row and changes none, so that nobody waits for another.
    """

    _name = "payment.rate"
    _inherit = "payment.engine.owned"
    _description = "Recent Use of What Is Limited"
    _log_access = False
    _rec_name = "key"

    key = fields.Char(
        required=True,
        readonly=True,
        help="What is limited, and for whom: a digest, since addresses are personal.",
    )
    used_at = fields.Datetime(required=True, readonly=True)

    _key_idx = models.Index("(key, used_at)")

    @api.model
    def _use(self, what, whom, limit, seconds):
        """Count a use, unless the limit is reached.

        It is counted at once, even if the caller's transaction is rolled back.

        :param str what: is limited
        :param whom: it is limited for
        :param int limit: of uses
        :param int seconds: in which there are no more uses than that
        :return: after how many seconds there is room again, 0 if it was counted
        :rtype: float
        """
        now = fields.Datetime.now()
        query = SQL(
            """
            WITH used AS (
                SELECT used_at
                  FROM payment_rate
                 WHERE key = %(key)s AND used_at > %(start)s
              ORDER BY used_at DESC
                 LIMIT %(limit)s
            ), counted AS (
                INSERT INTO payment_rate (key, used_at)
                SELECT %(key)s, %(now)s
                 WHERE (SELECT count(*) FROM used) < %(limit)s
             RETURNING id
            )
            SELECT min(used_at) FROM used WHERE NOT EXISTS (SELECT FROM counted)
            """,
            key=hmac(self.env(su=True), f"payment.rate {what}", whom),
            start=now - timedelta(seconds=seconds),
            limit=limit,
            now=now,
        )
        with self._own_cursor() as cr:
            cr.execute(query)
            [oldest] = cr.fetchone()
        if oldest is None:
            return 0
        return max(1, seconds - (now - oldest).total_seconds())

    @contextmanager
    def _own_cursor(self):
        """Yield a cursor whose transaction is committed at the end."""
        with self.env.registry.cursor() as cr:
            # Nobody waits for the disk: a crash may forget the last few uses.
            cr.execute("SET LOCAL synchronous_commit TO off")
            yield cr

    @api.model
    def _check(self, what, whom, limit, seconds):
        """Count a use, or refuse it in words. Parameters as of `_use`.

        :raises TooOften: if the limit is reached
        """
        if wait := self._use(what, whom, limit, seconds):
            raise TooOften(
                self.env._(
                    "Too many attempts in a short time. Nothing is lost: please try "
                    "again in %(wait)s.",
                    wait=waiting_text(self.env, wait),
                ),
                wait,
            )

    @api.model
    def _get_network(self, address):
        """Return what stands for the client at ``address``: whoever has one IPv6
        address has the 2^64 of its network.

        :param str address: of the client, as `remote_addr` gives it
        :rtype: str
        """
        try:
            ip = ipaddress.ip_address(address or "")
        except ValueError:
            return address or ""
        ip = getattr(ip, "ipv4_mapped", None) or ip
        bits = 64 if ip.version == 6 else 32
        return str(ipaddress.ip_network((ip, bits), strict=False))

    @api.autovacuum
    def _gc_old(self):
        """Delete what no limit counts any more."""
        limit = fields.Datetime.now() - timedelta(hours=1)
        self.env.execute_query(
            SQL("DELETE FROM payment_rate WHERE used_at < %s RETURNING 1", limit)
        )
