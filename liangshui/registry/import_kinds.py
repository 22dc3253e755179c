"""The kinds of import: how a ledger, a list of divisions, places and outlines are read, weighed row by row, and written."""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from liangshui.core.access import Actor, Right
from liangshui.core.errors import Invalid
from liangshui.registry import import_asks, queries, services, zone_services
from liangshui.registry.codes import DivisionLevel, ShapeKind
from liangshui.registry.ledger_plan import LedgerPlan, Refused, nearest
from liangshui.registry.models import (
    ControlZone,
    Division,
    ImportBatch,
    Intake,
    ManagementUnit,
    Shape,
)
from liangshui.registry.sheets.divisions import DIVISIONS
from liangshui.registry.sheets.fields import Field, Value
from liangshui.registry.sheets.ledger import LEDGER, find_duplicates, read_ledger
from liangshui.registry.sheets.places import Datum, Extent, Place, System
from liangshui.registry.sheets.shapes import Feature, read_shapes
from liangshui.registry.sheets.table import Reading, Table, Where, read_tables
from liangshui.registry.sheets.text import squeeze
from liangshui.registry.sheets.workbook import read_workbook
from liangshui.registry.staging import Stage
from liangshui.registry.zone_services import ZoneChange

NOT_KEPT = ("station_key", "project_kind")
"""Columns that are understood but belong to other rooms, or to none."""


# --- what the kinds have in common ---


def extent() -> Extent | None:
    """The box round the county's outline, by which swapped or foreign coordinates show."""
    from shapely.geometry import shape

    outline = Shape.objects.filter(kind=ShapeKind.COUNTY).first()
    if outline is None:
        return None
    west, south, east, north = shape(outline.geometry).bounds
    return Extent(west, south, east, north)


def _where(options: Mapping[str, Any]) -> Where:
    datum = Datum(options["system"]) if options.get("system") else None
    meridian = int(options["meridian"]) if options.get("meridian") else None
    system = System(datum, meridian) if datum or meridian else None
    return Where(extent(), system)


class Rows(ABC):
    """Rows of sheets, numbered through: reading is done, weighing is left to the kind."""

    batch: ImportBatch | None = None
    """The import that is being taken; None in the dry run."""

    def __init__(self, actor: Actor, content: bytes, options: Mapping[str, Any]) -> None:
        self.actor, self.options = actor, options
        self.reading = self.read(content)
        self.items = [(table, row) for table in self.reading.tables for row in table.rows]
        self.several = len(self.reading.tables) > 1

    @abstractmethod
    def read(self, content: bytes) -> Reading:
        """Left to the kind."""

    def __len__(self) -> int:
        return len(self.items)

    def weigh(self, index: int) -> dict[str, Any]:
        table, row = self.items[index]
        if row.problems:
            problems = [
                {"code": p.code, "field": p.field, "params": dict(p.params), "column": p.column} for p in row.problems
            ]
            title = " ".join(str(row.values[n]) for n in ("code", "name", "user_name") if row.values.get(n))
            report = {"status": "refused", "title": title, "problems": problems, "notes": [], "changes": []}
        else:
            report = self.decide(self.label(table, row.number), row.values)
            for problem in report["problems"]:
                column = table.column_of(problem["field"]) if problem["field"] else None
                problem["column"] = column.letter if column else (table.columns[0].letter if table.columns else "A")
        return {"sheet": table.sheet, "row": row.number, **report}

    def label(self, table: Table, number: int) -> str:
        return f"{table.sheet} {number}" if self.several else str(number)

    @abstractmethod
    def decide(self, label: str, values: Mapping[str, Value]) -> dict[str, Any]:
        """Left to the kind."""

    @abstractmethod
    def write(self, actor: Actor) -> None:
        """Left to the kind."""

    def summary(self) -> dict[str, Any]:
        """What was found besides rows: headings that mean nothing, notes, rows and sheets left out."""
        notes: list[list[Any]] = []
        problems: list[list[Any]] = []
        unknown: list[str] = []
        skipped: list[list[Any]] = []
        for table in self.reading.tables:
            problems += [[p.code, dict(p.params)] for p in table.problems]
            notes += [[n.code, dict(n.params)] for n in table.notes]
            notes += [
                ["not_kept", {"column": c.letter, "heading": c.heading}] for c in table.columns if c.field in NOT_KEPT
            ]
            unknown += [heading for heading in table.unknown if heading not in unknown]
            skipped += [[table.sheet, s.number, s.reason, s.text] for s in table.skipped]
        return {
            "table_problems": problems,
            "table_notes": notes,
            "unknown": unknown,
            "skipped": skipped[:200],
            "left_out": dict(self.reading.left_out),
            "missing": [name for name in ("source", "sector") if self._missing(name)],
        }

    def _missing(self, name: str) -> bool:
        return False


