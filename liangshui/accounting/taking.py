"""The writers of what sheets state: rows that stand, rows that they replace, and taking an import back."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from liangshui.accounting import bulk
from liangshui.accounting.closed import refuse_closed
from liangshui.accounting.models import (
    Coefficient,
    EnergyRecord,
    FromSheet,
    PowerMatch,
    ReturnVolume,
    Statement,
    SupplyVolume,
)
from liangshui.accounting.services import mark_changed
from liangshui.accounting.stated import COLUMNS, Line, Wells
from liangshui.core.access import Actor, Right
from liangshui.core.errors import Invalid
from liangshui.core.periods import ONE_DAY
from liangshui.registry import services as registry
from liangshui.registry.models import ImportBatch, Intake, PowerMeter, PowerSupply

CHUNK = 1000


def _replace(model: type[FromSheet], batch: ImportBatch | None, new: Sequence[Any], gone: Sequence[int]) -> None:
    """End rows that another says otherwise now, and let the new ones stand."""
    for part in bulk.chunks(gone):
        model.every.filter(pk__in=part, ended_by=None).update(ended_by=batch)
    for row in new:
        row.batch = batch
    model.every.bulk_create(new, batch_size=CHUNK)


def statements(actor: Actor, batch: ImportBatch | None, new: Sequence[Statement], gone: Sequence[int]) -> None:
    """Stated volumes of a sheet."""
    actor.require(Right.REGISTRY_IMPORT)
    with transaction.atomic():
        _replace(Statement, batch, new, gone)
        _follow_statements(new)


def _follow_statements(rows: Iterable[Statement]) -> None:
    """Accounts of the wells meant, and of volumes that stay with users, follow."""
    lines = [Line(*(getattr(row, name) for name in COLUMNS)) for row in rows]
    wells = Wells(lines)
    spans: dict[tuple[date, date], set[int | None]] = {}
    for line in lines:
        spans.setdefault((line.start, line.end), set()).update(wells.of(line) if line.intake is None else [line.intake])
        if line.intake is None:
            spans[line.start, line.end].add(None)
    for (start, end), intakes in spans.items():
        mark_changed(intakes, start, end)


def energy(actor: Actor, batch: ImportBatch | None, new: Sequence[EnergyRecord], gone: Sequence[int]) -> None:
    """Electricity of a sheet."""
    actor.require(Right.REGISTRY_IMPORT)
    with transaction.atomic():
        _replace(EnergyRecord, batch, new, gone)
        _follow_energy(new)


def _follow_energy(rows: Iterable[EnergyRecord]) -> None:
    spans: dict[int, list[date]] = {}
    for row in rows:
        known = spans.setdefault(row.power_meter_id, [row.start, row.end])
        known[0], known[1] = min(known[0], row.start), max(known[1], row.end)
    by_span: dict[tuple[date, date], set[int | None]] = {}
    for part in bulk.chunks(spans):
        for meter, intake in PowerSupply.objects.filter(power_meter__in=part).values_list(
            "power_meter_id", "intake_id"
        ):
            start, end = spans[meter]
            by_span.setdefault((start, end), set()).add(intake)
    for (start, end), intakes in by_span.items():
        mark_changed(intakes, start, end)


def coefficients(actor: Actor, batch: ImportBatch | None, new: Sequence[Coefficient], gone: Sequence[int]) -> None:
    """Coefficients of a sheet."""
    actor.require(Right.REGISTRY_IMPORT)
    with transaction.atomic():
        _replace(Coefficient, batch, new, gone)
        _follow_coefficients(new)


def _follow_coefficients(rows: Iterable[Coefficient]) -> None:
    since: dict[date, set[int | None]] = defaultdict(set)
    for row in rows:
        since[row.valid_from].add(row.intake_id)
    for day, intakes in since.items():
        mark_changed(intakes, day)


def supplies(
    actor: Actor,
    batch: ImportBatch | None,
    new: Sequence[SupplyVolume | ReturnVolume],
    gone: Mapping[type[SupplyVolume] | type[ReturnVolume], Sequence[int]],
) -> None:
    """Water passed on and given back, of a sheet."""
    actor.require(Right.REGISTRY_IMPORT)
    with transaction.atomic():
        for model, ended in gone.items():
            _replace(model, batch, [row for row in new if isinstance(row, model)], ended)
        _follow_supplies(new)


def _follow_supplies(rows: Iterable[SupplyVolume | ReturnVolume]) -> None:
    for start, end in {(row.start, row.end) for row in rows}:
        mark_changed([None], start, end)


# --- taking back ---


def take_back_statements(actor: Actor, batch: ImportBatch) -> None:
    """Volumes of an import stand no longer; those that they replaced do again."""
    _follow_statements(_take_back(Statement, batch, lambda row: (row.start, row.end)))


def take_back_energy(actor: Actor, batch: ImportBatch) -> None:
    """The same for electricity."""
    _follow_energy(_take_back(EnergyRecord, batch, lambda row: (row.start, row.end)))


def take_back_supplies(actor: Actor, batch: ImportBatch) -> None:
    """The same for water passed on and given back."""
    for model in (SupplyVolume, ReturnVolume):
        _follow_supplies(_take_back(model, batch, lambda row: (row.start, row.end)))


def take_back_coefficients(actor: Actor, batch: ImportBatch) -> None:
    """The same for coefficients."""
    tomorrow = timezone.localdate() + ONE_DAY
    _follow_coefficients(
        _take_back(
            Coefficient, batch, lambda row: (row.valid_from, max(row.valid_to or tomorrow, row.valid_from + ONE_DAY))
        )
    )


def _take_back(model: type[FromSheet], batch: ImportBatch, span: Callable[[Any], tuple[date, date]]) -> list[Any]:
    """End the rows of an import and let those stand that it had ended; all of them. `span`: the days a row is about."""
    later = model.every.filter(~Q(ended_by=None), ~Q(ended_by=batch), batch=batch).select_related("ended_by").first()
    if later is not None:
        raise Invalid(
            _("“%(file)s” was imported later and replaced some of these rows; take that back first.")
            % {"file": later.ended_by}
        )
    own: list[Any] = list(model.every.filter(batch=batch, ended_by=None))
    refuse_closed(map(span, own))
    replaced = list(model.every.filter(ended_by=batch).exclude(batch=batch))
    model.every.filter(batch=batch, ended_by=None).update(ended_by=batch)
    model.every.filter(ended_by=batch).exclude(batch=batch).update(ended_by=None)
    return own + replaced


# --- electricity that nobody's number tells ---


def decide(
    actor: Actor,
    key: str,
    meter: PowerMeter | None = None,
    intake: Intake | None = None,
    number: str = "",
    household: str = "",
) -> PowerMatch:
    """Say once whose electricity a line of the power company's sheet is: a power meter's, a well's, or nobody's of ours.

    A well that has one power meter already: the line is that one under another number. A well that has none gets one.

    Raises:
        Invalid: the line is empty, or the well has several power meters.
        Forbidden: the well, or a well of the power meter, lies outside the area in which the actor may change the ledger.
    """
    actor.require(Right.REGISTRY_CHANGE)
    if not key.strip("|"):
        raise Invalid(_("The line says nothing of itself."))
    with transaction.atomic():
        if meter is not None:
            registry.may_change(actor, *(s.intake.division for s in meter.supplies.select_related("intake__division")))
        elif intake is not None:
            registry.may_change(actor, intake.division)
            own = list(intake.power_supplies.filter(valid_to=None).select_related("power_meter"))
            if len(own) > 1:
                raise Invalid(
                    _("Intake %(code)s has several power meters; choose one of them.") % {"code": intake.code}
                )
            if own:
                meter = own[0].power_meter
            else:
                made = registry.link_power_meter(
                    actor, intake, number=(number or household or f"E-{intake.code}")[:40], household_number=household
                )
                meter = made.power_meter
        match, _made = PowerMatch.objects.update_or_create(
            key=key, defaults={"power_meter": meter, "decided_by_id": actor.person_id}
        )
    return match
