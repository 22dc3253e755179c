"""What cells ask for, answered many at once from the one account, the ledger and the red lines.

A figure here is never counted anew: volumes come from `accounting.queries.account`, limits from permits and allotments.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse

from liangshui.accounting import queries as accounts
from liangshui.core.access import Territory
from liangshui.core.periods import Period
from liangshui.quota.queries import allotted, allotted_to_users
from liangshui.quota.rules.closing import Node
from liangshui.quota.units import standing
from liangshui.registry.codes import DivisionLevel, IntakeStatus, SourceKind
from liangshui.registry.models import (
    Division,
    Intake,
    IrrigatedArea,
    ManagementUnit,
    MeterInstallation,
    Project,
    WaterUser,
)
from liangshui.registry.sheets.text import squeeze
from liangshui.reports.rules.mapping import FILTERS, VOLUMES, Says
from liangshui.telemetry.models import StationLink

ZERO = Decimal(0)
LEDGER = frozenset({"intakes", "intakes_with_meter", "intakes_with_station", "intakes_with_permit", "users"})
"""Figures that are counted in the ledger."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One figure of one period. `where`: names of filters and ids, sorted; no source, use or method means all of them."""

    figure: str
    period: Period
    where: tuple[tuple[str, int], ...] = ()
    source: tuple[str, ...] = ()
    sector: tuple[str, ...] = ()
    method: tuple[str, ...] = ()

    def out(self) -> list[Any]:
        """As it is stored with a filled cell."""
        period = [self.period.start.isoformat(), self.period.end.isoformat()]
        return [self.figure, period, [*map(list, self.where)], [*self.source], [*self.sector], [*self.method]]

    @classmethod
    def read(cls, raw: Sequence[Any]) -> "Ask":
        """What `out` made."""
        figure, (start, end), where, source, sector, method = raw
        return cls(
            figure,
            Period(date.fromisoformat(start), date.fromisoformat(end)),
            tuple((str(name), int(pk)) for name, pk in where),
            tuple(source),
            tuple(sector),
            tuple(method),
        )


class UnknownName(Exception):
    """A mapping names a town, user or other thing that this county does not have, or has twice."""

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(kind, name)
        self.kind, self.name = kind, name


class Names:
    """Things that marks name, by code or name, within one county."""

    def __init__(self, county: Division) -> None:
        self._county = county
        self._known: dict[tuple[str, str], int] = {}

    def find(self, kind: str, name: str) -> int:
        """The id of a town, village, management unit, user, project or intake.

        Raises:
            UnknownName: there is none, or several.
        """
        key = (kind, squeeze(name))
        if key not in self._known:
            self._known[key] = self._find(kind, name.strip())
        return self._known[key]

    def _find(self, kind: str, name: str) -> int:
        here = Territory(paths=frozenset({self._county.path}))
        rows: Any
        if kind in {"town", "village"}:
            levels = [DivisionLevel.VILLAGE] if kind == "village" else [DivisionLevel.TOWN, DivisionLevel.AREA]
            rows = Division.objects.within(here).filter(level__in=levels)
            named = Q(name=name) | Q(code=name) | Q(mca_code=name) | Q(aliases__name=name)
        elif kind == "management_unit":
            rows, named = ManagementUnit.objects.all(), Q(name=name) | Q(code=name)
        elif kind == "user":
            rows, named = WaterUser.objects.within(here), Q(name=name) | Q(code=name) | Q(credit_code=name)
        elif kind == "project":
            rows, named = Project.objects.within(here), Q(name=name) | Q(code=name) | Q(permit_number=name)
        else:
            rows, named = Intake.objects.within(here), Q(name=name) | Q(code=name) | Q(national_code=name)
        found = list(rows.filter(named).distinct().values_list("pk", flat=True)[:2])
        if len(found) != 1:
            raise UnknownName(kind, name)
        return found[0]


def ask_of(says: Says, period: Period, names: Names, thing: tuple[str, int] | None = None) -> Ask:
    """What a cell asks for; `thing` is what its repeated row stands for.

    Raises:
        UnknownName: see `Names`.
    """
    where = {name: names.find(name, value) for name in FILTERS if (value := getattr(says, name))}
    if thing:
        where[thing[0]] = thing[1]
    return Ask(says.figure, period, tuple(sorted(where.items())), says.source, says.sector, says.method)


# --- answers ---

SPLIT_BY = ("intake", "project", "user", "village", "town", "unit", "source_kind", "sector")
"""By which grouping the account is asked, the one with most rows first: so one question answers a whole column."""

ACCOUNT_NAMES = {"management_unit": "unit"}
"""Filters of the account that have another name there."""


