"""The list of divisions (行政区划名录) down to the village, with both code sets and other names."""

from liangshui.registry.sheets.fields import Choice, Field, Kind, words

LEVELS = (
    Choice("province", "省级", words("自治区 省 自治区级 省（自治区）")),
    Choice("city", "地级", words("市 盟 盟市 地市级 市级 盟市级")),
    Choice("county", "县级", words("县 旗 旗县 区县 旗县级 县（旗） 市辖区 旗县区")),
    Choice("town", "乡级", words("镇 乡 苏木 苏木镇 街道 乡镇 乡镇级 苏木乡镇 镇级")),
    Choice("village", "村级", words("村 嘎查 嘎查村 社区 居委会 村委会 行政村 村（居）")),
    Choice("area", "功能区", words("开发区 园区 工业园区 经济开发区 农场 林场")),
)

DIVISIONS: tuple[Field, ...] = (
    Field(
        name="code",
        heading="统计用区划代码",
        aliases=words("区划代码 行政区划代码 代码 统计代码 编码 统计区划代码 区划编码"),
        kind=Kind.CODE,
        required=True,
        max_length=12,
        width=16,
        meaning="国家统计局代码：县级 6 位，乡级 9 位，村级 12 位；按文本填写",
        example="150625100",
    ),
    Field(
        name="name",
        heading="名称",
        aliases=words("区划名称 行政区划名称 单位名称 地名 行政区划"),
        required=True,
        max_length=60,
        width=20,
        meaning="全称",
        example="锡尼镇",
    ),
    Field(
        name="level",
        heading="级别",
        aliases=words("层级 行政级别 区划级别 等级"),
        kind=Kind.CHOICE,
        choices=LEVELS,
        meaning="区划的级别；不填时按代码位数",
        example="乡级",
    ),
    Field(
        name="parent",
        heading="上级代码",
        aliases=words("上级区划代码 上级 父级代码 所属区划代码 上级行政区划代码"),
        kind=Kind.CODE,
        max_length=12,
        meaning="上一级的统计用区划代码；不填时按代码前几位",
        example="150625",
    ),
    Field(
        name="mca_code",
        heading="民政代码",
        aliases=words("民政部代码 民政区划代码 民政部门代码 民政编码"),
        kind=Kind.CODE,
        max_length=12,
        width=14,
        meaning="民政部门代码；与统计用代码可能不同",
        example="150625100",
    ),
    Field(
        name="aliases",
        heading="别名",
        aliases=words("曾用名 又名 旧名 其他写法 俗称 旧写法"),
        several=True,
        max_length=60,
        width=20,
        meaning="台账里出现过的其他写法，几个之间用顿号",
        example="锡尼",
    ),
    Field(name="note", heading="备注", aliases=words("说明"), width=24, meaning="其他要说明的"),
)
