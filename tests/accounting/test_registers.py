"""From readings of a register to days, entries and accounts, by hand-worked figures."""

from datetime import timedelta
from decimal import Decimal

from liangshui.accounting import evidence, queries, services
from liangshui.accounting.models import AccountEntry, ChangedIntake, DayVolume, Recompute
from liangshui.accounting.rules.water_day import Mark
from liangshui.core.access import EVERYWHERE, SYSTEM, Territory
from liangshui.core.periods import ONE_DAY, Period
from liangshui.registry import services as registry
from liangshui.telemetry.models import ChangedSpan
from tests.accounting.conftest import MAY, at, days_of, follow, may, total, volumes

D = Decimal
READINGS = ((at(1), 100), (at(2), 110), (at(3), "125.5"), (at(4), "125.5"))


def test_readings_become_days_entries_and_one_account_by_every_grouping(place):
    well = place.well("W1", place.user("U1"))
    place.read(place.station(well), *READINGS)
    follow()
    assert days_of(well) == {1: D(10), 2: D("15.5"), 3: D(0)}
    entries = AccountEntry.objects.filter(intake=well, month=may(1)).order_by("method")
    assert [(e.method, e.days, e.volume_m3) for e in entries] == [("", 28, None), ("register", 3, D("25.5"))]
    assert volumes("user") == {"U1": D("25.5")}
    assert volumes("project") == {"PW1": D("25.5")}
    assert volumes("intake") == {"W1": D("25.5")}
    assert volumes("village") == {"980101100001": D("25.5")}
    assert volumes("town") == {"980101100": D("25.5")}
    assert volumes("unit") == {"U1": D("25.5")}
    assert volumes("sector") == {"agriculture": D("25.5")}
    assert volumes("source") == {"S1": D("25.5")}
    assert volumes("source_kind") == {"shallow_groundwater": D("25.5")}
    row = total()
    assert (row.abstraction_m3, row.low_m3, row.high_m3) == (D("25.5"), D("25.5"), D("25.5"))
    assert row.by_method == {"register": D("25.5")}
    assert (row.intakes, row.intakes_without_volume, row.days_without_volume) == (1, 0, 28)
    assert not ChangedSpan.objects.exists() and not ChangedIntake.objects.exists()


def test_a_late_reading_computes_only_its_days_and_changes_the_account(place):
    well = place.well("W1", place.user("U1"))
    series = place.station(well)
    place.read(series, (at(1), 100), (at(2), 110), (at(3), 120), (at(5), 160), (at(6), 165), (at(7), 170))
    follow()
    assert days_of(well) == {1: D(10), 2: D(10), 3: D(20), 4: D(20), 5: D(5), 6: D(5)}
    assert DayVolume.objects.get(intake=well, day=may(3)).marks & Mark.GAP
    before = dict(DayVolume.objects.values_list("day", "computed_at"))
    version = queries.version()
    place.read(series, (at(4), 122), late=True)
    assert services.follow_changes() == 1
    assert days_of(well) == {1: D(10), 2: D(10), 3: D(2), 4: D(38), 5: D(5), 6: D(5)}
    after = dict(DayVolume.objects.values_list("day", "computed_at"))
    assert {day for day in before if before[day] != after[day]} == {may(3), may(4)}
    newest = Recompute.objects.get(pk=queries.version())
    assert newest.pk > version and newest.changed_days == 2
    assert total().abstraction_m3 == D(70)
    place.read(series, (at(8), 175), late=True)
    follow()
    assert total().abstraction_m3 == D(75)
    assert queries.account(EVERYWHERE, Period(may(3), may(4)), "total")[0].abstraction_m3 == D(2)


def test_the_same_readings_again_change_nothing(place):
    well = place.well("W1", place.user("U1"))
    place.read(place.station(well), *READINGS)
    follow()
    entries = set(AccountEntry.objects.values_list("pk", flat=True))
    done = services.recompute(SYSTEM, None, MAY.start, MAY.end, "again")
    assert done.changed_days == 0
    assert set(AccountEntry.objects.filter(month=may(1)).values_list("pk", flat=True)) <= entries


