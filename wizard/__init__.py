from . import (
    base_partner_merge,
    bridge_connect,
    payment_reminder_call,
    payment_reminder_hold,
    payment_reminder_link,
    payment_reminder_preview,
    payment_request_create,
    sms_composer,
)
