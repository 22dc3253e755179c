"""Papers that people upload beside a record (红头文件、附件): looked at by what they hold, kept outside of what the web serves."""

import io
import zipfile
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.utils.translation import gettext as _

from liangshui.core.errors import Invalid

MOST_BYTES = 20 * 2**20
ACCEPT = ".pdf,.jpg,.jpeg,.png,.docx,.xlsx"
MACROS = ("vbaproject.bin", "activex")


def suffix_of(content: bytes) -> str:
    """What a file is, by its first bytes and its inside.

    Raises:
        Invalid: too large, of another kind, damaged, or with macros; `field` is "paper".
    """
    if len(content) > MOST_BYTES:
        raise Invalid(_("The file is larger than 20 MB. Scan it at a lower resolution."), field="paper")
    if content.startswith(b"%PDF-"):
        return ".pdf"
    if content.startswith(b"\xff\xd8\xff"):
        return ".jpg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return ".png"
    if content.startswith(b"PK\x03\x04"):
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                names = [name.lower() for name in archive.namelist()]
        except (zipfile.BadZipFile, ValueError, OSError) as error:
            raise Invalid(_("The file is damaged."), field="paper") from error
        if any(macro in name for name in names for macro in MACROS):
            raise Invalid(_("The file holds macros. Save it without them, or as PDF."), field="paper")
        for start, suffix in (("word/document.xml", ".docx"), ("xl/workbook.xml", ".xlsx")):
            if start in names:
                return suffix
    raise Invalid(_("Only PDF, JPEG, PNG, Word (docx) and Excel (xlsx) are taken."), field="paper")


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
