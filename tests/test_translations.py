import io
from pathlib import Path

import polib

from odoo.tests import TransactionCase, tagged
from odoo.tools.translate import trans_export

I18N = Path(__file__).parent.parent / "i18n"
ADDON = "account_payment_request"


@tagged("post_install", "-at_install")
class TestTranslations(TransactionCase):
    """Every text that a person reads can be translated."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        buffer = io.BytesIO()
        trans_export(None, [ADDON], buffer, "po", cls.env)
        cls.exported = cls._terms(polib.pofile(buffer.getvalue().decode()))

    @classmethod
    def _terms(cls, catalog):
        return {entry.msgid: entry for entry in catalog if not entry.obsolete}

    def _read(self, name):
        return self._terms(polib.pofile(str(I18N / name)))

    def test_the_template_holds_what_odoo_exports(self):
        terms = set(self._read(f"{ADDON}.pot"))
        self.assertTrue(self.exported)
        self.assertEqual(sorted(set(self.exported) - terms), [], "run ./dev i18n")
        self.assertEqual(sorted(terms - set(self.exported)), [], "run ./dev i18n")
