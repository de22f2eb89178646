"""Hooks of pre-commit call the checks of ``./dev lint``, all of them."""

import re

from devtools.lint import checkers
from devtools.paths import ROOT


def test_each_check_is_a_hook():
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert re.findall(r"\./dev lint --only ([\w-]+)", hooks) == list(checkers())
