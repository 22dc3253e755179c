"""The brief on paper: three pictures, a Word file and a PDF, each one A4."""

import io
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from docx.shared import Mm
from docxtpl import DocxTemplate, InlineImage
from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import FontFace

from liangshui.core.quantities import M3_PER_WAN
from liangshui.records.installation import is_demo
from liangshui.reports.brief import Brief, percent, wan

TEMPLATE = Path(__file__).resolve().parent / "ready" / "brief.docx"
MOST_LARGE_LABELS = 7
BLUE, SOFT, GREY, RED = "#1f6fb2", "#9cc3e3", "#8a8f98", "#c92a2a"


# --- pictures ---


@lru_cache(maxsize=1)
def _font() -> Any:
    from matplotlib import font_manager

    return font_manager.FontProperties(fname=str(settings.FONT), size=9)


def _figure(width: float, height: float) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=200, layout="constrained")
    axes = figure.subplots()
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return figure, axes


def _png(figure: Any, axes: Any, title: str) -> bytes:
    axes.set_title(title, fontproperties=_font(), fontsize=10, loc="left")
    labels = axes.get_yticklabels()
    for label in (*axes.get_xticklabels(), *labels):
        label.set_fontproperties(_font())
    if len(labels) > MOST_LARGE_LABELS:  # else they would touch
        for label in labels:
            label.set_fontsize(6.5)
    out = io.BytesIO()
    figure.savefig(out, format="png")
    return out.getvalue()


def _floats(values: Sequence[Any]) -> list[float]:
    return [float(value / M3_PER_WAN) if value is not None else 0.0 for value in values]


def pictures(brief: Brief) -> list[bytes]:
    """By month against last year; towns against what they are allotted; the month by method. PNG."""
    return [_by_month(brief), _by_town(brief), _by_method(brief)]


def _by_month(brief: Brief) -> bytes:
    figure, axes = _figure(3.3, 2.0)
    this, last = brief.months
    places = list(range(1, 13))
    axes.bar([p - 0.2 for p in places], _floats(last), 0.38, color=SOFT, label=str(brief.month.start.year - 1))
    axes.bar([p + 0.2 for p in places], _floats(this), 0.38, color=BLUE, label=str(brief.month.start.year))
    axes.set_xticks(places, [str(p) for p in places])
    figure.legend(prop=_font(), frameon=False, ncols=2, loc="outside lower center")
    return _png(figure, axes, _("Abstraction by month, 10⁴ m³"))


def _by_town(brief: Brief) -> bytes:
    figure, axes = _figure(3.3, 2.0)
    lines = [line for line in brief.towns if line.year_m3 or line.allotted_m3][::-1][-10:]
    places = list(range(len(lines)))
    axes.barh(places, _floats([line.allotted_m3 for line in lines]), 0.7, color="#e1e6ec", label=_("allotted"))
    colours = [RED if line.share is not None and line.share > 1 else BLUE for line in lines]
    axes.barh(places, _floats([line.year_m3 for line in lines]), 0.36, color=colours, label=_("used so far"))
    axes.set_yticks(places, [line.name for line in lines])
    figure.legend(prop=_font(), frameon=False, ncols=2, loc="outside lower center")
    return _png(figure, axes, _("Towns: used and allotted this year, 10⁴ m³"))


def _by_method(brief: Brief) -> bytes:
    figure, axes = _figure(3.3, 2.0)
    rows = brief.by_method[::-1]
    places = list(range(len(rows)))
    axes.barh(places, _floats([volume for _name, volume in rows]), 0.6, color=BLUE)
    axes.set_yticks(places, [name for name, _volume in rows])
    return _png(figure, axes, _("How the month’s volume is known, 10⁴ m³"))


# --- what stands on both papers ---


def _facts(brief: Brief) -> list[tuple[str, str]]:
    return [
        (_("abstraction of the month"), wan(brief.month_m3)),
        (_("the month before"), wan(brief.last_month_m3)),
        (_("the same month last year"), wan(brief.last_year_m3)),
        (_("the year so far"), wan(brief.year_m3)),
        (_("allotted for the year"), wan(brief.allotted_m3)),
        (_("used of it"), percent(brief.share)),
    ]


def _heads() -> list[str]:
    return [_("town"), _("this month"), _("month before"), _("year so far"), _("allotted"), _("used of it")]


def _rows(brief: Brief) -> list[list[str]]:
    return [
        [t.name, wan(t.month_m3), wan(t.last_m3), wan(t.year_m3), wan(t.allotted_m3), percent(t.share)]
        for t in brief.towns
    ][:14]


def _title(brief: Brief) -> str:
    return _("%(county)s: water brief, %(month)s") % {"county": brief.county, "month": brief.words}


