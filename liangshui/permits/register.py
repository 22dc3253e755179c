"""Verbs of the register of permits: issue, a new version, an end; the stock of before; corrections by hand with their reason.

The project of the ledger repeats what the permit says today, so that every account shows the same limit; it is written here.
"""

import secrets
from collections.abc import Iterable
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from liangshui.core.access import SYSTEM, Actor, Right
from liangshui.core.errors import Invalid
from liangshui.core.periods import plan_year
from liangshui.core.workdays import add_years
from liangshui.parameters.queries import law
from liangshui.permits import offices, queries
from liangshui.permits.models import ROOM, Case, Keeping, Letter, Override, Permit, PermitEnd, PermitVersion
from liangshui.permits.rules.conditions import LevelRule
from liangshui.permits.rules.gate import Use
from liangshui.records import papers
from liangshui.records.locks import GRANTS, hold
from liangshui.registry import services as registry
from liangshui.registry.codes import IntakeKind, Sector, SourceKind
from liangshui.registry.models import Intake, Project, Source

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
TERMS = (
    "holder", "volume_m3", "begins", "expires", "source", "use", "purpose", "months_m3", "return_place", "return_m3", "level_station",
    "warn_m", "reduce_m", "stop_m", "resume_m", "reduced_m3_day", "conditions", "document",
)  # fmt: skip
CORRECTABLE = tuple(name for name in TERMS if name != "holder")
TWO_OFFICERS = (Permit.End.REVOKED, Permit.End.ANNULLED)
"""Ends that one officer proposes and another confirms."""
DEPTHS = ("warn_m", "reduce_m", "stop_m", "resume_m")
LEVEL = (*DEPTHS, "reduced_m3_day")
"""What a restriction by level says besides its station."""
ONE_DAY = timedelta(days=1)
Origin = PermitVersion.Origin


def _code() -> str:
    return "".join(secrets.choice(ALPHABET) for _place in range(10))


def last_day(begins: date, years: int) -> date:
    """Last day of a term of so many years: from 2026-01-01 for 5 years to 2030-12-31."""
    return add_years(begins, years) - ONE_DAY


def standing_version(permit: Permit) -> PermitVersion:
    """What the permit says now. Raises Invalid where it has ended."""
    current = permit.words_on(timezone.localdate())
    if permit.ended_on or current is None:
        raise Invalid(_("This permit has ended."))
    return current


def last_version(permit: Permit) -> PermitVersion:
    """What the permit says last: its next term where one is granted. Raises Invalid where it has ended."""
    standing_version(permit)
    return permit.words[-1]


def new_version(
    permit: Permit, day: date, origin: str, *, case: Case | None = None, until: date | None = None, **changed: Any
) -> PermitVersion:
    """What the permit says from a day on, or through `until`; what is not named stays as it was. The version before ends.

    A change goes on into words that are known to come, as the next term, where they would have said the same; a part of the volume
    that ends with its own day is kept apart. A restriction lies over whatever volume is set.

    Raises:
        Invalid: the permit has ended, or its present words do not count from an earlier day.
    """
    permit = Permit.objects.select_for_update().get(pk=permit.pk)
    current = standing_version(permit)
    if day < current.valid_from:
        raise Invalid(_("The present words of the permit count from %s on.") % current.valid_from, field="day")
    if any(each.valid_from == day for each in permit.words):
        raise Invalid(
            _("The permit was changed on this day already; a further change counts from the next day."), field="day"
        )
    version = _cut(permit, day)
    if until is not None and not permit.versions.filter(valid_from=until + ONE_DAY).exists():
        _mark(_cut(permit, until + ONE_DAY), origin, case=case)
    version = _mark(version, origin, case=case)
    before = {name: getattr(version, name) for name in TERMS} | {"volume_m3": version.unrestricted_m3}
    for each in permit.versions.filter(valid_from__gte=day).order_by("valid_from"):
        if until is None or each.valid_from <= until:
            _say(each, each.pk == version.pk, before, changed)
    _write_project(permit)
    return PermitVersion.objects.get(pk=version.pk)


