"""Units as headings and cells write them, converted exactly.

A factor is a fraction of the first unit of its dimension; a division that does not end is rounded to nine decimals.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

from liangshui.registry.sheets.text import squeeze

_DIMENSIONS: dict[str, dict[str, str]] = {
    "volume": {
        "m³": "1 m3 立方米 立方 方 吨 t 米3 m^3 m3/a m3/年 立方米/年 方/年",
        "万m³": "10000 万m3 万立方米 万立方 万方 万吨 万米3 万m^3 万m3/a 万m3/年 万立方米/年 万方/年 10^4m3 104m3",
        "亿m³": "100000000 亿m3 亿立方米 亿方",
        "千m³": "1000 千m3 千立方米 千方",
        "L": "1/1000 l 升",
    },
    "flow_hour": {
        "m³/h": "1 m3/h 立方米/小时 立方米/时 方/小时 方/时 立方/小时 立方/时 m3/hr m3/小时 m3/时"
        " 吨/小时 吨/时 t/h 米3/小时 米3/时 立方米每小时 m^3/h",
        "m³/s": "3600 m3/s 立方米/秒 方/秒 立方/秒 米3/秒 个流量 立方米每秒 m^3/s",
        "L/s": "18/5 l/s 升/秒 升每秒",
        "m³/d": "1/24 m3/d m3/天 m3/日 立方米/日 立方米/天 立方米/d 方/日 方/天 吨/日 吨/天 t/d 立方米每日 m^3/d",
        "万m³/d": "1250/3 万m3/d 万m3/日 万m3/天 万立方米/日 万立方米/天 万立方米/d 万吨/日 万吨/天 万方/日 万方/天",
    },
    "area": {
        "亩": "1 亩 mu",
        "万亩": "10000 万亩",
        "公顷": "15 公顷 ha hm2",
        "km²": "1500 km2 平方公里 平方千米",
        "m²": "3/2000 m2 平方米 平米 平方",
    },
    "length": {
        "m": "1 m 米",
        "cm": "1/100 cm 厘米 公分",
        "mm": "1/1000 mm 毫米",
        "km": "1000 km 公里 千米",
        "英寸": "127/5000 英寸 inch in",
    },
    "power": {
        "kW": "1 kw 千瓦",
        "W": "1/1000 w 瓦",
        "MW": "1000 mw 兆瓦",
        "马力": "73549875/100000000 马力 ps",
    },
    "energy": {
        "kWh": "1 kwh kw·h kw.h kw*h 千瓦时 度 千瓦·时 千瓦小时",
        "万kWh": "10000 万kwh 万kw·h 万kw.h 万千瓦时 万度 万千瓦·时",
        "MWh": "1000 mwh mw·h 兆瓦时",
    },
    "count": {"": "1 个 台 眼 户 位 倍 套 处 口 人 次"},
    "percent": {"%": "1 %"},
}


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit: `symbol` as we write it, the dimension, and how much of the dimension's first unit it is."""

    symbol: str
    dimension: str
    factor: Fraction


def _table() -> tuple[dict[tuple[str, str], Unit], dict[str, Unit]]:
    by_spelling: dict[tuple[str, str], Unit] = {}
    by_symbol: dict[str, Unit] = {}
    for dimension, entries in _DIMENSIONS.items():
        for symbol, line in entries.items():
            factor, *spellings = line.split()
            unit = Unit(symbol, dimension, Fraction(factor))
            by_symbol[symbol] = unit
            for spelling in (*spellings, squeeze(symbol)):
                if spelling:
                    by_spelling[dimension, spelling] = unit
    return by_spelling, by_symbol


_BY_SPELLING, _BY_SYMBOL = _table()


def unit(symbol: str) -> Unit:
    """The unit of a symbol as our own field lists write it.

    Raises:
        KeyError: no such unit.
    """
    return _BY_SYMBOL[symbol]


def find_unit(text: str, dimension: str) -> Unit | None:
    """The unit that a heading or cell writes, within a dimension: "万立方米", "㎥/h", "（米）", "单位：亩"."""
    spelling = squeeze(text).strip("()[]【】")
    for lead in ("单位:", "单位"):
        spelling = spelling.removeprefix(lead)
    return _BY_SPELLING.get((dimension, spelling))


def find_any_unit(text: str) -> Unit | None:
    """The unit that a text writes, in whatever dimension."""
    for dimension in _DIMENSIONS:
        found = find_unit(text, dimension)
        if found is not None:
            return found
    return None


def convert(value: Decimal, source: Unit, target: Unit) -> Decimal:
    """A value from one unit to another of the same dimension.

    12.5 万m³ is 125000 m³ and 1 ha is 15 亩, exactly; 100 m³/d is 4.166666667 m³/h, rounded.

    Raises:
        ValueError: the units measure different things.
    """
    if source.dimension != target.dimension:
        raise ValueError(f"{source.symbol} is no {target.dimension}")
    if source is target or source.factor == target.factor:
        return value
    exact = Fraction(value) * source.factor / target.factor
    quotient = Decimal(exact.numerator) / Decimal(exact.denominator)
    if Fraction(quotient) != exact:
        return quotient.quantize(Decimal("1e-9"), ROUND_HALF_EVEN)
    return quotient
