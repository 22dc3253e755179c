"""Rows of a ledger against the ledger that is there: what each would create and change, or why it must wait.

All records are loaded once; a row is weighed without a query. The same plan serves the dry run and the taking.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from django.utils import timezone

from liangshui.core.access import Actor, Right, Territory
from liangshui.core.periods import BEIJING
from liangshui.registry.codes import DivisionLevel, IntakeKind, IntakeStatus, UserKind
from liangshui.registry.models import (
    Attribution,
    Division,
    Holding,
    HouseholdNumber,
    Intake,
    IrrigatedArea,
    ManagementUnit,
    Meter,
    MeterInstallation,
    PowerMeter,
    PowerSupply,
    Project,
    Source,
    WaterUser,
)
from liangshui.registry.queries import TOWN_LEVELS, county
from liangshui.registry.services import ATTRIBUTED, BEGINNING
from liangshui.registry.sheets.fields import Value
from liangshui.registry.sheets.ledger import SOURCES
from liangshui.registry.sheets.places import Place
from liangshui.registry.sheets.table import PLACE
from liangshui.registry.sheets.text import squeeze
from liangshui.registry.staging import Stage
from liangshui.registry.words import initials

ORGANISATION = re.compile(
    r"公司|集团|厂$|矿$|合作社|协会|[站局所处院校室队]$|中心|委员会|村委|政府|农场|林场|牧场|灌区|学校|医院|企业"
)
"""Names of bodies, of which a county has one; a person's name may stand for several people."""

INTAKE_TEXTS = ("national_code", "kind", "pump_model", "status", "lawful_method", "note", "name")
INTAKE_NUMBERS = {"depth_m": 5, "pump_kw": 5, "capacity_m3_h": 8, "max_m3_d": 10}
USER_FACTS = {"credit_code": "credit_code", "user_kind": "kind", "industry_code": "industry_code"}
USER_FACTS |= {"contact": "contact", "phone": "phone"}
PROJECT_FACTS = {"permitted_m3": "permitted_m3", "permit_from": "permit_from", "permit_to": "permit_to"}
METER_FACTS = {"register_digits": "digits", "meter_multiplier": "multiplier", "verification_due": "verification_due"}
VILLAGE_ENDINGS = ("嘎查村", "嘎查", "村委会", "社区", "村")


class Refused(Exception):
    """The row must wait: problem code, the field it stands at, and the words for it."""

    def __init__(self, code: str, field: str = "", /, **params: str) -> None:
        super().__init__(code)
        self.problem = {"code": code, "field": field, "params": params}


def bare(name: str) -> str:
    """A village's name without its ending: 阿日柴达木嘎查 and 阿日柴达木村 are the same."""
    plain = squeeze(name)
    for ending in VILLAGE_ENDINGS:
        if plain.endswith(ending) and len(plain) > len(ending):
            return plain.removesuffix(ending)
    return plain


def nearest(name: str, names: list[str]) -> str:
    return "、".join(get_close_matches(name, names, n=3, cutoff=0.4))


