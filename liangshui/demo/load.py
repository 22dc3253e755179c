"""`load_demo`: the invented banner into an empty installation, in one transaction."""

import json
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from liangshui.accounting.models import (
    AccountingRule,
    ChangedIntake,
    Coefficient,
    EnergyRecord,
    ReturnVolume,
    Statement,
    SupplyVolume,
)
from liangshui.accounts.models import Person
from liangshui.core.access import SYSTEM
from liangshui.core.errors import Invalid
from liangshui.core.periods import BEIJING
from liangshui.demo import people, permits, plans
from liangshui.demo.frames import arrivals
from liangshui.demo.generate import COUNTY, Size, World, generate
from liangshui.demo.measure import Trace, archive, measure
from liangshui.demo.units import monitor
from liangshui.gateway.observer import OBSERVATION
from liangshui.gateway.services import take_frames
from liangshui.gateway.store import django_store
from liangshui.quota.models import AllotmentEntry, AllotmentProposal, LevelIndicator, LevelWell, UnitOrder
from liangshui.quota.unit_services import write_states
from liangshui.records.installation import Installation
from liangshui.records.models import FigureState
from liangshui.registry.models import (
    Attribution,
    ControlZone,
    Division,
    DivisionAlias,
    Holding,
    HouseholdNumber,
    Intake,
    IrrigatedArea,
    IrrigationNode,
    ManagementUnit,
    Meter,
    MeterInstallation,
    PowerMeter,
    PowerSupply,
    Project,
    Shape,
    Share,
    Source,
    SupplyLink,
    WaterUser,
    ZoneProposal,
)
from liangshui.registry.zone_services import ZoneChange
from liangshui.telemetry.models import (
    ChangedSpan,
    ElementMapping,
    Series,
    Station,
    StationLink,
    StationModel,
    StationVersion,
)

SEED = 20230421
GATEWAY = "demo"
"""Under this name the frames of the demo's past are kept."""

ORDER: tuple[type[Model], ...] = (
    DivisionAlias,
    Shape,
    ManagementUnit,
    Source,
    ControlZone,
    WaterUser,
    HouseholdNumber,
    Project,
    Holding,
    IrrigationNode,
    Intake,
    Attribution,
    Share,
    IrrigatedArea,
    SupplyLink,
    Meter,
    MeterInstallation,
    PowerMeter,
    PowerSupply,
    AccountingRule,
    Coefficient,
    EnergyRecord,
    Statement,
    SupplyVolume,
    ReturnVolume,
    StationModel,
    ElementMapping,
    Station,
    StationLink,
    Series,
    LevelWell,
)
_COLUMNS = {
    "series_id": "integer",
    "at": "bigint",
    "received_at": "bigint",
    "value": "bigint",
    "frame_id": "bigint",
    "origin": "text",
}
_PART = 100_000

SECOND = "juzhang"
"""Who confirms what the officer has entered."""

STATES = 6
"""So many months back the states of units are written."""


def load_demo(
    seed: int,
    today: date,
    out: Callable[[str], object],
    *,
    size: Size | None = None,
    until: datetime | None = None,
) -> World:
    """Load the demo banner and say by `out` how it goes.

    Args:
        today: the day of loading; the past of the demo ends before it.
        size: how much; the whole banner if not given.
        until: the instant up to which stations reported; the beginning of today if not given.

    Raises:
        Invalid: the ledger has data already.
    """
    if Installation.objects.exists() or any(model.objects.exists() for model in (Division, WaterUser, Person)):
        raise Invalid(
            _("There is a ledger in %(home)s already; the demo is for an empty one.") % {"home": settings.HOME}
        )
    until = until or datetime.combine(today, datetime.min.time(), BEIJING)
    password = "-".join(["demo", *(secrets.token_hex(2) for _i in range(3))])
    begun = time.monotonic()
    with transaction.atomic():
        with _step(out, _("banner invented")):
            world = generate(seed, today, size or Size())
            traces = measure(world, until)
            monitor(world, traces)
        with _step(out, _("ledger written")):
            _store_ledger(world)
            appointed = people.appoint(world, password)
            officer = appointed["shuiliju"]
            for row in world.rows[AllotmentEntry]:
                row.entered_by = officer
            Station.objects.update(responsible=officer)
            AllotmentEntry.objects.bulk_create(world.rows[AllotmentEntry], batch_size=2000)
            _confirm_totals(world, officer, appointed[SECOND])
            _confirm_zones(officer, appointed[SECOND])
            for model in (LevelIndicator, UnitOrder):
                for row in world.rows[model]:
                    row.entered_by, row.decided_by = officer, appointed[SECOND]
                model.objects.bulk_create(world.rows[model])
        with _step(out, _("older readings written")):
            _store_archive(world, traces)
        with _step(out, _("frames taken by the gateway")):
            taken = take_frames(arrivals(world, traces), GATEWAY)
        told = _("%(kept)s frames kept, %(resent)s sent again, %(observations)s observations") % asdict(taken)
        out(f"{'':10}{told}")
        with _step(out, _("accounts computed")):
            _analyse()
            _account(world, until)
            for first, _end in world.months()[-STATES:]:
                write_states(first)
            write_states(today)
        Installation.objects.create(county_code=world.county.code, county_name=COUNTY, demo=True)
        with _step(out, _("permits and their cases")):
            plans.look_ahead(world, appointed)
            permits.apply(world, appointed)
    _write_private(settings.HOME / "demo-hidden.json", _hidden(world))
    _write_private(settings.HOME / "demo-sign-ins.txt", _sign_ins(password))
    out(_("Demo banner loaded in %(seconds).0f s.") % {"seconds": time.monotonic() - begun})
    return world


