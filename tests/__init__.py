from . import test_events, test_rules, test_security, test_wrong_amount

from . import test_bank_line, test_payment_request, test_random_histories
from . import test_transaction
from . import test_translations
from . import test_invoice_pdf, test_mails, test_pay_page, test_portal
from . import test_query_counts
from . import test_tmp_random
