from . import (
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
