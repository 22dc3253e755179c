"""Findings made from the accounts, kept up to date, and what people decide about them."""

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.db.models.functions import TruncMonth
from django.utils import timezone
from django.utils.translation import gettext as _

from liangshui.accounting.codes import Method
from liangshui.accounting.models import DayVolume, PeriodVolume
from liangshui.core.access import Actor, Right, Territory
from liangshui.core.errors import Invalid
from liangshui.core.parameters import NotInForce, NotKnown
from liangshui.metering.codes import FindingKind, FindingState
from liangshui.metering.models import Demand, Finding
from liangshui.metering.rules import findings as rules
from liangshui.metering.rules.findings import ONE_DAY, Energy, Found, MeteredDay, Part, Scale
from liangshui.parameters.queries import law
from liangshui.registry.codes import GROUNDWATER, IntakeStatus, LawfulMethod, Sector
from liangshui.registry.models import Intake, MeterInstallation
from liangshui.telemetry import queries as telemetry
from liangshui.telemetry.codes import Quantity
from liangshui.telemetry.models import Series, StationLink

BACK_DAYS = 760
"""Two years and a month are looked at: a lack shows against the same season before."""

LEVEL_DAYS = timedelta(days=5)
"""The level at the ends of a finding is the mean of so many days."""

PART = 200
TOWN_DEPTH = 4
"""Province, city, county, town: so many parts of a path."""

IN_USE = (IntakeStatus.IN_USE, IntakeStatus.TO_BE_SEALED)
LASTING = (FindingKind.NO_METER, FindingKind.NO_ONLINE)
"""Findings that begin when they are found first: nothing tells since when it is so."""


def look(today: date | None = None) -> int:
    """Find anew for all intakes; how many findings are open."""
    today = today or timezone.localdate()
    ids = list(Intake.objects.order_by("pk").values_list("pk", flat=True))
    season = neighbours(today)
    for at in range(0, len(ids), PART):
        keep(ids[at : at + PART], found_of(ids[at : at + PART], today, season))
    return Finding.objects.filter(state=FindingState.OPEN).count()


@transaction.atomic
def keep(ids: Iterable[int], found: dict[int, list[Found]]) -> None:
    """Store what was found of some intakes: new ones are open, open ones follow their figures, those not found again are gone.

    What a person has decided stays as it was decided.
    """
    now = timezone.now()
    standing = {(f.intake_id, f.kind, f.first): f for f in Finding.objects.filter(intake__in=list(ids))}
    lasting = {(f.intake_id, f.kind): f.first for f in standing.values() if f.kind in LASTING}
    for intake, rows in found.items():
        for row in rows:
            first = lasting.get((intake, row.kind), row.first)
            finding = standing.pop((intake, row.kind, first), None)
            values = {"last": row.last, "score": row.score, "figures": row.figures}
            if finding is None:
                Finding.objects.create(intake_id=intake, kind=row.kind, first=first, found_at=now, **values)
                continue
            told = (finding.state, finding.last, finding.score, finding.figures)
            if finding.state in (FindingState.OPEN, FindingState.GONE) and told != (
                FindingState.OPEN,
                *values.values(),
            ):
                for name, value in values.items():
                    setattr(finding, name, value)
                finding.state = FindingState.OPEN
                finding.save()
    for finding in standing.values():
        if finding.state == FindingState.OPEN:
            finding.state = FindingState.GONE
            finding.save(update_fields=["state"])


Season = dict[str, dict[date, Decimal]]


