"""Papers of this room, written once and made as Word and as PDF."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from fpdf import FPDF
from fpdf.enums import VAlign, XPos, YPos
from fpdf.fonts import FontFace

from liangshui.conformity import words
from liangshui.conformity.answers import Answer, common
from liangshui.conformity.models import Plan
from liangshui.conformity.queries import Result
from liangshui.core.parameters import Law
from liangshui.permits.rules.gate import Use
from liangshui.permits.words import USES
from liangshui.quota.words import standing_sources, standing_words, why
from liangshui.records.installation import is_demo

SIZES = (9.0, 8.5, 8.0, 7.5, 7.0, 6.5, 6.0, 5.5)
"""Letters of a paper that has to keep to one page: the largest that does."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table; `widths` by share, `numeric` the columns whose figures stand to the right."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: tuple[int, ...]
    numeric: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with sentences, then a table, then notes."""

    head: str
    lines: Sequence[str] = ()
    table: Table | None = None
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper: title, what stands below it, sections."""

    title: str
    under: Sequence[str]
    sections: Sequence[Section]
    one_page: bool = False


def _foot() -> str:
    made = _("Made %s.") % timezone.localtime().strftime("%Y-%m-%d %H:%M")
    return f"{_('Demo data, invented')} · {made}" if is_demo() else made


# --- what stands on them ---


def conformity(result: Result, law: Law) -> Paper:
    """The report on how a plan stands to the water of its place (四水四定符合性分析)."""
    plan, verdict = result.plan, words.verdict(result)[1]
    place = plan.division.name + (f" · {plan.management_unit.name}" if plan.management_unit else "")
    under = [
        _("%(kind)s in %(place)s, by %(applicant)s, %(first)s to %(last)s.")
        % {"kind": plan.get_kind_display(), "place": place, "applicant": plan.applicant, "first": plan.first_year, "last": plan.last_year},
        basis(plan), verdict,
        _("Grounds: %s.") % _("; ").join(words.ground(each, law) for each in words.GROUNDS),
    ]  # fmt: skip
    needs = Table(
        [_("year"), _("use"), _("activity"), _("amount"), _("quota"), _("needs, m³"), _("source of its figures")],
        [
            [str(r.year), words.sector(r.sector), r.what, f"{words.plain(r.amount)} {words.unit(r)}",
             f"{words.plain(r.quota)} {words.per(r)}" + (f" ÷ {words.plain(r.coefficient)}" if r.coefficient else ""),
             words.m3(r.as_line.need_m3), words.source_of(r)]
            for r in result.rows
        ],
        (5, 7, 9, 10, 12, 8, 15), frozenset({5}),
    )  # fmt: skip
    shut = bool(result.suspended)
    against = Table(
        [_("year"), _("use"), _("needs, m³"), _("allotted, m³"), _("used, m³"), _("permitted, m³"),
         *([_("left in suspended units, m³")] if shut else []), _("may use, m³"), _("left or short, m³")],
        [
            [str(b.year), words.sector(b.sector), *map(words.m3, (b.need_m3, b.water.allotted.value, b.water.used.value,
             b.water.permitted.value, *([b.water.closed.value] if shut else []), b.may_use_m3, b.left_m3))]
            for b in result.balances
        ],
        (5, 8, 8, 9, 9, 9, *([9] if shut else []), 9, 9), frozenset(range(2, 8 + shut)),
    )  # fmt: skip
    carries = Table(
        [_("year"), _("use"), _("activity"), _("as planned"), _("the water would carry")],
        [
            [str(c.line.year), words.sector(c.line.sector), c.line.what, f"{words.plain(r.amount)} {words.unit(r)}",
             f"{words.plain(c.amount)} {words.unit(r)}" if c.amount is not None else "—"]
            for r, c in zip(result.rows, result.carried, strict=True)
        ],
        (5, 8, 12, 12, 12), frozenset({3, 4}),
    )  # fmt: skip
    notes = words.sources(result)
    sections = []
    if result.rows:
        sections += [
            Section(_("What it needs"), table=needs, notes=[amounts_note(plan)]),
            Section(_("Needs against the water of its place"), table=against, notes=[*notes, *above(result)]),
            Section(_("What the water would carry"), [carries_note()], carries),
        ]
    if result.units:
        units = _units(result, law)
        sections.append(Section(_("Management units of its place"), table=units, notes=[standing_sources(result.on)]))
    if said := words.land(result):
        sections.append(Section(_("Irrigated land"), said))
    sections.append(Section(_("Studies of its water"), [words.duty(each, law) for each in result.duties]))
    return Paper(_("%s: what the water allows") % plan.name, under, sections)


