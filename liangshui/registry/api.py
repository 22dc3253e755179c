"""The ledger by API: divisions, units, sources, users, projects, intakes."""

from typing import Any

from ninja import Field, Router, Schema

from liangshui.core.access import Right
from liangshui.records.api import (
    REFUSALS,
    Cursor,
    Limit,
    OneOf,
    PageOf,
    Volume,
    Word,
    allowed,
    one_by,
    page,
    territory,
    text,
)
from liangshui.registry import queries
from liangshui.registry.codes import DivisionLevel, IntakeKind, IntakeStatus, Sector, SourceKind, UserKind
from liangshui.registry.models import Intake

router = Router(tags=["registry"])


class DivisionOut(Schema):
    id: int
    code: str
    mca_code: str
    name: str
    level: DivisionLevel
    parent: str | None = Field(None, description="statistical code of what it is part of")


class UnitOut(Schema):
    id: int
    code: str
    name: str
    division: str


class SourceOut(Schema):
    id: int
    code: str
    name: str
    kind: SourceKind


class UserOut(Schema):
    id: int
    code: str
    name: str
    kind: UserKind
    industry_code: str
    credit_code: str
    division: str


class ProjectOut(Schema):
    id: int
    code: str
    name: str
    user: str
    division: str
    permit_number: str
    permitted_m3: Volume
    permit_from: str | None
    permit_to: str | None


class IntakeOut(Schema):
    id: int
    code: str
    national_code: str
    name: str
    kind: IntakeKind
    status: IntakeStatus
    sector: Sector
    project: str
    user: str
    division: str
    town: str
    management_unit: str | None
    source: str
    source_kind: SourceKind
    longitude: str | None
    latitude: str | None
    place_guessed: bool
    depth_m: str | None
    capacity_m3_h: str | None
    max_m3_d: str | None
    lawful_method: str
    sealed_on: str | None


def _day(value: Any) -> str | None:
    return value.isoformat() if value else None


def _division(d: Any) -> dict[str, Any]:
    parent = d.parent.code if d.parent else None
    return {"id": d.pk, "code": d.code, "mca_code": d.mca_code, "name": d.name, "level": d.level, "parent": parent}


def _unit(u: Any) -> dict[str, Any]:
    return {"id": u.pk, "code": u.code, "name": u.name, "division": u.division.code}


def _source(s: Any) -> dict[str, Any]:
    return {"id": s.pk, "code": s.code, "name": s.name, "kind": s.kind}


def _user(u: Any) -> dict[str, Any]:
    facts = {name: getattr(u, name) for name in ("code", "name", "kind", "industry_code", "credit_code")}
    return {"id": u.pk, **facts, "division": u.division.code}


def _project(p: Any) -> dict[str, Any]:
    return {
        "id": p.pk,
        "code": p.code,
        "name": p.name,
        "user": p.user.code,
        "division": p.division.code,
        "permit_number": p.permit_number,
        "permitted_m3": text(p.permitted_m3),
        "permit_from": _day(p.permit_from),
        "permit_to": _day(p.permit_to),
    }


def _intake(i: Any) -> dict[str, Any]:
    facts = ("code", "national_code", "name", "kind", "status", "sector", "place_guessed", "lawful_method")
    figures = ("longitude", "latitude", "depth_m", "capacity_m3_h", "max_m3_d")
    return {
        "id": i.pk,
        **{name: getattr(i, name) for name in facts},
        **{name: text(getattr(i, name)) for name in figures},
        "project": i.project.code,
        "user": i.project.user.code,
        "division": i.division.code,
        "town": queries.town_of(i.division).code,
        "management_unit": i.management_unit.code if i.management_unit else None,
        "source": i.source.code,
        "source_kind": i.source.kind,
        "sealed_on": _day(i.sealed_on),
    }


def _narrow(rows: Any, **given: Any) -> Any:
    """Apply the filters that were given."""
    return rows.filter(**{lookup: value for lookup, value in given.items() if value not in (None, "")})


@router.get("/divisions", response={200: PageOf[DivisionOut], **REFUSALS})
@allowed(Right.REGISTRY_VIEW)
def divisions(request: Any, level: DivisionLevel | None = None, after: Cursor = 0, limit: Limit = 100) -> Any:
    """Divisions within the caller’s area."""
    return page(_narrow(queries.divisions(territory(request)), level=level), after, limit, _division)


@router.get("/units", response={200: PageOf[UnitOut], **REFUSALS})
@allowed(Right.REGISTRY_VIEW)
def units(request: Any, after: Cursor = 0, limit: Limit = 100) -> Any:
    """Groundwater management units; they are published, so every reader of the ledger sees all."""
    return page(queries.units(), after, limit, _unit)


@router.get("/sources", response={200: PageOf[SourceOut], **REFUSALS})
@allowed(Right.REGISTRY_VIEW)
def sources(request: Any, kind: SourceKind | None = None, after: Cursor = 0, limit: Limit = 100) -> Any:
    """Sources of water, likewise."""
    return page(_narrow(queries.sources(), kind=kind), after, limit, _source)


@router.get("/users", response={200: PageOf[UserOut], **REFUSALS})
@allowed(Right.REGISTRY_VIEW)
def users(
    request: Any,
    code: Word = "",
    kind: UserKind | None = None,
    credit_code: Word = "",
    after: Cursor = 0,
    limit: Limit = 100,
) -> Any:
    """Water users."""
    rows = _narrow(queries.users(territory(request)), code=code, kind=kind, credit_code=credit_code)
    return page(rows, after, limit, _user)


@router.get("/projects", response={200: PageOf[ProjectOut], **REFUSALS})
@allowed(Right.REGISTRY_VIEW)
def projects(
    request: Any, code: Word = "", user: Word = "", permit_number: Word = "", after: Cursor = 0, limit: Limit = 100
) -> Any:
    """Abstraction projects with their permits; `user` is a user’s code."""
    rows = queries.projects(territory(request))
    return page(_narrow(rows, code=code, user__code=user, permit_number=permit_number), after, limit, _project)


@router.get("/intakes", response={200: PageOf[IntakeOut], **REFUSALS})
@allowed(Right.REGISTRY_VIEW)
def intakes(
    request: Any,
    division: Word = "",
    user: Word = "",
    project: Word = "",
    unit: Word = "",
    status: IntakeStatus | None = None,
    sector: Sector | None = None,
    source_kind: SourceKind | None = None,
    after: Cursor = 0,
    limit: Limit = 100,
) -> Any:
    """Intakes; `division` is the code of a division, and means it and all below."""
    place = territory(request)
    rows = queries.intakes(place)
    if division:
        rows = rows.filter(division__path__startswith=one_by(queries.divisions(place), code=division).path)
    rows = _narrow(
        rows,
        project__user__code=user,
        project__code=project,
        management_unit__code=unit,
        status=status,
        sector=sector,
        source__kind=source_kind,
    )
    return page(rows, after, limit, _intake)


@router.get("/intakes/{code}", response={200: OneOf[IntakeOut], **REFUSALS})
@allowed(Right.REGISTRY_VIEW)
def intake(request: Any, code: Word) -> Any:
    """One intake by its code, or by its national code."""
    rows = queries.intakes(territory(request))
    found: Intake | None = rows.filter(national_code=code).first() if code else None
    return {"item": _intake(rows.filter(code=code).first() or found or one_by(rows, code=code))}
