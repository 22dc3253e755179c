"""Which values each type carries, in bytes and decimals (README section 3.4). Reader and writer share these tables."""

from typing import Literal, NamedTuple

from liangshui.gateway.codecs.szy206 import messages as m

Form = Literal["plain", "signed", "flow", "volume", "wind", "statistics"]


class Field(NamedTuple):
    """One value on the wire: BCD, low byte first.

    plain: all nibbles are digits. signed: the top nibble of the last byte is 0 for plus, F for minus. flow: that nibble
    is sign, or sign and unit, by edition. volume: that nibble is 0, under a mask of 7FH. wind: that nibble is the
    direction. statistics: one binary byte of step and count in front.
    """

    quantity: str
    unit: str
    size: int
    decimals: int
    form: Form = "plain"

    @property
    def quantities(self) -> tuple[str, ...]:
        """The readings that it makes."""
        if self.form == "wind":
            return ("wind_speed", "wind_direction")
        if self.form == "statistics":
            return ("rain_period", "rain_sum")
        return (self.quantity,)


FLOW = Field("flow", "m3/h", 5, 3, "flow")
VOLUME = Field("volume", "m3", 5, 0, "volume")
_WIND = Field("wind_speed", "m/s", 3, 2, "wind")
_PRESSURE = Field("air_pressure", "hPa", 3, 0)

_BOTH: dict[int, tuple[Field, ...]] = {
    m.RAIN: (Field("rain", "mm", 3, 1),),
    m.LEVEL: (Field("level", "m", 4, 3, "signed"),),
    m.FLOW: (FLOW, VOLUME),
    m.VELOCITY: (Field("velocity", "m/s", 3, 3, "signed"),),
    m.GATE: (Field("gate", "m", 3, 2),),
    m.POWER: (Field("power", "kW", 3, 0),),
    m.WATER_TEMPERATURE: (Field("water_temperature", "C", 2, 1),),
    m.EVAPORATION: (Field("evaporation", "mm", 3, 1),),
    m.ALARM_OR_STATUS: (Field("voltage", "V", 2, 2),),
    m.STATISTICS_RAIN: (Field("rain_sum", "mm", 4, 1, "statistics"),),
    m.WATER_PRESSURE: (Field("water_pressure", "kPa", 4, 2),),
}
OLD: dict[int, tuple[Field, ...]] = _BOTH | {
    m.WEATHER: (_PRESSURE,),
    m.WIND_OR_ELECTRICITY: (_WIND,),
    m.SOIL: (Field("soil_moisture", "%", 2, 1),),
}
NEW: dict[int, tuple[Field, ...]] = _BOTH | {
    m.WEATHER: (_PRESSURE, _WIND, Field("air_temperature", "C", 2, 1, "signed")),
    m.WIND_OR_ELECTRICITY: (Field("electricity", "kWh", 4, 2),),
    m.SOIL: (Field("soil_moisture", "%", 2, 1), Field("soil_depth", "cm", 2, 0)),
}
"""SL/T 427-2021. Type 10 is in neither table: which values it carries stands in the frame."""

QUALITY_BITS = 5
QUALITY: tuple[Field, ...] = (
    Field("water_temperature", "C", 4, 1),
    Field("ph", "", 4, 2),
    Field("dissolved_oxygen", "mg/L", 4, 2),
    Field("codmn", "mg/L", 4, 2),
    Field("conductivity", "uS/cm", 4, 0),
    Field("orp", "mV", 4, 1, "signed"),
    Field("turbidity", "NTU", 4, 0),
    Field("cod", "mg/L", 4, 1),
    Field("bod5", "mg/L", 4, 1),
    Field("ammonia_nitrogen", "mg/L", 4, 2),
    Field("total_nitrogen", "mg/L", 4, 2),
    Field("copper", "mg/L", 4, 4),
    Field("zinc", "mg/L", 4, 4),
    Field("fluoride", "mg/L", 4, 2),
    Field("selenium", "mg/L", 4, 5),
    Field("arsenic", "mg/L", 4, 5),
    Field("mercury", "mg/L", 4, 5),
    Field("cadmium", "mg/L", 4, 5),
    Field("chromium6", "mg/L", 4, 3),
    Field("lead", "mg/L", 4, 5),
    Field("cyanide", "mg/L", 4, 3),
    Field("volatile_phenol", "mg/L", 4, 3),
    Field("phenol", "mg/L", 4, 2),
    Field("sulphide", "mg/L", 4, 3),
    Field("faecal_coliforms", "1/L", 5, 0),
    Field("sulphate", "mg/L", 4, 2),
    Field("chloride", "mg/L", 4, 2),
    Field("nitrate_nitrogen", "mg/L", 4, 2),
    Field("iron", "mg/L", 4, 2),
    Field("manganese", "mg/L", 4, 2),
    Field("oil", "mg/L", 4, 2),
    Field("anionic_surfactant", "mg/L", 4, 2),
    Field("hch", "mg/L", 4, 6),
    Field("ddt", "mg/L", 4, 6),
    Field("organochlorine", "mg/L", 4, 6),
    Field("total_phosphorus", "mg/L", 4, 3),
    Field("chlorophyll", "ug/L", 4, 3),
)
"""In bit order from D0, of one public source for SZY206-2016 (README section 7, point 7); 2021 is read the same way."""

PERIOD_UNITS = ("5min", "h", "d", "test")
"""Type 14, D7..D6: what the count of D5..D0 counts; "test" is a cumulative test value."""


def quality_fields(bits: bytes) -> tuple[Field, ...] | None:
    """The values that follow the five bytes of bits, lowest bit first; None if a bit has no meaning."""
    word = int.from_bytes(bits, "little")
    if len(bits) != QUALITY_BITS or not word or word >> len(QUALITY):
        return None
    return tuple(field for bit, field in enumerate(QUALITY) if word >> bit & 1)
