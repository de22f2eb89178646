"""Who may not see our records gets nothing by a public method, field or assistant.

What is walked is found by introspection: a method or field that is added is walked
without a word here.
"""

import copy
import inspect
import json
import re
from contextlib import contextmanager
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.models import MAGIC_COLUMNS
from odoo.service.model import call_kw
from odoo.sql_db import Cursor
from odoo.tests import tagged
from odoo.tools import mute_logger
from odoo.tools.json import json_default

from .common.feed_case import FeedCase
from .common.payment_request import CLIENT_SECRET, IBAN, WEBHOOK_SECRET
from .common.reminder_case import ReminderCase

MODULE = "account_payment_request"
# Beside the methods that the addon writes itself.
CRUD = (
    "copy",
    "export_data",
    "formatted_read_group",
    "name_search",
    "onchange",
    "read",
    "search_count",
    "search_read",
    "unlink",
    "web_read",
    "web_save",
    "web_search_read",
    "write",
)
# What a method is called with, by the name of a parameter that has no default.
ARGUMENTS = {
    "aggregates": ["__count"],
    "domain": [],
    "field_names": [],
    "fields": ["display_name"],
    "fields_spec": {"display_name": {}},
    "fields_to_export": ["id"],
    "groupby": [],
    "line_ids": "ids of account.bank.statement.line",
    "marks": "marks",
    "suggestion_ids": "ids of bank.match.suggestion",
    "specification": {"display_name": {}},
    "vals": {},
    "vals_list": [{}],
    "values": {},
}
QUIET = ("odoo.models", "odoo.addons.base.models.ir_rule", "odoo.sql_db")
#: Methods by which an outsider writes only what is their own company's.
OWN_COMPANY = {
    # A contact that no company keeps for itself is everybody's.
    ("res.partner", "action_reminder_release"),
    # An invoice of their own.
    ("account.move", "create"),
}
#: Statements that write, and the table.
WRITING = re.compile(
    r'\s*(?:WITH .*?)?(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)"?', re.I | re.S
)


