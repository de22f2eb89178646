from . import (
    email,
    letter,
    phone,
    portal,
    sms,
)
