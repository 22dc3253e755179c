"""The only writers of the ledger. Each checks the right where the thing lies, and writes in one transaction."""

import csv
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from liangshui.core.access import Actor, Right
from liangshui.core.errors import Invalid
from liangshui.registry.codes import IntakeStatus
from liangshui.registry.models import (
    Attribution,
    Division,
    DivisionAlias,
    Holding,
    HouseholdNumber,
    Intake,
    IrrigatedArea,
    IrrigationNode,
    ManagementUnit,
    Meter,
    MeterInstallation,
    MeterVerification,
    PowerMeter,
    PowerSupply,
    Project,
    Shape,
    Share,
    Source,
    SupplyLink,
    WaterUser,
)
from liangshui.registry.queries import county_path
from liangshui.registry.words import initials

M = TypeVar("M", bound=Model)
P = ParamSpec("P")
R = TypeVar("R")

BEGINNING = date(2000, 1, 1)
"""From when a record counts if nobody says otherwise: as far back as any reading goes."""

DATA = Path(__file__).parent / "data"
DIVISION_FACTS = ("code", "name", "level", "mca_code", "note")

ATTRIBUTED = ("project", "division", "management_unit", "source", "sector")
"""What decides to whose account the water of an intake goes; changes are dated (Attribution)."""


def atomic(service: Callable[P, R]) -> Callable[P, R]:
    """All or nothing."""

    @wraps(service)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        with transaction.atomic():
            return service(*args, **kwargs)

    return run


def may_change(actor: Actor, *divisions: Division) -> None:
    """Raise `Forbidden` unless the actor may change the ledger in each of the divisions."""
    for division in divisions:
        actor.require(Right.REGISTRY_CHANGE, path=division.path)


def may_change_county(actor: Actor) -> None:
    """Raise `Forbidden` unless the actor may change what belongs to the whole county."""
    actor.require(Right.REGISTRY_CHANGE, path=county_path())


def store(thing: M, values: Mapping[str, Any]) -> M:
    """Set, check against the model's own rules, save.

    Raises:
        Invalid: a value breaks a rule; `field` names it.
    """
    for name, value in values.items():
        thing._meta.get_field(name)
        setattr(thing, name, value)
    if hasattr(thing, "initials"):
        thing.initials = initials(thing.name)
    try:
        thing.full_clean()
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise Invalid(messages[0], field=None if field == "__all__" else field) from error
    thing.save()
    return thing


def _today() -> date:
    return timezone.localdate()


def _not_in_future(day: date, field: str) -> None:
    if day > _today():
        raise Invalid(_("The day lies in the future. Enter it when it has come."), field=field)


# --- divisions, units, zones, sources: of the whole county ---


@atomic
def save_division(
    actor: Actor, division: Division | None = None, *, aliases: Iterable[str] | None = None, **values: Any
) -> Division:
    """Create or change a division; everything below moves with it. `aliases` replaces its other names."""
    parent = values.get("parent", division.parent if division else None)
    actor.require(Right.REGISTRY_CHANGE, path=division.path if division else (parent.path if parent else ""))
    if parent is not None and division is not None:
        actor.require(Right.REGISTRY_CHANGE, path=parent.path)
        if parent.path.startswith(division.path):
            raise Invalid(_("A division cannot lie within itself."), field="parent")
    old_path = division.path if division else None
    thing = division or Division()
    thing.path = (parent.path if parent else "") + values.get("code", thing.code) + "/"
    division = store(thing, values)
    if old_path and division.path != old_path:
        below = list(Division.objects.filter(path__startswith=old_path).exclude(pk=division.pk))
        for each in below:
            each.path = division.path + each.path[len(old_path) :]
        Division.objects.bulk_update(below, ["path"], batch_size=500)
    if aliases is not None:
        wanted = {name.strip() for name in aliases if name.strip()} - {division.name}
        division.aliases.exclude(name__in=wanted).delete()
        for name in sorted(wanted - set(division.aliases.values_list("name", flat=True))):
            DivisionAlias.objects.create(division=division, name=name)
    return division


