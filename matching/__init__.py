"""Which bank line pays what: plain rules, no Odoo.

The models gather what the rules need in a few queries and book what they decide.
"""

from .rules import NONE, SURE, UNSURE, Decision, Target, decide

__all__ = ["NONE", "SURE", "UNSURE", "Decision", "Target", "decide"]
