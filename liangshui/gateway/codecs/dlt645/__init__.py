"""DL/T 645-2007 (多功能电能表通信协议): electricity meters behind a DTU (README section 5.2)."""

from liangshui.gateway.codecs.dlt645.decoder import Dlt645Decoder
from liangshui.gateway.codecs.dlt645.frames import (
    FORWARD_ENERGY,
    READ_ANSWER,
    Message,
    energy_kwh,
    read_request,
    to_expected,
)

__all__ = ["FORWARD_ENERGY", "READ_ANSWER", "Dlt645Decoder", "Message", "energy_kwh", "read_request", "to_expected"]
