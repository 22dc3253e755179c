"""Exports of other systems held against ours (比对): only there, only here, differing, with figures."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from liangshui.core.access import Actor, Right, Territory
from liangshui.core.errors import Invalid
from liangshui.core.mappings import MappingError
from liangshui.core.periods import Period
from liangshui.registry.codes import IntakeStatus
from liangshui.registry.models import Division, Intake, Project, WaterUser
from liangshui.registry.sheets.problems import SheetError
from liangshui.registry.sheets.workbook import read_workbook
from liangshui.reports import words
from liangshui.reports.asks import Ask, answers
from liangshui.reports.filling import period_of
from liangshui.reports.models import ForeignExport
from liangshui.reports.services import MOST_BYTES
from liangshui.reports.sheets.foreign import Compared, Foreign, Our, TheirRow, compare, load, read_rows

FOLDER = Path(__file__).resolve().parent / "ready" / "exports"


def shipped() -> dict[str, Foreign]:
    """Mappings that come with Liangshui, by their file's name; headings made up in the manner of such exports."""
    return {path.stem: load(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.yaml"))}


def mapping_of(text: str) -> Foreign:
    """A mapping from its file. Raises Invalid with what is wrong."""
    try:
        return load(text)
    except MappingError as error:
        raise Invalid(words.mapping_words(error), field="mapping") from error


def their_rows(content: bytes, foreign: Foreign) -> list[TheirRow]:
    """The rows of an export.

    Raises:
        Invalid: the file cannot be read, or has none of the headings.
    """
    try:
        book = read_workbook(content)
    except SheetError as error:
        raise Invalid(words.sheet_words(error), field="file") from error
    rows = read_rows([(sheet.name, sheet.rows) for sheet in book.sheets if not sheet.hidden], foreign)
    if not rows:
        raise Invalid(
            _("No sheet has the headings of the mapping: %(heads)s. Change the mapping to the headings of the file.")
            % {"heads": "、".join(foreign.columns.values())},
            field="file",
        )
    return rows


def take(
    actor: Actor, county: Division, file_name: str, content: bytes, mapping: str, kind: str, day: date
) -> ForeignExport:
    """Keep an export of a month, quarter or year for comparing.

    Raises:
        Invalid: file or mapping cannot be read.
    """
    actor.require(Right.REPORTS_CHANGE, path=county.path)
    if len(content) > MOST_BYTES:
        raise Invalid(_("The workbook is larger than 20 MB."), field="file")
    their_rows(content, mapping_of(mapping))
    period = period_of(kind, day)
    return ForeignExport.objects.create(
        division=county, file_name=file_name[:200], content=content, digest=hashlib.sha256(content).hexdigest(),
        mapping=mapping, start=period.start, end=period.end, read_by_id=actor.person_id,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ours:
    """A thing of ours in words, and its page."""

    kind: str
    pk: int
    code: str
    name: str


def compared(export: ForeignExport) -> Compared[Ours]:
    """An export against the accounts of today."""
    foreign = mapping_of(export.mapping)
    theirs = their_rows(bytes(export.content), foreign)
    period = Period(export.start, export.end)
    return compare(_ours(export.division, foreign, period), theirs, foreign)


def _ours(county: Division, foreign: Foreign, period: Period) -> list[Our[Ours]]:
    rows = _things(county, foreign.of)
    asks = {pk: Ask(foreign.figure, period, ((foreign.of, pk),)) for pk, _keys in rows}
    known = answers(county, asks.values())
    return [
        Our(Ours(foreign.of, pk, keys["code"], keys["name"]), keys, known[asks[pk]]) for pk, keys in rows
    ]  # fmt: skip


def _things(county: Division, of: str) -> Sequence[tuple[int, dict[str, str]]]:
    here = Territory(paths=frozenset({county.path}))
    rows: Any
    if of == "intake":
        rows, names = Intake.objects.exclude(status=IntakeStatus.SEALED), ("national_code", "code", "name")
    elif of == "project":
        rows, names = Project.objects.filter(intakes__isnull=False), ("permit_number", "code", "name")
    else:
        rows, names = WaterUser.objects.filter(projects__intakes__isnull=False), ("credit_code", "code", "name")
    found = rows.within(here).distinct().order_by("code").values_list("pk", *names)
    return [(pk, dict(zip(names, values, strict=True))) for pk, *values in found]
