"""Odoo's real HTTP server, threaded, on a free port of loopback."""

import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from devtools import odoo as dev
from devtools.console import DevError, tail
from devtools.paths import LOG_DIR

from .world import addons_path

START_SECONDS = 90


@contextmanager
def server(database: str) -> Iterator[int]:
    """Run Odoo on ``database`` without scheduled jobs, and yield its port."""
    port = dev.free_port()
    log = LOG_DIR / f"{database}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    command = dev.command(
        *("-d", database, "-p", str(port), "--http-interface=127.0.0.1"),
        *("--workers=0", "--max-cron-threads=0", "--log-level=warn"),
        addons_path(),
    )
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            env={**os.environ, **dev.environment()},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait(process, port, log)
        yield port
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process, port: int, log) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/web/health", timeout=5)
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
        else:
            return
    raise DevError(f"Odoo does not answer on port {port}:\n{tail(log)}")
