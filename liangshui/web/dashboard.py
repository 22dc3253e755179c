"""The first page: what must I do, are we inside the red lines, what do the stations say. Composed from the rooms' reads."""

import hashlib
import json
import time
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from threading import Thread
from typing import Any

from django.core.cache import caches
from django.db import connection
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from liangshui.accounting import queries as accounts
from liangshui.accounting.models import AccountEntry, DayVolume
from liangshui.accounts import queries as people
from liangshui.core.access import Right
from liangshui.core.periods import month
from liangshui.parameters.models import OwnFigure
from liangshui.permits import checks, filing, hearings, looking, register
from liangshui.permits import queries as permits
from liangshui.portal import queries as portal
from liangshui.quota import norm_queries, norm_services, units
from liangshui.quota import queries as quota
from liangshui.quota import transfer_queries as transfers
from liangshui.quota.models import Transfer, TransferState
from liangshui.quota.rules.closing import TOTAL
from liangshui.records.models import FigureState
from liangshui.registry import queries as registry
from liangshui.registry.models import ImportBatch, Intake
from liangshui.reports import queries as reports
from liangshui.reports.services import due as tables_due
from liangshui.telemetry import queries as telemetry
from liangshui.telemetry.models import DeviceEvent, Observation, RawFrame, Station
from liangshui.web.scope import Scope

EVENTS = 8
FRESH = timedelta(seconds=30)
KEPT_S = 3600
LONGEST_MAKING_S = 120
LOOK_AGAIN_S = 0.1


@dataclass
class Todo:
    """One line of 待办: how many, of what, where to go."""

    count: int
    label: str
    url: str


@dataclass
class Board:
    """What the first page shows to a reader of water accounts."""

    at: datetime = field(default_factory=timezone.now)
    todo: list[Todo] = field(default_factory=list)
    total: Any = None
    balances: list[Any] = field(default_factory=list)
    towns: list[dict[str, Any]] = field(default_factory=list)
    sources: list[Any] = field(default_factory=list)
    sectors: list[Any] = field(default_factory=list)
    stations: dict[str, int] = field(default_factory=dict)
    silent: list[Any] = field(default_factory=list)
    events: list[Any] = field(default_factory=list)
    chart: str = ""
    missing: int = 0
    methods: list[tuple[str, str, Decimal, float]] = field(default_factory=list)


def board(scope: Scope) -> Board:
    """The board of a scope. Its sums are kept for all web processes: once older than half a minute they are still shown,
    with their time, while a thread makes them anew. Only the very first reader waits; others who come meanwhile wait for
    the same sums.
    """
    cache = caches["shared"]
    territory = scope.territory(Right.ACCOUNT_VIEW)
    language = get_language() or ""
    key = f"board:{territory.everywhere}:{sorted(territory.paths)}:{sorted(territory.users)}:{scope.year}:{scope.today}:{language}"
    key = "board:" + hashlib.sha256(key.encode()).hexdigest()
    making = key + ":making"
    until = time.monotonic() + LONGEST_MAKING_S
    while (found := cache.get(key)) is None:
        if cache.add(making, True, LONGEST_MAKING_S) or time.monotonic() > until:
            found = _keep(key, scope)
            break
        time.sleep(LOOK_AGAIN_S)
    if timezone.now() - found.at > FRESH and cache.add(making, True, LONGEST_MAKING_S):
        Thread(target=_keep_apart, args=(key, scope, language), daemon=True).start()
    shown = replace(found)
    _watch(scope, shown)
    return shown


def _keep(key: str, scope: Scope) -> Board:
    """Make the sums, keep them, and tell those who wait."""
    try:
        made = _sums(scope)
        caches["shared"].set(key, made, KEPT_S)
    finally:
        caches["shared"].delete(key + ":making")
    return made


def _keep_apart(key: str, scope: Scope, language: str) -> None:
    try:
        with override(language):
            _keep(key, scope)
    finally:
        connection.close()


def _sums(scope: Scope) -> Board:
    made = Board()
    territory, period = scope.territory(Right.ACCOUNT_VIEW), scope.so_far
    made.total = next(iter(accounts.account(territory, period, "total")), None)
    made.sources = accounts.account(territory, period, "source_kind")
    made.sectors = accounts.account(territory, period, "sector")
    if made.total and made.total.abstraction_m3:
        made.methods = [
            (name, str(accounts.Method(name).label), value, float(value / made.total.abstraction_m3 * 100))
            for name, value in made.total.by_method.items()
            if value
        ]
    day = min(scope.today, scope.period.last)
    found = quota.balances(scope.territory(Right.QUOTA_VIEW), scope.year, day=day)
    made.balances = [b for b in found if b.node == TOTAL] or [b for b in found if b.node.depth == 1 and b.node.town]
    by_town: dict[int, list[Any]] = defaultdict(list)
    for balance in found:
        if balance.node.depth == 1 and balance.node.town and balance.outlook.allotted_m3 is not None:
            by_town[balance.node.town].append(balance)
    rows = accounts.account(territory, period, "town")
    for row in sorted(rows, key=lambda r: r.abstraction_m3 or Decimal(0), reverse=True):
        made.towns.append({"row": row, **_against_limits(by_town.get(row.key, []))})
    made.chart = _months_chart(scope)
    made.missing = checks.missing(territory, scope.today)
    return made


