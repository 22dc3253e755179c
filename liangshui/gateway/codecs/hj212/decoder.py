"""The buffer of one connection that speaks HJ 212 (README sections 1 and 4)."""

from liangshui.gateway.codecs.events import BadFrame, Event, Frame
from liangshui.gateway.codecs.hj212.checksum import crc
from liangshui.gateway.codecs.hj212.reader import read
from liangshui.gateway.codecs.stream import StreamDecoder

START = b"##"
HEAD = 6
"""## and four digits."""

BEHIND = 6
"""Four digits of the checksum, CR, LF."""


class Hj212Decoder(StreamDecoder):
    """Frames begin with `##` and four digits."""

    START_SIZE = HEAD

    @staticmethod
    def find_start(data: bytes | bytearray, begin: int, end: int) -> int:
        at = data.find(b"#", begin, end)
        while at >= 0:
            head = bytes(data[at : at + HEAD])
            if head == b"#" or (head[:2] == START and (len(head) == 2 or head[2:].isdigit())):
                return at
            at = data.find(b"#", at + 1, end)
        return len(data)

    def _next_frame(self, buffer: bytearray) -> Event | None:
        size = HEAD + int(buffer[2:HEAD]) + BEHIND
        if len(buffer) < size:
            return None
        if buffer[size - 2 : size] != b"\r\n":
            return self._refuse("tail", size)
        segment, stated = bytes(buffer[HEAD : size - BEHIND]), bytes(buffer[size - BEHIND : size - 2])
        if stated.upper() != b"%04X" % crc(segment):
            return self._refuse("crc", size)
        message = read(segment, stated.decode("ascii").upper())
        raw = self._take(size)
        return BadFrame("body", raw) if message is None else Frame(raw, message)
