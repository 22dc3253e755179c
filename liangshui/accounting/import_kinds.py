"""Imports of what tells volumes: stated volumes, electricity, coefficients. Read, weighed row by row, written, taken back."""

from abc import abstractmethod
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy

from liangshui.accounting import forms, taking
from liangshui.accounting.codes import Method
from liangshui.accounting.models import Coefficient, EnergyRecord, PowerMatch, ReturnVolume, Statement, SupplyVolume
from liangshui.accounting.rules.electricity import Coefficient as Tested
from liangshui.accounting.rules.electricity import CoefficientError
from liangshui.accounting.rules.stated import Sureness, with_range
from liangshui.accounting.sheets.columns import COEFFICIENTS, ELECTRICITY, PARTS, RETURNED, SUPPLIES, VOLUMES
from liangshui.accounting.sheets.periods import PeriodError, periods_in, read_period, year_in
from liangshui.accounting.stated import weights_of
from liangshui.core.access import Actor, Right, Territory
from liangshui.core.periods import Period
from liangshui.core.quantities import volume
from liangshui.registry import import_kinds as kinds
from liangshui.registry import sentences
from liangshui.registry.ledger_plan import Divisions, Refused, as_text
from liangshui.registry.models import Intake, PowerMeter, PowerSupply, Project, SupplyLink, WaterUser
from liangshui.registry.sheets.fields import Value, by_name
from liangshui.registry.sheets.text import squeeze

SURENESS = {Method.CAPACITY: Sureness.AT_MOST, Method.QUOTA: Sureness.OPEN, Method.ESTIMATE: Sureness.OPEN}
"""Of statements without an uncertainty; the others stand as stated."""


# --- who is meant ---


class Ledger:
    """The wells, projects and users that a row may name, within the actor's right."""

    def __init__(self, actor: Actor) -> None:
        self.divisions = Divisions(actor)
        self.territory: Territory = actor.territory(Right.REGISTRY_IMPORT)
        self.by_code: dict[str, Intake] = {}
        self.by_name: dict[str, list[Intake]] = defaultdict(list)
        self.of_user: dict[int, list[Intake]] = defaultdict(list)
        self.of_project: dict[int, list[Intake]] = defaultdict(list)
        for intake in Intake.objects.select_related("project", "division", "source").order_by("code"):
            self.by_code[squeeze(intake.code)] = intake
            if intake.national_code:
                self.by_code.setdefault(squeeze(intake.national_code), intake)
            self.by_name[squeeze(intake.name)].append(intake)
            self.of_user[intake.project.user_id].append(intake)
            self.of_project[intake.project_id].append(intake)
        self.users: dict[str, list[WaterUser]] = defaultdict(list)
        self.by_credit: dict[str, WaterUser] = {}
        for user in WaterUser.objects.select_related("division").order_by("code"):
            self.users[squeeze(user.name)].append(user)
            if user.credit_code:
                self.by_credit[squeeze(user.credit_code)] = user
        self.permits: dict[str, list[Project]] = defaultdict(list)
        self.projects: dict[str, list[Project]] = defaultdict(list)
        for project in Project.objects.select_related("user", "division").order_by("code"):
            self.projects[squeeze(project.name)].append(project)
            if project.permit_number:
                self.permits[squeeze(project.permit_number)].append(project)

    def place(self, values: Mapping[str, Value]) -> str:
        """Path of the town or village that a row names; "" if none."""
        if not values.get("town"):
            return ""
        town = self.divisions.town(str(values["town"]))
        village = self.divisions.village(town, str(values["village"])) if values.get("village") else None
        return (village or town).path

    def intake(self, values: Mapping[str, Value]) -> Intake | None:
        """The well that a row names by code, or by a name that is one well's there; None if it names none.

        Raises:
            Refused: the code is unknown, the name is several wells'.
        """
        code = values.get("code") or values.get("national_code")
        if code:
            found = self.by_code.get(squeeze(str(code)))
            if found is None:
                raise Refused("unknown_intake", "code", text=str(code))
            return self._allowed(found)
        name = values.get("name")
        if not name:
            return None
        path, user = self.place(values), values.get("user_name")
        named = [
            well
            for well in self.by_name.get(squeeze(str(name)), [])
            if well.division.path.startswith(path)
            and (not user or any(u.pk == well.project.user_id for u in self.users.get(squeeze(str(user)), [])))
        ]
        if len(named) != 1:
            raise Refused("several_intakes" if named else "unknown_intake", "name", text=str(name))
        return self._allowed(named[0])

    def _allowed(self, intake: Intake) -> Intake:
        if not self.territory.holds_path(intake.division.path):
            raise Refused("not_yours", "code", text=intake.code)
        return intake

    def holder(self, values: Mapping[str, Value]) -> Project | WaterUser:
        """The project or user that a row names: by permit, by credit code, by name (and project and place).

        Raises:
            Refused: nobody or several are meant.
        """
        permit, credit, name = values.get("permit_number"), values.get("credit_code"), values.get("user_name")
        found: list[Project | WaterUser] = []
        if permit and squeeze(str(permit)) in self.permits:
            found = [*self.permits[squeeze(str(permit))]]
        elif credit and squeeze(str(credit)) in self.by_credit:
            found = [self.by_credit[squeeze(str(credit))]]
        elif name:
            path = self.place(values)
            users = [u for u in self.users.get(squeeze(str(name)), []) if u.division.path.startswith(path)]
            project = values.get("project_name")
            found = [*users]
            if project:
                own = {user.pk for user in users}
                named = [p for p in self.projects.get(squeeze(str(project)), []) if p.user_id in own]
                found = [*named] or found
        elif permit:
            raise Refused("unknown_permit", "permit_number", text=str(permit))
        else:
            raise Refused("nobody_named", "user_name")
        if len(found) != 1:
            raise Refused("several_users" if found else "unknown_user", "user_name", text=str(name or permit or credit))
        if not self.territory.holds_path(found[0].division.path):
            raise Refused("not_yours", "user_name", text=found[0].name)
        return found[0]


