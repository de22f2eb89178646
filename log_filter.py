"""Keeps what opens our addresses, and account numbers, out of all of Odoo's logs.

Addresses are logged by the server, by Odoo's dispatcher, by whatever raises: no list of
loggers would be whole, so records are masked where they are made.
"""

import logging

from .bridge.masking import mask_log

_formatter = logging.Formatter()


def mask_record(record):
    """Mask the message and the traceback of a log record, in place.

    :param logging.LogRecord record: that no handler has seen yet
    """
    try:
        message = record.getMessage()
    except Exception:
        # Whatever a caller's arguments raise: the handler meets it again and says so.
        return
    masked = mask_log(message)
    if masked != message:
        record.msg, record.args = masked, ()
    if record.exc_info and record.exc_info[0]:
        # Handlers write the text they find here instead of making their own.
        record.exc_text = mask_log(_formatter.formatException(record.exc_info))


def install():
    """Mask every record that is made from now on."""
    make = logging.getLogRecordFactory()
    if hasattr(make, "masked"):
        return

    def make_masked(*args, **kwargs):
        record = make(*args, **kwargs)
        mask_record(record)
        return record

    make_masked.masked = make
    logging.setLogRecordFactory(make_masked)
