from . import (
    test_invoice_pdf,
    test_mails,
    test_page_files,
    test_page_parts,
    test_page_security,
    test_pay_page,
    test_payment_request,
    test_payment_request_sharing,
    test_payment_request_state,
    test_portal,
    test_replace_link,
    test_tours,
)
