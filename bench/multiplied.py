"""Many open invoices: some posted by Odoo, multiplied by the database.

What is copied keeps all its columns; numbers, names, accounts, amounts and references
are new, computed from the copy's position, so that every database gets the same ones.
"""

import io
import random
from collections.abc import Sequence
from datetime import date, timedelta

from odoo import Command, fields
from odoo.tools import SQL

SEEDS = 200
SEED_CUSTOMERS = 20
_ACTIVITIES = (
    "Boulangerie,Garage,Pharmacie,Menuiserie,Hôtel,Librairie,Transports,Clinique,"
    "Bakkerij,Apotheek,Bouwbedrijf,Drukkerij,Autohaus,Bäckerei,Logistik,Praxis,"
    "Cabinet,Fleuriste,Imprimerie,Traiteur,Électricité,Plomberie,Maçonnerie,Ets"
)
_FAMILIES = (
    "Aubert,Bailly,Carpentier,Delmas,Evrard,Fontaine,Garnier,Hamel,Imbert,Jourdan,"
    "Keller,Lacroix,Marchal,Noël,Ollivier,Perrin,Quentin,Rousseau,Sauvage,Thibault,"
    "Urbain,Vasseur,Wagner,Peeters,Janssens,Maes,Claes,Wouters,Schäfer,Müller,"
    "Köhler,Weiß,Brandt,Vogel,Lefèvre,Gérard,Hébert,Rémy,Benoît,François"
)
_TOWNS = (
    "Lyon,Nantes,Lille,Rennes,Dijon,Metz,Tours,Angers,Gand,Liège,Namur,Bruges,"
    "Köln,Bremen,Mainz,Kiel,Bonn,Ulm,Reims,Nîmes,Pau,Brest,Caen,Nancy"
)
# What is made of a position: the same in every database.
_FUNCTIONS = f"""
CREATE FUNCTION pg_temp.noise(n bigint, salt int) RETURNS float AS
$$ SELECT abs(hashint8(n * 1000 + salt)::bigint) / 2147483648.0 $$ LANGUAGE SQL;

CREATE FUNCTION pg_temp.pick(list text, n bigint, salt int) RETURNS text AS
$$ SELECT words[1 + floor(pg_temp.noise(n, salt) * cardinality(words))::int]
     FROM string_to_array(list, ',') AS words $$ LANGUAGE SQL;

CREATE FUNCTION pg_temp.customer(n bigint) RETURNS text AS
$$ SELECT concat_ws(' ', pg_temp.pick('{_ACTIVITIES}', n, 1),
                    pg_temp.pick('{_FAMILIES}', n, 2),
                    pg_temp.pick('{_TOWNS}', n, 3)) $$ LANGUAGE SQL;

CREATE FUNCTION pg_temp.iban(n bigint) RETURNS text AS
$$ SELECT 'FR' || lpad((98 - mod((bban || '152700')::numeric, 97))::text, 2, '0')
          || bban
     FROM (SELECT '3000200001' || lpad(n::text, 11, '0') || '42') AS b(bban)
$$ LANGUAGE SQL;

CREATE FUNCTION pg_temp.prefix(n bigint, prefix text) RETURNS text AS
$$ SELECT prefix || CASE WHEN n % 10 = 9 THEN '2025/' ELSE '2026/' END $$ LANGUAGE SQL;

CREATE FUNCTION pg_temp.number(n bigint, prefix text) RETURNS text AS
$$ SELECT pg_temp.prefix(n, prefix) || lpad(n::text, greatest(5, length(n::text)), '0')
$$ LANGUAGE SQL;

-- 20 to 8000, small ones oftener; one in ten is round, so that amounts repeat.
CREATE FUNCTION pg_temp.amount(n bigint) RETURNS numeric AS
$$ SELECT CASE WHEN n % 10 = 3
               THEN 50 * (1 + floor(pg_temp.noise(n, 4) * 100)::int)
               ELSE round((20 * exp(6 * pg_temp.noise(n, 5)))::numeric, 2) END
$$ LANGUAGE SQL;

-- One in five has a RF reference, one in five a Belgian one, the others their number.
CREATE FUNCTION pg_temp.reference(n bigint, number text) RETURNS text AS
$$ SELECT CASE n % 5
     WHEN 1 THEN 'RF'
       || lpad((98 - mod((lpad(n::text, 9, '0') || '271500')::numeric, 97))::text, 2,
               '0') || lpad(n::text, 9, '0')
     WHEN 2 THEN regexp_replace(
       lpad(n::text, 10, '0') || lpad(coalesce(nullif(n % 97, 0), 97)::text, 2, '0'),
       '(...)(....)(.....)', '+++\\1/\\2/\\3+++')
     ELSE number END $$ LANGUAGE SQL;
"""
_MOVE_MONEY = (
    *("amount_untaxed", "amount_total", "amount_residual", "amount_untaxed_signed"),
    *("amount_untaxed_in_currency_signed", "amount_total_signed"),
    *("amount_total_in_currency_signed", "amount_residual_signed"),
)
_LINE_MONEY = (
    *("debit", "credit", "balance", "amount_currency", "amount_residual"),
    *("amount_residual_currency", "price_unit", "price_subtotal", "price_total"),
)
_REQUEST_MONEY = ("amount_total", "amount_due", "amount_to_pay")


