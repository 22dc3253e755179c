"""States of units and their reasons in words: page, register and letter say the same."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from liangshui.core.decision import Check, Outcome
from liangshui.core.errors import Invalid
from liangshui.core.parameters import Law
from liangshui.parameters.words import cited, title_of
from liangshui.quota.rules.bounds import Bounds
from liangshui.quota.rules.states import Ground, Kind, UnitState, Use
from liangshui.quota.unit_models import LevelPeriod
from liangshui.quota.units import Standing

KINDS = {
    Kind.OPEN: (gettext_lazy("open for grants"), "green"),
    Kind.NEAR: (gettext_lazy("near its total"), "yellow"),
    Kind.UNKNOWN: (gettext_lazy("cannot be decided"), "secondary"),
    Kind.TOTAL: (gettext_lazy("suspended by total"), "red"),
    Kind.LEVEL: (gettext_lazy("suspended by level"), "red"),
    Kind.BOTH: (gettext_lazy("suspended by total and level"), "red"),
    Kind.ORDER: (gettext_lazy("suspended by order"), "red"),
}
GROUNDS = {
    Ground.TOTAL: gettext_lazy("total"), Ground.LEVEL: gettext_lazy("level of groundwater"),
    Ground.ORDER: gettext_lazy("order of a higher authority"),
}  # fmt: skip
USES = {
    Use.LIVING: gettext_lazy("residents’ living"), Use.HEATING: gettext_lazy("make-up of a heating network"),
    Use.IRRIGATION: gettext_lazy("irrigation"), Use.HERDING: gettext_lazy("herding"), Use.INDUSTRY: gettext_lazy("industry"),
    Use.SERVICE: gettext_lazy("services"), Use.GREENING: gettext_lazy("greening"), Use.WATERSCAPE: gettext_lazy("waterscape"),
    Use.AMUSEMENT: gettext_lazy("water amusement"), Use.SNOW: gettext_lazy("artificial snow"), Use.ECOLOGY: gettext_lazy("ecology"),
    Use.OTHER: gettext_lazy("other use"),
}  # fmt: skip
CHECKS = {
    "permitted": gettext_lazy("permitted total against the control total"),
    "permitted_near": gettext_lazy("permitted total near the control total"),
    "pumped": gettext_lazy("pumped total against the control total"),
    "pumped_near": gettext_lazy("pumped total near the control total"),
    "level": gettext_lazy("groundwater level against its indicator"),
    "order": gettext_lazy("order of a higher authority"),
}
OUTCOMES = {
    Outcome.PASSED: gettext_lazy("check passed"),
    Outcome.FAILED: gettext_lazy("check not passed"),
    Outcome.NEEDS_PERSON: gettext_lazy("a person decides"),
    Outcome.UNDECIDABLE: gettext_lazy("cannot be decided"),
}
FIGURES = {
    "permitted_m3": gettext_lazy("permitted"), "control_m3": gettext_lazy("control total"), "pumped_m3": gettext_lazy("pumped"),
    "percent": gettext_lazy("share, %"), "missing": gettext_lazy("missing"), "period": gettext_lazy("period"),
    "well": gettext_lazy("monitoring well"), "depth_m": gettext_lazy("mean depth, m"), "level_m": gettext_lazy("mean level, m"),
    "not_deeper_m": gettext_lazy("not deeper than, m"), "not_lower_m": gettext_lazy("not lower than, m"),
    "document": gettext_lazy("document"),
}  # fmt: skip
SAID = {
    "permitted total or control total": gettext_lazy("permitted total or control total"),
    "pumped total or control total": gettext_lazy("pumped total or control total"),
    "level indicator": gettext_lazy("level indicator"),
    "enough readings of the level": gettext_lazy("enough readings of the level"),
    "volumes of some intakes": gettext_lazy("volumes of some intakes"),
}


Said = tuple[str, tuple[str, ...]]
"""A sentence, and the rules that it cites in their order: a paper prints it, a page links it (parameters.words.linked)."""


def require_within(value: Decimal | None, bounds: Bounds, field: str) -> None:
    """Raises Invalid: a typed figure lies where it cannot be meant; the sentence says the bounds."""
    if value is not None and not bounds.hold(value):
        told = {"least": f"{bounds.least} {bounds.unit}".strip(), "most": f"{bounds.most} {bounds.unit}".strip()}
        raise Invalid(_("This lies between %(least)s and %(most)s. Look at what was typed.") % told, field=field)


def article(key: str, law: Law) -> str:
    """A ground such as GW-025 (5) as it is cited: 《地下水管理条例》第25条 (5)."""
    rule, _blank, item = key.partition(" ")
    found = law.rule(rule)
    return f"{cited(found)}{' ' + item if item else ''} {title_of(found)}"


def sentence(check: Check, law: Law) -> str:
    """A check in a sentence: what was looked at, how it ended, by which figures, on which ground, and what stands beside it."""
    parts = [_("%(label)s: %(words)s") % {"label": CHECKS[check.code], "words": OUTCOMES[check.outcome]}]
    figures = pgettext("clauses", ", ").join(f"{FIGURES[name]} {_shown(name, value)}" for name, value in check.figures)
    if figures:
        parts.append(figures)
    if check.article:
        parts.append(_("ground: %s") % article(check.article, law))
    if check.beside:
        parts.append(_("beside it: %s") % _(", ").join(article(each, law) for each in check.beside))
    return _("; ").join(parts)


def standing_words(found: Standing) -> str:
    """A unit and its kind of groundwater with its state."""
    told = {
        "unit": found.unit.name,
        "source": found.source_label,
        "state": KINDS[found.state.kind][0],
        "since": found.since,
    }
    return _("%(unit)s, %(source)s: %(state)s since %(since)s") % told


def standing_sources(on: date) -> str:
    """Where the figures of a unit's state come from."""
    told = {"on": on, "year": on.year, "last": on.year - 1}
    return (
        _(
            "Control total: ledger of allotments %(year)s; permitted: permits valid on %(on)s; pumped: water account, the greater of %(last)s and "
            "%(year)s up to %(on)s; level: monitoring wells against the indicator of the named document."
        )
        % told
    )


