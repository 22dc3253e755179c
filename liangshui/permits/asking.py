"""The gate over a case: what it asks for, what is known of the place, and the decision kept so that it can be worked out again."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from liangshui.core.access import Actor
from liangshui.core.decision import Decision
from liangshui.core.errors import Invalid, LiangshuiError
from liangshui.core.parameters import Law
from liangshui.parameters.queries import law
from liangshui.permits import queries
from liangshui.permits.models import Case, GateRecord
from liangshui.permits.rules.gate import (
    FIELDS_AND_HOMES,
    GROUNDWATER,
    NOWHERE,
    Application,
    Load,
    Source,
    State,
    Terms,
    Unit,
    Use,
    checks_of_plain,
    checks_plain,
    decide,
    of_plain,
    plain,
)
from liangshui.permits.rules.life import Kind
from liangshui.quota.queries import county
from liangshui.registry.models import Intake, ManagementUnit

ZERO = Decimal(0)
ANSWERS: dict[str, tuple[str, ...]] = {
    "mainstem": ("mainstem",), "network_covers": ("network",), "fragile": ("thirsty", "other_water"), "thirsty": ("thirsty",),
    "listed": ("listed",), "renewable": ("renewable",), "other_water": ("other_water",), "level_kept": ("level",),
    "meter_planned": ("meter",), "must_file": ("filed",), "filed": ("filed",), "saving_kept": ("saving_rules",),
    "standards_kept": ("standards",), "land_reclaimed": ("land",), "layout_sound": ("layout",), "function_zone_harm": ("function_zone",),
    "third_parties_harm": ("third_parties",), "large": ("large_change",),
    "heat_pump": ("heat_pump",), "drinking_source": ("heat_pump",), "reinjected": ("heat_pump",),
}  # fmt: skip
"""Questions about the place and the works that a reviewer answers with yes, no, or not at all, with the checks that need the answer;
and `load`, the state of the area."""


def questions(case: Case) -> list[str]:
    """Which of these an application raises, so that nobody is asked what turns nothing."""
    asked, terms = asked_of(case, None, {"must_file": True}), Terms.of(law(), timezone.localdate())
    open_place = State(unit=NOWHERE, other_water=True, thirsty=None if asked.use in FIELDS_AND_HOMES else True)
    codes = {check.code for check in decide(asked, open_place, terms).because}
    return [name for name, checks in ANSWERS.items() if codes & set(checks)]


def asked_of(case: Case, volume_m3: Decimal | None, answers: dict[str, Any]) -> Application:
    """What a case asks of the gate. A change, renewal or transfer goes beyond the permit by the difference of the volumes alone; what a
    change uses it for otherwise is new. A renewal and a transfer are of the use that the permit names."""
    volume = volume_m3 if volume_m3 is not None else case.volume_m3
    version = queries.version_on(case.permit, timezone.localdate()) if case.kind != Kind.NEW else None
    used_before = version.use if version else ""
    use = used_before if used_before and case.kind in (Kind.RENEWAL, Kind.TRANSFER) else case.use
    if volume is None or not case.source or not use:
        raise Invalid(_("Case %s says no volume, source or use yet: the gate has nothing to decide on.") % case.number)
    increase = None
    if case.kind != Kind.NEW and case.permit is not None:
        counted = queries.counted_m3(case.permit, timezone.localdate())
        if counted is None:  # it has run out, and its water may have been granted to others
            increase = volume
        else:
            increase = ZERO if case.kind == Kind.TRANSFER else max(ZERO, volume - counted)
    new_use = case.kind == Kind.CHANGE and bool(used_before) and case.use != used_before
    must_file = answers.get("must_file")
    return Application(
        source=Source(case.source), use=Use(use), volume_m3=volume, industry=case.industry,
        new=case.kind == Kind.NEW or bool(increase) or new_use, design_capacity_m3=case.design_capacity_m3, quota_m3=case.quota_m3,
        meter_planned=answers.get("meter_planned"), must_file=True if must_file is None and case.must_be_filed else must_file,
        filed=answers.get("filed"), increase_m3=increase, new_use=new_use, change=case.kind == Kind.CHANGE,
        large=answers.get("large"), heat_pump=answers.get("heat_pump"),
    )  # fmt: skip


def known_of(case: Case, answers: dict[str, Any], on: date) -> State:
    """What is known of the place on a day: totals from the ledger, zones from the map, and the reviewer's answers. A part of a permit
    that is transferred is used at the place of who takes it."""
    longitude, latitude = case.longitude, case.latitude
    if case.kind == Kind.TRANSFER and case.permit and case.taker:
        other = queries.permit_of(case.taker, case.source, case.permit.project)
        intake = (
            Intake.objects.filter(project=other.project, longitude__isnull=False).order_by("code").first()
            if other
            else None
        )
        if intake is not None:
            longitude, latitude = intake.longitude, intake.latitude
    place = None if longitude is None or latitude is None else (float(longitude), float(latitude))
    return _known(case.source, case.management_unit, place, answers, on)


def _known(
    source: str, unit: ManagementUnit | None, place: tuple[float, float] | None, answers: dict[str, Any], on: date
) -> State:
    known = queries.unit_state(county(), unit, source, on)
    if known is None and Source(source) in GROUNDWATER:
        known = Unit(None, None, None, orders=() if unit else None)
    if (
        known is not None and known.level_kept is None and answers.get("level_kept") is not None
    ):  # what was measured stands
        known = replace(known, level_kept=answers["level_kept"])
    ground = Source(source) in GROUNDWATER
    return State(
        unit=known, zones=queries.zones_at(*place, on) if place and ground else None, unmapped=queries.unmapped(on) if ground else (),
        unit_fits=queries.unit_fits(unit, *place) if place and unit and ground else None,
        load=Load(answers["load"]) if answers.get("load") else None,
        **{name: answers.get(name) for name in ANSWERS if name in State.__dataclass_fields__},
    )  # fmt: skip


SAID_AS: dict[str, bool | None] = {"yes": True, "no": False, "": None}
"""Answers of a form."""


def asked_by(given: dict[str, Any], source: str) -> Application:
    """What somebody asks by a form (forms.PlaceForm), of one source."""
    return Application(
        source=Source(source), use=Use(given["use"]), volume_m3=given["volume_m3"], industry=given["industry"].strip(), new=given["new"],
        design_capacity_m3=given["design_capacity_m3"], quota_m3=given["quota_m3"], meter_planned=SAID_AS[given["meter_planned"]],
    )  # fmt: skip


def known_by(given: dict[str, Any], source: str, on: date) -> State:
    """What is known of the place that a form names: totals, level and orders from the registers, zones from the map, the rest as said.
    Without a unit it is the one in whose outline the place lies."""
    placed = given["longitude"] is not None and given["latitude"] is not None
    place = (given["longitude"], given["latitude"]) if placed else None
    unit = given["unit"] or (queries.unit_at(*place) if place else None)
    answers = {name: SAID_AS[given[name]] for name in ANSWERS if name in given} | {"load": given["load"]}
    return _known(source, unit, place, answers, on)


def ask(actor: Actor, case: Case, answers: dict[str, Any], on: date, volume_m3: Decimal | None = None) -> GateRecord:
    """Ask the gate and keep its decision with all that it was made of."""
    known_law = law()
    asked, known, terms = asked_of(case, volume_m3, answers), known_of(case, answers, on), Terms.of(known_law, on)
    decision = decide(asked, known, terms)
    return GateRecord.objects.create(
        case=case, on=on, asked=plain(asked) | {"answers": answers}, known=plain(known), terms=plain(terms),
        versions=versions(decision, known_law, on), checks=checks_plain(decision), outcome=decision.outcome.value,
        by_id=actor.person_id,
    )  # fmt: skip


def versions(decision: Decision, known: Law, on: date) -> dict[str, str]:
    """Since when the wording of each cited rule holds, by rule."""
    found = {}
    for check in decision.because:
        for cited in (check.article, *check.beside):
            rule = cited.partition(" ")[0]
            if rule:
                try:
                    found[rule] = str(known.on(rule, on).since or "")
                except LiangshuiError:
                    found[rule] = ""
    return dict(sorted(found.items()))


def decision_of(record: GateRecord) -> Decision:
    """The decision as it was kept."""
    return checks_of_plain(record.checks)


def parts_of(record: GateRecord) -> tuple[Application, State, Terms]:
    """What a kept decision was made of."""
    asked = {name: value for name, value in record.asked.items() if name != "answers"}
    return of_plain(Application, asked), of_plain(State, record.known), of_plain(Terms, record.terms)


def last_of(cases: Iterable[int]) -> dict[int | None, tuple[Application, State]]:
    """What was asked and known when each of some cases was decided on last."""
    rows = GateRecord.objects.filter(case__in=set(cases)).order_by("pk")
    return {row.case_id: parts_of(row)[:2] for row in rows}


def replay(record: GateRecord) -> bool:
    """Whether a kept decision comes out the same when it is worked out again from what it names."""
    return checks_plain(decide(*parts_of(record))) == record.checks
