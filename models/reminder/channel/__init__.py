from . import (
    letter,
    phone,
    email,
    portal,
    sms,
)
