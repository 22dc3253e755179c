"""Modbus RTU (over TCP) and Modbus TCP behind DTUs (README section 5.1): the centre asks, the device answers."""

from liangshui.gateway.codecs.modbus.decoder import RtuDecoder, TcpDecoder
from liangshui.gateway.codecs.modbus.frames import Answer, Exchange, Form, Request, answers, encode, exchange
from liangshui.gateway.codecs.modbus.registers import ORDERS, TYPES, value

__all__ = [
    "ORDERS",
    "TYPES",
    "Answer",
    "Exchange",
    "Form",
    "Request",
    "RtuDecoder",
    "TcpDecoder",
    "answers",
    "encode",
    "exchange",
    "value",
]
