"""SL 651-2014 水文监测数据通信规约: the codec of hydrological stations, HEX and ASCII.

`Decoder` turns bytes into frames, whose `message` is a `Message`; `encode` turns a message into bytes. Both ways keep
naive Beijing time and exact decimals. Functions whose bodies are read are in `bodies.BODIES`; any other function
gives its head and raw body.
"""

from liangshui.gateway.codecs.sl651.decoder import Decoder
from liangshui.gateway.codecs.sl651.elements import BY_NAME, ELEMENTS, STATUS_BITS, ElementKind
from liangshui.gateway.codecs.sl651.expected import to_expected, to_expected_packets
from liangshui.gateway.codecs.sl651.identity import identity
from liangshui.gateway.codecs.sl651.messages import Element, Mark, Message, Parameter, Step
from liangshui.gateway.codecs.sl651.options import AckEnd, SeriesTime, SeriesTimes, StationOptions, series_times
from liangshui.gateway.codecs.sl651.reader import join_packets, missing_packets, read
from liangshui.gateway.codecs.sl651.writer import (
    answer,
    ask_again,
    element,
    encode,
    keep_alive,
    report,
    series,
    status_word,
    time_step,
)

__all__ = [
    "BY_NAME",
    "ELEMENTS",
    "STATUS_BITS",
    "AckEnd",
    "Decoder",
    "Element",
    "ElementKind",
    "Mark",
    "Message",
    "Parameter",
    "SeriesTime",
    "SeriesTimes",
    "StationOptions",
    "Step",
    "answer",
    "ask_again",
    "element",
    "encode",
    "identity",
    "join_packets",
    "keep_alive",
    "missing_packets",
    "read",
    "report",
    "series",
    "series_times",
    "status_word",
    "time_step",
    "to_expected",
    "to_expected_packets",
]
