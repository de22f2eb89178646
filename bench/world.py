"""Two databases with the same invoices: one without the addon, one with it."""

import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from odoo import Command, api, fields
from odoo.modules.registry import Registry
from odoo.tools import config

from devtools import odoo as dev
from devtools.console import run, step
from devtools.paths import ADDON, ADDONS_DIR, LOG_DIR, ROOT
from devtools.setup import oca, odoo_source, postgres

SEED = 19
CUSTOMERS = 200
INVOICES = 1000
# Holds the empty route that notifications are compared with.
ADDONS = ROOT / "bench" / "addons"
WEBHOOK_SECRET = "bench-webhook-secret"


@dataclass(frozen=True)
class World:
    """The names of the two databases, equal but for the addon."""

    without: str
    with_addon: str


def _oca() -> list[Path]:
    """Return the folder of the OCA's addons, if they were fetched."""
    folder = oca.UNPACKED / "odoo/addons"
    return [folder] if folder.is_dir() else []


def load_odoo() -> None:
    """Make this process an Odoo without a server, with our own addons path."""
    config.parse_config(
        [
            *("-c", str(dev.CONFIG)),
            addons_path(),
            "--max-cron-threads=0",
            "--log-level=warn",
        ],
        setup_logging=True,
    )


def addons_path() -> str:
    """Return the option that adds the benchmark's own addons, and others' to compare
    with, to the usual ones.
    """
    paths = [ADDONS, ADDONS_DIR, *_oca(), *odoo_source.addons_paths()]
    return f"--addons-path={','.join(map(str, paths))}"


@contextmanager
def world(prefix: str, template: str) -> Iterator[World]:
    """Make the databases, and drop them at the end."""
    names = World(f"{prefix}_without", f"{prefix}_with")
    for name in (names.without, names.with_addon):
        dev.drop(name)
    try:
        with step("databases with the same invoices, without and with the addon"):
            _make(names, template)
        yield names
    finally:
        for name in (names.without, names.with_addon):
            close(name)
            dev.drop(name)


def _make(names: World, template: str) -> None:
    dev.create_database(names.without, template)
    install(names.without, "payment_demo")
    with environment(names.without) as env:
        _fill(env)
        env.cr.commit()
    close(names.without)
    postgres.copy(names.without, names.with_addon)
    files = dev.DATA_DIR / "filestore"
    shutil.copytree(files / names.without, files / names.with_addon)
    install(names.with_addon, f"{ADDON},bench_route")
    with environment(names.with_addon) as env:
        enable_bridge(env)
        env.cr.commit()
    for name in (names.without, names.with_addon):
        postgres.query("VACUUM ANALYZE", database=name)


@contextmanager
def environment(database: str) -> Iterator[api.Environment]:
    """Yield the accountant's environment; what it does is rolled back at the end."""
    with Registry(database).cursor() as cr:
        root = api.Environment(cr, api.SUPERUSER_ID, {})
        user = root.ref("base.user_admin")
        try:
            yield root(user=user)(context={"lang": "en_US", "tz": "Europe/Paris"})
        finally:
            cr.rollback()


def close(database: str) -> None:
    """Forget the registry of a database and its connections."""
    from odoo.sql_db import close_db

    Registry.delete(database)
    close_db(database)


def make_french(env) -> None:
    """Give the company France, the euro and the French chart of accounts."""
    env.company.country_id = env.ref("base.fr")
    env.ref("base.EUR").active = True
    env["account.chart.template"].try_loading("fr", env.company)


def _fill(env) -> None:
    """Make the company French, with customers and draft invoices."""
    env.company.write({"name": "Bench SAS", "email": "billing@example.com"})
    make_french(env)
    # Core's portal page offers a payment too, as ours does.
    demo = env["payment.provider"].search([("code", "=", "demo")], limit=1)
    demo.write({"state": "test", "is_published": True})
    random.seed(SEED)
    term = env.ref("account.account_payment_term_30days")
    customers = env["res.partner"].create(
        [
            {
                "name": f"Customer {number}",
                "is_company": True,
                "country_id": env.ref("base.fr").id,
                "email": f"customer{number}@example.com",
                "property_payment_term_id": term.id,
            }
            for number in range(CUSTOMERS)
        ]
    )
    env["account.move"].create(
        [_invoice_values(customers[n % CUSTOMERS]) for n in range(INVOICES)]
    )


def _invoice_values(customer) -> dict:
    return {
        "move_type": "out_invoice",
        "partner_id": customer.id,
        "invoice_date": fields.Date.today(),
        "invoice_line_ids": [
            Command.create(
                {
                    "name": name,
                    "quantity": random.randint(1, 5),
                    "price_unit": random.randint(1000, 30000) / 100,
                }
            )
            for name in ("Work", "Material")
        ],
    }


def drafts(env, count: int = INVOICES):
    """Return the first draft invoices, the same ones in both databases."""
    return env["account.move"].search(
        [("state", "=", "draft"), ("move_type", "=", "out_invoice")],
        order="id",
        limit=count,
    )


def bridge_provider(env):
    """Return the company's Bridge provider."""
    return env["payment.provider"].search([("code", "=", "bridge")], limit=1)


def bank_journal(env):
    """Return the company's bank journal."""
    return env["account.journal"].search(
        [("type", "=", "bank"), ("company_id", "=", env.company.id)], limit=1
    )


def install(database: str, modules: str) -> None:
    log = LOG_DIR / f"{database}_install.log"
    run(
        dev.command(
            *("-d", database, "-i", modules, "--stop-after-init", "--no-http"),
            *("--max-cron-threads=0", addons_path()),
        ),
        env=dev.environment(),
        log=log,
        hint=f"The whole log is {log}.",
    )


def enable_bridge(env) -> None:
    company = env.company
    company.payment_request_policy = "posting"
    bank_journal(env).bank_account_id = env["res.partner.bank"].create(
        {
            "acc_number": "FR7630006000011234567890189",
            "partner_id": company.partner_id.id,
            "allow_out_payment": True,
        }
    )
    bridge_provider(env).write(
        {
            "state": "enabled",
            "is_published": True,
            "bridge_client_id": "bench",
            "bridge_client_secret": "bench",
            "bridge_webhook_secret": WEBHOOK_SECRET,
        }
    )
