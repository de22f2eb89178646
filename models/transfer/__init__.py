from . import (
    bridge_event,
    payment_provider,
    payment_transaction,
    payment_transaction_booking,
    payment_transaction_poll,
    payment_transaction_proof,
    payment_transaction_sync,
)
