"""``./dev demo``: Odoo with demo data and a simulated Bridge, both on loopback."""

import json
import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from .. import odoo
from ..console import DevError, say, step, tail
from ..paths import CHECKOUT_DIR, LOG_DIR, ROOT, database_name, one_at_a_time
from ..setup import python_env, system
from . import database as demo_database

WHERE = """
Odoo       {odoo}/odoo
Simulator  {simulator}
Inbox      {simulator}/inbox

{tour}
Ctrl-C stops both.
"""
# Of the guide; those in French have a folder of their own.
PICTURES = ROOT / "static/description"
# Seconds until a server answers.
PATIENCE = 180
# Seconds that a job may take: past Odoo's two minutes, which the queue of mails of a
# long day may need, it would start itself again, out of our sight.
JOB_SECONDS = 24 * 3600
# The mailbox of one of the customers is gone.
REFUSED = "ancienne-adresse@brasserie-canal.example"


def run_demo(options) -> int:
    """Start the demo and stay up, or do without a person what is asked, and stop."""
    odoo.prepare()
    job = "check" if options.check else "pictures" if options.pictures else ""
    system.ensure("wkhtmltopdf", *(("chromium", "pdftoppm", "zbarimg") if job else ()))
    # A job leaves the database that a person plays with alone.
    database = database_name(job or "demo")
    with one_at_a_time(database) as alone:
        if alone:
            return _run_alone(options, job, database)
    return _run_beside(options, database)


def _run_beside(options, database: str) -> int:
    """Let the days of a demo that runs go by, if that is asked; else say where it is.

    :raises DevError: for what only the one that runs could do
    """
    if not (demo_database.is_ready(database) and demo_database.is_served(database)):
        raise DevError("Another ./dev demo of this checkout is starting: wait for it.")
    running = demo_database.address(database)
    if options.reset or not options.at:
        raise DevError(
            f"The demo runs already, at {running}/odoo: end it with Ctrl-C first."
        )
    _refuse_another_language(database, options.lang)
    return _move(running, database, options.at)


def _run_alone(options, job: str, database: str) -> int:
    """Start the demo of a database that no other process serves."""
    ready = demo_database.is_ready(database) and not (job or options.reset)
    state = CHECKOUT_DIR / f"{database}.simulator.json"
    if not ready:
        for file in CHECKOUT_DIR.glob(f"{state.name}*"):
            file.unlink()
        demo_database.create(database)
    if options.lang:
        demo_database.speak(database, options.lang)
    language = demo_database.language(database)
    if job:
        demo_database.hold_reminders(database)
    # The printed addresses of pictures are those of every demo.
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
        *("--language", language),
    ]
    server = odoo.command(
        *("-d", database, "-p", str(odoo_port), "--db-filter", f"^{database}$"),
        *("--smtp", "127.0.0.1", "--smtp-port", str(smtp_port)),
        *("--limit-time-real-cron", str(JOB_SECONDS)),
        *demo_database.update_options(database),
    )
    health = f"{addresses['odoo']}/web/health"
    with (
        _child(f"{database}.simulator", simulator, addresses["simulator"]),
        _child(f"{database}.odoo", server, health) as run,
    ):
        demo_database.write_fingerprint(database)
        _refuse_mail(addresses["simulator"], REFUSED)
        if job:
            return _work(job, addresses, database, language)
        if options.at:
            _move(addresses["odoo"], database, options.at)
        # The guide's page, without its title and links.
        tour = (ROOT / f"docs/{language}/demo.md").read_text(encoding="utf-8")
        say(WHERE.format(**addresses, tour=tour.split("\n\n", 2)[2]))
        return run.wait()


@contextmanager
def _child(name: str, command: list[str], health: str) -> Iterator[subprocess.Popen]:
    """Run a server until the block ends; enter it once the server answers."""
    log = _log(name)
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
            deadline = time.monotonic() + PATIENCE
            while not _answers(health):
                if process.poll() is not None:
                    raise DevError(f"It ended with {process.returncode}:\n{tail(log)}")
                if time.monotonic() > deadline:
                    raise DevError(f"{health} does not answer; see {log}.")
                time.sleep(0.2)
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(url: str) -> bool:
    """Tell if a server answers at an address, and well."""
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except OSError:
        return False


def _log(name: str) -> Path:
    return LOG_DIR / f"{name}.log"


def _refuse_another_language(database: str, wanted: str | None) -> None:
    """Say how a demo that runs comes to speak another language."""
    spoken = demo_database.language(database)
    if wanted not in (None, spoken):
        raise DevError(
            f"The demo runs in “{spoken}”, and changes its language when it starts: "
            f"end it with Ctrl-C, then type ./dev demo --lang {wanted}"
        )


def _refuse_mail(simulator: str, address: str) -> None:
    """Let the simulated mail server refuse an address."""
    body = json.dumps({"mail_refused": [address]}).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{simulator}/sim/faults", body, headers)
    with urllib.request.urlopen(request, timeout=30):
        pass


def _move(address: str, database: str, day: date) -> int:
    """Let the demo's days go by until ``day``, telling what leaves."""
    return _run_job("clock", address, database, "--to", day.isoformat())


def _work(job: str, addresses: dict, database: str, language: str) -> int:
    """Drive the story without a person, or take its pictures; return the exit code."""
    folder = CHECKOUT_DIR / "pictures"
    if job == "pictures":
        folder = PICTURES if language == "en" else PICTURES / language
    log = _log(f"{database}.odoo")
    words = ["--simulator", addresses["simulator"], "--pictures", str(folder)]
    words += ["--log", str(log)]
    failed = _run_job(job, addresses["odoo"], database, *words, "--lang", language)
    if failed:
        say(f"Look at Odoo's log {log} and the pictures in {folder}.")
    return failed


def _run_job(job: str, address: str, database: str, *more: str) -> int:
    """Have ``devtools.demo`` do a job in the development environment."""
    command = [str(python_env.python()), "-m", "devtools.demo", job, "--odoo", address]
    command += ["--database", database, *more]
    environment = {**os.environ, **odoo.environment()}
    return subprocess.run(command, cwd=ROOT, env=environment).returncode
