"""Whether allotted water may go from one user to another (水权转让, AR-027), as a decision with its reasons."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from liangshui.core.decision import Check, Decision, Outcome

ARTICLE = "AR-027"


@dataclass(frozen=True, slots=True)
class Permit:
    """A permit of the giver: volume a year, first and last day; None: not recorded."""

    permitted_m3: Decimal | None
    since: date | None
    until: date | None

    def valid(self, day: date) -> bool | None:
        """Whether it is valid on a day; None: its days are not recorded."""
        if (self.since and day < self.since) or (self.until and day > self.until):
            return False
        return True if self.since and self.until else None


@dataclass(frozen=True, slots=True)
class Giver:
    """A giver in a year and a source, m³: what its share was allotted and has used so far, what its permits have supplied so far
    (`drawn_m3`) and what it has given to others already. None: not known."""

    allotted_m3: Decimal
    used_m3: Decimal | None
    drawn_m3: Decimal | None
    given_m3: Decimal
    permits: tuple[Permit, ...]


def may_transfer(
    volume_m3: Decimal, giver: Giver, day: date, *, groundwater: bool, giver_unit: int | None, receiver_unit: int | None
) -> Decision:
    """Whether a volume is saved water of the giver, within its permits, and stays in its groundwater unit.

    Allotted 1000, used 600, permitted 900: 300 passes; 301 lies above what the permit still allows; 401 is not saved either. What
    is not recorded leaves the check undecided: the second officer then decides on paper. Water of another unit needs a person.
    Source: AR-027, saved water within the validity and the volume of the permit, with approval.
    """
    return Decision(
        (_saved(volume_m3, giver), *_permitted(volume_m3, giver, day), *_unit(groundwater, giver_unit, receiver_unit))
    )


def _saved(volume_m3: Decimal, giver: Giver) -> Check:
    if giver.used_m3 is None:
        return Check("saved", Outcome.UNDECIDABLE, _figures(allotted_m3=giver.allotted_m3, missing="used"), ARTICLE)
    left = giver.allotted_m3 - giver.used_m3
    figures = _figures(allotted_m3=giver.allotted_m3, used_m3=giver.used_m3, left_m3=left)
    return Check("saved", Outcome.PASSED if volume_m3 <= left else Outcome.FAILED, figures, ARTICLE)


def _permitted(volume_m3: Decimal, giver: Giver, day: date) -> tuple[Check, ...]:
    """Permits that hold on the day, and what they still allow; those whose days or volume are not recorded can only add to it."""
    found = [(permit, permit.valid(day)) for permit in giver.permits]
    holding = [permit.permitted_m3 for permit, valid in found if valid]
    unsure = None in holding or any(valid is None for _permit, valid in found)
    if not holding:
        if unsure or not found:
            missing = _figures(missing="permit days" if found else "permit")
            return (Check("permit_valid", Outcome.UNDECIDABLE, missing, ARTICLE),)
        last = max((permit.until for permit, _valid in found if permit.until), default=None)
        return (Check("permit_valid", Outcome.FAILED, _figures(until=last.isoformat()) if last else (), ARTICLE),)
    valid = Check("permit_valid", Outcome.PASSED, (), ARTICLE)
    if giver.drawn_m3 is None:
        return (valid, Check("permit_volume", Outcome.UNDECIDABLE, _figures(missing="permitted or used"), ARTICLE))
    permitted = sum((each for each in holding if each is not None), Decimal(0))
    left = permitted - giver.drawn_m3 - giver.given_m3
    if volume_m3 > left and unsure:
        return (valid, Check("permit_volume", Outcome.UNDECIDABLE, _figures(missing="permitted or used"), ARTICLE))
    figures = _figures(permitted_m3=permitted, used_m3=giver.drawn_m3, given_m3=giver.given_m3, left_m3=left)
    return (valid, Check("permit_volume", Outcome.PASSED if volume_m3 <= left else Outcome.FAILED, figures, ARTICLE))


def _figures(**figures: Decimal | str) -> tuple[tuple[str, str], ...]:
    return tuple((name, value if isinstance(value, str) else f"{value:f}") for name, value in figures.items())


def _unit(groundwater: bool, giver_unit: int | None, receiver_unit: int | None) -> tuple[Check, ...]:
    if not groundwater:
        return ()
    if giver_unit is None or receiver_unit is None:
        return (Check("unit", Outcome.UNDECIDABLE, _figures(missing="unit")),)
    return (Check("unit", Outcome.PASSED if giver_unit == receiver_unit else Outcome.NEEDS_PERSON),)
