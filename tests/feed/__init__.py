from . import (
    test_bank_feeds,
    test_feed,
    test_feed_balance,
    test_feed_changes,
    test_feed_connect,
    test_feed_odd_answers,
    test_feed_processes,
    test_feed_security,
    test_withdrawn,
)
