"""The database of ``./dev demo``: made once from the template, kept up to date."""

from .. import odoo
from ..console import DevError, run, step
from ..paths import ADDON, LOG_DIR, ROOT, short_hash, stamp_is, write_stamp
from ..setup import postgres

# The button that lets a day go by.
CLOCK = "payment_demo_clock"
# What people and pages of the demo may speak; its French customers always do French.
LANGUAGES = {"en": "en_US", "fr": "fr_FR"}
# Parameters of Odoo and ours that point it at the simulator.
PARAMETERS = {
    "web.base.url": "{odoo}",
    "web.base.url.freeze": "True",
    "account_payment_request.bridge_url": "{simulator}",
    "iap.endpoint": "{simulator}",
    "sms.endpoint": "{simulator}",
}
# Read from these folders into the database: a change asks for an update.
INSTALLED = ("controllers", "data", "i18n", "models", "report", "security", "views")
INSTALLED += ("wizard", "static", "demo", "devtools/addons")
# Odoo loads demo data where those of all dependencies are there: say that they are,
# so that ours come alone, with one company that a person finds their way in.
WITH_DEMO = """
    UPDATE ir_module_module SET demo = true
     WHERE name IN ('account_payment', 'sms', 'phone_validation')
"""
# The administrator works in the demo's company, and sees no empty one beside it.
COMPANY_OF_ADMIN = """
    UPDATE res_users SET company_id = demo.company_id
      FROM res_users demo
     WHERE res_users.login = 'admin' AND demo.login = 'camille';
    DELETE FROM res_company_users_rel rel USING res_users admin
     WHERE admin.login = 'admin' AND rel.user_id = admin.id
       AND rel.cid <> admin.company_id;
"""
# Demo data come before translations: the company's copy of the provider lacks them.
TEXTS_OF_PROVIDER = """
    UPDATE payment_provider copy
       SET pending_msg = own.pending_msg, auth_msg = own.auth_msg,
           done_msg = own.done_msg, cancel_msg = own.cancel_msg
      FROM payment_provider own
     WHERE own.code = 'bridge' AND copy.code = 'bridge' AND own.id < copy.id
"""


def is_ready(database: str) -> bool:
    """Tell if the database was made to its end; a broken one is made again."""
    return postgres.exists(database) and stamp_is(f"{database}-made", database)


def create(database: str) -> None:
    """Make the database afresh, with the addon and its demo data.

    :raises DevError: when Odoo or the demo data could not be loaded
    """
    template = odoo.template()
    write_stamp(f"{database}-made", "")
    log = LOG_DIR / f"{database}.install.log"
    with step(f"demo database {database} (log: {log})"):
        odoo.create_database(database, template)
        _query(database, WITH_DEMO)
        # Odoo's option --load-language leaves out the records of installed modules.
        words = odoo.command("i18n", "loadlang", "-d", database, "-l", "fr")
        run(words, env=odoo.environment(), log=log, hint=f"The whole log is {log}.")
        odoo.install(database, [ADDON, CLOCK], log)
    # Odoo installs a module without its demo data when that fails, and goes on.
    sql = f"SELECT demo FROM ir_module_module WHERE name = '{ADDON}'"
    if _query(database, sql) != "t":
        raise DevError(f"The demo data could not be loaded; the reason is in {log}.")
    _query(database, COMPANY_OF_ADMIN + TEXTS_OF_PROVIDER)
    write_fingerprint(database)
    write_stamp(f"{database}-made", database)


def language(database: str) -> str:
    """Return what the people of the database speak: a key of `LANGUAGES`."""
    sql = "SELECT p.lang FROM res_users u JOIN res_partner p ON p.id = u.partner_id "
    code = _query(database, sql + "WHERE u.login = 'camille'")
    return next((name for name in LANGUAGES if LANGUAGES[name] == code), "en")


def is_served(database: str) -> bool:
    """Return whether an Odoo works on the database now."""
    others = "SELECT count(*) > 0 FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
    return _query(database, f"{others} AND datname = current_database()") == "t"


def speak(database: str, language: str) -> None:
    """Let the people of a database that is not served speak a language.

    The company keeps its books in French in any case.
    """
    people = "SELECT partner_id FROM res_users WHERE login IN ('admin', 'camille')"
    change = f"UPDATE res_partner SET lang = '{LANGUAGES[language]}'"
    _query(database, f"{change} WHERE id IN ({people})")


def write_fingerprint(database: str) -> None:
    """Remember that the database holds the addon's present files."""
    write_stamp(f"{database}-files", _fingerprint())


def update_options(database: str) -> list[str]:
    """Return what Odoo's command line needs to take in changed files."""
    unchanged = stamp_is(f"{database}-files", _fingerprint())
    return [] if unchanged else ["-u", ADDON, "-i", CLOCK, "--i18n-overwrite"]


def hold_reminders(database: str) -> None:
    """Let no reminder leave before a person switches them on."""
    _query(database, "UPDATE res_company SET payment_reminder_enabled = false")


def address(database: str) -> str:
    """Return where Odoo answered for the database when it was started last."""
    sql = "SELECT value FROM ir_config_parameter WHERE key = 'web.base.url'"
    return _query(database, sql)


def set_parameters(database: str, addresses: dict[str, str]) -> None:
    """Point the database at this run's addresses, before Odoo reads them."""
    rows = [f"('{key}', '{value}')" for key, value in PARAMETERS.items()]
    insert = f"INSERT INTO ir_config_parameter (key, value) VALUES {', '.join(rows)}"
    update = "ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value"
    _query(database, f"{insert.format(**addresses)} {update}")


def webhook_path(database: str) -> str:
    """Return where Odoo listens for the demo company's provider."""
    sql = "SELECT min(id) FROM payment_provider WHERE code = 'bridge'"
    provider = _query(database, f"{sql} AND state <> 'disabled'")
    if not provider:
        raise DevError("The demo data switches no Bridge provider on.")
    return f"/payment/bridge/webhook/{provider}"


def _query(database: str, sql: str) -> str:
    return postgres.query(sql, database=database).strip()


def _fingerprint() -> str:
    files = (path for folder in INSTALLED for path in (ROOT / folder).rglob("*"))
    kept = sorted(path for path in files if path.is_file() and path.suffix != ".pyc")
    manifest = ROOT / "__manifest__.py"
    return short_hash(*(path.read_bytes() for path in [manifest, *kept]))