def answers(county: Division, asks: Iterable[Ask]) -> dict[Ask, Decimal | None]:
    """Each figure: volumes in m³, counts, mu. None: it is not known."""
    territory = Territory(paths=frozenset({county.path}))
    wanted = set(asks)
    found: dict[Ask, Decimal | None] = {}
    volumes = [
        a for a in wanted if a.figure in VOLUMES - {"permitted", "allotted"} or a.figure == "intakes_without_volume"
    ]
    found |= _of_account(territory, volumes)
    counted = [a for a in wanted if a.figure in LEDGER]
    if counted:
        ledger = _Ledger(territory)
        found |= {ask: ledger.count(ask) for ask in counted}
    permitted = [a for a in wanted if a.figure == "permitted"]
    if permitted:
        permits = _Permits(territory)
        found |= {ask: permits.sum(ask) for ask in permitted}
    given = [a for a in wanted if a.figure == "allotted"]
    if given:
        allotments = _Allotments(county)
        found |= {ask: allotments.sum(ask) for ask in given}
    for ask in wanted:
        if ask.figure == "irrigated_mu":
            found[ask] = _irrigated(territory, ask)
    return found


def _filters(ask: Ask) -> dict[str, Any]:
    return {ACCOUNT_NAMES.get(name, name): pk for name, pk in ask.where}


def _of_account(territory: Territory, asks: Sequence[Ask]) -> dict[Ask, Decimal | None]:
    """Volumes of the account: each ask is a sum of single ones, and those that differ in one filter are asked together."""
    singles: dict[Ask, list[dict[str, Any]]] = {}
    groups: dict[tuple[Period, str, tuple[tuple[str, Any], ...]], dict[Any, accounts.AccountRow]] = {}
    for ask in asks:
        singles[ask] = [
            _filters(ask) | ({"source_kind": source} if source else {}) | ({"sector": sector} if sector else {})
            for source in ask.source or ("",)
            for sector in ask.sector or ("",)
        ]
    found: dict[Ask, Decimal | None] = {}
    for ask, parts in singles.items():
        rows = []
        for filters in parts:
            by = next((name for name in SPLIT_BY if name in filters), "total")
            rest = tuple(sorted((k, v) for k, v in filters.items() if k != by))
            key = (ask.period, by, rest)
            if key not in groups:
                groups[key] = {row.key: row for row in accounts.account(territory, ask.period, by, dict(rest))}
            rows.append(groups[key].get(filters.get(by)))
        there = [row for row in rows if row is not None]
        if there:
            found[ask] = _sum([_of_row(row, ask) for row in there])
        else:  # nothing lies there: a known zero; but nobody knows what is given back, nor of a well not accounted for yet
            one = {name for name, _pk in ask.where} & {"intake", "project", "user"} and not (ask.source or ask.sector)
            found[ask] = None if one or ask.figure in {"returned", "consumption"} else ZERO
    return found


def _sum(parts: Sequence[Decimal | None]) -> Decimal | None:
    """Of parts that are known; None where there is none."""
    known = [part for part in parts if part is not None]
    return sum(known, ZERO) if known else None


def _of_row(row: accounts.AccountRow, ask: Ask) -> Decimal | None:
    if ask.figure == "intakes_without_volume":
        return Decimal(row.intakes_without_volume)
    if ask.method and ask.figure == "abstraction":
        taken = [row.by_method.get(method) for method in ask.method]
        return None if row.abstraction_m3 is None else sum((v for v in taken if v is not None), ZERO)
    value: Decimal | None = getattr(row, f"{ask.figure}_m3")
    return value


class _Ledger:
    """Intakes of the ledger that are not sealed, found by what an ask is narrowed to."""

    def __init__(self, territory: Territory) -> None:
        meter = MeterInstallation.objects.filter(intake=OuterRef("pk"), removed_at=None)
        station = StationLink.objects.filter(intake=OuterRef("pk"), unlinked_at=None)
        rows = (
            Intake.objects.within(territory)
            .exclude(status=IntakeStatus.SEALED)
            .annotate(metered=Exists(meter), heard=Exists(station))
            .values_list(
                "pk", "division_id", "division__level", "division__parent_id", "management_unit_id", "project_id",
                "project__user_id", "source__kind", "sector", "metered", "heard", "project__permit_number",
            )
        )  # fmt: skip
        self._by: dict[Any, list[dict[str, Any]]] = defaultdict(list)
        for pk, division, level, parent, unit, project, user, source, sector, metered, heard, permit in rows:
            row = {
                "intake": pk, "village": division, "town": parent if level == DivisionLevel.VILLAGE else division,
                "management_unit": unit, "project": project, "user": user, "source": source, "sector": sector,
                "intakes_with_meter": metered, "intakes_with_station": heard, "intakes_with_permit": bool(permit),
            }  # fmt: skip
            self._by[None].append(row)
            for name in FILTERS:
                self._by[name, row[name]].append(row)

    def count(self, ask: Ask) -> Decimal:
        lists = [self._by[name, pk] for name, pk in ask.where] or [self._by[None]]
        rows = [
            row
            for row in min(lists, key=len)
            if all(row[name] == pk for name, pk in ask.where)
            and (not ask.source or row["source"] in ask.source)
            and (not ask.sector or row["sector"] in ask.sector)
        ]
        if ask.figure == "users":
            return Decimal(len({row["user"] for row in rows}))
        return Decimal(sum(1 for row in rows if ask.figure == "intakes" or row[ask.figure]))