def test_a_meter_exchange_counts_both_registers_on_its_day(place):
    well = place.well("W1", place.user("U1"))
    registry.install_meter(SYSTEM, well, number="M1", first_reading=D(0), at=at(1))
    registry.exchange_meter(
        SYSTEM, well, final_reading=D(20), number="M2", first_reading=D(5), at=at(2, 12), multiplier=D(10)
    )
    place.read(place.station(well), (at(2), 12), (at(3), 9), (at(4), 10))
    follow()
    assert days_of(well) == {1: D(12), 2: D(48), 3: D(10)}
    assert DayVolume.objects.get(intake=well, day=may(2)).marks & Mark.EXCHANGE


def test_a_mended_multiplier_is_followed(place):
    well = place.well("W1", place.user("U1"))
    installed = registry.install_meter(SYSTEM, well, number="M1", first_reading=D(100), at=at(1))
    place.read(place.station(well), (at(2), 110), (at(3), 115))
    follow()
    assert total().abstraction_m3 == D(15)
    registry.save_meter(SYSTEM, well, installed.meter, multiplier=D(2))
    follow()
    assert total().abstraction_m3 == D(30)


def test_users_of_a_common_well_share_it_to_the_litre(place):
    users = [place.user(code, kind="household") for code in ("U1", "U2", "U3")]
    well = place.well("W1", users[0])
    registry.set_shares(SYSTEM, well, dict.fromkeys(users, D(1)), may(1) - timedelta(days=100))
    place.read(place.station(well), (at(1), 0), (at(2), 4), (at(3), 10))
    follow()
    assert volumes("user") == {"U1": D("3.333"), "U2": D("3.334"), "U3": D("3.333")}
    row = total()
    assert (row.abstraction_m3, row.intakes, row.days_without_volume) == (D(10), 1, 29)
    assert [r.days_without_volume for r in queries.account(EVERYWHERE, MAY, "user")] == [29, 29, 29]
    days = [Period(may(d), may(d) + ONE_DAY) for d in (1, 2)]
    for code in ("U1", "U2", "U3"):
        assert sum(volumes("user", day)[code] for day in days) == volumes("user")[code]


def test_an_owner_who_comes_in_mid_month_gets_the_days_from_then_on(place):
    first, second = place.user("U1"), place.user("U2")
    well = place.well("W1", first)
    place.read(place.station(well), *READINGS, (at(5), "130.5"))
    registry.change_owner(SYSTEM, well.project, second, may(3), "转让协议")
    follow()
    assert volumes("user") == {"U1": D("25.5"), "U2": D(5)}
    assert total().abstraction_m3 == D("30.5")
    assert [r.intakes for r in queries.account(EVERYWHERE, MAY, "user")] == [1, 1]


def test_an_attribution_that_changes_moves_only_later_days(place):
    well = place.well("W1", place.user("U1"))
    place.read(place.station(well), *READINGS, (at(5), "130.5"))
    registry.save_intake(SYSTEM, well, from_day=may(3), sector="industry", reason="改变用途")
    follow()
    assert volumes("sector") == {"agriculture": D("25.5"), "industry": D(5)}


def test_any_range_is_the_sum_of_its_days(place):
    users = [place.user(code) for code in ("U1", "U2")]
    well = place.well("W1", users[0])
    registry.set_shares(SYSTEM, well, {users[0]: D(1), users[1]: D(2)}, may(1) - timedelta(days=9))
    place.read(place.station(well), *((at(d), d * d) for d in range(1, 20)))
    power = place.well("W2", users[1])
    place.power("100.01", (power, "1"))
    place.coefficient(power, "2.5")
    follow()
    span = Period(may(4), may(22))
    whole = total(span).abstraction_m3
    assert whole == sum((total(Period(d, d + ONE_DAY)).abstraction_m3 or 0 for d in span.days()), D(0))
    rest = [Period(may(1), may(4)), Period(may(22), MAY.end)]
    assert whole + sum((total(part).abstraction_m3 or 0 for part in rest), D(0)) == total().abstraction_m3
    by_user = queries.account(EVERYWHERE, span, "user")
    assert sum(row.abstraction_m3 for row in by_user) == whole


