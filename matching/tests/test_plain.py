"""The rules stand alone: no Odoo, no clock, no chance."""

import ast
from pathlib import Path

import pytest

import matching

FILES = sorted(Path(matching.__file__).parent.glob("*.py"))
FORBIDDEN = {"odoo", "random", "secrets", "time", "os", "requests", "logging"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_they_need_no_odoo_and_decide_the_same_every_time(path):
    imported = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            imported.add(node.module.partition(".")[0])
    assert not imported & FORBIDDEN


def test_the_reasons_are_those_of_the_table():
    """Every reason in the code is explained in the docstring of the package."""
    told = {line.split(" ", 1)[0] for line in matching.__doc__.splitlines()}
    used = set()
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg in ("reason", "doubt"):
                used |= _strings(node.value)
            elif isinstance(node, ast.Assign) and "doubt" in ast.unparse(
                node.targets[0]
            ):
                used |= _strings(node.value)
    assert used > {"discount", "part", "over", "looks_like", "ambiguous"}
    assert used <= told


def _strings(node):
    return {
        child.value
        for child in ast.walk(node)
        if isinstance(child, ast.Constant)
        and isinstance(child.value, str)
        and child.value.isidentifier()
        and child.value.islower()
    }
