"""Many records at once: created and changed in chunks, with the same audit trail as one by one."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.utils import timezone

from liangshui.core.access import Actor
from liangshui.registry.models import (
    Attribution,
    Division,
    Holding,
    HouseholdNumber,
    Intake,
    IrrigatedArea,
    Meter,
    MeterInstallation,
    PowerMeter,
    PowerSupply,
    Project,
    Source,
    WaterUser,
)

ORDER: tuple[type[models.Model], ...] = (
    Division, Source, WaterUser, HouseholdNumber, Project, Holding, Intake, Attribution, Meter, MeterInstallation,
    PowerMeter, PowerSupply, IrrigatedArea,
)  # fmt: skip
"""Each model after those that it points to."""


class Stage:
    """What is to be created and changed; nothing is written before `write`."""

    def __init__(self) -> None:
        self.created: dict[type[models.Model], list[Any]] = {model: [] for model in ORDER}
        self.changed: dict[type[models.Model], dict[int, tuple[Any, dict[str, Any]]]] = {m: {} for m in ORDER}

    def create(self, thing: Any) -> Any:
        self.created[type(thing)].append(thing)
        return thing

    def change(self, thing: Any, name: str, value: Any) -> None:
        """Set one field, and remember what it was; a record that is not yet stored is just set."""
        before = getattr(thing, name)
        setattr(thing, name, value)
        if thing.pk is not None:
            _thing, olds = self.changed[type(thing)].setdefault(thing.pk, (thing, {}))
            olds.setdefault(name, before)

    def write(self, actor: Actor) -> None:
        """All or nothing: changes before creations of each model, then the audit trail."""
        with transaction.atomic():
            log: list[LogEntry] = []
            now = timezone.now()
            for model in ORDER:
                things = [thing for thing, _olds in self.changed[model].values()]
                if things:
                    # an upsert by primary key; many times faster than one CASE per field and row
                    names = sorted({name for _thing, olds in self.changed[model].values() for name in olds})
                    model.objects.bulk_create(
                        things, batch_size=500, update_conflicts=True, unique_fields=["pk"], update_fields=names
                    )
                    log += _entries(model, self._differences(model), LogEntry.Action.UPDATE, actor, now)
                new = self.created[model]
                if new:
                    model.objects.bulk_create(new, batch_size=500)
                    log += _entries(model, _beginnings(model, new), LogEntry.Action.CREATE, actor, now)
            LogEntry.objects.bulk_create(log, batch_size=1000)

    def _differences(self, model: type[models.Model]) -> Iterable[tuple[Any, dict[str, list[str]]]]:
        for thing, olds in self.changed[model].values():
            yield thing, {name: [_text(old), _text(getattr(thing, name))] for name, old in olds.items()}


def _beginnings(model: type[models.Model], things: list[Any]) -> Iterable[tuple[Any, dict[str, list[str]]]]:
    names = [(field.name, field.attname) for field in model._meta.concrete_fields]
    for thing in things:
        values = ((name, getattr(thing, attname)) for name, attname in names)
        yield thing, {name: ["None", str(value)] for name, value in values if value not in (None, "")}


def _text(value: Any) -> str:
    return str(value.pk) if isinstance(value, models.Model) else str(value)


def _entries(
    model: type[models.Model],
    changes: Iterable[tuple[Any, dict[str, list[str]]]],
    action: int,
    actor: Actor,
    now: datetime,
) -> list[LogEntry]:
    content_type = ContentType.objects.get_for_model(model)
    return [
        LogEntry(
            content_type=content_type,
            object_pk=str(thing.pk),
            object_id=thing.pk,
            object_repr=str(thing),
            action=action,
            changes=differences,
            actor_id=actor.person_id,
            timestamp=now,
        )
        for thing, differences in changes
    ]