def _foot() -> str:
    told = {"now": timezone.localtime().strftime("%Y-%m-%d %H:%M")}
    source = _("Volumes in 10⁴ m³, from the water account as of %(now)s; — means not known.") % told
    return f"{_('Demo data, invented')} · {source}" if is_demo() else source


def as_docx(brief: Brief) -> bytes:
    """The brief as a Word file that can be edited before it goes on."""
    document = DocxTemplate(TEMPLATE)
    images = [InlineImage(document, io.BytesIO(png), width=Mm(85)) for png in pictures(brief)]
    document.render(
        {
            "sectors_head": _("The month by use, 10⁴ m³"),
            "sectors": ["　".join(line) for line in _sector_lines(brief)],
            "title": _title(brief), "facts": [{"name": name, "value": value} for name, value in _facts(brief)],
            "changes_head": _("What changed"), "changes": brief.changes, "towns_head": _("By town, 10⁴ m³"), "heads": _heads(),
            "rows": _rows(brief), "one": images[0], "two": images[1], "three": images[2], "foot": _foot(),
        },
        autoescape=True,
    )  # fmt: skip
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def as_pdf(brief: Brief) -> bytes:
    """The brief as a PDF of one A4 page, its font embedded."""
    pdf = FPDF(format="A4")
    pdf.add_font("zh", "", str(settings.FONT))
    pdf.add_font("zh", "B", str(settings.FONT_BOLD))
    pdf.set_auto_page_break(False)
    pdf.set_margins(15, 12)
    pdf.set_title(_title(brief))
    pdf.add_page()
    pdf.set_font("zh", "B", 17)
    pdf.cell(0, 10, _title(brief), align="C", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    width, height = pdf.epw / 6, 13
    for name, value in _facts(brief):
        x, y = pdf.get_x(), pdf.get_y()
        pdf.set_font("zh", "", 8)
        pdf.set_text_color(92, 103, 115)
        pdf.cell(width, 5, name, align="C")
        pdf.set_xy(x, y + 5)
        pdf.set_font("zh", "B", 13)
        pdf.set_text_color(29, 39, 51)
        pdf.cell(width, height - 5, value, align="C")
        pdf.set_xy(x + width, y)
    pdf.set_xy(pdf.l_margin, pdf.get_y() + height + 2)
    _section(pdf, _("What changed"))
    pdf.set_font("zh", "", 9.5)
    for text in brief.changes:
        pdf.multi_cell(0, 5.2, f"· {text}", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.ln(1)
    half = pdf.epw / 2
    y = pdf.get_y()
    for number, png in enumerate(pictures(brief)):
        pdf.image(io.BytesIO(png), pdf.l_margin + (number % 2) * half, y + number // 2 * (half * 0.606 + 1), half - 2)
    pdf.set_xy(pdf.l_margin + half, y + half * 0.606 + 1)
    _sectors(pdf, brief, half)
    pdf.set_xy(pdf.l_margin, y + 2 * (half * 0.606 + 1) + 1)
    _section(pdf, _("By town, 10⁴ m³"))
    pdf.set_font("zh", "", 8.5)
    with pdf.table(
        width=pdf.epw, col_widths=(3, 2, 2, 2, 2, 2), text_align=("LEFT", *["RIGHT"] * 5), line_height=5,  # type: ignore[arg-type]
        headings_style=FontFace(emphasis="BOLD", fill_color=(232, 241, 249)), borders_layout="HORIZONTAL_LINES",
    ) as table:  # fmt: skip
        for row in (_heads(), *_rows(brief)):
            table.row(row)
    pdf.set_xy(pdf.l_margin, 297 - 10)
    pdf.set_font("zh", "", 7.5)
    pdf.set_text_color(92, 103, 115)
    pdf.cell(0, 5, _foot())
    return bytes(pdf.output())


def _section(pdf: FPDF, text: str) -> None:
    pdf.set_font("zh", "B", 11)
    pdf.set_text_color(31, 111, 178)
    pdf.cell(0, 7, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.set_text_color(29, 39, 51)


def _sector_lines(brief: Brief) -> list[tuple[str, str, str]]:
    """Use, volume, share of the month."""
    return [
        (name, wan(volume), percent(volume / brief.month_m3) if brief.month_m3 else "—")
        for name, volume in brief.by_sector[:6]
    ]


def _sectors(pdf: FPDF, brief: Brief, width: float) -> None:
    """The month by use, beside the third picture."""
    x = pdf.get_x()
    pdf.set_font("zh", "", 10)
    pdf.cell(width, 7, _("The month by use, 10⁴ m³"))
    for name, volume, share in _sector_lines(brief):
        pdf.set_xy(x, pdf.get_y() + 7)
        pdf.cell(width * 0.45, 6, name)
        pdf.cell(width * 0.25, 6, volume, align="R")
        pdf.cell(width * 0.25, 6, share, align="R")