def neighbours(today: date) -> Season:
    """By the path of a town the median of what its farm intakes took by their registers in each month, m³."""
    since = (today - timedelta(days=BACK_DAYS)).replace(day=1)
    farms = DayVolume.objects.filter(
        method=Method.REGISTER, day__gte=since, volume_m3__isnull=False, intake__sector=Sector.AGRICULTURE
    )
    sums = farms.order_by().annotate(month=TruncMonth("day")).values("intake__division__path", "intake", "month")
    by_town: dict[str, dict[date, list[Decimal]]] = defaultdict(lambda: defaultdict(list))
    for row in sums.annotate(total=Sum("volume_m3")):
        by_town[_town(row["intake__division__path"])][row["month"]].append(row["total"])
    return {
        town: {month: sorted(values)[len(values) // 2] for month, values in months.items()}
        for town, months in by_town.items()
    }


def _town(path: str) -> str:
    """The path of the town in which a division lies, or of the county if it lies in none."""
    return "/".join(path.split("/")[:TOWN_DEPTH])


def found_of(ids: list[int], today: date, season: Season) -> dict[int, list[Found]]:
    """What is found of some intakes on a day. Reads only."""
    since = (today - timedelta(days=BACK_DAYS)).replace(day=1)
    days = _days(ids, since)
    energy, declared, others = _periods(ids, since)
    linked = dict(
        StationLink.objects.filter(intake__in=ids, unlinked_at=None).values_list("intake_id", "station__active")
    )
    meters = {
        spell.intake_id: spell.meter
        for spell in MeterInstallation.objects.filter(intake__in=ids, removed_at=None).select_related("meter")
    }
    demands = defaultdict(list)
    for demand in Demand.objects.filter(intake__in=ids, answered_on=None, due_on__lt=today):
        demands[demand.intake_id].append(demand)
    scale, term = scale_on(today), term_on(today)
    found: dict[int, list[Found]] = {}
    for intake in Intake.objects.filter(pk__in=ids).select_related("division", "project", "source"):
        mine = days.get(intake.pk, [])
        rows = rules.by_marks(mine) + rules.against_power(mine, energy.get(intake.pk, []))
        if mine and linked.get(intake.pk) and intake.status in IN_USE:
            rows += rules.always(mine, farm=intake.sector == Sector.AGRICULTURE)
        if mine and linked.get(intake.pk):
            rows += rules.gaps(mine, today - timedelta(days=1))
        stated, beside = declared[intake.pk], others[intake.pk]
        beside["register"] = [(d.day, d.day + ONE_DAY, d.volume_m3) for d in mine if d.volume_m3 is not None]
        rows += rules.declared_less(stated, beside)
        if intake.sector == Sector.AGRICULTURE and intake.status in IN_USE:
            town = _town(intake.division.path)
            around = season.get(town, {})
            odd = [] if energy.get(intake.pk) else rules.flat_in_season(_months(mine), around)
            odd += rules.unlike_neighbours(stated, beside, around)
            rows += [rules.with_level(each, sunk_m(town, each.first, each.last)) for each in odd]
        meter = meters.get(intake.pk)
        if (
            intake.status in IN_USE
            and intake.lawful_method == LawfulMethod.METER
            and meter is None
            and intake.pk not in linked
        ):
            rows += rules.without_meter(existing=existing(intake), term=term, today=today)
        if intake.status in IN_USE and intake.lawful_method == LawfulMethod.METER and intake.pk not in linked:
            groundwater = intake.source.kind in GROUNDWATER
            rows += rules.without_line(intake.project.permitted_m3, groundwater=groundwater, scale=scale, today=today)
        if meter is not None and meter.verification_due and meter.verification_due < today and intake.status in IN_USE:
            figures = {"due": str(meter.verification_due), "meter": meter.number}
            rows.append(Found("verification", meter.verification_due, today, 30, figures))
        for demand in demands.get(intake.pk, ()):
            figures = {"document": demand.document, "due": str(demand.due_on)}
            rows.append(Found("refused", demand.due_on, today, 70, figures))
        found[intake.pk] = rows
    return found


def scale_on(day: date) -> Scale:
    """From which volume on an on-line meter is asked for, as entered (地下水管理条例 22, 黄河保护法 53)."""
    return Scale(*(_entered(rule, "threshold_m3_per_year", day) for rule in ("GW-022-B", "YR-053")))


def _entered(rule: str, name: str, day: date) -> Decimal | None:
    try:
        return Decimal(str(law().figure(rule, name, day)))
    except (NotKnown, NotInForce):
        return None


def term_on(day: date) -> date | None:
    """By when existing groundwater works must have a meter in this county (地下水管理条例 22), as entered."""
    try:
        return date.fromisoformat(str(law().figure("GW-022-A", "existing_works_by", day)))
    except (NotKnown, NotInForce, ValueError):
        return None


def existing(intake: Intake) -> bool:
    """Whether works may have stood before 2021-12-01: the ledger knows no year of building, so any groundwater works may."""
    return intake.source.kind in GROUNDWATER


def undecided_lines(territory: Territory, today: date) -> int:
    """Intakes without a station that would be above the ministry's reference scale, while the scale that binds is not entered."""
    scale = scale_on(today)
    found = 0
    for groundwater, name in ((True, "groundwater_m3_per_year"), (False, "surface_m3_per_year")):
        if scale.of(groundwater) is not None:
            continue
        rows = Intake.objects.within(territory).filter(
            status__in=IN_USE, lawful_method=LawfulMethod.METER, project__permitted_m3__gte=law().figure("MO-ONLINE", name, today),
        )  # fmt: skip
        rows = rows.filter(source__kind__in=GROUNDWATER) if groundwater else rows.exclude(source__kind__in=GROUNDWATER)
        found += rows.exclude(pk__in=StationLink.objects.filter(unlinked_at=None).values("intake_id")).count()
    return found


def _days(ids: list[int], since: date) -> dict[int, list[MeteredDay]]:
    found: dict[int, list[MeteredDay]] = defaultdict(list)
    rows: Any = DayVolume.objects.filter(intake__in=ids, method=Method.REGISTER, day__gte=since).order_by(
        "intake", "day"
    )
    for pk, *values in rows.values_list("intake_id", "day", "volume_m3", "high_m3", "readings", "marks"):
        found[pk].append(MeteredDay(*values))
    return found


def _months(days: list[MeteredDay]) -> dict[date, Decimal | None]:
    """The volume of each month of which all days are there; None where one is not known."""
    by_month: dict[date, list[Decimal | None]] = defaultdict(list)
    for day in days:
        by_month[day.day.replace(day=1)].append(day.volume_m3)
    return {
        month: None if None in values else sum((v for v in values if v is not None), Decimal(0))
        for month, values in by_month.items()
        if len(values) == monthrange(month.year, month.month)[1]
    }


def _periods(
    ids: list[int], since: date
) -> tuple[dict[int, list[Energy]], dict[int, list[Part]], dict[int, dict[str, list[Part]]]]:
    energy: dict[int, list[Energy]] = defaultdict(list)
    declared: dict[int, list[Part]] = defaultdict(list)
    others: dict[int, dict[str, list[Part]]] = defaultdict(lambda: defaultdict(list))
    rows = PeriodVolume.objects.filter(intake__in=ids, start__gte=since).order_by("start")
    for pk, start, end, method, volume, low in rows.values_list(
        "intake_id", "start", "end", "method", "volume_m3", "low_m3"
    ):
        if method == Method.ELECTRICITY:
            energy[pk].append(Energy(start, end, volume, low))
        if method == Method.DECLARED:
            declared[pk].append((start, end, volume))
        elif method in (Method.ELECTRICITY, Method.READ):
            others[pk][method].append((start, end, low))
    return energy, declared, others


def sunk_m(town: str, first: date, last: date) -> Decimal | None:
    """How far the groundwater of a town sank over some days, m: the median of its wells with a depth at both ends; None: none has."""
    wells = list(
        Series.objects.filter(quantity=Quantity.DEPTH, station__division__path__startswith=town).values_list(
            "pk", flat=True
        )
    )
    if not wells:
        return None
    ends = LEVEL_DAYS - ONE_DAY
    before, after = (_depths(wells, *span) for span in ((first, first + ends), (last - ends, last)))
    found = sorted(after[well] - before[well] for well in before.keys() & after.keys())
    return found[len(found) // 2] if found else None


def _depths(wells: list[int], first: date, last: date) -> dict[int, Decimal]:
    """The mean depth of each well over some days, m."""
    values: dict[int, list[Decimal]] = defaultdict(list)
    for each in telemetry.observations(wells, first, last):
        if each.value is not None:
            values[each.series_id].append(each.value)
    return {well: sum(each, Decimal(0)) / len(each) for well, each in values.items()}


# --- what people decide ---


@transaction.atomic
def decide(actor: Actor, finding: Finding, *, state: str, words: str) -> Finding:
    """Explain a finding, or make it a clue. It never becomes one by itself.

    Raises:
        Invalid: it is not open, the state is none that a person gives, or there are no words.
    """
    actor.require(Right.TELEMETRY_CHANGE, path=finding.intake.division.path)
    finding = Finding.objects.select_for_update().get(pk=finding.pk)
    if finding.state != FindingState.OPEN:
        raise Invalid(_("This finding is not open any more."))
    if state not in (FindingState.EXPLAINED, FindingState.CLUE):
        raise Invalid(_("Explain it, or make it a clue."))
    if not words.strip():
        raise Invalid(_("Say why."), field="words")
    finding.state, finding.words = state, words.strip()
    finding.decided_by_id, finding.decided_at = actor.person_id, timezone.now()
    finding.save()
    return finding


def demand(actor: Actor, intake: Intake, *, what: str, document: str, sent_on: date, due_on: date) -> Demand:
    """Enter that data were asked for, with the day by which they are to be given."""
    actor.require(Right.TELEMETRY_CHANGE, path=intake.division.path)
    if due_on <= sent_on:
        raise Invalid(_("The term ends before it begins."), field="due_on")
    return Demand.objects.create(
        intake=intake, what=what.strip(), document=document.strip(), sent_on=sent_on, due_on=due_on, entered_by_id=actor.person_id
    )  # fmt: skip


def answered(actor: Actor, demand: Demand, *, on: date) -> Demand:
    """The data were given."""
    actor.require(Right.TELEMETRY_CHANGE, path=demand.intake.division.path)
    if on < demand.sent_on or on > timezone.localdate():
        raise Invalid(_("This day cannot be."), field="on")
    demand.answered_on = on
    demand.save(update_fields=["answered_on"])
    return demand
