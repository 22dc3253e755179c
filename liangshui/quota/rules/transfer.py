"""Whether saved water may go from one user to another (水权转让, AR-027), as a decision with its reasons.

Saved is what a measure saves by its evidence, not what is simply not used yet in the year.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from liangshui.core.decision import Check, Decision, Outcome

ARTICLE = "AR-027"


@dataclass(frozen=True, slots=True)
class Permit:
    """A permit: volume a year, first and last day; None: not recorded."""

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
    """A giver in a year and a source, m³: what its measure saves a year (`saved_m3`) and what it gave of that before, what its share was
    allotted and has used so far, what its permits have supplied so far (`drawn_m3`) and what it has given to others already; in which
    groundwater unit and for which use its share is. None: not known."""

    saved_m3: Decimal | None
    given_of_it_m3: Decimal
    allotted_m3: Decimal
    used_m3: Decimal | None
    drawn_m3: Decimal | None
    given_m3: Decimal
    permits: tuple[Permit, ...]
    unit: int | None = None
    use: str | None = None


@dataclass(frozen=True, slots=True)
class Receiver:
    """A receiver: its permits of the source, in which groundwater unit it takes the water, whether that is suspended, for which use.
    None: not known."""

    permits: tuple[Permit, ...]
    unit: int | None = None
    suspended: bool | None = None
    use: str | None = None


def may_transfer(volume_m3: Decimal, giver: Giver, receiver: Receiver, day: date, *, groundwater: bool) -> Decision:
    """Whether a volume is saved water of the giver, within its permits, and whether the receiver may take it.

    Saved 350, allotted 1000, used 600, permitted 900: 300 passes; 301 lies above what the permit still allows, 351 above what was
    saved, 401 above what is left. What is not recorded leaves the check undecided: the second officer then decides on paper. Water of
    another or of a suspended unit, for another use, or for a receiver without a permit needs a person.
    Source: AR-027, saved water within the validity and the volume of the permit, with approval.
    """
    return Decision(
        (
            _saved(volume_m3, giver),
            _left(volume_m3, giver),
            *_permitted(volume_m3, giver, day),
            *(_units(giver, receiver) if groundwater else ()),
            _receiver_permit(receiver, day),
            _same("use", giver.use, receiver.use),
        )
    )


def _saved(volume_m3: Decimal, giver: Giver) -> Check:
    if giver.saved_m3 is None:
        return Check("saved", Outcome.UNDECIDABLE, _figures(missing="saving"), ARTICLE)
    left = giver.saved_m3 - giver.given_of_it_m3
    figures = _figures(saved_m3=giver.saved_m3, given_m3=giver.given_of_it_m3, left_m3=left)
    return Check("saved", Outcome.PASSED if volume_m3 <= left else Outcome.FAILED, figures, ARTICLE)


def _left(volume_m3: Decimal, giver: Giver) -> Check:
    if giver.used_m3 is None:
        return Check("left", Outcome.UNDECIDABLE, _figures(allotted_m3=giver.allotted_m3, missing="used"))
    left = giver.allotted_m3 - giver.used_m3
    figures = _figures(allotted_m3=giver.allotted_m3, used_m3=giver.used_m3, left_m3=left)
    return Check("left", Outcome.PASSED if volume_m3 <= left else Outcome.FAILED, figures)


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


def _units(giver: Giver, receiver: Receiver) -> tuple[Check, ...]:
    if receiver.suspended is None:
        state = Check("receiver_unit", Outcome.UNDECIDABLE, _figures(missing="state"))
    else:
        state = Check("receiver_unit", Outcome.NEEDS_PERSON if receiver.suspended else Outcome.PASSED)
    return (_same("unit", giver.unit, receiver.unit), state)


def _same(code: str, giver: int | str | None, receiver: int | str | None) -> Check:
    if giver is None or receiver is None:
        return Check(code, Outcome.UNDECIDABLE, _figures(missing=code))
    return Check(code, Outcome.PASSED if giver == receiver else Outcome.NEEDS_PERSON)


def _receiver_permit(receiver: Receiver, day: date) -> Check:
    """A receiver without a permit that holds needs one of its own before it takes the water."""
    valid = [permit.valid(day) for permit in receiver.permits]
    if True in valid:
        return Check("receiver_permit", Outcome.PASSED)
    if None in valid:
        return Check("receiver_permit", Outcome.UNDECIDABLE, _figures(missing="permit days"))
    last = max((permit.until for permit in receiver.permits if permit.until), default=None)
    figures = _figures(until=last.isoformat()) if last else _figures(missing="permit")
    return Check("receiver_permit", Outcome.NEEDS_PERSON, figures)
