"""Verbs of management units: wells and readings of levels, indicators, orders, releases, and the state written day by day."""

import json
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from liangshui.core.access import Actor, Right
from liangshui.core.errors import Invalid, NotFound
from liangshui.quota import units
from liangshui.quota.models import (
    LevelIndicator,
    LevelMeasure,
    LevelReading,
    LevelWell,
    Release,
    UnitOrder,
    UnitStateEntry,
)
from liangshui.quota.queries import county
from liangshui.quota.rules.bounds import DEPTH_M, HEIGHT_M
from liangshui.quota.rules.levels import span
from liangshui.quota.rules.states import Ground
from liangshui.quota.words import require_within
from liangshui.records import papers, second
from liangshui.records.models import FigureState
from liangshui.registry.models import ManagementUnit
from liangshui.telemetry.codes import Quantity
from liangshui.telemetry.models import Series

ROOM = "quota"
Row = TypeVar("Row", LevelIndicator, UnitOrder, Release)


def may(actor: Actor, unit: ManagementUnit) -> bool:
    """Whether somebody may change a unit: it lies across towns, so the right must hold in the whole county."""
    return actor.territory(Right.QUOTA_CHANGE).holds_path(unit.division.path)


def _require(actor: Actor, unit: ManagementUnit) -> None:
    actor.require(Right.QUOTA_CHANGE, path=unit.division.path)


# --- levels -----------------------------------------------------------------------------------------------------------


@transaction.atomic
def add_well(
    actor: Actor, unit: ManagementUnit, *, source_kind: str, name: str, valid_from: date, series: Series | None = None,
    ground_m: Decimal | None = None, weight: Decimal = Decimal(1),
) -> LevelWell:  # fmt: skip
    """A monitoring well by which the level of a unit is judged.

    Raises:
        Invalid: its series measures no level; the weight is not above zero; or the unit has a well of this name.
    """
    _require(actor, unit)
    if series is not None and series.quantity not in (Quantity.DEPTH, Quantity.LEVEL):
        raise Invalid(_("This series measures neither depth nor level."), field="series")
    require_within(ground_m, HEIGHT_M, "ground_m")
    if weight <= 0:
        raise Invalid(_("A weight lies above zero."), field="weight")
    if LevelWell.objects.current().filter(unit=unit, source_kind=source_kind, name=name.strip()).exists():
        raise Invalid(_("The unit has a monitoring well of this name already."), field="name")
    return LevelWell.objects.create(
        unit=unit, source_kind=source_kind, name=name.strip(), series=series, ground_m=ground_m, weight=weight,
        valid_from=valid_from, entered_by_id=actor.person_id,
    )  # fmt: skip


@transaction.atomic
def end_well(actor: Actor, well: LevelWell, *, day: date) -> LevelWell:
    """From a day on a well no longer counts. Raises Invalid: it has ended already, or the day lies before it began."""
    _require(actor, well.unit)
    well = LevelWell.objects.select_for_update().get(pk=well.pk)
    if well.valid_to is not None:
        raise Invalid(_("It has ended already."))
    if day <= well.valid_from:
        raise Invalid(_("The end lies before the beginning."), field="day")
    well.valid_to = day
    well.save(update_fields=["valid_to"])
    return well


def add_reading(
    actor: Actor, well: LevelWell, *, day: date, depth_m: Decimal, read_by: str, note: str = ""
) -> LevelReading:
    """A depth read by hand, m below ground; to correct one, enter another of its day.

    Raises:
        Invalid: the depth cannot be meant, the day is to come, or the well was not in force on it.
    """
    _require(actor, well.unit)
    require_within(depth_m, DEPTH_M, "depth_m")
    if day > timezone.localdate():
        raise Invalid(_("A reading cannot be of a day to come."), field="day")
    if day < well.valid_from or (well.valid_to and day >= well.valid_to):
        raise Invalid(_("The well did not count on this day."), field="day")
    return LevelReading.objects.create(
        well=well, day=day, depth_m=depth_m, read_by=read_by.strip(), note=note.strip(), entered_by_id=actor.person_id,
        entered_at=timezone.now(),
    )  # fmt: skip


