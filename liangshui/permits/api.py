"""Permits and their cases by API; applications from a one-stop service come in here."""

from typing import Any

from django.utils import timezone
from ninja import Field, Router, Schema

from liangshui.core.access import Right
from liangshui.parameters.queries import law
from liangshui.permits import applications, asking, casework, queries
from liangshui.permits.models import Case, CasePaper, Permit
from liangshui.permits.rules.gate import what_would_pass
from liangshui.permits.rules.life import Kind
from liangshui.permits.words import FIELDS, told
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

router = Router(tags=["permits"])


class PermitOut(Schema):
    """A permit with what it says today; null: the register knows nothing."""

    id: int
    number: str
    project: str = Field(description="code of the abstraction project")
    holder: str = Field(description="code of the water user")
    office: str
    volume_m3: Volume
    begins: str | None
    expires: str | None
    source: str
    use: str
    months_m3: list[str]
    ended_on: str | None
    end: str


class CaseOut(Schema):
    """An application and where it stands."""

    id: int
    number: str
    outside_number: str
    kind: str
    state: str
    applicant: str
    permit: str | None
    volume_m3: Volume
    received_on: str | None
    closed_on: str | None
    who_acts: str
    due: str | None = Field(description="day by which to act, by law; null if none runs or it cannot be told")
    open: list[str] = Field(default_factory=list, description="items that are still open, in words")


class PaperIn(Schema):
    """A paper of an application."""

    what: CasePaper.What = Field(description="which paper it is")
    name: str = Field(max_length=120, description="name of the file")
    content: str = Field(description="the file in base64: PDF, Word, Excel or picture, without macros")


class ApplicationIn(Schema):
    """An application as it stands in the one-stop service. Whatever is left out stays open in a draft."""

    number: str = Field(max_length=60, description="its number there; sent twice it is one")
    applicant: str = Field(max_length=40, description="code or unified credit code of the water user")
    kind: Kind = Kind.NEW
    permit: str | None = None
    received_on: str | None = None
    taker: str | None = None
    name: str | None = None
    address: str | None = None
    reason: str | None = None
    begins: str | None = None
    years: int | None = None
    use: str | None = None
    industry: str | None = None
    purpose: str | None = None
    volume_m3: Volume = None
    months_m3: list[str | None] | None = None
    source: str | None = None
    division: str | None = None
    management_unit: str | None = None
    longitude: str | None = None
    latitude: str | None = None
    works: str | None = None
    existing: bool = False
    design_capacity_m3: Volume = None
    quota_m3: Volume = None
    quota_basis: str | None = None
    metering: str | None = None
    saving: str | None = None
    return_place: str | None = None
    return_m3: Volume = None
    pollutants: str | None = None
    must_be_filed: bool = False
    other: str | None = None
    papers: list[PaperIn] = Field(default_factory=list)


def _day(value: Any) -> str | None:
    return value.isoformat() if value else None


def _permit(permit: Permit) -> dict[str, Any]:
    now = permit.words_on(timezone.localdate())
    return {
        "id": permit.pk, "number": permit.number, "project": permit.project.code,
        "holder": now.holder.code if now else permit.project.user.code, "office": permit.office,
        "volume_m3": text(now.volume_m3) if now else None, "begins": _day(now.begins) if now else None,
        "expires": _day(now.expires) if now else None, "source": now.source if now else "", "use": now.use if now else "",
        "months_m3": [str(m) for m in now.months_m3] if now else [], "ended_on": _day(permit.ended_on), "end": permit.end,
    }  # fmt: skip


def _case(case: Case, open_items: tuple[str, ...] = ()) -> dict[str, Any]:
    look = queries.look(case, timezone.localdate())
    return {
        "id": case.pk, "number": case.number, "outside_number": case.outside_number, "kind": case.kind, "state": case.state,
        "applicant": case.applicant.code, "permit": case.permit.number if case.permit else None, "volume_m3": text(case.volume_m3),
        "received_on": _day(case.received_on), "closed_on": _day(case.closed_on), "who_acts": look.who.value,
        "due": _day(look.due.due) if look.due else None, "open": list(open_items),
    }  # fmt: skip


@router.get("/permits", response={200: PageOf[PermitOut], **REFUSALS})
@allowed(Right.PERMITS_VIEW)
def permits(request: Any, number: Word = "", after: Cursor = 0, limit: Limit = 100) -> Any:
    """The register of permits."""
    rows = (
        Permit.objects.within(territory(request)).select_related("project__user").prefetch_related("versions__holder")
    )
    return page(rows.filter(number=number) if number else rows, after, limit, _permit)


@router.get("/cases", response={200: PageOf[CaseOut], **REFUSALS})
@allowed(Right.PERMITS_VIEW)
def cases(request: Any, number: Word = "", outside_number: Word = "", after: Cursor = 0, limit: Limit = 100) -> Any:
    """Cases of permits, also by the number of the one-stop service."""
    rows = queries.cases_for(request.auth).select_related("applicant", "permit")
    rows = rows.filter(number=number) if number else rows
    return page(rows.filter(outside_number=outside_number) if outside_number else rows, after, limit, _case)


@router.get("/cases/{number}/decision", response={200: OneOf[dict[str, Any]], **REFUSALS})
@allowed(Right.PERMITS_VIEW)
def decision(request: Any, number: str) -> Any:
    """The last decision of the gate on a case, in the words of page and letter, and whether it comes out the same again."""
    case = one_by(queries.cases_for(request.auth), number=number)
    inside = territory(request).holds_path(case.division.path)
    record = one_by(case.decisions.order_by("-pk") if inside or not case.open else case.decisions.none())
    parts = asking.parts_of(record)
    found = asking.decision_of(record)
    changes = what_would_pass(*parts) if found.failed else []
    return {
        "item": {
            "on": str(record.on),
            "versions": record.versions,
            "replays": asking.replay(record),
            **told(found, changes, law()),
        }
    }


@router.post("/cases", response={200: OneOf[CaseOut], **REFUSALS})
@allowed(Right.PERMITS_APPLY)
def apply(request: Any, given: ApplicationIn) -> Any:
    """Hand in an application from a one-stop service; sent again it changes nothing."""
    sent = {name: value for name, value in given.dict().items() if value not in (None, "")}
    sent["kind"] = given.kind.value
    taken = applications.take(request.auth, sent)
    return {"item": _case(taken.case, taken.open)}


@router.post("/cases/{number}/papers", response={200: OneOf[CaseOut], **REFUSALS})
@allowed(Right.PERMITS_APPLY)
def add_paper(request: Any, number: str, given: PaperIn) -> Any:
    """Hand in a paper afterwards; sent again it is one."""
    case = one_by(Case.objects.within(request.auth.territory(Right.PERMITS_APPLY)), number=number)
    applications.take_paper(request.auth, case, given.dict())
    return {"item": _case(case, tuple(str(FIELDS[name]) for name in casework.open_fields(case)))}
