from . import (
    test_invoice_pdf,
    test_mails,
    test_pay_page,
    test_payment_request,
    test_portal,
    test_tours,
)
