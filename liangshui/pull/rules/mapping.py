"""The mapping of a source (YAML that people can read): where it is, how it is asked, and what its rows mean.

`load` refuses what it does not know, with the place; `values_of` turns one row of theirs into values of ours.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

from liangshui.core.mappings import MappingError, read, refuse_unknown

MOST_BYTES = 200_000
AUTHS = ("none", "bearer", "basic", "header")
PAGINGS = ("none", "page", "next", "cursor")


class RowRefused(Exception):
    """A row that tells no value. Codes: no_place, no_time {text}, no_figure {field, text}."""

    def __init__(self, code: str, **params: str) -> None:
        super().__init__(code, params)
        self.code, self.params = code, params


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueOf:
    """One field of a row that holds a value: of which quantity, and by what it is multiplied into our unit."""

    field: str
    quantity: str
    factor: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """What rows mean. `place_is`: their name is that of a station of ours, or of an intake; `places` says it where theirs differ."""

    place: str
    time: str
    values: tuple[ValueOf, ...]
    place_is: str = "station"
    places: Mapping[str, str] = field(default_factory=dict)
    time_format: str = "iso"
    zone: str = "+08:00"
    nulls: tuple[str, ...] = ("", "--", "null")
    channel: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Http:
    """An HTTP service that answers JSON. `address` may hold {since} and {until}; `rows`: where the list lies (a.b), "" the answer itself."""

    address: str
    rows: str
    meaning: Rows
    auth: str = "none"
    auth_header: str = "X-Api-Key"
    headers: Mapping[str, str] = field(default_factory=dict)
    since_format: str = "iso"
    paging: str = "none"
    page_parameter: str = "page"
    first_page: int = 1
    next_path: str = ""
    overlap_hours: int = 48
    first_days: int = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """A view of a database, read only. `statement`: one SELECT with :since."""

    address: str
    statement: str
    meaning: Rows
    overlap_hours: int = 48
    first_days: int = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A folder where Excel or CSV files are dropped: local, or sftp://user@host/path with the host's key fingerprint."""

    path: str
    imports: str
    options: Mapping[str, Any] = field(default_factory=dict)
    take: bool = False
    pattern: str = r".*\.(xlsx|xls|csv)"
    fingerprint: str = ""

    @property
    def remote(self) -> bool:
        return self.path.startswith("sftp://")


Mapping_ = Http | Database | Folder

_KEYS: dict[str, set[str]] = {
    "http": {"address", "rows", "auth", "auth_header", "headers", "since_format", "paging", "page_parameter", "first_page",
             "next_path", "overlap_hours", "first_days"},
    "database": {"address", "statement", "overlap_hours", "first_days"},
    "folder": {"path", "imports", "options", "take", "pattern", "fingerprint"},
}  # fmt: skip
_ROW_KEYS = {"place", "place_is", "places", "time", "time_format", "zone", "values", "nulls", "channel"}
_SELECT = re.compile(r"^\s*(select|with)\b", re.IGNORECASE)
_ZONE = re.compile(r"^[+-](?:0\d|1[0-4]):[0-5]\d$")


def load(kind: str, text: str, quantities: tuple[str, ...], imports: tuple[str, ...]) -> Mapping_:
    """A mapping from its text.

    Args:
        kind: http, database or folder.
        text: YAML.
        quantities: words that a value's quantity may be.
        imports: kinds of import that a folder may feed.

    Raises:
        MappingError: see there, and missing {key}, bad_value {key, value}, not_one_select.
    """
    raw = read(text, MOST_BYTES)
    refuse_unknown(raw, _KEYS[kind] | {"note"} | (set() if kind == "folder" else _ROW_KEYS))
    reader = _Reader(raw)
    if kind == "folder":
        return _folder(reader, imports)
    meaning = _rows(reader, quantities)
    reach = {
        "overlap_hours": reader.number("overlap_hours", 48, 8760),
        "first_days": reader.number("first_days", 30, 3650),
    }
    if kind == "http":
        address = reader.word("address", required=True)
        _check_address("address", address.replace("{", "").replace("}", ""), "http", "https")
        return Http(
            address=address, rows=reader.word("rows"), meaning=meaning, auth=reader.one("auth", AUTHS, "none"),
            auth_header=reader.word("auth_header") or "X-Api-Key", headers=reader.words("headers"),
            since_format=reader.word("since_format") or "iso", paging=reader.one("paging", PAGINGS, "none"),
            page_parameter=reader.word("page_parameter") or "page", first_page=reader.number("first_page", 1, 10),
            next_path=reader.word("next_path"), **reach,
        )  # fmt: skip
    statement = reader.word("statement", required=True, most=20_000)
    if not _SELECT.match(statement) or ";" in statement.rstrip().rstrip(";"):
        raise MappingError("not_one_select")
    return Database(
        address=reader.word("address", required=True),
        statement=statement.rstrip().rstrip(";"),
        meaning=meaning,
        **reach,
    )


