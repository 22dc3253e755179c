"""What a repeated row can stand for: towns, villages, users, projects, intakes, and intakes by day; and its words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch
from django.utils import timezone
from django.utils.translation import gettext as _

from liangshui.accounting.queries import by_day
from liangshui.core.access import Territory
from liangshui.core.errors import Invalid
from liangshui.core.periods import Period
from liangshui.registry.codes import DivisionLevel, IntakeStatus
from liangshui.registry.models import (
    Division,
    Intake,
    ManagementUnit,
    MeterInstallation,
    Project,
    WaterUser,
)
from liangshui.registry.queries import town_of
from liangshui.reports.asks import Names
from liangshui.reports.rules.mapping import FILTERS, Says

MOST_ROWS = 120_000
Word = str | date | Decimal | int | None


@dataclass(frozen=True, slots=True)
class Thing:
    """What one row stands for: its filter and id, its words, and a volume where the row is a day's."""

    kind: str
    pk: int
    words: Mapping[str, Word]
    volume_m3: Decimal | None = None
    is_day: bool = False


def things(county: Division, each: str, says: Says, period: Period, names: Names) -> list[Thing]:
    """The things of a county that a repeated row stands for, in the order of their codes, narrowed by what its marks say.

    Intakes are those not sealed; users and projects those with such intakes.

    Raises:
        UnknownName: the marks narrow by something unknown.
        Invalid: more than MOST_ROWS rows.
    """
    here = Territory(paths=frozenset({county.path}))
    where = {name: names.find(name, value) for name in FILTERS if (value := getattr(says, name))}
    if each in {"town", "village"}:
        found = _divisions(here, each, where)
    elif each == "management_unit":
        units = ManagementUnit.objects.filter(division__path__startswith=county.path).order_by("code")
        found = [Thing(each, u.pk, {"code": u.code, "name": u.name, "management_unit": u.name}) for u in units]
    else:
        found = _of_intakes(each, _intakes(here, where, says), period)
    if len(found) > MOST_ROWS:
        raise Invalid(
            _("The list would have %(n)s rows; a table can have %(most)s. Narrow it by town, source or use.")
            % {"n": len(found), "most": MOST_ROWS}
        )
    return found


def _divisions(here: Territory, each: str, where: Mapping[str, int]) -> list[Thing]:
    levels = [DivisionLevel.VILLAGE] if each == "village" else [DivisionLevel.TOWN, DivisionLevel.AREA]
    rows = Division.objects.within(here).filter(level__in=levels).select_related("parent").order_by("code")
    if "town" in where and each == "village":
        rows = rows.filter(parent=where["town"])
    return [
        Thing(each, d.pk, {"code": d.code, "name": d.name, "town": town_of(d).name, "village": d.name}) for d in rows
    ]


def _intakes(here: Territory, where: Mapping[str, int], says: Says) -> list[Intake]:
    present = MeterInstallation.objects.filter(removed_at=None).select_related("meter")
    rows = (
        Intake.objects.within(here)
        .exclude(status=IntakeStatus.SEALED)
        .select_related("project__user__division__parent", "project__division__parent", "division__parent", "source")
        .select_related("management_unit")
        .prefetch_related(Prefetch("meter_installations", present, to_attr="open_meters"))
        .order_by("code")
    )
    if "town" in where:
        town = Division.objects.filter(pk=where["town"]).values_list("path", flat=True)[0]
        rows = rows.filter(division__path__startswith=town)
    lookups = {
        "village": "division",
        "management_unit": "management_unit",
        "user": "project__user",
        "project": "project",
    }
    for name, lookup in lookups.items():
        if name in where:
            rows = rows.filter(**{lookup: where[name]})
    if says.source:
        rows = rows.filter(source__kind__in=says.source)
    if says.sector:
        rows = rows.filter(sector__in=says.sector)
    return list(rows)


def _of_intakes(each: str, intakes: list[Intake], period: Period) -> list[Thing]:
    if each == "intake":
        return [Thing("intake", i.pk, _intake_words(i)) for i in intakes]
    if each == "intake_day":
        return _days(intakes, period)
    projects = {i.project_id: i.project for i in intakes}
    if each == "project":
        rows = sorted(projects.values(), key=lambda p: p.code)
        first = {i.project_id: i for i in reversed(intakes)}
        return [Thing("project", p.pk, _intake_words(first[p.pk]) | _project_words(p)) for p in rows]
    users = {p.user_id: p.user for p in projects.values()}
    permits: dict[int, list[Project]] = {}
    for project in sorted(projects.values(), key=lambda p: p.code):
        permits.setdefault(project.user_id, []).append(project)
    return [
        Thing("user", u.pk, _user_words(u, permits[u.pk])) for u in sorted(users.values(), key=lambda user: user.code)
    ]


def _days(intakes: list[Intake], period: Period) -> list[Thing]:
    until = min(period.end, timezone.localdate())
    if period.start >= until:
        return []
    days = Period(period.start, until)
    if len(intakes) * days.length > MOST_ROWS:
        return [Thing("intake", 0, {})] * (MOST_ROWS + 1)  # told by the caller, without the work
    chosen = by_day([i.pk for i in intakes], days)
    found = []
    for intake in intakes:
        words = _intake_words(intake)
        for one in chosen[intake.pk]:
            told = words | {"day": one.day, "method": one.method.value if one.method else ""}
            found.append(Thing("intake", intake.pk, told, one.volume_m3, True))
    return found


# --- words ---


def _place_words(division: Division) -> dict[str, Word]:
    village = division.name if division.level == DivisionLevel.VILLAGE else ""
    return {"town": town_of(division).name, "village": village}


def _user_words(user: WaterUser, projects: list[Project]) -> dict[str, Word]:
    words: dict[str, Word] = {
        "code": user.code, "name": user.name, "user_code": user.code, "user_name": user.name,
        "credit_code": user.credit_code, "industry_code": user.industry_code, "user_kind": user.kind, "kind": user.kind,
        "permit_number": "、".join(p.permit_number for p in projects if p.permit_number),
        "project_name": "、".join(p.name for p in projects),
    }  # fmt: skip
    if len(projects) == 1:
        words |= {"permit_from": projects[0].permit_from, "permit_to": projects[0].permit_to}
    return words | _place_words(user.division)


def _project_words(project: Project) -> dict[str, Word]:
    return (
        _user_words(project.user, [project])
        | {"code": project.code, "name": project.name}
        | _place_words(project.division)
    )


def _intake_words(intake: Intake) -> dict[str, Word]:
    meters: Any = getattr(intake, "open_meters", [])
    return {
        **_user_words(intake.project.user, [intake.project]),
        "code": intake.code, "name": intake.name, "national_code": intake.national_code, "kind": intake.kind,
        "status": intake.status, "management_unit": intake.management_unit.name if intake.management_unit else "",
        "source": intake.source.kind, "source_name": intake.source.name, "sector": intake.sector,
        "longitude": intake.longitude, "latitude": intake.latitude,
        "meter_number": meters[0].meter.number if meters else "",
        **_place_words(intake.division),
    }  # fmt: skip
