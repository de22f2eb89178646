"""``./dev demo``: Odoo with demo data and a simulated Bridge, both on loopback."""

import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import demo_database, odoo, python_env, system
from .console import DevError, say, step, tail
from .paths import CHECKOUT_DIR, LOG_DIR, ROOT, database_name

TOUR = """
  Odoo       {odoo}/odoo
             accountant     login camille   password camille
             administrator  login admin     password admin
  Simulator  {simulator}          payments, banks and their accounts, faults
  Inbox      {simulator}/inbox    the customers' mails and SMS

  1. Odoo as Camille, Invoicing, Bank, Bank Accounts: "Connect a Bank". Pick the Demo
     Bank, agree; back in Odoo press "Start". The lines of the last weeks come in.
  2. Customers, Invoices: confirm the draft invoice of Sophie Lambert; Send it.
  3. Inbox: open her mail, tap the button (or scan the QR code of the PDF).
  4. "Pay from my bank": pick the Demo Bank, confirm as she would. The page says paid.
  5. Odoo: the invoice is paid; "Payment Link" on it tells the whole story. Within a
     minute the money is in Bank, Bank Lines, and has reconciled by itself.
  6. Simulator, Banks: type transfers as customers do, with the number of an
     invoice, with three of them. They reconcile too; one with a wrong amount waits in
     Bank, To Reconcile, and says why.

  Ctrl-C stops both.
"""


def run_demo(options) -> int:
    """Start the demo and stay up, or with ``--check`` drive its story and stop."""
    odoo.prepare()
    programs = ["wkhtmltopdf"]
    if options.check:
        programs += ["chromium", "pdftoppm", "zbarimg"]
    system.ensure(*programs)
    # A check leaves the database that a person plays with alone.
    database = database_name("check" if options.check else "demo")
    state = CHECKOUT_DIR / f"{database}.simulator.json"
    if options.check or options.reset or not demo_database.is_ready(database):
        state.unlink(missing_ok=True)
        demo_database.create(database)
    ports = (0, 0, 0) if options.check else (options.port, options.simulator_port, 8025)
    odoo_port, simulator_port, smtp_port = map(odoo.free_port, ports)
    addresses = {
        "odoo": f"http://127.0.0.1:{odoo_port}",
        "simulator": f"http://127.0.0.1:{simulator_port}",
    }
    demo_database.set_parameters(database, addresses)
    webhook = addresses["odoo"] + demo_database.webhook_path(database)
    simulator = [
        *(str(python_env.python()), "-m", "simulator", "--port", str(simulator_port)),
        *("--smtp-port", str(smtp_port), "--speed", str(options.speed)),
        *("--webhook-url", webhook, "--state-file", str(state)),
    ]
    server = odoo.command(
        *("-d", database, "-p", str(odoo_port), "--db-filter", f"^{database}$"),
        *("--smtp", "127.0.0.1", "--smtp-port", str(smtp_port)),
        *demo_database.update_options(database),
    )
    logs = {name: LOG_DIR / f"{database}.{name}.log" for name in ("simulator", "odoo")}
    with (
        _child("simulator", simulator, addresses["simulator"] + "/", logs["simulator"]),
        _child("Odoo", server, addresses["odoo"] + "/web/health", logs["odoo"]) as run,
    ):
        demo_database.write_fingerprint(database)
        if options.check:
            return _check(addresses, database, logs["odoo"])
        say(TOUR.format(**addresses))
        return run.wait()


@contextmanager
def _child(
    name: str, command: list[str], health: str, log: Path
) -> Iterator[subprocess.Popen]:
    """Run a server until the block ends; enter it once the server answers."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **odoo.environment(), "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # Ctrl-C reaches this process only, which then stops its children in order.
            start_new_session=True,
        )
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with step(f"{name} starts (log: {log})"):
            _wait(process, health, log)
        yield process
    finally:
        _stop(process)


def _wait(
    process: subprocess.Popen, health: str, log: Path, seconds: int = 180
) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise DevError(f"It ended with {process.returncode}:\n{tail(log)}")
        try:
            with urllib.request.urlopen(health, timeout=5):
                return
        except urllib.error.HTTPError as error:
            raise DevError(f"{health} answers {error.code}; see {log}.") from error
        except OSError:
            time.sleep(0.2)
    raise DevError(f"{health} does not answer after {seconds} s; see {log}.")


def _stop(process: subprocess.Popen) -> None:
    """End a child cleanly, by force when it does not follow."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _check(addresses: dict[str, str], database: str, log: Path) -> int:
    """Drive the story without a person; the exit code says if all of it held."""
    words = [str(python_env.python()), "-m", "devtools.demo_check"]
    words += ["--odoo", addresses["odoo"], "--simulator", addresses["simulator"]]
    words += ["--database", database, "--log", str(log)]
    words += ["--pictures", str(CHECKOUT_DIR / "pictures")]
    environment = {**os.environ, **odoo.environment()}
    return subprocess.run(words, cwd=ROOT, env=environment).returncode
