"""Places: expected values from geodetic tables and from the published examples of the map formulas."""

import pytest

from liangshui.registry.sheets.places import (
    Datum,
    Extent,
    System,
    bd09_from_gcj02,
    degrees_from_gauss,
    find_system,
    gcj02_from_wgs84,
    read_pair,
    read_place,
    read_sexagesimal,
    wgs84_from_bd09,
    wgs84_from_gcj02,
)
from liangshui.registry.sheets.problems import CellRefused

COUNTY = Extent(106.9, 39.3, 109.2, 40.9)

MERIDIAN_ARCS = [(30, 3320113.398), (40, 4429529.030), (45, 4984944.378)]
"""Metres from the equator to a latitude, from tables of the ellipsoid (GRS 80 and WGS-84 agree to the millimetre)."""


@pytest.mark.parametrize(("latitude", "arc"), MERIDIAN_ARCS)
@pytest.mark.parametrize("meridian", [75, 105, 108, 111, 135])
def test_an_easting_of_500_km_lies_on_the_meridian_at_its_arc(meridian: int, latitude: int, arc: float) -> None:
    lon, lat = degrees_from_gauss(500000, arc, meridian)
    assert lon == pytest.approx(meridian, abs=1e-9)
    assert lat == pytest.approx(latitude, abs=1e-8)


def test_east_and_west_of_the_meridian_mirror_each_other() -> None:
    east, north_of_east = degrees_from_gauss(600000, 4429529.03, 108)
    west, north_of_west = degrees_from_gauss(400000, 4429529.03, 108)
    assert east - 108 == pytest.approx(108 - west, abs=1e-9)
    assert north_of_east == pytest.approx(north_of_west, abs=1e-9)
    # a parallel curves away from the straight line: 100 km off the meridian at 40° it lies 0.0059° below
    assert 40 - north_of_east == pytest.approx(0.0059, abs=0.0001)
    assert east - 108 == pytest.approx(1.1709, abs=0.0002)


def test_the_map_formulas_give_their_published_examples() -> None:
    assert gcj02_from_wgs84(116.404, 39.915) == pytest.approx((116.41024449916938, 39.91640428150164), abs=1e-10)
    assert bd09_from_gcj02(116.404, 39.915) == pytest.approx((116.41036949371029, 39.92133699351021), abs=1e-10)


def test_map_points_turn_back_to_where_they_came_from() -> None:
    assert wgs84_from_gcj02(116.41024449916938, 39.91640428150164) == pytest.approx((116.404, 39.915), abs=1e-9)
    assert wgs84_from_bd09(116.41662724378733, 39.922699552216216) == pytest.approx((116.404, 39.915), abs=1e-9)


@pytest.mark.parametrize(
    ("first", "second", "lon", "lat", "how"),
    [
        (107.537556, 39.836111, "107.537556", "39.836111", "degrees"),
        ("１０７．５３７５５６", " 39.836111° ", "107.537556", "39.836111", "degrees"),
        ("东经107.537556", "北纬39.836111", "107.537556", "39.836111", "degrees"),
        ("107°32′15.2″", "39°50′10″", "107.537556", "39.836111", "dms"),
        ("107度32分15秒", "39度50分10秒", "107.537500", "39.836111", "dms"),
        ("E107 32 15", "N39 50 10", "107.537500", "39.836111", "dms"),
        ("107:32:15", "39-50-10", "107.537500", "39.836111", "dms"),
        ("107°32.25′", "39°50′", "107.537500", "39.833333", "dms"),
        ("107°32'15''E", "39°50'10\"N", "107.537500", "39.836111", "dms"),
        ("107° 32’ 15”", "39°50´10´´", "107.537500", "39.836111", "dms"),
        ("经度：107°32′15″", "纬度：39°50′10″", "107.537500", "39.836111", "dms"),
        (36500000, 4429529.03, "108.000000", "40.000000", "gauss_prefix"),
        ("18500000", "4429529.03", "105.000000", "40.000000", "gauss_prefix"),
    ],
)
def test_places_in_the_forms_of_ledgers(first: object, second: object, lon: str, lat: str, how: str) -> None:
    place = read_place(first, second)
    assert place is not None
    assert (str(place.lon), str(place.lat), place.how, place.guessed) == (lon, lat, how, False)


@pytest.mark.parametrize(
    "text",
    [
        "107.5375,39.836111",
        "107.5375 39.836111",
        "(107.5375，39.836111)",
        "E107°32′15″ N39°50′10″",
        "E107°32′15″N39°50′10″",
        "107°32′15″E，39°50′10″N",
        "东经107度32分15秒北纬39度50分10秒",
        "经度107.5375 纬度39.836111",
        "107 32 15,39 50 10",
        "39.836111N 107.5375E",
    ],
)
def test_both_coordinates_in_one_cell(text: str) -> None:
    place = read_pair(text, extent=COUNTY)
    assert place is not None
    assert (str(place.lon), str(place.lat)) == ("107.537500", "39.836111")


def test_degrees_minutes_and_seconds_in_cells_of_their_own() -> None:
    place = read_sexagesimal((107, 32, 15.2, "39", "50", None))
    assert place is not None
    assert (str(place.lon), str(place.lat)) == ("107.537556", "39.833333")