def _cut(permit: Permit, day: date) -> PermitVersion:
    """The words from a day on as a version of their own; the same words before it end there."""
    held = PermitVersion.objects.on(day).get(permit=permit)
    if held.valid_from == day:
        return held
    until = held.valid_to
    held.valid_to = day
    held.save()
    held.pk, held._state.adding = None, True
    held.valid_from, held.valid_to = day, until
    held.save()
    return held


def _mark(version: PermitVersion, origin: str, **facts: Any) -> PermitVersion:
    """Write how a version came."""
    version = PermitVersion.objects.get(pk=version.pk)
    for name, value in ({"origin": origin, "case": None} | facts).items():
        setattr(version, name, value)
    version.save()
    return version


def _say(version: PermitVersion, first: bool, before: dict[str, Any], changed: dict[str, Any]) -> None:
    """Write what is changed into the version that begins with it, and into one after it where that would have said the same."""
    same_term = version.begins == before["begins"]
    for name, value in changed.items():
        if name == "volume_m3":
            _set_volume(version, before[name], value, same_term)
        elif first or getattr(version, name) == before[name]:
            setattr(version, name, value)
    version.save()


def _set_volume(version: PermitVersion, before: Decimal | None, after: Decimal | None, same_term: bool) -> None:
    """The volume apart from a restriction; of one term, a part that is taken over for a time comes on top."""
    has = version.unrestricted_m3
    if has == before:
        has = after
    elif same_term and None not in (has, before, after):
        has = max(Decimal(0), has + after - before)  # type: ignore[operator]
    if version.restricted and has is not None and version.volume_m3 is not None:
        version.whole_m3, version.volume_m3 = has, min(version.volume_m3, has)
    elif not version.restricted:
        version.volume_m3 = has


def unbroken_since(permit: Permit, version: PermitVersion) -> date | None:
    """From when it has been permitted without a gap: a renewal whose term begins next year leaves this year permitted, too."""
    begins = version.begins
    for before in permit.versions.exclude(pk=version.pk).order_by("-valid_from", "-pk"):
        if (
            begins
            and before.begins
            and before.begins < begins
            and before.expires
            and before.expires >= begins - ONE_DAY
        ):
            begins = before.begins
    return begins


def counted(permit: Permit, day: date) -> Decimal | None:
    """With how much a permit counts in the totals from a day on: the most that it allows or will allow, restricted or not."""
    words = [v for v in permit.words if v.valid_to is None or v.valid_to > day]
    return max((v.unrestricted_m3 for v in words if v.unrestricted_m3 is not None), default=None)


def _told(permit: Permit, version: PermitVersion) -> dict[str, Any]:
    """What the ledger says of a permit under a version, by the names of the project: the volume of that version, the term of the last; no
    last day while it continues for want of a decision."""
    last = permit.words[-1]
    goes_on = queries.continued(permit, last, timezone.localdate())
    total = counted(permit, version.valid_from)
    return {
        "permit_number": permit.number, "permitted_m3": version.volume_m3, "permit_counted_m3": None if total == version.volume_m3 else total,
        "permit_from": unbroken_since(permit, last), "permit_to": None if goes_on else last.expires, "permit_purpose": version.purpose,
    }  # fmt: skip


def _write_project(permit: Permit) -> None:
    permit = Permit.objects.get(pk=permit.pk)
    version = standing_version(permit)
    more: dict[str, Any] = {"permit_office": permit.office, "permit_source": version.source}
    registry.save_project(SYSTEM, Project.objects.get(pk=permit.project_id), **_told(permit, version), **more)


def require_ordered(facts: dict[str, Any]) -> None:
    """Raises Invalid where a restriction by level has no station, contradicts itself, or reduces without saying to how much."""
    depths = {name: facts.get(name) for name in DEPTHS}
    if any(each is not None for each in depths.values()) and facts.get("level_station") is None:
        raise Invalid(_("Say which station measures the depth that restricts."), field="level_station")
    if not LevelRule(**depths).ordered:
        raise Invalid(
            _(
                "A permit warns at the smallest depth, reduces at a greater one, stops at the greatest, and resumes above where it reduces."
            ),
            field="warn_m",
        )
    if (facts.get("reduce_m") is None) != (facts.get("reduced_m3_day") is None):
        raise Invalid(_("Say from which depth on it is reduced, and to how many m³ a day."), field="reduced_m3_day")


