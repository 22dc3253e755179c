"""Pages of the account: from a total to its parts, to an intake, its months, its days, and the readings behind a day."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from liangshui.accounting import evidence, queries, services
from liangshui.accounting.codes import COLOURS, Method
from liangshui.accounting.entries import rule_on, rules
from liangshui.accounting.forms import RecomputeForm, RuleForm
from liangshui.accounting.models import AccountingRule, Recompute
from liangshui.accounting.workbook import workbook
from liangshui.core.access import Right, Territory
from liangshui.core.errors import Invalid, NotFound
from liangshui.core.periods import ONE_DAY, Period, month
from liangshui.records.asked import whole
from liangshui.records.gate import needs
from liangshui.records.listing import Column, Filter, Listing
from liangshui.registry.codes import DivisionLevel, LawfulMethod
from liangshui.registry.models import Intake
from liangshui.registry.queries import intake_or_404, town_of, towns

SEE, CHANGE = needs(Right.ACCOUNT_VIEW), needs(Right.ACCOUNT_CHANGE)
PAGE = 100

TABS = [
    ("town", gettext_lazy("Towns")),
    ("unit", gettext_lazy("Management units")),
    ("sector", gettext_lazy("Uses")),
    ("source", gettext_lazy("Sources")),
    ("user", gettext_lazy("Water users")),
    ("project", gettext_lazy("Projects")),
    ("intake", gettext_lazy("Intakes")),
]

NARROWER = {
    "town": "village",
    "village": "intake",
    "unit": "town",
    "sector": "town",
    "source": "town",
    "source_kind": "source",
    "user": "intake",
    "project": "intake",
}
"""One step back from a row: its parts."""

IDS = ("user", "project", "intake", "village", "town", "unit", "source")


@dataclass
class Chosen:
    """What the address asks for: grouping, period and filters."""

    by: str
    period: Period
    month: int | None
    filters: dict[str, Any]
    days: str = ""
    """The part of the address that names the days, where a table or a link did."""

    def words(self) -> str:
        """The period as people write it."""
        return f"{self.period.start:%Y-%m}" if self.month else f"{self.period.start} – {self.period.last}"


def _asked(request: HttpRequest) -> Chosen:
    scope, get = request.scope, request.GET
    by = get.get("by", "town")
    filters: dict[str, Any] = {name: pk for name in IDS if (pk := whole(get.get(name))) is not None}
    filters |= {name: get[name] for name in ("sector", "source_kind") if get.get(name)}
    asked = whole(get.get("month"))
    number = asked if asked and asked <= 12 else None
    by = by if by in queries.GROUPINGS else "town"
    named = _days(get.get("from"), get.get("to"))
    if named:
        return Chosen(by, named, None, filters, f"from={named.start}&to={named.last}")
    return Chosen(by, month(date(scope.year, number, 1)) if number else scope.so_far, number, filters)


def _days(first: str | None, last: str | None) -> Period | None:
    """Days that the address names, both included; None if it names none that can be."""
    try:
        start, end = date.fromisoformat(first or ""), date.fromisoformat(last or "")
    except ValueError:
        return None
    return Period.inclusive(start, end) if date(2000, 1, 1) <= start <= end < date(2101, 1, 1) else None


def _narrow(chosen: Chosen, row: queries.AccountRow) -> str:
    """The address one step back from a row."""
    if chosen.by == "intake":
        return reverse("intake-account", args=[row.key])
    if row.key is None or chosen.by not in NARROWER:
        return ""
    fixed = chosen.filters | {chosen.by: row.key}
    by = NARROWER[chosen.by]
    if by in fixed:
        by = "village" if "village" not in fixed else "intake"
    parts = [f"{name}={value}" for name, value in fixed.items()]
    when = [f"month={chosen.month}"] if chosen.month else [chosen.days] if chosen.days else []
    return "?" + "&".join([f"by={by}", *parts, *when])


@SEE
def account(request: HttpRequest) -> HttpResponse:
    """The account of the area and year, by one grouping, each row leading to its parts."""
    chosen, territory = _asked(request), request.scope.territory(Right.ACCOUNT_VIEW)
    rows = queries.account(territory, chosen.period, chosen.by, chosen.filters)
    total = queries.account(territory, chosen.period, "total", chosen.filters)[0]
    if request.GET.get("sort") == "-abstraction":
        rows.sort(key=lambda row: (row.abstraction_m3 is None, -(row.abstraction_m3 or 0)))
    if request.GET.get("export") == "xlsx":
        return _account_sheet(chosen, rows)
    names = {name: queries.labels(name, [value]) for name, value in chosen.filters.items()}
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    lines = [{"row": row, "url": _narrow(chosen, row)} for row in page]
    whole_year = request.scope.year
    shown = queries.monthly(territory, whole_year, "sector", chosen.filters)
    return render(
        request,
        "accounting/account.html",
        {
            "chosen": chosen,
            "tabs": TABS,
            "by_label": dict([*TABS, ("village", _("Villages")), ("source_kind", _("Kinds of source"))]).get(chosen.by),
            "lines": lines,
            "page": page,
            "total": total,
            "chips": [(name, names[name].get(value, ("", str(value)))[1]) for name, value in chosen.filters.items()],
            "months": range(1, 13),
            "methods": [(m.value, m.label) for m in Method if m.value in total.by_method],
            "chart": columns(whole_year, [(name, values) for _key, name, values in shown]) if shown else "",
            "version": queries.version(),
            "untold": chosen.by not in queries.UNTOLD,
        },
    )


def _account_sheet(chosen: Chosen, rows: Sequence[queries.AccountRow]) -> HttpResponse:
    heads = [
        _("code"), _("name"), _("abstraction, m³"), _("passed on, m³"), _("received, m³"), _("use, m³"),
        _("consumption, m³"), _("at least, m³"), _("at most, m³"),
        *(_("%(method)s, m³") % {"method": m.label} for m in Method),
        _("intakes"), _("number of intakes without volume"), _("days without volume"),
    ]  # fmt: skip
    lines = (
        [
            r.code, r.name, r.abstraction_m3, r.supply_m3, r.received_m3, r.use_m3, r.consumption_m3, r.low_m3, r.high_m3,
            *(r.by_method.get(m.value) for m in Method),
            r.intakes, r.intakes_without_volume, r.days_without_volume,
        ]
        for r in rows
    )  # fmt: skip
    return workbook(_("Water account"), chosen.words(), heads, lines)


def columns(year: int, series: list[tuple[str, dict[date, Decimal | None]]], classes: bool = False) -> str:
    """Stacked columns by month, in 10⁴ m³, as an ECharts option. Months of which nothing is known stay gaps."""
    months = [date(year, number, 1) for number in range(1, 13)]
    colours = {str(method.label): colour for method, colour in COLOURS.items()}
    option = {
        "tooltip": {"trigger": "axis"},
        "legend": {"bottom": 0},
        "grid": {"left": 56, "right": 12, "top": 32, "bottom": 48},
        "xAxis": {"type": "category", "data": [f"{m:%m}" for m in months]},
        "yAxis": {"type": "value", "name": "m³" if classes else _("10⁴ m³")},
        "series": [
            {
                "name": str(name),
                "type": "bar",
                "stack": "all",
                "barMaxWidth": 36,
                **({"itemStyle": {"color": colours[str(name)]}} if str(name) in colours else {}),
                "data": [None if (v := values.get(m)) is None else float(v if classes else v / 10000) for m in months],
            }
            for name, values in series
        ],
    }
    return json.dumps(option, ensure_ascii=False)


# --- one intake ---


def _intake(territory: Territory, pk: int, *, shared: bool = False) -> Intake:
    """An intake that the reader may see; with `shared` also one of which an own user has a share."""
    if shared and territory.users and not Intake.objects.within(territory).filter(pk=pk).exists():
        found = (
            Intake.objects.filter(pk=pk, shares__user__in=territory.users).select_related("division__parent").first()
        )
        if found is None:
            raise NotFound("")
        return found
    return intake_or_404(territory, pk)


@SEE
def intake_account(request: HttpRequest, pk: int) -> HttpResponse:
    """The year of an intake by month and method, with its range, and all evidence side by side."""
    territory, year = request.actor.territory(Right.ACCOUNT_VIEW), request.scope.year
    intake = _intake(territory, pk, shared=True)
    lines = evidence.intake_months(intake, year, territory)
    if request.GET.get("export") == "xlsx":
        return _months_sheet(intake, year, lines)
    known = [line for line in lines if line.volume_m3 is not None]
    by_method: dict[str, dict[date, Decimal | None]] = {}
    for line in lines:
        for method, volume in line.by_method.items():
            by_method.setdefault(method, {})[line.month] = volume
    highs = [line.high_m3 for line in known]
    return render(
        request,
        "accounting/intake.html",
        {
            "intake": intake,
            "town": town_of(intake.division),
            "year": year,
            "lines": lines,
            "total": sum((line.volume_m3 for line in known), Decimal(0)) if known else None,
            "low": sum((line.low_m3 or 0 for line in known), Decimal(0)),
            "high": None if None in highs else sum((high for high in highs if high is not None), Decimal(0)),
            "estimate": any(line.is_estimate for line in known),
            "days_without": sum(line.days_without_volume for line in lines),
            "beside": [line for line in lines if line.side_by_side],
            "chart": columns(year, [(str(Method(m).label), v) for m, v in by_method.items()], classes=True),
            "rule": rule_on(rules(), min(request.scope.today, request.scope.period.last)),
            "version": queries.version(),
        },
    )


def _months_sheet(intake: Intake, year: int, lines: Sequence[evidence.MonthLine]) -> HttpResponse:
    heads = [_("month"), _("volume, m³"), _("at least, m³"), _("at most, m³"), _("days without volume")]
    heads += [_("%(method)s, m³") % {"method": m.label} for m in Method]
    rows = (
        [f"{x.month:%Y-%m}", x.volume_m3, x.low_m3, x.high_m3, x.days_without_volume, *(x.by_method.get(m.value) for m in Method)]
        for x in lines
    )  # fmt: skip
    return workbook(_("Volumes"), f"{intake.code}-{year}", heads, rows)


@SEE
def intake_month(request: HttpRequest, pk: int, year: int, number: int) -> HttpResponse:
    """The days of a month, each with its method and what was met."""
    if not 1 <= number <= 12 or not 1 <= year <= 9998:
        raise NotFound("")
    intake = _intake(request.actor.territory(Right.ACCOUNT_VIEW), pk)
    span = month(date(year, number, 1))
    lines = evidence.day_rows(intake, span)
    if request.GET.get("export") == "xlsx":
        heads = [_("day"), _("volume, m³"), _("at least, m³"), _("at most, m³"), _("method"), _("marks")]
        rows = ([x.day, x.volume_m3, x.low_m3, x.high_m3, x.label, "; ".join(x.words)] for x in lines)
        return workbook(_("Days"), f"{intake.code}-{span.start:%Y-%m}", heads, rows)
    known = [line.volume_m3 for line in lines if line.volume_m3 is not None]
    option = {
        "tooltip": {"trigger": "axis"},
        "grid": {"left": 56, "right": 12, "top": 32, "bottom": 28},
        "xAxis": {"type": "category", "data": [f"{line.day:%d}" for line in lines]},
        "yAxis": {"type": "value", "name": _("m³ a day")},
        "series": [
            {
                "type": "bar",
                "barMaxWidth": 24,
                "data": [
                    None
                    if line.volume_m3 is None
                    else {"value": float(line.volume_m3), "itemStyle": {"color": COLOURS[Method(line.method)]}}
                    for line in lines
                ],
            }
        ],
    }
    return render(
        request,
        "accounting/month.html",
        {
            "intake": intake,
            "town": town_of(intake.division),
            "span": span,
            "lines": lines,
            "total": sum(known, Decimal(0)) if known else None,
            "estimate": any(line.is_estimate for line in lines if line.volume_m3 is not None),
            "before": span.start - ONE_DAY,
            "after": span.end if span.end <= request.scope.today else None,
            "chart": json.dumps(option, ensure_ascii=False),
            "methods": sorted({(line.method, line.label) for line in lines if line.method}),
        },
    )


@SEE
def intake_day(request: HttpRequest, pk: int, day: date) -> HttpResponse:
    """The readings from which a day's volume comes, each leading to the frame that brought it."""
    intake = _intake(request.actor.territory(Right.ACCOUNT_VIEW), pk)
    return render(
        request,
        "accounting/day.html",
        {
            "intake": intake,
            "town": town_of(intake.division),
            "day": day,
            "found": evidence.behind_day(intake, day),
            "before": day - ONE_DAY if day > date(1900, 1, 1) else None,
            "after": day + ONE_DAY if day < request.scope.today else None,
            "may_see_frames": request.actor.may(Right.TELEMETRY_VIEW),
        },
    )