def _units(result: Result, law: Law) -> Table:
    rows = [
        [each["unit"].name, str(each["source"]), str(each["kind"][0]), f"{each['since'] or '—'}",
         "\n".join(text for text, _rules in each["reasons"]) or "—"]
        for each in words.units(result, law)
    ]  # fmt: skip
    return Table([_("management unit"), _("source"), _("state"), _("since"), _("reason")], rows, (9, 9, 9, 8, 31))


def basis(plan: Plan) -> str:
    """Against what the needs of a plan stand."""
    if plan.on_top:
        return _("Its needs come on top of today’s use: they stand against the allotment less the use of last year.")
    return _("Its needs are all that the place will use: they stand against the whole allotment.")


def above(result: Result) -> list[str]:
    """Where permits of today with the needs pass the allotment."""
    return [
        _("%(year)s, %(use)s: permits of today with these needs would pass the allotment by %(m3)s m³.")
        % {"year": each.year, "use": words.sector(each.sector), "m3": words.m3(each.above_permits_m3)}
        for each in result.balances
        if each.above_permits_m3
    ]


def amounts_note(plan: Plan) -> str:
    """Where the amounts come from."""
    told = {"applicant": plan.applicant, "on": timezone.localtime(plan.entered_at).date()}
    return _("Amounts: as planned by %(applicant)s, entered on %(on)s.") % told


def carries_note() -> str:
    """What the carrying capacity means."""
    return _(
        "Each line as if all the water that its use may have went to it alone, at its quota; whole units, rounded down."
    )


def investor(given: dict[str, Any], found: list[Answer], law: Law, on: date) -> Paper:
    """The first answer to an investor, on one A4."""
    project = given["project"] or _("project")
    asked = [
        _("Asked by %s.") % given["applicant"] if given["applicant"] else "",
        _("%(project)s: %(use)s%(trade)s, %(volume)s m³ a year, in %(place)s.")
        % {"project": project, "use": USES[Use(given["use"])], "trade": f" ({given['industry']})" if given["industry"] else "",
           "volume": words.m3(given["volume_m3"]), "place": given["unit"] or _("a place not named")},
        quota_words(given),
    ]  # fmt: skip
    missing, person = common(found, "missing"), common(found, "person")
    rows = [
        [
            each.label,
            each.verdict,
            _said(each, missing, person),
            f"{words.m3(each.left_m3)}\n{each.left_source}".strip(),
            each.apply,
        ]
        for each in found
    ]
    table = Table(
        [_("source"), _("conclusion"), _("why, and what is open"), _("may still be granted, m³"), _("to be applied for")],
        rows, (9, 10, 34, 10, 20), frozenset({3}),
    )  # fmt: skip
    notes = []
    if missing:
        notes.append(_("Not known for any source: %s.") % _(", ").join(missing))
    if person:
        notes.append(_("A person judges for every source: %s.") % _(", ").join(person))
    notes += [
        _("; ").join((standing_words(each.standing), *(text for text, _rules in why(each.standing.state, law))))
        for each in found
        if each.standing
    ]
    if any(each.standing for each in found):
        notes.append(standing_sources(on))
    notes.append(
        _(
            "May still be granted: the control total of the management unit less what permits allow, nothing in a suspended unit; — means not known."
        )
    )
    return Paper(
        _("First answer on water for a project"),
        [_("Advice by what is known on %s, no decision. It grants nothing and binds nobody.") % on, *filter(None, asked)],
        [Section(_("By source"), table=table, notes=notes)], one_page=True,
    )  # fmt: skip


def quota_words(given: dict[str, Any]) -> str:
    """The volume by quota with its source: by the table of quotas, or as it was typed; "" where none is given."""
    if given["quota_m3"] is None:
        return ""
    told = {"m3": words.m3(given["quota_m3"]), "basis": given["quota_basis"] or _("source not given")}
    if given["norm"]:
        return _("Volume by quota: %(m3)s m³ (%(basis)s).") % told
    return _("Volume by quota: %(m3)s m³, typed (%(basis)s).") % told


def _said(each: Answer, missing: list[str], person: list[str]) -> str:
    parts = list(each.why)
    open_ = [text for text in dict.fromkeys(each.missing) if text not in missing]
    judged = [text for text in each.person if text not in person]
    if open_:
        parts.append(_("not known: %s") % _(", ").join(open_))
    if judged:
        parts.append(_("a person judges: %s") % _(", ").join(judged))
    return "\n".join(parts) or "—"


# --- PDF ---


class _Pdf(FPDF):
    foot = ""

    def footer(self) -> None:
        self.set_y(-11)
        self.set_font("zh", "", 7.5)
        self.set_text_color(92, 103, 115)
        self.cell(0, 5, self.foot)
        self.set_x(self.l_margin)
        self.cell(0, 5, str(self.page_no()), align="R")


