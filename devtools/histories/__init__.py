"""``./dev histories``: random histories with faults, killed workers and lost sessions.

- `command`: makes the database, starts the rest
- `machine`: what may happen next (a state machine of `hypothesis`)
- `truth`: what must hold at the end
- `world`: the simulated Bridge, Odoo's processes and what they are asked
- `zygote`: an Odoo that forks workers and servers, which costs nothing to kill
- `deeds`: what is done inside of Odoo
- `shared`: clock and fuses, in memory that all processes share
"""
