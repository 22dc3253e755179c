"""Accounts follow the ledger: a saved or deleted fact leaves a row in the outbox, which the worker takes.

Rooms to the left know nothing of accounts, so this room listens to them (Django's signals). A row that changes says its
day of beginning; a row whose beginning was moved later is caught by the day that it had before.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models.signals import post_delete, post_save, pre_save

from liangshui.accounting.models import Coefficient, EnergyRecord, PeriodVolume, ReturnVolume, SupplyVolume
from liangshui.core.periods import ONE_DAY, water_day
from liangshui.readings.models import HandReading
from liangshui.readings.queries import neighbours
from liangshui.registry.models import (
    Attribution,
    Holding,
    Intake,
    Meter,
    MeterInstallation,
    PowerSupply,
    Share,
    SupplyLink,
)
from liangshui.telemetry.models import StationLink

BEGINNING = date(1900, 1, 1)


def _day(instant: Any) -> date:
    return water_day(instant, 8)  # the earlier of the two days that an instant can belong to


def _of_project(row: Holding) -> Iterable[int]:
    return Attribution.objects.filter(project=row.project_id).values_list("intake_id", flat=True).distinct()


def _around(reading: HandReading) -> tuple[date, date | None]:
    """From the day of the reading before to that of the one after: the volumes that hang on a reading."""
    earlier, later = neighbours(reading)
    return water_day(earlier, 0), water_day(later, 0) + ONE_DAY if later else None


def _of_meter(meter_id: int) -> Iterable[int]:
    return PowerSupply.objects.filter(power_meter=meter_id).values_list("intake_id", flat=True).distinct()


FOLLOWED: dict[Any, Any] = {
    Attribution: lambda r: ([r.intake_id], r.valid_from, None),
    Share: lambda r: ([r.intake_id], r.valid_from, None),
    Holding: lambda r: ([*_of_project(r), None], r.valid_from, None),
    MeterInstallation: lambda r: ([r.intake_id], _day(r.installed_at), None),
    StationLink: lambda r: ([r.intake_id], _day(r.linked_at), None),
    PowerSupply: lambda r: ([r.intake_id, *_of_meter(r.power_meter_id)], r.valid_from, None),
    Coefficient: lambda r: ([r.intake_id], r.valid_from, None),
    EnergyRecord: lambda r: (_of_meter(r.power_meter_id), r.start, r.end),
    PeriodVolume: lambda r: ([r.intake_id], r.start, r.end),
    SupplyVolume: lambda r: ([None], r.start, r.end),
    SupplyLink: lambda r: ([None], r.valid_from, None),
    ReturnVolume: lambda r: ([None], r.start, r.end),
    HandReading: lambda r: ([r.intake_id], *_around(r)),
}
"""Of each model: which intakes (None: water passed on or given back), since when, until when."""


def _mark(row: Any) -> None:
    from liangshui.accounting.services import mark_changed

    intakes, since, until = FOLLOWED[type(row)](row)
    mark_changed(set(intakes), since, until)


def _saved(sender: Any, instance: Any, raw: bool = False, **_rest: Any) -> None:
    if not raw:
        _mark(instance)


def _before(sender: Any, instance: Any, raw: bool = False, **_rest: Any) -> None:
    """What the row said before it was changed counts too: another intake, an earlier day."""
    if raw or instance._state.adding:
        return
    before = sender.objects.filter(pk=instance.pk).first()
    if before is not None and FOLLOWED[sender](before)[1:] != FOLLOWED[sender](instance)[1:]:
        _mark(before)


def _meter_saved(sender: Any, instance: Meter, created: bool = False, raw: bool = False, **_rest: Any) -> None:
    """Digits, unit or multiplier of a meter were mended: everything it measured is computed anew."""
    if not raw and not created:
        for row in MeterInstallation.objects.filter(meter=instance):
            _mark(row)


def _intake_saved(
    sender: Any, instance: Intake, created: bool = False, raw: bool = False, update_fields: Any = None, **_rest: Any
) -> None:
    """Capacity and sealing decide on volumes and on what is asked for."""
    from liangshui.accounting.services import mark_changed

    if not raw and not created:
        mark_changed([instance.pk], BEGINNING)


def connect() -> None:
    """Listen; called once when Django is ready."""
    for model in FOLLOWED:
        name = model._meta.label
        pre_save.connect(_before, sender=model, dispatch_uid=f"account before {name}")
        post_save.connect(_saved, sender=model, dispatch_uid=f"account saved {name}")
        post_delete.connect(_saved, sender=model, dispatch_uid=f"account deleted {name}")
    post_save.connect(_meter_saved, sender=Meter, dispatch_uid="account saved meter")
    post_save.connect(_intake_saved, sender=Intake, dispatch_uid="account saved intake")
