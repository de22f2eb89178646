{
    "name": "Empty route",
    "summary": "What any request to Odoo costs, to compare with",
    "version": "19.0.1.0.0",
    "category": "Hidden",
    "license": "LGPL-3",
    "author": "account_payment_request contributors",
    "depends": ["web"],
    "installable": True,
}