def test_a_told_meridian_is_no_guess_and_a_guessed_one_is_marked() -> None:
    told = read_place(500000, 4429529.03, system=System(Datum.CGCS2000, 108), extent=COUNTY)
    guessed = read_place(500000, 4429529.03, extent=COUNTY)
    assert told is not None and guessed is not None
    assert (told.how, told.guessed, told.meridian) == ("gauss_meridian", False, 108)
    assert (guessed.how, guessed.guessed, guessed.meridian) == ("gauss_guessed", True, 108)
    assert (guessed.lon, guessed.lat) == (told.lon, told.lat)


@pytest.mark.parametrize(
    ("first", "second"),
    [(39.836111, 107.5375), ("39°50′10″", "107°32′15″"), (4429529.03, 36500000), (4429529.03, 500000)],
)
def test_swapped_coordinates_are_turned_and_said_so(first: object, second: object) -> None:
    place = read_place(first, second, extent=COUNTY)
    assert place is not None
    assert place.changes == ("swapped",)
    assert COUNTY.holds(float(place.lon), float(place.lat))


def test_a_place_of_two_decimals_is_said_to_be_coarse() -> None:
    place = read_place("107.54", "39.84", extent=COUNTY)
    assert place is not None
    assert place.changes == ("coarse",)


def test_points_picked_on_maps_are_turned_back() -> None:
    picked = read_place(116.410244, 39.916404, system=System(Datum.GCJ02))
    baidu = read_place(116.416627, 39.922700, system=System(Datum.BD09))
    assert picked is not None and baidu is not None
    assert (str(picked.lon), str(picked.lat), picked.changes) == ("116.404000", "39.915000", ("gcj02",))
    assert (float(baidu.lon), float(baidu.lat)) == pytest.approx((116.404, 39.915), abs=1.1e-6)


@pytest.mark.parametrize(
    ("first", "second", "system", "extent", "code"),
    [
        (507000, 4420000, System(Datum.BEIJING54), COUNTY, "old_datum"),
        (107.5, 39.8, System(Datum.XIAN80), COUNTY, "old_datum"),
        (107.5, None, None, COUNTY, "half_a_place"),
        ("/", 39.8, None, COUNTY, "half_a_place"),
        (0, 0, None, COUNTY, "zero_place"),
        (116.4, 39.9, None, COUNTY, "outside"),
        (2.35, 48.85, None, None, "outside"),
        ("107°75′15″", "39°50′10″", None, COUNTY, "dms_range"),
        ("一百零七", 39.8, None, COUNTY, "not_a_coordinate"),
        (107.5, 4420000, None, COUNTY, "mixed_place"),
        (500000, 4429529, None, None, "zone_unknown"),
        (50500000, 4429529, None, COUNTY, "not_gauss"),
        (4420000, 4420000, None, COUNTY, "not_gauss"),
        (500000, 4429529, System(Datum.GCJ02), COUNTY, "not_gauss"),
        (500000, 4429529, System(Datum.WGS84), COUNTY, "not_gauss"),
        (24500000, 4429529, None, COUNTY, "zone_unknown"),
        (630000, 4429529, None, Extent(103.0, 39.0, 110.0, 41.0), "zone_unclear"),
        (600000, 1400000, None, COUNTY, "outside"),
        (True, 39.8, None, COUNTY, "not_a_coordinate"),
        (float("inf"), 39.8, None, COUNTY, "not_a_coordinate"),
    ],
)
def test_a_place_that_cannot_be_told_is_refused(
    first: object, second: object, system: System | None, extent: Extent | None, code: str
) -> None:
    with pytest.raises(CellRefused) as caught:
        read_place(first, second, system=system, extent=extent)
    assert caught.value.code == code


def test_no_place_recorded_is_none() -> None:
    assert read_place("/", "—") is None
    assert read_place(None, " ") is None
    assert read_pair("无") is None
    assert read_sexagesimal((None, "/", None, None, "", None)) is None


@pytest.mark.parametrize(
    ("text", "datum", "meridian"),
    [
        ("国家2000，中央经线108°", Datum.CGCS2000, 108),
        ("CGCS2000 36带", Datum.CGCS2000, 108),
        ("2000国家大地坐标系", Datum.CGCS2000, None),
        ("CGCS2000_3_Degree_GK_CM_108E", Datum.CGCS2000, 108),
        ("CGCS2000_3_Degree_GK_Zone_36", Datum.CGCS2000, 108),
        ("中央子午线：111", None, 111),
        ("WGS-84", Datum.WGS84, None),
        ("高德坐标", Datum.GCJ02, None),
        ("百度", Datum.BD09, None),
        ("1954年北京坐标系", Datum.BEIJING54, None),
        ("北京54", Datum.BEIJING54, None),
        ("西安80坐标系 3度36带", Datum.XIAN80, 108),
    ],
)
def test_coordinate_systems_by_their_usual_names(text: str, datum: Datum | None, meridian: int | None) -> None:
    assert find_system(text) == System(datum, meridian)


def test_words_without_a_system_name_none() -> None:
    assert find_system("2023 年机井台账") is None
    assert find_system("3度带") is None
