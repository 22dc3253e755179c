"""Whether an abstraction needs a permit at all (免领取水许可证), and who decides on it (审批权限)."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from enum import StrEnum

from liangshui.core.decision import Check, Outcome
from liangshui.core.parameters import Law


class Use(StrEnum):
    """What water is taken for, as far as exemption turns on it."""

    HOUSEHOLD = "household"
    EMERGENCY_WORKS = "emergency_works"
    EMERGENCY_PUBLIC = "emergency_public"
    EMERGENCY_DROUGHT = "emergency_drought"
    OWN_POND = "own_pond"
    OTHER = "other"


WITHOUT_PERMIT = {
    Use.OWN_POND: "AR-004 (1)",
    Use.EMERGENCY_WORKS: "AR-004 (3)",
    Use.EMERGENCY_PUBLIC: "AR-004 (4)",
    Use.EMERGENCY_DROUGHT: "AR-004 (5)",
}
"""Uses that need none whatever the volume; what has to be reported or agreed stands with the article."""


def needs_permit(use: Use, *, motorised: bool, m3_per_year: Decimal, on: date, law: Law) -> Check:
    """Whether an abstraction needs a permit: failed means that it does, passed that it does not.

    By hand or animal none is needed; for a household and scattered or penned livestock none up to the region's limit, which is
    included: 1,000 m³ a year needs none, 1,001 does (取水条例 4, 内蒙古令155号 6).
    """
    if use in WITHOUT_PERMIT:
        return Check("exempt", Outcome.PASSED, (("use", use),), WITHOUT_PERMIT[use])
    if not motorised and law.figure("NM-006", "non_motorised_exempt", on):
        return Check("exempt", Outcome.PASSED, (("motorised", "no"),), "NM-006")
    limit = Decimal(law.figure("NM-006", "max_m3_per_year", on))
    inclusive = bool(law.figure("NM-006", "inclusive", on))
    small = m3_per_year <= limit if inclusive else m3_per_year < limit
    figures = (("m3_per_year", f"{m3_per_year:f}"), ("limit", f"{limit:f}"))
    if use is Use.HOUSEHOLD and small:
        return Check("exempt", Outcome.PASSED, figures, "NM-006")
    return Check(
        "exempt",
        Outcome.FAILED,
        figures if use is Use.HOUSEHOLD else (),
        "NM-006" if use is Use.HOUSEHOLD else "WL-007",
    )


class Route(StrEnum):
    """Why an application goes to another authority."""

    MAINSTEM = "mainstem"
    SCALE = "scale"
    SOURCES = "sources"
    OTHER = "other"


ROUTED_BY = {Route.MAINSTEM: "YR-050", Route.SCALE: "AR-014", Route.SOURCES: "AR-010-A"}
"""The article of a reason; for another one, who sends it says why."""

LEVELS = ("county", "city", "region", "province", "basin")
"""Levels of authorities, from the lowest."""


def highest(levels: Iterable[str]) -> str:
    """Which of several authorities takes an application for water from several sources: the highest (取水条例 10).

    A well of the county's and a canal head of the basin's: the basin authority.
    """
    return max(levels, key=lambda each: LEVELS.index(each) if each in LEVELS else -1)


def basin_decides(*, mainstem: bool, on: date, law: Law) -> str | None:
    """Who decides on an intake on the Yellow River's main stem (黄河干流): the basin authority's name; None: the place itself."""
    return str(law.figure("YR-050", "mainstem", on)) if mainstem else None
