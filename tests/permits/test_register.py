"""What a permit says when: terms of renewals, restrictions and their end, findings that the daily look keeps."""

from datetime import date, timedelta
from decimal import Decimal as D

import pytest

from liangshui.core.access import EVERYWHERE
from liangshui.core.errors import Invalid
from liangshui.permits import checks, looking, queries, register
from liangshui.permits.models import ConditionFinding, Permit, PermitVersion
from tests.permits.conftest import TODAY, took

pytestmark = pytest.mark.django_db
RESTRICTED = {"words": "干旱", "document": "限水1号"}


@pytest.fixture
def permit(unit):
    """User B's 30,000 m³ a year, from 2024 on."""
    register.follow_stock()
    found = Permit.objects.get(number__startswith="乙")
    PermitVersion.objects.filter(permit=found).update(valid_from=date(2024, 1, 1))
    return found


def volume(permit):
    return register.standing_version(permit).volume_m3


def test_the_words_of_a_renewal_count_from_its_own_term(permit):
    begins = TODAY + timedelta(days=30)
    facts = {"volume_m3": D(10_000), "begins": begins, "expires": begins + timedelta(days=365)}
    register.new_version(permit, begins, PermitVersion.Origin.RENEWED, **facts)
    assert queries.version_on(permit, TODAY).volume_m3 == D(30_000)
    assert queries.version_on(permit, begins).volume_m3 == D(10_000)
    (kept,) = checks.kept(EVERYWHERE, TODAY.year, TODAY, permit)
    assert kept.version.volume_m3 == D(30_000)


def test_a_restriction_can_be_mended_and_ends_by_itself(permit, leader):
    until = TODAY + timedelta(days=9)
    register.restrict(leader, permit, volume_m3=D(0), day=TODAY, until=until, **RESTRICTED)
    register.restrict(
        leader, permit, volume_m3=D(5_000), day=TODAY, until=until, **RESTRICTED
    )  # typed wrongly, mended the same day
    assert volume(permit) == D(5_000)
    with pytest.raises(Invalid):
        register.restrict(leader, permit, volume_m3=D(30_001), day=TODAY, **RESTRICTED)
    assert queries.version_on(permit, until).volume_m3 == D(5_000)
    assert queries.version_on(permit, until + timedelta(days=1)).volume_m3 == D(30_000)


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
    took(world.b.intake, 100)
    (kept,) = checks.kept(EVERYWHERE, TODAY.year, TODAY, permit)
    assert {f.code: f.verdict.value for f in kept.findings}["deep_irrigation"] == "exceeded"
