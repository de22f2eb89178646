from . import (
    test_reminder_channels,
    test_reminder_letter,
    test_reminder_plan,
    test_reminder_policy,
    test_reminder_portal,
    test_reminder_screens,
    test_reminder_send,
    test_reminder_workers,
)
