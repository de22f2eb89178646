"""Everything behind ``./dev``: a working Odoo, its tests, checks and demo.

Only the standard library is imported here, so that ``./dev`` starts on a bare
machine; what Odoo and the checks need is installed by it into a cache folder
outside the checkout.
"""