class Divisions:
    """Towns and villages by name and other names, within the county and the actor's right."""

    def __init__(self, actor: Actor) -> None:
        self.territory: Territory = actor.territory(Right.REGISTRY_CHANGE)
        here = county()
        self.county = here
        rows = Division.objects.prefetch_related("aliases")
        if here:
            rows = rows.filter(path__startswith=here.path)
        self.towns: dict[str, Division] = {}
        self.villages: dict[int, dict[str, Division]] = defaultdict(dict)
        self.codes: set[str] = set()
        known = list(rows)
        for division in known:
            self.codes.add(division.code)
            names = [division.name, *(alias.name for alias in division.aliases.all())]
            if division.level in TOWN_LEVELS:
                for name in names:
                    self.towns.setdefault(squeeze(name), division)
            elif division.level == DivisionLevel.VILLAGE:
                for name in names:
                    self.villages[division.parent_id].setdefault(squeeze(name), division)
        for division in known:
            if division.level == DivisionLevel.VILLAGE:
                self.villages[division.parent_id].setdefault(bare(division.name), division)
        self.by_pk = {division.pk: division for division in known}

    def town(self, name: str) -> Division:
        plain = squeeze(name)
        found = self.towns.get(plain)
        if found is None and self.county and plain.startswith(squeeze(self.county.name)):
            found = self.towns.get(plain.removeprefix(squeeze(self.county.name)))
        if found is None:
            names = sorted({division.name for division in self.towns.values()})
            raise Refused("unknown_town", "town", text=name, nearest=nearest(name, names))
        if not self.territory.holds_path(found.path) and not any(
            p.startswith(found.path) for p in self.territory.paths
        ):
            raise Refused("not_yours", "town", text=found.name)
        return found

    def village(self, town: Division, name: str) -> Division | None:
        own = self.villages[town.pk]
        return own.get(squeeze(name)) or own.get(bare(name))

    def new_village(self, town: Division, name: str) -> Division:
        """A village that nobody has listed yet, under a provisional code that no official one has."""
        number = 900
        while f"{town.code[:9]}{number}" in self.codes:
            number += 1
        code = f"{town.code[:9]}{number}"
        division = Division(code=code, name=name, level=DivisionLevel.VILLAGE, parent=town)
        division.path = f"{town.path}{code}/"
        division.initials = initials(name)
        self.codes.add(code)
        self.villages[town.pk][squeeze(name)] = self.villages[town.pk][bare(name)] = division
        return division


