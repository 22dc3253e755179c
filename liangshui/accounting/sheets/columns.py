"""The columns of sheets that tell volumes: stated volumes, electricity, coefficients. Wide (a column a month) or long."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from liangshui.accounting.sheets.periods import FIRST_YEAR, LAST_YEAR
from liangshui.registry.sheets.fields import Choice, Field, Kind, by_name, words
from liangshui.registry.sheets.ledger import LEDGER, SECTORS, SOURCES

ZERO = Decimal(0)
LARGEST_M3 = Decimal(10) ** 11
LARGEST_KWH = Decimal(10) ** 9

METHODS = (
    Choice("read", "抄表", words("人工抄表 抄见 表计 水表 计量 抄表水量 水表计量 现场抄表 抄录")),
    Choice("certified", "核定", words("核定量 核定水量 审核 税务核定 水行政核定 核算")),
    Choice("declared", "直报", words("申报 自报 上报 填报 统计直报 报送 用户申报 纳税申报 自行申报")),
    Choice("quota", "定额估算", words("定额 按定额 定额法 定额推算 定额测算")),
    Choice("capacity", "按能力", words("按取水能力 设计能力 取水能力 最大取水能力 按设计能力 设施能力")),
    Choice("estimate", "估算", words("推算 估计 测算 典型推算 样本推算 调查 估报")),
)
"""How a stated volume was found."""


def _ledger(name: str, **changes: object) -> Field:
    return replace(by_name(LEDGER)[name], **changes)  # type: ignore[arg-type]


def _months(unit: str, names: str) -> Iterator[Field]:
    """A column a month, quarter or year, with and without the year in its heading: 1月, 2023年1月, 2023.01, 一季度."""

    def column(name: str, heading: str, *aliases: str) -> Field:
        others = tuple(dict.fromkeys(alias for alias in aliases if alias != heading))
        return Field(
            name=name, heading=heading, aliases=others, kind=Kind.DECIMAL, unit=unit, places=3, minimum=ZERO, written=False
        )  # fmt: skip

    kinds = words(names)
    numbers = words("一 二 三 四 五 六 七 八 九 十 十一 十二")
    for n, word in enumerate(numbers, 1):
        spelled = (f"{n}月份", f"{n:02d}月", f"{word}月", f"{word}月份", *(f"{n}月{kind}" for kind in kinds))
        yield column(f"month {n}", f"{n}月", *spelled)
    for n, word in enumerate(numbers[:4], 1):
        spelled = (f"第{word}季度", f"{n}季度", f"第{n}季度", f"q{n}", *(f"{word}季度{kind}" for kind in kinds))
        yield column(f"quarter {n}", f"{word}季度", *spelled)
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        for n in range(1, 13):
            clear = () if n in (1, 10) else (f"{year}.{n}",)  # 2023.1 in a heading may have been 2023.10
            spelled = (f"{year}年{n:02d}月", f"{year}年{n}月份", f"{year}{n:02d}", f"{year}.{n:02d}", *clear)
            spelled = (*spelled, *(f"{year}年{n}月{kind}" for kind in kinds))
            dashed = (f"{year}{mark}{number}" for mark in "-/" for number in (f"{n:02d}", f"{n}"))
            yield column(f"month {year}-{n}", f"{year}年{n}月", *spelled, *dashed)
        for n, word in enumerate(numbers[:4], 1):
            yield column(
                f"quarter {year}-{n}", f"{year}年{word}季度", f"{year}年第{word}季度", f"{year}年{n}季度", f"{year}q{n}"
            )
        spelled = (
            f"{year}年度",
            str(year),
            *(f"{year}年{kind}" for kind in kinds),
            *(f"{year}年度{kind}" for kind in kinds),
        )
        yield column(f"year {year}", f"{year}年", *spelled)


PERIOD = Field(
    name="stated_period",
    heading="月份",
    aliases=words(
        "时间 期间 所属期 用水月份 统计月份 抄表月份 取水月份 用电月份 电费年月 年月 电费月份 时段 税款所属期 季度 月 月度 "
        "统计时段 所属月份 抄表年月 取水时段 用水时段 日期 统计期"
    ),
    repeat_merged=True,
    meaning="水量所属的月、季度或者年：2023-04、2023年二季度、2023年",
    example="2023-04",
)
YEAR = Field(
    name="stated_year",
    heading="年度",
    aliases=words("年 年份 统计年度 所属年度 年度(年) 统计年份"),
    kind=Kind.INTEGER,
    minimum=Decimal(1990),
    maximum=Decimal(2100),
    written=False,
    meaning="月份一栏没有写年的时候",
    example="2023",
)
TOWN = _ledger("town", required=False, from_sheet_name=False)
VILLAGE = _ledger("village")
CODE = _ledger("code", meaning="台账里的取水口编号；有编号时不看名称")
NATIONAL = _ledger("national_code", written=False)
NAME = _ledger("name", required=False, heading="取水口名称")
USER = _ledger("user_name", required=False)

UNCERTAINTY = Field(
    name="uncertainty_percent",
    heading="误差",
    aliases=words("误差率 不确定度 相对误差 允许误差 精度"),
    kind=Kind.DECIMAL,
    unit="%",
    places=3,
    minimum=ZERO,
    maximum=Decimal(100),
    meaning="上下误差，百分数；不知道就空着",
    example="15",
)

VOLUMES: tuple[Field, ...] = (
    TOWN,
    VILLAGE,
    USER,
    _ledger("credit_code", written=False),
    _ledger("project_name", written=False),
    _ledger("permit_number", required=False),
    CODE,
    NATIONAL,
    NAME,
    Field(
        name="stated_source",
        heading="水源类型",
        aliases=by_name(LEDGER)["source"].aliases,
        kind=Kind.CHOICE,
        choices=SOURCES,
        written=False,
        meaning="一户有几种水源时，这一行是哪一种",
    ),
    Field(
        name="stated_sector",
        heading="用途",
        aliases=tuple(a for a in by_name(LEDGER)["sector"].aliases if a != "用途"),
        kind=Kind.CHOICE,
        choices=SECTORS,
        written=False,
        meaning="一户有几种用途时，这一行是哪一种",
    ),
    YEAR,
    PERIOD,
    Field(
        name="stated_m3",
        heading="取水量",
        aliases=words(
            "用水量 水量 取用水量 本月取水量 本月用水量 本期取水量 本期用水量 实际取水量 实际用水量 计量水量 抄表水量 "
            "月取水量 月用水量 实际水量 取水量合计 水量合计 实取水量 本季取水量 本季用水量 实际取用水量 申报水量 申报取水量 核定水量 核定取水量 认定水量 认定取水量 计税水量 应税水量"
        ),
        kind=Kind.DECIMAL,
        unit="m³",
        places=3,
        minimum=ZERO,
        maximum=LARGEST_M3,
        meaning="这一期的水量",
        example="1250",
    ),
    Field(
        name="stated_method",
        heading="水量来源",
        aliases=words(
            "水量认定方式 水量依据 取水量来源 水量取得方式 水量核定方式 计算方法 认定方式 数据来源 水量方法 统计方法"
        ),
        kind=Kind.CHOICE,
        choices=METHODS,
        meaning="水量是怎样得到的",
        example="核定",
    ),
    UNCERTAINTY,
    Field(
        name="year_m3",
        heading="全年取水量",
        aliases=words(
            "年取水量 全年用水量 年用水量 全年水量 年水量 全年 年度取水量 年度用水量 年实际取水量 全年合计 年合计"
        ),
        kind=Kind.DECIMAL,
        unit="m³",
        places=3,
        minimum=ZERO,
        maximum=LARGEST_M3,
        written=False,
    ),
    *_months("m³", "取水量 用水量 水量 实际取水量 实际用水量"),
    _ledger("note"),
)

ELECTRICITY: tuple[Field, ...] = (
    TOWN,
    VILLAGE,
    Field(
        name="energy_household",
        heading="户号",
        aliases=words(
            "用电户号 用户编号 电力户号 供电户号 电费户号 用户户号 客户编号 电力客户编号 机井用电户号 电表户号 机井户号 总户号 户号编号"
        ),
        kind=Kind.CODE,
        max_length=20,
        meaning="供电公司的户号",
        example="0401123456",
    ),
    Field(
        name="energy_customer",
        heading="户名",
        aliases=words("用户名称 客户名称 用电户名 用电户名称 用户名 用电客户名称 电力用户名称 用电单位"),
        max_length=100,
        meaning="供电公司登记的户名",
        example="阿日柴达木嘎查3号井",
    ),
    Field(
        name="energy_address",
        heading="用电地址",
        aliases=words("地址 安装地址 用户地址 客户地址 用电地点 位置 用电户地址"),
        max_length=200,
        written=False,
    ),
    Field(
        name="energy_meter",
        heading="电表号",
        aliases=tuple(
            dict.fromkeys(
                (
                    *(a for a in by_name(LEDGER)["power_meter_number"].aliases if a != "电表号"),
                    by_name(LEDGER)["power_meter_number"].heading,
                    *words(
                        "电能表编号 电能表资产编号 资产编号 电表资产编号 表计资产号 计量点编号 电能表号 表号 电能表资产号 出厂编号"
                    ),
                )
            )
        ),
        kind=Kind.CODE,
        max_length=40,
        meaning="电能表的编号",
        example="1530000123456",
    ),
    Field(
        name="energy_multiplier",
        heading="倍率",
        aliases=words("综合倍率 电表倍率 电能表倍率 变比 CT倍率 互感器倍率"),
        kind=Kind.DECIMAL,
        places=2,
        minimum=Decimal("0.01"),
        maximum=Decimal(10_000),
        written=False,
    ),
    YEAR,
    PERIOD,
    Field(
        name="kwh",
        heading="电量",
        aliases=words(
            "用电量 总电量 计费电量 结算电量 合计电量 有功电量 有功总电量 电量合计 总用电量 月用电量 本月电量 售电量 电费电量 本期电量 耗电量 有功合计"
        ),
        kind=Kind.DECIMAL,
        unit="kWh",
        places=2,
        minimum=ZERO,
        maximum=LARGEST_KWH,
        meaning="已乘倍率的电量",
        example="860",
    ),
    Field(
        name="kwh_read",
        heading="抄见电量",
        aliases=words("示数差 表码差 抄见数 表码电量 示数电量 行度差"),
        kind=Kind.DECIMAL,
        unit="kWh",
        places=2,
        minimum=ZERO,
        maximum=LARGEST_KWH,
        written=False,
    ),
    *(
        Field(
            name=f"kwh_{name}",
            heading=f"{word}电量",
            aliases=(
                f"{word}段电量",
                f"{word}时电量",
                f"{word}时段电量",
                word,
                f"{word}段",
                f"有功({word})",
                f"有功{word}",
            ),
            kind=Kind.DECIMAL,
            unit="kWh",
            places=2,
            minimum=ZERO,
            maximum=LARGEST_KWH,
            written=False,
        )
        for name, word in (("sharp", "尖"), ("peak", "峰"), ("flat", "平"), ("valley", "谷"))
    ),
    *_months("kWh", "电量 用电量"),
    CODE,
    _ledger("note"),
)
PARTS = ("kwh_sharp", "kwh_peak", "kwh_flat", "kwh_valley")

COEFFICIENTS: tuple[Field, ...] = (
    TOWN,
    VILLAGE,
    CODE,
    NATIONAL,
    NAME,
    Field(
        name="m3_per_kwh",
        heading="以电折水系数",
        aliases=words(
            "折水系数 电水折算系数 水电转换系数 电折水系数 系数 水电折算系数 单位电量取水量 折算系数 以电折水系数(m3/kwh)"
        ),
        kind=Kind.DECIMAL,
        places=4,
        minimum=Decimal("0.0001"),
        maximum=Decimal(100),
        required=True,
        meaning="每千瓦时抽出的水，m³；只写镇、村的一行是那里没有自己系数的井的",
        example="3.2",
    ),
    replace(UNCERTAINTY, meaning="上下误差，百分数；不填按导入时所说", example="20"),
    Field(
        name="tested_on",
        heading="测试日期",
        aliases=words("率定日期 测定日期 试验日期 检测日期 测试时间 率定时间"),
        kind=Kind.DATE,
        meaning="实测这个系数的日子",
        example="2024-06-15",
    ),
    Field(
        name="coefficient_from",
        heading="起用日期",
        aliases=words("生效日期 执行日期 启用日期 起始日期 有效期起 开始日期"),
        kind=Kind.DATE,
        meaning="从哪天起用；不填按导入时所说",
        example="2024-01-01",
    ),
    _ledger("note"),
)

RETURNED = frozenset(
    ["退水", "退水量", "排水", "外排", "排放", "退水（排放）", "退水(排放)", "回归河道", "退回河道", "退水口"]
)
"""Words in the place of a receiver that mean nature: what is given back."""

SUPPLIES: tuple[Field, ...] = (
    Field(
        name="supply_code",
        heading="供水关系编号",
        aliases=words("转供编号 供水编号 供水合同号 供水关系"),
        kind=Kind.CODE,
        meaning="台账里供水关系的编号；有编号时不看名称",
        example="L-001",
    ),
    Field(
        name="supplier",
        heading="供水单位",
        aliases=words("供水户 供水方 供水企业 转供单位 水厂 供方 供水人 排水单位 退水单位"),
        meaning="把水转供出去的单位；退水的一行写退水的单位",
        example="自来水公司",
    ),
    Field(
        name="receiver",
        heading="受水单位",
        aliases=words("用水单位 受水户 受水方 去向 供往 供水对象 客户 用户 购水单位 受方"),
        meaning="收到水的单位；退回河道、外排的写“退水”",
        example="某化工厂",
    ),
    YEAR,
    PERIOD,
    Field(
        name="supplied_m3",
        heading="供水量",
        aliases=words("转供水量 售水量 水量 供应量 退水量 排水量 外供水量 实供水量 结算水量 本月供水量 月供水量"),
        kind=Kind.DECIMAL,
        unit="m³",
        places=3,
        minimum=ZERO,
        maximum=LARGEST_M3,
        meaning="这一期供出（或者退回）的水量",
        example="12000",
    ),
    replace(by_name(VOLUMES)["stated_method"], written=False),
    UNCERTAINTY,
    *_months("m³", "供水量 售水量 水量 退水量"),
    _ledger("note"),
)
