from . import (
    test_events,
    test_provider,
    test_random_histories,
    test_transaction,
    test_wrong_amount,
)
