"""Whatever a cell, a sheet or a file holds, reading ends in a value or in our own refusal, never in another exception."""

import contextlib
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from liangshui.registry.sheets.cells import read_date, read_period, reader
from liangshui.registry.sheets.fields import Field, Kind
from liangshui.registry.sheets.ledger import LEDGER, find_duplicates, read_ledger
from liangshui.registry.sheets.places import Extent, Place, find_system, read_pair, read_place, read_sexagesimal
from liangshui.registry.sheets.problems import CellRefused, SheetError
from liangshui.registry.sheets.shapes import read_shapes
from liangshui.registry.sheets.table import Where, read_table
from liangshui.registry.sheets.workbook import Merge, Sheet, read_workbook
from liangshui.registry.sheets.write import SheetOut, write_workbook

WORKBOOKS = Path(__file__).parent / "workbooks"
COUNTY = Extent(106.9, 39.3, 109.2, 40.9)

habits = st.text(
    alphabet="0123456789.,/-—度分秒°′″'\"年月日EN东经北纬万亿m³亩 　１２（）()至长期无√eE+:、\n", max_size=24
)
cells = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=30),
    habits,
    st.dates(),
    st.datetimes(),
    st.times(),
    st.timedeltas(),
    st.decimals(),
)
headings = st.sampled_from(
    [text for field in LEDGER for text in (field.heading, field.written_heading, *field.aliases)]
)


@given(cells)
def test_any_cell_in_any_column(
    cell: bool | int | float | str | date | datetime | time | timedelta | Decimal | None,
) -> None:
    for field in (*LEDGER, Field(name="online", heading="在线", kind=Kind.YES_NO)):
        if field.kind not in {Kind.PLACE, Kind.PERIOD}:
            with contextlib.suppress(CellRefused):
                reader(field)(cell)
    with contextlib.suppress(CellRefused):
        read_date(cell, month_end=True)
    with contextlib.suppress(CellRefused):
        read_period(cell)


@given(
    cells,
    cells,
    st.one_of(st.none(), habits, st.sampled_from(["CGCS2000 108", "高德", "百度", "中央经线 108", "36带"])),
)
def test_any_two_cells_as_a_place(first: object, second: object, words: str | None) -> None:
    system = find_system(words) if words else None
    for extent in (None, COUNTY):
        with contextlib.suppress(CellRefused):
            place = read_place(first, second, system=system, extent=extent)
            assert place is None or extent is None or extent.holds(float(place.lon), float(place.lat))
        with contextlib.suppress(CellRefused):
            read_pair(first, system=system, extent=extent)
        with contextlib.suppress(CellRefused):
            read_sexagesimal((first, second, first, second, first, second), system=system, extent=extent)


@given(
    st.lists(headings, min_size=1, max_size=12),
    st.lists(st.lists(st.one_of(cells, headings), max_size=14), max_size=8),
    st.lists(st.tuples(*[st.integers(0, 9)] * 4), max_size=4),
)
@settings(max_examples=60, deadline=None)
def test_any_rows_below_and_above_headings(
    heads: list[str], rows: list[list[object]], merges: list[tuple[int, int, int, int]]
) -> None:
    body = [*rows[:2], [*heads], *rows[2:]]
    ranges = tuple(Merge(min(a, c), min(b, d), max(a, c), max(b, d)) for a, b, c, d in merges)
    table = read_table(Sheet("青泉镇", body, ranges), LEDGER, where=Where(COUNTY))  # type: ignore[arg-type]
    find_duplicates([table])
    numbers = [row.number for row in table.rows] + [row.number for row in table.skipped]
    assert len(numbers) == len(set(numbers))


@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"{", b"<kml>", b"\xff\xfe"]),
)
def test_any_bytes_as_a_file(content: bytes, start: bytes) -> None:
    for read in (read_workbook, read_shapes, read_ledger):
        with contextlib.suppress(SheetError):
            read(start + content)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_workbook_with_damaged_bytes(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(["permits.xlsx", "census.xls", "list_gbk.csv"]))
    content = bytearray((WORKBOOKS / name).read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(SheetError):
        read_ledger(bytes(content), where=Where(COUNTY))


texts = st.text(alphabet="上泉井ABC123（）=+'-", min_size=1, max_size=12)


@given(
    st.builds(
        dict,
        town=st.just("青泉镇"),
        user_name=texts.map(lambda text: "户" + text),
        code=st.from_regex(r"[A-Z0-9]{2,10}", fullmatch=True),
        depth_m=st.one_of(st.none(), st.decimals(0, 5000, places=2)),
        permitted_m3=st.one_of(st.none(), st.decimals(0, 10**12, places=3)),
        permit_from=st.one_of(st.none(), st.dates(date(1950, 1, 1), date(2199, 12, 31))),
        place=st.one_of(
            st.none(),
            st.builds(
                lambda lon, lat: Place(lon, lat, "degrees"),
                st.decimals("73.1234", "135.9", places=6).filter(lambda d: d.as_tuple().digits[-1] != 0),
                st.decimals("3.1", "53.9", places=6),
            ),
        ),
    )
)
@settings(max_examples=40, deadline=None)
def test_whatever_is_written_reads_back(row: dict[str, object]) -> None:
    (table,) = read_ledger(write_workbook([SheetOut("台账", LEDGER, [row])])).tables  # type: ignore[list-item]
    assert table.rows[0].problems == ()
    values = {name: value for name, value in table.rows[0].values.items() if value is not None}
    assert values == {name: value for name, value in row.items() if value is not None}
