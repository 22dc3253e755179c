"""The leader's brief (水资源简报): one A4 of a month, its figures from the one account, and what changed since the month before."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from liangshui.accounting import queries as accounts
from liangshui.accounting.codes import Method
from liangshui.accounting.queries import AccountRow
from liangshui.core.access import Territory
from liangshui.core.periods import Period, month
from liangshui.core.quantities import M3_PER_WAN, shown
from liangshui.quota.queries import balances
from liangshui.quota.rules.closing import TOTAL, Node
from liangshui.registry.models import Division
from liangshui.registry.queries import towns
from liangshui.reports.filling import before, period_words, year_before

ZERO = Decimal(0)


@dataclass(slots=True)
class TownLine:
    """A town: abstraction of the month, of the month before, of the year so far; what the year allots it, m³."""

    name: str
    month_m3: Decimal | None
    last_m3: Decimal | None
    year_m3: Decimal | None
    allotted_m3: Decimal | None

    @property
    def share(self) -> Decimal | None:
        """Used of what is allotted."""
        return self.year_m3 / self.allotted_m3 if self.year_m3 is not None and self.allotted_m3 else None


@dataclass(slots=True)
class Brief:
    """Figures of a month in m³; None: not known. `months`: this year's and last year's abstraction by month."""

    county: str
    month: Period
    words: str
    month_m3: Decimal | None
    last_month_m3: Decimal | None
    last_year_m3: Decimal | None
    year_m3: Decimal | None
    last_year_so_far_m3: Decimal | None
    allotted_m3: Decimal | None
    low_m3: Decimal | None
    high_m3: Decimal | None
    intakes: int
    without_volume: int
    by_method: list[tuple[str, Decimal]]
    by_sector: list[tuple[str, Decimal]]
    towns: list[TownLine]
    months: tuple[list[Decimal | None], list[Decimal | None]]
    changes: list[str] = field(default_factory=list)

    @property
    def share(self) -> Decimal | None:
        """The year's use of what is allotted."""
        return self.year_m3 / self.allotted_m3 if self.year_m3 is not None and self.allotted_m3 else None


def brief(county: Division, day: date) -> Brief:
    """The brief of the month in which a day lies."""
    here, span = Territory(paths=frozenset({county.path})), month(day)
    last, year_ago = before("month", span), year_before(span)
    so_far = Period(date(span.start.year, 1, 1), span.end)
    total = accounts.account(here, span, "total")[0]
    rows = {name: _by_town(here, period) for name, period in (("month", span), ("last", last), ("year", so_far))}
    allotted = _allotted(here, county, span.last)
    places = [
        TownLine(
            town.name,
            _taken(rows["month"], town),
            _taken(rows["last"], town),
            _taken(rows["year"], town),
            allotted.get(town.pk),
        )
        for town in towns(here)
    ]
    found = Brief(
        county=county.name, month=span, words=period_words("month", span),
        month_m3=total.abstraction_m3, last_month_m3=_total(here, last), last_year_m3=_total(here, year_ago),
        year_m3=_total(here, so_far), last_year_so_far_m3=_total(here, year_before(so_far)), allotted_m3=allotted.get(None),
        low_m3=total.low_m3, high_m3=total.high_m3, intakes=total.intakes, without_volume=total.intakes_without_volume,
        by_method=[(str(Method(m).label), v) for m, v in total.by_method.items() if v],
        by_sector=[(r.name, r.abstraction_m3) for r in accounts.account(here, span, "sector") if r.abstraction_m3],
        towns=places,
        months=(_months(here, span.start.year, span.end), _months(here, span.start.year - 1, year_ago.end)),
    )  # fmt: skip
    found.changes = _changes(found)
    return found


def _by_town(here: Territory, period: Period) -> dict[int, AccountRow]:
    return {row.key: row for row in accounts.account(here, period, "town")}


def _taken(rows: dict[int, AccountRow], town: Division) -> Decimal | None:
    return rows[town.pk].abstraction_m3 if town.pk in rows else ZERO