@contextmanager
def _step(out: Callable[[str], object], name: str) -> Iterator[None]:
    begun = time.monotonic()
    yield
    out(f"{time.monotonic() - begun:6.1f} s  {name}")


def _store_ledger(world: World) -> None:
    _store_tree(Division, world.rows[Division])
    for model in ORDER:
        if model is IrrigationNode:
            _store_tree(model, world.rows[model])
        else:
            model.objects.bulk_create(world.rows[model], batch_size=5000)
    version, made = StationVersion.objects.get_or_create(pk=1, defaults={"version": 1})
    if not made:
        version.version += 1
        version.save()


def _store_tree(model: type[Model], rows: list[Any]) -> None:
    """Each below another: parents first."""
    while rows:
        model.objects.bulk_create(row for row in rows if row.parent is None or row.parent.pk)
        rows = [row for row in rows if not row.pk]


def _store_archive(world: World, traces: list[Trace]) -> None:
    store = django_store()
    rows: list[tuple] = []
    for trace in traces:
        rows += archive(world, trace)
        if len(rows) >= _PART:
            store.insert(OBSERVATION, _COLUMNS, rows)
            rows = []
    store.insert(OBSERVATION, _COLUMNS, rows)


def _analyse() -> None:
    """Let the database know how much there is now, so that it reads by the right index."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _account(world: World, until: datetime) -> None:
    """Volumes and accounts of the whole past; what the frames left to be recomputed is thereby done."""
    end = (until - timedelta(milliseconds=1)).astimezone(BEIJING).date() + timedelta(days=1)
    recompute = import_module("liangshui.accounting.services").recompute
    recompute(SYSTEM, intakes=None, start=world.start, end=end, reason=_("demo loaded"))
    ChangedSpan.objects.all().delete()
    ChangedIntake.objects.all().delete()


def _confirm_totals(world: World, officer: Person, second: Person) -> None:
    """Of each year the document that sets the control totals, entered by one and confirmed by another."""
    for year in world.years:
        rows = AllotmentEntry.objects.filter(year=year, town=None, sector="", user=None)
        at = datetime.combine(date(year, 1, 1), datetime.min.time(), BEIJING)
        made = AllotmentProposal.objects.create(
            year=year, county=world.county, counts_from=date(year, 1, 1), document="演示水量分配方案的通知", document_number=f"演示水发〔{year}〕1号",
            issued_on=date(year, 1, 1), state=FigureState.BINDING, entered_by=officer, entered_at=at, decided_by=second, decided_at=at,
            changes=[
                {
                    "source_kind": str(row.source_kind), "node": row.node.code, "change_m3": str(row.change_m3), "before_m3": "0",
                    "basis": "",
                }
                for row in rows
            ],
        )  # fmt: skip
        rows.update(proposal=made, document=made.document)


def _confirm_zones(officer: Person, second: Person) -> None:
    """The document that set the control zones, entered by one and confirmed by another."""
    zones, day = list(ControlZone.objects.order_by("pk")), date(2020, 1, 1)
    at = datetime.combine(day, datetime.min.time(), BEIJING)
    made = ZoneProposal.objects.create(
        document="演示地下水禁限采区划定方案", document_number="演示政发〔2020〕1号", issued_on=day, state=FigureState.BINDING, entered_by=officer,
        entered_at=at, decided_by=second, decided_at=at,
        changes=[
            {**ZoneChange(z.kind, z.name, z.geometry, z.valid_from, z.valid_to).told(), "made": z.pk} for z in zones
        ],
    )  # fmt: skip
    ControlZone.objects.update(proposal=made, document=made.document)


def _hidden(world: World) -> str:
    items = [asdict(item) for item in world.hidden]
    head = {"seed": world.seed, "today": world.today, "hidden": items}
    return json.dumps(head, ensure_ascii=False, default=str, indent=1)


def _sign_ins(password: str) -> str:
    lines = [f"  {username:<13} {role}  {name}" for username, role, name in people.sign_ins()]
    return "\n".join([_("Demo sign-ins; the password of all is %(password)s") % {"password": password}, *lines, ""])


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