class LedgerRows(Rows):
    """The ledger of intakes."""

    def __init__(self, actor: Actor, content: bytes, options: Mapping[str, Any]) -> None:
        super().__init__(actor, content, options)
        self.plan = LedgerPlan(actor, options)
        self.alike: dict[tuple[str, int], list[tuple[str, str]]] = {}
        self.lacking: set[str] = set()
        for found in find_duplicates(self.reading.tables):
            if found.reason in {"same_place", "same_name"}:
                for sheet, number in found.rows:
                    others = "、".join(str(n) for s, n in found.rows if (s, n) != (sheet, number))
                    self.alike.setdefault((sheet, number), []).append((found.reason, others))

    def read(self, content: bytes) -> Reading:
        return read_ledger(
            content,
            where=_where(self.options),
            answers=self.options.get("answers") or {},
            given=self.options.get("given") or None,
        )

    def weigh(self, index: int) -> dict[str, Any]:
        report = super().weigh(index)
        table, row = self.items[index]
        if report["status"] == "created":
            for reason, others in self.alike.get((table.sheet, row.number), ()):
                report["notes"].append({"code": reason, "field": "", "params": {"rows": others[:60]}})
        for problem in report["problems"]:
            if problem["code"] in {"no_source", "no_sector"}:
                self.lacking.add(problem["code"].removeprefix("no_"))
        return report

    def _missing(self, name: str) -> bool:
        return name in self.lacking

    def decide(self, label: str, values: Mapping[str, Value]) -> dict[str, Any]:
        return self.plan.weigh(label, values)

    def write(self, actor: Actor) -> None:
        stage, self.plan.stage = self.plan.stage, Stage()
        stage.write(actor)


class SheetRows(Rows):
    """Rows of sheets with known columns, each weighed by itself."""

    fields: Sequence[Field] = ()
    """The columns that the sheet may have."""

    def read(self, content: bytes) -> Reading:
        return read_tables(
            read_workbook(content),
            self.fields,
            answers=self.options.get("answers") or {},
            given=self.options.get("given") or None,
        )

    def decide(self, label: str, values: Mapping[str, Value]) -> dict[str, Any]:
        report: dict[str, Any] = {"title": "", "problems": [], "notes": [], "changes": []}
        try:
            report["status"] = self.weigh_row(label, values, report)
        except Refused as refused:
            report["problems"].append(refused.problem)
            report["status"] = "refused"
        return report

    @abstractmethod
    def weigh_row(self, label: str, values: Mapping[str, Value], report: dict[str, Any]) -> str:
        """What a row does (created, changed, unchanged), told in the report; Refused where it must wait."""


LEVEL_OF_LENGTH = {9: DivisionLevel.TOWN, 12: DivisionLevel.VILLAGE}
PARENT_LENGTH = {6: 4, 9: 6, 12: 9}


