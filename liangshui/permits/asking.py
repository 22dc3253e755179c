"""The gate over a case: what it asks for, what is known of the place, and the decision kept so that it can be worked out again."""

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
    GROUNDWATER,
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
from liangshui.registry.models import Division

ZERO = Decimal(0)
ANSWERS = (
    "network_covers", "fragile", "other_water", "function_zone_harm", "layout_sound", "third_parties_harm", "filed", "meter_planned", "mainstem",
    "level_kept",
)  # fmt: skip
"""Questions about the place and the works that a reviewer answers with yes, no, or not at all; and `load`, the state of the area."""


def asked_of(case: Case, volume_m3: Decimal | None, answers: dict[str, Any]) -> Application:
    """What a case asks of the gate. A change, renewal or transfer goes beyond the permit by the difference of the volumes alone."""
    volume = volume_m3 if volume_m3 is not None else case.volume_m3
    if volume is None or not case.source or not case.use:
        raise Invalid(_("Case %s says no volume, source or use yet: the gate has nothing to decide on.") % case.number)
    increase = None
    if case.kind != Kind.NEW and case.permit is not None:
        counted = queries.counted_m3(case.permit, timezone.localdate())
        if counted is None:  # it has run out, and its water may have been granted to others
            increase = volume
        else:
            increase = ZERO if case.kind == Kind.TRANSFER else max(ZERO, volume - counted)
    return Application(
        source=Source(case.source), use=Use(case.use), volume_m3=volume, industry=case.industry, new=case.kind == Kind.NEW or bool(increase),
        design_capacity_m3=case.design_capacity_m3, quota_m3=case.quota_m3,
        meter_planned=answers.get("meter_planned") if answers.get("meter_planned") is not None else (True if case.metering else None),
        filed=answers.get("filed") if case.must_be_filed else None, increase_m3=increase,
    )  # fmt: skip


def known_of(case: Case, answers: dict[str, Any], on: date) -> State:
    """What is known of the place on a day: totals from the ledger, zones from the map, and the reviewer's answers."""
    unit = queries.unit_state(county(), case.management_unit, case.source, on) if case.management_unit else None
    if unit is None and Source(case.source) in GROUNDWATER:
        unit = Unit(None, None, None)
    if (
        unit is not None and unit.level_kept is None and answers.get("level_kept") is not None
    ):  # what was measured stands
        unit = replace(unit, level_kept=answers["level_kept"])
    placed = case.longitude is not None and case.latitude is not None
    return State(
        unit=unit,
        zones=queries.zones_at(float(case.longitude), float(case.latitude), on) if placed else None,  # type: ignore[arg-type]
        load=Load(answers["load"]) if answers.get("load") else None,
        **{name: answers.get(name) for name in ANSWERS if name in State.__dataclass_fields__},
    )


SAID_AS: dict[str, bool | None] = {"yes": True, "no": False, "": None}
"""Answers of a form."""


def asked_by(given: dict[str, Any], source: str) -> Application:
    """What somebody asks by a form (forms.PlaceForm), of one source."""
    return Application(
        source=Source(source), use=Use(given["use"]), volume_m3=given["volume_m3"], industry=given["industry"].strip(), new=given["new"],
        design_capacity_m3=given["design_capacity_m3"], quota_m3=given["quota_m3"], meter_planned=SAID_AS[given["meter_planned"]],
    )  # fmt: skip


def known_by(given: dict[str, Any], source: str, place: Division, on: date) -> State:
    """What is known of the place that a form names: totals, level and orders from the registers, zones from the map, the rest as said."""
    unit = queries.unit_state(place, given["unit"], source, on) if given["unit"] else None
    if unit is None and Source(source) in GROUNDWATER:
        unit = Unit(None, None, None, orders=() if given["unit"] else None)
    if unit is not None and given["level_kept"]:
        unit = replace(unit, level_kept=SAID_AS[given["level_kept"]])
    placed = given["longitude"] is not None and given["latitude"] is not None
    return State(
        unit=unit, zones=queries.zones_at(given["longitude"], given["latitude"], on) if placed else None,
        load=Load(given["load"]) if given["load"] else None,
        **{name: SAID_AS[given[name]] for name in ("network_covers", "fragile", "other_water")},
    )  # fmt: skip


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


def replay(record: GateRecord) -> bool:
    """Whether a kept decision comes out the same when it is worked out again from what it names."""
    return checks_plain(decide(*parts_of(record))) == record.checks
