"""What stands behind one intake's volumes: months, days, and the readings and frames that made a day."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from liangshui.accounting import beside
from liangshui.accounting.codes import EXACT, Method, Stage
from liangshui.accounting.entries import Evidence, counted_until, rule_on, rules
from liangshui.accounting.models import AccountEntry, DayVolume, PeriodVolume
from liangshui.accounting.rules.choose import choose_days
from liangshui.accounting.rules.water_day import DayRule, Mark, day_bounds
from liangshui.accounting.volumes import measured
from liangshui.core.access import Territory
from liangshui.core.periods import ONE_DAY, Period, plan_year
from liangshui.records.fields import from_ms, to_ms
from liangshui.registry.models import Intake
from liangshui.telemetry import archive
from liangshui.telemetry.codes import Quantity
from liangshui.telemetry.models import Observation, Series

LONGEST_MONTH = 31


@dataclass(slots=True)
class MonthLine:
    """A month of an intake: what counts, and each method beside it."""

    month: date
    volume_m3: Decimal | None
    low_m3: Decimal | None
    high_m3: Decimal | None
    by_method: dict[str, Decimal]
    days_without_volume: int
    beside: dict[str, Decimal]
    spread: bool = False
    """Whether some of it is the share of a period longer than a month: for display only."""

    def add(self, method: str, volume_m3: Decimal, low_m3: Decimal | None, high_m3: Decimal | None) -> None:
        """Add what a method carries. Once a part has no upper end (`high_m3` None), the month has none."""
        unbounded = self.volume_m3 is not None and self.high_m3 is None
        before = self.high_m3 or Decimal(0)
        self.volume_m3 = (self.volume_m3 or Decimal(0)) + volume_m3
        self.low_m3 = (self.low_m3 or Decimal(0)) + (low_m3 or Decimal(0))
        self.high_m3 = None if unbounded or high_m3 is None else before + high_m3
        self.by_method[method] = self.by_method.get(method, Decimal(0)) + volume_m3

    @property
    def is_estimate(self) -> bool:
        return self.spread or any(m not in EXACT for m in self.by_method)

    @property
    def methods(self) -> list[tuple[str, str, Decimal]]:
        return [(m, str(Method(m).label), v) for m, v in self.by_method.items()]

    @property
    def side_by_side(self) -> list[tuple[str, str, Decimal]]:
        """All evidence over the same whole month, where there is more than one kind."""
        found = [(m, str(Method(m).label), v) for m, v in self.beside.items()]
        return found if len(found) > 1 else []

    @property
    def difference(self) -> Decimal | None:
        """By how much the second kind of evidence lies off the first, as a share of it."""
        values = [v for _m, _l, v in self.side_by_side]
        return (values[1] - values[0]) / values[0] if len(values) > 1 and values[0] else None


def intake_months(intake: Intake, year: int, territory: Territory) -> list[MonthLine]:
    """The months of a year that have come, with what counts and the evidence beside it.

    A reader who sees only own users sees their own shares of a common well, and no evidence of the whole.
    """
    period = plan_year(year)
    rows = AccountEntry.objects.within(territory).filter(
        intake=intake, month__gte=period.start, month__lt=period.end, stage=Stage.ABSTRACTION.value
    )
    found: dict[date, MonthLine] = {}
    for row in rows.order_by("month", "sharer"):
        line = found.setdefault(row.month, MonthLine(row.month, None, None, None, {}, 0, {}))
        if not row.method:
            line.days_without_volume += row.days if row.sharer == 0 else 0
            continue
        line.add(row.method, row.volume_m3 or Decimal(0), row.low_m3, row.high_m3)
    whole = territory.holds_path(intake.division.path) or not intake.shares.exists()
    evidence = beside.volumes([intake.pk], period).get(intake.pk, {}) if whole else {}
    longer = _longer(intake, period)
    for line in found.values():
        told = evidence.get(line.month, {})
        line.beside = {m.value: told[m] for m in Method if m in told}
        line.spread = any((method, line.month) in longer for method in line.by_method)
    return list(found.values())


def _longer(intake: Intake, period: Period) -> set[tuple[str, date]]:
    """Methods and months that a volume of more than one month reaches into."""
    rows = PeriodVolume.objects.filter(intake=intake, start__lt=period.end, end__gt=period.start)
    return {
        (method, span.start)
        for method, start, end in rows.values_list("method", "start", "end")
        if Period(start, end).length > LONGEST_MONTH
        for span in Period(start, end).months()
    }


def _spread(periods: list[Any], days: Period) -> dict[str, dict[date, Decimal]]:
    """Volumes of periods on each of the days, by method."""
    return {
        method.value: {
            one.day: one.volume_m3
            for one in choose_days(days.start, days.end, {}, periods, [method])
            if one.volume_m3 is not None
        }
        for method in {period.method for period in periods}
    }


@dataclass(slots=True)
class DayLine:
    """A day of an intake: what counts, and what else is known of it. `spread`: its part of a longer period."""

    day: date
    method: str
    volume_m3: Decimal | None
    low_m3: Decimal | None
    high_m3: Decimal | None
    spread: bool
    marks: int
    readings: int
    beside: dict[str, Decimal | None]

    @property
    def label(self) -> str:
        return str(Method(self.method).label) if self.method else ""

    @property
    def is_estimate(self) -> bool:
        return self.spread or self.method not in EXACT

    @property
    def words(self) -> list[str]:
        """What was met on the day."""
        return mark_words(self.marks)

    @property
    def others(self) -> list[tuple[str, Decimal | None]]:
        return [(str(Method(m).label), v) for m, v in self.beside.items() if m != self.method]


def day_rows(intake: Intake, days: Period) -> list[DayLine]:
    """Each day that has come, with the method that counts, by the same choice as entries are made."""
    known, evidence = rules(), Evidence.of([intake.pk], days)
    stored: dict[date, dict[str, DayVolume]] = defaultdict(dict)
    for row in DayVolume.objects.filter(intake=intake, day__gte=days.start, day__lt=days.end):
        stored[row.day][row.method] = row
    spread: dict[date, dict[str, Decimal]] = defaultdict(dict)
    for method, volumes in _spread(evidence.periods.get(intake.pk, []), days).items():
        for day, volume in volumes.items():
            spread[day][method] = volume
    found = []
    for day in days.days():
        if day >= counted_until():
            break
        chosen = evidence.choose(intake.pk, Period(day, day + ONE_DAY), rule_on(known, day.replace(day=1)).order)[0]
        there = stored.get(day, {})
        shown = there.get(chosen.method) or there.get(Method.REGISTER) or there.get(Method.FLOW)
        beside: dict[str, Decimal | None] = {**{m: r.volume_m3 for m, r in there.items()}, **spread.get(day, {})}
        low, high = chosen.low_m3, chosen.high_m3
        if not chosen.method and shown is not None:
            low, high = shown.low_m3, shown.high_m3
        found.append(
            DayLine(
                day,
                chosen.method,
                chosen.volume_m3,
                low,
                high,
                bool(chosen.method) and chosen.method not in there,
                shown.marks if shown else 0,
                shown.readings if shown else 0,
                beside,
            )
        )
    return found


def mark_words(marks: int) -> list[str]:
    """Marks of a day in words."""
    words = {
        Mark.FIRST: _("first reading of the meter"),
        Mark.EXCHANGE: _("meter exchanged"),
        Mark.ROLLOVER: _("register rolled over"),
        Mark.RESET: _("register was reset"),
        Mark.BACKWARD: _("register ran back"),
        Mark.STUCK: _("register stuck while water flowed"),
        Mark.SPIKE: _("one reading left out as a spike"),
        Mark.PENDING: _("newest reading waits to be confirmed"),
        Mark.JUMP: _("register jumped, volume unknown"),
        Mark.FALL: _("register fell, volume unknown"),
        Mark.SPLIT: _("divided at the boundary of the day"),
        Mark.GAP: _("long gap without reading"),
        Mark.LATE: _("reading came late"),
        Mark.DUPLICATE: _("reading came twice"),
        Mark.CONFLICT: _("two values for one instant"),
        Mark.CLOCK: _("clock of the device ahead"),
        Mark.NO_VALUE: _("report without value"),
        Mark.PARTIAL: _("readings do not cover the whole day"),
        Mark.NO_CEILING: _("no upper end of the range known"),
    }
    return [word for mark, word in words.items() if marks & mark]


@dataclass(frozen=True, slots=True)
class Reading:
    """A reading behind a day. `role`: before (the day begins from it), within, or after (the day's end lies before it)."""

    at: datetime
    received_at: datetime | None
    quantity: str
    unit: str
    value: Decimal | None
    role: str
    origin: str
    frame_id: int | None = None
    station_id: int | None = None
    station: str = ""


@dataclass(frozen=True, slots=True)
class DayEvidenceList:
    """All that stands behind a day: readings with their frames, and volumes of periods that cover it."""

    line: DayLine
    readings: list[Reading]
    periods: list[PeriodVolume]
    boundary_hour: int


def behind_day(intake: Intake, day: date) -> DayEvidenceList:
    """The readings from which a day's volume comes, each with the frame it came by, and periods that cover the day."""
    rule = DayRule(boundary_hour=rule_on(rules(), day).boundary_hour)
    start, end = day_bounds(day, rule)
    found: list[Reading] = []
    units = {Quantity.REGISTER.value: _("units of the register"), Quantity.FLOW.value: "m³/h"}
    for one in measured([intake.pk]):
        for span in one.spans:
            since, until = max(start, span.start), min(end, span.end - 1)
            series = Series.objects.filter(station=span.channel[0], channel=span.channel[1], quantity__in=units)
            for each in series.select_related("station"):
                past = archive.Archive([each.pk])
                picked: list[tuple[str, Observation]] = []
                if span.start <= start < span.end:
                    before = _nearest(past, each, span.start, start + 1, backwards=True)
                    picked += [("before", before)] if before else []
                inside = _inside(past, each, max(since, start + 1), until + 1)
                picked += [("within", o) for o in inside]
                ends_at = bool(inside) and to_ms(inside[-1].at) == end
                if span.start <= end < span.end and not ends_at:
                    after = _nearest(past, each, end + 1, span.end, backwards=False)
                    picked += [("after", after)] if after else []
                found += [
                    Reading(o.at, o.received_at, str(Quantity(each.quantity).label), units[each.quantity], o.value, role,
                            o.origin, o.frame_id, each.station_id, each.station.name)
                    for role, o in picked
                ]  # fmt: skip
        found += [
            Reading(from_ms(at), None, str(Quantity.REGISTER.label), units[Quantity.REGISTER.value],
                    Decimal(value).scaleb(-6), "within", "meter")
            for _segment, at, value in one.written
            if start <= at <= end
        ]  # fmt: skip
    found.sort(key=lambda r: (r.at, r.quantity))
    covering = PeriodVolume.objects.filter(intake=intake, start__lte=day, end__gt=day)
    return DayEvidenceList(
        day_rows(intake, Period(day, day + ONE_DAY))[0] if day < counted_until() else _nothing(day),
        found,
        list(
            covering.select_related("energy__power_meter", "coefficient", "statement__batch", "reading").order_by(
                "start"
            )
        ),
        rule.boundary_hour,
    )


def _inside(past: archive.Archive, series: Series, since: int, until: int) -> list[Observation]:
    """Observations of a series from an instant up to another, oldest first, of the database and the archive."""
    rows = Observation.objects.filter(series=series, at__gte=since, at__lt=until)
    return sorted(archive.with_archived(rows, past, since, until), key=lambda o: (o.at, o.received_at))


def _nearest(past: archive.Archive, series: Series, since: int, until: int, *, backwards: bool) -> Observation | None:
    """The first (backwards: the last) observation of a series in a stretch; of several at one instant the last received."""
    order = "-at" if backwards else "at"
    hot = Observation.objects.filter(series=series, at__gte=since, at__lt=until).order_by(order, "-received_at").first()
    found = [hot] if hot else []
    for row in past.nearest([series.pk], since, until, 1, backwards=backwards):
        found += [archive.observation(each) for each in past.between([series.pk], row[past.at], row[past.at] + 1)]
    return min(found, key=lambda o: (-to_ms(o.at) if backwards else to_ms(o.at), -to_ms(o.received_at)), default=None)


def _nothing(day: date) -> DayLine:
    return DayLine(day, "", None, None, None, False, 0, 0, {})
