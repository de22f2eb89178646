from . import (
    email,
    letter,
    phone,
    portal,
    shared,
    sms,
)