@atomic
def save_unit(actor: Actor, unit: ManagementUnit | None = None, **values: Any) -> ManagementUnit:
    """Create or change a groundwater management unit."""
    may_change(actor, *([unit.division] if unit else []), values.get("division", unit.division if unit else None))
    return store(unit or ManagementUnit(), values)


@atomic
def save_source(actor: Actor, source: Source | None = None, **values: Any) -> Source:
    """Create or change a source."""
    may_change_county(actor)
    return store(source or Source(), values)


@atomic
def save_shape(actor: Actor, shape: Shape | None = None, **values: Any) -> Shape:
    """Create or change an outline of the map."""
    may_change_county(actor)
    return store(shape or Shape(), values)


@atomic
def save_node(actor: Actor, node: IrrigationNode | None = None, **values: Any) -> IrrigationNode:
    """Create or change an irrigation district, canal or association."""
    may_change(actor, *([node.division] if node else []), values.get("division", node.division if node else None))
    parent = values.get("parent")
    while parent is not None and node is not None:
        if parent.pk == node.pk:
            raise Invalid(_("A node cannot be part of itself."), field="parent")
        parent = parent.parent
    return store(node or IrrigationNode(), values)


# --- users and projects ---


@atomic
def save_user(
    actor: Actor, user: WaterUser | None = None, *, household_numbers: Iterable[str] | None = None, **values: Any
) -> WaterUser:
    """Create or change a water user. `household_numbers` replaces the numbers of the power company."""
    may_change(actor, *([user.division] if user else []), values.get("division", user.division if user else None))
    user = store(user or WaterUser(), values)
    if household_numbers is not None:
        _keep_household_numbers(user, {number.strip() for number in household_numbers if number.strip()})
    return user


def _keep_household_numbers(user: WaterUser, wanted: set[str]) -> None:
    for taken in HouseholdNumber.objects.filter(number__in=wanted).exclude(user=user).select_related("user"):
        raise Invalid(
            _("Household number %(number)s already belongs to %(user)s.")
            % {"number": taken.number, "user": taken.user.name},
            field="household_numbers",
        )
    user.household_numbers.exclude(number__in=wanted).delete()
    for number in sorted(wanted - set(user.household_numbers.values_list("number", flat=True))):
        HouseholdNumber.objects.create(user=user, number=number)


@atomic
def save_project(actor: Actor, project: Project | None = None, *, from_day: date = BEGINNING, **values: Any) -> Project:
    """Create or change an abstraction project. Its holder is set here once; afterwards by `change_owner` only."""
    may_change(
        actor, *([project.division] if project else []), values.get("division", project.division if project else None)
    )
    if project is not None and "user" in values and values["user"].pk != project.user_id:
        raise Invalid(_("The holder is changed by “Change of holder”, with a day and a document."), field="user")
    new = project is None
    project = store(project or Project(), values)
    if project.permit_from and project.permit_to and project.permit_to < project.permit_from:
        raise Invalid(_("The permit ends before it begins."), field="permit_to")
    if new:
        Holding.objects.create(project=project, user=project.user, valid_from=from_day)
    return project


@atomic
def change_owner(actor: Actor, project: Project, user: WaterUser, from_day: date, document: str = "") -> Holding:
    """Another user holds the project from a day on (取水权人变更). Earlier days stay with the one before."""
    may_change(actor, project.division)
    project = Project.objects.select_for_update().get(pk=project.pk)
    _not_in_future(from_day, "from_day")
    if project.user_id == user.pk:
        raise Invalid(_("%(user)s holds this project already.") % {"user": user.name}, field="user")
    current = Holding.objects.filter(project=project).current().first()
    if current is not None:
        if from_day <= current.valid_from:
            raise Invalid(
                _("The present holder holds since %(day)s; the change must come after that day.")
                % {"day": current.valid_from},
                field="from_day",
            )
        current.valid_to = from_day
        current.save()
    holding = Holding.objects.create(project=project, user=user, valid_from=from_day, document=document)
    project.user = user
    project.save()
    return holding