def _check_address(key: str, address: str, *schemes: str) -> None:
    try:
        parts = urlsplit(address)
        good = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is none, brackets that do not close
        good = False
    if not good:
        raise MappingError("bad_value", key=key, value=address[:60])


class _Reader:
    def __init__(self, raw: Mapping[str, Any]) -> None:
        self._raw = raw

    def get(self, key: str) -> Any:
        return self._raw.get(key)

    def word(self, key: str, required: bool = False, most: int = 2000) -> str:
        value = self._raw.get(key)
        if value is None or value == "":
            if required:
                raise MappingError("missing", key=key)
            return ""
        if isinstance(value, dict | list | bool) or len(str(value)) > most:
            raise MappingError("bad_value", key=key, value=str(value)[:60])
        return str(value)

    def one(self, key: str, allowed: tuple[str, ...], default: str) -> str:
        value = self._raw.get(key, default)
        if value not in allowed:
            raise MappingError("bad_value", key=key, value=str(value)[:60])
        return str(value)

    def number(self, key: str, default: int, most: int) -> int:
        value = self._raw.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
            raise MappingError("bad_value", key=key, value=str(value)[:60])
        return value

    def words(self, key: str) -> dict[str, str]:
        value = self._raw.get(key) or {}
        if not isinstance(value, dict) or any(isinstance(v, dict | list) for v in value.values()):
            raise MappingError("bad_value", key=key, value=str(value)[:60])
        return {str(k): str(v) for k, v in value.items()}


def _rows(reader: _Reader, quantities: tuple[str, ...]) -> Rows:
    raw = reader.get("values")
    if not isinstance(raw, list) or not raw:
        raise MappingError("missing", key="values")
    values = []
    for item in raw:
        if not isinstance(item, dict) or not item.keys() <= {"field", "quantity", "factor"}:
            raise MappingError("bad_value", key="values", value=str(item)[:60])
        try:
            factor = Decimal(str(item.get("factor", 1)))
        except InvalidOperation as error:
            raise MappingError("bad_value", key="factor", value=str(item.get("factor"))[:60]) from error
        if not item.get("field") or item.get("quantity") not in quantities or not factor.is_finite():
            raise MappingError("bad_value", key="values", value=str(item)[:60])
        values.append(ValueOf(field=str(item["field"]), quantity=str(item["quantity"]), factor=factor))
    zone = reader.word("zone") or "+08:00"
    if not _ZONE.match(zone):
        raise MappingError("bad_value", key="zone", value=zone[:60])
    nulls = reader.get("nulls")
    if nulls is not None and not isinstance(nulls, list):
        raise MappingError("bad_value", key="nulls", value=str(nulls)[:60])
    return Rows(
        place=reader.word("place", required=True), time=reader.word("time", required=True), values=tuple(values),
        place_is=reader.one("place_is", ("station", "intake"), "station"), places=reader.words("places"),
        time_format=reader.word("time_format") or "iso", zone=zone,
        nulls=tuple(str(word) for word in nulls) if nulls is not None else ("", "--", "null"),
        channel=max(reader.number("channel", 1, 255), 1),
    )  # fmt: skip


