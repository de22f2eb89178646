"""Benchmarks: what the addon costs, as ratios against Odoo without it.

``./dev bench`` runs them all in one go and writes ``bench/results.md``.
"""