# --- intakes ---


@atomic
def save_intake(
    actor: Actor, intake: Intake | None = None, *, from_day: date | None = None, reason: str = "", **values: Any
) -> Intake:
    """Create or change an intake, and keep its dated attribution in step.

    Args:
        from_day: from when a changed project, place, unit, source or use counts: for a new intake the beginning of
            the records, for a change today. The day on which the present attribution began corrects it in place.
        reason: why it is attributed anew.
    """
    division = values.get("division", intake.division if intake else None)
    may_change(actor, *([intake.division] if intake else []), division)
    project = values.get("project", intake.project if intake else None)
    if intake is None or project.pk != intake.project_id:
        may_change(actor, project.division)
    if (values.get("longitude", 0) is None) != (values.get("latitude", 0) is None):
        raise Invalid(_("A place needs both longitude and latitude."), field="latitude")
    if values.get("status") == IntakeStatus.SEALED and (intake is None or intake.status != IntakeStatus.SEALED):
        if values.get("sealed_on") is None:
            raise Invalid(_("Sealing is done by “Seal”, with its day."), field="status")
        _not_in_future(values["sealed_on"], "sealed_on")
    new = intake is None
    intake = store(intake or Intake(), values)
    if new:
        _attribute(intake, from_day or BEGINNING, reason)
    else:
        current = intake.attributions.filter(valid_to=None).first()
        if current is None or any(getattr(current, n) != getattr(intake, n) for n in ATTRIBUTED):
            _reattribute(intake, current, from_day or _today(), reason)
    return intake


def _attribute(intake: Intake, from_day: date, reason: str) -> None:
    facts = {name: getattr(intake, name) for name in ATTRIBUTED}
    Attribution.objects.create(intake=intake, valid_from=from_day, reason=reason, **facts)


def _reattribute(intake: Intake, current: Attribution | None, from_day: date, reason: str) -> None:
    _not_in_future(from_day, "from_day")
    if current is None:
        _attribute(intake, from_day, reason)
        return
    if from_day < current.valid_from:
        raise Invalid(
            _("The present attribution holds since %(day)s; a change cannot begin before it.")
            % {"day": current.valid_from},
            field="from_day",
        )
    if from_day == current.valid_from:
        for name in ATTRIBUTED:
            setattr(current, name, getattr(intake, name))
        current.reason = reason or current.reason
        current.save()
        return
    current.valid_to = from_day
    current.save()
    _attribute(intake, from_day, reason)


@atomic
def seal_intake(actor: Actor, intake: Intake, day: date, note: str = "") -> Intake:
    """The intake is sealed (封存、封填) on a day."""
    may_change(actor, intake.division)
    _not_in_future(day, "day")
    if intake.status == IntakeStatus.SEALED:
        raise Invalid(_("This intake is sealed already, since %(day)s.") % {"day": intake.sealed_on})
    values: dict[str, Any] = {"status": IntakeStatus.SEALED, "sealed_on": day}
    if note:
        values["note"] = note
    return store(intake, values)


@atomic
def unseal_intake(actor: Actor, intake: Intake, status: str = IntakeStatus.IN_USE, note: str = "") -> Intake:
    """A sealed intake is taken up again."""
    may_change(actor, intake.division)
    if intake.status != IntakeStatus.SEALED:
        raise Invalid(_("This intake is not sealed."))
    if status == IntakeStatus.SEALED:
        raise Invalid(_("Choose the state that it has now."), field="status")
    values: dict[str, Any] = {"status": status, "sealed_on": None}
    if note:
        values["note"] = note
    return store(intake, values)