# --- what a second officer confirms -----------------------------------------------------------------------------------


@transaction.atomic
def propose_indicator(
    actor: Actor, unit: ManagementUnit, *, source_kind: str, year: int, period: str, measure: str, threshold_m: Decimal,
    document: str, document_number: str, issued_on: date, well: LevelWell | None = None,
) -> LevelIndicator:  # fmt: skip
    """Enter a level indicator by its document; it binds when another officer has confirmed it.

    Raises:
        Invalid: the well is another unit's, the threshold cannot be meant, or the document is of a day to come.
    """
    _require(actor, unit)
    if well is not None and (well.unit_id, well.source_kind) != (unit.pk, source_kind):
        raise Invalid(_("This well belongs to another unit or source."), field="well")
    require_within(threshold_m, DEPTH_M if measure == LevelMeasure.DEPTH else HEIGHT_M, "threshold_m")
    if issued_on > timezone.localdate():
        raise Invalid(_("A document cannot be of a day to come."), field="issued_on")
    span(year, period)
    return LevelIndicator.objects.create(
        unit=unit, source_kind=source_kind, well=well, year=year, period=period, measure=measure, threshold_m=threshold_m,
        document=document.strip(), document_number=document_number.strip(), issued_on=issued_on, entered_by_id=actor.person_id,
        entered_at=timezone.now(),
    )  # fmt: skip


@transaction.atomic
def propose_order(
    actor: Actor, unit: ManagementUnit, *, source_kind: str, authority: str, document: str, document_number: str, ground: str,
    valid_from: date, valid_to: date | None = None, spared: list[str] | None = None, exceptions: str = "",
    paper: bytes | None = None,
) -> UnitOrder:  # fmt: skip
    """Enter an order of a higher authority; it suspends the unit when another officer has confirmed it.

    Raises:
        Invalid: the end lies before the beginning, or the paper is not taken.
    """
    _require(actor, unit)
    if valid_to and valid_to <= valid_from:
        raise Invalid(_("The end lies before the beginning."), field="valid_to")
    return UnitOrder.objects.create(
        unit=unit, source_kind=source_kind, authority=authority.strip(), document=document.strip(),
        document_number=document_number.strip(), ground=ground, valid_from=valid_from, valid_to=valid_to, spared=spared or [],
        exceptions=exceptions.strip(), paper=papers.keep(ROOM, paper) if paper else "", entered_by_id=actor.person_id,
        entered_at=timezone.now(),
    )  # fmt: skip


@transaction.atomic
def end_order(actor: Actor, order: UnitOrder, *, day: date, end_document: str) -> UnitOrder:
    """The higher authority has ended its order by a document. The unit then still waits for its release by two officers.

    Raises:
        Invalid: it is not in force, it has ended by then, or the day lies before it began.
    """
    _require(actor, order.unit)
    order = UnitOrder.objects.select_for_update().get(pk=order.pk)
    if order.state != FigureState.BINDING or (order.valid_to and order.valid_to <= day):
        raise Invalid(_("It has ended already."))
    if day <= order.valid_from:
        raise Invalid(_("The end lies before the beginning."), field="day")
    order.valid_to, order.end_document = day, end_document.strip()
    order.save(update_fields=["valid_to", "end_document"])
    write_states(timezone.localdate())
    return order


