"""``./dev demo``: Odoo and the simulator, started and driven through a story."""