def test_another_territory_sees_nothing(place):
    well = place.well("W1", place.user("U1"))
    place.read(place.station(well), *READINGS)
    follow()
    other = Territory(paths=frozenset({place.town_b.path}))
    own = Territory(paths=frozenset({place.town_a.path}))
    assert queries.account(other, MAY, "user") == []
    assert queries.account(other, Period(may(1), may(3)), "user") == []
    assert queries.account(other, MAY, "total")[0].abstraction_m3 == D(0)
    assert queries.account(own, Period(may(1), may(3)), "user")[0].abstraction_m3 == D("25.5")
    assert queries.monthly(other, 2025) == [] and queries.abstraction_cells(other, MAY, ("user",)) == {}
    user = Territory(users=frozenset({well.project.user_id}))
    assert queries.account(user, MAY, "intake")[0].code == "W1"


def test_what_is_unknown_stays_unknown(place):
    well = place.well("W1", place.user("U1"))
    silent = place.well("W2", place.user("U2"))
    place.read(place.station(well), *READINGS)
    place.read(place.station(silent), (at(3), None))
    follow()
    assert days_of(silent) == {2: None}
    assert volumes("intake") == {"W1": D("25.5"), "W2": None}
    row = next(r for r in queries.account(EVERYWHERE, MAY, "user") if r.code == "U2")
    assert (row.abstraction_m3, row.use_m3, row.consumption_m3, row.low_m3, row.high_m3) == (None,) * 5
    assert (row.intakes_without_volume, row.days_without_volume) == (1, 31)
    assert [i.code for i in queries.unmeasured(EVERYWHERE, MAY)] == ["W2"]


def test_a_sealed_well_is_not_asked_for_a_volume(place):
    well = place.well("W1", place.user("U1"))
    registry.seal_intake(SYSTEM, well, may(11))
    services.recompute(SYSTEM, None, MAY.start, MAY.end, "sealed")
    assert total().days_without_volume == 10


def test_the_readings_behind_a_day_lead_to_their_frames(place):
    well = place.well("W1", place.user("U1"))
    series = place.station(well)
    place.read(series, *READINGS)
    follow()
    found = evidence.behind_day(well, may(2))
    assert [(r.role, r.value) for r in found.readings] == [("before", D(110)), ("within", D("125.5"))]
    assert all(r.frame_id for r in found.readings)
    assert (found.line.method, found.line.volume_m3) == ("register", D("15.5"))


def test_months_and_cells_come_from_the_same_entries(place):
    well = place.well("W1", place.user("U1"))
    place.read(place.station(well), *READINGS)
    follow()
    (line,) = queries.monthly(EVERYWHERE, 2025, "sector")
    assert line[0] == "agriculture" and line[2][may(1)] == D("25.5") and line[2][may(1).replace(month=4)] is None
    cell = (place.unit.pk, place.town_a.pk, "agriculture", well.project.user_id)
    keys = ("unit", "town", "sector", "user")
    assert queries.abstraction_cells(EVERYWHERE, MAY, keys) == {cell: D("25.5")}
    assert queries.abstraction_cells(EVERYWHERE, Period(may(2), may(9)), keys) == {cell: D("15.5")}
    assert queries.abstraction_cells(EVERYWHERE, MAY, keys, source_kind="surface") == {}
    (ranged,) = queries.abstraction_ranges(EVERYWHERE, MAY, ("project",), {"project": well.project_id}).values()
    (row,) = queries.account(EVERYWHERE, MAY, "project")
    assert (ranged.m3, ranged.low_m3, ranged.high_m3) == (row.abstraction_m3, row.low_m3, row.high_m3)
    assert ranged.m3 == D("25.5") and ranged.intakes_without_volume == 0
    place.well("W2", place.user("U2"))
    follow()
    ranges = queries.abstraction_ranges(EVERYWHERE, MAY, ("sector",))
    assert [(c.m3, c.intakes_without_volume) for c in ranges.values()] == [(D("25.5"), 1)]
    assert queries.last_year_shape(EVERYWHERE, 2026) == {may(1): D(1)}