class DivisionRows(SheetRows):
    """The list of divisions."""

    fields = DIVISIONS

    def __init__(self, actor: Actor, content: bytes, options: Mapping[str, Any]) -> None:
        super().__init__(actor, content, options)
        self.known = {d.code: d for d in Division.objects.select_related("parent").prefetch_related("aliases")}
        self.to_write: list[dict[str, Any]] = []
        self.codes = set(self.known)
        self.seen: dict[str, str] = {}
        self.territory = actor.territory(Right.REGISTRY_CHANGE)
        self.paths = {d.code: d.path for d in self.known.values()}

    def weigh_row(self, label: str, values: Mapping[str, Value], report: dict[str, Any]) -> str:
        code = str(values["code"])
        report["title"] = f"{code} {values['name']}"
        if not code.isdigit():
            raise Refused("bad_code", "code", text=code)
        if code in self.seen:
            raise Refused("duplicate_row", "code", first=self.seen[code])
        level = values.get("level") or LEVEL_OF_LENGTH.get(len(code)) or self._level_by_zeros(code)
        if not level:
            raise Refused("no_level", "level")
        known = self.known.get(code)
        parent = str(values.get("parent") or "")
        if not parent:
            parent = known.parent.code if known and known.parent else self._parent_code(code)
        if parent and parent not in self.codes:
            raise Refused("unknown_parent", "parent", text=parent)
        path = (self.paths[parent] if parent else "") + code + "/"
        if not self.territory.holds_path(path):
            raise Refused("not_yours", "code", text=str(values["name"]))
        self.seen[code] = label
        self.codes.add(code)
        self.paths[code] = path
        row = {
            "code": code,
            "name": values["name"],
            "level": level,
            "parent": parent,
            "mca_code": values.get("mca_code") or (known.mca_code if known else ""),
            "note": values.get("note") or (known.note if known else ""),
            "aliases": list(values.get("aliases") or ()),  # type: ignore[arg-type]
        }
        if known is None:
            self.to_write.append(row)
            return "created"
        for name in ("name", "level", "mca_code", "note"):
            if getattr(known, name) != row[name]:
                report["changes"].append(["Division", name, str(getattr(known, name)), str(row[name])])
        if (known.parent.code if known.parent else "") != parent:
            report["changes"].append(["Division", "parent", known.parent.code if known.parent else "", parent])
        new = set(row["aliases"]) - {alias.name for alias in known.aliases.all()} - {str(row["name"])}
        if new:
            report["changes"].append(["DivisionAlias", "name", "", "、".join(sorted(new))])
        if not report["changes"]:
            return "unchanged"
        self.to_write.append(row)
        return "changed"

    @staticmethod
    def _level_by_zeros(code: str) -> str:
        if len(code) != 6:
            return ""
        if code.endswith("0000"):
            return DivisionLevel.PROVINCE
        return DivisionLevel.CITY if code.endswith("00") else DivisionLevel.COUNTY

    def _parent_code(self, code: str) -> str:
        if len(code) == 6:
            if code.endswith("0000"):
                return ""
            return code[:2] + "0000" if code.endswith("00") else code[:4] + "00"
        return code[: PARENT_LENGTH.get(len(code), 0)]

    def write(self, actor: Actor) -> None:
        rows, self.to_write = self.to_write, []
        services.import_divisions(actor, rows)


class _Features(ABC):
    """Features of a map file, one a row."""

    def __init__(self, actor: Actor, content: bytes, options: Mapping[str, Any]) -> None:
        self.actor, self.options = actor, options
        self.territory = actor.territory(Right.REGISTRY_CHANGE)
        datum = Datum(options["system"]) if options.get("system") else None
        self.features = read_shapes(content, datum=datum)
        self.seen: dict[Any, str] = {}
        self.prepare()

    @abstractmethod
    def prepare(self) -> None:
        """Left to the kind."""

    def __len__(self) -> int:
        return len(self.features)

    def weigh(self, index: int) -> dict[str, Any]:
        feature = self.features[index]
        report: dict[str, Any] = {
            "sheet": "", "row": index + 1, "title": f"{feature.code} {feature.name}".strip(), "problems": [],
            "notes": [{"code": "repaired", "field": "", "params": {}}] if feature.repaired else [], "changes": [],
        }  # fmt: skip
        try:
            report["status"] = self.decide(str(index + 1), feature, report)
        except Refused as refused:
            report["problems"].append({**refused.problem, "column": ""})
            report["status"] = "refused"
        return report

    @abstractmethod
    def decide(self, label: str, feature: Feature, report: dict[str, Any]) -> str:
        """Left to the kind."""

    def summary(self) -> dict[str, Any]:
        return {"table_problems": [], "table_notes": [], "unknown": [], "skipped": [], "left_out": {}, "missing": []}


class PlaceRows(_Features):
    """Points: places of intakes that are in the ledger, matched by code or name."""

    def prepare(self) -> None:
        self.stage = Stage()
        self.by_code: dict[str, Intake] = {}
        self.by_name: dict[str, list[Intake]] = {}
        for intake in Intake.objects.select_related("division"):
            self.by_code[squeeze(intake.code)] = intake
            if intake.national_code:
                self.by_code.setdefault(squeeze(intake.national_code), intake)
            self.by_name.setdefault(squeeze(intake.name), []).append(intake)
        self.box = extent()

    def decide(self, label: str, feature: Feature, report: dict[str, Any]) -> str:
        text = feature.code or feature.name
        if not text:
            raise Refused("no_name")
        if feature.geometry["type"] != "Point":
            raise Refused("not_a_point", text=text)
        found = next(
            (self.by_code[squeeze(t)] for t in (feature.code, feature.name) if t and squeeze(t) in self.by_code), None
        )
        if found is None:
            named = self.by_name.get(squeeze(feature.name), []) if feature.name else []
            if len(named) != 1:
                raise Refused("several_intakes" if named else "unknown_intake", text=text)
            found = named[0]
        if found.pk in self.seen:
            raise Refused("duplicate_row", first=self.seen[found.pk])
        if not self.territory.holds_path(found.division.path):
            raise Refused("not_yours", text=found.name)
        lon, lat = feature.geometry["coordinates"][:2]
        place = Place(_micro(lon), _micro(lat), "degrees")
        if self.box is not None and not self.box.holds(float(place.lon), float(place.lat)):
            raise Refused("outside", lon=str(place.lon), lat=str(place.lat))
        self.seen[found.pk] = label
        if (found.longitude, found.latitude) == (place.lon, place.lat):
            return "unchanged"
        before = "" if found.longitude is None else f"{found.longitude}, {found.latitude}"
        self.stage.change(found, "longitude", place.lon)
        self.stage.change(found, "latitude", place.lat)
        self.stage.change(found, "place_guessed", False)
        report["changes"].append(["Intake", "place", before, f"{place.lon}, {place.lat}"])
        return "changed"

    def write(self, actor: Actor) -> None:
        stage, self.stage = self.stage, Stage()
        stage.write(actor)