class LedgerPlan:
    """The ledger as it is, and rows weighed against it one after the other."""

    def __init__(self, actor: Actor, options: Mapping[str, Any]) -> None:
        self.stage = Stage()
        self.today = timezone.localdate()
        self.from_day = date.fromisoformat(options["from_day"]) if options.get("from_day") else self.today
        self.year = int(options.get("year") or self.today.year)
        self.create_villages = bool(options.get("create_villages"))
        self.defaults: Mapping[str, str] = options.get("defaults") or {}
        self.divisions = Divisions(actor)
        self.territory = self.divisions.territory
        self._load()
        self.row_of: dict[int, str] = {}
        self.row_of_name: dict[tuple[str, int, str], str] = {}
        self.first_said: dict[tuple[int, str], str] = {}

    def _load(self) -> None:
        by_pk = self.divisions.by_pk
        self.users: dict[str, list[WaterUser]] = defaultdict(list)
        self.by_credit: dict[str, WaterUser] = {}
        self.user_codes = Codes("U")
        user_pk: dict[int, WaterUser] = {}
        for user in WaterUser.objects.all():
            if user.division_id in by_pk:
                user.division = by_pk[user.division_id]
            self._know_user(user)
            user_pk[user.pk] = user
        self.households = {h.number: user_pk[h.user_id] for h in HouseholdNumber.objects.all()}
        self.by_permit: dict[str, Project] = {}
        self.projects: dict[int, list[Project]] = defaultdict(list)
        self.project_codes = Codes("P")
        project_pk: dict[int, Project] = {}
        for project in Project.objects.all():
            project.user = user_pk[project.user_id]
            self._know_project(project)
            project_pk[project.pk] = project
        self.sources_pk = {source.pk: source for source in Source.objects.order_by("code")}
        self.sources: dict[str, Source] = {}
        for source in self.sources_pk.values():
            self.sources.setdefault(source.kind, source)
        self.units: dict[str, ManagementUnit] = {}
        unit_pk: dict[int, ManagementUnit] = {}
        for unit in ManagementUnit.objects.defer("geometry"):
            unit_pk[unit.pk] = unit
            self.units[squeeze(unit.name)] = self.units[squeeze(unit.code)] = unit
        self.by_code: dict[str, Intake] = {}
        self.by_national: dict[str, Intake] = {}
        self.by_name: dict[tuple[str, int, str], Intake] = {}
        self.by_place: dict[tuple[Decimal, Decimal], Intake] = {}
        self.intake_numbers: dict[str, int] = defaultdict(int)
        intake_pk: dict[int, Intake] = {}
        for intake in Intake.objects.all():
            intake.project = project_pk[intake.project_id]
            intake.source = self.sources_pk[intake.source_id]
            if intake.division_id in by_pk:
                intake.division = by_pk[intake.division_id]
            if intake.management_unit_id:
                intake.management_unit = unit_pk[intake.management_unit_id]
            self._know_intake(intake)
            intake_pk[intake.pk] = intake
        self.attributions = {a.intake_id: a for a in Attribution.objects.filter(valid_to=None)}
        self.meters = {meter.number: meter for meter in Meter.objects.all()}
        self.installed: dict[int, Meter] = {}
        self.meter_at: dict[str, Intake] = {}
        meters_pk = {meter.pk: meter for meter in self.meters.values()}
        for one in MeterInstallation.objects.filter(removed_at=None):
            self.installed[id(intake_pk[one.intake_id])] = meters_pk[one.meter_id]
            self.meter_at[meters_pk[one.meter_id].number] = intake_pk[one.intake_id]
        self.power_meters = {meter.number: meter for meter in PowerMeter.objects.all()}
        power_pk = {meter.pk: meter for meter in self.power_meters.values()}
        self.supplies: dict[int, list[PowerSupply]] = defaultdict(list)
        for supply in PowerSupply.objects.filter(valid_to=None).order_by("pk"):
            supply.power_meter = power_pk[supply.power_meter_id]
            self.supplies[id(intake_pk[supply.intake_id])].append(supply)
        self.areas: dict[tuple[int, int, bool], IrrigatedArea] = {}
        for area in IrrigatedArea.objects.filter(intake__isnull=False).order_by("year"):
            key = (id(intake_pk[area.intake_id]), id(user_pk[area.user_id]), area.is_baseline)
            self.areas[key] = area  # the latest year stands

    def _know_user(self, user: WaterUser) -> None:
        self.users[squeeze(user.name)].append(user)
        if user.credit_code:
            self.by_credit[user.credit_code.upper()] = user
        self.user_codes.taken(user.code)

    def _know_project(self, project: Project) -> None:
        if project.permit_number:
            self.by_permit[squeeze(project.permit_number)] = project
        self.projects[id(project.user)].append(project)
        self.project_codes.taken(project.code)

    def _know_intake(self, intake: Intake) -> None:
        self.by_code[squeeze(intake.code)] = intake
        if intake.national_code:
            self.by_national[squeeze(intake.national_code)] = intake
        self.by_name[_name_key(intake)] = intake
        if intake.longitude is not None:
            self.by_place[intake.longitude, intake.latitude] = intake

    # --- one row ---

    def weigh(self, row: str, values: Mapping[str, Value]) -> dict[str, Any]:
        """What a row comes to: {"status", "title", "changes", "problems", "notes"}; good rows are staged."""
        report: dict[str, Any] = {"problems": [], "notes": [], "changes": []}
        self.report, self.row = report, row
        report["title"] = " ".join(str(values[n]) for n in ("code", "name", "user_name") if values.get(n))
        try:
            apply = self._weigh(values)
        except Refused as refused:
            report["problems"].append(refused.problem)
            report["status"] = "refused"
            return report
        report["status"] = apply()
        return report

    def _weigh(self, values: Mapping[str, Value]) -> Callable[[], str]:
        """Decide everything that can fail; returns what then changes the records in memory."""
        get: Callable[[str], Any] = values.get
        town = self.divisions.town(get("town"))
        division = self._division(town, get("village"))
        intake = self._find(values)
        user = self._user(values, town, division, intake)
        if intake is None and user is not None and not get("code"):
            key = (squeeze(get("name") or ""), division.pk or 0, squeeze(user.name))
            intake = self.by_name.get(key)
            if intake is not None and intake.project.user is not user:
                intake = None
        seen = self.row_of_name.get(self._new_name(values, division)) if intake is None else None
        if seen is not None:
            raise Refused("duplicate_row", "name", first=seen)
        if intake is not None:
            self._check_intake(intake, values, user)
        project = self._project(values, user, intake)
        unit = self._unit(get("management_unit"))
        source = get("source") or (None if intake else self.defaults.get("source"))
        sector = get("sector") or (None if intake else self.defaults.get("sector"))
        if intake is None and not source:
            raise Refused("no_source", "source")
        if intake is None and not sector:
            raise Refused("no_sector", "sector")
        self._check_numbers(values)
        self._check_households(get("household_numbers"), user)
        self._check_meter(get("meter_number"), intake)
        if self._moves(intake, division, unit, source, sector, project, values):
            current = self.attributions.get(intake.pk) if intake else None
            if current is not None and self.from_day < current.valid_from:
                raise Refused("before_attribution", day=current.valid_from.isoformat())
        facts = (town, division, intake, user, project, unit, source, sector)
        return lambda: self._apply(values, *facts)

    def _new_name(self, values: Mapping[str, Value], division: Division) -> tuple[str, int, str]:
        """What tells a new intake of this file from the others: its code, or else its name, place and user."""
        if values.get("code"):
            return ("code:" + squeeze(str(values["code"])), 0, "")
        return (squeeze(str(values.get("name") or "")), id(division), squeeze(str(values.get("user_name") or "")))

    def _division(self, town: Division, village: Any) -> Division:
        if not village or squeeze(village) == squeeze(town.name):
            return town
        found = self.divisions.village(town, village)
        if found is None:
            if not self.create_villages:
                names = sorted({d.name for d in self.divisions.villages[town.pk].values()})
                raise Refused(
                    "unknown_village", "village", text=village, town=town.name, nearest=nearest(village, names)
                )
            if not self.territory.holds_path(town.path):
                raise Refused("not_yours", "village", text=village)
            found = self.divisions.new_village(town, village)
            self.stage.create(found)
            self._note("new_village", name=village)
        if not self.territory.holds_path(found.path):
            raise Refused("not_yours", "village", text=village)
        return found

    def _find(self, values: Mapping[str, Value]) -> Intake | None:
        if values.get("code"):
            found = self.by_code.get(squeeze(str(values["code"])))
            if found is not None:
                return found
        if values.get("national_code"):
            return self.by_national.get(squeeze(str(values["national_code"])))
        return None

    def _check_intake(self, intake: Intake, values: Mapping[str, Value], user: WaterUser | None) -> None:
        if id(intake) in self.row_of:
            raise Refused("duplicate_row", "code" if values.get("code") else "name", first=self.row_of[id(intake)])
        if not self.territory.holds_path(intake.division.path):
            raise Refused("not_yours", "code", text=intake.name)
        if user is not intake.project.user:
            raise Refused(
                "other_holder", "user_name", holder=intake.project.user.name, user=str(values.get("user_name") or "")
            )
        status = values.get("status")
        if status and status != intake.status and IntakeStatus.SEALED in (status, intake.status):
            raise Refused("sealing", "status")

    def _user(
        self, values: Mapping[str, Value], town: Division, division: Division, intake: Intake | None
    ) -> WaterUser | None:
        """The water user that the row means; None if it is a new one."""
        name, credit = str(values["user_name"]), values.get("credit_code")
        if intake is not None:
            held = intake.project.user
            same = not credit or not held.credit_code or held.credit_code.upper() == str(credit).upper()
            if squeeze(held.name) == squeeze(name) and same:
                return held
        if credit and (found := self.by_credit.get(str(credit).upper())):
            return found
        named = self.users.get(squeeze(name), [])
        if credit:
            named = [user for user in named if not user.credit_code]
        permit = values.get("permit_number")
        project = self.by_permit.get(squeeze(str(permit))) if permit else None
        if project is not None and project.user in named:
            return project.user
        for number in values.get("household_numbers") or ():  # type: ignore[union-attr]
            if self.households.get(number) in named:
                return self.households[number]
        for user in named:
            if user.division is division:
                return user
        if len(named) == 1 and (
            ORGANISATION.search(name) or (division is town and named[0].division.path.startswith(town.path))
        ):
            return named[0]
        return None

    def _project(self, values: Mapping[str, Value], user: WaterUser | None, intake: Intake | None) -> Project | None:
        """The project that the row means; None if it is a new one."""
        permit, name = values.get("permit_number"), values.get("project_name")
        if values.get("permit_from") and values.get("permit_to") and values["permit_to"] < values["permit_from"]:  # type: ignore[operator]
            raise Refused("permit_reversed", "permit_to")
        if permit and (found := self.by_permit.get(squeeze(str(permit)))):
            if found.user is not user:
                raise Refused(
                    "permit_of_other", "permit_number", permit=str(permit), holder=found.user.name,
                    user=str(values["user_name"]),
                )  # fmt: skip
            return found
        if user is None:
            return None
        if intake is not None and (not permit or not intake.project.permit_number):
            return intake.project
        for project in self.projects[id(user)]:
            if name and squeeze(project.name) == squeeze(str(name)) and not (permit and project.permit_number):
                return project
            if not name and not permit and not project.permit_number:  # a well without permit joins no permit
                return project
        return None

    def _unit(self, text: Any) -> ManagementUnit | None:
        if not text:
            return None
        found = self.units.get(squeeze(text))
        if found is None:
            names = sorted({unit.name for unit in self.units.values()})
            raise Refused("unknown_unit", "management_unit", text=text, nearest=nearest(text, names))
        return found

    def _check_numbers(self, values: Mapping[str, Value]) -> None:
        for name, digits in {**INTAKE_NUMBERS, "area_mu": 8, "baseline_area_mu": 8, "permitted_m3": 14}.items():
            value = values.get(name)
            if isinstance(value, Decimal) and value >= Decimal(10) ** digits:
                raise Refused("too_large_number", name)

    def _check_households(self, numbers: Any, user: WaterUser | None) -> None:
        for number in numbers or ():
            owner = self.households.get(number)
            if owner is not None and owner is not user:
                raise Refused("household_of_other", "household_numbers", number=number, user=owner.name)

    def _check_meter(self, number: Any, intake: Intake | None) -> None:
        if not number:
            return
        present = self.installed.get(id(intake)) if intake is not None else None
        if present is not None and present.number != number:
            raise Refused("other_meter", "meter_number", old=present.number, new=number)
        at = self.meter_at.get(number)
        if at is not None and at is not intake:
            raise Refused("meter_elsewhere", "meter_number", number=number, intake=at.name)

    def _moves(
        self,
        intake: Intake | None,
        division: Division,
        unit: ManagementUnit | None,
        source: str | None,
        sector: str | None,
        project: Project | None,
        values: Mapping[str, Value],
    ) -> bool:
        """Whether the row changes to whose account the water goes."""
        if intake is None:
            return False
        return (
            self._lies(intake, division, values) is not intake.division
            or (unit is not None and unit is not intake.management_unit)
            or (source is not None and source != intake.source.kind)
            or (sector is not None and sector != intake.sector)
            or project is not intake.project
        )

    def _lies(self, intake: Intake, division: Division, values: Mapping[str, Value]) -> Division:
        """Where the intake lies after this row; a row that tells only the town keeps the village."""
        if not values.get("village") and intake.division.parent_id == division.pk:
            return intake.division
        return division

    # --- carried out in memory ---

    def _note(self, code: str, field: str = "", /, **params: str) -> None:
        self.report["notes"].append({"code": code, "field": field, "params": params})

    def _set(self, thing: Any, name: str, value: Any) -> None:
        """Change a field if it differs, and report it."""
        before = getattr(thing, name)
        if before == value:
            return
        self.stage.change(thing, name, value)
        self.report["changes"].append([type(thing).__name__, name, as_text(before), as_text(value)])

    def _apply(
        self,
        values: Mapping[str, Value],
        town: Division,
        division: Division,
        intake: Intake | None,
        user: WaterUser | None,
        project: Project | None,
        unit: ManagementUnit | None,
        source_kind: str | None,
        sector: str | None,
    ) -> str:
        new = intake is None
        user = self._apply_user(values, division, user)
        project = self._apply_project(values, division, user, project)
        if intake is None:
            intake = self._new_intake(values, town, division, project, unit, self._source(source_kind), sector)
        else:
            old = {name: getattr(intake, name) for name in ATTRIBUTED}
            self._set(intake, "division", self._lies(intake, division, values))
            self._set(intake, "project", project)
            if unit is not None:
                self._set(intake, "management_unit", unit)
            if source_kind is not None and source_kind != intake.source.kind:
                self._set(intake, "source", self._source(source_kind))
            if sector is not None:
                self._set(intake, "sector", sector)
            if any(
                getattr(intake, name) is not value and getattr(intake, name) != value for name, value in old.items()
            ):
                self._reattribute(intake)
        self._intake_facts(intake, values)
        self._apply_meter(intake, values)
        self._apply_power(intake, values)
        self._apply_area(intake, user, values.get("area_mu"), False)
        self._apply_area(intake, user, values.get("baseline_area_mu"), True)
        self.row_of[id(intake)] = self.row
        self.row_of_name[self._new_name(values, division)] = self.row
        if new:
            self.report["changes"] = []
            return "created"
        return "changed" if self.report["changes"] else "unchanged"

    def _source(self, kind: Any) -> Source:
        found = self.sources.get(kind)
        if found is None:
            label = next(choice.label for choice in SOURCES if choice.code == kind)
            prefix = self.divisions.county.code if self.divisions.county else "S"
            found = self.stage.create(Source(code=f"{prefix}-{kind}"[:30], name=label, kind=kind))
            self.sources[kind] = found
        return found

    def _apply_user(self, values: Mapping[str, Value], division: Division, user: WaterUser | None) -> WaterUser:
        if user is None:
            name = str(values["user_name"])
            kind = values.get("user_kind") or (UserKind.COMPANY if ORGANISATION.search(name) else UserKind.HOUSEHOLD)
            user = WaterUser(
                code=self.user_codes.next(), name=name, kind=kind, division=division, initials=initials(name)
            )
            self.stage.create(user)
            self.users[squeeze(name)].append(user)
            self._note("new_user", name=name)
            for column, fact in USER_FACTS.items():
                if values.get(column):
                    setattr(user, fact, values[column])
                    self.first_said[id(user), fact] = self.row
            if user.credit_code:
                self.by_credit[user.credit_code.upper()] = user
        else:
            for column, fact in USER_FACTS.items():
                if values.get(column):
                    self._first_wins(user, fact, values[column], column, "user_conflict")
        for number in values.get("household_numbers") or ():  # type: ignore[union-attr]
            if number not in self.households:
                self.households[number] = user
                self.stage.create(HouseholdNumber(user=user, number=number))
                self.report["changes"].append(["HouseholdNumber", "number", "", number])
        return user

    def _first_wins(self, thing: Any, name: str, value: Any, column: str, code: str) -> None:
        """Several rows speak of one user or project: the first that does decides, others are told."""
        first = self.first_said.get((id(thing), name))
        if first is None:
            self.first_said[id(thing), name] = self.row
            self._set(thing, name, value)
        elif getattr(thing, name) != value:
            self._note(code, column, first=first)

    def _apply_project(
        self, values: Mapping[str, Value], division: Division, user: WaterUser, project: Project | None
    ) -> Project:
        permit = values.get("permit_number")
        facts = {name: values.get(column) for column, name in PROJECT_FACTS.items()}
        if project is None:
            name = str(values.get("project_name") or user.name)
            project = Project(
                code=self.project_codes.next(), name=name, initials=initials(name), user=user, division=division,
                permit_number=str(permit or ""), **facts,
            )  # fmt: skip
            self.stage.create(project)
            self.stage.create(Holding(project=project, user=user, valid_from=BEGINNING))
            self.projects[id(user)].append(project)
            for name, value in {**facts, "permit_number": permit, "name": values.get("project_name")}.items():
                if value is not None:
                    self.first_said[id(project), name] = self.row
        else:
            if values.get("project_name"):
                self._first_wins(project, "name", values["project_name"], "project_name", "project_conflict")
                if project.initials != initials(project.name):
                    self.stage.change(project, "initials", initials(project.name))
            if permit and squeeze(project.permit_number) != squeeze(str(permit)):
                self._first_wins(project, "permit_number", permit, "permit_number", "project_conflict")
            columns = {name: column for column, name in PROJECT_FACTS.items()}
            for name, value in facts.items():
                if value is not None:
                    self._first_wins(project, name, value, columns[name], "project_conflict")
        if project.permit_number:
            self.by_permit[squeeze(project.permit_number)] = project
        return project

    def _new_intake(
        self,
        values: Mapping[str, Value],
        town: Division,
        division: Division,
        project: Project,
        unit: ManagementUnit | None,
        source: Source,
        sector: Any,
    ) -> Intake:
        code = str(values.get("code") or self._intake_code(town))
        name = str(values.get("name") or code)
        intake = Intake(
            code=code, name=name, initials=initials(name), kind=values.get("kind") or IntakeKind.WELL, project=project,
            division=division, management_unit=unit, source=source, sector=sector,
        )  # fmt: skip
        self.stage.create(intake)
        self.stage.create(
            Attribution(
                intake=intake, project=project, division=division, management_unit=unit, source=source, sector=sector,
                valid_from=BEGINNING,
            )
        )  # fmt: skip
        self.by_code[squeeze(code)] = intake
        return intake

    def _intake_code(self, town: Division) -> str:
        while True:
            self.intake_numbers[town.code] += 1
            code = f"{town.code}-{self.intake_numbers[town.code]:05d}"
            if squeeze(code) not in self.by_code:
                return code

    def _reattribute(self, intake: Intake) -> None:
        facts = {name: getattr(intake, name) for name in ATTRIBUTED}
        current = self.attributions.get(intake.pk)
        if current is not None and current.valid_from == self.from_day:
            for name, value in facts.items():
                self.stage.change(current, name, value)
            return
        if current is not None:
            self.stage.change(current, "valid_to", self.from_day)
        self.stage.create(Attribution(intake=intake, valid_from=self.from_day if current else BEGINNING, **facts))

    def _intake_facts(self, intake: Intake, values: Mapping[str, Value]) -> None:
        for name in INTAKE_TEXTS:
            if values.get(name):
                self._set(intake, name, values[name])
        if values.get("code") and values["code"] != intake.code:
            self._set(intake, "code", values["code"])
        if intake.initials != initials(intake.name):
            self.stage.change(intake, "initials", initials(intake.name))
        for name in INTAKE_NUMBERS:
            if values.get(name) is not None:
                self._set(intake, name, values[name])
        if values.get("pipe_mm") is not None:
            self._set(intake, "pipe_mm", int(values["pipe_mm"]))  # type: ignore[arg-type]
        place = values.get(PLACE)
        if isinstance(place, Place):
            self._apply_place(intake, place)
        if intake.national_code:
            self.by_national[squeeze(intake.national_code)] = intake

    def _apply_place(self, intake: Intake, place: Place) -> None:
        for change in place.changes:
            if change in {"coarse", "swapped"}:
                self._note(f"place_{change}")
        if place.guessed:
            self._note("place_guessed")
        if (intake.longitude, intake.latitude) == (place.lon, place.lat):
            return
        before = "" if intake.longitude is None else f"{intake.longitude}, {intake.latitude}"
        self.stage.change(intake, "longitude", place.lon)
        self.stage.change(intake, "latitude", place.lat)
        self.stage.change(intake, "place_guessed", place.guessed)
        self.report["changes"].append(["Intake", "place", before, f"{place.lon}, {place.lat}"])
        other = self.by_place.get((place.lon, place.lat))
        if other is not None and other is not intake and id(other) not in self.row_of:
            self._note("place_taken", code=other.code)
        self.by_place[place.lon, place.lat] = intake

    def _apply_meter(self, intake: Intake, values: Mapping[str, Value]) -> None:
        meter = self.installed.get(id(intake))
        number = values.get("meter_number")
        if meter is None and number:
            meter = self.meters.get(str(number))
            if meter is None:
                meter = self.stage.create(Meter(number=str(number)))
                self.meters[meter.number] = meter
            at = datetime.combine(BEGINNING, time(), BEIJING)
            self.stage.create(MeterInstallation(meter=meter, intake=intake, installed_at=at))
            self.installed[id(intake)] = meter
            self.meter_at[meter.number] = intake
            self.report["changes"].append(["Meter", "number", "", meter.number])
        if meter is not None:
            for column, name in METER_FACTS.items():
                if values.get(column) is not None:
                    self._set(meter, name, values[column])

    def _apply_power(self, intake: Intake, values: Mapping[str, Value]) -> None:
        number = values.get("power_meter_number")
        supplies = self.supplies[id(intake)]
        supply = next((s for s in supplies if s.power_meter.number == number), None)
        if supply is None and number:
            meter = self.power_meters.get(str(number))
            if meter is None:
                meter = self.stage.create(PowerMeter(number=str(number)))
                self.power_meters[meter.number] = meter
            start = self.from_day if supplies else BEGINNING
            for old in supplies:
                if old.valid_from < self.from_day:
                    self.stage.change(old, "valid_to", self.from_day)
            before = "、".join(s.power_meter.number for s in supplies)
            self.report["changes"].append(["PowerMeter", "number", before, meter.number])
            supply = self.stage.create(PowerSupply(power_meter=meter, intake=intake, valid_from=start))
            self.supplies[id(intake)] = [supply]
        if supply is None and len(supplies) == 1:
            supply = supplies[0]
        if supply is not None:
            for column, name in (("power_household_number", "household_number"), ("power_multiplier", "multiplier")):
                if values.get(column) is not None:
                    self._set(supply.power_meter, name, values[column])

    def _apply_area(self, intake: Intake, user: WaterUser, area: Any, baseline: bool) -> None:
        if area is None:
            return
        key = (id(intake), id(user), baseline)
        known = self.areas.get(key)
        if known is not None and known.area_mu == area:
            return
        before = "" if known is None else str(known.area_mu)
        if known is not None and (baseline or known.year == self.year):
            self.stage.change(known, "area_mu", area)
        else:
            self.areas[key] = self.stage.create(
                IrrigatedArea(user=user, intake=intake, year=self.year, area_mu=area, is_baseline=baseline)
            )
        self.report["changes"].append(["IrrigatedArea", "baseline" if baseline else "area", before, str(area)])


def _name_key(intake: Intake) -> tuple[str, int, str]:
    return squeeze(intake.name), intake.division_id or 0, squeeze(intake.project.user.name)


def as_text(value: Any) -> str:
    """A value as reports keep it: figures without needless zeros, "" for none."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value)


class Codes:
    """Running codes with a letter: U000001."""

    def __init__(self, letter: str) -> None:
        self.letter, self.last = letter, 0

    def taken(self, code: str) -> None:
        if code[:1] == self.letter and code[1:].isdigit():
            self.last = max(self.last, int(code[1:]))

    def next(self) -> str:
        self.last += 1
        return f"{self.letter}{self.last:06d}"
