"""What every route of the API shares: the right it declares, envelopes, pages, periods and figures as text."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import wraps
from typing import Annotated, Any, Generic, TypeVar

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from ninja import Schema
from pydantic import Field

from liangshui.core.access import Right, Territory
from liangshui.core.errors import Invalid, NotFound
from liangshui.core.periods import Period
from liangshui.records.installation import is_demo

T = TypeVar("T")
View = TypeVar("View", bound=Callable[..., Any])

LARGEST_PAGE = 1000
LARGEST_ID = 2**63 - 1

Limit = Annotated[int, Field(ge=1, le=LARGEST_PAGE)]
Cursor = Annotated[int, Field(ge=0, le=LARGEST_ID)]
Word = Annotated[str, Field(max_length=100)]
Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]
Year = Annotated[int, Field(ge=2000, le=2100)]
Volume = Annotated[str | None, Field(pattern=r"^-?\d+(\.\d+)?$", description="m³; null where unknown, never 0 for it")]
"""A figure as a decimal string, exact."""


def allowed(right: Right) -> Callable[[View], View]:
    """Declare the right of a route and check it; a route without one keeps the API from starting (web/api.py)."""

    def declare(view: View) -> View:
        @wraps(view)
        def checked(request: Any, *args: Any, **kwargs: Any) -> Any:
            request.auth.require(right)
            request.route_right = right
            return view(request, *args, **kwargs)

        checked.right = right  # type: ignore[attr-defined]
        return checked  # type: ignore[return-value]

    return declare


def territory(request: Any) -> Territory:
    """Where the caller may use the right that the route declares."""
    found: Territory = request.auth.territory(request.route_right)
    return found


class Envelope(Schema):
    """Around every answer: whether the data are invented (演示数据)."""

    demo: bool = Field(default_factory=is_demo, description="true: everything here is invented")


class PageOf(Envelope, Generic[T]):
    """Some rows and where the next ones begin."""

    items: list[T]
    next: int | None = Field(None, description="give it as `after` to read on; null at the end")


class ListOf(Envelope, Generic[T]):
    """All rows."""

    items: list[T]


class OneOf(Envelope, Generic[T]):
    """One record."""

    item: T


class Problem(Schema):
    """What went wrong, and whether the same call may succeed later."""

    code: str
    message: str
    permanent: bool
    field: str | None = None


REFUSALS: dict[Any, Any] = dict.fromkeys((400, 401, 403, 404, 422, 429), Problem)
"""How a call can fail; part of what every route declares."""


def page(rows: QuerySet, after: int, limit: int, out: Callable[[Any], Any]) -> dict[str, Any]:
    """Rows by ascending id, beyond `after`."""
    found = list(rows.filter(pk__gt=after).order_by("pk")[: limit + 1])
    more = len(found) > limit
    shown = found[:limit]
    return {"items": [out(row) for row in shown], "next": shown[-1].pk if more else None}


def one_by(rows: QuerySet, **key: Any) -> Any:
    """The row with this key among those that the caller may see."""
    found = rows.filter(**key).first()
    if found is None:
        raise NotFound(_("There is no such record, or it is outside your area."))
    return found


def days(first: date, last: date, *, most: int = 1100) -> Period:
    """From first to last day, both included, as callers write it."""
    if not 2000 <= first.year <= 2100 or not 2000 <= last.year <= 2100:
        raise Invalid(_("The days must lie between 2000 and 2100."), field="from")
    if last < first:
        raise Invalid(_("The last day lies before the first."), field="to")
    period = Period.inclusive(first, last)
    if period.length > most:
        raise Invalid(_("At most %d days at once.") % most, field="to")
    return period


def text(value: Decimal | None) -> str | None:
    """A figure as a plain decimal string."""
    return None if value is None else f"{value:f}"


def instant(value: datetime | None) -> str | None:
    """ISO 8601, UTC, to the millisecond."""
    if value is None:
        return None
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
