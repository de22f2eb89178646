"""What a machine needs, each step once: Odoo, PostgreSQL, Python packages, programs."""
