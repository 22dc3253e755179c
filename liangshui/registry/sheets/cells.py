"""One cell into a value: what its column asks for, or a refusal with a code."""

import calendar
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import TypeAlias

from liangshui.registry.sheets.fields import Choice, Field, Kind, Value
from liangshui.registry.sheets.problems import CellRefused
from liangshui.registry.sheets.text import is_none_recorded, squeeze, tidy
from liangshui.registry.sheets.units import Unit, convert, find_unit, unit

Cell: TypeAlias = str | int | float | bool | date | datetime | time | timedelta | Decimal | None
"""What reading a workbook gives for one cell; None or blank text where it is empty."""

Reader: TypeAlias = Callable[[Cell], Value]
Answers: TypeAlias = Mapping[str, str]
"""What people answered for unclear or unknown words of one column: word to code."""

SHOWN = 60
FIRST_YEAR, LAST_YEAR = 1900, 2199
_SERIALS = range(20_000, 80_000)
_EXCEL_DAY_ZERO = date(1899, 12, 30)
_YES = frozenset(
    {"是", "有", "√", "✓", "✔", "☑", "v", "对", "1", "y", "yes", "true", "已", "已安装", "已装", "已办", "已办理"}
)
_NO = frozenset(
    {"否", "无", "×", "✗", "✘", "x", "错", "0", "n", "no", "false", "未", "未安装", "未装", "未办", "未办理", "没有"}
)
_OPEN_END = frozenset({"长期", "永久", "长期有效", "永久有效", "至今", "今"})
_SEVERAL = re.compile(r"[、,，;；/|\n\r\t ]+")
_NUMBER = re.compile(
    r"([+-]?(?:\d{1,3}(?:,\d{3})+|\d{1,18})(?:\.\d{1,15})?|[+-]?\.\d{1,15})(e[+-]?\d{1,2})?(.*)", re.DOTALL
)
_NOMINAL = re.compile(r"^(?:dn|φ|∅|ø|⌀)=?(?=\d)")
_LOST_DIGITS = re.compile(r"\d(?:\.\d+)?e\+\d+", re.IGNORECASE)
_DATE = re.compile(r"(\d{4})[年./\-](\d{1,2})(?:[月./\-](\d{1,2}))?[日号月]?")
_CLOCK = re.compile(r"[ t]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?$", re.IGNORECASE)
_PERIOD_BREAK = re.compile(r"至|到|~|—+|–|―|--+|(?<=[日号月])-")


def shown(cell: Cell) -> str:
    """A cell's content for a message, at most 60 characters."""
    if cell is None:
        return ""
    if isinstance(cell, float):
        return format(cell, ".15g")
    return " ".join(str(cell).split())[:SHOWN]


def is_blank(cell: Cell) -> bool:
    """Whether a cell is empty; "/" is not empty, though it says that nothing is recorded."""
    return cell is None or (isinstance(cell, str) and not cell.strip("\u200b\ufeff \t\r\n\u3000\xa0"))


def reader(field: Field, source: Unit | None = None, answers: Answers | None = None) -> Reader:
    """The function that reads the cells of one column.

    Args:
        field: what the column holds.
        source: the unit that its heading states; by default the one that the field is written in.
        answers: for a choice, codes that people gave for words which no alias covers.
    """
    match field.kind:
        case Kind.TEXT:
            return _each(field, lambda cell: _text(field, cell))
        case Kind.CODE:
            return _each(field, lambda cell: _code(field, cell))
        case Kind.DECIMAL:
            stated = source or field.written_unit
            return lambda cell: _decimal(field, cell, stated)
        case Kind.INTEGER:
            stated = source or field.written_unit
            return lambda cell: _integer(field, cell, stated)
        case Kind.YES_NO:
            return _yes_no
        case Kind.DATE:
            return lambda cell: read_date(cell, month_end=field.month_end)
        case Kind.TIME:
            return lambda cell: f"{cell:%Y-%m-%d %H:%M:%S}" if isinstance(cell, datetime) else _text(field, cell)
        case Kind.CHOICE:
            given = {squeeze(word): code for word, code in (answers or {}).items()}
            return _each(field, lambda cell: _choice(field, cell, given))
        case Kind.PERIOD | Kind.PLACE:
            raise ValueError(f"{field.name}: a {field.kind} is no single value")


def _each(field: Field, read_one: Callable[[Cell], str | None]) -> Reader:
    """For a column with several values, each in turn: 户号 0401、0402 is ("0401", "0402")."""
    if not field.several:
        return read_one

    def read_all(cell: Cell) -> Value:
        if not isinstance(cell, str):
            one = read_one(cell)
            return None if one is None else (one,)
        if is_none_recorded(cell):
            return None
        values = (read_one(part) for part in _SEVERAL.split(cell) if part)
        return tuple(dict.fromkeys(value for value in values if value is not None)) or None

    return read_all


def _text(field: Field, cell: Cell) -> str | None:
    if cell is None:
        return None
    if isinstance(cell, str):
        text = tidy(cell)
        if is_none_recorded(text):
            return None
    else:
        text = _plain(cell)
    return _fitting(field, text)


