"""Months kept in memory: what is read is always what is stored, and only months that changed are read again."""

from datetime import date
from decimal import Decimal as D

import pytest
from django.db import transaction

from liangshui.accounting import columns, queries, services
from liangshui.accounting.models import AccountEntry, MonthEdition
from liangshui.core.access import EVERYWHERE, NOWHERE, SYSTEM, Territory
from liangshui.core.periods import Period, plan_year
from liangshui.registry import services as registry
from tests.accounting.conftest import MAY, at, follow, may, total

YEAR = plan_year(2025)


class RolledBack(Exception):
    pass


@pytest.fixture
def series(place):
    found = place.station(place.well("W1", place.user("U1")))
    place.read(found, (at(1), 100), (at(2), 110))
    follow()
    return found


def taken(**filters):
    (row,) = queries.account(EVERYWHERE, YEAR, "total", filters)
    return row.abstraction_m3


def test_a_month_is_read_again_only_when_its_entries_changed(place, series):
    assert taken() == D(10)
    misses = columns._month.cache_info().misses
    assert taken() == D(10) and columns._month.cache_info().misses == misses
    place.read(series, (at(3), 125))
    follow()
    assert taken() == D(25)
    assert columns._month.cache_info().misses == misses + 1
    before = dict(MonthEdition.objects.values_list("month", "edition"))
    services.recompute(SYSTEM, None, MAY.start, MAY.end, "again")  # nothing comes out otherwise
    assert dict(MonthEdition.objects.values_list("month", "edition")) == before


def test_what_is_rolled_back_is_not_kept(place, series):
    assert taken() == D(10)
    with pytest.raises(RolledBack), transaction.atomic():
        place.read(series, (at(3), 125))
        follow()
        assert taken() == D(25)
        raise RolledBack
    assert taken() == D(10)
    place.read(series, (at(3), 117))
    follow()
    assert taken() == D(17)


def test_entries_from_before_the_first_edition_are_read(series):
    MonthEdition.objects.all().delete()
    columns._month.cache_clear()
    assert taken() == D(10)


def test_one_intake_or_user_is_the_same_read_apart_or_from_the_whole(place, series):
    other = place.well("W2", place.user("U2", place.town_b))
    place.read(place.station(other), (at(1), 0), (at(2), 7))
    follow()
    by_user = {row.key: row for row in queries.account(EVERYWHERE, YEAR, "user")}
    for entry in AccountEntry.objects.exclude(method=""):
        alone = Territory(users=frozenset({entry.user_id}))
        kept = columns._month.cache_info()
        (own,) = queries.account(alone, YEAR, "user")
        (asked,) = queries.account(EVERYWHERE, YEAR, "user", {"user": entry.user_id})
        assert own == asked == by_user[entry.user_id] and own.abstraction_m3 == entry.volume_m3
        assert taken(intake=entry.intake_id) == entry.volume_m3
        assert columns._month.cache_info() == kept  # for these no whole month is read
    assert queries.account(NOWHERE, YEAR, "user") == []
    (town,) = queries.account(Territory(paths=frozenset({place.town_b.path})), YEAR, "town")
    assert (town.key, town.abstraction_m3, town.intakes) == (place.town_b.pk, D(7), 1)


def test_a_part_of_a_month_and_whole_months_are_one_table(place, series):
    place.read(series, (at(4), 130))
    follow()
    assert total().abstraction_m3 == D(30)
    rows = queries.account(EVERYWHERE, Period(may(2), date(2025, 8, 1)), "intake")
    assert [(row.abstraction_m3, row.intakes, row.days_without_volume) for row in rows] == [(D(20), 1, 28 + 30 + 31)]
    rest = queries.account(EVERYWHERE, Period(may(2), date(2025, 8, 1)), "intake", {"sector": "industry"})
    assert rest == []
    assert queries.monthly(EVERYWHERE, 2025)[0][2][may(1)] == D(30)


def test_a_part_of_a_month_of_some_projects_or_intakes_is_theirs_also_of_what_has_moved_away(place):
    """10 m³ a day by each of two wells; W1 belongs to the project of W2 from 3 May on. Asked for 2 to 4 May."""
    first, second = place.well("W1", place.user("U1")), place.well("W2", place.user("U2"))
    for well in (first, second):
        place.read(place.station(well), *((at(day), 10 * day) for day in range(1, 7)))
    before, after = first.project_id, second.project_id
    users = frozenset({first.project.user_id, second.project.user_id})
    registry.save_intake(SYSTEM, first, project=second.project, from_day=may(3), reason="并入")
    follow()
    period = Period(may(2), may(5))

    def taken_by(by, **filters):
        return {row.key: row.abstraction_m3 for row in queries.account(EVERYWHERE, period, by, filters)}

    assert taken_by("project") == {before: D(10), after: D(50)}
    assert taken_by("project", project=before) == {before: D(10)}
    assert taken_by("project", project=after) == {after: D(50)}
    assert taken_by("project", project=frozenset({before, after})) == taken_by("project")
    wells = frozenset({first.pk, second.pk})
    assert taken_by("intake", intake=wells) == taken_by("intake") == dict.fromkeys(wells, D(30))
    both = queries.account(EVERYWHERE, YEAR, "user", {"user": users})
    assert [row.abstraction_m3 for row in both] == [D(20), D(80)]