def issue(case: Case, number: str, day: date, volume_m3: Decimal, years: int, terms: dict[str, Any]) -> Permit:
    """The certificate of a new permit, with the conditions that were approved: its term begins when it is issued."""
    project = case.project
    if project is None:
        raise Invalid(_("The case has no project yet."))
    found = offices.office()
    permit = Permit.objects.create(number=number, project=project, office=found.name, check_code=_code(), issued_on=day)
    PermitVersion.objects.create(
        permit=permit, valid_from=day, origin=PermitVersion.Origin.ISSUED, case=case, holder=project.user, volume_m3=volume_m3, begins=day,
        expires=last_day(day, years), source=case.source, use=case.use, purpose=case.purpose, return_place=case.return_place,
        return_m3=case.return_m3, **({"months_m3": case.months_m3} | terms),
    )  # fmt: skip
    _write_project(permit)
    permit.intakes.set(project.intakes.all() or [_made_intake(case, project, number)])
    return permit


def _made_intake(case: Case, project: Project, number: str) -> Intake:
    """The intake of a new permit in the ledger (地下水管理条例 49), from the works, place and meter of its application."""
    kinds = Source.objects.filter(kind=case.source).order_by("code")
    nearby = kinds.filter(intakes__management_unit=case.management_unit) if case.management_unit else kinds.none()
    source = nearby.first() or kinds.first() or registry.save_source(
        SYSTEM, code=f"S-{case.source}"[:40], name=str(SourceKind(case.source).label), kind=case.source
    )  # fmt: skip
    return registry.save_intake(
        SYSTEM, code=f"{project.code}-1"[:40], name=project.name, kind=case.works or IntakeKind.WELL, project=project,
        division=case.division, management_unit=case.management_unit, source=source, sector=SECTOR_OF.get(case.use, Sector.INDUSTRY),
        longitude=case.longitude, latitude=case.latitude, note="; ".join(filter(None, (number, case.metering)))[:200],
    )  # fmt: skip


SECTOR_OF: dict[str, str] = {
    Use.LIVING: Sector.LIVING, Use.SERVICE: Sector.LIVING, Use.HEATING: Sector.LIVING, Use.AMUSEMENT: Sector.LIVING, Use.SNOW: Sector.LIVING,
    Use.IRRIGATION: Sector.AGRICULTURE, Use.HERDING: Sector.AGRICULTURE, Use.GREENING: Sector.ECOLOGY, Use.WATERSCAPE: Sector.ECOLOGY,
    Use.ECOLOGY: Sector.ECOLOGY,
}  # fmt: skip
"""The sector of the ledger for a use of a permit (our reading); every other use is industry."""


def close(permit: Permit, end: str, day: date, words: str, document: str) -> Permit:
    """End a permit: nothing is permitted from that day on."""
    permit = _close(permit, end, day, words, document)
    registry.save_project(
        SYSTEM, Project.objects.get(pk=permit.project_id), permitted_m3=None, permit_number="", permit_from=None, permit_to=None,
        permit_source="", permit_unit=None, permit_counted_m3=None,
    )  # fmt: skip
    permit.project.refresh_from_db()
    return permit


def _close(permit: Permit, end: str, day: date, words: str, document: str) -> Permit:
    permit = Permit.objects.select_for_update().get(pk=permit.pk)
    version = standing_version(permit)
    if day < version.valid_from:
        raise Invalid(_("The present words of the permit count from %s on.") % version.valid_from, field="day")
    for coming in permit.versions.filter(valid_from__gt=version.valid_from):  # what never came to count
        coming.delete()
    if day == version.valid_from:
        version.valid_to = day + ONE_DAY
    else:
        version.valid_to = day
    version.save()
    permit.end, permit.ended_on, permit.end_words, permit.end_document = (
        end,
        day,
        words.strip()[:300],
        document.strip()[:120],
    )
    permit.save()
    return permit


def _require_end(actor: Actor, permit: Permit, day: date, words: str, document: str) -> None:
    actor.require(Right.PERMITS_DECIDE, path=permit.project.division.path)
    if day > timezone.localdate():
        raise Invalid(_("The day lies in the future. Enter it when it has come."), field="day")
    if not words.strip() or not document.strip():
        raise Invalid(_("An end needs its reason and its document."), field="words")


