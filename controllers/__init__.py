from . import bridge, bridge_connect, pay, pay_other, portal, portal_reminder
