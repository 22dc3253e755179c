"""Places as ledgers give them, into longitude and latitude (CGCS2000, EPSG:4490, which here equals WGS-84).

Read: decimal degrees; degrees, minutes, seconds in many spellings; Gauss-Krüger metres of CGCS2000, whose zone is told
by the easting's prefix, by the central meridian, or guessed from the county's extent (then a person is asked);
GCJ-02 (高德) and BD-09 (百度), turned back by solving the public formula. Beijing 54 and Xi'an 80 are refused: turning
them needs the parameters of the survey office, and a silent wrong answer is a hundred metres off.
"""

import math
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise

from pyproj import Transformer

from liangshui.registry.sheets.problems import CellRefused
from liangshui.registry.sheets.text import is_none_recorded, squeeze

MICRODEGREE = Decimal("0.000001")
CHINA = (73.0, 3.0, 136.0, 54.0)
MARGIN_DEGREES = 0.1


class Datum(StrEnum):
    """What coordinates refer to."""

    CGCS2000 = "CGCS2000"
    WGS84 = "WGS84"
    GCJ02 = "GCJ02"
    BD09 = "BD09"
    BEIJING54 = "Beijing54"
    XIAN80 = "Xian80"


OLD_DATUMS = frozenset({Datum.BEIJING54, Datum.XIAN80})
SHIFTED = frozenset({Datum.GCJ02, Datum.BD09})


@dataclass(frozen=True, slots=True)
class Extent:
    """The box round a county, in degrees. A place counts as within up to 0.1 degrees outside of it."""

    west: float
    south: float
    east: float
    north: float

    def holds(self, lon: float, lat: float) -> bool:
        return (
            self.west - MARGIN_DEGREES <= lon <= self.east + MARGIN_DEGREES
            and self.south - MARGIN_DEGREES <= lat <= self.north + MARGIN_DEGREES
        )