def post_seeds(env, due_days: Sequence[int] = ()) -> None:
    """Post the invoices that are multiplied.

    :param due_days: in how many days they fall due, by turns; without any, all are due
        today, and one in twenty is a credit note
    """
    rng = random.Random(19)
    partners = env["res.partner"].create(
        [
            {
                "name": f"Seed {number}",
                "is_company": True,
                "country_id": env.ref("base.fr").id,
                "bank_ids": [Command.create({"acc_number": f"SEED{number}"})],
            }
            for number in range(SEED_CUSTOMERS)
        ]
    )
    moves = env["account.move"].create(
        [
            {
                "move_type": (
                    "out_invoice" if due_days or number % 20 != 19 else "out_refund"
                ),
                # Numbers so that each customer has ten, and a credit note is anyone's.
                "partner_id": partners[number * 7 % SEED_CUSTOMERS].id,
                **_dates(number, due_days),
                "invoice_line_ids": [
                    Command.create(
                        {
                            "name": "Work",
                            "price_unit": rng.randint(2000, 90000) / 100,
                            "tax_ids": False,
                        }
                    )
                ],
            }
            for number in range(SEEDS)
        ]
    )
    moves.action_post()


def _dates(number: int, due_days: Sequence[int]) -> dict[str, date]:
    today = fields.Date.today()
    if not due_days:
        return {"invoice_date": today}
    due = today + timedelta(due_days[number % len(due_days)])
    return {"invoice_date": due - timedelta(30), "invoice_date_due": due}


def multiply(env, invoices: int, codes: list[str] = ()) -> None:
    """Copy the seeds until there are ``invoices`` of them.

    :param codes: references of payment requests, one for each invoice; without any,
        the seeds have no requests
    """
    cr = env.cr
    copies = invoices // SEEDS - 1
    cr.execute(_FUNCTIONS)
    seeds = env["account.move"].search(
        [("move_type", "in", ("out_invoice", "out_refund")), ("state", "=", "posted")]
    )
    with_requests = bool(codes) and "payment.request" in env
    copier = _Copier(cr, copies, seeds, with_requests)
    copier.partners()
    copier.moves()
    if with_requests:
        copier.requests(codes)
    for table in copier.spans:
        cr.execute(
            SQL(
                "SELECT setval(pg_get_serial_sequence(%s, 'id'), max(id)) FROM %s",
                table,
                SQL.identifier(table),
            )
        )