# --- what the sheets have in common ---


class _Stated(kinds.SheetRows):
    """Rows of which each states figures of one or several periods, against the rows that stand."""

    def __init__(self, actor: Actor, content: bytes, options: Mapping[str, Any]) -> None:
        super().__init__(actor, content, options)
        self.year: int | None = None
        self.years: dict[str, int | None] = {}
        self.standing: dict[tuple[Any, ...], Any] = {}
        self._read_years: set[int] = set()
        for table in self.reading.tables:
            titles = " ".join((table.sheet, *table.above))
            self.years[table.sheet] = year_in(titles) or (int(options["year"]) if options.get("year") else None)

    def weigh(self, index: int) -> dict[str, Any]:
        table, row = self.items[index]
        stated = row.values.get("stated_year")
        self.year = stated if isinstance(stated, int) else self.years[table.sheet]
        return super().weigh(index)

    def stands(self, key: tuple[Any, ...], start: date) -> Any:
        """The row that stands for a key whose period begins on a day; None if none does. Read by years."""
        if start.year not in self._read_years:
            self._read_years.add(start.year)
            self.standing |= self.read_standing(start.year)
        return self.standing.get(key)

    @abstractmethod
    def read_standing(self, year: int) -> dict[tuple[Any, ...], Any]:
        """Rows that stand, of periods that begin in a year, by key."""

    def figures(self, values: Mapping[str, Value], single: str) -> list[tuple[str, Period, Decimal]]:
        """Field, period and figure of each filled cell: of the month columns, or of the one column and its period.

        Raises:
            Refused: no period, no figure, or a period that cannot be read.
        """
        try:
            wide = periods_in(values, self.year)
            if wide:
                return wide
            figure = values.get(single)
            text = values.get("stated_period")
            if isinstance(figure, Decimal):
                if text:
                    return [(single, read_period(squeeze(str(text)), self.year), figure)]
                if self.year:
                    return [(single, read_period(str(self.year)), figure)]
                raise Refused("no_period", "stated_period")
            total = values.get("year_m3")
            if isinstance(total, Decimal) and self.year:
                return [("year_m3", read_period(str(self.year)), total)]
        except PeriodError as error:
            said = squeeze(str(values.get("stated_period") or ""))
            raise Refused(error.code, "stated_period", text=said, year=said[:4]) from error
        raise Refused("no_figure", single)


def _status(created: int, changed: int) -> str:
    if changed:
        return "changed"
    return "created" if created else "unchanged"


def _month(period: Period) -> str:
    if period.start.month == 1 and period.end == date(period.start.year + 1, 1, 1):
        return str(period.start.year)
    first, last = f"{period.start:%Y-%m}", f"{period.last:%Y-%m}"
    return first if first == last else f"{first}–{last}"


