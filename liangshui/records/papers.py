"""Papers that people upload beside a record (红头文件、附件): looked at by what they hold, kept outside of what the web serves."""

import io
import re
import zipfile
import zlib
from pathlib import Path
from uuid import uuid4
from xml.etree import ElementTree

from django.conf import settings
from django.utils.translation import gettext as _

from liangshui.core.errors import Invalid

MOST_BYTES = 20 * 2**20
MOST_OF_A_PART = 4 * 2**20
ACCEPT = ".pdf,.jpg,.jpeg,.png,.docx,.xlsx"

MACROS = re.compile(r"vbaproject|vbadata|macroenabled|macrosheet")
CONTROLS = re.compile(r"activex|/control$")
TEMPLATE = re.compile(r"/attachedtemplate$")
OBJECT = re.compile(r"/(oleobject|package)$")
CHART = re.compile(r"/charts/_rels/[^/]+\.rels$")
"""Charts keep their figures in a workbook, which is looked into as well."""

STREAM = re.compile(rb"(?<!end)stream\r?\n")
SHORT_SCRIPT = re.compile(rb"/JS(?![A-Za-z0-9])")
"""Three bytes are found in many a scanned picture by chance, so they count only where objects stand."""
SCRIPT = re.compile(rb"/JavaScript(?![A-Za-z0-9])")
LAUNCH = re.compile(rb"/Launch(?![A-Za-z0-9])")
EMBEDDED = re.compile(rb"/(EmbeddedFiles?|RichMedia)(?![A-Za-z0-9])")
END_WITHIN = 2048
MOST_OF_OBJECTS = 50 * 2**20


def suffix_of(content: bytes) -> str:
    """What a file is, by its first bytes and its inside.

    Raises:
        Invalid: too large, of another kind, damaged, or with something that runs or loads; `field` is "paper".
    """
    if len(content) > MOST_BYTES:
        raise _refused(_("The file is larger than 20 MB. Scan it at a lower resolution."))
    if content.startswith(b"%PDF-"):
        _look_into_pdf(content)
        return ".pdf"
    if content.startswith(b"\xff\xd8\xff"):
        return ".jpg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return ".png"
    if content.startswith(b"PK\x03\x04"):
        names = _look_into_office(content)
        for start, suffix in (("word/document.xml", ".docx"), ("xl/workbook.xml", ".xlsx")):
            if start in names:
                return suffix
    raise _refused(_("Only PDF, JPEG, PNG, Word (docx) and Excel (xlsx) are taken."))


def _refused(words: str) -> Invalid:
    return Invalid(words, field="paper")


def _look_into_office(content: bytes, *, inside: bool = False) -> list[str]:
    """Names of the parts of a Word or Excel file. What a part is, its content type and its relations say, not its name.

    `inside`: the workbook of a chart, which holds no further file.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            names = [part.filename.lower().replace("\\", "/") for part in parts]
            for part, name in zip(parts, names, strict=True):
                chart = CHART.search(name) is not None and not inside
                if name == "[content_types].xml" or name.endswith(".rels"):
                    _look_at_kinds(_read(archive, part), chart=chart)
                elif "/embeddings/" in name and name.endswith(".xlsx"):
                    _look_into_office(_read(archive, part), inside=True)
    except (zipfile.BadZipFile, zlib.error, ElementTree.ParseError, ValueError, OSError, RuntimeError) as error:
        raise _refused(_("The file is damaged.")) from error
    if any(MACROS.search(name) for name in names):
        raise _refused(_("The file holds macros. Save it without them, or as PDF."))
    if any(CONTROLS.search(name) for name in names):
        raise _refused(_("The file holds controls that run (ActiveX). Save it without them, or as PDF."))
    return names


def _read(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bytes:
    with archive.open(part) as opened:
        content = opened.read(MOST_OF_A_PART + 1)
    if len(content) > MOST_OF_A_PART:
        raise ValueError(part.filename)
    return content


def _look_at_kinds(xml: bytes, *, chart: bool) -> None:
    """Content types and kinds of relations, as a part names them."""
    for each in ElementTree.fromstring(xml).iter():
        kind = (each.get("Type") or each.get("ContentType") or "").strip().lower()
        if MACROS.search(kind):
            raise _refused(_("The file holds macros. Save it without them, or as PDF."))
        if CONTROLS.search(kind):
            raise _refused(_("The file holds controls that run (ActiveX). Save it without them, or as PDF."))
        if TEMPLATE.search(kind):
            raise _refused(_("The file loads a template when it is opened. Detach the template, or save it as PDF."))
        if OBJECT.search(kind) and not (chart and kind.endswith("/package") and _own(each)):
            raise _refused(_("The file holds another file or object. Hand that in by itself, and this without it."))


def _own(relation: ElementTree.Element) -> bool:
    """Whether a relation leads to a workbook in the file."""
    target = relation.get("Target", "").lower()
    return relation.get("TargetMode") != "External" and "embeddings/" in target and target.endswith(".xlsx")


def _look_into_pdf(content: bytes) -> None:
    """Objects of a PDF, those in compressed streams as well."""
    if b"%%EOF" not in content[-END_WITHIN:]:
        raise _refused(_("The PDF has no end; it was cut off on its way. Send it again, or scan it anew."))
    objects = _objects(content)
    everything = _plain(content) + objects
    if SHORT_SCRIPT.search(objects) or SCRIPT.search(everything):
        raise _refused(_("The PDF holds a script (JavaScript). Print it to a new PDF, or scan it."))
    if LAUNCH.search(everything):
        raise _refused(_("The PDF starts a program when it is opened. Print it to a new PDF, or scan it."))
    if EMBEDDED.search(everything):
        raise _refused(_("The PDF holds another file. Hand that in by itself, and this without it."))


def _objects(content: bytes) -> bytes:
    """What stands outside of streams, and in streams of objects."""
    found, at, left = [], 0, MOST_OF_OBJECTS
    while begin := STREAM.search(content, at):
        head = _plain(content[at : begin.start()])
        end = content.find(b"endstream", begin.end())
        end = len(content) if end < 0 else end
        found.append(head)
        if b"/ObjStm" in head[head.rfind(b"obj") :]:
            unpacking = zlib.decompressobj()
            try:
                unpacked = unpacking.decompress(content[begin.end() : end], left)
            except zlib.error as error:
                raise _locked() from error
            if unpacking.unconsumed_tail:
                raise _locked()
            left -= len(unpacked)
            found.append(_plain(unpacked))
        at = end
    return b"\n".join([*found, _plain(content[at:])])


def _locked() -> Invalid:
    return _refused(
        _("The PDF is protected, so that it cannot be looked into. Save it without protection, or scan it.")
    )


def _plain(objects: bytes) -> bytes:
    """Names as they are meant: /J#53 is /JS."""
    return re.sub(rb"#([0-9A-Fa-f]{2})", lambda code: bytes([int(code[1], 16)]), objects)


def keep(room: str, content: bytes) -> str:
    """Keep a paper; the name under which it lies in the room's folder. Raises Invalid as `suffix_of`."""
    name = f"{uuid4().hex}{suffix_of(content)}"
    folder = Path(settings.HOME) / "files" / room
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    return name


def path_of(room: str, name: str) -> Path:
    """Where it lies."""
    return Path(settings.HOME) / "files" / room / name