@transaction.atomic
def end(actor: Actor, permit: Permit, *, end: str, day: date, words: str, document: str) -> Permit:
    """Cancel or withdraw a permit, by a document.

    Raises:
        Forbidden: without the right to decide where the permit lies.
        Invalid: it has ended, the reason is missing, or a revocation or annulment is meant, which takes two officers.
    """
    _require_end(actor, permit, day, words, document)
    if end in TWO_OFFICERS:
        raise Invalid(_("One officer proposes a revocation or annulment, another confirms it."), field="end")
    if end == Permit.End.EXPIRED:
        _require_run_out(permit, day)
    if end == Permit.End.DISUSED:
        _require_disused(actor, permit, day, words)
    return close(permit, end, day, words, document)


def _require_run_out(permit: Permit, day: date) -> None:
    """Raises Invalid where the term lasts still, or the permit goes on since nobody decided on its timely renewal (许可法 50)."""
    last = last_version(permit)
    if last.expires is None or last.expires >= day:
        raise Invalid(_("Its term is not over: the register has it until %s.") % (last.expires or "—"), field="end")
    if queries.continued(permit, last, day):
        raise Invalid(_("Its renewal was applied for in time and is not decided: it goes on."), field="end")


def _require_disused(actor: Actor, permit: Permit, day: date, words: str) -> None:
    """Raises Invalid where it was agreed that the permit is kept (取水条例 44); where the account has it that water was taken in this year or
    the last, the reason stands in the register of overrides."""
    if kept := queries.kept_until(permit, day):
        raise Invalid(_("It was agreed that this permit is kept until %s.") % kept.until, field="end")
    taken = [queries.taken_this_year(permit.project, day), queries.taken_in(permit.project, plan_year(day.year - 1))]
    if used := sum((each for each in taken if each), Decimal(0)):
        Override.objects.create(
            division=permit.project.division, permit=permit, check_code="disuse", words=words.strip()[:500], by_id=actor.person_id,
            finding=_("By the account %s m³ were taken in this year and the last.") % f"{used:,.0f}",
        )  # fmt: skip


@transaction.atomic
def propose_end(
    actor: Actor, permit: Permit, *, end: str, day: date, words: str, document: str, paper: bytes
) -> PermitEnd:
    """Propose a revocation or annulment with the file of its decision; it counts when another officer confirms it.

    Raises:
        Forbidden: without the right to decide where the permit lies.
        Invalid: it has ended, one is proposed already, the reason or the file is missing or of a wrong kind.
    """
    _require_end(actor, permit, day, words, document)
    permit = Permit.objects.select_for_update().get(pk=permit.pk)
    if day < standing_version(permit).valid_from:
        raise Invalid(
            _("The present words of the permit count from %s on.") % standing_version(permit).valid_from, field="day"
        )
    if end not in TWO_OFFICERS:
        raise Invalid(_("Only a revocation or annulment waits for another officer."), field="end")
    if not paper:
        raise Invalid(_("Attach the file of the decision."), field="paper")
    if permit.proposed_ends.filter(decided_at=None).exists():
        raise Invalid(_("An end of this permit is proposed already and waits for another officer."))
    return PermitEnd.objects.create(
        permit=permit, end=end, day=day, words=words.strip()[:300], document=document.strip()[:120], paper=papers.keep(ROOM, paper),
        entered_by_id=actor.person_id,
    )  # fmt: skip


def proposed_ends(actor: Actor) -> QuerySet[PermitEnd]:
    """Ends of permits that others have proposed and that the reader may confirm."""
    waiting = PermitEnd.objects.within(actor.territory(Right.PERMITS_DECIDE)).filter(decided_at=None)
    found: QuerySet[PermitEnd] = waiting.exclude(entered_by=None).exclude(entered_by=actor.person_id)
    return found