# --- stated volumes ---


class VolumeRows(_Stated):
    """Volumes by intake, project or user and period."""

    fields = VOLUMES

    def __init__(self, actor: Actor, content: bytes, options: Mapping[str, Any]) -> None:
        super().__init__(actor, content, options)
        self.ledger = Ledger(actor)
        self.method = str(options.get("method") or "")
        self.split = str(options.get("split") or "")
        self.weights = list(options.get("weights") or [])
        self.seen: dict[tuple[Any, ...], str] = {}
        self.new: list[Statement] = []
        self.gone: list[int] = []

    def read_standing(self, year: int) -> dict[tuple[Any, ...], Any]:
        return {self._key(row): row for row in Statement.objects.filter(start__year=year)}

    @staticmethod
    def _key(row: Statement) -> tuple[Any, ...]:
        return (
            row.intake_id, row.project_id, row.user_id, row.source_kind, row.sector, row.start, row.end, row.method
        )  # fmt: skip

    def weigh_row(self, label: str, values: Mapping[str, Value], report: dict[str, Any]) -> str:
        intake = self.ledger.intake(values)
        holder = None if intake else self.ledger.holder(values)
        subject = intake or holder
        report["title"] = f"{getattr(subject, 'code', '')} {getattr(subject, 'name', '')}".strip()
        kind, sector = str(values.get("stated_source") or ""), str(values.get("stated_sector") or "")
        figures = self.figures(values, "stated_m3")
        if holder is not None:
            self._tell_wells(holder, kind, sector, figures[0][1].start.year)
        method = str(values.get("stated_method") or self.method)
        if not method:
            raise Refused("no_method", "stated_method")
        percent = values.get("uncertainty_percent")
        off = percent / 100 if isinstance(percent, Decimal) else None
        self._check_sum(values, figures, report)
        made = []
        for _name, period, figure in figures:
            found = with_range(volume(figure), off, SURENESS.get(Method(method), Sureness.AS_STATED))
            row = Statement(
                intake=intake,
                project=holder if isinstance(holder, Project) else None,
                user=holder if isinstance(holder, WaterUser) else None,
                source_kind="" if intake else kind, sector="" if intake else sector,
                start=period.start, end=period.end, method=method,
                volume_m3=found.volume_m3, low_m3=found.low_m3, high_m3=found.high_m3,
                split="" if intake else self.split, weights=self.weights if period.length > 31 else [], row=label,
            )  # fmt: skip
            key = self._key(row)
            if key in self.seen:
                raise Refused("period_again", "stated_period", period=_month(period), first=self.seen[key])
            made.append((key, row, period))
        created = changed = 0
        for key, row, period in made:
            self.seen[key] = label
            before = self.stands(key, period.start)
            if before is None:
                created += 1
            elif self._same(before, row):
                continue
            else:
                changed += 1
                report["changes"].append(["", _month(period), as_text(before.volume_m3), as_text(row.volume_m3)])
                self.gone.append(before.pk)
            self.new.append(row)
        return _status(created, changed)

    @staticmethod
    def _same(one: Statement, other: Statement) -> bool:
        return all(
            getattr(one, name) == getattr(other, name)
            for name in ("volume_m3", "low_m3", "high_m3", "split", "weights")
        )

    def _tell_wells(self, holder: Project | WaterUser, kind: str, sector: str, year: int) -> None:
        """A volume of several wells must be shared by what is known, or say of which source and use it is."""
        own = self.ledger.of_project if isinstance(holder, Project) else self.ledger.of_user
        wells = [w for w in own[holder.pk] if kind in ("", w.source.kind) and sector in ("", w.sector)]
        if self.split and len(wells) > 1:
            if not any(weights_of([w.pk for w in wells], self.split, year)):
                raise Refused("no_weights", "user_name", user=holder.name)
            return
        sources, sectors = {w.source.kind for w in wells} or {kind}, {w.sector for w in wells} or {sector}
        if len(sources) > 1 or sources == {""}:
            raise Refused("which_source", "stated_source", user=holder.name)
        if len(sectors) > 1 or sectors == {""}:
            raise Refused("which_sector", "stated_sector", user=holder.name)

    def _check_sum(
        self, values: Mapping[str, Value], figures: list[tuple[str, Period, Decimal]], report: dict[str, Any]
    ) -> None:
        total = values.get("year_m3")
        if isinstance(total, Decimal) and len(figures) == 12:
            summed = sum((figure for _n, _p, figure in figures), Decimal(0))
            if abs(summed - total) > 1:
                report["notes"].append(
                    {
                        "code": "sum_differs",
                        "field": "year_m3",
                        "params": {"sum": as_text(summed), "total": as_text(total)},
                    }
                )

    def write(self, actor: Actor) -> None:
        taking.statements(actor, self.batch, self.new, self.gone)
        self.new, self.gone = [], []