@tagged("post_install", "-at_install")
class TestAccessWalk(ReminderCase, FeedCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        other = cls.setup_other_company(name="Autre Boutique")["company"]
        make = cls.make_user
        cls.outsiders = {
            "public": cls.env.ref("base.public_user"),
            "portal customer": cls.portal_user,
            "employee": make("employee", "base.group_user", cls.company),
            "foreign clerk": make("clerk", "account.group_account_invoice", other),
            "foreign manager": make("boss", "account.group_account_manager", other),
        }

    def setUp(self):
        super().setUp()
        self.records = self._make_records()
        self.secrets = self._get_secrets()
        self.env.flush_all()
        self.env.invalidate_all()

    def _make_records(self):
        """Return a record of our company for each model of the walk."""
        # Ids that nothing else has: they are found in an answer.
        for table in ("account_payment", "payment_transaction", "account_move"):
            self.env.cr.execute(f"ALTER SEQUENCE {table}_id_seq RESTART 915000001")
        account = self.feed()
        self.receive_money(77.0, "VIR INCONNU CANARI")
        self.fetch(account)
        invoice = self.overdue(1234.57, days=9)
        request = self.request_of(invoice)
        tx = self.pay(self.create_request(345.67))
        self.settle_all()
        [reminder] = self.remind(invoice)
        line = self.bank_line(1234.57, "CANARI MARIE DUPONT")
        self.run_cron("account_payment_request.ir_cron_bank_match")
        self.env["payment.payer.profile"].sudo()._refresh(self.company)
        records = {
            record._name: record
            for record in (
                account,
                account.connection_id,
                invoice,
                self.due_lines(invoice),
                request,
                request.line_ids,
                tx,
                reminder,
                reminder.line_ids,
                line,
                self.policy,
                self.first,
                self.bridge,
                self.company,
                self.customer,
                self.bank_journal,
            )
        }
        for model in self.models():
            if model in records or self.env[model]._abstract:
                continue
            if self.env[model].is_transient():
                ours = self.registry[model]._original_module == MODULE
                values = self._fill(self.env[model], records) if ours else {}
                if ours or model == "res.config.settings":
                    records[model] = self.env[model].sudo().create(values)
            else:
                records[model] = self.env[model].sudo().search([], limit=1)
        return {name: record.sudo() for name, record in records.items()}

    def _get_secrets(self):
        request = self.records["payment.request"]
        return {
            CLIENT_SECRET,
            WEBHOOK_SECRET,
            IBAN,
            "CANARI",
            "1234.57",
            request.token,
            request.reference,
            self.records["payment.transaction"].reference,
            "marie.dupont@example.com",
            "06 12 34 56 78",
        }

    def models(self):
        """Return the names of the models that the addon adds or extends."""
        return sorted(
            name
            for name, model in self.registry.items()
            if any(self.is_ours(cls) for cls in model.mro()) and name != "base"
        )

    @staticmethod
    def is_ours(cls):
        return cls.__module__.startswith(f"odoo.addons.{MODULE}.")

    def public_methods(self, name):
        """Return the public methods of a model that the addon wrote, and for its own
        models those that all models have.

        :rtype: list[str]
        """
        model = self.registry[name]
        ours = [cls for cls in model.mro() if self.is_ours(cls)]
        found = {
            attribute
            for cls in ours
            for attribute, value in vars(cls).items()
            if inspect.isfunction(value)
        }
        if model._original_module == MODULE and not self.env[name]._abstract:
            found.update(CRUD)
        return sorted(
            attribute
            for attribute in found
            if not attribute.startswith("_")
            and not any(
                getattr(getattr(cls, attribute, None), "_api_private", False)
                for cls in model.mro()
            )
        )

    def arguments(self, name, method):
        """Return what to call a method with, by its signature."""
        if method == "formatted_read_group":
            return [[], [], ["__count"]]
        function = getattr(self.registry[name], method)
        required = [
            parameter
            for parameter in list(inspect.signature(function).parameters.values())[1:]
            if parameter.default is parameter.empty
            and parameter.kind
            in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        ]
        unknown = [p.name for p in required if p.name not in ARGUMENTS]
        self.assertFalse(
            unknown, f"say in ARGUMENTS what {name}.{method} is called with"
        )
        return [self._argument(parameter.name, name) for parameter in required]

    def _argument(self, parameter, name):
        if parameter == "vals_list" and name == "payment.transaction":
            return [{"provider_id": self.bridge.id, "amount": 1.0, "reference": "X"}]
        if parameter == "marks":
            return {}
        value = ARGUMENTS[parameter]
        if isinstance(value, str):
            return self.records[value.removeprefix("ids of ")].ids
        return copy.deepcopy(value)

    @contextmanager
    def nothing_kept(self):
        """Undo what happens, and yield the tables that were written."""
        tables = set()
        execute = Cursor.execute

        def watched(cr, query, *args, **kwargs):
            found = WRITING.match(str(getattr(query, "code", query)))
            if found:
                tables.add(found[1])
            return execute(cr, query, *args, **kwargs)

        savepoint = self.env.cr.savepoint()
        try:
            with patch.object(Cursor, "execute", watched):
                yield tables
        finally:
            self.env.invalidate_all(flush=False)
            savepoint.close(rollback=True)
            self.env.registry.clear_cache()

    def transient_tables(self):
        return {model._table for model in self.registry.values() if model._transient}

    def seen_in(self, answer, given=()):
        """Return what of our secrets an answer shows, and ids that were not given."""
        text = (
            answer
            if isinstance(answer, str)
            else json.dumps(answer, default=lambda value: self._jsonable(value))
        )
        seen = {secret for secret in self.secrets if secret and secret in text}
        seen |= {
            number
            for number in re.findall(r"\b9150\d{5}\b", text)
            if int(number) not in given
        }
        return seen

    @staticmethod
    def _jsonable(value):
        try:
            return json_default(value)
        except TypeError:
            return repr(value)

    def call(self, user, name, method, may_read=False):
        """Call a method as over RPC; return what is wrong with the answer.

        :param bool may_read: whether the user may see all of it, but write nothing
        """
        record = self.records.get(name)
        ids = record.ids if record else []
        model = self.env(user=user, su=False, context={})[name]
        with self.nothing_kept() as tables:
            args = self.arguments(name, method)
            if not getattr(getattr(model, method), "_api_model", False):
                args = [ids, *args]
            return self.judge(tables, model, method, args, ids, may_read)

    def judge(self, tables, model, method, args, given=(), may_read=False):
        """Call over RPC, and return what is wrong with the answer, None if nothing."""
        try:
            answer = call_kw(model, method, args, {})
            self.env.flush_all()
        except (UserError, IntegrityError) as error:
            # All that was written is undone.
            tables.clear()
            answer = str(error)
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        written = tables - self.transient_tables()
        if (model._name, method) in OWN_COMPANY:
            return None
        if written:
            return f"writes {sorted(written)}"
        if not may_read and (seen := self.seen_in(answer, given)):
            return f"shows {sorted(seen)}"
        return None

    # === Methods ===

    def test_a_read_only_accountant_writes_nothing(self):
        reader = self.make_user(
            "reader", "account.group_account_readonly", self.company
        )
        wrong = []
        with mute_logger(*QUIET):
            for name in self.models():
                for method in self.public_methods(name):
                    if problem := self.call(reader, name, method, may_read=True):
                        wrong.append(f"{name}.{method}: {problem}")
        self.assertFalse(wrong, "\n" + "\n".join(wrong))

    def test_no_public_method_serves_an_outsider(self):
        wrong = []
        walked = 0
        with mute_logger(*QUIET):
            for name in self.models():
                for method in self.public_methods(name):
                    for who, user in self.outsiders.items():
                        walked += 1
                        if problem := self.call(user, name, method):
                            wrong.append(f"{name}.{method} as {who}: {problem}")
        self.assertGreater(walked, 500)
        self.assertFalse(wrong, "\n" + "\n".join(wrong))

    # === Fields ===

    #: Fields that whoever may read the record of core may read too: they hold nothing
    #: of ours.
    HARMLESS_FIELDS = frozenset(
        ("res.company", name)
        for name in (
            "bank_match_fee_account_id",
            "bank_match_learn_iban",
            "bank_match_partial",
            "bank_match_tolerance",
            "payment_receipt_days",
            "payment_reminder_ask_above",
            "payment_reminder_bank_days",
            "payment_legal_form",
            "payment_register_city",
            "payment_reminder_bank_hours",
            "payment_reminder_enabled",
            "payment_reminder_grace_days",
            "payment_reminder_interval_days",
            "payment_reminder_policy_id",
            "payment_reminder_sent_days",
            "payment_reminder_sent_only",
            "payment_reminder_snailmail",
            "payment_reminder_thanks",
            "payment_reminder_unfed",
            "payment_reminder_week_max",
            "payment_request_base_url",
            "payment_request_file_days",
            "payment_request_policy",
            "payment_request_user_id",
            "payment_share_capital",
        )
    ) | {("res.partner", "type")}

    def our_fields(self, name):
        """Return the fields that the addon adds to a model of core."""
        return sorted(
            field.name
            for field in self.env[name]._fields.values()
            if field._module == MODULE
        )

    def test_no_field_of_ours_on_a_core_record_serves_an_outsider(self):
        """A customer reads their invoice, an employee a contact: not what we add."""
        invoice = self.records["account.move"]
        self.portal_user.partner_id = invoice.partner_id
        invoice.message_subscribe(invoice.partner_id.ids)
        self.env.flush_all()
        wrong = []
        walked = 0
        with mute_logger(*QUIET):
            for name in self.models():
                if self.registry[name]._original_module == MODULE:
                    continue
                record = self.records.get(name)
                if not record:
                    continue
                for field in self.our_fields(name):
                    for who in ("public", "portal customer", "employee"):
                        walked += 1
                        mine = record.with_env(
                            self.env(user=self.outsiders[who], su=False, context={})
                        )
                        self.env.invalidate_all()
                        try:
                            value = mine.read([field])[0][field]
                        except AccessError:
                            continue
                        if (name, field) not in self.HARMLESS_FIELDS:
                            wrong.append(f"{name}.{field} as {who}: {value!r:.60}")
        self.assertGreater(walked, 100)
        self.assertFalse(wrong, "\n" + "\n".join(wrong))

    # === Assistants ===

    def test_no_assistant_shows_a_foreign_record(self):
        """Made, and as the form asks while somebody fills it in."""
        wrong = []
        walked = 0
        with mute_logger(*QUIET):
            for name in self.models():
                model = self.env[name]
                if not model.is_transient() or model._original_module != MODULE:
                    continue
                values = self._fill(model, self.records)
                spec = {
                    field: {"fields": {"display_name": {}}} if kind.relational else {}
                    for field, kind in model._fields.items()
                }
                for who, user in self.outsiders.items():
                    theirs = self.env(user=user, su=False, context={})[name]
                    for how, args in {
                        "web_save": [[], values, spec],
                        "onchange": [[], values, list(values), spec],
                    }.items():
                        walked += 1
                        with self.nothing_kept() as tables:
                            problem = self.judge(tables, theirs, how, args)
                        if problem:
                            wrong.append(f"{name}.{how} as {who}: {problem}")
        self.assertGreater(walked, 50)
        self.assertFalse(wrong, "\n" + "\n".join(wrong))

    def test_onchange_computes_nothing_from_foreign_records(self):
        """What is computed in sudo is not computed from what a client names."""
        records = self.records
        named = {
            "account.move": {
                "move_type": "out_invoice",
                "own_payment_request_ids": [[4, records["payment.request"].id]],
            },
            "payment.request": {
                "line_ids": [[4, records["payment.request.line"].id]],
                "partner_id": self.customer.id,
            },
            "payment.reminder": {
                "request_id": records["payment.request"].id,
                "line_ids": [[4, records["payment.reminder.line"].id]],
            },
        }
        user = self.outsiders["foreign clerk"]
        for name, values in named.items():
            theirs = self.env(user=user, su=False, context={})[name]
            spec = {
                field.name: {"fields": {"display_name": {}}} if field.relational else {}
                for field in theirs._fields.values()
                if field._module == MODULE and theirs._has_field_access(field, "read")
            }
            with self.subTest(name), mute_logger(*QUIET), self.nothing_kept() as tables:
                changed = [field for field in values if field != "move_type"]
                args = [[], values, changed, spec]
                self.assertIsNone(self.judge(tables, theirs, "onchange", args))

    def _fill(self, model, records):
        """Return values of an assistant that point at our company's records."""
        values = {}
        for name, field in model._fields.items():
            target = field.relational and records.get(field.comodel_name)
            if not target or field.related or name.endswith("_uid"):
                continue
            if field.type == "many2one":
                values[name] = target.id
            elif field.type == "many2many":
                values[name] = [Command.set(target.ids)]
        for name, field in model._fields.items():
            if field.required and field.type == "selection" and not field.compute:
                values[name] = field.get_values(self.env)[0]
            elif field.required and field.type == "char":
                values[name] = "Because"
        return values

    # === What the engine owns ===

    def test_nobody_writes_what_the_engine_owns(self):
        """A clerk and a manager of our own company write each read-only field."""
        users = {
            "clerk": self.accountant,
            "manager": self.make_user(
                "manager", "account.group_account_manager", self.company
            ),
        }
        wrong = []
        walked = 0
        with mute_logger(*QUIET):
            for name in [*self.models(), "payment.transaction"]:
                model = self.env[name]
                if model._abstract or model.is_transient():
                    continue
                record = self.records[name]
                for field in model._fields.values():
                    if (
                        not (field.store and field.readonly)
                        or field.name in MAGIC_COLUMNS
                        or field.inherited
                    ):
                        continue
                    if field._module != MODULE and name != "payment.transaction":
                        continue  # Those of core, and of `mail`.
                    for who, user in users.items():
                        walked += 1
                        if self._may_write(record, field, user):
                            wrong.append(f"{name}.{field.name} as {who}")
        self.assertGreater(walked, 100)
        self.assertFalse(wrong, "\n" + "\n".join(wrong))

    def _may_write(self, record, field, user):
        mine = record.with_env(self.env(user=user, su=False, context={}))
        value = field.convert_to_write(record[field.name], record)
        with self.nothing_kept():
            try:
                call_kw(mine.browse(), "write", [mine.ids, {field.name: value}], {})
            except AccessError:
                return False
        return True

    def test_clerk_does_not_make_a_transfer_done(self):
        """Whatever is written, a payment comes from what was read."""
        tx = self.start(self.create_request(500.0))
        mine = tx.with_env(self.env(user=self.accountant, su=False))
        for values in ({"state": "done"}, {"amount": 1.0}, {"bank_status": "ACSC"}):
            with self.assertRaises(AccessError):
                mine.write(values)
        with self.assertRaises(AccessError):
            mine.create(
                {
                    "provider_id": self.bridge.id,
                    "payment_method_id": tx.payment_method_id.id,
                    "amount": 500.0,
                    "currency_id": tx.currency_id.id,
                    "partner_id": tx.partner_id.id,
                    "reference": "FORGED",
                    "state": "done",
                }
            )
        # Whoever gets past that, in SQL or in a server action, books nothing either.
        tx._set_done()
        self.run_cron("payment.cron_post_process_payment_tx")
        self.assertFalse(tx.payment_id)
        self.assertEqual(tx.issue, "amount_differs")
        with self.assertRaises(AccessError):
            self.records["payment.transaction"].proof_ids.write({"amount": 500.0})
        with self.assertRaises(AccessError):
            self.records["payment.transaction"].proof_ids.unlink()
