"""The same seed and day give the same ledger; another seed gives another."""

import hashlib

from django.db.models import Model

from liangshui.accounting.models import AccountEntry, Coefficient, EnergyRecord, ReturnVolume, SupplyVolume
from liangshui.quota.models import AllotmentEntry
from liangshui.registry.models import Division, Intake, MeterInstallation, Project, Shape, Share, WaterUser
from liangshui.telemetry.models import Observation, RawFrame, Station
from tests.demo.conftest import small_demo

TOLD: tuple[tuple[type[Model], tuple[str, ...]], ...] = (
    (Division, ("path", "name")),
    (Shape, ("name", "geometry")),
    (WaterUser, ("code", "name", "division__code")),
    (Project, ("code", "user__code", "permit_number", "permitted_m3", "permit_to")),
    (
        Intake,
        ("code", "name", "status", "project__code", "division__code", "management_unit__code", "longitude", "latitude"),
    ),
    (Share, ("intake__code", "user__code", "weight")),
    (MeterInstallation, ("meter__number", "meter__digits", "installed_at", "final_reading")),
    (Coefficient, ("intake__code", "m3_per_kwh")),
    (EnergyRecord, ("power_meter__number", "start", "kwh")),
    (SupplyVolume, ("link__code", "start", "volume_m3")),
    (ReturnVolume, ("project__code", "start", "volume_m3")),
    (AllotmentEntry, ("year", "source_kind", "unit__code", "town__code", "sector", "user__code", "change_m3")),
    (Station, ("key", "protocol")),
    (RawFrame, ("received_at", "verdict", "raw")),
    (Observation, ("series__station__key", "series__quantity", "at", "value")),
    (AccountEntry, ("month", "stage", "intake__code", "user__code", "method", "volume_m3")),
)


def digest() -> dict[str, str]:
    """What stands in each table, whatever the ids."""
    found = {}
    for model, fields in TOLD:
        rows = sorted(
            repr([bytes(v) if isinstance(v, memoryview) else v for v in r]) for r in model.objects.values_list(*fields)
        )
        found[model.__name__] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return found


def test_same_seed_gives_the_same_ledger_and_another_seed_another(db, tmp_path):
    with small_demo(tmp_path, 7):
        first, hidden = digest(), (tmp_path / "demo-hidden.json").read_bytes()
        words = (tmp_path / "demo-sign-ins.txt").read_text(encoding="utf-8")
    with small_demo(tmp_path, 7):
        assert digest() == first
        assert (tmp_path / "demo-hidden.json").read_bytes() == hidden
        assert (tmp_path / "demo-sign-ins.txt").read_text(encoding="utf-8") != words  # the password is new each time
    with small_demo(tmp_path, 8):
        other = digest()
    assert all(other[model] != first[model] for model in ("Intake", "EnergyRecord", "RawFrame", "AccountEntry"))
