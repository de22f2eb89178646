"""Odoo looks for tests among the `test_*` members of this package only."""

from . import (
    test_access_routes,
    test_access_walk,
    test_batch,
    test_copy,
    test_query_counts,
    test_rules,
    test_security,
    test_translations,
)
from .transfer import (
    test_core_flow,
    test_double_click,
    test_event_workers,
    test_events,
    test_provider,
    test_random_histories,
    test_transaction,
    test_transaction_booking,
    test_transaction_poll,
    test_webhook_route,
    test_webhook_security,
    test_wrong_amount,
)
from .request import (
    test_invoice_pdf,
    test_mails,
    test_page_security,
    test_pay_page,
    test_payment_request,
    test_payment_request_sharing,
    test_payment_request_state,
    test_portal,
    test_tours,
)
from .match import (
    test_bank_line,
    test_bank_line_import,
    test_bank_line_many,
    test_fec,
    test_match,
    test_match_again,
    test_match_returned,
    test_match_suggestion,
    test_match_workers,
    test_oca_reconcile,
    test_oca_statement,
)
from .feed import (
    test_bank_feeds,
    test_feed,
    test_feed_balance,
    test_feed_changes,
    test_feed_connect,
    test_feed_processes,
    test_feed_security,
)
from .reconcile import (
    test_reconcile_screen,
    test_reconcile_tour,
)
from .reminder import (
    test_customer_balance,
    test_payer_profile,
    test_reminder_calls,
    test_reminder_delivery,
    test_reminder_held,
    test_reminder_letter,
    test_reminder_manual,
    test_reminder_message,
    test_reminder_plan,
    test_reminder_policy,
    test_reminder_portal,
    test_reminder_prepare,
    test_reminder_rights,
    test_reminder_send,
    test_reminder_sms,
    test_reminder_texts,
    test_reminder_to_send,
    test_reminder_workers,
)
