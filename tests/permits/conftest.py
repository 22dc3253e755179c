"""A unit with room for permits, and a case as an applicant writes it."""

from datetime import date, timedelta
from decimal import Decimal as D

import pytest
from django.utils import timezone

from liangshui.accounting.models import DayVolume
from liangshui.accounting.services import recompute
from liangshui.accounts.queries import actor_of
from liangshui.core.access import SYSTEM
from liangshui.parameters.models import OwnFigure
from liangshui.permits import casework
from liangshui.permits.models import (
    Case,
    CasePaper,
    CaseStep,
    GateRecord,
    Letter,
    Override,
    Permit,
    PermitEnd,
    PermitVersion,
)
from liangshui.permits.rules.life import Act, Kind
from liangshui.quota.models import AllotmentEntry
from liangshui.records.models import FigureState
from liangshui.registry.models import ControlZone, Intake, Project

TODAY = timezone.localdate()
PDF = b"%PDF-1.4 paper %%EOF"
SOUND = {
    "network_covers": False, "fragile": False, "other_water": False, "function_zone_harm": False, "layout_sound": True,
    "third_parties_harm": False, "load": "not_overloaded", "level_kept": True, "must_file": True, "filed": True, "meter_planned": True,
    "thirsty": False, "listed": False, "saving_kept": True, "standards_kept": True, "land_reclaimed": False, "large": False, "mainstem": False,
}  # fmt: skip


FAR = {"type": "Polygon", "coordinates": [[[80, 30], [81, 30], [81, 31], [80, 31], [80, 30]]]}


def county_decides():
    """The region’s scales, which are not in the collection, as the county would enter them."""
    OwnFigure.objects.filter(rule="AR-014").delete()
    OwnFigure.objects.create(
        rule="AR-014", value={"county_groundwater_m3_per_year": 10**9, "county_surface_m3_per_year": 10**9}, since=date(2020, 1, 1),
        document="测试权限规定", document_number="1号", issued_on=date(2020, 1, 1), state=FigureState.BINDING,
        entered_at=timezone.now(), decided_at=timezone.now(),
    )  # fmt: skip


@pytest.fixture
def unit(world):
    return room_for_permits(world)


def room_for_permits(world):
    """A unit with a control total of 100,000 m³ this year, in which two projects are permitted 70,000 m³; no zone lies there."""
    for model in (PermitEnd, Letter, Override, GateRecord, PermitVersion, CasePaper, CaseStep, Case, Permit):
        model.objects.all().delete()
    AllotmentEntry.objects.all().delete()
    ControlZone.objects.all().delete()
    ControlZone.objects.create(kind="limited", name="远处限采区", geometry=FAR, valid_from=date(2020, 1, 1))
    county_decides()
    AllotmentEntry.objects.create(
        year=TODAY.year, source_kind="shallow_groundwater", county=world.county, unit=world.unit, change_m3=D(100_000),
        counts_from=date(TODAY.year, 1, 1),
    )  # fmt: skip
    Intake.objects.update(management_unit=world.unit)
    Project.objects.update(permitted_m3=None)
    for ledger, volume in ((world.a, 40_000), (world.b, 30_000)):
        Project.objects.filter(pk=ledger.project.pk).update(
            permitted_m3=volume, permit_number=f"{ledger.sign}取水〔2024〕1号", permit_from=date(2024, 1, 1),
            permit_to=date(TODAY.year + 1, 12, 31), permit_source="shallow_groundwater",
        )  # fmt: skip
        ledger.project.refresh_from_db()
    intakes = [world.a.intake.pk, world.b.intake.pk]
    DayVolume.objects.filter(intake__in=intakes).delete()
    before = (date(TODAY.year - 2, 12, 31), date(TODAY.year - 1, 1, 1))  # the account covers the year before
    DayVolume.objects.bulk_create(
        _volume(pk, volume_m3, day)
        for pk in intakes
        for day, volume_m3 in [*((day, 0) for day in before), (TODAY - timedelta(days=3), 1_000)]
    )
    recompute(SYSTEM, intakes, before[0], TODAY, "test", volumes=False)
    return world.unit


def _volume(intake, volume_m3, day):
    return DayVolume(
        intake_id=intake, day=day, method="register", volume_m3=volume_m3, low_m3=volume_m3, high_m3=volume_m3, readings=2,
        computed_at=timezone.now(),
    )  # fmt: skip


def took(intake, volume_m3, day=None):
    """A volume by its register, three days ago or on another day, in the account."""
    day = day or TODAY - timedelta(days=3)
    DayVolume.objects.filter(intake=intake, day__gte=date(day.year, 1, 1), day__lte=date(day.year, 12, 31)).delete()
    _volume(intake.pk, volume_m3, day).save()
    recompute(SYSTEM, [intake.pk], day, TODAY, "test", volumes=False)


LAST_YEAR = date(TODAY.year - 1, 7, 1)
AGREED = {"agreement": "受让方当面同意"}


@pytest.fixture
def officer(world):
    return actor_of(world.officer)


@pytest.fixture
def leader(world):
    return actor_of(world.leader)


@pytest.fixture
def applicant(world):
    """The person of user B."""
    return actor_of(world.water_user)


def form_of(world, unit, **other):
    """An application of user B for 12,000 m³ a year of shallow groundwater for an orchard, complete."""
    return {
        "address": "乙镇乙村", "reason": "新建果园", "begins": TODAY, "years": 5, "use": "irrigation", "purpose": "果园灌溉",
        "volume_m3": D(12_000), "months_m3": ["0"] * 3 + ["2000"] * 6 + ["0"] * 3, "source": "shallow_groundwater",
        "division": world.b.village, "longitude": D("109.1"), "latitude": D("39.8"), "works": "well", "metering": "超声波水表在线传输",
        "saving": "滴灌", "return_place": "无退水", "management_unit": unit, "quota_m3": D(15_000), "design_capacity_m3": D(20_000),
        "name": "乙果园", **other,
    }  # fmt: skip


@pytest.fixture
def handed_in(world, unit, applicant):
    """The application of user B, handed in today with its papers."""
    case = casework.begin(applicant, Kind.NEW, world.b.user)
    casework.write(applicant, case, **form_of(world, unit))
    for what in ("form", "third_parties", "well_plan"):
        casework.hand_in(applicant, case, what, f"{what}.pdf", PDF)
    casework.step(applicant, case, Act.SUBMIT)
    case.refresh_from_db()
    return case


@pytest.fixture
def accepted(handed_in, officer):
    """The same, accepted, and the gate asked with a sound place."""
    casework.step(officer, handed_in, Act.ACCEPT)
    casework.ask_gate(officer, handed_in, SOUND)
    casework.step(officer, handed_in, Act.OPINION, words="同意")
    handed_in.refresh_from_db()
    return handed_in


@pytest.fixture
def approved(accepted, leader):
    casework.step(leader, accepted, Act.APPROVE)
    accepted.refresh_from_db()
    return accepted


@pytest.fixture
def permit(approved, applicant, officer, leader):
    """The certificate, after works, trial run and acceptance."""
    for act in (Act.BEGIN, Act.TRIAL):
        casework.step(applicant, approved, act)
    casework.hand_in(applicant, approved, CasePaper.What.COMPLETION, "竣工.pdf", PDF)
    casework.step(applicant, approved, Act.FILE, words="试运行正常")
    casework.step(officer, approved, Act.PASS)
    casework.step(leader, approved, Act.ISSUE, data={"number": "D150625G2026-0001"})
    approved.refresh_from_db()
    return approved.permit
