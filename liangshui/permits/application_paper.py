"""The application form on paper (取水许可申请书), to print and sign: the eight items of 取水条例 12 in their order and by their names."""

import io
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from fpdf import FPDF
from fpdf.enums import XPos, YPos

from liangshui.parameters.queries import law
from liangshui.permits import offices
from liangshui.permits.models import Case
from liangshui.quota.queries import county
from liangshui.records.installation import is_demo

ITEMS: tuple[tuple[str, ...], ...] = (
    ("applicant", "address"),
    ("reason",),
    ("begins", "years"),
    ("use", "industry", "purpose", "volume_m3", "months_m3"),
    ("source", "division", "longitude", "latitude"),
    ("works", "existing", "design_capacity_m3", "quota_m3", "quota_basis", "metering", "saving"),
    ("return_place", "return_m3", "pollutants"),
    ("name", "permit", "taker", "must_be_filed", "other"),
)
"""What our form asks for, under the eight items of the law."""

BLANK = "________"
ONLY_IF_SAID = frozenset(
    {"industry", "existing", "permit", "taker", "must_be_filed", "name", "quota_basis", "quota_m3"}
)


@dataclass(frozen=True, slots=True)
class Item:
    """One of the eight items: its name in the law, and what the draft says."""

    name: str
    rows: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Paper:
    """All that stands on the paper; Word and PDF are two ways to set it."""

    title: str
    about: str
    office: str
    items: list[Item]
    end: list[str]
    demo: str


def paper_of(case: Case) -> Paper:
    """The application as it stands; what is still open is left blank, to be written by hand."""
    today = timezone.localdate()
    items = []
    for name, fields in zip(law().value("AR-012", today), ITEMS, strict=True):
        said = [
            (str(getattr(Case._meta.get_field(field), "verbose_name", field)), _said(case, field), field)
            for field in fields
        ]
        items.append(
            Item(name, [(label, words or BLANK) for label, words, f in said if words or f not in ONLY_IF_SAID])
        )
    return Paper(
        title=_("Application for a permit to take water"),
        about=f"{case.get_kind_display()} · {case.number} · " + _("as of %s") % today,
        office=offices.office().name or county().name,
        items=items,
        end=[_("Applicant (signature and seal): %s") % BLANK, _("Day: %s") % BLANK],
        demo=_("Demo data, invented") if is_demo() else "",
    )


def _said(case: Case, name: str) -> str:
    value: Any = getattr(case, name)
    if name == "months_m3":
        months = [(n, _volume(Decimal(month))) for n, month in enumerate(value, 1) if month not in (None, "")]
        return "、".join(_("month %(n)d: %(volume)s") % {"n": n, "volume": volume} for n, volume in months)
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return str(_("yes")) if value else ""
    if isinstance(value, Decimal):
        return f"{_volume(value)} m³" if name.endswith("_m3") else str(value)
    if isinstance(value, date):
        return value.isoformat()
    if getattr(Case._meta.get_field(name), "choices", None):
        return str(getattr(case, f"get_{name}_display")())
    return str(getattr(value, "name", value))


def _volume(value: Decimal) -> str:
    return f"{value.normalize():,f}"


def docx(paper: Paper) -> bytes:
    """As a Word file, A4."""
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin = section.bottom_margin = section.left_margin = section.right_margin = Mm(25)

    def line(text: str, size: float, *, font: str = "FangSong", bold: bool = False, middle: bool = False) -> None:
        paragraph = document.add_paragraph()
        run = paragraph.add_run(text)
        run.font.name, run.font.size, run.bold = "Times New Roman", Pt(size), bold
        run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)
        paragraph.paragraph_format.space_after = Pt(3)
        if middle:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER

    if paper.demo:
        line(paper.demo, 10.5)
    line(paper.title, 22, font="SimSun", bold=True, middle=True)
    line(paper.about, 10.5, middle=True)
    line(f"{paper.office}：", 14)
    for number, item in enumerate(paper.items, 1):
        line(f"{number}. {item.name}", 14, font="SimHei", bold=True)
        for label, words in item.rows:
            line(f"{label}：{words}", 12)
    line("", 12)
    for words in paper.end:
        line(words, 14)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def pdf(paper: Paper) -> bytes:
    """As a PDF, A4."""
    sheet = FPDF(format="A4")
    sheet.add_font("zh", "", str(settings.FONT))
    sheet.add_font("zh", "B", str(settings.FONT_BOLD))
    sheet.set_margins(25, 22, 25)
    sheet.add_page()

    def line(text: str, size: float, height: float, *, bold: bool = False, middle: bool = False) -> None:
        sheet.set_font("zh", "B" if bold else "", size)
        sheet.multi_cell(0, height, text, align="C" if middle else "L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    if paper.demo:
        line(paper.demo, 10, 6)
    line(paper.title, 20, 12, bold=True, middle=True)
    line(paper.about, 10, 6, middle=True)
    sheet.ln(3)
    line(f"{paper.office}：", 13, 9)
    for number, item in enumerate(paper.items, 1):
        sheet.ln(1)
        line(f"{number}. {item.name}", 12, 8, bold=True)
        for label, words in item.rows:
            line(f"{label}：{words}", 11, 6.5)
    sheet.ln(8)
    for words in paper.end:
        line(words, 12, 10)
    return bytes(sheet.output())


FORMS = {"docx": docx, "pdf": pdf}