def _folder(reader: _Reader, imports: tuple[str, ...]) -> Folder:
    options = reader.get("options") or {}
    take = reader.get("take")
    if not isinstance(options, dict):
        raise MappingError("bad_value", key="options", value=str(options)[:60])
    if take not in (None, True, False):
        raise MappingError("bad_value", key="take", value=str(take)[:60])
    pattern = reader.word("pattern") or r".*\.(xlsx|xls|csv)"
    try:
        re.compile(pattern)
    except re.error as error:
        raise MappingError("bad_value", key="pattern", value=pattern[:60]) from error
    path = reader.word("path", required=True)
    if path.startswith("sftp://"):
        _check_address("path", path, "sftp")
        if not reader.word("fingerprint"):
            raise MappingError("missing", key="fingerprint")
    return Folder(
        path=path, imports=reader.one("imports", imports, ""), options=options, take=bool(take), pattern=pattern,
        fingerprint=reader.word("fingerprint"),
    )  # fmt: skip


# --- rows ---


@dataclass(frozen=True, slots=True)
class Told:
    """A value that a row tells: whose, when, of what; None: the device had none."""

    station: str
    intake: str
    quantity: str
    at: datetime
    value: Decimal | None
    channel: int


def dig(row: Any, path: str) -> Any:
    """What lies at a.b in nested objects; None where nothing does."""
    for part in path.split(".") if path else []:
        if isinstance(row, list) and part.isdigit() and int(part) < len(row):
            row = row[int(part)]
        elif isinstance(row, Mapping):
            row = row.get(part)
        else:
            return None
    return row


def values_of(row: Any, rows: Rows) -> Iterator[Told]:
    """The values that a row tells. A field that the row does not have tells nothing.

    Raises:
        RowRefused: no place, no time, or a figure that is none.
    """
    place = str(dig(row, rows.place) if dig(row, rows.place) is not None else "").strip()
    if not place:
        raise RowRefused("no_place")
    place = rows.places.get(place, place)
    at = instant(dig(row, rows.time), rows)
    for each in rows.values:
        if not _has(row, each.field):
            continue
        raw = dig(row, each.field)
        value = None if raw is None or str(raw).strip() in rows.nulls else _figure(raw, each)
        station, intake = (place, "") if rows.place_is == "station" else ("", place)
        yield Told(station, intake, each.quantity, at, value, rows.channel)


def _has(row: Any, path: str) -> bool:
    above, _dot, last = path.rpartition(".")
    found = dig(row, above)
    return isinstance(found, Mapping) and last in found


def _figure(raw: Any, each: ValueOf) -> Decimal:
    try:
        value = Decimal(str(raw).strip().replace(",", ""))
    except InvalidOperation as error:
        raise RowRefused("no_figure", field=each.field, text=str(raw)[:40]) from error
    if isinstance(raw, bool) or not value.is_finite():
        raise RowRefused("no_figure", field=each.field, text=str(raw)[:40])
    return value * each.factor


def zone_of(text: str) -> timezone:
    """+08:00 as a zone."""
    hours, minutes = int(text[1:3]), int(text[4:6])
    return timezone((-1 if text[0] == "-" else 1) * timedelta(hours=hours, minutes=minutes))


def instant(raw: Any, rows: Rows) -> datetime:
    """A time of theirs, with its zone.

    Raises:
        RowRefused: it cannot be read.
    """
    try:
        if isinstance(raw, datetime):
            found = raw
        elif rows.time_format in {"unix", "unix_ms"}:
            seconds = Decimal(str(raw)) / (1000 if rows.time_format == "unix_ms" else 1)
            found = datetime.fromtimestamp(float(seconds), UTC)
        elif rows.time_format == "iso":
            found = datetime.fromisoformat(str(raw).strip().replace("Z", "+00:00"))
        else:
            found = datetime.strptime(str(raw).strip(), rows.time_format)  # noqa: DTZ007  (its zone follows)
    except (ValueError, InvalidOperation, OverflowError, OSError) as error:
        raise RowRefused("no_time", text=str(raw)[:40]) from error
    return found if found.tzinfo else found.replace(tzinfo=zone_of(rows.zone))


def written(at: datetime, pattern: str, zone: str) -> str:
    """A time as the other side wants it in its address: iso, unix, unix_ms, or a pattern such as %Y-%m-%d %H:%M:%S."""
    if pattern == "iso":
        return at.astimezone(zone_of(zone)).isoformat(timespec="seconds")
    if pattern in {"unix", "unix_ms"}:
        return str(int(at.timestamp() * (1000 if pattern == "unix_ms" else 1)))
    return at.astimezone(zone_of(zone)).strftime(pattern)