@transaction.atomic
def ask_release(actor: Actor, unit: ManagementUnit, *, source_kind: str, reason: str) -> Release:
    """Ask to release a suspension whose figures no longer ask for it; another officer confirms.

    Raises:
        Invalid: nothing suspends the unit, its figures still ask for it or are not known, or a release waits already.
    """
    _require(actor, unit)
    ManagementUnit.objects.select_for_update().get(pk=unit.pk)
    if not reason.strip():
        raise Invalid(_("Say why."), field="reason")
    waits = _waits(unit, source_kind)
    if not waits:
        raise Invalid(_("Nothing can be released: the unit is not suspended, or what suspends it still stands."))
    if Release.objects.filter(unit=unit, source_kind=source_kind, state=FigureState.PROPOSED).exists():
        raise Invalid(_("A release waits for a second officer already."))
    return Release.objects.create(
        unit=unit, source_kind=source_kind, grounds=sorted(waits), reason=reason.strip(), entered_by_id=actor.person_id,
        entered_at=timezone.now(),
    )  # fmt: skip


def _waits(unit: ManagementUnit, source_kind: str) -> frozenset[Ground]:
    found = units.standings(county(), timezone.localdate(), only=unit)
    return next((s.state.waits for s in found if s.source == source_kind), frozenset())


@transaction.atomic
def decide(actor: Actor, row: Row, *, agreed: bool, words: str = "") -> Row:
    """Confirm what another officer has entered, or refuse it; the states follow at once.

    Raises:
        Invalid: it does not wait any more; it is one's own; it is refused without words; or, of a release, the figures ask for the
            suspension again.
    """
    _require(actor, row.unit)
    row = second.decided(actor, row, agreed=agreed, words=words)
    released: dict[units.Key, frozenset[Ground]] = {}
    if agreed and isinstance(row, Release):
        dropped = frozenset(map(Ground, row.grounds)) & _waits(row.unit, row.source_kind)
        if not dropped:
            raise Invalid(_("The figures ask for the suspension again; refuse the release."))
        released[row.unit_id, row.source_kind] = dropped
    if agreed:
        write_states(timezone.localdate(), released)
    return row


@transaction.atomic
def withdraw(actor: Actor, row: Row) -> Row:
    """Take back what one has entered, while it waits."""
    _require(actor, row.unit)
    return second.withdrawn(actor, row, Right.QUOTA_CHANGE)


# --- states -----------------------------------------------------------------------------------------------------------


@transaction.atomic
def write_states(on: date, released: dict[units.Key, frozenset[Ground]] | None = None) -> int:
    """Write the state of each unit that is not as it was, and its figures and reasons where they changed; of how many the state did.
    Of one day the last counts."""
    current = {
        (row.unit_id, row.source_kind): row
        for row in UnitStateEntry.objects.select_for_update().current().order_by("pk")
    }
    written = 0
    for each in units.standings(county(), on, released):
        found = each.state
        told: dict[str, Any] = {
            "kind": found.kind.value, "grounds": sorted(found.grounds), "waits": sorted(found.waits),
        }  # fmt: skip
        row = current.get((each.unit.pk, each.source))
        if row and row.valid_from > on:
            continue
        if row and (row.kind, row.grounds, row.waits) == (told["kind"], told["grounds"], told["waits"]):
            _write_day(row, on, each)
            continue
        written += 1
        if row and row.valid_from == on:
            for name, value in told.items():
                setattr(row, name, value)
            row.save()
        else:
            if row:
                row.valid_to = on
                row.save(update_fields=["valid_to"])
            row = UnitStateEntry.objects.create(unit=each.unit, source_kind=each.source, valid_from=on, **told)
        _write_day(row, on, each)
    return written


def _write_day(entry: UnitStateEntry, on: date, each: units.Standing) -> None:
    """Figures and reasons of a day, where they are not those of the day before; days after it are not touched."""
    facts: dict[str, Any] = {name: getattr(each.totals, name) for name in units.FIGURES}
    facts["reason"] = json.loads(json.dumps([asdict(check) for check in each.state.because]))
    last = entry.days.filter(day__lte=on).order_by("-day").first()
    if last is None or any(getattr(last, name) != value for name, value in facts.items()):
        entry.days.update_or_create(day=on, defaults=facts)


def look() -> int:
    """The worker's turn: states of today."""
    try:
        county()
    except NotFound:
        return 0
    return write_states(timezone.localdate())
