"""The only writers of volumes and accounts. What they write can always be computed again from what came in."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, Max, Min, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from liangshui.accounting import bulk, closed, dial, entries, stated
from liangshui.accounting.codes import Method, Stage
from liangshui.accounting.columns import STORED, draw
from liangshui.accounting.electricity import period_volumes, store_periods
from liangshui.accounting.entries import Cube, Evidence, Facts, counted_until, rule_on, rules
from liangshui.accounting.models import (
    AccountEntry,
    AccountingRule,
    ChangedIntake,
    DayVolume,
    EnergyRecord,
    PeriodVolume,
    Recompute,
    ReturnVolume,
    Statement,
    SupplyVolume,
)
from liangshui.accounting.rules.water_day import REACH_AFTER, REACH_BEFORE, DayRule, touched_days
from liangshui.accounting.volumes import (
    FOREVER,
    Compute,
    channels,
    day_volumes,
    duckdb,
    store_days,
    warm_up,
)
from liangshui.core.access import SYSTEM, Actor, Right
from liangshui.core.errors import Invalid
from liangshui.core.periods import ONE_DAY, Period, month, water_day
from liangshui.readings.queries import first_day as first_reading_day
from liangshui.records.fields import from_ms, to_ms
from liangshui.records.locks import hold_accounts
from liangshui.registry.codes import IntakeStatus
from liangshui.registry.models import Intake
from liangshui.telemetry import archive
from liangshui.telemetry.models import ChangedSpan, Observation, Series, StationLink

BATCH = 150
"""Intakes computed in one transaction, so that others who write wait a second at most."""

CLUSTER_BATCH = 5000
"""The same for Spark, where each call costs seconds whatever it computes."""

KEPT_DAYS = 14
"""How long recomputations of the worker are listed; those that people asked for stay."""

FOLLOWED = "new readings and records"
NEW_DAY = "a new day"


def recompute(
    actor: Actor,
    intakes: Iterable[int] | None,
    start: date,
    end: date,
    reason: str,
    *,
    volumes: bool = True,
    compute: Compute = duckdb,
) -> Recompute:
    """Compute days, periods and entries of intakes anew, from `start` to `end` (not included); only what differs is replaced.

    Args:
        intakes: ids, or None for all that the actor may recompute.
        volumes: False leaves volumes of days and periods as they are and makes only the entries anew.
        compute: the engine that turns registers to days: DuckDB, or Spark with the same result.

    Raises:
        Forbidden: the actor may recompute nowhere.
    """
    actor.require(Right.ACCOUNT_CHANGE)
    territory = actor.territory(Right.ACCOUNT_CHANGE)
    allowed = Intake.objects.within(territory).order_by("pk").values_list("pk", flat=True)
    if intakes is None:
        ids = list(allowed)
    else:
        ids = [pk for part in bulk.chunks(set(intakes)) for pk in allowed.filter(pk__in=part)]
    period = Period(start, min(end, counted_until())) if start < counted_until() else None
    changed = 0
    if period:
        _warm_up()
        for part in bulk.chunks(sorted(ids), BATCH if compute is duckdb else CLUSTER_BATCH):
            with transaction.atomic():
                hold_accounts()
                changed += _compute(dict.fromkeys(part, period), volumes=volumes, compute=compute)[0]
        with transaction.atomic():
            hold_accounts()
            _store_passed_on(period)
    return Recompute.objects.create(
        reason=reason[:120], start=start, end=end, intakes=len(ids), changed_days=changed, actor=actor.name[:60]
    )


def _compute(wanted: dict[int, Period], *, volumes: bool = True, compute: Compute = duckdb) -> tuple[int, bool]:
    """Volumes and entries of a few intakes, each over its own period; number of days that changed, and whether volumes that
    stay with users hang on them."""
    known, now = rules(), timezone.now()
    spans: dict[int, frozenset[date]] = {
        intake: entries.months_of(period.start, period.end) for intake, period in wanted.items()
    }
    changed, stays = 0, False
    if volumes:
        days = set()
        for rule, part in _by_rule(wanted, known):
            made = day_volumes(part, rule, compute)
            days |= store_days(part, made, now)
        told, stays = stated.store(wanted, now)
        periods = store_periods(wanted, period_volumes(wanted), now) + told + dial.store(wanted, now)
        for intake, period in periods:
            spans[intake] |= entries.months_of(period.start, period.end)
        changed = len(days) + sum(period.length for _intake, period in periods)
    _store_entries(spans, known)
    return changed, stays


def _warm_up() -> None:
    for rule in rules():
        warm_up(DayRule(boundary_hour=rule.boundary_hour))


def _by_rule(wanted: dict[int, Period], known: Sequence[entries.Rule]) -> list[tuple[DayRule, dict[int, Period]]]:
    """The wanted days, cut where the boundary hour of the day changes."""
    found: list[tuple[DayRule, dict[int, Period]]] = []
    end = date.max
    for rule in known:
        if rule.valid_from < end:
            reach = Period(rule.valid_from, end)
            part = {intake: cut for intake, period in wanted.items() if (cut := period.within(reach))}
            if part:
                found.append((DayRule(boundary_hour=rule.boundary_hour), part))
        end = rule.valid_from
    return found


def _store_entries(spans: dict[int, frozenset[date]], known: list[entries.Rule]) -> None:
    """Entries of intakes and months; months of an intake that come out as they were are left alone."""
    upto = counted_until()
    months = sorted({start for starts in spans.values() for start in starts if start < upto})
    if not months:
        return
    whole = Period(months[0], month(months[-1]).end)
    ids = sorted(spans)
    facts, evidence = Facts.of(ids), Evidence.of(ids, whole)
    cube = entries.abstraction(spans, upto, facts, evidence, known)
    rows = bulk.select(
        "id, " + ", ".join(STORED),
        AccountEntry,
        "month >= %s AND month < %s",
        [whole.start, whole.end],
        ("intake_id", ids),
    )
    rows = [row for row in rows if row[1] in spans[row[3]]]
    cube, rows = _without_closed(cube, rows, months)
    _replace(cube, rows, lambda key: (key[0], key[2]))


def _store_passed_on(period: Period) -> None:
    """Entries of no single intake, of the months that a period touches: supply, return, and what stays with users."""
    months = [m for m in period.months() if m.start < counted_until()]
    if not months:
        return
    known = rules()
    cube = entries.passed_on(months, counted_until(), known) | stated.with_users(months, counted_until(), known)
    rows = bulk.select(
        "id, " + ", ".join(STORED),
        AccountEntry,
        "intake_id IS NULL AND month >= %s AND month < %s",
        [months[0].start, months[-1].end],
    )
    cube, rows = _without_closed(cube, rows, [m.start for m in months])
    _replace(cube, rows, lambda key: key[0])


def _without_closed(cube: Cube, rows: list[tuple[Any, ...]], months: list[date]) -> tuple[Cube, list[tuple[Any, ...]]]:
    """Entries of open months only; what closed ones would say otherwise is kept as late changes."""
    shut = closed.closed_months(months)
    if not shut:
        return cube, rows
    stored = [(entries.Key(*row[1:12]), row[12:]) for row in rows if row[1] in shut]
    closed.keep_late(closed.summed(stored), closed.summed((k, v) for k, v in cube.items() if k.month in shut))
    return {k: v for k, v in cube.items() if k.month not in shut}, [row for row in rows if row[1] not in shut]


def _replace(cube: Cube, stored: list[tuple[Any, ...]], group: Any) -> None:
    """Rewrite the groups of entries that differ from what is stored."""
    new: dict[Any, set[tuple[Any, ...]]] = defaultdict(set)
    old: dict[Any, set[tuple[Any, ...]]] = defaultdict(set)
    numbers = defaultdict(list)
    for key, amount in cube.items():
        new[group(key)].add((*key, *amount))
    for pk, *row in stored:
        key = group(row)
        old[key].add(tuple(row))
        numbers[key].append(pk)
    differs = [key for key in {*new, *old} if new.get(key) != old.get(key) or len(numbers[key]) != len(old[key])]
    bulk.delete(AccountEntry, "1 = 1", [], ("id", [pk for key in differs for pk in numbers[key]]))
    as_date = connection.ops.adapt_datefield_value
    bulk.insert(AccountEntry, STORED, [(as_date(row[0]), *row[1:]) for key in differs for row in new.get(key, ())])
    draw({row[0] for key in differs for row in (*new.get(key, ()), *old.get(key, ()))})


# --- following what changes ---


def mark_changed(intakes: Iterable[int | None], since: date, until: date | None = None) -> None:
    """Tell the accounts that facts of intakes changed from a day on (None: water passed on or given back).

    For writers that go past the ORM's signals (bulk imports, the demo). `until` is not included.
    """
    ChangedIntake.objects.bulk_create(
        (ChangedIntake(intake_id=pk, since=since, until=until) for pk in intakes), batch_size=2000
    )


def ask_recompute(actor: Actor, period: Period) -> int:
    """Let the worker compute the days of a period anew, for all intakes that the actor may recompute; how many these are."""
    actor.require(Right.ACCOUNT_CHANGE)
    territory = actor.territory(Right.ACCOUNT_CHANGE)
    ids = list(Intake.objects.within(territory).order_by("pk").values_list("pk", flat=True))
    mark_changed([*ids, None], period.start, period.end)
    return len(ids)


def follow_changes(limit: int = 500) -> int:
    """Bring the accounts in step with what changed since the last time; number of changes taken.

    The outbox rows are removed in the transaction that stores what follows from them, so nothing is lost or done twice.
    """
    taken = 0
    if ChangedSpan.objects.exists():
        _warm_up()
    with transaction.atomic():
        hold_accounts()
        spans = list(ChangedSpan.objects.order_by("pk")[:limit])
        changes = list(ChangedIntake.objects.order_by("pk")[: min(limit, BATCH)])
        wanted = _touched(spans)
        passed: list[Period] = []
        begin, end = None, counted_until()
        for change in changes:
            if begin is None:
                begin = accounts_begin()
            period = Period(begin, end).within(Period(change.since, change.until or date.max)) if begin < end else None
            if period is None:
                continue
            if change.intake_id is None:
                passed.append(period)
            else:
                _extend(wanted, change.intake_id, period)
        present = set()
        for part in bulk.chunks(wanted):
            present |= set(Intake.objects.filter(pk__in=part).values_list("pk", flat=True))
        wanted = {intake: period for intake, period in wanted.items() if intake in present}
        days, stays = _compute(wanted) if wanted else (0, False)
        if stays:
            passed.append(Period(min(p.start for p in wanted.values()), max(p.end for p in wanted.values())))
        for period in passed:
            _store_passed_on(period)
        if wanted or passed:
            every = [*wanted.values(), *passed]
            Recompute.objects.create(
                reason=FOLLOWED,
                start=min(p.start for p in every),
                end=max(p.end for p in every),
                intakes=len(wanted),
                changed_days=days,
                actor=SYSTEM.name,
            )
        taken = len(spans) + len(changes)
        bulk.delete(ChangedSpan, "1 = 1", [], ("id", [s.pk for s in spans]))
        bulk.delete(ChangedIntake, "1 = 1", [], ("id", [c.pk for c in changes]))
    return taken


def _extend(wanted: dict[int, Period], intake: int, period: Period) -> None:
    known = wanted.get(intake)
    wanted[intake] = Period(min(known.start, period.start), max(known.end, period.end)) if known else period


def _touched(spans: list[ChangedSpan]) -> dict[int, Period]:
    """Which days of which intakes a change of series can have changed: from the fourth reading before to the third after."""
    by_series: dict[int, list[int]] = {}
    for span in spans:
        start, end = to_ms(span.start_at), to_ms(span.end_at)
        known = by_series.setdefault(span.series_id, [start, end])
        known[0], known[1] = min(known[0], start), max(known[1], end)
    wanted: dict[int, Period] = {}
    known_rules = rules()
    where: dict[int, tuple[int, int]] = {}
    for part in bulk.chunks(by_series):
        rows = Series.objects.filter(pk__in=part).values_list("pk", "station_id", "channel")
        where |= {pk: (station, channel) for pk, station, channel in rows}
    links = defaultdict(list)
    for part in bulk.chunks({station for station, _channel in where.values()}):
        for link in StationLink.objects.filter(station__in=part):
            links[link.station_id, link.channel].append(link)
    series = channels(station for station, _channel in where.values())
    past = series.readings(by_series)
    for pk, (start, end) in by_series.items():
        channel = where.get(pk)
        if channel is None:
            continue
        same = series.register.get(channel) or series.flow.get(channel) or [pk]
        for link in links[channel]:
            since, until = to_ms(link.linked_at), FOREVER if link.unlinked_at is None else to_ms(link.unlinked_at)
            first, last = max(start, since), min(end, until)
            if last < since or first > until:
                continue
            rule = DayRule(boundary_hour=rule_on(known_rules, water_day(from_ms(first), 0)).boundary_hour)
            before = past.usable_instants(same, first - 1, (since, until), REACH_BEFORE, rule, backwards=True)
            after = past.usable_instants(same, last + 1, (since, until), REACH_AFTER, rule, backwards=False)
            day, _last = touched_days(sorted(before), first, rule)
            _first, last_day = touched_days(sorted(after), last, rule)
            period = Period(day, last_day + ONE_DAY).within(Period(date.min, counted_until() + ONE_DAY))
            if period:
                _extend(wanted, link.intake_id, period)
    return wanted


def accounts_begin() -> date:
    """First day of the year from which anything is known; today's year where nothing is."""
    first = [
        DayVolume.objects.aggregate(d=Min("day"))["d"],
        PeriodVolume.objects.aggregate(d=Min("start"))["d"],
        EnergyRecord.objects.aggregate(d=Min("start"))["d"],
        SupplyVolume.objects.aggregate(d=Min("start"))["d"],
        ReturnVolume.objects.aggregate(d=Min("start"))["d"],
        Statement.objects.aggregate(d=Min("start"))["d"],
        first_reading_day(),
        AccountEntry.objects.aggregate(d=Min("month"))["d"],
        _first_observation(),
        timezone.localdate(),
    ]
    return min(day for day in first if day).replace(month=1, day=1)


