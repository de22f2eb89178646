from . import (
    account_move,
    account_move_send,
    payment_request,
    payment_request_actions,
    payment_request_files,
    payment_request_line,
    payment_request_offer,
    payment_request_page,
    payment_request_state,
    payment_transaction,
    res_company,
    res_partner,
)
