"""Use control (用途管制) of what is taken already: the gate's rules of source and use, asked of actual use, whatever a permit says."""

from decimal import Decimal

from liangshui.core.decision import Check, Outcome
from liangshui.permits.rules.conditions import Finding, Part, Verdict, Volume, judged
from liangshui.permits.rules.gate import Application, Source, State, Terms, Use, decide

ZERO = Decimal(0)
CONTROL = frozenset({"deep_irrigation", "delight", "greening"})
"""Checks of the gate that bind what stands as well as what is new."""


def use_control(source: Source, use: Use, terms: Terms) -> list[Check]:
    """What law and plan have against a use of a source: failed where the law forbids it, a person's word where only the plan speaks."""
    asked = Application(source, use, ZERO, new=False, increase_m3=ZERO)
    return [check for check in decide(asked, State(), terms).because if check.code in CONTROL]


def controlled(source: Source, use: Use, volume: Volume, terms: Terms, *, sure: bool) -> list[Finding]:
    """Findings about a volume that a use took from a source; none where nothing was taken.

    What the law forbids is certain only where the use is; farm water of which nobody says whether it irrigates or waters herds is
    perhaps against 黄河保护法 55. What only the plan speaks of is for a person, so never certain.
    """
    found = []
    for check in use_control(source, use, terms):
        finding = judged(check.code, [Part(ZERO, volume)], source, check.article or check.beside[0])
        if finding.verdict is Verdict.EXCEEDED and not (sure and check.outcome is Outcome.FAILED):
            finding = Finding(check.code, Verdict.PERHAPS, ZERO, volume, source, article=finding.article)
        if finding.verdict is not Verdict.KEPT:
            found.append(finding)
    return found
