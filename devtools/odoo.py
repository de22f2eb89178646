"""Odoo itself: its command line, its configuration, its databases."""

import os
import shutil
import socket
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path

from .console import run, step
from .paths import (
    ADDON,
    ADDONS_DIR,
    CACHE,
    CHECKOUT_DIR,
    DATA_DIR,
    DEMO_ADDONS,
    ROOT,
    setup_lock,
    short_hash,
)
from .setup import odoo_source, postgres, python_env, system

CONFIG = CHECKOUT_DIR / "odoo.conf"
TEMPLATES = CACHE / "templates"
# What the addon depends on and what its tests meet, installed once and copied.
BASE_MODULES = (
    "account_payment",
    "account_qr_code_sepa",
    "l10n_fr_account",
    "phone_validation",
    "sale_management",
    "sms",
)


def prepare() -> None:
    """Make Odoo startable: source, Python packages, PostgreSQL, configuration."""
    with setup_lock():
        odoo_source.ensure()
        python_env.ensure()
        postgres.start()
        link_addon()
        _write_config(CONFIG, DATA_DIR, [ADDONS_DIR, DEMO_ADDONS])


def link_addon() -> None:
    """Link this checkout under the addon's name: Odoo goes by the folder's name."""
    ADDONS_DIR.mkdir(parents=True, exist_ok=True)
    link = ADDONS_DIR / ADDON
    if not (link.is_symlink() and link.resolve() == ROOT):
        link.unlink(missing_ok=True)
        link.symlink_to(ROOT)


def _write_config(path: Path, data_dir: Path, addons: list[Path]) -> None:
    server = postgres.connection()
    options = {
        "addons_path": ",".join(map(str, [*addons, *odoo_source.addons_paths()])),
        "data_dir": data_dir,
        "db_host": server.get("PGHOST"),
        "db_port": server.get("PGPORT"),
        "db_user": server.get("PGUSER"),
        "http_interface": "127.0.0.1",
        "list_db": "False",
    }
    lines = [f"{name} = {value}" for name, value in options.items() if value]
    data_dir.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["[options]", *lines, ""]))


def environment() -> dict[str, str]:
    """Return the variables with which a child process finds Odoo and its server."""
    python_path = [str(odoo_source.home()), os.environ.get("PYTHONPATH", "")]
    return {
        **system.environment(),
        **postgres.connection(),
        "PYTHONPATH": os.pathsep.join(filter(None, python_path)),
    }


def command(*arguments: str, module: str = "odoo", config: Path = CONFIG) -> list[str]:
    """Return the command line of one Odoo run; subcommands come first."""
    words = list(takewhile(lambda word: not word.startswith("-"), arguments))
    # `odoo db -c FILE dump …`, but `odoo module install -c FILE …`
    place = 2 if words[:1] in (["i18n"], ["module"]) else min(len(words), 1)
    options = [*arguments[:place], "-c", str(config), *arguments[place:]]
    return [str(python_env.python()), "-m", module, *options]


def install(
    database: str,
    modules: Sequence[str],
    log: Path,
    *options: str,
    config: Path = CONFIG,
) -> None:
    """Install modules in a database, and stop.

    :param log: file that takes Odoo's output
    :raises DevError: when Odoo ends with an error
    """
    words = ["-d", database, "-i", ",".join(modules), *options]
    words += ["--stop-after-init", "--no-http", "--max-cron-threads=0"]
    run(
        command(*words, config=config),
        env=environment(),
        log=log,
        hint=f"The whole log is {log}.",
    )


def template() -> str:
    """Return a database to copy, with `BASE_MODULES`, made once for each Odoo."""
    key = short_hash(odoo_source.version(), *BASE_MODULES, CACHE)
    name = f"apr_template_{key}"
    filestore = TEMPLATES / "filestore" / name
    with setup_lock():
        if postgres.exists(name) and filestore.is_dir():
            return name
        with step("template database, made once"):
            _build_template(name)
    return name


def _build_template(name: str) -> None:
    """Build under another name, so that an interrupted build is never used."""
    building = f"{name}_building"
    for database in (name, building):
        drop(database, TEMPLATES)
    config = TEMPLATES / "odoo.conf"
    TEMPLATES.mkdir(parents=True, exist_ok=True)
    _write_config(config, TEMPLATES, [])
    log = CACHE / "log" / f"{name}.log"
    install(building, BASE_MODULES, log, config=config)
    files = TEMPLATES / "filestore"
    (files / building).mkdir(parents=True, exist_ok=True)
    (files / building).rename(files / name)
    # Copies inherit the statistics: without them a first run plans its queries badly,
    # and takes minutes where it needs seconds.
    postgres.query("VACUUM ANALYZE", database=building)
    postgres.query(f'ALTER DATABASE "{building}" RENAME TO "{name}"')


def create_database(name: str, source: str, data_dir: Path = TEMPLATES) -> None:
    """Make database ``name`` of this checkout a fresh copy of a template, or of another
    one, whose files are in ``data_dir``."""
    drop(name)
    postgres.copy(source, name)
    shutil.copytree(data_dir / "filestore" / source, DATA_DIR / "filestore" / name)
    # The addon takes a database of another name for a copy, which does nothing.
    postgres.query(
        "UPDATE ir_config_parameter SET value = replace(value, "
        f"'{source}', '{name}') WHERE key = '{ADDON}.database'",
        database=name,
    )


def drop(name: str, data_dir: Path = DATA_DIR) -> None:
    """Drop a database and its filestore."""
    postgres.drop(name)
    shutil.rmtree(data_dir / "filestore" / name, ignore_errors=True)


def free_port(wanted: int = 0) -> int:
    """Return ``wanted`` when nothing listens there on loopback, else a free port."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return probe.getsockname()[1]
    raise OSError("no free port on 127.0.0.1")
