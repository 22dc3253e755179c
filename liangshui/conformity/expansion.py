"""Expansion of irrigation (扩灌) over the whole county: who irrigates more land than the ledger's baseline, and where use grew with land.

The same figures and rules as for a single plan (queries.py, rules/demand.py), by user, village or town.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from liangshui.conformity.queries import YEARS_BACK, Row, areas, by_user, farm_use, land_of
from liangshui.conformity.rules.demand import ZERO, Expansion, Growth, YearOfLand, growth
from liangshui.core.access import Territory
from liangshui.registry.codes import DivisionLevel
from liangshui.registry.models import WaterUser


class By(StrEnum):
    """Of whom the land is looked at."""

    USER = "user"
    VILLAGE = "village"
    TOWN = "town"


class Flag(StrEnum):
    """What stands out: more land than the baseline; use that grew with land; no baseline to compare with."""

    OVER = "over"
    GREW = "grew"
    NO_BASELINE = "no_baseline"


@dataclass(frozen=True, slots=True)
class Grown:
    """Land of a user, village or town: against its baseline, and the last two years in which land and use both grew."""

    land: Expansion
    growth: Growth | None

    @property
    def flags(self) -> frozenset[Flag]:
        over = self.land.over_mu
        return frozenset(
            flag
            for flag, holds in (
                (Flag.OVER, bool(over)),
                (Flag.GREW, self.growth is not None),
                (Flag.NO_BASELINE, over is None and self.land.present.value is not None),
            )
            if holds
        )


def grown(territory: Territory, on: date, by: By) -> dict[int, Grown]:
    """By id of user, village or town, for all of whom the ledger knows an irrigated area."""
    now_rows, base_rows = areas(territory, baseline=False), areas(territory, baseline=True)
    whose = _places({row[0] for row in (*now_rows, *base_rows)}, by)
    now, base = _grouped(now_rows, whose), _grouped(base_rows, whose)
    latest = _growth(territory, on, by, now)
    found = {}
    for key in sorted(now.keys() | base.keys()):
        present, baseline = land_of(now.get(key, []), base.get(key, []))
        year = max((row[2] for row in now.get(key, [])), default=on.year)
        found[key] = Grown(Expansion(year, ZERO, present, baseline, on_top=True), latest.get(key))
    return found


def _places(users: set[int], by: By) -> dict[int, int]:
    """Where the land of a user counts: with the user, or in the village or town where the user lives."""
    if by is By.USER:
        return {user: user for user in users}
    found: dict[int, int | None] = {}
    for user in WaterUser.objects.filter(pk__in=users).select_related("division"):
        village = user.division.level == DivisionLevel.VILLAGE
        if by is By.VILLAGE and village:
            found[user.pk] = user.division_id
        elif by is By.TOWN:
            found[user.pk] = user.division.parent_id if village else user.division_id
    return {user: place for user, place in found.items() if place is not None}


def _grouped(rows: list[Row], whose: dict[int, int]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        if row[0] in whose:
            found[whose[row[0]]].append(row)
    return found


def _growth(territory: Territory, on: date, by: By, now: dict[int, list[Row]]) -> dict[int, Growth]:
    """The last pair of whole years in which land and farm use both grew, of each."""
    years = {row[2] for rows in now.values() for row in rows if on.year - YEARS_BACK <= row[2] < on.year}
    use = {year: farm_use(territory, year, by) for year in years}
    told: list[YearOfLand] = []
    for key, rows in now.items():
        for year in sorted({row[2] for row in rows} & years):
            area = sum(by_user(rows, year).values(), Decimal(0))
            told.append(YearOfLand(str(key), year, area, use[year].get(key)))
    return {int(pair.after.place): pair for pair in growth(told)}
