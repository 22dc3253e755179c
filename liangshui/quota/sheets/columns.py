"""Columns of the sheets of the red lines: sources and uses as ledgers write them, control indicators (控制指标), quotas of use
(用水定额). Codes as in registry/codes.py, quota/models.py and quota/rules/norms.py."""

from decimal import Decimal

from liangshui.registry.sheets.fields import Choice, Field, Kind

SOURCES = (
    Choice("surface", "地表水", ("黄河水", "河水")),
    Choice("shallow_groundwater", "浅层地下水", ("浅层水",)),
    Choice("deep_groundwater", "深层地下水", ("深层水", "承压水")),
    Choice("mine_drainage", "疏干水", ("矿坑水", "矿井水")),
    Choice("reclaimed", "再生水", ("中水",)),
    Choice("rain", "雨水", ("集雨",)),
    Choice("other", "其他"),
)
SECTORS = (
    Choice("living", "生活", ("生活用水",)),
    Choice("industry", "工业", ("工业用水",)),
    Choice("agriculture", "农牧业", ("农业", "牧业", "农业用水")),
    Choice("ecology", "生态", ("生态用水", "生态环境")),
)

INDICATORS = (
    Field(
        name="year", heading="年份", aliases=("年度",), kind=Kind.INTEGER, required=True, minimum=Decimal(2000), maximum=Decimal(2100),
        meaning="指标所属的年份", example="2026",
    ),
    Field(
        name="place", heading="地区或者管理单元", aliases=("地区", "行政区", "苏木镇", "旗区", "管理单元"), required=True, width=20,
        meaning="本旗县、苏木镇或者地下水管理单元的名称或者编码；管理单元只有地下水用水量指标", example="锡尼镇",
    ),
    Field(
        name="kind", heading="指标", aliases=("指标名称", "控制指标"), kind=Kind.CHOICE, required=True, width=24, example="用水总量",
        choices=(
            Choice("total", "用水总量", ("用水总量控制指标",)),
            Choice("groundwater", "地下水用水量", ("地下水", "地下水用水总量", "地下水取用水量")),
            Choice("surface", "地表水用水量", ("地表水",)),
            Choice("unconventional", "非常规水利用量", ("非常规水", "非常规水源利用量", "非常规水最低利用量")),
            Choice("per_gdp", "万元GDP用水量", ("万元地区生产总值用水量", "万元国内生产总值用水量")),
            Choice("per_industry", "万元工业增加值用水量"),
            Choice("gdp_fall", "万元GDP用水量下降率", ("万元地区生产总值用水量下降率", "万元国内生产总值用水量下降率")),
            Choice("industry_fall", "万元工业增加值用水量下降率"),
            Choice("irrigation", "灌溉水有效利用系数", ("农田灌溉水有效利用系数",)),
            Choice("zones", "水功能区达标率", ("重要水功能区水质达标率", "水功能区水质达标率")),
        ),
    ),
    Field(
        name="source_kind", heading="水源", aliases=("水源类型",), kind=Kind.CHOICE, choices=SOURCES,
        meaning="只填单列一种水源的地下水、非常规水指标；空着为该指标的全部水源", example="深层地下水",
    ),
    Field(
        name="sector", heading="用途", aliases=("行业", "用水行业"), kind=Kind.CHOICE, choices=SECTORS,
        meaning="只填按用途单列的水量指标；空着为全部用途", example="农牧业",
    ),
    Field(
        name="target", heading="目标值", aliases=("控制目标", "目标", "指标值", "控制指标值"), kind=Kind.DECIMAL, places=4, minimum=Decimal(0),
        meaning="水量按万m³填写，万元用水量按m³填写，下降率、达标率按百分数填写；分配水量台账里已有的目标不填", example="5200",
    ),
    Field(name="document", heading="文件名称", aliases=("依据文件", "文件"), max_length=120, width=30, example="关于下达用水总量控制指标的通知"),
    Field(name="document_number", heading="文号", aliases=("文件编号",), max_length=60, width=20, example="鄂水发〔2026〕3号"),
    Field(name="issued_on", heading="发文日期", aliases=("文件日期",), kind=Kind.DATE, example="2026-01-05"),
    Field(
        name="amount_10k_yuan", heading="地区生产总值或者工业增加值", aliases=("地区生产总值", "工业增加值", "GDP"), kind=Kind.DECIMAL, places=4,
        minimum=Decimal("0.0001"), meaning="按万元填写；下降率按基期年份的可比价", example="1200000",
    ),
    Field(
        name="base_m3_per_10k_yuan", heading="基期万元用水量", kind=Kind.DECIMAL, places=4, minimum=Decimal("0.0001"),
        meaning="按m³填写，只用于下降率", example="38.5",
    ),
    Field(
        name="base_year", heading="基期年份", kind=Kind.INTEGER, minimum=Decimal(1990), maximum=Decimal(2100), meaning="只用于下降率",
        example="2020",
    ),
    Field(
        name="net_m3", heading="净灌溉水量", kind=Kind.DECIMAL, unit="m³", places=3, minimum=Decimal(0),
        meaning="只用于灌溉水有效利用系数", example="56000000",
    ),
    Field(
        name="gross_m3", heading="毛灌溉水量", kind=Kind.DECIMAL, unit="m³", places=3, minimum=Decimal(0),
        meaning="只用于灌溉水有效利用系数", example="100000000",
    ),
    Field(
        name="actual", heading="实际值", aliases=("完成值", "实际完成值"), kind=Kind.DECIMAL, places=4, minimum=Decimal(0),
        meaning="只填水功能区达标率，或者测算好的灌溉水有效利用系数；水量由水账给出，不填", example="0.56",
    ),
    Field(
        name="actual_source", heading="数据来源", max_length=200, width=24, meaning="生产总值、系数、达标率等的出处", example="统计公报",
    ),
)  # fmt: skip
"""A row an indicator."""

NORMS = (
    Field(
        name="measure", heading="类别", aliases=("定额类别", "用水类别"), kind=Kind.CHOICE, required=True,
        meaning="作物按 m³/亩，居民、牲畜按 L/人(头)·日，产品按 m³/产品单位，绿地按 m³/m²·年",
        choices=(
            Choice("mu", "作物", ("灌溉", "农作物", "农业灌溉")),
            Choice("person", "居民", ("人口", "生活", "居民生活")),
            Choice("head", "牲畜", ("畜禽", "养殖")),
            Choice("product", "产品", ("工业", "服务业", "行业")),
            Choice("m2", "绿地", ("绿化",)),
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
