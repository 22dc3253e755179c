"""How well what was hidden in a demo banner is found: for tests and benchmarks, which see what the product does not."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from liangshui.metering import health
from liangshui.metering.codes import ACCUSING, FaultKind, FindingKind
from liangshui.metering.findings import look
from liangshui.metering.models import Fault, Finding
from liangshui.registry.models import Intake

EXPECTED: Mapping[str, frozenset[str]] = {
    "stuck_register": frozenset({FindingKind.STUCK}),
    "spike": frozenset({FindingKind.SPIKE}),
    "reset": frozenset({FindingKind.RESET}),
    "backward_run": frozenset({FindingKind.BACKWARD}),
    "gap": frozenset({FindingKind.GAP}),
    "clock_off": frozenset({FindingKind.CLOCK, FaultKind.CLOCK}),
    "silent_station": frozenset({FaultKind.SILENT}),
    "battery_low": frozenset({FaultKind.BATTERY}),
    "under_reading": frozenset({FindingKind.TOO_LITTLE, FindingKind.NOT_RUNNING}),
    "meter_off": frozenset({FindingKind.NOT_RUNNING, FindingKind.TOO_LITTLE}),
    "register_set_back": frozenset({FindingKind.SET_BACK}),
    "declared_too_little": frozenset({FindingKind.DECLARED}),
    "no_meter": frozenset({FindingKind.NO_METER}),
    "verification_overdue": frozenset({FindingKind.VERIFICATION}),
}
"""What counts as finding a thing of each kind."""


@dataclass(frozen=True, slots=True)
class Score:
    """Hidden and found by kind; sound intakes, and those of them that a finding accuses."""

    hidden: Counter[str]
    found: Counter[str]
    sound: int
    accused: frozenset[str]

    @property
    def share(self) -> float:
        return sum(self.found.values()) / max(1, sum(self.hidden.values()))

    @property
    def wrongly(self) -> float:
        return len(self.accused) / max(1, self.sound)


def score(
    hidden: Iterable[Mapping[str, Any]],
    findings: Mapping[str, set[str]],
    faults: Mapping[str, set[str]],
    intakes: Iterable[str],
) -> Score:
    """`findings` kinds by code of intake, `faults` kinds by key of station, `intakes` all codes."""
    rows = list(hidden)
    wanted = [row for row in rows if row["kind"] in EXPECTED]
    found: Counter[str] = Counter()
    for row in wanted:
        told = findings.get(row["intake"], set()) | faults.get(row["station"], set())
        found[row["kind"]] += bool(told & EXPECTED[row["kind"]])
    odd = {row["intake"] for row in rows if row["group"] != "lawful"}
    sound = [code for code in intakes if code not in odd]
    accused = frozenset(code for code in sound if findings.get(code, set()) & ACCUSING)
    return Score(Counter(row["kind"] for row in wanted), found, len(sound), accused)


def score_of(hidden: Iterable[Mapping[str, Any]]) -> Score:
    """Look at the loaded banner as the worker does, and hold what is found against what was hidden."""
    health.look()
    look()
    findings: dict[str, set[str]] = defaultdict(set)
    for code, kind in Finding.objects.values_list("intake__code", "kind"):
        findings[code].add(kind)
    faults: dict[str, set[str]] = defaultdict(set)
    for key, kind in Fault.objects.values_list("station__key", "kind"):
        faults[key].add(kind)
    return score(hidden, findings, faults, Intake.objects.values_list("code", flat=True))
