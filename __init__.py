from odoo.addons.payment import reset_payment_provider, setup_provider

from . import controllers, models, report, wizard


def post_init_hook(env):
    """Create the provider and its accounting payment method in each company."""
    setup_provider(env, "bridge")


def uninstall_hook(env):
    """Detach the provider; Odoo refuses while payments still use its method."""
    reset_payment_provider(env, "bridge")
