from . import (
    email,
    hours,
    letter,
    phone,
    portal,
    shared,
    sms,
)
