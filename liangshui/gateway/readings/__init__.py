"""From a decoded message to what it measures. Pure: no Django, no database.

Quantities and kinds of event are the codes of telemetry/codes.py.
"""

from datetime import datetime
from typing import Any

from liangshui.gateway.codecs.dlt645 import Message as Dlt645Message
from liangshui.gateway.codecs.hj212 import Message as Hj212Message
from liangshui.gateway.codecs.modbus import Exchange
from liangshui.gateway.codecs.sl651 import Message as Sl651Message
from liangshui.gateway.readings import dlt645, hj212, modbus, mqtt, sl651, szy206
from liangshui.gateway.readings.sl651 import SL651_MAP
from liangshui.gateway.readings.szy206 import SZY206_MAP, label_time
from liangshui.gateway.readings.told import LARGEST, ONE, Mapping, Options, Reading, Told, Unmapped

__all__ = [
    "LARGEST",
    "ONE",
    "SL651_MAP",
    "SZY206_MAP",
    "Mapping",
    "Options",
    "Reading",
    "Told",
    "Unmapped",
    "label_time",
    "readings_of",
    "stations_in",
]


def stations_in(message: Any) -> tuple[str, ...]:
    """Keys of the stations whose values a message carries: that of its head, then others named in its body."""
    if isinstance(message, Sl651Message) and message.marks:
        others = dict.fromkeys(mark.station for mark in message.marks if mark.station)
        return (message.station, *(key for key in others if key not in (message.station, message.body_station)))
    if isinstance(message, mqtt.Message):
        return message.stations
    return (message.station,)


def readings_of(message: Any, arrival: datetime, options: Options, station: str | None = None) -> Told:
    """What a message says of one of its stations.

    Args:
        message: as decoded; SL 651 packets joined, SZY206 read by the edition of the station.
        arrival: aware time of arrival, which counts where the frame gives no time.
        options: settings of the station.
        station: key of the station, if it is another than that of the head (`stations_in`).
    """
    if isinstance(message, Sl651Message):
        return sl651.told_by(message, arrival, options, station or message.station)
    if isinstance(message, Hj212Message):
        return hj212.told_by(message, arrival, options)
    if isinstance(message, Exchange):
        return modbus.told_by(message, arrival, options)
    if isinstance(message, Dlt645Message):
        return dlt645.told_by(message, arrival, options)
    if isinstance(message, mqtt.Message):
        return mqtt.told_by(message, arrival, options, station or message.station)
    return szy206.told_by(message, arrival, options)