def _micro(value: Any) -> Any:
    return Decimal(str(value)).quantize(Decimal("0.000001"))


def _points(geometry: Any) -> str:
    """The size of an outline in words; its numbers would tell nobody anything."""
    n = json.dumps(geometry).count("[") if geometry else 0
    return _("outline of about %(n)s points") % {"n": n} if n else ""


class OutlineRows(_Features):
    """Outlines for the map: county, towns, river, units, zones. Without a kind, each feature is looked at."""

    def prepare(self) -> None:
        self.county = queries.county()
        self.outline = self.options.get("outline") or ""
        self.to_write: list[Any] = []
        self.divisions = list(Division.objects.prefetch_related("aliases"))
        self.source = str(self.options.get("source") or "")[:200]
        self.start = date.fromisoformat(self.options["from_day"]) if self.options.get("from_day") else None

    def decide(self, label: str, feature: Feature, report: dict[str, Any]) -> str:
        if not feature.name and not feature.code:
            raise Refused("no_name")
        if not self.territory.holds_path(queries.county_path() if self.county else ""):
            raise Refused("not_yours", text=feature.name or feature.code)
        kind = self.outline or self._guess(feature)
        lines = feature.geometry["type"] in {"LineString", "MultiLineString"}
        if kind != "river" and kind != "other" and feature.geometry["type"] not in {"Polygon", "MultiPolygon"}:
            raise Refused("not_an_area", text=feature.name or feature.code)
        if kind == "other" and lines is False and feature.geometry["type"] == "Point":
            raise Refused("not_an_area", text=feature.name or feature.code)
        name = feature.name or feature.code
        if kind == "unit":
            status = self._unit(feature, name, report)
        elif kind.startswith("zone-"):
            status = self._zone(feature, kind.removeprefix("zone-"), name, report)
        else:
            status = self._shape(feature, kind, name, report)
        key = (kind, name)
        if key in self.seen:
            raise Refused("duplicate_row", first=self.seen[key])
        self.seen[key] = label
        if self._pending is not None:
            self.to_write.append(self._pending)
        report["title"] = f"{name} ({kind})"
        return status

    _pending: Any = None

    def _guess(self, feature: Feature) -> str:
        if feature.geometry["type"] in {"LineString", "MultiLineString"}:
            return "river"
        division = self._division(feature)
        if division is None:
            return "other"
        if self.county and division.pk == self.county.pk:
            return "county"
        return "town" if division.level in (*queries.TOWN_LEVELS, DivisionLevel.VILLAGE) else "other"

    def _division(self, feature: Feature) -> Division | None:
        """By name and other names first: the two code sets disagree for some towns."""
        plain = squeeze(feature.name)
        for division in self.divisions:
            if plain and plain in {squeeze(division.name), *(squeeze(a.name) for a in division.aliases.all())}:
                return division
        return next((d for d in self.divisions if feature.code and not plain and d.code == feature.code), None)

    def _shape(self, feature: Feature, kind: str, name: str, report: dict[str, Any]) -> str:
        division = self._division(feature)
        shape_kind = {"county": ShapeKind.COUNTY, "town": ShapeKind.DIVISION, "river": ShapeKind.RIVER}.get(
            kind, ShapeKind.OTHER
        )
        if kind == "county" and self.county and division is not None and division.pk != self.county.pk:
            shape_kind = ShapeKind.OTHER
        if kind == "town":
            if division is None:
                names = [d.name for d in self.divisions if d.level in queries.TOWN_LEVELS]
                raise Refused("unknown_town", "town", text=name, nearest=nearest(name, names))
            name = division.name
        known = Shape.objects.filter(kind=shape_kind, name=name).first()
        values = {
            "kind": shape_kind, "name": name, "division": division, "geometry": feature.geometry,
            "source": self.source or (known.source if known else ""),
        }  # fmt: skip
        return self._pend(services.save_shape, known, values, report)

    def _unit(self, feature: Feature, name: str, report: dict[str, Any]) -> str:
        known = (
            ManagementUnit.objects.filter(code=feature.code).first() if feature.code else None
        ) or ManagementUnit.objects.filter(name=name).first()
        if known is None and self.county is None:
            raise Refused("not_yours", text=name)
        values: dict[str, Any] = {"geometry": feature.geometry}
        if known is None:
            values |= {"code": feature.code or name[:30], "name": name, "division": self.county}
        return self._pend(services.save_unit, known, values, report)

    def _zone(self, feature: Feature, kind: str, name: str, report: dict[str, Any]) -> str:
        """Zones wait for a second officer, so they are gathered into one proposal."""
        by = self._document()
        if not all(by[each] for each in ("document", "document_number", "issued_on")):
            raise Refused("no_document", text=name)
        known = ControlZone.objects.filter(kind=kind, name=name, valid_to=None).first()
        if known is not None and known.geometry == feature.geometry:
            self._pending = None
            return "unchanged"
        self._pending = ZoneChange(kind, name, feature.geometry, self.start or by["issued_on"], zone=known)
        try:
            self._pending.check()
        except Invalid as error:
            raise Refused("cannot_store", message=error.message) from error
        report["notes"].append({"code": "waits", "params": {}, "field": ""})
        if known is None:
            return "created"
        report["changes"].append(["ControlZone", "geometry", _points(known.geometry), _points(feature.geometry)])
        return "changed"

    def _document(self) -> dict[str, Any]:
        given = {each: str(self.options.get(each) or "") for each in ("document", "document_number", "paper")}
        issued_on = self.options.get("issued_on")
        return {**given, "issued_on": date.fromisoformat(issued_on) if issued_on else None}

    def _pend(self, save: Any, known: Any, values: dict[str, Any], report: dict[str, Any]) -> str:
        if known is not None and all(getattr(known, name) == value for name, value in values.items()):
            self._pending = None
            return "unchanged"
        self._pending = (save, known, values)
        if known is None:
            return "created"
        for name, value in values.items():
            old = getattr(known, name)
            if old != value:
                told = (_points(old), _points(value)) if name == "geometry" else (str(old or ""), str(value or ""))
                report["changes"].append([type(known).__name__, name, *told])
        return "changed"

    def write(self, actor: Actor) -> None:
        zones = [each for each in self.to_write if isinstance(each, ZoneChange)]
        with transaction.atomic():
            for save, known, values in (each for each in self.to_write if not isinstance(each, ZoneChange)):
                save(actor, known, **values)
            if zones:
                zone_services.propose(actor, zones, **self._document())
        self.to_write = []