@transaction.atomic
def decide_end(actor: Actor, permit: Permit, *, confirm: bool) -> PermitEnd:
    """Confirm a proposed end, as another officer than who proposed it; or drop it, which both may.

    Raises:
        Forbidden: without the right to decide where the permit lies.
        Invalid: nothing is proposed, or one would confirm one's own.
    """
    actor.require(Right.PERMITS_DECIDE, path=permit.project.division.path)
    found = permit.proposed_ends.select_for_update().filter(decided_at=None).first()
    if found is None:
        raise Invalid(_("No end of this permit is proposed."))
    if confirm and (actor.person_id is None or found.entered_by_id in (None, actor.person_id)):
        raise Invalid(_("Another officer has to confirm what you proposed."))
    found.confirmed, found.decided_at, found.decided_by_id = confirm, timezone.now(), actor.person_id
    found.save()
    if confirm:
        close(permit, found.end, found.day, found.words, found.document)
    return found


@transaction.atomic
def keep_disused(actor: Actor, permit: Permit, *, why: str, words: str, document: str, until: date) -> Keeping:
    """Agree that a permit is kept though nothing was taken for two years (取水条例 44), until a day.

    Raises:
        Forbidden: without the right to decide where the permit lies.
        Invalid: it has ended, the day is past, the cause is none of the article, or reason or document are missing.
    """
    actor.require(Right.PERMITS_DECIDE, path=permit.project.division.path)
    standing_version(permit)
    if why not in Keeping.Why.values:
        raise Invalid(_("A permit is kept for force majeure or a major refit only."), field="why")
    if until < timezone.localdate():
        raise Invalid(_("The day is past. Say until when the permit is kept."), field="until")
    if not words.strip() or not document.strip():
        raise Invalid(_("A consent needs its reason and its document."), field="words")
    return Keeping.objects.create(
        permit=permit,
        why=why,
        words=words.strip()[:300],
        document=document.strip()[:120],
        until=until,
        by_id=actor.person_id,
    )


def grounds_of_restriction(day: date) -> dict[str, str]:
    """The cases of 取水条例 41 in which the volume of a year may be cut, as the law's data have them: AR-041 (1) and so on."""
    listed = law().on("AR-041", day).value or []
    return {f"AR-041 ({n})": str(_(each)) for n, each in enumerate(listed, 1)}


@transaction.atomic
def restrict(
    actor: Actor, permit: Permit, *, volume_m3: Decimal, day: date, words: str, document: str, until: date | None = None, ground: str = "",
    told_on: date | None = None, urgent: str = "",
) -> PermitVersion:  # fmt: skip
    """Restrict what a permit allows (限制取水) from a day, which may lie ahead, through another, or until it is lifted; the whole volume
    lifts it.

    What is set from that day on replaces an earlier restriction from there on, so that one entered wrongly can be mended on its day.
    A permit counts in the totals with its whole volume while it is restricted. Its user is told in writing before (取水条例 42(3), the note
    of AR-041), on `told_on`; `urgent` says why that could not wait.

    Raises:
        Forbidden: without the right to decide where the permit lies.
        Invalid: the volume is above the permit's, the days or the ground cannot be, reason, document, or notice are missing, or nothing is
            restricted that could be lifted.
    """
    actor.require(Right.PERMITS_DECIDE, path=permit.project.division.path)
    hold(GRANTS)
    permit = Permit.objects.select_for_update().get(pk=permit.pk)
    current = standing_version(permit)
    if day < current.valid_from:
        raise Invalid(_("The present words of the permit count from %s on.") % current.valid_from, field="day")
    current = PermitVersion.objects.on(day).get(permit=permit)
    if current.expires and day > max(current.expires, timezone.localdate()):
        raise Invalid(_("The permit runs out on %s, before that day.") % current.expires, field="day")
    if until is not None and until < day:
        raise Invalid(_("The last day of the restriction lies before its first."), field="until")
    if ground and ground not in grounds_of_restriction(day):
        raise Invalid(_("“%s” is no ground of a restriction.") % ground, field="ground")
    whole = current.unrestricted_m3
    if whole is None:
        raise Invalid(
            _("The register does not know what the permit allows. Enter its volume first."), field="volume_m3"
        )
    if volume_m3 > whole:
        raise Invalid(_("A restriction lies below what the permit allows."), field="volume_m3")
    if volume_m3 == whole and not current.restricted:
        raise Invalid(_("The permit is not restricted."), field="volume_m3")
    if not words.strip() or not document.strip():
        raise Invalid(_("A restriction needs its reason and its document."), field="words")
    if volume_m3 < whole and told_on is None and not urgent.strip():
        raise Invalid(
            _("The user is told in writing before a restriction (AR-041). Give the day of the notice, or say why it could not wait."), field="told_on"
        )  # fmt: skip
    if told_on is not None and told_on > min(day, timezone.localdate()):
        raise Invalid(_("The notice comes before the restriction."), field="told_on")
    if current.valid_from == day and current.origin not in (Origin.RESTRICTED, Origin.LIFTED):
        raise Invalid(
            _("The permit was changed on this day already; a further change counts from the next day."), field="day"
        )
    version = _unrestricted_from(permit, day)
    if volume_m3 < whole:
        if until is not None and not permit.versions.filter(valid_from=until + ONE_DAY).exists():
            _mark(_cut(permit, until + ONE_DAY), Origin.LIFTED)
        for each in permit.versions.filter(valid_from__gte=day):
            if (
                each.volume_m3 is not None
                and each.volume_m3 > volume_m3
                and (until is None or each.valid_from <= until)
            ):
                each.volume_m3, each.whole_m3, each.ground, each.words = (
                    volume_m3,
                    each.volume_m3,
                    ground,
                    words.strip()[:300],
                )
                each.told_on, each.urgent = told_on, urgent.strip()[:300]
                each.save()
    origin = Origin.RESTRICTED if volume_m3 < whole else Origin.LIFTED
    version = _mark(version, origin, document=document.strip()[:120], words=words.strip()[:300])
    _write_project(permit)
    return version