# --- meters ---

METER_FACTS = ("model", "digits", "unit_m3", "multiplier", "error_percent", "verification_due")


def _meter(number: str, facts: Mapping[str, Any]) -> Meter:
    meter = Meter.objects.filter(number=number).first() or Meter(number=number)
    open_elsewhere = (
        MeterInstallation.objects.filter(meter=meter, removed_at=None).select_related("intake").first()
        if meter.pk
        else None
    )
    if open_elsewhere:
        raise Invalid(
            _("Meter %(number)s is installed at %(intake)s. Take it off there first.")
            % {"number": number, "intake": open_elsewhere.intake.name},
            field="number",
        )
    return store(meter, {name: facts[name] for name in METER_FACTS if facts.get(name) is not None})


def _check_reading(meter: Meter, reading: Decimal | None, field: str) -> None:
    if reading is None:
        return
    if reading < 0 or (meter.digits and reading >= Decimal(10) ** meter.digits):
        raise Invalid(
            _("The register of meter %(number)s cannot show %(reading)s.")
            % {"number": meter.number, "reading": f"{reading:f}"},
            field=field,
        )


@atomic
def install_meter(
    actor: Actor, intake: Intake, *, number: str, first_reading: Decimal | None, at: datetime, **facts: Any
) -> MeterInstallation:
    """Put a meter on an intake that has none. A meter that stands in stock under this number is taken from there."""
    may_change(actor, intake.division)
    if intake.meter_installations.filter(removed_at=None).exists():
        raise Invalid(_("This intake has a meter. Use “Exchange of the meter”, with its final reading."))
    return _install(intake, number, facts, first_reading, at)


def _install(
    intake: Intake, number: str, facts: Mapping[str, Any], first_reading: Decimal | None, at: datetime
) -> MeterInstallation:
    if at > timezone.now() + timedelta(minutes=1):
        raise Invalid(_("The time lies in the future."), field="at")
    later = intake.meter_installations.filter(removed_at__gt=at).first()
    if later:
        raise Invalid(_("At that time another meter was still installed here."), field="at")
    meter = _meter(number, facts)
    _check_reading(meter, first_reading, "first_reading")
    return MeterInstallation.objects.create(meter=meter, intake=intake, installed_at=at, first_reading=first_reading)


@atomic
def remove_meter(actor: Actor, intake: Intake, *, final_reading: Decimal | None, at: datetime) -> MeterInstallation:
    """Take the meter off an intake, with its final reading."""
    may_change(actor, intake.division)
    present = intake.meter_installations.select_related("meter").filter(removed_at=None).first()
    if present is None:
        raise Invalid(_("This intake has no meter."))
    if at <= present.installed_at:
        raise Invalid(_("The meter was installed only after that time."), field="at")
    if at > timezone.now() + timedelta(minutes=1):
        raise Invalid(_("The time lies in the future."), field="at")
    _check_reading(present.meter, final_reading, "final_reading")
    if (
        final_reading is not None
        and present.first_reading is not None
        and final_reading < present.first_reading
        and not present.meter.digits
    ):
        raise Invalid(
            _("The final reading is below the first (%(first)s). If the register wrapped, enter its digits first.")
            % {"first": f"{present.first_reading:f}"},
            field="final_reading",
        )
    present.removed_at, present.final_reading = at, final_reading
    present.save()
    return present


@atomic
def exchange_meter(
    actor: Actor,
    intake: Intake,
    *,
    final_reading: Decimal | None,
    number: str,
    first_reading: Decimal | None,
    at: datetime,
    **facts: Any,
) -> MeterInstallation:
    """Take the old meter off with its final reading, and put a new one on with its first, at one instant (换表)."""
    old = remove_meter(actor, intake, final_reading=final_reading, at=at)
    if old.meter.number == number:
        raise Invalid(_("The new meter has the number of the old one."), field="number")
    return _install(intake, number, facts, first_reading, at)


