"""Fuzz every codec with atheris: any bytes give events, never an exception, and no byte is lost; what was read can be shown.

Run: make fuzz (FUZZ_SECONDS=300). What breaks an invariant is written to a file crash-… by atheris, to become a test.
"""

import sys

import atheris

with atheris.instrument_imports(include=["liangshui"]):
    from liangshui.gateway.codecs import dlt645, hj212, modbus, sl651, szy206
    from liangshui.gateway.codecs.detect import AutoDecoder
    from liangshui.gateway.codecs.events import Frame

SHOW = {
    sl651.Message: sl651.to_expected,
    szy206.Message: szy206.to_expected,
    hj212.Message: hj212.to_expected,
    dlt645.Message: dlt645.to_expected,
}
DECODERS = (
    sl651.Decoder,
    szy206.Szy206Decoder,
    hj212.Hj212Decoder,
    dlt645.Dlt645Decoder,
    modbus.RtuDecoder,
    modbus.TcpDecoder,
    AutoDecoder,
)


def mended(data: bytes) -> bytes:
    """The bytes as the inside of a frame with a good checksum, so that the reader behind it is reached."""
    kind, body = data[0] % 4, data[1:]
    if kind == 0:
        payload = body[:250].ljust(7, b"\0")
        return bytes([0x68, len(payload), 0x68]) + payload + bytes([szy206.crc8(payload), 0x16])
    if kind == 1:
        return hj212.frame("ST=21;CN=2011;MN=1;CP=&&" + body[:800].decode("latin-1").replace("\n", "") + "&&")
    if kind == 2:
        from liangshui.gateway.codecs.sl651.checksum import checksum

        body = body[:4000]
        head = (
            b"\x7e\x7e\x01" + b"\0" * 5 + b"\x12\x34" + (body[:1] or b"\x32") + len(body).to_bytes(2, "big") + b"\x02"
        )
        frame = head + body + b"\x03"
        return frame + checksum(frame).to_bytes(2, "big")
    frame = b"\x68" + b"\0" * 6 + b"\x68\x91" + bytes([len(body[:200])]) + body[:200]
    return frame + bytes([sum(frame) & 0xFF, 0x16])


def one(data: bytes) -> None:
    if len(data) < 2:
        return
    for raw in (data, mended(data)):
        for make in DECODERS:
            decoder = make()
            events = []
            cut = data[0] % len(raw)
            for piece in (raw[:cut], raw[cut:]):
                decoder.receive(piece)
                while (event := decoder.next_event()) is not None:
                    events.append(event)
            events += decoder.flush()
            assert b"".join(event.raw for event in events) == raw, make.__name__
            for event in events:
                if isinstance(event, Frame) and type(event.message) in SHOW:
                    SHOW[type(event.message)](event.message)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