@dataclass(frozen=True, slots=True)
class System:
    """A coordinate system as a ledger tells it: datum, central meridian in degrees, each None where not told."""

    datum: Datum | None = None
    meridian: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A point, six decimals of a degree.

    `how` says how it was read: "degrees", "dms", "gauss_prefix", "gauss_meridian", "gauss_guessed". `changes` lists
    what was done on the way: "swapped", "gcj02", "bd09", and "coarse" where fewer than three decimals of a degree were
    given (off by 50 m and more).
    `guessed` places wait for a person.
    """

    lon: Decimal
    lat: Decimal
    how: str
    guessed: bool = False
    changes: tuple[str, ...] = ()
    meridian: int | None = None


# --- the coordinate system, told in words ---

_DATUM_WORDS = (
    (
        Datum.BEIJING54,
        re.compile(r"北京-?(?:19)?54|beijing.?(?:19)?54|bj-?54|(?<!\d)(?:19)?54(?:年?北京|年?坐标系|坐标)"),
    ),
    (
        Datum.XIAN80,
        re.compile(r"西安-?(?:19)?80|xi'?an.?(?:19)?80|(?<!\d)(?:19)?80(?:年?西安|国家|年?坐标系|坐标)|国家80"),
    ),
    (
        Datum.CGCS2000,
        re.compile(
            r"cgcs-?_?2000|国家?-?2000|2000国家|2000(?:年?坐标|大地)|china.?(?:geodetic|2000)|大地2000|epsg:4490"
        ),
    ),
    (Datum.GCJ02, re.compile(r"gcj-?0?2|火星|高德|腾讯|国测局|amap")),
    (Datum.BD09, re.compile(r"bd-?0?9|百度|baidu")),
    (Datum.WGS84, re.compile(r"wgs-?_?(?:19)?84|gps|epsg:4326|(?<!\d)84坐标")),
)
_MERIDIAN = re.compile(
    r"(?:中央(?:子午线|经线)|cm|l0)[为是:=_ ]*(\d{2,3})|(?<!\d)(\d{2,3})(?:度|°)? ?中央(?:子午线|经线)"
)
_ZONE = re.compile(r"(?<!\d)(\d{2}) ?(?:带|号带|度带)|(?:带号|zone)[为是:=_ ]*(\d{2})")


def find_system(text: str) -> System | None:
    """The coordinate system that a text names: "国家2000，中央经线108°", "CGCS2000 36带", "高德", "西安80".

    None where it names none.
    """
    plain = squeeze(text)
    datum = next((d for d, words in _DATUM_WORDS if words.search(plain)), None)
    spaced = " ".join(unicodedata.normalize("NFKC", text).lower().split())
    meridian: int | None = None
    if found := _MERIDIAN.search(spaced):
        meridian = int(found[1] or found[2])
        meridian = meridian if 72 <= meridian <= 138 else None
    elif found := _ZONE.search(spaced):
        meridian = _meridian_of_zone(int(found[1] or found[2]))
    if datum is None and meridian is None:
        return None
    return System(datum, meridian)


def _meridian_of_zone(zone: int) -> int | None:
    """Zones 25 to 45 are 3° wide, 13 to 23 are 6° wide: the numbers never meet in China."""
    if 25 <= zone <= 45:
        return zone * 3
    if 13 <= zone <= 23:
        return zone * 6 - 3
    return None


# --- Gauss-Krüger ---


@lru_cache(maxsize=64)
def _to_degrees(meridian: int) -> Callable[[float, float], tuple[float, float]]:
    """Metres of the zone round a central meridian (false easting 500 km, no prefix) into degrees, CGCS2000.

    EPSG 4534 to 4554 are the 3° zones with meridians 75° to 135°; any other meridian is spelled out.
    """
    if 75 <= meridian <= 135 and meridian % 3 == 0:
        source = f"EPSG:{4534 + meridian // 3 - 25}"
    else:
        source = f"+proj=tmerc +lat_0=0 +lon_0={meridian} +k=1 +x_0=500000 +y_0=0 +ellps=GRS80 +units=m +type=crs"
    transformer = Transformer.from_crs(source, "EPSG:4490", always_xy=True)

    def to_degrees(easting: float, northing: float) -> tuple[float, float]:
        lon, lat = transformer.transform(easting, northing)
        return float(lon), float(lat)

    return to_degrees


def degrees_from_gauss(easting: float, northing: float, meridian: int) -> tuple[float, float]:
    """Longitude and latitude of Gauss-Krüger metres on CGCS2000.

    Args:
        easting: metres with the false easting of 500 km and without zone prefix; 500000 lies on the meridian.
        northing: metres from the equator.
        meridian: central meridian in degrees.
    """
    return _to_degrees(meridian)(easting, northing)


# --- GCJ-02 and BD-09 ---

_A = 6378245.0
_EE = 0.00669342162296594323
_BD = math.pi * 3000.0 / 180.0


def gcj02_from_wgs84(lon: float, lat: float) -> tuple[float, float]:
    """The public formula of the shift that Chinese maps apply."""
    x, y = lon - 105.0, lat - 35.0
    wave = (20.0 * math.sin(6.0 * x * math.pi) + 20.0 * math.sin(2.0 * x * math.pi)) * 2.0 / 3.0
    root = math.sqrt(abs(x))
    d_lat = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + wave
    d_lat += (20.0 * math.sin(y * math.pi) + 40.0 * math.sin(y / 3.0 * math.pi)) * 2.0 / 3.0
    d_lat += (160.0 * math.sin(y / 12.0 * math.pi) + 320.0 * math.sin(y * math.pi / 30.0)) * 2.0 / 3.0
    d_lon = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + wave
    d_lon += (20.0 * math.sin(x * math.pi) + 40.0 * math.sin(x / 3.0 * math.pi)) * 2.0 / 3.0
    d_lon += (150.0 * math.sin(x / 12.0 * math.pi) + 300.0 * math.sin(x / 30.0 * math.pi)) * 2.0 / 3.0
    phi = math.radians(lat)
    magic = 1.0 - _EE * math.sin(phi) ** 2
    d_lat = d_lat * 180.0 / (_A * (1.0 - _EE) / (magic * math.sqrt(magic)) * math.pi)
    d_lon = d_lon * 180.0 / (_A / math.sqrt(magic) * math.cos(phi) * math.pi)
    return lon + d_lon, lat + d_lat


def bd09_from_gcj02(lon: float, lat: float) -> tuple[float, float]:
    """The public formula of Baidu's further shift."""
    z = math.hypot(lon, lat) + 0.00002 * math.sin(lat * _BD)
    theta = math.atan2(lat, lon) + 0.000003 * math.cos(lon * _BD)
    return z * math.cos(theta) + 0.0065, z * math.sin(theta) + 0.006


def _solved(forward: Callable[[float, float], tuple[float, float]], lon: float, lat: float) -> tuple[float, float]:
    """The point that `forward` moves to (lon, lat), within a ten-thousandth of a millimetre."""
    guess_lon, guess_lat = lon, lat
    for _ in range(30):
        moved_lon, moved_lat = forward(guess_lon, guess_lat)
        off_lon, off_lat = moved_lon - lon, moved_lat - lat
        guess_lon -= off_lon
        guess_lat -= off_lat
        if abs(off_lon) < 1e-12 and abs(off_lat) < 1e-12:
            break
    return guess_lon, guess_lat


