#!/usr/bin/env python3
"""Draw the Word template of the leader's brief (liangshui/reports/ready/brief.docx), one A4, filled by docxtpl."""

from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

PATH = Path(__file__).resolve().parent.parent / "liangshui" / "reports" / "ready" / "brief.docx"
BLUE = RGBColor(31, 111, 178)


def write(paragraph: Any, text: str, size: float, bold: bool = False, colour: RGBColor | None = None) -> None:
    """A run in the document's font."""
    run = paragraph.add_run(text)
    run.font.size, run.font.bold = Pt(size), bold
    if colour is not None:
        run.font.color.rgb = colour
    paragraph.paragraph_format.space_after = paragraph.paragraph_format.space_before = Pt(1)


def main() -> None:
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(15)
    section.top_margin = section.bottom_margin = Mm(12)
    normal = document.styles["Normal"]
    normal.font.name = "Microsoft YaHei"
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), "Microsoft YaHei")
    normal.paragraph_format.line_spacing = 1.0
    title = document.add_paragraph()
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    write(title, "{{ title }}", 17, bold=True)
    facts = document.add_table(rows=2, cols=3)
    for number, cell in enumerate(c for row in facts.rows for c in row.cells):
        cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.CENTER
        write(cell.paragraphs[0], f"{{{{ facts[{number}].name }}}}  ", 8.5)
        write(cell.paragraphs[0], f"{{{{ facts[{number}].value }}}}", 12, bold=True)
    write(document.add_paragraph(), "{{ changes_head }}", 11, bold=True, colour=BLUE)
    write(document.add_paragraph(), "{%p for text in changes %}", 9.5)
    write(document.add_paragraph(), "· {{ text }}", 9.5)
    write(document.add_paragraph(), "{%p endfor %}", 9.5)
    pictures = document.add_table(rows=2, cols=2)
    for cell, name in zip(
        (pictures.cell(0, 0), pictures.cell(0, 1), pictures.cell(1, 0)), ("one", "two", "three"), strict=True
    ):
        write(cell.paragraphs[0], f"{{{{ {name} }}}}", 9)
    corner = pictures.cell(1, 1).paragraphs[0]
    write(corner, "{{ sectors_head }}", 10, bold=True)
    write(pictures.cell(1, 1).add_paragraph(), "{%p for line in sectors %}", 9.5)
    write(pictures.cell(1, 1).add_paragraph(), "{{ line }}", 9.5)
    write(pictures.cell(1, 1).add_paragraph(), "{%p endfor %}", 9.5)
    write(document.add_paragraph(), "{{ towns_head }}", 11, bold=True, colour=BLUE)
    towns = document.add_table(rows=4, cols=6)
    towns.style = document.styles["Table Grid"]
    towns.alignment = WD_TABLE_ALIGNMENT.CENTER
    for row, texts in enumerate((
        [f"{{{{ heads[{n}] }}}}" for n in range(6)], ["{%tr for row in rows %}"], [f"{{{{ row[{n}] }}}}" for n in range(6)], ["{%tr endfor %}"],
    )):  # fmt: skip
        for column, text in enumerate(texts):
            paragraph = towns.cell(row, column).paragraphs[0]
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT if column else WD_ALIGN_PARAGRAPH.LEFT
            write(paragraph, text, 8.5, bold=not row)
    write(document.add_paragraph(), "{{ foot }}", 7.5)
    document.save(PATH)


if __name__ == "__main__":
    main()
