from . import bridge_connect, payment_request_create, sms_composer
