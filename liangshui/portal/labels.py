"""Labels for wells (标牌): a QR code that opens the well's public page, its number and the office, on A4 as PDF."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _
from fpdf import FPDF

from liangshui.records import qr
from liangshui.records.installation import is_demo

COLUMNS, ROWS = 3, 7
WIDTH_MM, HEIGHT_MM = 63.5, 38.1
LEFT_MM, TOP_MM, GAP_MM = 7.25, 15.15, 2.5
LARGE_MM = 120.0


@dataclass(frozen=True, slots=True)
class Label:
    """What stands on one label."""

    address: str
    number: str
    name: str
    office: str


def _document() -> FPDF:
    pdf = FPDF(format="A4")
    pdf.add_font("zh", "", str(settings.FONT))
    pdf.add_font("zh", "B", str(settings.FONT_BOLD))
    pdf.set_auto_page_break(False)
    return pdf


def _fit(pdf: FPDF, text: str, width: float) -> str:
    """The text, cut where it would not fit."""
    while text and pdf.get_string_width(text) > width:
        text = text[:-1]
    return text


def sheet(labels: Sequence[Label]) -> bytes:
    """Labels three by seven on A4 (63.5 × 38.1 mm)."""
    pdf = _document()
    for place, label in enumerate(labels):
        at = place % (COLUMNS * ROWS)
        if at == 0:
            pdf.add_page()
        x = LEFT_MM + (at % COLUMNS) * (WIDTH_MM + GAP_MM)
        y = TOP_MM + (at // COLUMNS) * HEIGHT_MM
        qr.draw(pdf, label.address, x + 3, y + 5, 28)
        room = WIDTH_MM - 34
        for text, size, bold, down in (
            (label.number, 9, "B", 6), (label.name, 8, "", 12), (_("scan to look, to report"), 6.5, "", 22), (label.office, 6.5, "", 27),
            (_("demo") if is_demo() else "", 6.5, "", 31),
        ):  # fmt: skip
            pdf.set_font("zh", bold, size)
            pdf.set_xy(x + 33, y + down)
            pdf.cell(room, 4, _fit(pdf, text, room))
    return bytes(pdf.output())


def large(labels: Sequence[Label]) -> bytes:
    """One label a page, to be read from a few steps away."""
    pdf = _document()
    for label in labels:
        pdf.add_page()
        qr.draw(pdf, label.address, (210 - LARGE_MM) / 2, 40, LARGE_MM)
        for text, size, bold, down in (
            (label.number, 30, "B", 172), (label.name, 22, "", 190), (_("scan to look, to report"), 16, "", 208),
            (label.office, 14, "", 222), (_("demo") if is_demo() else "", 14, "", 234),
        ):  # fmt: skip
            pdf.set_font("zh", bold, size)
            pdf.set_xy(15, down)
            pdf.cell(180, 12, _fit(pdf, text, 180), align="C")
    return bytes(pdf.output())
