"""Two months of a company with messy customers: what leaves is looked at every day.

A world is a customer base that a seed makes: each customer has habits (late, silent,
disputes, a dead address, credits, installments, a transfer that fails…), each day they
do what they do, Odoo's jobs run on a clock that goes on day by day, and the messages
that left are compared with what was owed that morning. At the end there is a page with
each customer's correspondence, to be read as its receiver.
"""