class _Permits:
    """Permitted volumes of projects, each counted once (quota/units.py)."""

    def __init__(self, territory: Territory) -> None:
        self._rows = standing(territory)

    def sum(self, ask: Ask) -> Decimal | None:
        if any(name == "intake" for name, _pk in ask.where):
            return None  # a permit is a project's
        return _sum(
            [
                row.volume_m3
                for row in self._rows
                if all(getattr(row, name) == pk for name, pk in ask.where)
                and (not ask.source or row.source in ask.source)
                and (not ask.sector or row.sector in ask.sector)
                and row.holds(ask.period.start, ask.period.end)
            ]
        )


class _Allotments:
    """Allotted volumes of a year as the ledger of allotments has them; a node that it does not name is unknown."""

    def __init__(self, county: Division) -> None:
        self._county = county
        self._nodes: dict[tuple[int, str], dict[Node, Decimal]] = {}
        self._users: dict[int, dict[int, Decimal]] = {}

    def sum(self, ask: Ask) -> Decimal | None:
        year, where = ask.period.last.year, dict(ask.where)
        if where.keys() - {"town", "management_unit", "user"}:
            return None
        if where.keys() == {"user"} and not ask.source and not ask.sector:
            if year not in self._users:
                self._users[year] = allotted_to_users(year)
            return self._users[year].get(where["user"])
        parts = []
        for kind in ask.source or tuple(SourceKind.values):
            if (year, kind) not in self._nodes:
                self._nodes[year, kind] = allotted(self._county, year, kind)
            for sector in ask.sector or (None,):
                node = Node(where.get("management_unit"), where.get("town"), sector, where.get("user"))
                parts.append(self._nodes[year, kind].get(node))
        return _sum(parts)


def _irrigated(territory: Territory, ask: Ask) -> Decimal | None:
    """Irrigated area, mu: of each user and well the newest up to the period's year, baselines aside. A user's own figure
    stands for its wells where it has both."""
    rows = IrrigatedArea.objects.within(territory).filter(is_baseline=False, year__lte=ask.period.last.year)
    where = dict(ask.where)
    if "town" in where or "village" in where:
        path = Division.objects.filter(pk=where.get("village") or where["town"]).values_list("path", flat=True).first()
        rows = rows.filter(user__division__path__startswith=path or "-")
    if "user" in where:
        rows = rows.filter(user=where["user"])
    for name, lookup in (
        ("intake", "intake"),
        ("project", "intake__project"),
        ("management_unit", "intake__management_unit"),
    ):
        if name in where:
            rows = rows.filter(**{lookup: where[name]})
    newest: dict[tuple[int, int | None], Decimal] = {}
    for user, intake, area in rows.order_by("year").values_list("user_id", "intake_id", "area_mu"):
        newest[user, intake] = area
    own = {user for user, intake in newest if intake is None}
    return _sum([area for (user, intake), area in newest.items() if intake is None or user not in own])


# --- one step back ---

LIST_PAGES = {
    "intakes": "intake-list", "intakes_with_meter": "intake-list", "intakes_with_station": "intake-list",
    "intakes_with_permit": "intake-list", "users": "user-list", "permitted": "project-list", "irrigated_mu": "user-list",
}  # fmt: skip


def source_of(ask: Ask) -> str:
    """The page on which a figure is explained: the account of the same period and filters, or the list that is counted."""
    if ask.figure == "allotted":
        return f"{reverse('quota')}?{urlencode({'year': ask.period.last.year})}"
    where = _filters(ask)
    if ask.figure in LIST_PAGES:
        town = Division.objects.filter(pk=where.get("town", 0)).values_list("code", flat=True).first()
        asked = {"town": town or "", "source": ask.source[0] if len(ask.source) == 1 else ""}
        asked["sector"] = ask.sector[0] if len(ask.sector) == 1 else ""
        return f"{reverse(LIST_PAGES[ask.figure])}?{urlencode({k: v for k, v in asked.items() if v})}"
    if len(ask.source) == 1:
        where["source_kind"] = ask.source[0]
    if len(ask.sector) == 1:
        where["sector"] = ask.sector[0]
    by = next((name for name in ("intake", "village", "town", "sector") if name not in where), "intake")
    if ask.figure == "intakes_without_volume" or where.keys() & {"user", "project", "village", "unit"}:
        by = "intake"
    if len(ask.source) > 1:
        by = "source_kind"
    asked = where | {"by": by, "year": ask.period.last.year}
    asked |= {"from": ask.period.start.isoformat(), "to": ask.period.last.isoformat()}
    return f"{reverse('account')}?{urlencode(asked)}"


def moved(ask: Ask, period: Period) -> Ask:
    """The same figure of another period."""
    return replace(ask, period=period)
