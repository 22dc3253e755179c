"""Control indicators from and to Excel: a row an indicator. Target with its document, and figures of what was reached with their
source, are each taken whole; what the sheet leaves empty stays as it was."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from liangshui.core.access import Actor, Right
from liangshui.core.errors import Invalid
from liangshui.core.quantities import M3_PER_WAN
from liangshui.quota import indicator_queries as queries
from liangshui.quota.indicator_services import TYPED, enter
from liangshui.quota.models import SOURCES, Indicator
from liangshui.quota.queries import county
from liangshui.quota.sheets.columns import INDICATORS
from liangshui.quota.taking import Taken, take_rows
from liangshui.registry.models import Division
from liangshui.registry.sheets.table import Row as SheetRow
from liangshui.registry.sheets.write import SheetOut, write_workbook

PARTS = (("target", "document", "document_number", "issued_on"), (*TYPED, "actual_source"))
"""Figures with their sources: what the row says of one of them replaces all of them."""


def take(actor: Actor, content: bytes, *, keep: bool) -> Taken:
    """Enter the indicators of a workbook, each row by itself; without `keep` only see what would come of it.

    Raises:
        Forbidden: the actor may not allot water in the whole county.
        SheetError: the file cannot be read at all.
    """
    actor.require(Right.QUOTA_CHANGE, path=county().path)
    seen: dict[tuple[Any, ...], int] = {}
    places = _places(actor)
    return take_rows(content, INDICATORS, lambda row: _enter(actor, row, places, seen), keep=keep)


def _places(actor: Actor) -> dict[str, list[queries.Place]]:
    """Places by name, other name and code."""
    found: dict[str, list[queries.Place]] = defaultdict(list)
    for place in queries.places(actor.territory(Right.QUOTA_CHANGE)):
        others = place.aliases.values_list("name", flat=True) if isinstance(place, Division) else ()
        for name in {place.name, place.code, *others}:
            found[name].append(place)
    return found


def _enter(
    actor: Actor, row: SheetRow, places: dict[str, list[queries.Place]], seen: dict[tuple[Any, ...], int]
) -> str:
    given: dict[str, Any] = {name: _filled(value) for name, value in row.values.items()}
    year, kind = given["year"], given["kind"]
    source_kind, sector = given.get("source_kind") or "", given.get("sector") or ""
    called = places.get(given["place"], [])
    if len(called) != 1:
        raise Invalid(
            (_("several places are called “%(name)s”; write the code") if called else _("there is no place “%(name)s”"))
            % {"name": given["place"]},
            field="place",
        )
    place = called[0]
    key = (queries.node_of(place, sector), year, kind, source_kind)
    if key in seen:
        raise Invalid(_("the same indicator stands in row %(n)s already") % {"n": seen[key]})
    seen[key] = row.number
    if given.get("target") is not None and kind in SOURCES:
        given["target"] *= M3_PER_WAN
    of_place = {"division": place, "unit": None} if isinstance(place, Division) else {"division": None, "unit": place}
    which = {"year": year, "kind": kind, "source_kind": source_kind, "sector": sector, **of_place}
    before = Indicator.objects.filter(ended_at=None, **which).first()
    facts: dict[str, Any] = {}
    for names in PARTS:
        filled = any(given.get(name) is not None for name in names)
        facts |= {name: given.get(name) if filled else getattr(before, name, None) for name in names}
    if before and all(_filled(facts[name]) == _filled(getattr(before, name)) for name in facts):
        return "same"
    words: dict[str, Any] = {name: facts.pop(name) or "" for name in ("document", "document_number", "actual_source")}
    enter(actor, place, year, kind, source_kind=source_kind, sector=sector, replaces=before, **words, **facts)
    return "corrected" if before else "new"


def _filled(value: Any) -> Any:
    """Text that is empty is none; a figure of 0 is a figure."""
    return None if value == "" else value


def write(rows: Iterable[Indicator]) -> bytes:
    """Indicators in the form that is read back; none of them: the form to fill in."""
    names = [name for part in PARTS for name in part]
    found = []
    for row in rows:
        facts = {name: getattr(row, name) for name in ("year", "kind", "source_kind", "sector", *names)}
        if row.target is not None and row.kind in SOURCES:
            facts["target"] = row.target / M3_PER_WAN
        found.append({name: _filled(value) for name, value in facts.items()} | {"place": row.place.name})
    return write_workbook([SheetOut(_("Control indicators"), INDICATORS, found)])
