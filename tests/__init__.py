from . import test_events, test_rules, test_security, test_wrong_amount

from . import test_payment_request, test_transaction
from . import test_translations
from . import test_invoice_pdf, test_mails, test_pay_page, test_portal
