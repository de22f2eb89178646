from odoo.addons.payment import reset_payment_provider, setup_provider

from . import controllers, log_filter, models, report, wizard
from .models.transfer.payment_provider_end import LEAVE_BEHIND

# Before the first request: the addresses of our pages are what opens them.
log_filter.install()


def post_init_hook(env):
    """Create the provider and its accounting payment method in each company."""
    setup_provider(env, "bridge")
    env["res.company"]._set_default_reminder_policy()
    env["payment.database"]._set_in_production()


def uninstall_hook(env):
    """Withdraw what still lives at Bridge, detach the provider and the journals.

    Odoo refuses while payments use the provider. Whoever pressed the button was asked
    before (`button_uninstall`); here the rest is left to them.
    """
    env = env(context={**env.context, LEAVE_BEHIND: True})
    env["payment.provider"]._bridge_uninstall()
    env["payment.database"]._cancel_queue()
    reset_payment_provider(env, "bridge")
    fed = env["account.journal"].with_context(active_test=False)
    fed.search([("bank_statements_source", "=", "bridge")]).write(
        {"bank_statements_source": "undefined"}
    )
