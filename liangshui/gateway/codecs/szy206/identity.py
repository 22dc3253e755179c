"""Telling a frame that was sent again from a new one (README sections 1 and 3.5)."""

from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import blake2b

from liangshui.core.periods import BEIJING
from liangshui.gateway.codecs.szy206 import messages as m
from liangshui.gateway.codecs.szy206.writer import encode_body

WITHOUT_TIME = timedelta(minutes=5)
"""Frames without a time label are the same message only if they arrive within one such step of the clock."""


def identity(message: m.Message, arrival: datetime) -> bytes | None:
    """Sixteen bytes that are the same for a frame and its resends, or None for link and down frames.

    A resend counts FCB down, so C and CS change: neither is part of it. Station, function, type, number of the piece
    (DIVS), data and the *resolved* time are: a 5-byte label alone comes again every month. A 10:00 reading of day 15,
    the same in July and August, is two messages; sent three times in July it is one. Without a time label (or with one
    that is no time) the arrival counts, floored to five minutes: a resend across the step is then stored twice.

    Args:
        message: what the station sent.
        arrival: aware time at which the frame came.
    """
    if not message.up or isinstance(message.body, m.Link):
        return None
    body = message.body
    tp = None
    if isinstance(body, m.Report):
        tp, body = body.tp, replace(body, tp=None)
    time = m.resolve_tp(tp, arrival)
    if time is None:
        local = arrival.astimezone(BEIJING)
        time = local - (local - local.replace(hour=0, minute=0, second=0, microsecond=0)) % WITHOUT_TIME
    head = f"{message.station} {message.afn:02X} {message.type_code} {message.divs} {time:%Y-%m-%d %H:%M:%S} "
    return blake2b(head.encode() + encode_body(replace(message, body=body)), digest_size=16).digest()
