from . import payment_request_create, sms_composer
