from . import payment_demo_clock
from . import res_company
