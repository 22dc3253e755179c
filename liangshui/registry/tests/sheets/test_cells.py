"""One cell, by kind of column; and units."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from liangshui.registry.sheets.cells import Cell, read_date, read_period, reader
from liangshui.registry.sheets.fields import Choice, Field, Kind, Value
from liangshui.registry.sheets.problems import CellRefused
from liangshui.registry.sheets.units import convert, find_unit, unit

DEPTH = Field(name="depth", heading="井深", kind=Kind.DECIMAL, unit="m", minimum=Decimal(0), maximum=Decimal(5000))
PIPE = Field(name="pipe", heading="管径", kind=Kind.DECIMAL, unit="mm")
CODE = Field(name="code", heading="编号", kind=Kind.CODE)
TEXT = Field(name="text", heading="名称", max_length=20)
CODES = Field(name="codes", heading="户号", kind=Kind.CODE, several=True)
DIGITS = Field(name="digits", heading="位数", kind=Kind.INTEGER)
ONLINE = Field(name="online", heading="在线", kind=Kind.YES_NO)
SOURCE = Field(
    name="source",
    heading="水源",
    kind=Kind.CHOICE,
    choices=(
        Choice("shallow", "浅层地下水", ("地下水",)),
        Choice("deep", "深层地下水", ("地下水",)),
        Choice("none", "无"),
    ),
)


@pytest.mark.parametrize(
    ("field", "cell", "value"),
    [
        (DEPTH, 120.0, Decimal(120)),
        (DEPTH, 0.1 + 0.2, Decimal("0.3")),
        (DEPTH, " １ ２０．５ ", Decimal("120.5")),
        (DEPTH, "1,200", Decimal(1200)),
        (DEPTH, "'80", Decimal(80)),
        (DEPTH, "120米", Decimal(120)),
        (DEPTH, "120 m", Decimal(120)),
        (DEPTH, "8000厘米", Decimal(80)),
        (DEPTH, "1.2E+2", Decimal(120)),
        (DEPTH, "/", None),
        (DEPTH, "——", None),
        (DEPTH, "无", None),
        (DEPTH, "　", None),
        (PIPE, "DN100", Decimal(100)),
        (PIPE, "Φ110", Decimal(110)),
        (PIPE, "φ 200mm", Decimal(200)),
        (CODE, 1.0, "1"),
        (CODE, 150625001.0, "150625001"),
        (CODE, "００１２－３", "0012-3"),
        (CODE, " 0477 123 ", "0477123"),
        (CODE, "'0012", "0012"),
        (CODE, "／", None),
        (TEXT, "锡 尼\n镇", "锡尼镇"),
        (TEXT, "张  三", "张三"),
        (TEXT, "Ａ区（东）", "A区（东）"),
        (TEXT, "3 社 1 号井", "3 社 1 号井"),
        (TEXT, 3.0, "3"),
        (TEXT, "a\x00b", "ab"),
        (CODES, "0401、0402，0403; 0401", ("0401", "0402", "0403")),
        (CODES, 401.0, ("401",)),
        (CODES, "无", None),
        (DIGITS, "６位", 6),
        (DIGITS, 6.0, 6),
        (ONLINE, "是", True),
        (ONLINE, "√", True),
        (ONLINE, 1.0, True),
        (ONLINE, "无", False),
        (ONLINE, "×", False),
        (ONLINE, 0.0, False),
        (ONLINE, "/", None),
        (SOURCE, "浅 层 地 下 水", "shallow"),
        (SOURCE, "deep", "deep"),
        (SOURCE, "无", "none"),
        (SOURCE, "-", None),
    ],
)
def test_a_cell_gives_its_value(field: Field, cell: Cell, value: Value) -> None:
    assert reader(field)(cell) == value


@pytest.mark.parametrize(
    ("field", "cell", "code", "params"),
    [
        (DEPTH, "一百二", "not_a_number", {"text": "一百二", "unit": "m"}),
        (DEPTH, "约120", "not_a_number", {"text": "约120", "unit": "m"}),
        (DEPTH, "100-120", "not_a_number", {"text": "100-120", "unit": "m"}),
        (DEPTH, "1,20", "not_a_number", {"text": "1,20", "unit": "m"}),
        (DEPTH, "120方", "not_a_number", {"text": "120方", "unit": "m"}),
        (DEPTH, "DN100", "not_a_number", {"text": "DN100", "unit": "m"}),
        (DEPTH, True, "not_a_number", {"text": "True", "unit": "m"}),
        (DEPTH, float("nan"), "not_a_number", {"text": "nan", "unit": "m"}),
        (DEPTH, -5, "out_of_range", {"text": "-5", "minimum": "0", "maximum": "5000", "unit": "m"}),
        (DEPTH, "6000", "out_of_range", {"text": "6000", "minimum": "0", "maximum": "5000", "unit": "m"}),
        (DIGITS, 6.5, "not_an_integer", {"text": "6.5", "unit": ""}),
        (CODE, 9.1150625e17, "lost_digits", {"text": "9.1150625e+17"}),
        (CODE, "4.01E+11", "lost_digits", {"text": "4.01E+11"}),
        (TEXT, "很" * 21, "too_long", {"text": "很" * 21, "length": "21", "limit": "20"}),
        (ONLINE, "大概", "not_yes_or_no", {"text": "大概"}),
        (SOURCE, "地下水", "unclear_choice", {"text": "地下水", "allowed": "浅层地下水、深层地下水"}),
        (SOURCE, "天上水", "unknown_choice", {"text": "天上水", "allowed": "浅层地下水、深层地下水、无"}),
    ],
)
def test_a_cell_that_does_not_fit_is_refused_with_what_it_holds(
    field: Field, cell: Cell, code: str, params: dict[str, str]
) -> None:
    with pytest.raises(CellRefused) as caught:
        reader(field)(cell)
    assert (caught.value.code, caught.value.params) == (code, params)


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2023.4.5", date(2023, 4, 5)),
        ("2023年4月5日", date(2023, 4, 5)),
        ("2023/4/5", date(2023, 4, 5)),
        ("2023-04-05 00:00:00", date(2023, 4, 5)),
        ("２０２３．４．５", date(2023, 4, 5)),
        ("20230405", date(2023, 4, 5)),
        (20230405, date(2023, 4, 5)),
        (45021.0, date(2023, 4, 5)),
        ("45021", date(2023, 4, 5)),
        (datetime(2023, 4, 5, 8), date(2023, 4, 5)),
        ("2023年4月", date(2023, 4, 1)),
        ("2023.10", date(2023, 10, 1)),
        (2023.4, date(2023, 4, 1)),
        (2023.11, date(2023, 11, 1)),
        ("长期", None),
        ("/", None),
    ],
)
def test_dates_as_bureaus_write_them(cell: Cell, day: date | None) -> None:
    assert read_date(cell) == day


def test_a_month_that_ends_something_is_its_last_day() -> None:
    assert read_date("2024年2月", month_end=True) == date(2024, 2, 29)


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        (2023.1, "unclear_date"),
        (2023, "date_without_month"),
        ("2023年", "date_without_month"),
        ("2023.13.1", "not_a_date"),
        ("2023.2.30", "not_a_date"),
        ("去年", "not_a_date"),
        ("23.4.5", "not_a_date"),
        (True, "not_a_date"),
        ("0023.4.5", "out_of_range"),
    ],
)
def test_what_may_be_another_day_is_refused(cell: Cell, code: str) -> None:
    with pytest.raises(CellRefused) as caught:
        read_date(cell)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("cell", "period"),
    [
        ("2023.1.1-2027.12.31", (date(2023, 1, 1), date(2027, 12, 31))),
        ("2023-01-01-2027-12-31", (date(2023, 1, 1), date(2027, 12, 31))),
        ("2023年1月至2027年2月", (date(2023, 1, 1), date(2027, 2, 28))),
        ("自2023年4月5日起至长期", (date(2023, 4, 5), None)),
        ("2023/4/5～2028/4/4", (date(2023, 4, 5), date(2028, 4, 4))),
        ("/", (None, None)),
    ],
)
def test_periods_as_permits_write_them(cell: Cell, period: tuple[date | None, date | None]) -> None:
    assert read_period(cell) == period


@pytest.mark.parametrize(
    ("value", "source", "target", "result"),
    [
        ("12.5", "万m³", "m³", "125000"),
        ("1", "亿m³", "万m³", "10000"),
        ("1", "公顷", "亩", "15"),
        ("2000", "m²", "亩", "3"),
        ("1", "m³/s", "m³/h", "3600"),
        ("10", "L/s", "m³/h", "36"),
        ("0.25", "m³/s", "m³/d", "21600"),
        ("50", "m³/h", "m³/d", "1200"),
        ("100", "m³/d", "m³/h", "4.166666667"),
        ("4", "英寸", "mm", "101.6"),
        ("10", "马力", "kW", "7.3549875"),
        ("1.2", "万kWh", "kWh", "12000"),
    ],
)
def test_units_convert_exactly(value: str, source: str, target: str, result: str) -> None:
    assert convert(Decimal(value), unit(source), unit(target)) == Decimal(result)


@pytest.mark.parametrize(
    ("text", "dimension", "symbol"),
    [
        ("万立方米", "volume", "万m³"),
        ("（㎥）", "volume", "m³"),
        ("10⁴m³", "volume", "万m³"),
        ("㎥/h", "flow_hour", "m³/h"),
        ("单位：万 亩", "area", "万亩"),
        ("ＫＷ", "power", "kW"),
        ("㎜", "length", "mm"),
        ("度", "energy", "kWh"),
    ],
)
def test_units_are_known_however_written(text: str, dimension: str, symbol: str) -> None:
    found = find_unit(text, dimension)
    assert found is not None
    assert found.symbol == symbol


def test_what_measures_something_else_is_not_converted() -> None:
    with pytest.raises(ValueError, match="is no area"):
        convert(Decimal(1), unit("m"), unit("亩"))