def _first_observation() -> date | None:
    oldest = Observation.objects.order_by("pk").values_list("at", flat=True).first()
    return min((at.date() for at in (oldest, archive.first_instant()) if at), default=None)


def stale_intakes(day: date | None = None) -> list[int]:
    """Intakes in use that have no entry in the month of a day: new ones, or all of them when a month has begun."""
    start = (day or timezone.localdate()).replace(day=1)
    there = AccountEntry.objects.filter(intake=OuterRef("pk"), month=start, stage=Stage.ABSTRACTION.value)
    rows = Intake.objects.filter(~Exists(there)).exclude(status=IntakeStatus.SEALED).order_by("pk")
    return list(rows.values_list("pk", flat=True))


def new_day(limit: int = 20 * BATCH) -> int:
    """Once a day: the days that have come get their entries; and at any time intakes that were entered past the signals.

    Returns how many intakes were brought in step. New intakes get entries from the beginning of the accounts.
    """
    today = timezone.localdate()
    newest = AccountEntry.objects.filter(stage=Stage.ABSTRACTION.value).aggregate(m=Max("month"))["m"]
    last = Recompute.objects.filter(reason=NEW_DAY).order_by("-pk").first()
    if last is None or timezone.localdate(last.at) < today:
        since = max(today.replace(day=1) - timedelta(days=1), newest or today).replace(day=1)
        done = recompute(SYSTEM, None, since, today + ONE_DAY, NEW_DAY, volumes=False)
        old = Recompute.objects.filter(actor=SYSTEM.name, at__lt=timezone.now() - timedelta(days=KEPT_DAYS))
        old.exclude(pk=done.pk).delete()
        return done.intakes
    stale = stale_intakes(today)[:limit]
    if stale:
        mark_changed(stale, accounts_begin())
    return len(stale)


