"""What an electricity meter answered."""

from datetime import datetime

from liangshui.gateway.codecs import dlt645
from liangshui.gateway.readings.told import Mapping, Options, Told, add

ENERGY = "energy"


def told_by(message: dlt645.Message, arrival: datetime, options: Options) -> Told:
    """The active energy, kWh; the ratio of its transformers is the factor of the element map."""
    told = Told([], [], (), [], arrival)
    if message.control == dlt645.READ_ANSWER:
        mapping = options.elements.get(ENERGY) or Mapping("energy_kwh")
        add(told, mapping, ENERGY, arrival, dlt645.energy_kwh(message), message.data)
    return told
