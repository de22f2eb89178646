import logging
from contextlib import contextmanager
from logging.handlers import BufferingHandler
from unittest.mock import patch

from odoo.tests import BaseCase, tagged

from .. import log_filter
from .common.feed_case import FeedCase
from .common.page_case import PageCase
from .common.payment_request import IBAN

TOKEN = "k7x2q48mnpabcdefghjk"


class Records(logging.Handler):
    """Keeps the lines that Odoo's own handler would write."""

    def __init__(self):
        super().__init__(logging.DEBUG)
        self.setFormatter(logging.Formatter("%(name)s: %(message)s"))
        self.lines = []

    def emit(self, record):
        self.lines.append(self.format(record))


@contextmanager
def all_logs():
    """Yield the list of what all loggers of Odoo and of its server say."""
    handler = Records()
    loggers = [logging.getLogger(name) for name in (None, "odoo", "werkzeug")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    loggers[0].addHandler(handler)
    try:
        yield handler.lines
    finally:
        loggers[0].removeHandler(handler)
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


@tagged("post_install", "-at_install")
class TestLogRecords(BaseCase):
    """Records of any logger are masked where they are made."""

    def log(self, *arguments, **keywords):
        logger = logging.getLogger("some.library")
        with self.assertLogs(logger, logging.INFO) as logs:
            logger.info(*arguments, **keywords)
        [record] = logs.records
        return logging.Formatter().format(record)

    def test_arguments_of_any_kind_are_masked(self):
        class Address:
            def __str__(self):
                return f"/fr/pay/{TOKEN}"

        for arguments in (
            (f"/pay/{TOKEN}",),
            ("%s", f"/pay/{TOKEN}"),
            ("%s", Address()),
            ("%r", ValueError(TOKEN)),
            ("%(path)s", {"path": f"//pay/{TOKEN}"}),
            ("%s and %s", [f"/pay/{TOKEN}"], IBAN),
            (ValueError(f"no {TOKEN}"),),
            ("bad query: %s", f"SELECT '{IBAN}'".encode()),
        ):
            with self.subTest(arguments):
                line = self.log(*arguments)
                self.assertNotIn(TOKEN, line)
                self.assertNotIn(IBAN, line)
                self.assertRegex(line, r"\*\*\*|XXX")

    def test_tracebacks_are_masked(self):
        try:
            try:
                raise KeyError(f"/pay/{TOKEN}")
            except KeyError as error:
                raise ValueError(f"account {IBAN}") from error
        except ValueError:
            line = self.log("It failed", exc_info=True)
        self.assertIn("Traceback", line)
        self.assertIn("ValueError: account FR76XXX", line)
        self.assertIn("KeyError: '/pay/***'", line)
        self.assertNotIn(TOKEN, line)

    def test_what_holds_no_secret_keeps_its_arguments(self):
        logger = logging.getLogger("some.library")
        with self.assertLogs(logger, logging.INFO) as logs:
            logger.info("%s of %d", "invoice", 42)
        self.assertEqual(logs.records[0].args, ("invoice", 42))

    def test_a_fault_of_the_caller_is_the_handlers(self):
        class Broken:
            def __str__(self):
                raise OSError("gone")

        logger = logging.getLogger("some.library")
        handler = BufferingHandler(10)
        logger.addHandler(handler)
        self.addCleanup(logger.removeHandler, handler)
        broken = Broken()
        # Odoo's handler would write the fault to the error output.
        with patch.object(logger, "propagate", False):
            logger.info("%s", broken)
        self.assertEqual(handler.buffer[0].args, (broken,))

    def test_installed_once(self):
        before = logging.getLogRecordFactory()
        log_filter.install()
        self.assertIs(logging.getLogRecordFactory(), before)


@tagged("post_install", "-at_install")
class TestLogs(PageCase, FeedCase):
    """What Odoo writes of addresses that people open."""

    def test_no_odd_address_leaves_a_token_in_a_log(self):
        request = self.create_request()
        token = request.token
        encoded = "".join(f"%{ord(character):02x}" for character in token)
        paths = (
            f"/pay/{token}",
            f"/pay/{token}/nothing",
            f"/pay/{token}/invoice/x",
            f"/fr/pay/{token}",
            f"/fr_FR/pay/{token}/status",
            f"//pay/{token}",
            f"/pay//{token}",
            f"/PAY/{token}",
            f"/Pay/{token.upper()}",
            f"/pay%2F{token}",
            f"/%70ay/{token}",
            f"/pay/{encoded}",
            f"/x/{encoded.upper()}",
            f"/pay/{token}a",
            f"/pay/{token[:-1]}",
            f"/web/login?redirect=/pay/{token}",
            f"/web/login?redirect=%2Fpay%2F{token}",
            f"/odoo/pay/{token}",
            f"/my/invoices/1?access_token={token}",
            f"/payment/status?back={token}",
            f"/{token}",
        )
        host = self.base_url()
        with all_logs() as lines:
            for path in paths:
                # As a bare string: the client would mend some of them.
                self.url_open(host + path, allow_redirects=False)
        seen = [line for line in lines if line.startswith("werkzeug: ")]
        self.assertGreaterEqual(len(seen), len(paths), "no access log was read")
        text = "\n".join(lines).lower()
        for secret in (token[:-1], encoded[:-3]):
            self.assertNotIn(secret, text)
        self.assertTrue(any("/fr/pay/***" in line for line in seen), seen)

    def test_coming_back_from_bridge_leaves_no_state_in_a_log(self):
        connection, url = self.open_page()
        callback = self.sim.connect(url, bank=574, accounts=[IBAN])
        path = callback[callback.index("/bridge/") :]
        state = connection.token
        self.assertIn(state, path)
        with all_logs() as lines:
            for address in (path, f"/fr{path}", f"/web/login?redirect={path}"):
                self.url_open(self.base_url() + address, allow_redirects=False)
            self.url_open(f"{self.base_url()}/web/login?redirect={IBAN}")
        text = "\n".join(lines)
        self.assertIn("/bridge/connect/return?***", text)
        for secret in (state, state.partition("-")[2], IBAN):
            self.assertNotIn(secret, text)
