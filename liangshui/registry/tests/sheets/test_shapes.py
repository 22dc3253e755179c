"""Outlines and points out of the files that survey offices send. Shapes and names are invented."""

import io
import json
import zipfile
from typing import Any

import pytest
import shapefile

from liangshui.registry.sheets.places import Datum
from liangshui.registry.sheets.problems import SheetError
from liangshui.registry.sheets.shapes import read_shapes

SQUARE = [[107.0, 39.0], [108.0, 39.0], [108.0, 40.0], [107.0, 40.0], [107.0, 39.0]]
WGS84_PRJ = 'GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]'
CGCS2000_ZONE_36 = 'PROJCS["CGCS2000_3_Degree_GK_Zone_36",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",36500000.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",108.0],PARAMETER["Scale_Factor",1.0],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
XIAN80_ZONE_36 = CGCS2000_ZONE_36.replace("CGCS2000_3_Degree_GK_Zone_36", "Xian_1980_3_Degree_GK_Zone_36").replace(
    'GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101',
    'GCS_Xian_1980",DATUM["D_Xian_1980",SPHEROID["Xian_1980",6378140.0,298.257',
)


def geojson(*features: dict[str, Any], **more: Any) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": list(features), **more}, ensure_ascii=False).encode()


def feature(geometry: dict[str, Any], **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def zipped(
    points: list[tuple[float, float]],
    *,
    prj: str | None,
    encoding: str = "gbk",
    cpg: str | None = None,
    leave_out: str = "",
) -> bytes:
    shp, shx, dbf = io.BytesIO(), io.BytesIO(), io.BytesIO()
    with shapefile.Writer(shp=shp, shx=shx, dbf=dbf, shapeType=shapefile.POINT, encoding=encoding) as writer:
        writer.field("名称", "C", size=40)
        writer.field("CODE", "C", size=20)
        for number, (x, y) in enumerate(points):
            writer.point(x, y)
            writer.record(f"上泉{number}号井", f"00{number}")
    parts = {".shp": shp.getvalue(), ".shx": shx.getvalue(), ".dbf": dbf.getvalue()}
    if prj is not None:
        parts[".prj"] = prj.encode()
    if cpg is not None:
        parts[".cpg"] = cpg.encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for ending, content in parts.items():
            if ending != leave_out:
                archive.writestr(f"图层/井{ending}", content)
    return out.getvalue()


def refusal(content: bytes, datum: Datum | None = None) -> tuple[str, dict[str, str]]:
    with pytest.raises(SheetError) as caught:
        read_shapes(content, datum=datum)
    return caught.value.code, caught.value.params


def test_geojson_gives_name_code_kind_and_outline() -> None:
    (one,) = read_shapes(
        geojson(feature({"type": "Polygon", "coordinates": [SQUARE]}, name="青泉镇", adcode=150625100.0, level="town"))
    )
    assert (one.name, one.code, one.kind) == ("青泉镇", "150625100", "town")
    assert one.geometry == {"type": "Polygon", "coordinates": [SQUARE]}
    assert one.properties == {"name": "青泉镇", "adcode": "150625100", "level": "town"}
    assert not one.repaired


def test_a_bare_geometry_and_heights_are_taken_too() -> None:
    (one,) = read_shapes(b'{"type": "Point", "coordinates": [107.12345678, 39.5, 1200]}')
    assert one.geometry == {"type": "Point", "coordinates": [107.123457, 39.5]}


def test_an_outline_that_crosses_itself_is_made_valid_and_said_so() -> None:
    bow = [[107, 39], [108, 40], [108, 39], [107, 40], [107, 39]]
    (one,) = read_shapes(geojson(feature({"type": "Polygon", "coordinates": [bow]})))
    assert one.repaired
    assert one.geometry["type"] == "MultiPolygon"


def test_points_picked_on_a_map_are_turned_back() -> None:
    content = geojson(feature({"type": "Point", "coordinates": [116.41024449916938, 39.91640428150164]}))
    (one,) = read_shapes(content, datum=Datum.GCJ02)
    assert one.geometry == {"type": "Point", "coordinates": [116.404, 39.915]}


def test_kml_gives_placemarks_with_their_data() -> None:
    kml = """<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Folder>
<Placemark><name>上泉井</name><ExtendedData><Data name="编号"><value>0001</value></Data></ExtendedData>
<Point><coordinates>107.5,39.5,0</coordinates></Point></Placemark>
<Placemark><name>禁采区</name><Polygon>
<outerBoundaryIs><LinearRing><coordinates>107,39 108,39 108,40 107,40 107,39</coordinates></LinearRing></outerBoundaryIs>
<innerBoundaryIs><LinearRing><coordinates>107.4,39.4 107.6,39.4 107.6,39.6 107.4,39.4</coordinates></LinearRing></innerBoundaryIs>
</Polygon></Placemark>
<Placemark><name>没有位置</name></Placemark>
</Folder></Document></kml>""".encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("doc.kml", kml)
    for content in (kml, out.getvalue()):
        well, zone = read_shapes(content)
        assert (well.name, well.code, well.geometry) == (
            "上泉井",
            "0001",
            {"type": "Point", "coordinates": [107.5, 39.5]},
        )
        assert (zone.name, zone.geometry["type"], len(zone.geometry["coordinates"])) == ("禁采区", "Polygon", 2)


@pytest.mark.parametrize(("encoding", "cpg"), [("gbk", None), ("utf-8", None), ("utf-8", "UTF-8"), ("gbk", "936")])
def test_a_shapefile_is_read_in_either_encoding(encoding: str, cpg: str | None) -> None:
    (one,) = read_shapes(zipped([(107.5, 39.5)], prj=WGS84_PRJ, encoding=encoding, cpg=cpg))
    assert (one.name, one.code) == ("上泉0号井", "000")
    assert one.geometry == {"type": "Point", "coordinates": [107.5, 39.5]}


def test_a_shapefile_in_metres_is_turned_by_its_prj() -> None:
    (one,) = read_shapes(zipped([(36500000, 4429529.03)], prj=CGCS2000_ZONE_36))
    assert one.geometry == {"type": "Point", "coordinates": [108.0, 40.0]}


def test_a_shapefile_in_degrees_needs_no_prj() -> None:
    (one,) = read_shapes(zipped([(107.5, 39.5)], prj=None))
    assert one.geometry == {"type": "Point", "coordinates": [107.5, 39.5]}


def test_what_cannot_be_placed_is_refused() -> None:
    assert refusal(zipped([(36500000, 4429529)], prj=None)) == ("no_system", {})
    assert refusal(zipped([(36500000, 4429529)], prj=XIAN80_ZONE_36)) == ("old_datum", {"system": "Xian80"})
    assert refusal(zipped([(1, 1)], prj="rubbish")) == ("unknown_system", {"text": "rubbish"})
    assert refusal(geojson(feature({"type": "Point", "coordinates": [500000, 4429529]})))[0] == "outside"
    assert refusal(geojson(feature({"type": "Point", "coordinates": [1, 1]})), Datum.BEIJING54)[0] == "old_datum"


def test_incomplete_or_foreign_files_are_refused() -> None:
    assert refusal(zipped([(107.5, 39.5)], prj=WGS84_PRJ, leave_out=".dbf")) == ("missing_part", {"part": ".dbf"})
    assert refusal(zipped([(107.5, 39.5)], prj=WGS84_PRJ, leave_out=".shp")) == ("no_shapefile", {})
    assert refusal(b"") == ("empty_file", {})
    assert refusal(b"PK\x03\x04zzz") == ("damaged", {})
    assert refusal(b'{"type": "FeatureCollection", "features": []}') == ("no_features", {})
    assert refusal(b'{"hello": 1}') == ("not_geojson", {})
    assert refusal(b'{"type": "Point"') == ("damaged", {})
    assert refusal(b'{"type": "Point", "coordinates": ["a", 2]}') == ("damaged", {})
    assert refusal(b"<html></html>") == ("unknown_format", {"format": "xml"})
    assert refusal(b"\x00\x01\x02binary") == ("unknown_format", {"format": "binary"})


def test_a_kml_that_tries_to_expand_entities_is_refused() -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY a "aaaa">]><kml><Placemark><name>&a;</name></Placemark></kml>'
    assert refusal(bomb) == ("damaged", {})
