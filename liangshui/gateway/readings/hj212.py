"""What an HJ 212 message says of water (README section 4)."""

from collections.abc import Mapping as Map
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType

from liangshui.gateway.codecs import hj212
from liangshui.gateway.readings.told import Mapping, Options, Told, Unmapped, add, words

_L_S = Decimal("3.6")

HJ212_MAP: Map[str, Mapping] = MappingProxyType(
    {
        "w00000": Mapping("flow_m3_h", 1, _L_S),
        "w01001": Mapping("ph"),
        "w01009": Mapping("do_mg_l"),
        "w01010": Mapping("temperature_c"),
        "w01014": Mapping("cond_us_cm"),
        "w01017": Mapping("bod5_mg_l"),
        "w01018": Mapping("cod_mg_l"),
        "w01019": Mapping("codmn_mg_l"),
        "w21001": Mapping("tn_mg_l"),
        "w21003": Mapping("nh3n_mg_l"),
        "w21011": Mapping("tp_mg_l"),
        "w21017": Mapping("fluoride_mg_l"),
        "001": Mapping("ph"),
        "011": Mapping("cod_mg_l"),
        "060": Mapping("nh3n_mg_l"),
        "065": Mapping("tn_mg_l"),
        "101": Mapping("tp_mg_l"),
    }
)
"""Factors of 2017, and those of 2005 whose unit is beyond doubt. B01 of 2005 (flow) has none here: map it by station."""

VALUES = {"Rtd": "", "Avg": "Avg"}
"""Kinds that are values of the water; the others (Min, Max, Cou, corrected ones) are shown as unmapped until somebody maps them."""

PERIODS = {"2051": "/min", "2061": "/h", "2031": "/d"}
"""Means of minutes, hours and days are series of their own. Their time is the start of the period, as it is stated."""

MEASURED = frozenset({"N", ""})
"""Only what is marked N, or not at all, is a measurement; the rest has no value (null, not zero)."""


def told_by(message: hj212.Message, arrival: datetime, options: Options) -> Told:
    """Factors with their values; those that are stopped, in calibration or over range come without one."""
    at = _time(message) or arrival
    told = Told([], [], (), [], at)
    period = PERIODS.get(message.head.get("CN", ""), "")
    for factor in hj212.factors(message):
        element = f"{factor.code}-{factor.kind}{period}"
        mapping = options.elements.get(element)
        if mapping is None and factor.kind in VALUES:
            mapping = HJ212_MAP.get(factor.code)
        if mapping is None:
            told.unmapped.append(Unmapped(element, b"", words((factor.value,))))
            continue
        add(told, mapping, element, at, factor.value if factor.mark in MEASURED else None, b"")
    return told


def _time(message: hj212.Message) -> datetime | None:
    """DataTime; else QN, which begins with the same digits. None if neither is a time."""
    stated = next((value for group in message.groups for name, value in group if name == "DataTime"), "")
    for text in (stated, message.head.get("QN", "")):
        try:
            return datetime.strptime(f"{text[:14]}+0800", "%Y%m%d%H%M%S%z").astimezone(UTC)
        except ValueError:
            continue
    return None
