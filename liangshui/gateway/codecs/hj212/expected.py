"""A message in the form of `expected` in vectors.json (README section 8)."""

from typing import Any

from liangshui.gateway.codecs.hj212.messages import Message


def to_expected(message: Message) -> dict[str, Any]:
    """Head fields as text, CP flattened (a name that repeats keeps its last value)."""
    told: dict[str, Any] = {"length": message.length, "crc": message.checksum, **message.head}
    if message.flag is not None:
        told |= {"flag_version": message.flag >> 2, "flag_split": message.flag >> 1 & 1, "flag_ack": message.flag & 1}
    told["CP"] = {name: value for group in message.groups for name, value in group}
    if message.sealed:
        told["CP_sealed"] = message.sealed
    return told
