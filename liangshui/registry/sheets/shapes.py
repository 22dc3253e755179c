"""Points and outlines out of GeoJSON, KML, KMZ and zipped shapefiles: features in WGS-84 (CGCS2000 is taken as equal)."""

import contextlib
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeAlias

import shapefile
import shapely
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError
from shapely.errors import ShapelyError
from shapely.geometry import mapping, shape

from liangshui.registry.sheets.places import (
    OLD_DATUMS,
    SHIFTED,
    Datum,
    find_system,
    wgs84_from_bd09,
    wgs84_from_gcj02,
)
from liangshui.registry.sheets.problems import SheetError
from liangshui.registry.sheets.text import tidy

Geometry: TypeAlias = dict[str, Any]
"""A GeoJSON geometry, longitude and latitude with six decimals."""

Move: TypeAlias = Callable[[float, float], tuple[float, float]]

MOST_BYTES_UNPACKED = 300_000_000
MOST_FEATURES = 200_000
DECIMALS = 6
_NAMES = (
    "name",
    "名称",
    "镇名",
    "乡镇",
    "乡镇名称",
    "xzqmc",
    "mc",
    "title",
    "label",
    "村名",
    "单元名称",
    "井名",
    "取水口名称",
)
_CODES = ("code", "代码", "adcode", "xzqdm", "dm", "编码", "编号", "单元编码", "区划代码", "id")
_KINDS = ("kind", "类型", "type", "level", "类别", "级别")
_KINDS_OF_GEOMETRY = frozenset(
    {"Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection"}
)


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature: name, code and kind where its properties have them, all properties as text, its geometry.

    `repaired` is true where an outline crossed itself and was made valid.
    """

    name: str
    code: str
    kind: str
    geometry: Geometry
    properties: dict[str, str] = field(default_factory=dict)
    repaired: bool = False


def read_shapes(content: bytes, *, datum: Datum | None = None) -> tuple[Feature, ...]:
    """Read a file by what it holds.

    Args:
        content: GeoJSON, KML, KMZ, or a zip with one shapefile.
        datum: what the person says the coordinates are, for files picked on 高德 or 百度; a file that tells its own
            system (a .prj) is believed first.

    Raises:
        SheetError: empty_file, damaged, password, too_large {cells, limit}, unknown_format {format}, no_features,
            not_geojson, no_shapefile, several_shapefiles {names}, missing_part {part}, no_system (metres without
            .prj), unknown_system {text}, old_datum {system}, outside {lon, lat} (no degrees).
    """
    if not content.strip(b"\x00 \t\r\n"):
        raise SheetError("empty_file")
    if datum in OLD_DATUMS:
        raise SheetError("old_datum", {"system": str(datum)})
    try:
        raw = list(_raw(content))
    except SheetError:
        raise
    except (RecursionError, UnicodeError, ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise SheetError("damaged") from error
    features = tuple(_feature(one, datum) for one in raw)
    if not features:
        raise SheetError("no_features")
    return features


@dataclass(frozen=True, slots=True)
class _Raw:
    geometry: Geometry
    properties: dict[str, str]
    move: Move | None = None


def _raw(content: bytes) -> Iterator[_Raw]:
    if content.startswith(b"PK"):
        return _from_zip(content)
    start = content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if start in (b"{", b"["):
        return _from_geojson(content)
    if start == b"<":
        return _from_kml(content)
    raise SheetError("unknown_format", {"format": "binary"})


# --- GeoJSON ---


def _from_geojson(content: bytes) -> Iterator[_Raw]:
    try:
        document = json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        document = json.loads(content.decode("gb18030"))
    if not isinstance(document, dict):
        raise SheetError("not_geojson")
    move = _move_of_crs_member(document.get("crs"))
    match document.get("type"):
        case "FeatureCollection":
            members = document.get("features")
        case "Feature":
            members = [document]
        case kind if kind in _KINDS_OF_GEOMETRY:
            members = [{"geometry": document, "properties": {}}]
        case _:
            raise SheetError("not_geojson")
    if not isinstance(members, list):
        raise SheetError("not_geojson")
    for member in _limited(members):
        if not isinstance(member, dict):
            raise SheetError("not_geojson")
        if isinstance(member.get("geometry"), dict):
            properties = member.get("properties")
            given = properties if isinstance(properties, dict) else {}
            if "id" in member and "id" not in given:
                given = {**given, "id": member["id"]}
            yield _Raw(member["geometry"], _as_text(given), move)


def _move_of_crs_member(crs: object) -> Move | None:
    """The old `crs` member of GeoJSON, which GIS programs still write."""
    if not isinstance(crs, dict) or not isinstance(crs.get("properties"), dict):
        return None
    name = str(crs["properties"].get("name", ""))
    return None if not name or name.upper().endswith("CRS84") else _move_of_system(name)


def _limited(items: Sequence[Any]) -> Sequence[Any]:
    if len(items) > MOST_FEATURES:
        raise SheetError("too_large", {"cells": str(len(items)), "limit": str(MOST_FEATURES)})
    return items


def _as_text(properties: Mapping[str, object]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for key, value in properties.items():
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, (str, int, float, date)) and not isinstance(value, bool):
            texts[tidy(str(key))] = tidy(str(value))
    return texts


# --- KML ---


def _from_kml(content: bytes) -> Iterator[_Raw]:
    try:
        root = fromstring(content, forbid_dtd=True)
    except (DefusedXmlException, SyntaxError, LookupError) as error:
        raise SheetError("damaged") from error
    marks = [element for element in root.iter() if _tag(element) == "Placemark"]
    if not marks and _tag(root) != "kml":
        raise SheetError("unknown_format", {"format": "xml"})
    for mark in _limited(marks):
        geometries = [geometry for element in mark for geometry in _kml_geometries(element)]
        if geometries:
            yield _Raw(_collected(geometries), _kml_properties(mark))


def _tag(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _text_of(element: Any, name: str) -> str:
    found = next((child for child in element.iter() if _tag(child) == name), None)
    return "" if found is None or found.text is None else str(found.text)


def _kml_properties(mark: Any) -> dict[str, str]:
    properties: dict[str, str] = {}
    for element in mark.iter():
        match _tag(element):
            case "Data":
                properties[tidy(element.get("name", ""))] = tidy(_text_of(element, "value"))
            case "SimpleData":
                properties[tidy(element.get("name", ""))] = tidy(element.text or "")
    for child in mark:
        if _tag(child) in {"name", "description"} and child.text:
            properties[_tag(child)] = tidy(child.text)
    return properties


def _kml_geometries(element: Any) -> Iterator[Geometry]:
    match _tag(element):
        case "Point":
            yield {"type": "Point", "coordinates": _kml_points(element)[0]}
        case "LineString" | "LinearRing":
            yield {"type": "LineString", "coordinates": _kml_points(element)}
        case "Polygon":
            outer = [_kml_points(e) for e in element if _tag(e) == "outerBoundaryIs"]
            inner = [_kml_points(ring) for e in element if _tag(e) == "innerBoundaryIs" for ring in e]
            yield {"type": "Polygon", "coordinates": [*outer, *inner]}
        case "MultiGeometry":
            for child in element:
                yield from _kml_geometries(child)


def _kml_points(element: Any) -> list[list[float]]:
    triples = _text_of(element, "coordinates").split()
    return [[float(number) for number in triple.split(",")[:2]] for triple in triples]


def _collected(geometries: list[Geometry]) -> Geometry:
    if len(geometries) == 1:
        return geometries[0]
    kinds = {geometry["type"] for geometry in geometries}
    if len(kinds) == 1:
        return {"type": f"Multi{kinds.pop()}", "coordinates": [geometry["coordinates"] for geometry in geometries]}
    return {"type": "GeometryCollection", "geometries": geometries}


# --- zip: KMZ or shapefile ---


def _from_zip(content: bytes) -> Iterator[_Raw]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            infos = [i for i in archive.infolist() if not i.is_dir() and not i.filename.startswith("__MACOSX")]
            if any(info.flag_bits & 1 for info in infos):
                raise SheetError("password")
            if sum(info.file_size for info in infos) > MOST_BYTES_UNPACKED:
                raise SheetError("too_large", {"cells": "", "limit": str(MOST_BYTES_UNPACKED)})
            wanted = (".kml", ".shp", ".shx", ".dbf", ".prj", ".cpg", ".json", ".geojson")
            files = {i.filename: archive.read(i) for i in infos if i.filename.lower().endswith(wanted)}
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError) as error:
        raise SheetError("damaged") from error
    shapes = sorted(name for name in files if name.lower().endswith(".shp"))
    if len(shapes) > 1:
        raise SheetError("several_shapefiles", {"names": "、".join(shapes)})
    if shapes:
        return _from_shapefile(files, shapes[0])
    for name, inner in sorted(files.items()):
        if name.lower().endswith(".kml"):
            return _from_kml(inner)
        if name.lower().endswith(("json", ".geojson")):
            return _from_geojson(inner)
    raise SheetError("no_shapefile")


def _from_shapefile(files: Mapping[str, bytes], shp: str) -> Iterator[_Raw]:
    stem = shp[:-4].lower()
    parts = {name.lower()[len(stem) :]: content for name, content in files.items() if name.lower().startswith(stem)}
    if ".dbf" not in parts:
        raise SheetError("missing_part", {"part": ".dbf"})
    move = None
    if ".prj" in parts:
        move = _move_of_system(parts[".prj"].decode("utf-8", "replace"))
    encodings = [*_told_encoding(parts), "utf-8", "gb18030"]
    for encoding in encodings:
        try:
            yield from list(_shapefile_records(parts, encoding, move))
            return
        except (UnicodeDecodeError, LookupError, shapefile.ShapefileException):
            continue  # pyshp reports a wrong encoding as one of its own errors
        except (struct.error, EOFError, OSError) as error:
            raise SheetError("damaged") from error
    raise SheetError("damaged")


def _told_encoding(parts: Mapping[str, bytes]) -> list[str]:
    told = parts.get(".cpg", b"").decode("ascii", "ignore").strip().lower()
    known = {"936": "gb18030", "gbk": "gb18030", "gb2312": "gb18030", "ansi 936": "gb18030", "65001": "utf-8"}
    return [known.get(told, told)] if told else []


def _shapefile_records(parts: Mapping[str, bytes], encoding: str, move: Move | None) -> Iterator[_Raw]:
    shx = io.BytesIO(parts[".shx"]) if ".shx" in parts else None
    opened = shapefile.Reader(shp=io.BytesIO(parts[".shp"]), shx=shx, dbf=io.BytesIO(parts[".dbf"]), encoding=encoding)
    with contextlib.closing(opened) as reader:
        if len(reader) > MOST_FEATURES:
            raise SheetError("too_large", {"cells": str(len(reader)), "limit": str(MOST_FEATURES)})
        for one in reader.iterShapeRecords():
            if one.shape.shapeType == shapefile.NULL:
                continue
            geometry = dict(one.shape.__geo_interface__)
            if move is None and not _in_degrees(geometry):
                raise SheetError("no_system")
            yield _Raw(geometry, _as_text(one.record.as_dict()), move)


def _in_degrees(geometry: Geometry) -> bool:
    return all(abs(point[0]) <= 180 and abs(point[1]) <= 90 for point in _points(geometry))


def _move_of_system(text: str) -> Move | None:
    """The way from a file's own system into degrees; None where they are degrees already."""
    told = find_system(text)
    if told is not None and told.datum in OLD_DATUMS:
        raise SheetError("old_datum", {"system": str(told.datum)})
    if told is not None and told.datum in SHIFTED:
        return _move_of_datum(told.datum)
    try:
        crs = CRS.from_user_input(text)
    except CRSError:
        raise SheetError("unknown_system", {"text": " ".join(text.split())[:60]}) from None
    inner = find_system(f"{crs.name} {crs.datum.name if crs.datum else ''}")
    if inner is not None and inner.datum in OLD_DATUMS:
        raise SheetError("old_datum", {"system": str(inner.datum)})
    if inner is None or inner.datum not in {Datum.CGCS2000, Datum.WGS84} or crs.geodetic_crs is None:
        raise SheetError("unknown_system", {"text": crs.name[:60]})
    if crs.is_geographic:
        return None
    transformer = Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)

    def move(x: float, y: float) -> tuple[float, float]:
        lon, lat = transformer.transform(x, y)
        return float(lon), float(lat)

    return move


