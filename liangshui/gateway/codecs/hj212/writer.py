"""Frames that the centre sends."""

from liangshui.gateway.codecs.hj212.checksum import crc
from liangshui.gateway.codecs.hj212.messages import Message

NOTICES = frozenset({"1013"})


def frame(segment: str) -> bytes:
    """A data segment with its length and checksum.

    Raises:
        ValueError: it is longer than 9,999 bytes.
    """
    data = segment.encode()
    if len(data) > 9999:
        raise ValueError(f"A segment has 9,999 bytes at most, not {len(data)}.")
    return b"##%04d" % len(data) + data + b"%04X\r\n" % crc(data)


def answer(message: Message) -> bytes | None:
    """What an upload that wants an answer gets: 9014 for data, 9013 for a notice, each packet its own. None: it wants none."""
    command = message.head.get("CN", "")
    if not message.wants_answer or command.startswith("90") or not command:
        return None
    version = message.version or 0
    parts = [f"{name}={message.head[name]}" for name in ("QN",) if name in message.head]
    parts += ["ST=91", f"CN={'9013' if command in NOTICES else '9014'}"]
    parts += [f"{name}={message.head[name]}" for name in ("PW", "MN") if name in message.head]
    parts += [f"Flag={version << 2}", "CP=&&&&"]
    return frame(";".join(parts))