# --- electricity ---


@dataclass(frozen=True, slots=True)
class EnergyLine:
    """What a line of the power company's sheet says of itself."""

    household: str
    meter: str
    customer: str
    address: str
    town: str
    village: str

    @classmethod
    def of(cls, values: Mapping[str, Value]) -> "EnergyLine":
        names = ("energy_household", "energy_meter", "energy_customer", "energy_address", "town", "village")
        return cls(*(str(values.get(name) or "") for name in names))

    @property
    def key(self) -> str:
        """Under what a person's decision is remembered: its numbers, or without numbers its words."""
        said = (self.household, self.meter) if self.household or self.meter else (
            self.customer, self.address, self.town, self.village
        )  # fmt: skip
        return "|".join(squeeze(each) for each in said)[:200]


class EnergyRows(_Stated):
    """Electricity by power meter and month, as the power company writes it."""

    fields = ELECTRICITY

    def __init__(self, actor: Actor, content: bytes, options: Mapping[str, Any]) -> None:
        super().__init__(actor, content, options)
        self.territory: Territory = actor.territory(Right.REGISTRY_IMPORT)
        self.by_number: dict[str, PowerMeter] = {}
        self.by_household: dict[str, list[PowerMeter]] = defaultdict(list)
        self.by_pk: dict[int, PowerMeter] = {}
        for meter in PowerMeter.objects.order_by("pk"):
            self.by_pk[meter.pk] = meter
            self.by_number[squeeze(meter.number)] = meter
            if meter.household_number:
                self.by_household[squeeze(meter.household_number)].append(meter)
        self.paths: dict[int, str] = {}
        self.of_well: dict[str, list[PowerMeter]] = defaultdict(list)
        for meter_id, path, code in PowerSupply.objects.order_by("pk").values_list(
            "power_meter_id", "intake__division__path", "intake__code"
        ):
            self.paths.setdefault(meter_id, path)
            self.of_well[squeeze(code)].append(self.by_pk[meter_id])
        self.decided = dict(PowerMatch.objects.values_list("key", "power_meter_id"))
        self.seen: dict[tuple[int, date, date], str] = {}
        self.doubtful: dict[str, EnergyLine] = {}
        self.new: list[EnergyRecord] = []
        self.gone: list[int] = []

    def read_standing(self, year: int) -> dict[tuple[Any, ...], Any]:
        rows = EnergyRecord.objects.filter(start__year=year)
        return {
            (meter, start, end): (pk, kwh)
            for pk, meter, start, end, kwh in rows.values_list("pk", "power_meter_id", "start", "end", "kwh")
        }

    def weigh_row(self, label: str, values: Mapping[str, Value], report: dict[str, Any]) -> str:
        line = EnergyLine.of(values)
        report["title"] = " ".join(filter(None, (line.household, line.meter, line.customer)))
        meter = self._meter(line, values)
        if meter is None:
            report["notes"].append({"code": "not_a_well", "field": "", "params": {}})
            return "unchanged"
        path = self.paths.get(meter.pk)
        if not self.territory.holds_path(path):
            raise Refused("not_yours" if path else "unlinked_meter", "energy_meter", text=meter.number)
        multiplier = values.get("energy_multiplier")
        if isinstance(multiplier, Decimal) and multiplier != meter.multiplier:
            report["notes"].append(
                {
                    "code": "other_multiplier", "field": "energy_multiplier",
                    "params": {"sheet": as_text(multiplier), "ledger": as_text(meter.multiplier)},
                }
            )  # fmt: skip
        made = []
        for _name, period, kwh in self.figures(self._summed(values, meter, report), "kwh"):
            key = (meter.pk, period.start, period.end)
            if key in self.seen:
                raise Refused("period_again", "stated_period", period=_month(period), first=self.seen[key])
            made.append((key, period, kwh.quantize(Decimal("0.01"))))
        created = changed = 0
        for key, period, kwh in made:
            self.seen[key] = label
            pk, before = self.stands(key, period.start) or (None, None)
            if pk is None:
                created += 1
            elif before == kwh:
                continue
            else:
                changed += 1
                report["changes"].append(["", f"{_month(period)} kWh", as_text(before), as_text(kwh)])
                self.gone.append(pk)
            self.new.append(EnergyRecord(power_meter=meter, start=period.start, end=period.end, kwh=kwh, row=label))
        return _status(created, changed)

    def _meter(self, line: EnergyLine, values: Mapping[str, Value]) -> PowerMeter | None:
        """The power meter of a line; None where somebody decided that it is not one of ours.

        Raises:
            Refused: the numbers do not tell; the line waits for somebody to decide.
        """
        if line.meter and (found := self.by_number.get(squeeze(line.meter))):
            return found
        if line.key in self.decided:
            decided = self.decided[line.key]
            return self.by_pk[decided] if decided else None
        code = values.get("code")
        if code and len(own := self.of_well.get(squeeze(str(code)), [])) == 1:
            return own[0]
        if line.household and not line.meter:
            same = self.by_household.get(squeeze(line.household), [])
            if len(same) == 1:
                return same[0]
        if not line.key.strip("|"):
            raise Refused("no_numbers", "energy_meter")
        self.doubtful.setdefault(line.key, line)
        raise Refused("unmatched", "energy_meter", text=line.meter or line.household or line.customer)

    def _summed(self, values: Mapping[str, Value], meter: PowerMeter, report: dict[str, Any]) -> Mapping[str, Value]:
        """With the total in `kwh`: as stated, else of sharp, peak, flat and valley, else the dial's difference × multiplier."""
        parts = [value for name in PARTS if isinstance(value := values.get(name), Decimal)]
        stated = values.get("kwh")
        if isinstance(stated, Decimal):
            if parts and abs(sum(parts, Decimal(0)) - stated) > 1:
                params = {"sum": as_text(sum(parts, Decimal(0))), "total": as_text(stated)}
                report["notes"].append({"code": "sum_differs", "field": "kwh", "params": params})
            return values
        if parts:
            return {**values, "kwh": sum(parts, Decimal(0))}
        dial, multiplier = values.get("kwh_read"), values.get("energy_multiplier")
        if isinstance(dial, Decimal):
            return {**values, "kwh": dial * (multiplier if isinstance(multiplier, Decimal) else meter.multiplier)}
        return values

    def summary(self) -> dict[str, Any]:
        found = super().summary()
        found["doubtful"] = [
            [key, line.household, line.meter, line.customer, line.address, line.town, line.village]
            for key, line in list(self.doubtful.items())[:2000]
        ]
        return found

    def write(self, actor: Actor) -> None:
        taking.energy(actor, self.batch, self.new, self.gone)
        self.new, self.gone = [], []