@dataclass(frozen=True, slots=True)
class ImportKind:
    """A kind of import: its words, how a file of it is read, the columns of its sheet to fill in, and how to undo it.

    `reader` is called with actor, content and options; `asks` names what the upload form asks beside the file, each a
    form field, and what is answered becomes the options. `take_back` gets the actor and the batch, in a transaction, and
    raises Invalid where that cannot be. Rooms to the right add their own kinds to `KINDS` when Django is ready.
    """

    label: Any
    reader: Callable[[Actor, bytes, Mapping[str, Any]], Any]
    fields: tuple[Field, ...] = ()
    sheet: str = ""
    asks: Callable[[], dict[str, Any]] = dict
    take_back: Callable[[Actor, ImportBatch], None] | None = None
    doubts: str = ""
    """Name of the page (with the batch's id) on which a person decides what rows mean that no number tells."""


KINDS: dict[str, ImportKind] = {
    "ledger": ImportKind(
        gettext_lazy("ledger of intakes"),
        LedgerRows,
        tuple(f for f in LEDGER if f.name not in NOT_KEPT),
        "取水口台账",
        import_asks.asked_of_ledger,
    ),
    "places": ImportKind(
        gettext_lazy("places of intakes (KML, Shapefile, GeoJSON)"), PlaceRows, asks=import_asks.asked_of_places
    ),
    "divisions": ImportKind(gettext_lazy("divisions"), DivisionRows, DIVISIONS, "行政区划"),
    "boundaries": ImportKind(gettext_lazy("outlines for the map"), OutlineRows, asks=import_asks.asked_of_outlines),
}
