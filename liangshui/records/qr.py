"""QR codes on paper."""

import segno
from fpdf import FPDF


def draw(pdf: FPDF, address: str, x: float, y: float, side: float) -> None:
    """A QR code as one path of dark runs, so that it stays sharp in any size."""
    matrix = segno.make(address, error="q", micro=False).matrix
    step = side / len(matrix)
    pdf.set_fill_color(0, 0, 0)
    for row, modules in enumerate(matrix):
        start = None
        for column, dark in enumerate((*modules, 0)):
            if dark and start is None:
                start = column
            elif not dark and start is not None:
                pdf.rect(x + start * step, y + row * step, (column - start) * step, step + 0.01, style="F")
                start = None
