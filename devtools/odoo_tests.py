"""Run Odoo with a recorder: each test's fate, written as it happens.

Started with the virtual environment's Python as ``python -m devtools.odoo_tests``
with Odoo's own options; ``ODOO_TEST_REPORT`` names the file that gets one JSON
object a line: ``{"test": id, "status": "passed" | "failed" | "skipped"}``.
An error that Odoo logs outside a test (a module that does not install, a request
that ends in a traceback) is recorded as a failure of its own.
"""

import json
import logging
import os
import sys
import threading
import time

from odoo.tests.result import OdooTestResult

# Odoo's own counts of failures that were recorded one by one.
SUMMARIES = (
    "Module %s: %d failures, %d errors of %d tests",
    "%s when loading database %r",
    "At least one test failed when loading the modules.",
)


class Recorder(logging.Handler):
    """Collects what happens to each test and writes it down once it is known."""

    def __init__(self, path: str):
        super().__init__(logging.ERROR)
        self.report = open(path, "w", buffering=1, encoding="utf-8")
        self.writing = threading.Lock()
        self.reporting = threading.local()
        self.status: dict[str, str] = {}
        # Of the last result: a class's set-up counts for its first test.
        self.last = 0.0
        self.group = ""
        self.counts = {"passed": 0, "failed": 0, "skipped": 0}

    def install(self) -> None:
        """Wrap the methods by which Odoo's test cases tell their result."""
        self._wrap("addSuccess", "passed")
        self._wrap("addSkip", "skipped")
        self._wrap("addError", "failed")
        self._wrap("addFailure", "failed")
        start, stop = OdooTestResult.startTest, OdooTestResult.stopTest

        def start_test(result, test):
            self.last = self.last or time.monotonic()
            self.status.pop(test.id(), None)
            start(result, test)

        def stop_test(result, test):
            stop(result, test)
            self.record(test.id(), self.status.get(test.id(), "failed"))

        OdooTestResult.startTest = start_test
        OdooTestResult.stopTest = stop_test
        logging.getLogger().addHandler(self)

    def _wrap(self, name: str, status: str) -> None:
        original = getattr(OdooTestResult, name)

        def wrapper(result, test, *details):
            self.reporting.active = True
            try:
                original(result, test, *details)
            finally:
                self.reporting.active = False
            parent = getattr(test, "test_case", None) or test
            if self.status.get(parent.id()) != "failed":
                self.status[parent.id()] = status
            if not hasattr(parent, "_testMethodName"):
                # setUpClass or tearDownClass: no test starts or stops for it.
                self.record(parent.id(), status)

        setattr(OdooTestResult, name, wrapper)

    def record(self, test: str, status: str, detail: str = "") -> None:
        """Record one result, and print a line for each finished test class."""
        group = test.rpartition(".")[0] if test.startswith("odoo.addons.") else ""
        now = time.monotonic()
        seconds = round(now - (self.last or now), 2)
        entry = {"test": test, "status": status, "seconds": seconds, "detail": detail}
        with self.writing:
            if group and group != self.group:
                self.finish_group()
                self.group = group
            self.last = now
            self.counts[status] += 1
            self.report.write(json.dumps(entry) + "\n")
        if status == "failed":
            print(f"  FAILED {test} {detail}".rstrip(), flush=True)

    def emit(self, record: logging.LogRecord) -> None:
        """Record what is logged as an error by anything but a test's own result."""
        if getattr(self.reporting, "active", False) or record.msg in SUMMARIES:
            return
        text = record.getMessage().partition("\n")[0]
        if error := record.exc_info and record.exc_info[1]:
            text = f"{text} {type(error).__name__}: {error}".replace("\n", " ")
        self.record(f"log:{record.name}", "failed", text[:300])

    def finish_group(self) -> None:
        """Print the counts of the class whose tests have just ended."""
        if self.group and any(self.counts.values()):
            counts = [f"{n} {status}" for status, n in self.counts.items() if n]
            name = self.group.removeprefix("odoo.addons.")
            print(f"  {name}: {', '.join(counts)}", flush=True)
        self.counts = dict.fromkeys(self.counts, 0)


def main() -> None:
    """Install the recorder and hand over to Odoo's command line."""
    import odoo.cli.command

    recorder = Recorder(os.environ["ODOO_TEST_REPORT"])
    recorder.install()
    try:
        odoo.cli.command.main()
    finally:
        recorder.finish_group()
        recorder.report.close()
        sys.stdout.flush()


if __name__ == "__main__":
    main()
