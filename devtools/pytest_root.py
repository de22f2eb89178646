"""A pytest plugin: the repository's root is an Odoo addon, not a Python package.

Its ``__init__.py`` would make pytest import ``<folder>.bridge.tests…``, hence the
addon's models, hence Odoo. With this plugin ``bridge`` and ``simulator`` are the
top-level packages that they are when used without Odoo.
"""

from pathlib import Path

import pytest
from _pytest import pathlib as pytest_pathlib

ROOT = Path(__file__).resolve().parent.parent
_resolve_package_path = pytest_pathlib.resolve_package_path


def resolve_package_path(path: Path) -> Path | None:
    """Return the top-most package that holds ``path``, below the root."""
    found = _resolve_package_path(path)
    if found and (found == ROOT or found in ROOT.parents):
        below = ROOT / path.relative_to(ROOT).parts[0]
        return below if (below / "__init__.py").is_file() else None
    return found


pytest_pathlib.resolve_package_path = resolve_package_path


@pytest.hookimpl(tryfirst=True)
def pytest_collect_directory(path: Path, parent: pytest.Collector):
    """Collect the root as a plain folder: a package's ``__init__.py`` is run."""
    return pytest.Dir.from_parent(parent, path=path) if path == ROOT else None
