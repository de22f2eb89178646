from . import (
    bridge_event,
    payment_provider,
    payment_transaction,
    payment_transaction_booking,
    payment_transaction_issue,
    payment_transaction_sync,
    payment_transaction_reason,
    payment_transaction_poll,
)