def as_pdf(paper: Paper) -> bytes:
    """The paper on A4; one that has to keep to one page in letters as small as that takes."""
    made = _written(paper, SIZES[0])
    if paper.one_page:
        made = next((pdf for pdf in (_written(paper, size) for size in SIZES) if pdf.page_no() == 1), made)
    return bytes(made.output())


def _written(paper: Paper, size: float) -> FPDF:
    pdf = _Pdf(format="A4")
    pdf.foot = _foot()
    pdf.add_font("zh", "", str(settings.FONT))
    pdf.add_font("zh", "B", str(settings.FONT_BOLD))
    pdf.set_margins(14, 12)
    pdf.set_auto_page_break(True, 14)
    pdf.set_title(paper.title)
    pdf.add_page()
    step = size * 0.55
    next_line: dict[str, Any] = {"new_x": XPos.LMARGIN, "new_y": YPos.NEXT}
    pdf.set_font("zh", "B", 15)
    pdf.multi_cell(0, 8, paper.title, align="C", **next_line)
    for number, text in enumerate(paper.under):
        pdf.set_font("zh", "B" if paper.one_page and number == 0 else "", size)
        pdf.multi_cell(0, step, text, align="L", **next_line)
    for section in paper.sections:
        pdf.ln(2)
        pdf.set_font("zh", "B", 11)
        pdf.set_text_color(31, 111, 178)
        pdf.cell(0, 7, section.head, **next_line)
        pdf.set_text_color(29, 39, 51)
        pdf.set_font("zh", "", size)
        for text in section.lines:
            pdf.multi_cell(0, step, text, align="L", **next_line)
        if section.table:
            _table(pdf, section.table, size)
            pdf.ln(1)
        pdf.set_font("zh", "", size - 0.5)
        for text in section.notes:
            pdf.multi_cell(0, step, text, align="L", **next_line)
    return pdf


def _table(pdf: FPDF, table: Table, size: float) -> None:
    pdf.set_font("zh", "", size - 0.5)
    align = tuple("RIGHT" if number in table.numeric else "LEFT" for number in range(len(table.heads)))
    with pdf.table(
        width=pdf.epw, col_widths=table.widths, text_align=align, line_height=size * 0.52, padding=(0.6, 1.2), v_align=VAlign.T,  # type: ignore[arg-type]
        headings_style=FontFace(emphasis="BOLD", fill_color=(232, 241, 249)), borders_layout="HORIZONTAL_LINES",
    ) as made:  # fmt: skip
        for row in (table.heads, *table.rows):
            made.row(row)


# --- Word ---


def as_docx(paper: Paper) -> bytes:
    """The paper as a Word file that can be edited before it goes on."""
    document = Document()
    size = 8 if paper.one_page else 9.5
    style = document.styles["Normal"]
    style.font.size, style.font.name = Pt(size), "SimSun"
    style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), "SimSun")
    style.paragraph_format.space_after = Pt(2)
    page = document.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.left_margin = page.right_margin = Mm(15)
    page.top_margin = page.bottom_margin = Mm(13)
    document.core_properties.title, document.core_properties.author = paper.title, ""
    _bold(document.add_paragraph(), paper.title, 15).alignment = WD_ALIGN_PARAGRAPH.CENTER
    for number, text in enumerate(paper.under):
        line = document.add_paragraph()
        line.add_run(text).bold = paper.one_page and number == 0
    for section in paper.sections:
        _bold(document.add_paragraph(), section.head, 11)
        for text in section.lines:
            document.add_paragraph(text)
        if section.table:
            _word_table(document, section.table)
        for text in section.notes:
            document.add_paragraph(text)
    page.footer.paragraphs[0].text = _foot()
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _bold(paragraph: Any, text: str, size: float) -> Any:
    run = paragraph.add_run(text)
    run.bold, run.font.size = True, Pt(size)
    return paragraph


def _word_table(document: Any, table: Table) -> None:
    made = document.add_table(rows=0, cols=len(table.heads))
    made.style, made.autofit = "Table Grid", False
    share = 180 / sum(table.widths)
    for column, width in enumerate(table.widths):
        made.columns[column].width = Mm(width * share)
    for number, row in enumerate((table.heads, *table.rows)):
        line = made.add_row()
        for column, (cell, text) in enumerate(zip(line.cells, row, strict=True)):
            cell.width = Mm(table.widths[column] * share)
            paragraph = cell.paragraphs[0]
            paragraph.add_run(text).bold = number == 0
            if column in table.numeric:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        if number == 0:  # repeated on each page
            mark = OxmlElement("w:tblHeader")
            mark.set(qn("w:val"), "true")
            line._tr.get_or_add_trPr().append(mark)


KINDS = {"pdf": as_pdf, "docx": as_docx}
TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
