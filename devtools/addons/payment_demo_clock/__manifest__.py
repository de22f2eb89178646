{
    "name": "Payment Requests: clock of the demo",
    "summary": "A button that goes on to the next day, for ./dev demo only",
    "version": "19.0.1.0.0",
    "category": "Hidden",
    "license": "LGPL-3",
    "author": "account_payment_request contributors",
    "depends": ["account_payment_request"],
    "assets": {
        "web.assets_backend": [
            "payment_demo_clock/static/src/demo_clock.js",
            # Terms in `static/src` are exported with those of the addon around it.
            "payment_demo_clock/static/clock/demo_clock.xml",
        ],
    },
}
