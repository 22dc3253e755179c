"""The writers of the ledger: what ends when something begins, and who may not."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from auditlog.models import LogEntry

from liangshui.core.access import SYSTEM, Right
from liangshui.core.errors import Forbidden, Invalid
from liangshui.registry import services
from liangshui.registry.models import Attribution, Division, Holding, Intake, MeterInstallation

DAY = date(2026, 5, 1)
NOON = datetime(2026, 5, 1, 4, tzinfo=UTC)


@pytest.fixture
def user(place, boss):
    return services.save_user(
        boss, code="U1", name="张三", kind="household", division=place.upper, household_numbers=["0401"]
    )


@pytest.fixture
def project(place, boss, user):
    return services.save_project(boss, code="P1", name="一号项目", user=user, division=place.upper)


@pytest.fixture
def intake(place, boss, project):
    return services.save_intake(
        boss, code="W1", name="锡尼镇1号井", kind="well", project=project, division=place.upper, source=place.shallow,
        sector="agriculture", management_unit=place.unit,
    )  # fmt: skip


def test_a_new_intake_is_attributed_from_the_beginning_and_found_by_its_initials(intake):
    assert intake.initials == "xnz1hj"
    row = intake.attributions.get()
    assert (row.valid_from, row.valid_to, row.sector) == (date(2000, 1, 1), None, "agriculture")


def test_another_use_counts_from_its_day_and_earlier_days_stay(boss, intake):
    services.save_intake(boss, intake, sector="living", from_day=DAY, reason="改用途")
    rows = list(intake.attributions.order_by("valid_from").values_list("sector", "valid_from", "valid_to"))
    assert rows == [("agriculture", date(2000, 1, 1), DAY), ("living", DAY, None)]


def test_an_attribution_is_corrected_in_place_from_the_day_it_began(boss, intake):
    services.save_intake(boss, intake, sector="living", from_day=date(2000, 1, 1))
    assert intake.attributions.get().sector == "living"


def test_facts_that_decide_no_account_leave_the_attribution_alone(boss, intake):
    services.save_intake(boss, intake, depth_m=Decimal(90))
    assert Attribution.objects.count() == 1


def test_a_change_before_the_present_attribution_is_refused(boss, intake):
    services.save_intake(boss, intake, sector="living", from_day=DAY)
    with pytest.raises(Invalid) as error:
        services.save_intake(boss, Intake.objects.get(), sector="industry", from_day=date(2026, 4, 30))
    assert error.value.field == "from_day"
    assert Intake.objects.get().sector == "living"


def test_change_of_holder_ends_the_old_holding(place, boss, project, user):
    new = services.save_user(boss, code="U2", name="李四", kind="household", division=place.upper)
    services.change_owner(boss, project, new, DAY, "文 1 号")
    rows = list(Holding.objects.order_by("valid_from").values_list("user__name", "valid_from", "valid_to", "document"))
    assert rows == [("张三", date(2000, 1, 1), DAY, ""), ("李四", DAY, None, "文 1 号")]
    project.refresh_from_db()
    assert project.user == new


@pytest.mark.parametrize("day", [date(2000, 1, 1), date(2999, 1, 1)])
def test_change_of_holder_is_refused_before_the_holding_and_in_the_future(place, boss, project, day):
    new = services.save_user(boss, code="U2", name="李四", kind="household", division=place.upper)
    with pytest.raises(Invalid):
        services.change_owner(boss, project, new, day)
    assert Holding.objects.get().valid_to is None


def test_the_holder_is_no_plain_field(place, boss, project):
    new = services.save_user(boss, code="U2", name="李四", kind="household", division=place.upper)
    with pytest.raises(Invalid):
        services.save_project(boss, project, user=new)


def test_exchange_of_the_meter_closes_one_and_opens_the_other_at_one_instant(boss, intake):
    services.install_meter(
        boss, intake, number="A", first_reading=Decimal(10), at=datetime(2025, 1, 1, tzinfo=UTC), digits=6
    )
    services.exchange_meter(
        boss, intake, final_reading=Decimal("1234.5"), number="B", first_reading=Decimal(0), at=NOON, digits=8
    )
    rows = MeterInstallation.objects.order_by("installed_at").values_list(
        "meter__number", "first_reading", "final_reading", "removed_at", "meter__digits"
    )
    assert list(rows) == [("A", 10, Decimal("1234.5"), NOON, 6), ("B", 0, None, None, 8)]


@pytest.mark.parametrize(
    ("final", "number", "at"),
    [
        (Decimal(10_000_000), "B", NOON),  # more than six digits
        (Decimal(5), "B", datetime(2024, 1, 1, tzinfo=UTC)),  # before it was installed
        (Decimal(50), "A", NOON),  # the same meter
        (Decimal(50), "B", datetime(2999, 1, 1, tzinfo=UTC)),
    ],
)
def test_an_exchange_that_cannot_be_changes_nothing(boss, intake, final, number, at):
    services.install_meter(
        boss, intake, number="A", first_reading=Decimal(10), at=datetime(2025, 1, 1, tzinfo=UTC), digits=6
    )
    with pytest.raises(Invalid):
        services.exchange_meter(boss, intake, final_reading=final, number=number, first_reading=None, at=at)
    assert MeterInstallation.objects.get().removed_at is None


def test_a_meter_stands_at_one_intake_only(place, boss, intake, project):
    services.install_meter(boss, intake, number="A", first_reading=None, at=NOON)
    other = services.save_intake(
        boss, code="W2", name="二号井", kind="well", project=project, division=place.upper, source=place.shallow,
        sector="agriculture",
    )  # fmt: skip
    with pytest.raises(Invalid) as error:
        services.install_meter(boss, other, number="A", first_reading=None, at=NOON)
    assert error.value.field == "number"


def test_sealing_has_its_day_and_can_be_taken_back(boss, intake):
    with pytest.raises(Invalid):
        services.save_intake(boss, intake, status="sealed")
    intake = Intake.objects.get()
    services.seal_intake(boss, intake, DAY, "封存通知")
    assert (intake.status, intake.sealed_on, intake.note) == ("sealed", DAY, "封存通知")
    with pytest.raises(Invalid):
        services.seal_intake(boss, intake, DAY)
    services.unseal_intake(boss, intake)
    assert (intake.status, intake.sealed_on) == ("in_use", None)


def test_shares_end_when_others_begin(place, boss, intake, user):
    other = services.save_user(boss, code="U2", name="李四", kind="household", division=place.upper)
    services.set_shares(boss, intake, {user: Decimal(1), other: Decimal(2)}, date(2025, 1, 1))
    services.set_shares(boss, intake, {other: Decimal(1)}, DAY)
    rows = intake.shares.order_by("valid_from", "user__code").values_list("user__code", "weight", "valid_to")
    assert list(rows) == [("U1", 1, DAY), ("U2", 2, DAY), ("U2", 1, None)]


def test_a_power_meter_takes_the_place_of_the_one_before(boss, intake):
    services.link_power_meter(boss, intake, number="E1")
    services.link_power_meter(boss, intake, number="E2", household_number="0402", from_day=DAY)
    rows = intake.power_supplies.order_by("valid_from").values_list("power_meter__number", "valid_to")
    assert list(rows) == [("E1", DAY), ("E2", None)]


def test_a_household_number_belongs_to_one_user(place, boss, user):
    with pytest.raises(Invalid) as error:
        services.save_user(
            boss, code="U2", name="李四", kind="household", division=place.upper, household_numbers=["0401"]
        )
    assert error.value.field == "household_numbers"


def test_a_supply_link_ends_once_and_keeps_its_two_ends(place, boss, user):
    other = services.save_user(boss, code="U2", name="李四", kind="household", division=place.upper)
    link = services.save_supply_link(
        boss, code="L1", supplier=user, customer=other, source=place.shallow, sector="living"
    )
    with pytest.raises(Invalid):
        services.save_supply_link(boss, link, customer=user)
    link.refresh_from_db()
    assert services.end_supply_link(boss, link, DAY).valid_to == DAY


def test_a_division_takes_all_below_with_it(place, boss):
    services.save_division(boss, place.upper, parent=place.sand)
    place.upper.refresh_from_db()
    assert place.upper.path == place.sand.path + "980101100001/"
    services.save_division(SYSTEM, place.county, code="980102")
    assert Division.objects.get(code="980101100001").path.startswith("980000/980100/980102/980101101/")


def test_nobody_changes_what_lies_elsewhere_or_may_only_be_looked_at(place, boss, intake, project, user):
    looker = place.actor(Right.REGISTRY_VIEW)
    elsewhere = place.actor(division=place.sand)
    for actor in (looker, elsewhere):
        for act in (
            lambda a: services.save_user(a, user, name="x"),
            lambda a: services.save_project(a, project, name="x"),
            lambda a: services.save_intake(a, intake, name="x"),
            lambda a: services.change_owner(a, project, user, DAY),
            lambda a: services.install_meter(a, intake, number="A", first_reading=None, at=NOON),
            lambda a: services.exchange_meter(a, intake, final_reading=None, number="A", first_reading=None, at=NOON),
            lambda a: services.seal_intake(a, intake, DAY),
            lambda a: services.set_shares(a, intake, {}, DAY),
            lambda a: services.link_power_meter(a, intake, number="E"),
            lambda a: services.save_area(a, user, year=2026, area_mu=Decimal(1)),
            lambda a: services.save_unit(a, place.unit, name="x"),
            lambda a: services.save_source(a, place.shallow, name="x"),
            lambda a: services.save_division(a, place.upper, name="x"),
        ):
            with pytest.raises(Forbidden):
                act(actor)
    assert Intake.objects.get().name == "锡尼镇1号井"


def test_an_intake_is_not_moved_to_where_one_may_not_change(place, intake):
    own = place.actor(division=place.spring)
    with pytest.raises(Forbidden):
        services.save_intake(own, intake, division=place.sand)


def test_every_change_is_kept_with_before_and_after(boss, intake):
    services.save_intake(boss, intake, depth_m=Decimal(90))
    entry = LogEntry.objects.filter(object_pk=str(intake.pk), content_type__model="intake").first()
    assert entry.changes == {"depth_m": ["None", "90"]}


def test_the_shipped_county_loads_once(db):
    assert services.load_county(SYSTEM, "150625") == {"created": 18, "changed": 0, "unchanged": 0}
    assert services.load_county(SYSTEM, "150625") == {"created": 0, "changed": 0, "unchanged": 18}
    swapped = Division.objects.get(code="150625103")
    assert (swapped.name, swapped.mca_code, swapped.level) == ("独贵塔拉镇", "150625104", "town")
    assert swapped.aliases.filter(name="独贵特拉镇").exists()
    with pytest.raises(Invalid):
        services.load_county(SYSTEM, "999999")
