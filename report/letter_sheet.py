"""What a letter has on every sheet: sender, address in the window, footer.

It is put onto the finished pages, for a browser that prints knows no millimetres: how
much it shrinks a page depends on its version, and windows of envelopes do not shrink.
"""

import io
from typing import NamedTuple

from PIL import Image, UnidentifiedImageError
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader, simpleSplit
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from odoo.tools.misc import file_path
from odoo.tools.pdf import PdfFileReader, PdfFileWriter

# A DL envelope is 110 x 220 mm; its window of 35 x 100 or 45 x 100 mm lies 20 mm from
# the right and the lower edge. A page folded in three slides in it by 10 and 11 mm:
# whatever it does, the window shows what is 55 to 79 mm from the top of the page and
# 100 to 190 mm from its left, and never more than 92 to 200 and 34 to 90 mm.
WINDOW_LEFT, WINDOW_TOP, WINDOW_WIDTH, WINDOW_LINE = 105, 55, 85, 4
SENDER_LEFT, SENDER_TOP, SENDER_WIDTH, SENDER_LINE = 20, 15, 70, 4.2
LOGO_HEIGHT = 14
FOOTER_WIDTH = 170
# What fits into the lower margin, with the number of the page.
FOOTER_BOTTOM, FOOTER_LINE, FOOTER_LINES = 10, 3.4, 4
# Of the letters without accents, as a share of the size.
ASCENT = 0.85

FONTS = {"LetterSans": "Regular", "LetterSans-Bold": "Bold"}
FOLDER = "web/static/fonts/google/Open_Sans/Open_Sans-"


class Sheet(NamedTuple):
    """What is written on the pages of one letter, in lines."""

    sender: list
    window: list
    footer: list
    # Picture, or nothing.
    logo: bytes = b""


def stamp(pdf: bytes, sheet: Sheet) -> bytes:
    """Return `pdf` with what is on the `sheet`: on the first page sender and address,
    on all of them the footer and, if there are several, their number."""
    reader = PdfFileReader(io.BytesIO(pdf))
    writer = PdfFileWriter()
    stamps = PdfFileReader(io.BytesIO(_draw(sheet, len(reader.pages))))
    for page, marks in zip(reader.pages, stamps.pages, strict=True):
        page.mergePage(marks)
        writer.addPage(page)
    result = io.BytesIO()
    writer.write(result)
    return result.getvalue()


def _draw(sheet, count):
    """Return a document of `count` pages with what is to be put onto them."""
    for name, style in FONTS.items():
        if name not in pdfmetrics.getRegisteredFontNames():
            font = file_path(f"{FOLDER}{style}.ttf")
            pdfmetrics.registerFont(TTFont(name, font))
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4)
    for number in range(1, count + 1):
        if number == 1:
            _draw_sender(canvas, sheet)
            for index, line in enumerate(sheet.window):
                top = WINDOW_TOP + index * WINDOW_LINE
                _write(canvas, line, WINDOW_LEFT, top, WINDOW_WIDTH, size=10)
        _draw_footer(canvas, sheet, f"{number} / {count}" if count > 1 else "")
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _draw_sender(canvas, sheet):
    top = SENDER_TOP
    if picture := _open_logo(sheet.logo):
        width, height = picture.getSize()
        scale = min(LOGO_HEIGHT / height, SENDER_WIDTH / width) * mm
        canvas.drawImage(
            picture,
            SENDER_LEFT * mm,
            A4[1] - top * mm - height * scale,
            width * scale,
            height * scale,
            mask="auto",
        )
        top += height * scale / mm + 2
    for index, line in enumerate(sheet.sender):
        font = "LetterSans" if index else "LetterSans-Bold"
        line_top = top + index * SENDER_LINE
        _write(canvas, line, SENDER_LEFT, line_top, SENDER_WIDTH, 9.5, font)


def _open_logo(logo):
    """Return the picture, or None if there is none that can be drawn (SVG)."""
    try:
        return ImageReader(Image.open(io.BytesIO(logo)))
    except UnidentifiedImageError:
        return None


def _draw_footer(canvas, sheet, number):
    lines, size = _wrap_footer(sheet.footer, FOOTER_LINES - bool(number))
    canvas.setFillGray(0.3)
    canvas.setFont("LetterSans", size)
    for index, line in enumerate(filter(None, [number, *reversed(lines)])):
        bottom = FOOTER_BOTTOM + index * FOOTER_LINE
        canvas.drawCentredString(A4[0] / 2, bottom * mm, line)
    canvas.setFillGray(0)


def _wrap_footer(lines, room):
    """Return a footer in no more lines than there is room for, and its size."""
    size = 7.5
    while True:
        wrapped = [
            part
            for line in lines
            for part in simpleSplit(line, "LetterSans", size, FOOTER_WIDTH * mm)
        ]
        if len(wrapped) <= room:
            return wrapped, size
        if len(lines) > 1:
            lines = [" – ".join(lines)]
        else:
            size *= 0.95


def _write(canvas, text, left, top, width, size, font="LetterSans"):
    """Write a line of text whose upper left corner is given in millimetres."""
    size = _fit(text, font, size, width * mm)
    canvas.setFont(font, size)
    canvas.drawString(left * mm, A4[1] - top * mm - ASCENT * size, text)


def _fit(text, font, size, width):
    """Return the size in which a text is no wider than `width` points."""
    wanted = pdfmetrics.stringWidth(text, font, size)
    return size if wanted <= width else size * width / wanted
