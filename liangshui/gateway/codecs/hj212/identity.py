"""Telling a resend from a new message."""

from hashlib import blake2b

from liangshui.gateway.codecs.hj212.messages import Message

_NAMED = ("MN", "QN", "CN", "PNO")


def identity(message: Message) -> bytes:
    """Sixteen bytes that are equal for a message and its resend: device, exchange (QN), command, packet, and what it carries.

    Flag and password do not count: a resend may ask for an answer where the first did not.
    """
    head = ";".join(f"{name}={message.head.get(name, '')}" for name in _NAMED)
    return blake2b(f"{head};{message.groups}{message.sealed}".encode(), digest_size=16).digest()