def _against_limits(balances: list[Any]) -> dict[str, Any]:
    """A town's use against its allotments, of the sources that are allotted; over if any one of them is, and which."""
    limit = sum((b.outlook.allotted_m3 for b in balances), Decimal(0)) if balances else None
    used = accounts.together(b.outlook.used_m3 for b in balances)
    share = float(used / limit * 100) if limit and used is not None else None
    over = [b.kind_label for b in balances if b.outlook.over]
    return {"limit": limit, "share": share, "bar": min(share or 0, 100), "over": over}


def _months_chart(scope: Scope) -> str:
    """Columns of abstraction a month by use, this year, as an ECharts option."""
    territory = scope.territory(Right.ACCOUNT_VIEW)
    months = list(scope.period.months())
    cells = accounts.monthly(territory, scope.year, "sector")
    series = []
    for _key, label, values in cells:
        series.append(
            {
                "name": str(label),
                "type": "bar",
                "stack": "use",
                "data": [None if values.get(m.start) is None else float(values[m.start] / 10000) for m in months],
            }
        )
    option = {
        "tooltip": {"trigger": "axis"},
        "legend": {"bottom": 0},
        "grid": {"left": 48, "right": 12, "top": 28, "bottom": 48},
        "xAxis": {"type": "category", "data": [f"{m.start:%m}" for m in months]},
        "yAxis": {"type": "value", "name": _("10⁴ m³")},
        "series": series,
    }
    return json.dumps(option, ensure_ascii=False)


def _watch(scope: Scope, made: Board) -> None:
    """Stations, events and things to do, as of now."""
    territory = scope.territory(Right.TELEMETRY_VIEW)
    rows = telemetry.with_state(telemetry.stations(territory).filter(active=True))
    silent = telemetry.silent(rows)
    made.stations = {"all": rows.count(), "silent": silent.count()}
    made.stations["online"] = made.stations["all"] - made.stations["silent"]
    made.silent = list(silent.order_by("last_seen_at")[:EVENTS])
    keys = telemetry.stations(territory).values("pk")
    made.events = list(
        DeviceEvent.objects.filter(station__in=keys, at__gte=timezone.now() - timedelta(days=7))
        .select_related("station")
        .order_by("-at")[:EVENTS]
    )
    made.todo = todo(scope, made)


