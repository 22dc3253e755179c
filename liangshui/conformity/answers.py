"""The first answer to an investor (招商初答): which waters could serve a project, which not and why, what is to be applied for."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from liangshui.core.decision import Check, Decision, Outcome
from liangshui.core.parameters import Law
from liangshui.parameters.words import cited, linked, linked_all
from liangshui.permits import asking, queries
from liangshui.permits.queries import Room
from liangshui.permits.rules.gate import Source, Terms, decide
from liangshui.permits.words import CHECKS, SAID, SOURCES, sentence
from liangshui.quota.units import Standing
from liangshui.quota.words import KINDS, rules_of, why
from liangshui.registry.models import Division

VERDICTS = {
    Outcome.PASSED: gettext_lazy("could serve"),
    Outcome.NEEDS_PERSON: gettext_lazy("could serve; a person has to judge"),
    Outcome.UNDECIDABLE: gettext_lazy("open: something is not known"),
    Outcome.FAILED: gettext_lazy("cannot serve as asked"),
}
APPLY = {
    Source.SURFACE: (gettext_lazy("abstraction permit; of the main stem the basin authority decides"), ("AR-011", "YR-050")),
    Source.SHALLOW: (gettext_lazy("abstraction permit with the well construction plan and a meter"), ("AR-011", "GW-048-A", "GW-022-A")),
    Source.DEEP: (gettext_lazy("abstraction permit with the well construction plan and a meter"), ("AR-011", "GW-048-A", "GW-022-A")),
    Source.DRAINAGE: (
        gettext_lazy("agreement with who drains it; the drainage itself needs a permit above the region’s scale"),
        ("GW-052",),
    ),
    Source.RECLAIMED: (gettext_lazy("agreement with the plant that gives it"), ()),
    Source.RAIN: (gettext_lazy("works of one’s own; ask the bureau whether a permit is needed"), ()),
}  # fmt: skip
"""What to apply for, with the articles that say so; nothing is cited that was not read."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One source: the decision of the gate, the room of its unit (None: not known), and its words."""

    source: Source
    decision: Decision
    room: Room | None
    left_source: str
    why: tuple[str, ...]
    missing: tuple[str, ...]
    person: tuple[str, ...]
    apply: str

    @property
    def left_m3(self) -> Decimal | None:
        """What may still be granted; None: not known."""
        return self.room.grantable_m3 if self.room else None

    @property
    def standing(self) -> Standing | None:
        """The management unit that the water lies in, with its state; None: the source has none, or it is not known."""
        return self.room.standing if self.room else None

    @property
    def label(self) -> str:
        return str(SOURCES[self.source])

    @property
    def verdict(self) -> str:
        return str(VERDICTS[self.decision.outcome])

    @property
    def colour(self) -> str:
        return {Outcome.FAILED: "red", Outcome.UNDECIDABLE: "yellow"}.get(self.decision.outcome, "green")


def answers(given: dict[str, Any], county: Division, on: date, law: Law) -> list[Answer]:
    """The gate asked once for each source, those that could serve first."""
    terms, found = Terms.of(law, on), []
    placed = given["longitude"] is not None and given["latitude"] is not None
    unit = given["unit"] or (queries.unit_at(given["longitude"], given["latitude"]) if placed else None)
    room_of = {room.source: room for room in queries.rooms(county, on) if room.unit in (None, unit)}
    for source in APPLY:
        state = asking.known_by(given, source, on)
        found.append(
            _answer(source, decide(asking.asked_by(given, source), state, terms), room_of.get(source), law, on)
        )
    order = list(VERDICTS)
    return sorted(found, key=lambda each: order.index(each.decision.outcome))


def shown(found: list[Answer], law: Law, on: date) -> list[dict[str, Any]]:
    """Answers as the page shows them: with links to the rules as they are on the day."""
    return [
        {
            "it": each, "why": linked_all(((sentence(c, law), rules_of(c)) for c in each.decision.failed), law, on),
            "apply": linked(each.apply, APPLY[each.source][1], law, on),
            "kind": KINDS[each.standing.state.kind] if each.standing else None,
            "reasons": linked_all(why(each.standing.state, law), law, on) if each.standing else [],
        }
        for each in found
    ]  # fmt: skip


def _answer(source: Source, decision: Decision, room: Room | None, law: Law, on: date) -> Answer:
    def of(outcome: Outcome) -> list[Check]:
        return [check for check in decision.because if check.outcome is outcome]

    words, articles = APPLY[source]
    grounds = _("; ").join(cited(law.rule(each)) for each in articles)
    return Answer(
        source, decision, room, _left_source(room, on), why=tuple(sentence(check, law) for check in of(Outcome.FAILED)),
        missing=tuple(_missing(check) for check in of(Outcome.UNDECIDABLE)),
        person=tuple(str(CHECKS[check.code]) for check in of(Outcome.NEEDS_PERSON)),
        apply=f"{words} ({grounds})" if grounds else str(words),
    )  # fmt: skip


def _left_source(room: Room | None, on: date) -> str:
    """Where the figure of what may still be granted comes from; "" where there is none."""
    if room is None or room.grantable_m3 is None:
        return ""
    told = {"year": on.year, "on": on}
    if room.suspended:
        return _("the unit is suspended on %(on)s") % told
    return _("ledger of allotments %(year)s less permits valid on %(on)s") % told


def _missing(check: Check) -> str:
    missing = dict(check.figures).get("missing", "")
    return str(SAID.get(missing, missing) or CHECKS[check.code])


def common(found: list[Answer], name: str) -> list[str]:
    """What is missing, or left to a person, for every source: said once."""
    first, *others = (getattr(each, name) for each in found)
    return [words for words in first if all(words in other for other in others)]
