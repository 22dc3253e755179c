"""What a Modbus device answered, by the map of its make."""

from datetime import datetime
from decimal import Decimal

from liangshui.gateway.codecs import modbus
from liangshui.gateway.readings.told import Mapping, Options, Told, add
from liangshui.gateway.rules.device_map import Point


def told_by(message: modbus.Exchange, arrival: datetime, options: Options) -> Told:
    """Points whose registers stand in the answer; their time is that of the arrival. A refused question says nothing."""
    told = Told([], [], (), [], arrival)
    if options.device is None:
        return told
    for point in options.device.points:
        if point.function != message.request.function:
            continue
        raws = [message.registers(part.register, part.count) for part in point.parts]
        raw = b"".join(each for each in raws if each is not None)
        if None in raws:
            continue
        mapping = options.elements.get(point.name) or Mapping(point.quantity, point.channel, point.factor)
        add(told, mapping, point.name, arrival, _sum(point, raws), raw)
    return told


def _sum(point: Point, raws: list[bytes | None]) -> Decimal | None:
    total = Decimal(0)
    for part, raw in zip(point.parts, raws, strict=True):
        number = modbus.value(raw or b"", part.type, part.order)
        if number is None:
            return None
        total += number * part.factor
    return total