def reasons(state: UnitState, law: Law) -> list[Said]:
    """What a state follows from, without the checks that were passed."""
    return [said(check, law) for check in state.because if check.outcome is not Outcome.PASSED] + _lingering(state)


def why(state: UnitState, law: Law) -> list[Said]:
    """The same in short: of a suspended unit only what suspends it, figures above their limits, orders, and what was not released."""
    if not state.suspended:
        return reasons(state, law)
    found = [check for check in state.because if check.outcome is Outcome.FAILED or check.code == "order"]
    return [said(check, law) for check in found] + _lingering(state)


def _lingering(state: UnitState) -> list[Said]:
    if not state.lingers:
        return []
    grounds = _(", ").join(str(GROUNDS[ground]) for ground in Ground if ground in state.lingers)
    return [(_("%s: nothing asks for the suspension any more, it waits for release") % grounds, ())]


def said(check: Check, law: Law) -> Said:
    """A check in a sentence, with the rules that it cites."""
    return sentence(check, law), rules_of(check)


def rules_of(check: Check) -> tuple[str, ...]:
    """Rules that a check cites, in the order of its sentence."""
    return tuple(filter(None, (check.article, *check.beside)))


def _shown(name: str, value: str) -> str:
    if name.endswith("_m3"):
        whole, _point, rest = value.partition(".")
        return f"{int(whole):,}{'.' + rest if rest.strip('0') else ''} m³"
    if name == "period":
        year, _blank, code = value.partition(" ")
        return f"{year} {LevelPeriod(code).label}"
    if name.endswith("_m"):
        return f"{value.rstrip('0').rstrip('.')}" if "." in value else value
    return str(SAID.get(value, value))


def checks_of(told: list[dict[str, Any]]) -> list[Check]:
    """Checks from the reason of an entry."""
    return [
        Check(
            each["code"], Outcome(each["outcome"]), tuple((name, value) for name, value in each["figures"]), each["article"],
            tuple(each["beside"]),
        )
        for each in told
    ]  # fmt: skip


PARTS = {
    "unit": gettext_lazy("management units"), "town": gettext_lazy("towns"), "sector": gettext_lazy("uses"),
    "user": gettext_lazy("water users"), "village": gettext_lazy("villages"), "intake": gettext_lazy("single intakes"),
}  # fmt: skip
"""The axes of the matrix, as what a node is split into."""
