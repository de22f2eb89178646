from . import (
    test_bank_line,
    test_events,
    test_invoice_pdf,
    test_mails,
    test_pay_page,
    test_payment_request,
    test_portal,
    test_query_counts,
    test_random_histories,
    test_rules,
    test_security,
    test_tours,
    test_transaction,
    test_translations,
    test_wrong_amount,
)
from . import test_tmp_double
