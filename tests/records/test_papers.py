"""Papers are taken by what they hold: nothing that runs, loads or hides comes in, and what offices write every day passes."""

import io
import zipfile
import zlib

import pytest
from docx import Document
from docx.shared import Mm
from fpdf import FPDF
from openpyxl import Workbook
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from PIL import Image

from liangshui.core.errors import Invalid
from liangshui.records import papers

KINDS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
MICROSOFT = "http://schemas.microsoft.com/office/2006/relationships/"


def word() -> bytes:
    document, picture, out = Document(), io.BytesIO(), io.BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    document.add_heading("申请书")
    document.add_picture(picture, Mm(20))
    document.add_table(2, 2)
    document.save(out)
    return out.getvalue()


def excel() -> bytes:
    book, out = Workbook(), io.BytesIO()
    for row in (["月", "水量"], [1, 100], [2, 200]):
        book.active.append(row)
    book.active["A1"].hyperlink = "https://example.org/activex?vbaProject=oleObject"  # words of an address are no parts
    book.active["B1"].comment = Comment("立方米", "水利局")
    chart = BarChart()
    chart.add_data(Reference(book.active, min_col=2, min_row=1, max_row=3), titles_from_data=True)
    book.active.add_chart(chart, "D2")
    book.save(out)
    return out.getvalue()


def pdf() -> bytes:
    paper = FPDF()
    paper.add_page()
    paper.set_font("Helvetica", size=12)
    paper.cell(0, 10, "JS, JavaScript, Launch, EmbeddedFile", link="https://example.org")
    return bytes(paper.output())


