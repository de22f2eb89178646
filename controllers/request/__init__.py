from . import pay, pay_other, portal
