from . import bridge, pay, pay_other, portal