def wgs84_from_gcj02(lon: float, lat: float) -> tuple[float, float]:
    """A point picked on 高德, back to where a GPS would show it."""
    return _solved(gcj02_from_wgs84, lon, lat)


def wgs84_from_bd09(lon: float, lat: float) -> tuple[float, float]:
    """A point picked on 百度, back to where a GPS would show it."""
    return wgs84_from_gcj02(*_solved(bd09_from_gcj02, lon, lat))


# --- one coordinate, as typed ---

_PRIMES = str.maketrans(
    {
        "º": "°", "˚": "°", "゜": "°", "度": "°", "′": "'", "’": "'", "‘": "'", "´": "'", "`": "'", "ˊ": "'", "＇": "'",
        "分": "'", "″": '"', "”": '"', "“": '"', "＂": '"', "秒": '"', "˝": '"', "〃": '"', "：": ":",
    }
)  # fmt: skip
_HEMISPHERES = (
    (re.compile(r"东经|經度|经度|longitude|lon|lng", re.IGNORECASE), "e"),
    (re.compile(r"北纬|緯度|纬度|latitude|lat", re.IGNORECASE), "n"),
)
_NUMBER = r"\d+(?:\.\d+)?"
_MARKED = re.compile(rf"({_NUMBER})°(?:({_NUMBER})'?)?(?:({_NUMBER})(?:\"|'')?)?")
_SPACED = re.compile(rf"(\d{{1,3}})[ :\-](\d{{1,2}}(?:\.\d+)?)(?:[ :\-]({_NUMBER}))?")
_PLAIN = re.compile(rf"-?{_NUMBER}")
_BEGINS = re.compile(r"东经|北纬|经度|纬度|lon|lat|(?<![a-z])[en](?=\s*[:：=]?\s*\d)", re.IGNORECASE)
_ENDS = re.compile(r"(?<=[\d°'\"′″度分秒 ])[en](?![a-z])", re.IGNORECASE)
_PAIR_BREAK = re.compile(r"[,;、，；/|\n]+")


@dataclass(frozen=True, slots=True)
class _Angle:
    """One coordinate as typed: degrees or metres, its letter e or n if any, its form."""

    value: Decimal
    letter: str = ""
    how: str = "degrees"

    @property
    def coarse(self) -> bool:
        exponent = self.value.as_tuple().exponent
        return self.how == "degrees" and isinstance(exponent, int) and exponent > -3


def _angle(cell: object) -> _Angle | None:
    """Read one coordinate; None where nothing is recorded.

    Raises:
        CellRefused: not_a_coordinate, dms_range.
    """
    if cell is None:
        return None
    if isinstance(cell, bool):
        raise CellRefused("not_a_coordinate", {"text": str(cell)})
    if isinstance(cell, (int, float)):
        return _Angle(_finite(format(cell, ".15g"), str(cell)))
    if isinstance(cell, Decimal):
        return _Angle(_finite(str(cell), str(cell)))
    text = str(cell)
    if is_none_recorded(text):
        return None
    shown = text.strip()[:60]
    for words, sign in _HEMISPHERES:
        text = words.sub(sign, text)
    plain = " ".join(text.translate(_PRIMES).split())
    # NFKC would tear an accent from its blank, so it comes after the primes are ours
    plain = squeeze(plain.replace(" ", "\x00")).replace("\x00", " ").strip(" '")
    hemisphere = "".join(c for c in plain if c in "en")
    if len(hemisphere) > 1:
        raise CellRefused("not_a_coordinate", {"text": shown})
    plain = plain.replace(hemisphere, "").strip(" :=") if hemisphere else plain
    if _PLAIN.fullmatch(plain) or _PLAIN.fullmatch(plain.rstrip("°m米")):
        return _Angle(_finite(plain.rstrip("°m米"), shown), hemisphere)
    found = _MARKED.fullmatch(plain.replace(" ", "")) or _SPACED.fullmatch(plain)
    if found is None:
        raise CellRefused("not_a_coordinate", {"text": shown})
    return _Angle(_sexagesimal(found[1], found[2] or "0", found[3] or "0", shown), hemisphere, "dms")