class _Copier:
    """Copies rows with ids shifted by a table's own span, so links shift alike."""

    def __init__(self, cr, copies: int, seeds, with_requests: bool):
        self.cr = cr
        self.copies = copies
        moves, partners = _range(seeds), _range(seeds.partner_id)
        # The column that tells a table's seeds, and its range.
        self.seeds = {
            "res_partner": ("id", *partners),
            "res_partner_bank": ("partner_id", *partners),
            "account_move": ("id", *moves),
            "account_move_line": ("move_id", *moves),
            "payment_request": ("move_id", *moves),
            "payment_request_line": ("move_id", *moves),
        }
        if not with_requests:
            del self.seeds["payment_request"], self.seeds["payment_request_line"]
        self.spans = {table: self._span(table) for table in self.seeds}
        # Position of a row's invoice or customer among all copies.
        self.move = f"(t.%s - {moves[0]} + g * {SEEDS}::bigint)"
        self.partner = f"(t.%s - {partners[0]} + g * {SEED_CUSTOMERS})"

    def _span(self, table: str) -> int:
        column, first, last = self.seeds[table]
        self.cr.execute(
            f"SELECT max(id) - min(id) FILTER (WHERE {column} BETWEEN {first} AND"
            f" {last}) + 1 FROM {table}"
        )
        return self.cr.fetchone()[0]

    def partners(self) -> None:
        name = f"pg_temp.customer({self.partner % 'id'})"
        self._copy(
            "res_partner",
            {
                "commercial_partner_id": self._link("commercial_partner_id"),
                "name": name,
                "complete_name": name,
            },
        )
        iban = f"pg_temp.iban({self.partner % 'partner_id'})"
        self._copy(
            "res_partner_bank",
            {
                "partner_id": self._link("partner_id"),
                "acc_number": iban,
                "sanitized_acc_number": iban,
            },
        )

    def moves(self) -> None:
        position = self.move % "id"
        prefix = "regexp_replace(t.sequence_prefix, '20[0-9]{2}/$', '')"
        # Odoo's own numbers begin with 1, and what goes by the last digit must stay.
        ordinal = f"({position} + 10)"
        number = f"pg_temp.number({ordinal}, {prefix})"
        partners = ("partner_id", "commercial_partner_id", "partner_shipping_id")
        year = f"CASE WHEN {position} % 10 = 9 THEN 365 ELSE 0 END"
        partner = self.partner % "commercial_partner_id"
        self._copy(
            "account_move",
            {
                "name": number,
                "sequence_prefix": f"pg_temp.prefix({position}, {prefix})",
                "sequence_number": ordinal,
                "payment_reference": f"pg_temp.reference({position}, {number})",
                "invoice_partner_display_name": f"pg_temp.customer({partner})",
                **{column: self._link(column) for column in partners},
                **{
                    column: f"t.{column} - {year}"
                    for column in ("date", "invoice_date", "invoice_date_due")
                },
                **_money(_MOVE_MONEY, position),
            },
        )
        position = self.move % "move_id"
        move = self._link("move_id", "account_move")
        self._copy(
            "account_move_line",
            {
                "move_id": move,
                "partner_id": self._link("partner_id"),
                "move_name": "m.name",
                "name": "CASE WHEN t.display_type = 'payment_term' "
                "THEN m.payment_reference ELSE t.name END",
                **{
                    column: f"t.{column} - (t.date - m.date)"
                    for column in ("date", "invoice_date", "date_maturity")
                },
                **_money(_LINE_MONEY, position),
            },
            join=f"JOIN account_move m ON m.id = {move}",
        )

    def requests(self, codes: list[str]) -> None:
        self.cr.execute("CREATE TEMP TABLE codes (n bigint PRIMARY KEY, code text)")
        rows = "".join(f"{n}\t{code}\n" for n, code in enumerate(codes))
        self.cr.copy_from(io.StringIO(rows), "codes")
        position = self.move % "move_id"
        self._copy(
            "payment_request",
            {
                "move_id": self._link("move_id", "account_move"),
                "partner_id": self._link("partner_id"),
                "commercial_partner_id": self._link("commercial_partner_id"),
                "reference": "c.code",
                "token": "md5(c.code)",
                "token_digest": "md5(c.code)",
                **_money(_REQUEST_MONEY, position),
            },
            join=f"JOIN codes c ON c.n = {position}",
        )
        self._copy(
            "payment_request_line",
            {
                "request_id": self._link("request_id", "payment_request"),
                "move_id": self._link("move_id", "account_move"),
                "move_line_id": self._link("move_line_id", "account_move_line"),
                **_money(("amount_due",), position),
            },
        )

    def _link(self, column: str, table: str = "res_partner") -> str:
        return f"t.{column} + g * {self.spans[table]}"

    def _copy(self, table: str, new: dict[str, str], join: str = "") -> None:
        """Insert the copies of a table's seeds.

        :param new: expressions of the columns that differ; ``t`` is the row, ``g``
            the copy's number
        """
        column, first, last = self.seeds[table]
        self.cr.execute(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_name = %s ORDER BY ordinal_position",
            (table,),
        )
        columns = [name for (name,) in self.cr.fetchall()]
        values = {
            "id": f"t.id + g * {self.spans[table]}",
            **{name: value for name, value in new.items() if name in columns},
        }
        self.cr.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT "
            + ", ".join(values.get(name, f"t.{name}") for name in columns)
            + f" FROM {table} t CROSS JOIN generate_series(1, {self.copies}) g {join}"
            f" WHERE t.{column} BETWEEN {first} AND {last} ORDER BY g, t.id"
        )


def _money(columns, position: str) -> dict[str, str]:
    """Give each amount of a row its new value, with the sign that it has."""
    return {
        column: f"sign(t.{column}) * pg_temp.amount({position})" for column in columns
    }


def _range(records) -> tuple[int, int]:
    return min(records.ids), max(records.ids)