# --- water passed on and given back ---


class SupplyRows(_Stated):
    """What suppliers passed on, by receiver and period; and what users gave back to nature."""

    fields = SUPPLIES

    def __init__(self, actor: Actor, content: bytes, options: Mapping[str, Any]) -> None:
        super().__init__(actor, content, options)
        self.ledger = Ledger(actor)
        self.method = str(options.get("method") or "")
        self.by_code: dict[str, SupplyLink] = {}
        self.by_ends: dict[tuple[int, int], list[SupplyLink]] = defaultdict(list)
        for link in SupplyLink.objects.select_related("supplier__division", "customer"):
            self.by_code[squeeze(link.code)] = link
            self.by_ends[link.supplier_id, link.customer_id].append(link)
        self.seen: dict[tuple[Any, ...], str] = {}
        self.new: list[SupplyVolume | ReturnVolume] = []
        self.gone: dict[type[SupplyVolume] | type[ReturnVolume], list[int]] = {SupplyVolume: [], ReturnVolume: []}

    def read_standing(self, year: int) -> dict[tuple[Any, ...], Any]:
        links = {("link", r.link_id, r.start, r.end): r for r in SupplyVolume.objects.filter(start__year=year)}
        given = {("project", r.project_id, r.start, r.end): r for r in ReturnVolume.objects.filter(start__year=year)}
        return {**links, **given}

    def weigh_row(self, label: str, values: Mapping[str, Value], report: dict[str, Any]) -> str:
        figures = self.figures(values, "supplied_m3")
        receiver = squeeze(str(values.get("receiver") or ""))
        owner: SupplyLink | Project
        if receiver in {squeeze(word) for word in RETURNED} and not values.get("supply_code"):
            owner, kind = self._giver(values), "project"
        else:
            owner, kind = self._link(values, figures[0][1]), "link"
        report["title"] = f"{owner.code} {values.get('supplier') or ''} {values.get('receiver') or ''}".strip()
        method = str(values.get("stated_method") or self.method)
        if not method:
            raise Refused("no_method", "stated_method")
        percent = values.get("uncertainty_percent")
        off = percent / 100 if isinstance(percent, Decimal) else None
        made = []
        for _name, period, figure in figures:
            key = (kind, owner.pk, period.start, period.end)
            if key in self.seen:
                raise Refused("period_again", "stated_period", period=_month(period), first=self.seen[key])
            found = with_range(volume(figure), off, SURENESS.get(Method(method), Sureness.AS_STATED))
            high = found.high_m3 if found.high_m3 is not None else found.volume_m3
            facts = {"method": method, "volume_m3": found.volume_m3, "low_m3": found.low_m3, "high_m3": high}
            row = (SupplyVolume if kind == "link" else ReturnVolume)(
                **{kind: owner}, start=period.start, end=period.end, row=label, **facts
            )  # fmt: skip
            made.append((key, row, period))
        created = changed = 0
        for key, row, period in made:
            self.seen[key] = label
            before = self.stands(key, period.start)
            if before is None:
                created += 1
            elif (before.volume_m3, before.low_m3, before.high_m3, before.method) == (
                row.volume_m3, row.low_m3, row.high_m3, row.method
            ):  # fmt: skip
                continue
            else:
                changed += 1
                report["changes"].append(["", _month(period), as_text(before.volume_m3), as_text(row.volume_m3)])
                self.gone[type(row)].append(before.pk)
            self.new.append(row)
        return _status(created, changed)

    def _user(self, values: Mapping[str, Value], field: str) -> WaterUser:
        name = str(values.get(field) or "")
        found = self.ledger.users.get(squeeze(name), []) if name else []
        if len(found) != 1:
            code = "several_users" if found else "unknown_user" if name else "nobody_named"
            raise Refused(code, field, text=name)
        return found[0]

    def _link(self, values: Mapping[str, Value], period: Period) -> SupplyLink:
        """The supply link that a row means: by code, else by both ends, in force in the period."""
        code = values.get("supply_code")
        if code:
            link = self.by_code.get(squeeze(str(code)))
            if link is None:
                raise Refused("no_supply_link", "supply_code", text=str(code))
        else:
            ends = (self._user(values, "supplier"), self._user(values, "receiver"))
            links = [
                each
                for each in self.by_ends[ends[0].pk, ends[1].pk]
                if each.valid_from < period.end and (each.valid_to is None or each.valid_to > period.start)
            ]
            if len(links) != 1:
                told = f"{ends[0].name} → {ends[1].name}"
                raise Refused("several_links" if links else "no_supply_link", "receiver", text=told)
            link = links[0]
        if not self.ledger.territory.holds_path(link.supplier.division.path):
            raise Refused("not_yours", "supplier", text=link.supplier.name)
        return link

    def _giver(self, values: Mapping[str, Value]) -> Project:
        """The project that gives water back: its user's only one."""
        user = self._user(values, "supplier")
        if not self.ledger.territory.holds_path(user.division.path):
            raise Refused("not_yours", "supplier", text=user.name)
        projects = [p for rows in self.ledger.projects.values() for p in rows if p.user_id == user.pk]
        if len(projects) != 1:
            raise Refused("which_project", "supplier", text=user.name)
        return projects[0]

    def write(self, actor: Actor) -> None:
        taking.supplies(actor, self.batch, self.new, self.gone)
        self.new, self.gone = [], {SupplyVolume: [], ReturnVolume: []}