def _code(field: Field, cell: Cell) -> str | None:
    """A number or name that is an identity: kept as text, half-width, without blanks; 1.0 is "1".

    A number of more than 15 digits that Excel kept as a number has lost its last digits for good: refused.
    """
    if cell is None:
        return None
    if isinstance(cell, str):
        text = "".join(tidy(cell).split()).strip("'`")
        if is_none_recorded(text):
            return None
        text = text.translate(_CODE_PUNCTUATION)
        if _LOST_DIGITS.fullmatch(text):
            raise CellRefused("lost_digits", {"text": shown(cell)})
    else:
        if isinstance(cell, (int, float)) and not isinstance(cell, bool) and abs(cell) >= 10**15:
            raise CellRefused("lost_digits", {"text": shown(cell)})
        text = _plain(cell)
    return _fitting(field, text)


_CODE_PUNCTUATION = str.maketrans("（）－＿／．＃：", "()-_/.#:")


def _plain(cell: Cell) -> str:
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else format(cell, ".15g")
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    return str(cell)


def _fitting(field: Field, text: str) -> str:
    if len(text) > field.max_length:
        raise CellRefused("too_long", {"text": text[:SHOWN], "length": str(len(text)), "limit": str(field.max_length)})
    return text


def _number(field: Field, cell: Cell, stated: Unit) -> Decimal | None:
    """A figure in the field's unit. A unit in the cell (120米, DN100) goes before that of the heading."""
    if isinstance(cell, float) or (isinstance(cell, int) and not isinstance(cell, bool)):
        value = Decimal(format(cell, ".15g"))
        source = stated
    elif isinstance(cell, Decimal):
        value, source = cell, stated
    elif isinstance(cell, str):
        if is_none_recorded(cell):
            return None
        value, source = _typed_number(cell, stated, nominal=field.unit == "mm")
    elif cell is None:
        return None
    else:
        raise _not_a_number(cell, stated)
    if not value.is_finite() or abs(value) >= 10**18:
        raise _not_a_number(cell, stated)
    return convert(value, source, field.value_unit)


def _typed_number(cell: str, stated: Unit, *, nominal: bool) -> tuple[Decimal, Unit]:
    text = squeeze(cell).lstrip("'")
    source = stated
    if nominal and _NOMINAL.match(text):
        text, source = _NOMINAL.sub("", text, count=1), unit("mm")
    found = _NUMBER.fullmatch(text)
    if found is None:
        raise _not_a_number(cell, stated)
    figure, exponent, tail = found.groups()
    if tail:
        written = find_unit(tail, stated.dimension)
        if written is None:
            raise _not_a_number(cell, stated)
        source = written
    return Decimal(figure.replace(",", "") + (exponent or "")), source


def _not_a_number(cell: Cell, stated: Unit) -> CellRefused:
    return CellRefused("not_a_number", {"text": shown(cell), "unit": stated.symbol})


def _decimal(field: Field, cell: Cell, stated: Unit) -> Decimal | None:
    value = _number(field, cell, stated)
    if value is None:
        return None
    if field.places is not None:
        value = value.quantize(Decimal(1).scaleb(-field.places), ROUND_HALF_UP)
    _check_range(field, value, cell)
    return value


def _integer(field: Field, cell: Cell, stated: Unit) -> int | None:
    value = _number(field, cell, stated)
    if value is None:
        return None
    if value != value.to_integral_value():
        raise CellRefused("not_an_integer", {"text": shown(cell), "unit": stated.symbol})
    _check_range(field, value, cell)
    return int(value)


def _check_range(field: Field, value: Decimal, cell: Cell) -> None:
    too_low = field.minimum is not None and value < field.minimum
    if too_low or (field.maximum is not None and value > field.maximum):
        symbol = field.value_unit.symbol
        low = "" if field.minimum is None else str(field.minimum)
        high = "" if field.maximum is None else str(field.maximum)
        code = "out_of_range" if low and high else "too_small" if low else "too_large"
        raise CellRefused(code, {"text": shown(cell), "minimum": low, "maximum": high, "unit": symbol})


def _yes_no(cell: Cell) -> bool | None:
    if cell is None or isinstance(cell, bool):
        return cell
    word = squeeze(_plain(cell))
    if word in _YES:
        return True
    if word in _NO:
        return False
    if is_none_recorded(word):
        return None
    raise CellRefused("not_yes_or_no", {"text": shown(cell)})


@lru_cache(maxsize=64)
def _words(choices: tuple[Choice, ...]) -> dict[str, tuple[str, ...]]:
    """Every word for each code; a word of two codes is unclear."""
    words: dict[str, tuple[str, ...]] = {}
    for choice in choices:
        for word in {squeeze(text) for text in (choice.code, choice.label, *choice.aliases)}:
            words[word] = (*words.get(word, ()), choice.code)
    return words


