"""The area and the year that a person looks at: chosen once in the top bar, held across pages, part of every address."""

from dataclasses import dataclass
from datetime import date

from django.http import HttpRequest

from liangshui.accounts.queries import today
from liangshui.core.access import NOWHERE, Actor, Right, Territory
from liangshui.core.periods import Period, plan_year
from liangshui.records.asked import whole
from liangshui.registry.codes import DivisionLevel
from liangshui.registry.models import Division


@dataclass(frozen=True)
class Scope:
    """Chosen area (none: all of the actor's own territory) and year."""

    actor: Actor
    area: Division | None
    year: int
    today: date

    def territory(self, right: Right | str) -> Territory:
        """Where the actor may use a right, narrowed to the chosen area."""
        territory = self.actor.territory(right)
        return territory.narrowed(self.area.path) if self.area else territory

    @property
    def period(self) -> Period:
        """The whole calendar year."""
        return plan_year(self.year)

    @property
    def so_far(self) -> Period:
        """The year up to today, today included; the whole year if it is past."""
        whole = self.period
        if self.today < whole.start:
            return whole
        return Period.inclusive(whole.start, min(whole.last, self.today))


def scope_of(request: HttpRequest) -> Scope:
    """Read `?area=` and `?year=`, keep them in the session, and leave out areas that the actor may not see."""
    actor: Actor = request.actor
    day = today()
    year = _year(request, day)
    code = request.GET.get("area", request.session.get("area", ""))
    area = None
    if code:
        territory = actor.territory(Right.REGISTRY_VIEW)
        area = Division.objects.within(territory).filter(code=code).first() if territory else None
    if "area" in request.GET and request.session.get("area", "") != (area.code if area else ""):
        request.session["area"] = area.code if area else ""
    return Scope(actor, area, year, day)


def _year(request: HttpRequest, day: date) -> int:
    given = whole(request.GET.get("year"))
    if given and 2000 <= given <= day.year + 1:
        if request.session.get("year") != given:
            request.session["year"] = given
        return given
    return request.session.get("year", day.year)


def areas(actor: Actor) -> list[Division]:
    """Counties, towns and areas that the actor may choose between."""
    territory = actor.territory(Right.REGISTRY_VIEW)
    if territory == NOWHERE:
        return []
    levels = [DivisionLevel.COUNTY, DivisionLevel.TOWN, DivisionLevel.AREA]
    return list(Division.objects.within(territory).filter(level__in=levels))