@atomic
def save_meter(actor: Actor, intake: Intake, meter: Meter, **facts: Any) -> Meter:
    """Correct the facts of the meter that is on an intake: model, digits, multiplier, verification."""
    may_change(actor, intake.division)
    if not meter.installations.filter(intake=intake).exists():
        raise Invalid(_("This meter never stood at this intake."))
    return store(meter, facts)


@atomic
def verify_meter(
    actor: Actor,
    intake: Intake,
    *,
    certificate: str,
    office: str,
    verified_on: date,
    valid_until: date | None = None,
    error_percent: Decimal | None = None,
    passed: bool = True,
) -> MeterVerification:
    """Enter a verification of the meter that is on an intake; the next one is due when the newest certificate ends."""
    may_change(actor, intake.division)
    present = intake.meter_installations.select_related("meter").filter(removed_at=None).first()
    if present is None:
        raise Invalid(_("This intake has no meter."))
    if verified_on > timezone.localdate():
        raise Invalid(_("The day lies in the future."), field="verified_on")
    if valid_until is not None and valid_until <= verified_on:
        raise Invalid(_("It ends before it begins."), field="valid_until")
    made = store(
        MeterVerification(meter=present.meter),
        {
            "certificate": certificate.strip(), "office": office.strip(), "verified_on": verified_on,
            "valid_until": valid_until, "error_percent": error_percent, "passed": passed,
        },
    )  # fmt: skip
    newest = present.meter.verifications.order_by("-verified_on", "-pk").first()
    if newest is not None and newest.pk == made.pk:
        store(present.meter, {"verification_due": valid_until if passed else verified_on})
    return made


@atomic
def link_power_meter(
    actor: Actor,
    intake: Intake,
    *,
    number: str,
    household_number: str = "",
    multiplier: Decimal | None = None,
    weight: Decimal = Decimal(1),
    from_day: date = BEGINNING,
    alone: bool = True,
) -> PowerSupply:
    """A power meter drives the intake from a day on. `alone`: it takes the place of those that drove it before."""
    may_change(actor, intake.division)
    _not_in_future(from_day, "from_day")
    meter = PowerMeter.objects.filter(number=number).first() or PowerMeter(number=number)
    facts: dict[str, Any] = {}
    if household_number:
        facts["household_number"] = household_number
    if multiplier is not None:
        facts["multiplier"] = multiplier
    meter = store(meter, facts)
    for supply in intake.power_supplies.filter(valid_to=None):
        if supply.power_meter_id == meter.pk and (supply.weight == weight or supply.valid_from == from_day):
            supply.weight = weight
            supply.save()
            return supply
        if alone or supply.power_meter_id == meter.pk:
            _end(supply, from_day)
    return store(PowerSupply(), {"power_meter": meter, "intake": intake, "weight": weight, "valid_from": from_day})


def _end(row: Any, day: date) -> None:
    """End a dated row; one that would never have been in force is removed."""
    if row.valid_from >= day:
        row.delete()
        return
    row.valid_to = day
    row.save()


@atomic
def unlink_power_meter(actor: Actor, supply: PowerSupply, day: date) -> None:
    """The power meter no longer drives the intake from a day on."""
    may_change(actor, supply.intake.division)
    _end(supply, day)


# --- shares, areas, supply ---


@atomic
def set_shares(actor: Actor, intake: Intake, shares: Mapping[WaterUser, Decimal], from_day: date) -> list[Share]:
    """Households share a common well from a day on (一井多户); an empty mapping ends the sharing."""
    may_change(actor, intake.division)
    _not_in_future(from_day, "from_day")
    current = list(intake.shares.filter(valid_to=None))
    if {s.user_id: s.weight for s in current} == {user.pk: weight for user, weight in shares.items()}:
        return current
    for share in current:
        if share.valid_from > from_day:
            raise Invalid(
                _("The present shares hold since %(day)s; new ones cannot begin before.") % {"day": share.valid_from},
                field="from_day",
            )
        _end(share, from_day)
    return [
        store(Share(), {"intake": intake, "user": user, "weight": weight, "valid_from": from_day})
        for user, weight in shares.items()
    ]


