"""Quotas of use from and to Excel: a row a quota."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from django.utils.translation import gettext as _

from liangshui.core.errors import Invalid
from liangshui.quota.models import Norm
from liangshui.quota.rules.norms import Measure
from liangshui.registry.sentences import cell_words, table_words
from liangshui.registry.sheets.fields import Choice, Field, Kind
from liangshui.registry.sheets.problems import SheetError
from liangshui.registry.sheets.table import read_tables
from liangshui.registry.sheets.workbook import read_workbook
from liangshui.registry.sheets.write import SheetOut, write_workbook

FIELDS = (
    Field(
        name="measure", heading="类别", aliases=("定额类别", "用水类别"), kind=Kind.CHOICE, required=True,
        meaning="作物按 m³/亩，居民、牲畜按 L/人(头)·日，产品按 m³/产品单位，绿地按 m³/m²·年",
        choices=(
            Choice(Measure.MU, "作物", ("灌溉", "农作物", "农业灌溉")),
            Choice(Measure.PERSON, "居民", ("人口", "生活", "居民生活")),
            Choice(Measure.HEAD, "牲畜", ("畜禽", "养殖")),
            Choice(Measure.PRODUCT, "产品", ("工业", "服务业", "行业")),
            Choice(Measure.SQUARE_METRE, "绿地", ("绿化",)),
        ),
    ),
    Field(name="what", heading="名称", aliases=("作物名称", "产品名称", "行业名称", "用水对象"), required=True, max_length=60, example="玉米"),
    Field(name="trade_code", heading="行业代码", aliases=("行业分类代码",), max_length=5, meaning="GB/T 4754 代码", example="C2614"),
    Field(name="conditions", heading="适用条件", aliases=("条件", "分区", "灌溉方式", "水文年型"), max_length=80, example="滴灌，75%"),
    Field(name="product_unit", heading="产品单位", aliases=("计量单位",), max_length=20, meaning="只有产品填写", example="t"),
    Field(name="value", heading="通用值", aliases=("定额", "定额值", "用水定额"), kind=Kind.DECIMAL, required=True, places=6, example="180"),
    Field(name="advanced", heading="先进值", aliases=("先进定额",), kind=Kind.DECIMAL, places=6),
    Field(name="place", heading="表号或页码", aliases=("表号", "页码", "出处"), max_length=30, example="表 3"),
)  # fmt: skip
TEXTS = ("trade_code", "conditions", "product_unit", "place")


def read(content: bytes) -> list[dict[str, Any]]:
    """Rows of all sheets.

    Raises:
        Invalid: the file cannot be read, or a row of it; which one, and why.
    """
    try:
        tables = read_tables(read_workbook(content), FIELDS).tables
    except SheetError as error:
        raise Invalid(table_words(error.code, error.params), field="file") from error
    faults = [
        _("Row %(n)s: %(why)s") % {"n": row.number, "why": " ".join(cell_words(asdict(each)) for each in row.problems)}
        for table in tables
        for row in table.rows
        if row.problems
    ]
    if faults:
        raise Invalid("\n".join(faults[:20]), field="file")
    found = [dict(row.values) for table in tables for row in table.rows]
    if not found:
        raise Invalid(_("The file has no row of quotas. Take the blank sheet, and fill it."), field="file")
    return [row | {name: row.get(name) or "" for name in TEXTS} for row in found]


def write(rows: Iterable[Norm]) -> bytes:
    """Quotas in the form that is read back; without any the blank sheet."""
    found = [{field.name: getattr(row, field.name) or None for field in FIELDS} for row in rows]
    return write_workbook([SheetOut(_("Quotas of use"), FIELDS, found)])