def _finite(text: str, shown: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise CellRefused("not_a_coordinate", {"text": shown[:60]}) from None
    if not value.is_finite() or abs(value) >= 10**9 or len(text) > 40:
        raise CellRefused("not_a_coordinate", {"text": shown[:60]})
    return value


def _sexagesimal(degrees: str, minutes: str, seconds: str, shown: str) -> Decimal:
    d, m, s = (_finite(part, shown) for part in (degrees, minutes, seconds))
    if d > 180 or m >= 60 or s >= 60 or m < 0 or s < 0:
        raise CellRefused("dms_range", {"text": shown})
    return d + m / 60 + s / 3600


# --- a place ---


def read_place(
    first: object, second: object, *, system: System | None = None, extent: Extent | None = None
) -> Place | None:
    """The place of a pair of cells: longitude and latitude, or easting and northing, in either order.

    None where neither is recorded. `107°32′15″` and `39°50′10″` with any extent that holds them are 107.537500,
    39.836111. 36512345 and 4400000 lie in zone 36, central meridian 108°. 512345 and 4400000 lie in a zone that the
    system tells, or else in the one zone that puts them within the extent, and are then guessed.

    Raises:
        CellRefused: half_a_place, not_a_coordinate, dms_range, zero_place, old_datum, mixed_place, zone_unknown,
            zone_unclear, not_gauss, outside.
    """
    one, two = _angle(first), _angle(second)
    if one is None and two is None:
        return None
    if one is None or two is None:
        raise CellRefused("half_a_place", {"text": str((two or one or _Angle(Decimal(0))).value)})
    if one.value == 0 and two.value == 0:
        raise CellRefused("zero_place")
    system = system or System()
    if system.datum in OLD_DATUMS:
        raise CellRefused("old_datum", {"system": str(system.datum)})
    if abs(one.value) <= 180 and abs(two.value) <= 180:
        return _from_degrees(one, two, system.datum, extent)
    if abs(one.value) <= 180 or abs(two.value) <= 180:
        raise CellRefused("mixed_place", {"first": str(one.value), "second": str(two.value)})
    return _from_metres(one.value, two.value, system, extent)


def read_pair(cell: object, *, system: System | None = None, extent: Extent | None = None) -> Place | None:
    """The place of one cell that holds both coordinates: `107.537,39.836`, `E107°32′15″ N39°50′10″`.

    Raises:
        CellRefused: as `read_place`, and not_a_pair.
    """
    text = "" if cell is None else str(cell)
    if is_none_recorded(text):
        return None
    for halves in _halves(text):
        if len(halves) == 2:
            return read_place(halves[0], halves[1], system=system, extent=extent)
    raise CellRefused("not_a_pair", {"text": text.strip()[:60]})


def _halves(text: str) -> list[list[str]]:
    """The ways in which a cell may be cut into two coordinates, the surest first."""
    text = text.strip().strip("()（）[]【】")
    ways = [[part for part in _PAIR_BREAK.split(text) if part.strip()]]
    cuts = [found.start() for found in _BEGINS.finditer(text)]
    if len(cuts) == 2 and not text[: cuts[0]].strip():
        ways.append([text[a:b].strip(" ,;，；、") for a, b in pairwise([*cuts, len(text)])])
    ends = [found.end() for found in _ENDS.finditer(text)]
    if len(ends) == 2 and not text[ends[1] :].strip():
        ways.append([text[: ends[0]], text[ends[0] :]])
    ways.append(text.split())
    return ways


def read_sexagesimal(
    parts: tuple[object, object, object, object, object, object],
    *,
    system: System | None = None,
    extent: Extent | None = None,
) -> Place | None:
    """The place of six cells: degrees, minutes, seconds of longitude, then of latitude.

    Raises:
        CellRefused: as `read_place`.
    """
    given = [_angle(part) for part in parts]
    if all(part is None for part in given):
        return None
    if given[0] is None or given[3] is None:
        raise CellRefused("half_a_place", {"text": " ".join(str(p) for p in parts if p is not None)[:60]})
    texts = ["0" if part is None else format(part.value, "f") for part in given]
    shown = " ".join(texts)
    lon = _sexagesimal(texts[0], texts[1], texts[2], shown)
    lat = _sexagesimal(texts[3], texts[4], texts[5], shown)
    return _from_degrees(_Angle(lon, "e", "dms"), _Angle(lat, "n", "dms"), system.datum if system else None, extent)


def _from_degrees(one: _Angle, two: _Angle, datum: Datum | None, extent: Extent | None) -> Place:
    swapped = one.letter == "n" or two.letter == "e"
    if not one.letter and not two.letter:
        # in China a longitude is never below 73 nor a latitude above 54, so a swap shows without any extent
        swapped = not _within(extent, float(one.value), float(two.value)) and _within(
            extent, float(two.value), float(one.value)
        )
    lon, lat = (two, one) if swapped else (one, two)
    changes: tuple[str, ...] = ("swapped",) if swapped else ()
    if lon.coarse and lat.coarse:
        changes += ("coarse",)
    x, y = float(lon.value), float(lat.value)
    exact = (lon.value, lat.value)
    if datum in SHIFTED and _within(None, x, y):
        x, y = wgs84_from_gcj02(x, y) if datum is Datum.GCJ02 else wgs84_from_bd09(x, y)
        exact = (Decimal(repr(x)), Decimal(repr(y)))
        changes += (datum.lower(),)
    how = "dms" if "dms" in (lon.how, lat.how) else "degrees"
    return _checked(exact, how, changes, extent, None)


def _from_metres(one: Decimal, two: Decimal, system: System, extent: Extent | None) -> Place:
    easting, northing, swapped = _easting_first(one, two)
    if system.datum in SHIFTED or system.datum is Datum.WGS84:
        # metres on WGS-84 are mostly UTM, which is shrunk by 4 in 10,000: not ours to guess
        raise CellRefused("not_gauss", {"first": str(one), "second": str(two)})
    changes = ("swapped",) if swapped else ()
    prefix, within_zone = divmod(easting, 1_000_000)
    if prefix:
        meridian = _meridian_of_zone(int(prefix))
        if meridian is None:
            raise CellRefused("zone_unknown", {"text": str(easting)})
        return _checked(_gauss(within_zone, northing, meridian), "gauss_prefix", changes, extent, meridian)
    if system.meridian is not None:
        return _checked(_gauss(easting, northing, system.meridian), "gauss_meridian", changes, extent, system.meridian)
    if extent is None:
        raise CellRefused("zone_unknown", {"text": str(easting)})
    fitting = [
        (meridian, point)
        for meridian in range(75, 136, 3)
        if extent.west - 3 <= meridian <= extent.east + 3
        for point in [_gauss(easting, northing, meridian)]
        if extent.holds(float(point[0]), float(point[1])) and abs(float(point[0]) - meridian) <= 1.75
    ]
    if not fitting:
        raise CellRefused("outside", {"x": str(easting), "y": str(northing)})
    if len(fitting) > 1:
        raise CellRefused("zone_unclear", {"meridians": "、".join(str(meridian) for meridian, _ in fitting)})
    meridian, point = fitting[0]
    return replace(_checked(point, "gauss_guessed", changes, extent, meridian), guessed=True)


def _easting_first(one: Decimal, two: Decimal) -> tuple[Decimal, Decimal, bool]:
    """Easting, northing, and whether they came the other way round. In China a northing has seven digits before the
    point, an easting six, or eight with its zone.

    Raises:
        CellRefused: not_gauss.
    """

    def is_northing(value: Decimal) -> bool:
        return 1_000_000 <= value < 10_000_000

    def is_easting(value: Decimal) -> bool:
        return 100_000 <= value < 1_000_000 or 13_000_000 <= value < 46_000_000

    if is_easting(one) and is_northing(two):
        return one, two, False
    if is_northing(one) and is_easting(two):
        return two, one, True
    raise CellRefused("not_gauss", {"first": str(one), "second": str(two)})


def _gauss(easting: Decimal, northing: Decimal, meridian: int) -> tuple[Decimal, Decimal]:
    lon, lat = degrees_from_gauss(float(easting), float(northing), meridian)
    if not (math.isfinite(lon) and math.isfinite(lat)):
        raise CellRefused("outside", {"x": str(easting), "y": str(northing)})
    return Decimal(repr(lon)), Decimal(repr(lat))


def _within(extent: Extent | None, lon: float, lat: float) -> bool:
    if extent is not None:
        return extent.holds(lon, lat)
    west, south, east, north = CHINA
    return west <= lon <= east and south <= lat <= north


def _checked(
    point: tuple[Decimal, Decimal], how: str, changes: tuple[str, ...], extent: Extent | None, meridian: int | None
) -> Place:
    lon, lat = (value.quantize(MICRODEGREE, ROUND_HALF_EVEN) for value in point)
    if not _within(extent, float(lon), float(lat)):
        raise CellRefused("outside", {"lon": str(lon), "lat": str(lat)})
    return Place(lon, lat, how, False, changes, meridian)