def with_parts(content: bytes, changes: dict[str, bytes], also: dict[str, tuple[str, str]] | None = None) -> bytes:
    """The same file with further parts, and with text put before the end of some that are there."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name).decode() if name.endswith((".rels", ".xml")) else old.read(name)
            end, text = (also or {}).get(name, ("", ""))
            new.writestr(name, part.replace(end, text + end) if end and isinstance(part, str) else part)
        for name, part in changes.items():
            new.writestr(name, part)
    return out.getvalue()


def related(kind: str, target: str, mode: str = "Internal") -> dict[str, tuple[str, str]]:
    text = f'<Relationship Id="rIdX" Type="{kind}" Target="{target}" TargetMode="{mode}"/>'
    return {"word/_rels/document.xml.rels": ("</Relationships>", text)}


def typed(content_type: str) -> dict[str, tuple[str, str]]:
    return {"[Content_Types].xml": ("</Types>", f'<Override PartName="/word/x.bin" ContentType="{content_type}"/>')}


CHART_RELS = f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="{KINDS}package" Target="../embeddings/Sheet1.xlsx"/></Relationships>'.encode()  # fmt: skip


def chart_over(workbook: bytes) -> bytes:
    """A Word file with a chart, its figures in a workbook, as Word writes it."""
    return with_parts(
        word(), {"word/charts/_rels/chart1.xml.rels": CHART_RELS, "word/embeddings/Sheet1.xlsx": workbook}
    )


def test_what_offices_write_passes():
    assert papers.suffix_of(word()) == ".docx"
    assert papers.suffix_of(excel()) == ".xlsx"
    assert papers.suffix_of(pdf()) == ".pdf"
    assert papers.suffix_of(chart_over(excel())) == ".docx"
    assert papers.suffix_of(with_picture_of(b"/JS 1 0 R /JS(")) == ".pdf"


def with_picture_of(noise: bytes) -> bytes:
    """A PDF as LibreOffice and scanners write it: an opening page, objects packed, a stream in which any bytes may stand."""
    packed = zlib.compress(b"5 0 6 20 << /Type /Catalog >> << /A 1 >>")
    return (
        b"%PDF-1.6\n1 0 obj\n<< /Type /Catalog /OpenAction [3 0 R /XYZ null null 0] >>\nendobj\n4 0 obj\n<< /Length 9 >>\nstream\n" + noise
        + b"\nendstream\nendobj\n7 0 obj\n<< /Type /ObjStm /Filter /FlateDecode /N 2 >>\nstream\r\n" + packed + b"\nendstream\nendobj\n%%EOF\n"
    )  # fmt: skip


def in_packed_objects(objects: bytes, name: bytes = b"/ObjStm") -> bytes:
    return b"%PDF-1.6\n7 0 obj\n<< /Type " + name + b" /Filter /FlateDecode >>\nstream\n" + zlib.compress(objects) + b"\nendstream\nendobj\n%%EOF"  # fmt: skip


BAD = {
    "vba by its usual name": with_parts(word(), {"word/vbaProject.bin": b"x"}),
    "vba by relation": with_parts(word(), {"word/x.bin": b"x"}, related(f"{MICROSOFT}vbaProject", "x.bin")),
    "vba by content type": with_parts(word(), {"word/x.bin": b"x"}, typed("application/vnd.ms-office.vbaProject")),
    "macro-enabled main part": with_parts(word(), {}, typed("application/vnd.ms-word.document.macroEnabled.main+xml")),
    "Excel 4 macros": with_parts(excel(), {"xl/macrosheets/sheet1.xml": b"<x/>"}),
    "Excel 4 macros by type": with_parts(
        excel(), {}, {"[Content_Types].xml": ("</Types>", '<Override PartName="/xl/s.xml" ContentType="application/vnd.ms-excel.xlMacrosheet+xml"/>')}
    ),
    "template": with_parts(
        word(), {"word/_rels/settings.xml.rels": related(f"{KINDS}attachedTemplate", "https://x/t.dotm", "External")["word/_rels/document.xml.rels"][1].join(['<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">', "</Relationships>"]).encode()}
    ),
    "object": with_parts(word(), {"word/embeddings/oleObject1.bin": b"x"}, related(f"{KINDS}oleObject", "embeddings/oleObject1.bin")),
    "packed file": with_parts(word(), {"word/embeddings/a.xlsx": excel()}, related(f"{KINDS}package", "embeddings/a.xlsx")),
    "ActiveX": with_parts(word(), {"word/c.xml": b"<x/>"}, related(f"{KINDS}control", "c.xml")),
    "relation in another encoding": with_parts(
        word(), {"word/_rels/x.xml.rels": f'<?xml version="1.0" encoding="utf-16"?><R><Relationship Type="{MICROSOFT}vba&#80;roject"/></R>'.encode("utf-16")}
    ),
    "macros in the workbook of a chart": chart_over(with_parts(excel(), {"xl/vbaProject.bin": b"x"})),
    "PDF with a script": b"%PDF-1.4\n1 0 obj\n<< /OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >> >>\nendobj\n%%EOF",
    "PDF with a script by another spelling": b"%PDF-1.4\n1 0 obj\n<< /S /J#61vaScript >>\nendobj\n%%EOF",
    "PDF with a script of a rendition": b"%PDF-1.4\n1 0 obj\n<< /S /Rendition /JS 2 0 R >>\nendobj\n%%EOF",
    "PDF with a packed script": in_packed_objects(b"1 0 << /S /JavaScript /JS (x) >>"),
    "PDF with a packed script by another spelling": in_packed_objects(b"1 0 << /JS (x) >>", b"/Obj#53tm"),
    "PDF that starts a program": b"%PDF-1.4\n1 0 obj\n<< /S /Launch /F (cmd.exe) >>\nendobj\n%%EOF",
    "PDF with a file in it": b"%PDF-1.4\n1 0 obj\n<< /Names << /EmbeddedFiles 2 0 R >> >>\nendobj\n%%EOF",
    "PDF of five bytes": b"%PDF-",
    "PDF cut off": pdf()[:-2100],
    "PDF that is locked": b"%PDF-1.6\n7 0 obj\n<< /Type /ObjStm >>\nstream\nlocked\nendstream\nendobj\n%%EOF",
}  # fmt: skip


@pytest.mark.parametrize("content", BAD.values(), ids=BAD.keys())
def test_what_runs_loads_or_hides_is_refused(content):
    with pytest.raises(Invalid) as refused:
        papers.suffix_of(content)
    assert refused.value.field == "paper"


def test_each_refusal_has_its_own_words():
    said = {}
    for name in ("vba by relation", "template", "object", "ActiveX", "PDF with a script", "PDF that starts a program", "PDF with a file in it", "PDF cut off", "PDF that is locked"):  # fmt: skip
        with pytest.raises(Invalid) as refused:
            papers.suffix_of(BAD[name])
        said[name] = refused.value.message
    assert len(set(said.values())) == len(said)