def _move_of_datum(datum: Datum | None) -> Move | None:
    match datum:
        case Datum.GCJ02:
            return wgs84_from_gcj02
        case Datum.BD09:
            return wgs84_from_bd09
    return None


# --- the feature ---


def _points(geometry: Geometry) -> Iterator[Sequence[float]]:
    if geometry.get("type") == "GeometryCollection":
        for member in geometry["geometries"]:
            yield from _points(member)
    else:
        yield from _flat(geometry["coordinates"])


def _flat(coordinates: Any) -> Iterator[Sequence[float]]:
    if coordinates and isinstance(coordinates[0], (int, float)):
        yield coordinates
    else:
        for inner in coordinates:
            yield from _flat(inner)


def _feature(raw: _Raw, datum: Datum | None) -> Feature:
    move = raw.move or _move_of_datum(datum)
    try:
        for point in _points(raw.geometry):
            if move is None and not (abs(point[0]) <= 180 and abs(point[1]) <= 90):
                raise SheetError("outside", {"lon": str(point[0]), "lat": str(point[1])})
        outline = shape(raw.geometry)
        if outline.is_empty:
            raise SheetError("damaged")
        outline = shapely.force_2d(outline)
        if move is not None:
            outline = shapely.transform(outline, lambda points: [move(float(x), float(y)) for x, y in points])
        repaired = not outline.is_valid
        if repaired:
            outline = shapely.make_valid(outline)
        geometry = _rounded(mapping(outline))
        for x, y in _points(geometry):
            if not (abs(x) <= 180 and abs(y) <= 90):
                raise SheetError("outside", {"lon": str(x), "lat": str(y)})
    except (ShapelyError, ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
        raise SheetError("damaged") from error
    return Feature(
        _first(raw.properties, _NAMES),
        _first(raw.properties, _CODES),
        _first(raw.properties, _KINDS),
        geometry,
        raw.properties,
        repaired,
    )


def _rounded(geometry: Mapping[str, Any]) -> Geometry:
    if geometry["type"] == "GeometryCollection":
        return {"type": "GeometryCollection", "geometries": [_rounded(one) for one in geometry["geometries"]]}
    return {"type": geometry["type"], "coordinates": _rounded_points(geometry["coordinates"])}


def _rounded_points(coordinates: Any) -> Any:
    if coordinates and isinstance(coordinates[0], (int, float)):
        return [round(float(number), DECIMALS) for number in coordinates[:2]]
    return [_rounded_points(inner) for inner in coordinates]


def _first(properties: Mapping[str, str], keys: Sequence[str]) -> str:
    lower = {key.lower(): value for key, value in properties.items()}
    return next((lower[key] for key in keys if lower.get(key)), "")
