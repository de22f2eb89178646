from . import (
    base_partner_merge,
    payment_reminder_call,
    payment_reminder_hold,
    payment_reminder_link,
    payment_reminder_preview,
    payment_reminder_remind,
    payment_reminder_start,
    payment_reminder_send,
)
