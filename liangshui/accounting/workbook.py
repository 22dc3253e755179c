"""An account or a list of days as an Excel workbook."""

import io
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

from django.http import HttpResponse
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from liangshui.records.installation import is_demo
from liangshui.records.listing import exportable


def workbook(title: str, about: str, heads: Sequence[Any], rows: Iterable[Sequence[Any]]) -> HttpResponse:
    """A download: what it is about, the headings, the rows. Unknown figures stay empty."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    if is_demo():
        sheet.append([_("Demo data, invented")])
    sheet.append([about])
    line = []
    for head in heads:
        cell = WriteOnlyCell(sheet, str(head))
        cell.font = Font(bold=True)
        line.append(cell)
    sheet.append(line)
    for row in rows:
        sheet.append([exportable(value) for value in row])
    out = io.BytesIO()
    book.save(out)
    response = HttpResponse(
        out.getvalue(), content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    )
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(f'{title}-{about}.xlsx')}"
    return response
