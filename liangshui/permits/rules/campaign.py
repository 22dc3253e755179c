"""Everyone on the ledger (应登尽登): each intake that was found, against permits; and whether it is to stay, be mended or go."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from liangshui.core.decision import Outcome
from liangshui.core.errors import LiangshuiError
from liangshui.core.parameters import Law
from liangshui.permits.rules.scope import Use, needs_permit

NO_ABSTRACTION = ("network", "reclaimed_outlet")
"""Kinds of intake that take nothing from nature."""


class Standing(StrEnum):
    """How an intake stands to permits."""

    NOT_NEEDED = "not_needed"
    PERMIT = "permit"
    EXPIRED = "expired"
    MISSING = "missing"
    UNDECIDED = "undecided"


class Sorted(StrEnum):
    """What is proposed (保留、整改、退出); a person decides."""

    KEEP = "keep"
    MEND = "mend"
    GO = "go"


@dataclass(frozen=True, slots=True)
class Found:
    """What is known of an intake. `m3_per_year` None: no volume is known. `exceeded`: its permit is exceeded for certain. `against`: a
    rule of use control that what it takes is against, and whether that is certain. `filed`: what stands on file for it in the place of a
    permit (rules/filing.py). `unnamed`: the permit of its project names intakes, and not this one.
    """

    kind: str
    sector: str
    household: bool
    motorised: bool
    sealed: bool
    m3_per_year: Decimal | None
    permit_to: date | None
    has_permit: bool
    banned: bool | None
    exceeded: bool = False
    against: tuple[str, bool] | None = None
    filed: str = ""
    unnamed: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """Where it stands, why, and what is proposed."""

    standing: Standing
    why: str
    proposed: Sorted


def line(found: Found, on: date, law: Law) -> Line:
    """One intake on a day.

    What takes water out of a network or reclaimed plant abstracts nothing, so needs no permit (取水条例 2). A household's well whose
    yearly volume is not known cannot be told, nor drainage while the region's scale is not entered (地下水管理条例 52). In a banned zone
    even what has a permit is to go (地下水管理条例 35). A permit that names its intakes covers no other. What takes for a use that its source is not for is to be mended, permit or not.
    """
    found_line = _by_permit(found, on, law)
    abstracts = found_line.why not in ("sealed", "no_abstraction")
    if found.against is None or not abstracts or found_line.proposed is Sorted.GO:
        return found_line
    rule, sure = found.against
    return Line(found_line.standing, rule if sure else f"{rule}_perhaps", Sorted.MEND)


def _by_permit(found: Found, on: date, law: Law) -> Line:
    if found.sealed:
        return Line(Standing.NOT_NEEDED, "sealed", Sorted.GO)
    if found.kind in NO_ABSTRACTION:
        return Line(Standing.NOT_NEEDED, "no_abstraction", Sorted.KEEP)
    if found.has_permit and not found.unnamed:
        valid = found.permit_to is None or found.permit_to >= on
        standing = Standing.PERMIT if valid else Standing.EXPIRED
        proposed = Sorted.GO if found.banned else Sorted.KEEP if valid and not found.exceeded else Sorted.MEND
        return Line(standing, "banned_zone" if found.banned else "exceeded" if found.exceeded else "", proposed)
    if found.filed:
        return Line(Standing.NOT_NEEDED, f"filed_{found.filed}", Sorted.KEEP)
    if found.kind == "mine_outlet" and not _scale_known(on, law):
        return Line(Standing.UNDECIDED, "no_scale", Sorted.MEND)
    use = Use.HOUSEHOLD if found.household and found.sector in ("living", "agriculture") else Use.OTHER
    if use is Use.HOUSEHOLD and found.motorised and found.m3_per_year is None:
        return Line(Standing.UNDECIDED, "no_volume", Sorted.MEND)
    if found.kind == "mine_outlet" and found.m3_per_year is not None:
        scale = Decimal(law.figure("GW-052", "drainage_m3_per_year", on))
        if found.m3_per_year < scale:
            return Line(Standing.NOT_NEEDED, "below_scale", Sorted.KEEP)
    need = needs_permit(use, motorised=found.motorised, m3_per_year=found.m3_per_year or Decimal(0), on=on, law=law)
    if need.outcome is Outcome.PASSED:
        return Line(Standing.NOT_NEEDED, "small" if found.motorised else "by_hand", Sorted.KEEP)
    why = "banned_zone" if found.banned else "unnamed" if found.unnamed else ""
    return Line(Standing.MISSING, why, Sorted.GO if found.banned else Sorted.MEND)


GRAVEST = (Standing.MISSING, Standing.EXPIRED, Standing.PERMIT, Standing.UNDECIDED, Standing.NOT_NEEDED)
"""In which order the standings of what is to go, and of what is to be mended, are looked at (ours)."""


def gravity(line: Line) -> tuple[int, int]:
    """The smaller the graver: what is to go and still takes water, what is to be mended, all else; in each, by standing."""
    if line.why == "sealed":
        return 3, 0
    return (Sorted.GO, Sorted.MEND, Sorted.KEEP).index(line.proposed), GRAVEST.index(line.standing)


def _scale_known(on: date, law: Law) -> bool:
    try:
        law.figure("GW-052", "drainage_m3_per_year", on)
    except LiangshuiError:
        return False
    return True
