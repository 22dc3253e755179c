"""The daily look: what a restriction does not make an excess, findings with their days, deep groundwater on fields."""

from datetime import date
from decimal import Decimal as D

import pytest

from liangshui.core.access import EVERYWHERE
from liangshui.permits import checks, looking, register
from liangshui.permits.models import ConditionFinding, Permit, PermitVersion
from tests.permits.conftest import TODAY, took

pytestmark = pytest.mark.django_db
RESTRICTED = {"words": "干旱", "document": "限水1号", "urgent": "旱情紧急"}


@pytest.fixture
def permit(unit):
    """User B's 30,000 m³ a year, from 2024 on."""
    register.follow_stock()
    found = Permit.objects.get(number__startswith="乙")
    PermitVersion.objects.filter(permit=found).update(valid_from=date(2024, 1, 1))
    return found


def test_what_was_taken_before_a_restriction_is_no_excess(permit, leader, world):
    took(world.b.intake, 20_000)  # three days ago
    register.restrict(leader, permit, volume_m3=D(0), day=TODAY, **RESTRICTED)
    (kept,) = checks.kept(EVERYWHERE, TODAY.year, TODAY, permit)
    (year,) = (f for f in kept.findings if f.code == "year")
    assert (year.verdict.value, year.over_m3) == ("unknown", D(0))  # today itself has no volume yet


def test_the_daily_look_keeps_since_when_and_when_it_was_gone(permit, world):
    took(world.b.intake, 31_000)
    assert looking.look_at_permits() == 1 and looking.look_at_permits() == 0
    (found,) = ConditionFinding.objects.all()
    assert (found.permit, found.code, found.verdict, found.over_m3, found.opened_on) == (
        permit,
        "year",
        "exceeded",
        D(1_000),
        TODAY,
    )
    took(world.b.intake, 29_000)
    assert looking.look_at_permits() == 1
    found.refresh_from_db()
    assert found.gone_on == TODAY
    took(world.b.intake, 40_000)
    looking.look_at_permits()
    assert ConditionFinding.objects.count() == 2


def test_deep_groundwater_on_fields_is_found_whatever_the_permit_says(permit, world):
    world.b.intake.source.kind = "deep_groundwater"
    world.b.intake.source.save()
    PermitVersion.objects.filter(permit=permit).update(use="irrigation")
    took(world.b.intake, 100)
    (kept,) = checks.kept(EVERYWHERE, TODAY.year, TODAY, permit)
    assert {f.code: f.verdict.value for f in kept.findings}["deep_irrigation"] == "exceeded"
