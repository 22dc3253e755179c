"""A data segment into a message; factors out of a message."""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from liangshui.gateway.codecs.hj212.messages import Factor, Field, Message

WITHOUT_VALUE = frozenset({"Flag", "SampleTime"})


def text_of(data: bytes) -> str:
    """UTF-8 by the standard, GBK in some devices; other bytes stand as the characters of their numbers."""
    for encoding in ("utf-8", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def read(segment: bytes, checksum: str) -> Message | None:
    """A segment whose checksum holds; None if it is none of HJ 212 (no name=value, no CP)."""
    text = text_of(segment)
    head_text, found, cp = text.partition("CP=")
    if not found:
        return None
    head: dict[str, str] = {}
    for part in head_text.split(";"):
        if part.strip():
            name, equal, value = part.partition("=")
            if not equal:
                return None
            head[name.strip()] = value
    plain = cp.startswith("&&") and cp.endswith("&&") and len(cp) >= 4
    if not plain:
        return Message(len(segment), checksum, head, (), sealed=cp)
    return Message(len(segment), checksum, head, tuple(_groups(cp[2:-2])))


def _groups(text: str) -> Iterator[tuple[Field, ...]]:
    for group in text.split(";"):
        fields = tuple(
            (name.strip(), value) for name, equal, value in (f.partition("=") for f in group.split(",")) if equal
        )
        if fields:
            yield fields


def factors(message: Message) -> Iterator[Factor]:
    """The values of a message, each with its mark. A bare `Flag=N` behind a factor is that factor's."""
    groups = [list(group) for group in message.groups]
    for number, group in enumerate(groups):
        marks = {name.removesuffix("-Flag"): value for name, value in group if name.endswith("-Flag")}
        following = groups[number + 1] if number + 1 < len(groups) else []
        bare = following[0][1] if len(following) == 1 and following[0][0] == "Flag" else ""
        bare = next((value for name, value in group if name == "Flag"), bare)
        for name, value in group:
            code, dash, kind = name.rpartition("-")
            if dash and kind not in WITHOUT_VALUE:
                yield Factor(code, kind, _figure(value), marks.get(code, bare))


def _figure(text: str) -> Decimal | None:
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        return None
    return value if value.is_finite() else None
