from . import payment_demo_clock
from . import payment_transaction
from . import res_company
