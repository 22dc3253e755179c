"""An evidence sheet on paper: PDF, made of the kept file and nothing else."""

import json
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import FontFace

from liangshui.telemetry.codes import Quantity


class _Paper(FPDF):
    """A4 with number, digest and page at the foot."""

    def __init__(self, foot: str) -> None:
        super().__init__(format="A4")
        self._foot = foot
        self.add_font("zh", "", str(settings.FONT))
        self.add_font("zh", "B", str(settings.FONT_BOLD))
        self.set_margins(14, 14, 14)
        self.set_auto_page_break(True, 16)

    def footer(self) -> None:
        self.set_y(-12)
        self.set_font("zh", "", 6.5)
        self.cell(0, 5, f"{self._foot}    {self.page_no()}/{{nb}}", align="C")


def pdf(data: bytes, sha256: str) -> bytes:
    """The sheet; `data` its file, `sha256` the digest that stands on every page."""
    sheet = json.loads(data)
    paper = _Paper(f"{_('Evidence sheet')} {sheet['number']}  SHA-256 {sha256}")
    paper.add_page()
    paper.set_font("zh", "B", 15)
    title = _("Evidence sheet of water abstraction monitoring")
    paper.cell(0, 9, f"{title}  {sheet['number']}", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    if sheet["demo"]:
        paper.set_font("zh", "B", 10)
        paper.cell(0, 6, _("Demo data, invented"), new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    intake = sheet["intake"]
    _facts(
        paper,
        [
            (_("intake"), f"{intake['code']} {intake['name']}"),
            (_("water user"), f"{intake['user']} · {intake['project']}"),
            (_("town or village"), intake["division"]),
            (_("period"), f"{sheet['from']} – {sheet['to']}"),
            (_("what it is for"), sheet["reason"]),
            (_("made"), f"{_minute(sheet['made_at'])} · {sheet['made_by']}"),
        ],
    )
    _table(
        paper, _("Stations"),
        (_("station key"), _("name"), _("protocol"), _("channel"), _("from"), _("to")),
        [(s["key"], s["name"], s["protocol"], s["channel"], _minute(s["from"]), _minute(s["to"])) for s in sheet["stations"]],
    )  # fmt: skip
    _table(
        paper, _("Meters and their certificates"),
        (_("meter number"), _("model"), _("installed at"), _("removed at"), _("certificates")),
        [
            (m["number"], m["model"], _minute(m["installed_at"]), _minute(m["removed_at"]),
             "；".join(f"{v['certificate']} {v['office']} {v['verified_on']}–{v['valid_until'] or ''}" for v in m["verifications"]) or "—")
            for m in sheet["meters"]
        ],
    )  # fmt: skip
    names = dict(Quantity.choices)
    for series in sheet["series"]:
        _table(
            paper, f"{names.get(series['quantity'], series['quantity'])} · {series['station']}/{series['channel']} · {series['element']}",
            (_("measured"), _("value"), _("received"), _("frame")),
            [(_minute(r["at"]), r["value"] or "—", _minute(r["received_at"]), r["frame"] or r["came_by"]) for r in series["readings"]],
        )  # fmt: skip
    _table(
        paper, _("Raw frames"), (_("frame"), _("received"), _("sealed in"), _("bytes as received")),
        [(f["id"], _minute(f["received_at"]), f["sealed_in"] or _("not sealed yet"), f["raw"]) for f in sheet["frames"]],
        (14, 26, 20, 122),
    )  # fmt: skip
    _table(
        paper, _("Seals"), (_("day"), _("frames"), "SHA-256", "SM3"),
        [(f"{s['day']} {s['gateway']}", s["frames"], s["sha256"], s["sm3"]) for s in sheet["seals"]],
        (24, 14, 72, 72),
    )  # fmt: skip
    _table(
        paper, _("Who looked"), (_("at"), _("who"), _("page")),
        [(_minute(each["at"]), each["who"], each["page"]) for each in sheet["looked"]],
    )  # fmt: skip
    paper.set_font("zh", "B", 10)
    paper.cell(0, 8, _("How to check this sheet without Liangshui"), new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    paper.set_font("zh", "", 8)
    for line in sheet["how_to_check"]:
        paper.multi_cell(0, 4.6, line, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    return bytes(paper.output())


def _minute(text: str | None) -> str:
    return "—" if text is None else text[:16].replace("T", " ")


def _facts(paper: FPDF, facts: Sequence[tuple[str, str]]) -> None:
    for name, value in facts:
        paper.set_font("zh", "B", 9)
        paper.cell(28, 5.5, name)
        paper.set_font("zh", "", 9)
        paper.multi_cell(0, 5.5, value, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _table(
    paper: FPDF, title: str, heads: Sequence[str], rows: Sequence[Sequence[Any]], widths: Sequence[int] | None = None
) -> None:
    if not rows:
        return
    paper.ln(2)
    paper.set_font("zh", "B", 10)
    paper.cell(0, 7, title, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    paper.set_font("zh", "", 7)
    style = FontFace(emphasis="BOLD", fill_color=(235, 239, 243))
    with paper.table(headings_style=style, line_height=4, col_widths=widths, text_align="LEFT") as table:
        for row in (heads, *rows):
            cells = table.row()
            for value in row:
                cells.cell(str(value))
