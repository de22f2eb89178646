"""PostgreSQL: the server named by ``PGHOST``…, else a private cluster on a socket."""

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from ..console import DevError, run, step
from ..paths import CACHE, short_hash
from . import system

ROLE = "odoo"
# fsync is off: these databases can be made again at any time.
CONFIGURATION = """
listen_addresses = ''
unix_socket_directories = '{socket}'
unix_socket_permissions = 0700
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
max_wal_size = 2GB
shared_buffers = 1GB
work_mem = 16MB
maintenance_work_mem = 128MB
jit = off
"""


def is_private() -> bool:
    """Tell if we run our own cluster: the user named no server."""
    return not (os.environ.get("PGHOST") or os.environ.get("PGPORT"))


def system_user() -> str | None:
    """Return the account of a root run's cluster, made by its package; else None."""
    # A server never runs as root.
    return None if os.geteuid() else "postgres"


def cluster_dir() -> Path:
    """Return the folder of the private cluster.

    A root run keeps it under /var/lib: the user 'postgres' cannot look into /root.
    """
    if os.geteuid():
        return CACHE / "postgresql"
    return Path("/var/lib/account_payment_request") / short_hash(CACHE)


def socket_dir() -> Path:
    """Return the folder of the cluster's socket (its path has at most 107 bytes)."""
    folder = cluster_dir() / "socket"
    if len(str(folder)) < 85:
        return folder
    return Path(tempfile.gettempdir()) / f"apr-pg-{os.geteuid()}-{short_hash(CACHE)}"


def connection() -> Mapping[str, str]:
    """Return the libpq variables of the server to use."""
    if is_private():
        return {"PGHOST": str(socket_dir()), "PGPORT": "5432", "PGUSER": ROLE}
    names = ("PGHOST", "PGPORT", "PGUSER", "PGPASSWORD")
    return {name: os.environ[name] for name in names if os.environ.get(name)}


def bin_dir() -> Path:
    """Return the folder with the server's own programs."""
    return Path(system.which("initdb")).resolve().parent


def start() -> None:
    """Make sure that a server answers: create and start the private one if needed.

    :raises DevError: when the server named by the user's variables does not answer
    """
    if not is_private():
        system.ensure("psql")
        query("SELECT 1", hint="Check PGHOST, PGPORT, PGUSER and PGPASSWORD.")
        return
    system.ensure("initdb", "psql")
    folder, user = cluster_dir(), system_user()
    data = folder / "data"
    if not (data / "PG_VERSION").exists():
        with step("PostgreSQL cluster"):
            _create(data, user)
    _own_folder(socket_dir(), user)
    if not _pg_ctl("status", data, user, check=False):
        with step("PostgreSQL start"):
            _pg_ctl("start", data, user, "-w", "-l", str(folder / "server.log"))
    role = f"SELECT 1 FROM pg_roles WHERE rolname = '{ROLE}'"
    if not query(role, user="postgres"):
        query(f"CREATE ROLE {ROLE} LOGIN CREATEDB", user="postgres")


def stop() -> None:
    """Stop the private cluster, if it runs."""
    data = cluster_dir() / "data"
    if is_private() and (data / "PG_VERSION").exists():
        _pg_ctl("stop", data, system_user(), "-m", "fast", check=False)


def query(
    sql: str,
    *,
    database: str = "postgres",
    user: str | None = None,
    hint: str = "See the server's log.",
) -> str:
    """Run one statement with ``psql`` and return its rows, unaligned."""
    env = {**connection(), **({"PGUSER": user} if user else {})}
    words = [system.which("psql"), "-XAtq", "-v", "ON_ERROR_STOP=1", database]
    return run([*words, "-c", sql], env={**system.environment(), **env}, hint=hint)


def exists(database: str) -> bool:
    """Tell if there is such a database."""
    return bool(query(f"SELECT 1 FROM pg_database WHERE datname = '{database}'"))


def drop(database: str) -> None:
    """Drop a database and whoever is connected to it."""
    # WITH (FORCE) would be refused while a worker of autovacuum is there, which the
    # server sends away by itself.
    end_sessions(database)
    query(f'DROP DATABASE IF EXISTS "{database}"')


def end_sessions(database: str, wait: int = 0) -> None:
    """End all our sessions with a database.

    :param wait: milliseconds until each of them is gone
    """
    ours = f"FROM pg_stat_activity WHERE datname = '{database}'"
    ours += " AND usename = current_user AND pid != pg_backend_pid()"
    query(f"SELECT pg_terminate_backend(pid) {ours}")
    # All end at once; waiting for one takes a tenth of a second, even if it is gone.
    if wait:
        query(f"SELECT pg_terminate_backend(pid, {wait}) {ours}")


def copy(source: str, target: str) -> None:
    """Make ``target`` a copy of ``source``; both must have no connection."""
    drop(target)
    query(f'CREATE DATABASE "{target}" TEMPLATE "{source}"')


def _create(data: Path, user: str | None) -> None:
    data.parent.mkdir(parents=True, exist_ok=True)
    _own_folder(data.parent, user)
    shutil.rmtree(data, ignore_errors=True)
    run(
        [bin_dir() / "initdb", "-D", data, "-U", "postgres", "-A", "trust"]
        + ["-E", "UTF8", "--locale=C.UTF-8"],
        env=system.environment(),
        cwd="/",
        user=user,
        hint=f"Remove {data} and start again.",
    )
    with (data / "postgresql.conf").open("a") as configuration:
        configuration.write(CONFIGURATION.format(socket=socket_dir()))


def _own_folder(folder: Path, user: str | None) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if user:
        shutil.chown(folder, user, user)


def _pg_ctl(
    action: str, data: Path, user: str | None, *options: str, check: bool = True
) -> bool:
    try:
        run(
            [bin_dir() / "pg_ctl", action, "-D", data, *options],
            env=system.environment(),
            cwd="/",
            user=user,
            log=None if action != "start" else CACHE / "log" / "pg_ctl.log",
            hint=f"See {data.parent / 'server.log'}; after an upgrade of PostgreSQL "
            f"remove {data.parent}: its databases are made again.",
        )
    except DevError:
        if check:
            raise
        return False
    return True
