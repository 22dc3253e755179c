"""Lines of the power company's sheet whose numbers tell no well: candidates beside each other, and what was decided."""

from collections import defaultdict
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from heapq import nlargest

from liangshui.accounting.models import PowerMatch
from liangshui.core.access import Territory
from liangshui.registry.models import ImportBatch, Intake, PowerMeter, PowerSupply
from liangshui.registry.sheets.text import squeeze

MOST_CANDIDATES = 5
MOST_COMPARED = 60
LEAST_LIKENESS = 0.35


@dataclass(slots=True)
class Candidate:
    """A well that a line may be about, with its power meter if it has one, and why."""

    intake: Intake
    meter: PowerMeter | None
    likeness: float
    reasons: list[str] = field(default_factory=list)


@dataclass(slots=True)
class DoubtfulLine:
    """What the sheet says of itself, the wells that it may be about, the likeliest first, and the decision if there is one."""

    key: str
    household: str
    meter: str
    customer: str
    address: str
    town: str
    village: str
    candidates: list[Candidate]
    decided: bool = False
    decision: PowerMatch | None = None


def doubtful(batch: ImportBatch, territory: Territory, first: int, number: int) -> list[DoubtfulLine]:
    """Some of the doubtful lines of a checked or taken file."""
    lines = batch.report.get("doubtful", [])[first : first + number]
    decided = {
        match.key: match
        for match in PowerMatch.objects.filter(key__in=[line[0] for line in lines]).select_related("power_meter")
    }
    wells = _Wells(territory)
    return [
        DoubtfulLine(*line, wells.like(*line[1:]), line[0] in decided, decided.get(line[0]))  # type: ignore[call-arg]
        for line in lines
    ]


class _Wells:
    def __init__(self, territory: Territory) -> None:
        self.meters: dict[int, PowerMeter] = {}
        self.by_household: dict[str, list[int]] = defaultdict(list)
        self.wells: dict[int, Intake] = {}
        self.words: dict[int, tuple[str, str]] = {}
        self.signs: dict[int, set[str]] = {}
        rows = Intake.objects.within(territory).select_related("project__user", "division__parent")
        supplies: dict[int, list[PowerMeter]] = defaultdict(list)
        for supply in PowerSupply.objects.within(territory).current().select_related("power_meter"):
            supplies[supply.intake_id].append(supply.power_meter)
        for well in rows:
            self.wells[well.pk] = well
            parent = well.division.parent.name if well.division.parent else ""
            self.words[well.pk] = (
                squeeze(f"{well.division.name}{well.name}"),
                squeeze(f"{parent}{well.division.name}{well.name}{well.project.user.name}"),
            )
            self.signs[well.pk] = set(self.words[well.pk][1])
            for meter in supplies[well.pk]:
                self.meters[well.pk] = meter
                self.by_household[squeeze(meter.household_number)].append(well.pk)

    def like(self, household: str, meter: str, customer: str, address: str, town: str, village: str) -> list[Candidate]:
        """The likeliest wells: of the same household number, with nearly the same meter number, of like name and place."""
        found: dict[int, Candidate] = {}

        def add(pk: int, likeness: float, reason: str) -> None:
            known = found.setdefault(pk, Candidate(self.wells[pk], self.meters.get(pk), 0.0))
            known.likeness += likeness
            known.reasons.append(reason)

        for pk in self.by_household.get(squeeze(household), []) if household else ():
            add(pk, 1.0, "household")
        number = squeeze(meter)
        if len(number) >= 6:
            for pk, own in self.meters.items():
                other = squeeze(own.number)
                if number.endswith(other[-6:]) or other.endswith(number[-6:]):
                    add(pk, 0.8, "number")
        name, said = squeeze(customer), squeeze(f"{town}{village}{customer}{address}")
        place = squeeze(village) or squeeze(town)
        scored = []
        for pk in self._with_signs_of(name or said, place):
            short, long = self.words[pk]
            likeness = max(_alike(name, short), _alike(said, long))
            if likeness >= LEAST_LIKENESS:
                scored.append((likeness, pk))
        for likeness, pk in sorted(scored, reverse=True)[:MOST_CANDIDATES]:
            add(pk, likeness, "name")
        ordered = sorted(found.values(), key=lambda c: (-c.likeness, c.intake.code))
        return ordered[:MOST_CANDIDATES]

    def _with_signs_of(self, text: str, place: str) -> list[int]:
        """The wells of a place that share most signs with a text: a coarse sieve before the fine one."""
        signs = set(text)
        shared = (
            (len(signs & self.signs[pk]), pk) for pk, (_short, long) in self.words.items() if signs and place in long
        )
        return [pk for common, pk in nlargest(MOST_COMPARED, shared) if common]


def _alike(one: str, other: str) -> float:
    """From 0 to 1; quickly 0 where there is little in common."""
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    if matcher.real_quick_ratio() < LEAST_LIKENESS or matcher.quick_ratio() < LEAST_LIKENESS:
        return 0.0
    return matcher.ratio()


def open_lines(batch: ImportBatch | None = None) -> int:
    """How many doubtful lines nobody has decided: of a file, or of all that are checked or taken, each line once."""
    reports = [batch.report] if batch else (
        ImportBatch.objects.filter(kind="electricity", state__in=[ImportBatch.State.CHECKED, ImportBatch.State.TAKEN])
        .values_list("report", flat=True)
        .iterator()
    )  # fmt: skip
    keys = {line[0] for report in reports for line in report.get("doubtful", [])}
    return len(keys - set(PowerMatch.objects.values_list("key", flat=True)))
