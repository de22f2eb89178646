"""Imports and calls between the rooms go downwards only."""

import ast
import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# From the ground up: a room knows itself and those before it.
ROOMS = ["", "transfer", "request", "match", "feed", "reconcile", "reminder"]
LAYERS = ["models", "wizard", "controllers"]
# It shows the settings of every room.
ROOF = ROOT / "models" / "res_config_settings.py"


def files():
    """Yield each file of the addon's rooms with its floor."""
    for layer in LAYERS:
        for path in sorted((ROOT / layer).rglob("*.py")):
            if path.name == "__init__.py" or path == ROOF:
                continue
            room = path.relative_to(ROOT / layer).parts[0]
            yield path, ROOMS.index("" if room.endswith(".py") else room)


TREES = {path: (floor, ast.parse(path.read_text())) for path, floor in files()}


def describe(path, node, floor, what):
    where = f"{path.relative_to(ROOT)}:{node.lineno}"
    return f"{where} uses {what} of the room {ROOMS[floor]!r}"


def test_every_room_has_its_floor():
    rooms = {path.name for path in (ROOT / "models").iterdir() if path.is_dir()}
    assert rooms - {"__pycache__"} == set(ROOMS) - {""}


def test_imports_go_downwards():
    faults = []
    for path, (floor, tree) in TREES.items():
        for node in ast.walk(tree):
            if not (isinstance(node, ast.ImportFrom) and node.level):
                continue
            folder = path.parents[node.level - 1].relative_to(ROOT)
            parts = [*folder.parts, *(node.module or "").split(".")]
            if parts[0] in LAYERS and len(parts) > 1 and parts[1] in ROOMS:
                other = ROOMS.index(parts[1])
                if other > floor:
                    faults.append(describe(path, node, other, ".".join(parts)))
    assert not faults, "\n".join(faults)


def test_models_are_used_from_above():
    homes = {}
    for floor, tree in TREES.values():
        for node in ast.walk(tree):
            if not isinstance(node, ast.ClassDef):
                continue
            said = {
                ast.unparse(part.targets[0]): ast.literal_eval(part.value)
                for part in node.body
                if isinstance(part, ast.Assign)
                and ast.unparse(part.targets[0]) in ("_name", "_inherit")
            }
            name, inherited = said.get("_name"), said.get("_inherit", [])
            # With its own name among them, it only adds to a model of elsewhere.
            if name and name not in (inherited, *inherited):
                homes[name] = floor
    assert homes["payment.request"] == ROOMS.index("request")
    faults = []
    for path, (floor, tree) in TREES.items():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Subscript):
                continue
            if not re.search(r"\benv$", ast.unparse(node.value)):
                continue
            name = node.slice.value if isinstance(node.slice, ast.Constant) else None
            if homes.get(name, 0) > floor:
                faults.append(describe(path, node, homes[name], name))
    assert not faults, "\n".join(faults)


def test_methods_are_called_from_above():
    lowest = defaultdict(lambda: len(ROOMS))
    for floor, tree in TREES.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                lowest[node.name] = min(lowest[node.name], floor)
    faults = []
    for path, (floor, tree) in TREES.items():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Attribute) or node.attr not in lowest:
                continue
            if not node.attr.startswith(("_", "action_")):
                continue
            if lowest[node.attr] > floor:
                faults.append(describe(path, node, lowest[node.attr], node.attr))
    assert not faults, "\n".join(faults)
