"""Decisions of the gate in words: page, letter, API and command say the same."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from liangshui.core.decision import Check, Decision, Outcome
from liangshui.core.parameters import Law
from liangshui.permits.rules.gate import Change, Source
from liangshui.quota.words import OUTCOMES, USES, article

CHECKS = {
    "zones": gettext_lazy("banned and limited zones"),
    "permitted": gettext_lazy("permitted total against the control total"),
    "pumped": gettext_lazy("pumped total against the control total"),
    "pumped_near": gettext_lazy("pumped total near the control total"),
    "level": gettext_lazy("groundwater level against its indicator"),
    "order": gettext_lazy("order of a higher authority"),
    "held": gettext_lazy("suspended still: figures within limits again, waits for release"),
    "load": gettext_lazy("whether the area takes more than its share of the basin"),
    "network": gettext_lazy("coverage by the public network"),
    "deep_irrigation": gettext_lazy("no deep groundwater for irrigation"),
    "delight": gettext_lazy("no groundwater for waterscape, water amusement and artificial snow"),
    "greening": gettext_lazy("greening takes reclaimed or drained water first"),
    "thirsty": gettext_lazy("no groundwater for new trades of high use"),
    "other_water": gettext_lazy("reclaimed and drained water first"),
    "quota": gettext_lazy("volume by quota"),
    "design": gettext_lazy("volume within the design of the works"),
    "meter": gettext_lazy("meter with the works"),
    "filed": gettext_lazy("filing of the project"),
    "function_zone": gettext_lazy("harm to a water function zone"),
    "layout": gettext_lazy("layout of intake and return"),
    "third_parties": gettext_lazy("harm to third parties or the public"),
}
FIGURES = {
    "permitted_m3": gettext_lazy("permitted"), "asked_m3": gettext_lazy("asked for"), "control_m3": gettext_lazy("control total"),
    "pumped_m3": gettext_lazy("pumped"), "quota_m3": gettext_lazy("quota volume"), "design_m3": gettext_lazy("by design"),
    "percent": gettext_lazy("share, %"), "zone": gettext_lazy("zone"), "area": gettext_lazy("state of the area"), "use": gettext_lazy("use"),
    "trade": gettext_lazy("trade"), "document": gettext_lazy("document"), "missing": gettext_lazy("missing"),
}  # fmt: skip
SOURCES = {
    Source.SURFACE: gettext_lazy("surface water"), Source.SHALLOW: gettext_lazy("shallow groundwater"),
    Source.DEEP: gettext_lazy("deep groundwater"), Source.DRAINAGE: gettext_lazy("mine drainage"),
    Source.RECLAIMED: gettext_lazy("reclaimed water"), Source.RAIN: gettext_lazy("rainwater"), Source.OTHER: gettext_lazy("other source"),
}  # fmt: skip
SAID = {
    "banned": gettext_lazy("banned zone"), "limited": gettext_lazy("limited zone"),
    "overloaded": gettext_lazy("overloaded"), "critical": gettext_lazy("critical"), "not_overloaded": gettext_lazy("not overloaded"),
    **{use.value: words for use, words in USES.items()},
    "place": gettext_lazy("the place of the intake"),
    "permitted total or control total": gettext_lazy("permitted total or control total"),
    "pumped total or control total": gettext_lazy("pumped total or control total"),
    "management unit": gettext_lazy("management unit"),
    "level indicator": gettext_lazy("level indicator"),
    "state of the area": gettext_lazy("state of the area"),
    "coverage of the network": gettext_lazy("coverage of the network"),
    "whether water is short here": gettext_lazy("whether water is short here"),
    "reclaimed or drained water at hand": gettext_lazy("reclaimed or drained water at hand"),
    "quota of the trade": gettext_lazy("quota of the trade"),
    "design capacity": gettext_lazy("design capacity"),
}  # fmt: skip


def sentence(check: Check, law: Law) -> str:
    """A check in a sentence: what was looked at, how it ended, by which figures, on which ground, and what stands beside it."""
    parts = [f"{CHECKS[check.code]}: {OUTCOMES[check.outcome]}"]
    figures = ", ".join(f"{FIGURES[name]} {_shown(name, value)}" for name, value in check.figures)
    if figures:
        parts.append(figures)
    if check.article:
        parts.append(_("ground: %s") % article(check.article, law))
    if check.beside:
        parts.append(_("beside it: %s") % ", ".join(article(each, law) for each in check.beside))
    return "; ".join(parts)


def change_words(change: Change) -> str:
    """A change that would lift every ground of refusal, in words."""
    if change.kind == "volume":
        words = _("no more than %s a year") % _shown("asked_m3", change.value)
    elif change.kind == "source":
        words = _("%s instead") % SOURCES[Source(change.value)]
    else:
        words = _("a place outside of banned and limited zones")
    if change.decision.outcome is Outcome.PASSED:
        return words
    return _("%(change)s (then still: %(outcome)s)") % {"change": words, "outcome": OUTCOMES[change.decision.outcome]}


def _shown(name: str, value: str) -> str:
    if name.endswith("_m3"):
        whole, _point, rest = value.partition(".")
        return f"{int(whole):,}{'.' + rest if rest.strip('0') else ''} m³"
    return str(SAID.get(value, value))


def told(decision: Decision, changes: list[Change], law: Law) -> dict[str, Any]:
    """A decision as the API and the command tell it."""
    return {
        "outcome": decision.outcome.value,
        "grounds": list(decision.grounds),
        "checks": [
            {
                "code": check.code, "outcome": check.outcome.value, "article": check.article, "beside": list(check.beside),
                "figures": dict(check.figures), "words": sentence(check, law),
            }
            for check in decision.because
        ],
        "what_would_pass": [
            {"change": change.kind, "to": change.value, "outcome": change.decision.outcome.value} for change in changes
        ],
    }  # fmt: skip
