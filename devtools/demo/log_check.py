"""What the run's log may not hold: whatever opens something, as the database has it."""

import re
from pathlib import Path

from ..setup import postgres
from .story import Story, expect

# What it is, and the column that holds it.
SECRETS = (
    ("token of a payment link", "payment_request", "token"),
    ("what Bridge brings back", "bridge_connection", "token"),
    ("client secret", "payment_provider", "bridge_client_secret"),
    ("webhook secret", "payment_provider", "bridge_webhook_secret"),
    ("old webhook secret", "payment_provider", "bridge_webhook_secret_old"),
    ("user's token at Bridge", "payment_provider", "bridge_access_token"),
    ("address of a bank journey", "payment_transaction", "bridge_link_url"),
    ("IBAN", "res_partner_bank", "sanitized_acc_number"),
    ("IBAN of a bank feed", "bridge_account", "iban"),
    ("IBAN of a payer", "account_bank_statement_line", "account_number"),
)
# Shorter ones are words.
SHORTEST = 8


def find_leaks(text: str, secrets: dict[str, str]) -> list[str]:
    """Return what of ``secrets`` a log holds, written in whichever way.

    :param secrets: what each is, by its value
    """
    # Spaces and case do not hide an IBAN, nor an encoding a token.
    readable = re.sub(
        r"%(?:25)*([0-9A-Fa-f]{2})", lambda match: chr(int(match[1], 16)), text
    )
    compact = re.sub(r"\s", "", f"{text}\n{readable}").lower()
    return [
        f"{what} {value[:4]}…"
        for value, what in secrets.items()
        if len(value) >= SHORTEST and re.sub(r"\s", "", value).lower() in compact
    ]


class LogChapters(Story):
    """The last chapter: what all the others left in the log."""

    def nothing_in_the_log(self):
        """Odoo's log names no link, no secret and no account"""
        yield "odd addresses are opened too"
        [request] = self.camille.find("payment.request", [], "token", order="id desc")[
            :1
        ]
        token = request["token"]
        for path in (f"//pay/{token}", f"/fr/PAY/{token}", f"/pay%2F{token}"):
            self.phone.open(self.url + path)
        self.phone.open(f"{self.url}/pay/{token}")
        yield "they are answered"

        yield "the whole log is read for what the database holds"
        secrets = self.read_secrets()
        text = Path(self.log).read_text(encoding="utf-8", errors="replace")
        expect("/pay/***" in text, f"{self.log} names no page: is it this run's?")
        leaks = find_leaks(text, secrets)
        expect(not leaks, f"the log holds {', '.join(leaks)}")
        yield f"{len(secrets)} of them, {text.count(chr(10))} lines, none is named"

    def read_secrets(self) -> dict[str, str]:
        """Return what each secret of the database is, by its value."""
        secrets = {}
        for what, table, column in SECRETS:
            sql = f"SELECT DISTINCT {column} FROM {table} WHERE {column} <> ''"
            values = postgres.query(sql, database=self.database).splitlines()
            secrets |= dict.fromkeys(values, what)
        return secrets
