from . import (
    bank_match_suggestion,
    account_bank_statement_line,
    account_bank_statement_line_book,
    bank_match_iban,
    account_bank_statement_line_oca,
    account_bank_statement_line_plan,
    account_bank_statement_line_read,
    bank_match_recheck,
    account_bank_statement_line_return,
    payment_transaction,
    payment_request,
)
