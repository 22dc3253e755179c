"""SZY206-2016, SL 427-2008 and SL/T 427-2021 水资源监测数据传输规约 (README section 3)."""

from liangshui.gateway.codecs.szy206.checksum import crc8
from liangshui.gateway.codecs.szy206.decoder import Szy206Decoder
from liangshui.gateway.codecs.szy206.expected import to_expected
from liangshui.gateway.codecs.szy206.identity import identity
from liangshui.gateway.codecs.szy206.messages import (
    Answer,
    Body,
    Edition,
    Link,
    Message,
    Raw,
    Reading,
    Report,
    Tp,
    resolve_tp,
)
from liangshui.gateway.codecs.szy206.reader import join, read
from liangshui.gateway.codecs.szy206.writer import EncodeError, answer, command, encode, link, report

__all__ = [
    "Answer",
    "Body",
    "Edition",
    "EncodeError",
    "Link",
    "Message",
    "Raw",
    "Reading",
    "Report",
    "Szy206Decoder",
    "Tp",
    "answer",
    "command",
    "crc8",
    "encode",
    "identity",
    "join",
    "link",
    "read",
    "report",
    "resolve_tp",
    "to_expected",
]
