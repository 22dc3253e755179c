"""Many records at once: created and changed in chunks, with the same audit trail as one by one."""

import json
from collections.abc import Iterable
from typing import Any

from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection, models, transaction
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
            trail = Trail(actor)
            for model in ORDER:
                things = [thing for thing, _olds in self.changed[model].values()]
                if things:
                    # an upsert by primary key; many times faster than one CASE per field and row
                    names = sorted({name for _thing, olds in self.changed[model].values() for name in olds})
                    model.objects.bulk_create(
                        things, batch_size=500, update_conflicts=True, unique_fields=["pk"], update_fields=names
                    )
                    trail.add(model, self._differences(model), LogEntry.Action.UPDATE)
                new = self.created[model]
                if new:
                    insert(model, new)
                    trail.add(model, _beginnings(model, new), LogEntry.Action.CREATE)
            trail.write()

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


MOST_PARAMETERS = 30_000


def insert(model: type[models.Model], things: list[Any]) -> None:
    """Like `bulk_create`, in a third of its time: a ledger of 20,000 wells makes 140,000 records."""
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    pointers = [field for field in fields if field.is_relation]
    for thing in things:
        for field in pointers:  # to records that were without a key when they were set
            if getattr(thing, field.attname) is None and field.is_cached(thing):
                pointed = field.get_cached_value(thing)
                setattr(thing, field.attname, pointed.pk if pointed else None)
    columns = [(field.attname, field.get_db_prep_save) for field in fields]
    quote = connection.ops.quote_name
    names = ", ".join(quote(field.column) for field in fields)
    one = "(" + ", ".join(["%s"] * len(fields)) + ")"
    head = f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES "
    tail = f" RETURNING {quote(model._meta.pk.column)}"
    size = MOST_PARAMETERS // len(fields)
    with connection.cursor() as cursor:
        for start in range(0, len(things), size):
            batch = things[start : start + size]
            values = [prepare(getattr(thing, name), connection) for thing in batch for name, prepare in columns]
            cursor.execute(head + ", ".join([one] * len(batch)) + tail, values)
            for thing, (pk,) in zip(batch, cursor.fetchall(), strict=True):
                thing.pk = pk
                thing._state.adding, thing._state.db = False, connection.alias


class Trail:
    """Entries of the audit trail as bare rows: as many as records, so they must cost little."""

    COLUMNS = ("content_type_id", "object_pk", "object_id", "object_repr", "action", "changes", "actor_id", "timestamp")

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.now = connection.ops.adapt_datetimefield_value(timezone.now())
        self.rows: list[tuple[Any, ...]] = []

    def add(self, model: type[models.Model], changes: Iterable[tuple[Any, dict[str, list[str]]]], action: int) -> None:
        kind = ContentType.objects.get_for_model(model).pk
        for thing, differences in changes:
            text = json.dumps(differences, ensure_ascii=False)
            self.rows.append((kind, str(thing.pk), thing.pk, str(thing), action, text, self.actor.person_id, self.now))

    def write(self) -> None:
        quote = connection.ops.quote_name
        columns = [*self.COLUMNS, "changes_text"]
        values = ", ".join(["%s"] * len(self.COLUMNS) + ["''"])
        names = ", ".join(map(quote, columns))
        with connection.cursor() as cursor:
            cursor.executemany(f"INSERT INTO {quote(LogEntry._meta.db_table)} ({names}) VALUES ({values})", self.rows)
