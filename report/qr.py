"""QR codes of our own addresses, for pages and for print."""

import base64
import io
from typing import NamedTuple

import qrcode

# Modules of white around the symbol that a scanner may count on (ISO/IEC 18004).
QUIET_ZONE = 4
# Pixels a module: whole pixels, so that the symbol stays sharp when it is printed.
MODULE_PIXELS = 8


class QrPicture(NamedTuple):
    """Picture of a QR code, quiet zone included."""

    png: bytes
    # Modules along a side of the symbol, without the quiet zone.
    modules: int

    @property
    def data_uri(self) -> str:
        """Address of the picture for an `img` tag."""
        return "data:image/png;base64," + base64.b64encode(self.png).decode()

    def width(self, symbol: float) -> float:
        """Return the width of the picture whose symbol is `symbol` wide, same unit."""
        return round(symbol * (self.modules + 2 * QUIET_ZONE) / self.modules, 1)


def make_qr(text: str) -> QrPicture:
    """Return the QR code of `text`: black on white, the smallest version that holds it.

    Error correction M: 15 % of the symbol may be dirty or creased.

    :raise ValueError: if `text` is empty.
    :raise qrcode.exceptions.DataOverflowError: beyond 2 331 bytes.
    """
    if not text:
        raise ValueError("a QR code needs a text")
    code = qrcode.QRCode(
        error_correction=qrcode.constants.ERROR_CORRECT_M,
        box_size=MODULE_PIXELS,
        border=QUIET_ZONE,
    )
    code.add_data(text)
    code.make(fit=True)
    buffer = io.BytesIO()
    code.make_image().convert("1").save(buffer, format="PNG", optimize=True)
    return QrPicture(buffer.getvalue(), code.modules_count)