# --- coefficients ---


class CoefficientRows(kinds.SheetRows):
    """Coefficients by well, or by village or town for wells there that have none of their own."""

    fields = COEFFICIENTS

    def __init__(self, actor: Actor, content: bytes, options: Mapping[str, Any]) -> None:
        super().__init__(actor, content, options)
        self.ledger = Ledger(actor)
        self.off = Decimal(str(options["uncertainty_percent"])) / 100 if options.get("uncertainty_percent") else None
        self.start = date.fromisoformat(options["from_day"]) if options.get("from_day") else None
        self.present = {row.intake_id: row for row in Coefficient.objects.current()}
        self.electric = set(PowerSupply.objects.current().values_list("intake_id", flat=True))
        self.named: set[int] = set()
        for _table, row in self.items:
            code = row.values.get("code")
            well = self.ledger.by_code.get(squeeze(str(code))) if code else None
            if well:
                self.named.add(well.pk)
        self.seen: dict[int, str] = {}
        self.new: list[Coefficient] = []
        self.gone: list[int] = []

    def weigh_row(self, label: str, values: Mapping[str, Value], report: dict[str, Any]) -> str:
        wells = self._wells(values, report)
        percent = values.get("uncertainty_percent")
        off = percent / 100 if isinstance(percent, Decimal) else self.off
        if off is None:
            raise Refused("no_uncertainty", "uncertainty_percent")
        start = values.get("coefficient_from") or self.start
        if not isinstance(start, date):
            raise Refused("no_start", "coefficient_from")
        said = values.get("tested_on")
        tested = said if isinstance(said, date) else None
        figure = values["m3_per_kwh"]
        assert isinstance(figure, Decimal)
        off = off.quantize(Decimal("0.001"))
        try:
            Tested(figure, off, tested, start, None)
        except CoefficientError as error:
            raise Refused("cannot_store", "m3_per_kwh", message=str(error)) from error
        for well in wells:
            before = self.present.get(well.pk)
            if well.pk in self.seen:
                raise Refused("duplicate_row", "code", first=self.seen[well.pk])
            if before and before.valid_from > start:
                raise Refused(
                    "coefficient_later", "coefficient_from", code=well.code, day=before.valid_from.isoformat()
                )
        created = changed = 0
        general = not (values.get("code") or values.get("name"))
        for well in wells:
            self.seen[well.pk] = label
            before = self.present.get(well.pk)
            facts = (figure, off, tested, general)
            if before and (before.m3_per_kwh, before.uncertainty, before.tested_on, before.general) == facts:
                continue
            if before:
                changed += 1
                report["changes"].append(["", well.code, as_text(before.m3_per_kwh), as_text(figure)])
                self.gone.append(before.pk)
                if before.valid_from < start:  # it held until then
                    self.new.append(self._held(before, start))
            else:
                created += 1
            self.new.append(
                Coefficient(
                    intake=well, m3_per_kwh=figure, uncertainty=off, tested_on=tested, valid_from=start, general=general,
                    row=label,
                )
            )  # fmt: skip
        return _status(created, changed)

    @staticmethod
    def _held(before: Coefficient, until: date) -> Coefficient:
        """The coefficient as it was, up to the day on which another begins."""
        return Coefficient(
            intake_id=before.intake_id, m3_per_kwh=before.m3_per_kwh, uncertainty=before.uncertainty,
            tested_on=before.tested_on, source=before.source, general=before.general, valid_from=before.valid_from,
            valid_to=until, row=before.row,
        )  # fmt: skip

    def _wells(self, values: Mapping[str, Value], report: dict[str, Any]) -> list[Intake]:
        intake = self.ledger.intake(values)
        if intake is not None:
            report["title"] = f"{intake.code} {intake.name}"
            return [intake]
        path = self.ledger.place(values)
        if not path:
            raise Refused("nobody_named", "code")
        report["title"] = f"{values.get('town') or ''} {values.get('village') or ''}".strip()
        wells = [
            well
            for well in self.ledger.by_code.values()
            if well.division.path.startswith(path) and well.pk in self.electric and well.pk not in self.named
        ]
        wells = [w for w in {w.pk: w for w in wells}.values() if self.ledger.territory.holds_path(w.division.path)]
        wells = [w for w in wells if w.pk not in self.present or self.present[w.pk].general]
        report["notes"].append({"code": "for_wells", "field": "", "params": {"n": str(len(wells))}})
        return wells

    def write(self, actor: Actor) -> None:
        taking.coefficients(actor, self.batch, self.new, self.gone)
        self.new, self.gone = [], []


