from . import (
    account_bank_statement_line,
    account_bank_statement_line_manual,
    account_bank_statement_line_row,
)