def _choice(field: Field, cell: Cell, answers: Answers) -> str | None:
    if cell is None:
        return None
    word = squeeze(_plain(cell))
    codes = _words(field.choices).get(word, ())
    if len(codes) == 1:
        return codes[0]
    if word in answers:
        return answers[word]
    labels = {choice.code: choice.label for choice in field.choices}
    if codes:
        raise CellRefused("unclear_choice", {"text": shown(cell), "allowed": "、".join(labels[code] for code in codes)})
    if is_none_recorded(word):
        return None
    raise CellRefused("unknown_choice", {"text": shown(cell), "allowed": "、".join(labels.values())})


# --- dates ---


def read_date(cell: Cell, *, month_end: bool = False) -> date | None:
    """A day: 2023.4.5, 2023年4月5日, 2023/4/5, 20230405, an Excel date or its serial number.

    A month without day (2023.4, 2023年4月) is its first day, or with `month_end` its last. A number 2023.1 may have
    been 2023.10 before Excel took it, so it is refused. 长期 and 永久 record no day.

    Raises:
        CellRefused: not_a_date, unclear_date, date_without_month, out_of_range.
    """
    if cell is None:
        return None
    if isinstance(cell, datetime):
        return _possible(cell.date(), cell)
    if isinstance(cell, date):
        return _possible(cell, cell)
    if isinstance(cell, (bool, time, timedelta)):
        raise CellRefused("not_a_date", {"text": shown(cell)})
    if not isinstance(cell, str):
        return _date_from_number(cell, month_end)
    text = tidy(cell)
    word = squeeze(text)
    if is_none_recorded(word) or word in _OPEN_END:
        return None
    plain = squeeze(_CLOCK.sub("", text))
    found = _DATE.fullmatch(plain)
    if found:
        return _day(found[1], found[2], found[3], cell, month_end)
    if re.fullmatch(r"\d{5,8}", plain):
        return _date_from_digits(plain, cell, month_end)
    if re.fullmatch(r"\d{4}年?", plain):
        raise CellRefused("date_without_month", {"text": shown(cell)})
    raise CellRefused("not_a_date", {"text": shown(cell)})


def _date_from_number(cell: int | float | Decimal, month_end: bool) -> date:
    text = format(cell, ".15g") if isinstance(cell, float) else str(cell)
    if re.fullmatch(r"\d{5,8}(\.\d+)?", text):
        return _date_from_digits(text.split(".", maxsplit=1)[0], cell, month_end)
    year, _, month = text.partition(".")
    if re.fullmatch(r"\d{4}", year) and FIRST_YEAR <= int(year) <= LAST_YEAR:
        if not month:
            raise CellRefused("date_without_month", {"text": text})
        if month == "1":
            raise CellRefused("unclear_date", {"text": text})
        if re.fullmatch(r"\d{1,2}", month):
            return _day(year, month, None, cell, month_end)
    raise CellRefused("not_a_date", {"text": shown(cell)})


def _date_from_digits(digits: str, cell: Cell, month_end: bool) -> date:
    if len(digits) == 5 and int(digits) in _SERIALS:
        return _EXCEL_DAY_ZERO + timedelta(days=int(digits))
    if len(digits) == 6:
        return _day(digits[:4], digits[4:], None, cell, month_end)
    if len(digits) == 8:
        return _day(digits[:4], digits[4:6], digits[6:], cell, month_end)
    raise CellRefused("not_a_date", {"text": shown(cell)})


def _day(year: str, month: str, day: str | None, cell: Cell, month_end: bool) -> date:
    try:
        if day is None:
            last = calendar.monthrange(int(year), int(month))[1] if 1 <= int(month) <= 12 else 0
            return _possible(date(int(year), int(month), last if month_end else 1), cell)
        return _possible(date(int(year), int(month), int(day)), cell)
    except ValueError:
        raise CellRefused("not_a_date", {"text": shown(cell)}) from None


def _possible(day: date, cell: Cell) -> date:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise CellRefused(
            "out_of_range",
            {"text": shown(cell), "minimum": f"{FIRST_YEAR}-01-01", "maximum": f"{LAST_YEAR}-12-31", "unit": ""},
        )
    return day


def read_period(cell: Cell) -> tuple[date | None, date | None]:
    """First and last day of one cell: 2023.1.1-2027.12.31, 2023年1月至2027年12月, 2023年4月5日至长期.

    Raises:
        CellRefused: not_a_period, period_reversed, and as `read_date`.
    """
    if cell is None or (isinstance(cell, str) and is_none_recorded(cell)):
        return None, None
    if not isinstance(cell, str):
        raise CellRefused("not_a_period", {"text": shown(cell)})
    plain = squeeze(cell).removeprefix("自").removeprefix("从").removesuffix("止")
    if plain in _OPEN_END:
        return None, None
    parts = [part for part in _PERIOD_BREAK.split(plain) if part]
    if len(parts) != 2:
        parts = [found[0] for found in _DATE.finditer(plain)]
        if len(parts) != 2 or len("".join(parts)) < len(plain) - 1:
            raise CellRefused("not_a_period", {"text": shown(cell)})
    first = read_date(parts[0].removesuffix("起"))
    last = read_date(parts[1], month_end=True)
    if first is not None and last is not None and last < first:
        raise CellRefused("period_reversed", {"text": shown(cell)})
    return first, last