def todo(scope: Scope, made: Board) -> list[Todo]:
    """待办: what waits for this reader, most pressing first."""
    actor = scope.actor
    lines = []
    if actor.may(Right.TELEMETRY_CHANGE):
        lines.append(Todo(telemetry.waiting(actor).count(), _("stations wait to be adopted"), reverse("waiting-list")))
    lines.append(Todo(made.stations["silent"], _("stations are silent"), reverse("station-list") + "?state=silent"))
    if actor.may(Right.REGISTRY_IMPORT) and actor.person_id:
        good = Q(report__counts__created__gt=0) | Q(report__counts__changed__gt=0)
        open_imports = ImportBatch.open_items().filter(good, responsible_id=actor.person_id).count()
        lines.append(Todo(open_imports, _("imports wait to be taken"), reverse("import-list")))
    if actor.may(Right.REPORTS_CHANGE):
        owed = list(reports.tables(scope.territory(Right.REPORTS_CHANGE)).filter(active=True))
        late = sum(1 for _period, by in tables_due(owed, scope.today).values() if by and by <= scope.today)
        lines.append(Todo(late, _("tables for superiors are due"), reverse("reports")))
    if actor.may(Right.PERMITS_VIEW):
        mine = permits.waiting_for(actor, scope.today)
        late = sum(
            1 for _case, look in mine if look.due and (look.due.late(scope.today) or look.due.promise_late(scope.today))
        )
        lines.append(Todo(late, _("cases of permits are late, and it is your part"), reverse("case-list") + "?mine=1"))
        lines.append(Todo(len(mine) - late, _("cases of permits wait for you"), reverse("case-list") + "?mine=1"))
        asked = len(hearings.unanswered(actor, scope.today)) if actor.may(Right.PERMITS_REVIEW) else 0
        lines.append(
            Todo(
                asked,
                _("cases wait for an answer of another organisation that is late"),
                reverse("case-list") + "?waits=answer",
            )
        )
        heard = len(hearings.to_hold(actor)) if actor.may(Right.PERMITS_REVIEW) else 0
        lines.append(Todo(heard, _("hearings are to be held"), reverse("case-list") + "?waits=hearing"))
        ending = permits.ending_soon(scope.territory(Right.PERMITS_VIEW), scope.today).count()
        lines.append(
            Todo(ending, _("permits end soon, and no renewal was applied for"), reverse("permit-list") + "?stand=renew")
        )
        ends = register.proposed_ends(actor).count()
        lines.append(
            Todo(ends, _("ends of permits wait for a second officer"), reverse("permit-list") + "?stand=proposed")
        )
        where = scope.territory(Right.PERMITS_VIEW)
        over = reverse("condition-list") + "?verdict=exceeded"
        lines.append(Todo(looking.not_kept(where, scope.year), _("permits are exceeded for certain"), over))
        idle = reverse("condition-list") + "?verdict=disused"
        lines.append(Todo(looking.disused(where, scope.year), _("permits were not used for two years"), idle))
        url = reverse("campaign") + "?standing="
        lines.append(Todo(checks.expired(where, scope.today), _("intakes whose permit has expired"), url + "expired"))
        lines.append(Todo(made.missing, _("intakes that need a permit and have none"), url + "missing"))
        if actor.may(Right.PERMITS_REVIEW):
            reviewed = scope.territory(Right.PERMITS_REVIEW)
            url = reverse("filing-list") + "?waits="
            lines.append(Todo(filing.waiting(reviewed).count(), _("filings are to be taken"), url + "waiting"))
            lines.append(
                Todo(
                    filing.lasting(reviewed).count(),
                    _("emergency abstractions are on file and not over"),
                    url + "lasting",
                )
            )
            found = checks.sightings(reviewed).count()
            lines.append(
                Todo(
                    found,
                    _("abstractions found on the spot wait for an answer"),
                    reverse("sighting-list") + "?outcome=open",
                )
            )
    if actor.may(Right.LAW_CHANGE):
        proposed = OwnFigure.objects.filter(state=FigureState.PROPOSED).exclude(entered_by=actor.person_id).count()
        lines.append(
            Todo(proposed, _("figures of law wait for a second officer"), reverse("own-figures") + "?state=proposed")
        )
        if actor.territory(Right.LAW_CHANGE).holds_path(registry.county_path()):
            zones = registry.zones_waiting(without=actor.person_id).count()
            url = reverse("zone-proposals") + "?state=proposed"
            lines.append(Todo(zones, _("proposed control zones wait for a second officer"), url))
    if actor.may(Right.QUOTA_CHANGE):
        lines.append(
            Todo(
                units.waiting(actor.person_id),
                _("levels, orders and releases of units wait for a second officer"),
                reverse("unit-states"),
            )
        )
        totals = quota.waiting(actor.territory(Right.QUOTA_CHANGE), without=actor.person_id).count()
        url = reverse("proposals") + "?state=proposed"
        lines.append(Todo(totals, _("proposed allotments wait for a second officer"), url))
        if norm_services.may(actor):
            found, url = norm_queries.waiting(actor.person_id).count(), reverse("norm-documents") + "?state=proposed"
            lines.append(Todo(found, _("documents of quotas wait for a second officer"), url))
        given = Transfer.objects.filter(state=TransferState.PROPOSED).exclude(entered_by=actor.person_id).count()
        lines.append(Todo(given, _("transfers of water wait for a second officer"), reverse("transfers")))
        changed = transfers.unregistered(scope.territory(Right.QUOTA_CHANGE)).count()
        lines.append(
            Todo(
                changed,
                _("transfers of water wait for the change of the permits"),
                reverse("transfers") + "?registration=open",
            )
        )
    if actor.may(Right.PEOPLE_VIEW):
        left = people.left_behind(people.people(actor, scope.territory(Right.PEOPLE_VIEW))).count()
        lines.append(
            Todo(
                left,
                _("people have left, and their open things are to be handed over"),
                reverse("people") + "?state=left",
            )
        )
    if actor.may(Right.PORTAL_CHANGE):
        reported = portal.new_problems(scope.territory(Right.PORTAL_CHANGE))
        lines.append(Todo(reported, _("problems reported by the public are new"), reverse("problems") + "?state=new"))
    if made.total and made.total.intakes_without_volume:
        lines.append(Todo(made.total.intakes_without_volume, _("intakes without any volume"), reverse("unmeasured")))
    over = sum(1 for town in made.towns if town["over"])
    if over:
        lines.append(Todo(over, _("towns over their allotment"), reverse("quota")))
    return [line for line in lines if line.count]


def counters() -> dict[str, int]:
    """Figures for operators."""
    now = timezone.now()
    this_month = month(timezone.localdate())
    return {
        "intakes": Intake.objects.count(),
        "stations": Station.objects.filter(active=True).count(),
        "stations_heard_last_day": Station.objects.filter(last_seen_at__gte=now - timedelta(days=1)).count(),
        "frames_last_day": RawFrame.objects.filter(received_at__gte=now - timedelta(days=1)).count(),
        "newest_observation_id": Observation.objects.order_by("-pk").values_list("pk", flat=True).first() or 0,
        "day_volumes_this_month": DayVolume.objects.filter(day__gte=this_month.start).count(),
        "account_entries_this_month": AccountEntry.objects.filter(month=this_month.start).count(),
    }