def register() -> None:
    """Bring these kinds, with their columns and words, to the imports; called once when Django is ready."""
    kinds.KINDS["volumes"] = kinds.ImportKind(
        gettext_lazy("volumes by user, project or intake"), VolumeRows, VOLUMES, "取水量",
        asks=forms.asked_of_volumes, take_back=taking.take_back_statements,
    )  # fmt: skip
    kinds.KINDS["electricity"] = kinds.ImportKind(
        gettext_lazy("electricity (the power company's sheet)"), EnergyRows, ELECTRICITY, "电量",
        asks=forms.asked_of_energy, take_back=taking.take_back_energy, doubts="energy-matches",
    )  # fmt: skip
    kinds.KINDS["coefficients"] = kinds.ImportKind(
        gettext_lazy("coefficients of electricity"), CoefficientRows, COEFFICIENTS, "以电折水系数",
        asks=forms.asked_of_coefficients, take_back=taking.take_back_coefficients,
    )  # fmt: skip
    kinds.KINDS["supplies"] = kinds.ImportKind(
        gettext_lazy("water passed on and given back"), SupplyRows, SUPPLIES, "供水与退水",
        asks=forms.asked_of_supplies, take_back=taking.take_back_supplies,
    )  # fmt: skip
    sentences.add(by_name(VOLUMES) | by_name(ELECTRICITY) | by_name(COEFFICIENTS) | by_name(SUPPLIES), CELLS, NOTES)


