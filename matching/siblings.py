"""What the rules take from `bridge`, the package beside this one.

Both are in the addon's package, or each by itself outside Odoo.
"""

from importlib import import_module

_bridge = f"{__package__.rpartition('.')[0]}.bridge".removeprefix(".")

label = import_module(f"{_bridge}.label")
reference = import_module(f"{_bridge}.reference")
