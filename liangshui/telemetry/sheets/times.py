"""Times as loggers, hand-held readers and spreadsheets write them."""

import re
from datetime import UTC, datetime, timedelta

from liangshui.core.periods import BEIJING

_SPREADSHEET_DAY_ONE = datetime(1899, 12, 30, tzinfo=BEIJING)
_PLAIN = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?[T ]*(\d{1,2})(?:[:时点](\d{1,2})?分?)?(?::?(\d{1,2})(?:\.\d+)?秒?)?"
)
_DIGITS = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?")
_WITH_ZONE = re.compile(r".*\d(Z|[+-]\d\d:?\d\d)")


def read_time(text: str) -> datetime | None:
    """The instant (UTC) of a text: 2026-05-01 08:00, 2026/5/1 8:00:30, 2026年5月1日8时, 20260501080000, with a zone
    2026-05-01T00:00:00Z, or the number of days of a spreadsheet. Without a zone it is Beijing time. None if it is no time of day.
    """
    text = " ".join(text.split())
    if _WITH_ZONE.fullmatch(text):
        try:
            found = datetime.fromisoformat(text.replace(" ", "T", 1))
        except ValueError:
            return None
        return found.astimezone(UTC) if found.tzinfo is not None else None
    if re.fullmatch(r"\d{5}\.\d+", text):
        seconds = round(float(text) * 86400)
        return (_SPREADSHEET_DAY_ONE + timedelta(seconds=seconds)).astimezone(UTC)
    parts = _PLAIN.fullmatch(text) or _DIGITS.fullmatch(text)
    if parts is None:
        return None
    try:
        return datetime(*(int(part or 0) for part in parts.groups()), tzinfo=BEIJING).astimezone(UTC)  # type: ignore[misc,arg-type]
    except ValueError:
        return None