CELLS = {
    "unknown_user": gettext_lazy("No water user of the ledger is called “%(text)s” there; import the ledger first."),
    "several_users": gettext_lazy(
        "Several water users are called “%(text)s”; give the town, the credit code or the permit."
    ),
    "unknown_permit": gettext_lazy("No project of the ledger has the permit “%(text)s”."),
    "nobody_named": gettext_lazy("The row names no intake, permit or water user; fill in one of them."),
    "no_supply_link": gettext_lazy("The ledger has no supply link “%(text)s”; enter it with the water user first."),
    "several_links": gettext_lazy(
        "The ledger has several supply links “%(text)s”; give the number of the one that is meant."
    ),
    "which_project": gettext_lazy("%(text)s has several projects, or none; which one gives water back cannot be told."),
    "no_method": gettext_lazy(
        "How the volume was found is not given; choose it above for the whole file, or fill it in."
    ),
    "which_source": gettext_lazy(
        "%(user)s takes from several sources, or has no intake; say in a column “%(field)s” which one is meant, or share "
        "the volume among the wells."
    ),
    "which_sector": gettext_lazy(
        "%(user)s has several uses, or has no intake; say in a column “%(field)s” which one is meant, or share the volume "
        "among the wells."
    ),
    "no_weights": gettext_lazy(
        "None of the wells of %(user)s has the area or capacity by which the volume is to be shared; enter it, or share otherwise."
    ),
    "period_again": gettext_lazy("%(period)s stands in row %(first)s already; keep one of them."),
    "no_period": gettext_lazy(
        "The month, quarter or year is not given; fill it in, such as 2023-04, or give the year above."
    ),
    "no_figure": gettext_lazy("%(field)s is empty; fill it in, such as %(example)s."),
    "not_a_month": gettext_lazy("“%(text)s” is no month, quarter or year; write 2023-04, 2023Q2 or 2023."),
    "unclear_month": gettext_lazy("“%(text)s” may be January or October; write %(year)s-01 or %(year)s-10."),
    "year_wanted": gettext_lazy("The month has no year; write it as 2023-04, or give the year for the whole file."),
    "month_reversed": gettext_lazy("“%(text)s” ends before it begins."),
    "no_numbers": gettext_lazy("Neither household number nor power meter nor name says whose electricity this is."),
    "unmatched": gettext_lazy(
        "“%(text)s” is no power meter of the ledger; decide on the page “Match electricity” which well it is."
    ),
    "unlinked_meter": gettext_lazy("Power meter %(text)s drives no well of the ledger; link it at the well first."),
    "no_uncertainty": gettext_lazy(
        "The uncertainty is not given; fill it in in percent, or give it for the whole file."
    ),
    "no_start": gettext_lazy(
        "From which day the coefficient counts is not given; fill it in, or give it for the whole file."
    ),
    "coefficient_later": gettext_lazy(
        "Intake %(code)s has a coefficient from %(day)s on already; a new one begins later."
    ),
}
NOTES = {
    "sum_differs": gettext_lazy("The parts add up to %(sum)s, the total says %(total)s."),
    "not_a_well": gettext_lazy("Decided earlier: not one of our wells."),
    "other_multiplier": gettext_lazy(
        "The sheet has multiplier %(sheet)s, the ledger %(ledger)s; the sheet's kWh are taken as they are."
    ),
    "for_wells": gettext_lazy("For %(n)s wells on electricity that have no coefficient of their own."),
}
