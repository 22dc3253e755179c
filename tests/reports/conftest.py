"""A county with two towns whose wells have volumes of three months, and the empty tables that its superiors want."""

import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from liangshui.accounting import services as accounting
from liangshui.accounting.models import DayVolume
from liangshui.core.access import SYSTEM
from liangshui.quota.models import AllotmentEntry
from liangshui.registry.models import Source
from tests.accounting.conftest import Place

MAY = date(2025, 5, 1)


class Reports(Place):
    """Wells 甲 (shallow, agriculture), 甲矿 (mine drainage, industry) and 乙 (shallow, agriculture)."""

    def __init__(self) -> None:
        super().__init__()
        drainage = Source.objects.create(code="S2", name="疏干水", kind="mine_drainage")
        farmer, mine = self.user("UA"), self.user("UM")
        other = self.user("UB", self.town_b)
        self.wells = {
            "a": self.well("WA", farmer),
            "m": self.well("WM", mine, source=drainage, sector="industry", kind="mine_outlet"),
            "b": self.well("WB", other),
        }
        for name, month, volume in (
            ("a", 4, 20_000), ("a", 5, 34_567), ("m", 5, 10_000), ("b", 5, 25_004), ("b", 4, 20_000),
        ):  # fmt: skip
            self.took(name, date(2025, month, 3), volume)
        AllotmentEntry.objects.create(
            year=2025, source_kind="shallow_groundwater", county=self.county, town=self.town_a,
            change_m3=Decimal(100_000), counts_from=date(2025, 1, 1),
        )  # fmt: skip
        self.count_up()

    def took(self, name: str, day: date, volume: int) -> None:
        value = Decimal(volume)
        DayVolume.objects.update_or_create(
            intake=self.wells[name], day=day, method="register",
            defaults={"volume_m3": value, "low_m3": value, "high_m3": value, "readings": 2, "computed_at": accounting.timezone.now()},
        )  # fmt: skip

    def count_up(self) -> None:
        accounting.recompute(SYSTEM, None, date(2024, 1, 1), date(2026, 1, 1), "test", volumes=False)


@pytest.fixture
def reports(db) -> Reports:
    return Reports()


def book(rows: list[list[Any]], merged: tuple[str, ...] = ()) -> bytes:
    """An empty table."""
    made, out = Workbook(), io.BytesIO()
    made.active.title = "表1"
    for row in rows:
        made.active.append(row)
    for block in merged:
        made.active.merge_cells(block)
    made.save(out)
    return out.getvalue()


MONTHLY = [
    ["月度取水量表（单位：万m³）"],
    ["苏木镇", "地下水", "疏干水", "合计", "上月合计", "本年累计"],
    ["甲镇", None, None, "=B3+C3"],
    ["乙镇", None, None, "=B4+C4"],
    ["合计", None, None, "=B5+C5"],
]

MAPPING = """
name: 月报
period: month
in: 10k_m3
marks:
- {at: B3:C5, figure: abstraction}
- {at: E3:F5, figure: abstraction}
- {at: 3:3, town: 甲镇}
- {at: 4:4, town: 乙镇}
- {at: B:B, source: [shallow_groundwater, deep_groundwater]}
- {at: C:C, source: mine_drainage}
- {at: E:E, span: last}
- {at: F:F, span: to_date}
sums:
- {total: B5, parts: B3:B4}
"""


def values(content: bytes, sheet: str = "表1") -> list[list[Any]]:
    """A workbook's cells, row by row."""
    return [[cell.value for cell in row] for row in load_workbook(io.BytesIO(content))[sheet].iter_rows()]
