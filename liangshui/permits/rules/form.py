"""What an application has to hold: the eight items of 取水条例 12, and the papers of 取水条例 11 and 地下水管理条例 48."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from liangshui.permits.rules.gate import GROUNDWATER, Source
from liangshui.permits.rules.life import Kind

ITEMS: dict[str, tuple[str, ...]] = {
    "applicant": ("applicant", "address"),
    "reason": ("reason",),
    "term": ("begins", "years"),
    "use": ("use", "purpose", "volume_m3", "months_m3"),
    "source": ("source", "division", "longitude", "latitude"),
    "works": ("works", "metering", "saving"),
    "return": ("return_place",),
}
"""The items by the fields that hold them; the eighth, other matters, may be empty."""

NEW_FIELDS = (
    "name", "address", "reason", "use", "industry", "purpose", "volume_m3", "begins", "years", "source", "division", "longitude", "latitude",
    "works", "existing", "design_capacity_m3", "quota_m3", "quota_basis", "metering", "saving", "return_place", "return_m3", "pollutants",
    "must_be_filed", "other",
)  # fmt: skip
"""All that an application for a new permit may say, in the order of the form."""

FIELDS: dict[Kind, tuple[str, ...]] = {
    Kind.NEW: tuple(field for fields in ITEMS.values() for field in fields),
    Kind.CHANGE: ("applicant", "reason", "use", "source", "volume_m3"),
    Kind.RENEWAL: ("applicant", "reason", "use", "source", "begins", "years", "volume_m3"),
    Kind.TRANSFER: ("applicant", "reason", "use", "source", "taker", "volume_m3"),
    Kind.CANCELLATION: ("applicant", "reason"),
}


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper that has to be with an application, and by which rule."""

    what: str
    rule: str


def missing(kind: Kind, given: Mapping[str, Any]) -> list[str]:
    """Fields that are still open, in the order of the form. Nothing is nothing, zero is something; twelve empty months are nothing."""
    return [name for name in FIELDS[kind] if _empty(given.get(name))]


def _empty(value: Any) -> bool:
    return value in (None, "") or (isinstance(value, list) and all(each in (None, "") for each in value))


def months_differ(months: Collection[Any], volume: Any) -> bool:
    """Whether months are given, but not all twelve of them, or they do not add up to the year; 0 is a month without water."""
    if not any(m is not None for m in months):
        return False
    return len(months) != 12 or any(m is None for m in months) or sum(months) != volume


def papers(
    kind: Kind, source: str, *, filed: bool, construction: bool, existing: bool, anew: bool = False
) -> list[Paper]:
    """Papers that have to be there: the form and the statement on third parties always, the others as the case is. `anew`: a change that
    asks for more or for another use, which may be so large that it has to be studied and applied for anew (取水条例 22(2))."""
    if kind is not Kind.NEW and not anew:
        return [Paper("form", "AR-011")]
    found = [Paper("form", "AR-011"), Paper("third_parties", "AR-011")]
    if filed:
        found.append(Paper("filing", "AR-011"))
    if construction:
        found.append(Paper("study", "AR-011"))
    if source in GROUNDWATER and not existing:
        found.append(Paper("well_plan", "GW-048-A"))
    return found


def construction(use: str) -> bool:
    """Whether an application is for a construction project, which owes a study: all but household, farm and herding use.

    Which project is one is settled by the law on projects, which is not in our collection; this is our reading, and an officer
    may ask for more.
    """
    return use not in ("", "living", "irrigation", "herding")


def groundwater(source: str) -> bool:
    """Whether a source is groundwater."""
    return source in {each.value for each in (Source.SHALLOW, Source.DEEP)}
