from pathlib import Path

import pytest

from devtools import odoo

CONFIG = Path("odoo.conf")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["-d", "demo"], ["-c", "odoo.conf", "-d", "demo"]),
        (["shell", "-d", "demo"], ["shell", "-c", "odoo.conf", "-d", "demo"]),
        (["db", "dump", "demo"], ["db", "-c", "odoo.conf", "dump", "demo"]),
        (
            ["i18n", "export", "-d", "x"],
            ["i18n", "export", "-c", "odoo.conf", "-d", "x"],
        ),
    ],
)
def test_the_configuration_stands_where_each_subcommand_takes_it(words, expected):
    assert odoo.command(*words, config=CONFIG)[3:] == expected