# --- work to do, the rule, recomputations ---


@SEE
def unmeasured(request: HttpRequest) -> HttpResponse:
    """Intakes of which the period knows no volume at all."""
    territory, period = request.scope.territory(Right.ACCOUNT_VIEW), request.scope.so_far

    def in_town(rows: Any, value: str) -> Any:
        return rows.filter(Q(division=value) | Q(division__parent=value))

    listing = Listing(
        "unmeasured",
        _("Intakes without volume"),
        queries.unmeasured(territory, period),
        [
            Column("code", _("code"), lambda i: i.code, sort="code"),
            Column("name", _("name"), lambda i: i.name, sort="name"),
            Column("town", _("town"), lambda i: town_of(i.division).name, sort="division__path"),
            Column(
                "village",
                _("village"),
                lambda i: i.division.name if i.division.level == DivisionLevel.VILLAGE else None,
                sort="division__path",
            ),
            Column("user", _("water user"), lambda i: i.project.user.name, sort="project__user__name"),
            Column("source", _("source"), lambda i: i.source.name, sort="source__code"),
            Column("sector", _("use"), lambda i: i.get_sector_display(), sort="sector"),
            Column("status", _("state"), lambda i: i.get_status_display(), sort="status"),
            Column("lawful", _("volume found"), lambda i: i.get_lawful_method_display(), sort="lawful_method"),
        ],
        search=("name__icontains", "code__icontains", "initials__startswith", "project__user__name__icontains"),
        filters=[
            Filter("town", _("town"), lambda: [(str(t.pk), t.name) for t in towns(territory)], in_town),
            Filter("lawful", _("volume found"), lambda: LawfulMethod.choices, "lawful_method"),
        ],
        order="code",
        empty=_("Every intake of this area has a volume in this year."),
        link=lambda i: reverse("intake-account", args=[i.pk]),
    )
    if request.htmx or request.GET.get("export"):
        return listing.respond(request)
    by_town = [r for r in queries.account(territory, period, "town") if r.intakes_without_volume]
    return listing.respond(request, "accounting/unmeasured.html", by_town=by_town, period=period)