@atomic
def save_area(
    actor: Actor,
    user: WaterUser,
    *,
    year: int,
    area_mu: Decimal,
    intake: Intake | None = None,
    is_baseline: bool = False,
) -> IrrigatedArea:
    """The irrigated area of a user, and of a well where known, in a year; written anew if there is one."""
    may_change(actor, user.division)
    found = IrrigatedArea.objects.filter(user=user, intake=intake, year=year, is_baseline=is_baseline).first()
    return store(
        found or IrrigatedArea(user=user, intake=intake, year=year, is_baseline=is_baseline), {"area_mu": area_mu}
    )


@atomic
def save_supply_link(actor: Actor, link: SupplyLink | None = None, **values: Any) -> SupplyLink:
    """Water passed on from one user to another. Ends are fixed once saved: end the link and make another."""
    if link is not None:
        for end in ("supplier", "customer"):
            if end in values and values[end].pk != getattr(link, f"{end}_id"):
                raise Invalid(_("End this link and make another: past days stay with these two."), field=end)
    supplier = values.get("supplier", link.supplier if link else None)
    may_change(actor, supplier.division)
    if link is None:
        values.setdefault("valid_from", BEGINNING)
    return store(link or SupplyLink(), values)


@atomic
def end_supply_link(actor: Actor, link: SupplyLink, day: date) -> SupplyLink:
    """The link carries no water from a day on."""
    may_change(actor, link.supplier.division)
    if day <= link.valid_from:
        raise Invalid(_("The link begins on %(day)s; it must end after that.") % {"day": link.valid_from}, field="day")
    link.valid_to = day
    link.save()
    return link


# --- lists of divisions ---


@atomic
def import_divisions(actor: Actor, rows: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Create or change divisions from rows with code, name, level, parent (code), mca_code, note and aliases.

    Parents must come before children or be there already. Counts what was created, changed and left.
    """
    counts = {"created": 0, "changed": 0, "unchanged": 0}
    for row in rows:
        division = Division.objects.filter(code=row["code"]).prefetch_related("aliases").first()
        parent = Division.objects.filter(code=row["parent"]).first() if row.get("parent") else None
        if row.get("parent") and parent is None:
            raise Invalid(
                _("%(name)s: the division %(code)s above it is unknown.")
                % {"name": row["name"], "code": row["parent"]},
                field="parent",
            )
        values = {name: row.get(name, "") or "" for name in DIVISION_FACTS}
        aliases = {a for a in row.get("aliases") or () if a}
        if division is not None:
            aliases |= {a.name for a in division.aliases.all()}
            same = all(getattr(division, n) == v for n, v in values.items()) and division.parent_id == (
                parent.pk if parent else None
            )
            if same and aliases == {a.name for a in division.aliases.all()}:
                counts["unchanged"] += 1
                continue
        save_division(actor, division, aliases=aliases, parent=parent, **values)
        counts["changed" if division else "created"] += 1
    return counts


def load_county(actor: Actor, code: str) -> dict[str, int]:
    """Load the divisions of a county that are shipped with the product (registry/data/<code>.csv)."""
    return import_divisions(actor, shipped_divisions(code))


def shipped_divisions(code: str) -> list[dict[str, Any]]:
    """The rows of registry/data/<code>.csv; lines with # are remarks.

    Raises:
        Invalid: no divisions of this county are shipped.
    """
    path = DATA / f"{code}.csv"
    if not code.isdigit() or not path.exists():
        raise Invalid(_("No divisions of %(code)s are shipped; import them from a sheet.") % {"code": code})
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    return [{**row, "aliases": row["aliases"].split(";")} for row in rows]