def _unrestricted_from(permit: Permit, day: date) -> PermitVersion:
    """The words from a day on without any restriction; the ends of restrictions that fall away with them are joined again."""
    version = _cut(permit, day)
    for each in permit.versions.filter(valid_from__gte=day, whole_m3__isnull=False):
        each.volume_m3, each.whole_m3, each.ground, each.words = each.whole_m3, None, "", ""
        each.told_on, each.urgent = None, ""
        each.save()
    for lifted in permit.versions.filter(valid_from__gt=day, origin=Origin.LIFTED).order_by("-valid_from"):
        before = permit.versions.get(valid_to=lifted.valid_from)
        if all(getattr(before, name) == getattr(lifted, name) for name in TERMS if name != "document"):
            lifted.delete()
            before.valid_to = lifted.valid_to
            before.save()
    return version


def restriction(permit: Permit, day: date) -> tuple[PermitVersion, date | None] | None:
    """The restriction that lies on a permit on a day, and its last day where one is set; None: it is not restricted."""
    held = permit.words_on(day)
    if permit.ended_on or held is None or not held.restricted:
        return None
    free = next((v for v in permit.words if v.valid_from > day and not v.restricted), None)
    return held, free.valid_from - ONE_DAY if free else None


@transaction.atomic
def correct(
    actor: Actor, permit: Permit, *, reason: str, day: date | None = None, intakes: Iterable[Intake] | None = None, **values: Any,
) -> PermitVersion | None:  # fmt: skip
    """Change what the register says by hand, with the reason; it stands in the register of overrides. None: nothing differs.

    The volume is that of the permit, apart from a restriction. `intakes`: those that the permit names, of its project.
    """
    actor.require(Right.PERMITS_REVIEW, path=permit.project.division.path)
    if not reason.strip():
        raise Invalid(_("Say why the register is changed by hand."), field="reason")
    day = day or timezone.localdate()
    current = standing_version(permit)
    said = {name: getattr(current, name) for name in TERMS} | {"volume_m3": current.unrestricted_m3}
    changed = {name: value for name, value in values.items() if name in CORRECTABLE and said[name] != value}
    if {"level_station", *LEVEL} & set(changed):
        require_ordered(said | changed)
    changes = [[name, shown_raw(said[name]), shown_raw(value)] for name, value in changed.items()]
    office = values.get("office", permit.office)
    if office != permit.office:
        changes.append(["office", permit.office, office])
    if intakes is not None and (named := set(intakes)) != (before := set(permit.intakes.all())):
        if any(each.project_id != permit.project_id for each in named):
            raise Invalid(_("An intake that a permit names belongs to its project."), field="intakes")
        changes.append(["intakes", *("、".join(sorted(each.name for each in side)) for side in (before, named))])
        permit.intakes.set(named)
    if not changes:
        return None
    if office != permit.office:
        permit.office = office
        permit.save()
    version = current
    if changed and day == current.valid_from:
        _say(current, True, said, changed)
        for coming in permit.versions.filter(valid_from__gt=current.valid_from):
            _say(coming, False, said, changed)
    elif changed:
        version = new_version(permit, day, PermitVersion.Origin.CORRECTED, **changed)
    _write_project(permit)
    Override.objects.create(
        division=permit.project.division, permit=permit, check_code="register", changes=changes, finding=changes_told(changes)[:600],
        words=reason.strip()[:500], by_id=actor.person_id,
    )  # fmt: skip
    return version


