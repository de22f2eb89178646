from . import (
    account_move_line,
    bridge_alive,
    bridge_event,
    ir_module_module,
    payment_provider,
    payment_provider_end,
    payment_transaction,
    payment_transaction_booking,
    payment_transaction_offer,
    payment_transaction_poll,
    payment_transaction_proof,
    payment_transaction_sync,
)
