"""``./dev demo --check``: the demo's story, driven without a person.

The accountant works through Odoo's own calls and her browser, the customer with a
phone-size browser, the banks are the simulator's. Each step prints what it saw.
"""

import subprocess
import time

from ..console import say
from .bank import BankChapters
from .browser import DESKTOP, PHONE, Browser, BrowserError
from .log_check import LogChapters
from .payments import PaymentChapters
from .reminders import ReminderChapters
from .rpc import RpcError
from .story import Failure

# What becomes of a step: `requests` and `urllib` fail with kinds of `OSError`.
ERRORS = (BrowserError, Failure, RpcError, OSError, subprocess.CalledProcessError)


class Check(BankChapters, PaymentChapters, ReminderChapters, LogChapters):
    """The whole story."""

    def run(self) -> int:
        """Tell every chapter; return how many did not hold."""
        chapters = (
            self.connect_the_bank,
            self.connect_another_bank,
            self.from_invoice_to_bank_line,
            self.typed_transfers,
            self.wrong_amount,
            self.returned_transfer,
            self.executed_later,
            self.refused_later,
            self.in_parts,
            self.by_sms,
            self.bank_that_never_tells,
            self.nothing_left,
            self.webhooks,
            self.reminders_day_by_day,
            self.reminder_that_bounces,
            self.transfer_holds_reminder,
            self.thanks_for_payment,
            self.nothing_in_the_log,
        )
        start = time.monotonic()
        with (
            Browser(PHONE, "fr-FR") as self.phone,
            Browser(DESKTOP, "en-US") as self.office,
        ):
            self.log_in(self.office, self.camille)
            failed = sum(not self._tell(chapter) for chapter in chapters)
        took = time.monotonic() - start
        say(
            f"\n{len(chapters) - failed} of {len(chapters)} chapters held, {took:.0f} s"
        )
        return failed

    def _tell(self, chapter) -> bool:
        """Run a chapter to its end or its first step that fails."""
        say(f"\n{chapter.__doc__}")
        steps, title = chapter(), "start"
        try:
            for title in steps:
                start = time.monotonic()
                seen = next(steps)
                took = time.monotonic() - start
                say(f"  ok      {title} ({took:.1f} s)\n          {seen}")
        except ERRORS as error:
            say(f"  FAILED  {title}\n          {error}")
            name = self.pictures / f"failed_{chapter.__name__}"
            try:
                self.phone.picture(name.with_suffix(".phone.png"))
                self.office.picture(name.with_suffix(".office.png"))
            except (BrowserError, OSError):
                return False
            say(f"          What the browsers show: {name}.*.png")
            return False
        return True
