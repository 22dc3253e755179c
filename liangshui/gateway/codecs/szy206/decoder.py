"""The buffer of one connection that speaks SZY206 or SL 427 (README sections 1 and 3.1)."""

from liangshui.gateway.codecs.events import BadFrame, Event, Frame
from liangshui.gateway.codecs.stream import StreamDecoder
from liangshui.gateway.codecs.szy206.checksum import crc8
from liangshui.gateway.codecs.szy206.messages import Edition
from liangshui.gateway.codecs.szy206.reader import SHORTEST, read

START, END = 0x68, 0x16
AROUND = 5
"""Bytes of a frame that L doesn't count: 68 L 68 in front, CS 16 behind."""


class Szy206Decoder(StreamDecoder):
    """Frames begin with `68 L 68`."""

    START_SIZE = 3

    def __init__(self, edition: Edition | None = None, flow_only: bool = False) -> None:
        """Settings of the station; see `reader.read`."""
        super().__init__()
        self._edition = edition
        self._flow_only = flow_only

    @staticmethod
    def find_start(data: bytes | bytearray, begin: int, end: int) -> int:
        at = data.find(START, begin, end)
        while at >= 0:
            if at + 2 >= len(data) or data[at + 2] == START:
                return at
            at = data.find(START, at + 1, end)
        return len(data)

    def _next_frame(self, buffer: bytearray) -> Event | None:
        length = buffer[1]
        if len(buffer) < length + AROUND:
            return None
        payload = bytes(buffer[3 : 3 + length])
        if length < SHORTEST:
            return self._refuse("length", length + AROUND)
        if buffer[length + AROUND - 1] != END:
            return self._refuse("tail", length + AROUND)
        if buffer[length + 3] != crc8(payload):
            return self._refuse("crc", length + AROUND)
        message = read(payload, self._edition, self._flow_only)
        raw = self._take(length + AROUND)
        return BadFrame("body", raw) if message is None else Frame(raw, message)
