"""HJ 212-2005, HJ 212-2017 and the plain part of HJ 212-2025 (污染物在线监控系统数据传输标准): water quality (README section 4)."""

from liangshui.gateway.codecs.hj212.checksum import crc
from liangshui.gateway.codecs.hj212.decoder import Hj212Decoder
from liangshui.gateway.codecs.hj212.expected import to_expected
from liangshui.gateway.codecs.hj212.identity import identity
from liangshui.gateway.codecs.hj212.messages import Factor, Message
from liangshui.gateway.codecs.hj212.reader import factors, read
from liangshui.gateway.codecs.hj212.writer import answer, frame

__all__ = ["Factor", "Hj212Decoder", "Message", "answer", "crc", "factors", "frame", "identity", "read", "to_expected"]