@SEE
def rule(request: HttpRequest) -> HttpResponse:
    """The rules of the account, who decided them and why."""
    known = rules()
    return render(
        request,
        "accounting/rule.html",
        {
            "present": rule_on(known, request.scope.today),
            "order": [Method(m.value).label for m in rule_on(known, request.scope.today).order],
            "stored": [
                {"rule": r, "order": [Method(m).label for m in r.method_order]}
                for r in AccountingRule.objects.select_related("decided_by").order_by("-valid_from")
            ],
            "may_change": request.actor.may(Right.ACCOUNT_CHANGE),
        },
    )


@CHANGE
def rule_new(request: HttpRequest) -> HttpResponse:
    """Set the boundary of the day and the order of methods from a month on."""
    form = RuleForm(request.POST or None, rule=rule_on(rules(), request.scope.today))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            services.set_rule(request.actor, data["valid_from"], data["boundary_hour"], form.order(), data["reason"])
        except Invalid as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            messages.success(request, _("The rule holds. The worker now computes the accounts since then anew."))
            return redirect("account-rule")
    return render(
        request,
        "accounting/form.html",
        {"form": form, "title": _("Set the accounting rule"), "back": reverse("account-rule")},
    )


@SEE
def recomputes(request: HttpRequest) -> HttpResponse:
    """What was computed anew, why, and how many days changed; the newest is the version of the accounts."""
    actions = []
    if request.actor.may(Right.ACCOUNT_CHANGE):
        actions.append((reverse("recompute-new"), _("Compute anew"), "refresh"))
    return Listing(
        "recomputes",
        _("Recomputations"),
        Recompute.objects.all(),
        [
            Column("pk", _("version"), lambda r: f"#{r.pk}", sort="pk"),
            Column("at", _("at"), lambda r: r.at, lambda r: _local(r.at), sort="at"),
            Column("reason", _("reason"), lambda r: reason_words(r.reason), sort="reason"),
            Column("start", _("from"), lambda r: r.start, sort="start"),
            Column("end", _("to (not included)"), lambda r: r.end, sort="end"),
            Column("intakes", _("intakes"), lambda r: r.intakes, sort="intakes", numeric=True),
            Column("days", _("days changed"), lambda r: r.changed_days, sort="changed_days", numeric=True),
            Column("actor", _("by"), lambda r: r.actor, sort="actor"),
        ],
        search=("reason__icontains", "actor__icontains"),
        order="-pk",
        empty=_("Nothing was computed yet: the worker does so when readings or records come."),
        actions=actions,
    ).respond(request)


def _local(instant: datetime) -> str:
    return f"{timezone.localtime(instant):%Y-%m-%d %H:%M}"


def reason_words(reason: str) -> str:
    """A reason of the worker in the reader's language; one that a person gave as it is."""
    return {services.FOLLOWED: _("new readings and records"), services.NEW_DAY: _("a new day")}.get(reason, reason)


@CHANGE
def recompute_new(request: HttpRequest) -> HttpResponse:
    """Ask for days to be computed anew; the worker does it, and the list shows what changed."""
    form = RecomputeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        count = services.ask_recompute(
            request.actor, Period.inclusive(form.cleaned_data["start"], form.cleaned_data["last"])
        )
        messages.success(request, _("%(n)s intakes wait to be computed anew by the worker.") % {"n": count})
        return redirect("recomputes")
    return render(
        request, "accounting/form.html", {"form": form, "title": _("Compute anew"), "back": reverse("recomputes")}
    )