def set_rule(
    actor: Actor, valid_from: date, boundary_hour: int, method_order: Sequence[str], reason: str
) -> AccountingRule:
    """Say from when on days are cut at which hour and which method is preferred, with the reason; accounts follow at once.

    Raises:
        Invalid: the hour is not 0 or 8, a method is missing, unknown or named twice, no reason is given, or the day is
            not the first of a month (an entry is a month by one rule).
    """
    actor.require(Right.ACCOUNT_CHANGE)
    if boundary_hour not in (0, 8):
        raise Invalid(_("The water day begins at 0 or 8 o’clock."), field="boundary_hour")
    if sorted(method_order) != sorted(m.value for m in Method):
        raise Invalid(_("Name each method once, the best first."), field="method_order")
    if not reason.strip():
        raise Invalid(_("Say why."), field="reason")
    if valid_from.day != 1:
        raise Invalid(_("A rule begins with a month: choose the first of a month."), field="valid_from")
    with transaction.atomic():
        rule, _made = AccountingRule.objects.update_or_create(
            valid_from=valid_from,
            defaults={
                "boundary_hour": boundary_hour,
                "method_order": list(method_order),
                "reason": reason.strip(),
                "decided_by_id": actor.person_id,
            },
        )
        ids = Intake.objects.order_by("pk").values_list("pk", flat=True)
        mark_changed([*ids, None], valid_from)
    return rule
