from . import (
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
