"""The buffer of one connection on which a DL/T 645 meter answers."""

from liangshui.gateway.codecs.dlt645.frames import read
from liangshui.gateway.codecs.events import Event, Frame
from liangshui.gateway.codecs.stream import StreamDecoder

START, END = 0x68, 0x16
HEAD = 10
"""68, six bytes of address, 68, control, length."""

LONGEST = 200


class Dlt645Decoder(StreamDecoder):
    """Frames begin with 68H and another seven bytes behind. Wake-up bytes (FE) in front of a frame are junk."""

    START_SIZE = 8

    @staticmethod
    def find_start(data: bytes | bytearray, begin: int, end: int) -> int:
        at = data.find(START, begin, end)
        while at >= 0:
            if at + 7 >= len(data) or data[at + 7] == START:
                return at
            at = data.find(START, at + 1, end)
        return len(data)

    def _next_frame(self, buffer: bytearray) -> Event | None:
        if len(buffer) < HEAD:
            return None
        length = buffer[9]
        if length > LONGEST:
            return self._refuse("length", HEAD)
        size = HEAD + length + 2
        if len(buffer) < size:
            return None
        if buffer[size - 1] != END:
            return self._refuse("tail", size)
        if sum(buffer[: size - 2]) & 0xFF != buffer[size - 2]:
            return self._refuse("crc", size)
        raw = self._take(size)
        return Frame(raw, read(raw))