@transaction.atomic
def enter(
    actor: Actor, project: Project, *, number: str, office: str, issued_on: date | None = None, **facts: Any
) -> Permit:
    """Enter a permit that another office has issued (city, region, basin), or an old one on paper.

    Raises:
        Forbidden: without the right to keep the register where the project lies.
        Invalid: the number is taken, the project has a permit, or the issuing office is missing.
    """
    actor.require(Right.PERMITS_REVIEW, path=project.division.path)
    number, office = number.strip(), office.strip()
    if not number or Permit.objects.filter(number=number).exists():
        raise Invalid(
            _("There is a permit of this number.") if number else _("Enter the number of the permit."), field="number"
        )
    if not office:
        raise Invalid(_("Say which office issued it."), field="office")
    if Permit.objects.filter(project=project, ended_on=None).exists():
        raise Invalid(_("The project has a permit already; apply for its change."), field="project")
    permit = Permit.objects.create(
        number=number, project=project, office=office, check_code=_code(), issued_on=issued_on
    )
    since = facts.get("begins") or issued_on or timezone.localdate()
    PermitVersion.objects.create(
        permit=permit, valid_from=since, origin=PermitVersion.Origin.ISSUED, holder=project.user, **facts
    )
    permit.intakes.set(project.intakes.all())
    _write_project(permit)
    return permit


@transaction.atomic
def follow_stock() -> int:
    """Follow what the ledger says of permits; how many were made or changed.

    A permit of the stock becomes a full one; what was changed in the ledger since begins another version, with an entry in the register
    of overrides. A permit that only ever repeated the ledger goes where the ledger takes it back; of one that has been decided on, or
    that a person has entered or corrected, the register's words stand, and the ledger is written anew. A number that two projects carry
    is taken over once.
    """
    hold(GRANTS)
    rows = Permit.objects.filter(ended_on=None).select_related("project__division").prefetch_related("versions")
    known, today = {p.project_id: p for p in rows}, timezone.localdate()
    standing = {p.pk: now for p in known.values() if (now := p.words_on(today)) is not None}
    decided, done = _decided(), 0
    for permit in known.values():
        if not permit.project.permit_number:
            done += 1
            if permit.pk not in decided:
                permit.delete()
            else:
                _write_project(permit)
                _by_ledger(permit, [["permit_number", permit.number, ""]])
    taken = set(Permit.objects.values_list("number", flat=True))
    for project in Project.objects.exclude(permit_number="").select_related("user", "division"):
        facts: dict[str, Any] = {
            "holder": project.user, "volume_m3": project.permitted_m3, "begins": project.permit_from, "expires": project.permit_to,
            "purpose": project.permit_purpose,
        }  # fmt: skip
        found = known.get(project.pk)
        if found is not None and found.number != project.permit_number and project.permit_number not in taken:
            done += 1
            if found.pk not in decided:
                found.number = project.permit_number
                found.save()
            else:
                _close(
                    found, Permit.End.REPLACED, timezone.localdate(), _("changed in the ledger"), project.permit_number
                )
                found = None
        if found is not None and found.pk in decided:
            done += _overrule(found, standing[found.pk], project)
            continue
        if found is None:
            if project.permit_number not in taken:
                taken.add(project.permit_number)
                _adopt(project, facts)
                done += 1
        elif found.pk in standing:
            done += _follow(found, standing[found.pk], facts)
    return done