def _total(here: Territory, period: Period) -> Decimal | None:
    return accounts.account(here, period, "total")[0].abstraction_m3


def _allotted(here: Territory, county: Division, day: date) -> dict[int | None, Decimal]:
    """What the year allots the county (None) and its towns, all sources together, by the red lines' own balances."""
    found: dict[int | None, Decimal] = {}
    for axes in (TOTAL.axes, Node(town=0).axes):
        for balance in balances(here, day.year, day=day, county=county, axes=axes):
            key = balance.node.town
            if balance.outlook.allotted_m3 is not None:
                found[key] = found.get(key, ZERO) + balance.outlook.allotted_m3
    return found


def _months(here: Territory, year: int, until: date) -> list[Decimal | None]:
    """Abstraction by month; None: not known, or yet to come."""
    rows = next(iter(accounts.monthly(here, year)), (None, "", {}))[2]
    starts = [date(year, number, 1) for number in range(1, 13)]
    return [rows.get(start) if start < until else None for start in starts]


# --- what changed ---


def wan(value: Decimal | None) -> str:
    """In 万m³ with two decimals, or a dash."""
    return "—" if value is None else shown(value / M3_PER_WAN, 2)


def percent(value: Decimal | None) -> str:
    """A share in percent, or a dash."""
    return "—" if value is None else f"{shown(value * 100, 1)}%"


def _compare(now: Decimal | None, was: Decimal | None) -> str:
    if now is None or was is None:
        return _("cannot be compared")
    if not was:
        return _("up from none")
    change = (now - was) / was
    if abs(change) < Decimal("0.001"):
        return _("as much")
    told = {"by": percent(abs(change))}
    return _("up %(by)s") % told if change > 0 else _("down %(by)s") % told


def _changes(found: Brief) -> list[str]:
    """Sentences for the leader; each says a figure that stands in the accounts."""
    said = [
        _(
            "Abstraction of the month %(now)s ×10⁴ m³: %(last)s against the month before, %(year)s against the same month last year."
        )
        % {
            "now": wan(found.month_m3),
            "last": _compare(found.month_m3, found.last_month_m3),
            "year": _compare(found.month_m3, found.last_year_m3),
        }
    ]
    moved = [t for t in found.towns if t.month_m3 is not None and t.last_m3 is not None and t.month_m3 != t.last_m3]
    moved.sort(key=lambda t: -abs((t.month_m3 or ZERO) - (t.last_m3 or ZERO)))
    if moved:
        parts = [_("%(town)s %(change)s") % {"town": t.name, "change": _signed(t)} for t in moved[:3]]
        said.append(_("Towns that changed most, 10⁴ m³: %(list)s.") % {"list": "、".join(parts)})
    over = [t.name for t in found.towns if t.share is not None and t.share > 1]
    if over:
        said.append(_("Over the allotment of the year: %(list)s.") % {"list": "、".join(over)})
    near = [t.name for t in found.towns if t.share is not None and Decimal("0.9") <= t.share <= 1]
    if near:
        said.append(_("At 90%% or more of the allotment: %(list)s.") % {"list": "、".join(near)})
    if found.without_volume:
        said.append(
            _("%(n)s of %(all)s intakes have no volume this month.") % {"n": found.without_volume, "all": found.intakes}
        )
    estimated = sum((v for name, v in found.by_method if name not in _exact()), ZERO)
    if found.month_m3:
        said.append(
            _("%(share)s of the volume is estimated, not metered.") % {"share": percent(estimated / found.month_m3)}
        )
    return said


def _exact() -> set[str]:
    from liangshui.accounting.codes import EXACT

    return {str(Method(m).label) for m in EXACT}


def _signed(town: TownLine) -> str:
    change = ((town.month_m3 or ZERO) - (town.last_m3 or ZERO)) / M3_PER_WAN
    return ("+" if change > 0 else "") + shown(change, 2)