def _decided() -> set[int]:
    """Permits of which more than the ledger tells: a case, a letter, a person’s word, or a version that was decided."""
    told = (PermitVersion.Origin.STOCK, PermitVersion.Origin.CORRECTED)
    found: set[int] = set(PermitVersion.objects.exclude(origin__in=told).values_list("permit_id", flat=True))
    for model, lookup in ((Case, {}), (Letter, {}), (Override, {"by__isnull": False})):
        found |= set(model.objects.filter(permit__isnull=False, **lookup).values_list("permit_id", flat=True))
    return found


def _overrule(permit: Permit, version: PermitVersion, project: Project) -> bool:
    """Write the ledger anew where it says something else than a permit that has been decided on; whether it did. That a permit goes on,
    or does no longer, or that other words of it have begun to count, is no change that somebody made.
    """
    told = _told(permit, version)
    differs = [name for name, value in told.items() if getattr(project, name) != value]
    if not differs:
        return False
    _write_project(permit)
    earlier = [_told(permit, each) for each in permit.words if each.valid_from < version.valid_from]
    turned = any(all(getattr(project, n) == value for n, value in each.items() if n != "permit_to") for each in earlier)
    ran_out = differs == ["permit_to"] and permit.words[-1].expires and permit.words[-1].expires < timezone.localdate()
    if not turned and not ran_out:
        _by_ledger(permit, [[name, shown_raw(told[name]), shown_raw(getattr(project, name))] for name in differs])
    return True


def _adopt(project: Project, facts: dict[str, Any]) -> None:
    permit = Permit.objects.create(
        number=project.permit_number,
        project=project,
        office=project.permit_office,
        check_code=_code(),
        issued_on=project.permit_from,
    )
    PermitVersion.objects.create(
        permit=permit, valid_from=project.permit_from or timezone.localdate(), origin=PermitVersion.Origin.STOCK,
        source=project.permit_source, **facts,
    )  # fmt: skip


def _follow(permit: Permit, current: PermitVersion, facts: dict[str, Any]) -> bool:
    """Another version where the ledger says something else than the register; of one day the last word counts."""
    differs = [name for name, value in facts.items() if getattr(current, name) != value]
    if not differs:
        return False
    before = [[name, shown_raw(getattr(current, name)), shown_raw(facts[name])] for name in differs]
    if current.valid_from >= timezone.localdate():
        for name, value in facts.items():
            setattr(current, name, value)
        current.save()
    else:
        new_version(permit, timezone.localdate(), PermitVersion.Origin.CORRECTED, **facts)
    _by_ledger(permit, before)
    return True


def _by_ledger(permit: Permit, changes: list[list[str]]) -> None:
    Override.objects.create(
        division=permit.project.division, permit=permit, check_code="register", changes=changes, finding=changes_told(changes)[:600],
        words=_("changed in the ledger"),
    )  # fmt: skip


def shown_raw(value: Any) -> str:
    """A value as the register of overrides keeps it: codes as they are, so that each reader sees them in their own words."""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, list):
        return "、".join(str(each) or "—" for each in value)
    return "" if value is None else str(value)


def changes_told(changes: list[list[str]]) -> str:
    """Changes in words, each field by its name: what it was → what it is."""
    return "；".join(f"{_named(name)}：{_worded(name, old)} → {_worded(name, new)}" for name, old, new in changes)


def override_told(override: Override) -> str:
    """What an entry of the register of overrides is about, in the reader's language; entries of before keep their words."""
    return changes_told(override.changes) if override.changes else override.finding


def _named(name: str) -> str:
    for model in (PermitVersion, Permit, Project):
        with suppress(FieldDoesNotExist):
            return str(getattr(model._meta.get_field(name), "verbose_name", name))
    return name


def _worded(name: str, value: str) -> str:
    with suppress(FieldDoesNotExist):
        choices = dict(getattr(PermitVersion._meta.get_field(name), "flatchoices", ()))
        value = str(choices.get(value, value))
    return value or "—"
