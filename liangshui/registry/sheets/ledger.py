"""The ledger of intakes and wells (取水口台账、机井台账), flat: a row an intake, with user, permit, meters."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from liangshui.registry.sheets.cells import Answers
from liangshui.registry.sheets.fields import Choice, Field, Kind, Part, Value, words
from liangshui.registry.sheets.places import Place
from liangshui.registry.sheets.problems import CellProblem
from liangshui.registry.sheets.table import PLACE, Reading, Row, Table, Where, read_tables
from liangshui.registry.sheets.text import letter, squeeze
from liangshui.registry.sheets.workbook import read_workbook

ZERO = Decimal(0)

INTAKE_KINDS = (
    Choice("well", "机井", words("水井 井 机电井 管井 大口井 筒井 农灌井 深井 浅井 供水井 取水井 自备井")),
    Choice("canal", "渠首", words("水闸 引水闸 干渠 引水渠 渠道 渠系 渠首闸 自流引水 闸")),
    Choice("pump", "泵站", words("扬水站 提水泵站 扬水泵站 抽水站 提水 浮船泵站 水泵")),
    Choice("reservoir", "水库取水口", words("水库 塘坝 水库出水口 蓄水工程")),
    Choice("network", "管网", words("公共管网 自来水 管网取水 供水管网 管网接口")),
    Choice("mine_outlet", "矿井排水口", words("疏干排水口 矿井 矿井疏干 疏干井 矿坑排水口 矿井疏干口 疏干水井")),
    Choice("reclaimed_outlet", "再生水取水口", words("再生水 中水 再生水厂 污水处理厂 中水回用")),
)

SOURCES = (
    Choice("surface", "地表水", words("黄河水 河水 河流 河道水 引黄水 水库水 湖泊 地表 河湖水 黄河")),
    Choice("shallow_groundwater", "浅层地下水", words("浅层 潜水 浅层水 地下水 地下水源 地下")),
    Choice("deep_groundwater", "深层地下水", words("深层 承压水 深层水 深层承压水 地下水 地下水源 地下")),
    Choice(
        "mine_drainage",
        "疏干水",
        words("矿坑水 疏干水（矿坑水） 矿井水 矿井疏干水 疏干排水 矿井涌水 矿坑(井)水 矿坑排水"),
    ),
    Choice("reclaimed", "再生水", words("中水 污水处理回用 再生水利用")),
    Choice("rain", "雨水", words("集蓄雨水 雨洪水 雨水集蓄 集雨")),
    Choice("other", "其他水源", words("其他 其它 苦咸水 微咸水 淡化水 非常规水")),
)

SECTORS = (
    Choice(
        "living",
        "生活",
        words("城乡生活 居民生活 城镇生活 农村生活 生活用水 人饮 人畜饮水 城镇公共 服务业 公共服务"),
    ),
    Choice("industry", "工业", words("工业用水 一般工业 火电 工业生产 生产 采矿 企业生产")),
    Choice(
        "agriculture",
        "农牧业",
        words(
            "农业 农业灌溉 灌溉 农田灌溉 农灌 农业用水 种植业 牧业 畜牧 畜牧业 牲畜饮水 牧业用水 "
            "草牧场灌溉 饲草料地灌溉 林果灌溉 林牧渔畜 养殖 农林牧渔"
        ),
    ),
    Choice("ecology", "生态", words("生态环境 生态用水 生态补水 绿化 河湖补水 生态环境补水 防沙治沙")),
)

USER_KINDS = (
    Choice("company", "企业", words("公司 有限责任公司 国有企业 私营企业 工矿企业 股份有限公司 国有 私营")),
    Choice("public", "机关事业单位", words("事业单位 机关 行政单位 学校 机关单位 行政事业单位 机关事业")),
    Choice("waterworks", "供水单位", words("自来水厂 水厂 供水公司 自来水公司 公共供水企业 供水站 公共供水")),
    Choice("irrigation_district", "灌区", words("灌区管理单位 灌域 灌区管理所 灌溉管理单位")),
    Choice("association", "用水者协会", words("用水协会 农民用水者协会 用水户协会 农民用水合作组织")),
    Choice(
        "collective",
        "嘎查村集体",
        words("村集体 嘎查集体 集体 村委会 嘎查委员会 合作社 农牧民专业合作社 集体经济组织"),
    ),
    Choice("household", "农牧户", words("农户 牧户 个人 个体 农民 牧民 种植户 种植大户 养殖户 自然人")),
    Choice("other", "其他用水户", words("其他 其它")),
)

STATUSES = (
    Choice("in_use", "在用", words("使用 正常 正常使用 启用 使用中 运行 运行中 完好 已建")),
    Choice("standby", "备用", words("应急备用 停用 未启用 闲置 应急")),
    Choice("to_be_sealed", "待封", words("待封填 待封存 拟封 待关停 拟关闭 待关闭 拟封填 拟封存")),
    Choice("sealed", "已封填", words("封填 封存 已封存 已封 关停 已关停 已关闭 废弃 报废 填埋 永久填埋")),
)

LAWFUL_METHODS = (
    Choice("meter", "计量", words("水表 水表计量 流量计 在线计量 安装计量设施 直接计量 计量设施 超声波流量计")),
    Choice("electricity", "以电折水", words("电折水 电量折算 以电计水 以电控水 电表折算 用电量折算")),
    Choice("sample", "样本推算", words("样点推算 典型推算 典型井推算 样本井推算 抽样推算 典型样本推算")),
    Choice("unset", "未定", words("未确定 待定")),
)

LEDGER: tuple[Field, ...] = (
    Field(
        name="town",
        heading="苏木镇",
        aliases=words(
            "乡镇 镇 镇苏木 苏木乡镇 苏木（镇） 镇（苏木） 乡（镇） 所在乡镇 所属乡镇 所属镇 所在苏木镇 "
            "苏木 旗镇 镇名 乡镇名称 苏木镇名称 乡（镇）街道 乡镇街道 苏木/镇 行政区划/乡镇 所在镇 所在地"
        ),
        required=True,
        from_sheet_name=True,
        max_length=60,
        meaning="取水口所在的苏木、镇",
        example="锡尼镇",
    ),
    Field(
        name="village",
        heading="嘎查村",
        aliases=words(
            "嘎查（村） 村 行政村 嘎查 村（嘎查） 所在村 村名 嘎查村名称 村嘎查 所在嘎查村 村社 "
            "村（社区） 所属村 村组 嘎查/村 社区 村庄"
        ),
        max_length=60,
        meaning="取水口所在的嘎查、村；名称与行政区划名录一致",
        example="阿日柴达木嘎查",
    ),
    Field(
        name="user_name",
        heading="用水户名称",
        aliases=words(
            "用水户 取水户 取用水户 取水权人 取水权人名称 取水单位 取水单位名称 取水单位或个人 用水单位 "
            "用水单位名称 取水单位（个人） 取水户名称 取用水户名称 户主 户主姓名 产权人 所有人 业主 "
            "业主单位 单位名称 企业名称 取用水单位 取用水单位名称 井主 井主姓名 使用人 姓名 "
            "单位或个人名称 权属人 产权单位 用水户/名称 取水单位（或个人）名称 机井所有人 农户姓名"
        ),
        required=True,
        max_length=100,
        width=22,
        meaning="取水的单位或者个人全称，与取水许可证一致",
        example="杭锦旗某某农牧业专业合作社",
    ),
    Field(
        name="credit_code",
        heading="统一社会信用代码",
        aliases=words("社会信用代码 信用代码 组织机构代码 统一信用代码 社会统一信用代码 营业执照号 统一社会信用代码证"),
        kind=Kind.CODE,
        max_length=18,
        width=22,
        meaning="18 位，按文本填写；个人不填",
        example="91150625MA0N000000",
    ),
    Field(
        name="user_kind",
        heading="用水户类型",
        aliases=words("用户类型 取水户类型 单位性质 用水户性质 用水户类别 取水权人类型 单位类型 取用水户类型"),
        kind=Kind.CHOICE,
        choices=USER_KINDS,
        meaning="用水户的类型",
        example="农牧户",
    ),
    Field(
        name="industry_code",
        heading="行业代码",
        aliases=words("国民经济行业代码 行业分类代码 行业类别代码 行业编码 国民经济行业分类代码"),
        kind=Kind.CODE,
        max_length=5,
        meaning="GB/T 4754 的门类字母或者大、中、小类代码",
        example="0111",
    ),
    Field(
        name="contact",
        heading="联系人",
        aliases=words("联系人姓名 负责人 法定代表人 法人 法人代表 管理人 管护人"),
        max_length=60,
        meaning="可以联系到的人",
        example="张三",
    ),
    Field(
        name="phone",
        heading="联系电话",
        aliases=words("电话 手机 手机号 手机号码 电话号码 联系方式 联系人电话"),
        kind=Kind.CODE,
        max_length=30,
        width=15,
        meaning="手机或者带区号的座机，按文本填写",
        example="13900000000",
    ),
    Field(
        name="household_numbers",
        heading="户号",
        aliases=words("用电户号 用户编号 电力户号 供电户号 用水户户号 电费户号 用户户号 客户编号 电力客户编号"),
        kind=Kind.CODE,
        several=True,
        max_length=20,
        width=16,
        meaning="用水户在供电公司的户号，几个户号之间用顿号",
        example="0401123456、0401123457",
    ),
    Field(
        name="project_name",
        heading="取水项目名称",
        aliases=words("项目名称 取水项目 取水工程名称 工程名称 水源工程名称 取水工程 建设项目名称"),
        max_length=100,
        width=22,
        meaning="一张许可证所属的取水项目；一个项目可以有多个取水口",
        example="某某嘎查农业灌溉取水项目",
    ),
    Field(
        name="project_kind",
        heading="取水项目类型",
        aliases=words("项目类型 项目类别 取水工程类型 工程类型 取水项目类别 工程性质"),
        max_length=60,
        meaning="取水项目的类型，按原有台账填写",
        example="农业灌溉",
    ),
    Field(
        name="code",
        heading="取水口编号",
        aliases=words(
            "编号 井号 机井编号 水井编号 取水井编号 机井编码 本地编码 取水口代码 机井号 井编号 "
            "取水工程编号 统一编号 野外编号 机井代码"
        ),
        kind=Kind.CODE,
        max_length=40,
        width=18,
        meaning="旗内唯一的编号",
        example="XN-0001",
    ),
    Field(
        name="national_code",
        heading="国家取水口编码",
        aliases=words("取水口编码 全国取水口编码 取水口国家编码 国家编码 国家取水口代码 取水口监测编码 取水口统一编码"),
        kind=Kind.CODE,
        max_length=30,
        width=24,
        meaning="全国取用水平台的取水口编码",
        example="G150625000001",
    ),
    Field(
        name="name",
        heading="取水口名称",
        aliases=words("机井名称 水井名称 井名 取水口（井）名称 取水点名称 取水井名称 取水口/机井名称"),
        max_length=100,
        width=20,
        meaning="取水口或者机井的名称",
        example="3 社 1 号井",
    ),
    Field(
        name="kind",
        heading="取水口类型",
        aliases=words("取水方式 取水工程形式 取水口类别 水井类型 机井类型 取水类型 井型 取水口形式"),
        kind=Kind.CHOICE,
        choices=INTAKE_KINDS,
        meaning="取水口的类型",
        example="机井",
    ),
    Field(
        name="source",
        heading="水源类型",
        aliases=words("水源 取水水源 取水水源类型 水源种类 地下水类型 所取水源 取水水源种类 水源分类 地下水埋藏类型"),
        kind=Kind.CHOICE,
        choices=SOURCES,
        width=14,
        meaning="水源的类型；地下水分浅层和深层",
        example="浅层地下水",
    ),
    Field(
        name="sector",
        heading="取水用途",
        aliases=words(
            "用途 用水用途 用水性质 用水类型 取水目的 主要用途 主要取水用途 用水行业 用水类别 机井用途 "
            "水井用途 所属行业 取用水用途"
        ),
        kind=Kind.CHOICE,
        choices=SECTORS,
        meaning="取水的主要用途",
        example="农牧业",
    ),
    Field(
        name="management_unit",
        heading="地下水管理单元",
        aliases=words("管理单元 地下水管控单元 管控单元 管理单元名称 水文地质单元 地下水管理分区 管理单元编码"),
        max_length=60,
        width=18,
        meaning="所在地下水管理单元的名称或者编码",
        example="GW-03",
    ),
    Field(
        name="place_lon",
        heading="经度",
        aliases=words("东经 东经E 经度E E lon lng longitude 地理坐标/经度 坐标经度 井位经度 GPS经度 经度坐标"),
        kind=Kind.PLACE,
        part=Part.LON,
        repeat_merged=False,
        width=13,
        meaning="度，小数六位（CGCS2000 或者 WGS-84）；也可以写度分秒",
        example="108.736200",
    ),
    Field(
        name="place_lat",
        heading="纬度",
        aliases=words("北纬 北纬N 纬度N N lat latitude 地理坐标/纬度 坐标纬度 井位纬度 GPS纬度 纬度坐标"),
        kind=Kind.PLACE,
        part=Part.LAT,
        repeat_merged=False,
        width=13,
        meaning="度，小数六位（CGCS2000 或者 WGS-84）；也可以写度分秒",
        example="39.831900",
    ),
    Field(
        name="place_x",
        heading="X坐标",
        aliases=words("X 坐标X 纵坐标 X（北） 北坐标 纵坐标X X值"),
        kind=Kind.PLACE,
        part=Part.X,
        repeat_merged=False,
        written=False,
    ),
    Field(
        name="place_y",
        heading="Y坐标",
        aliases=words("Y 坐标Y 横坐标 Y（东） 东坐标 横坐标Y Y值"),
        kind=Kind.PLACE,
        part=Part.Y,
        repeat_merged=False,
        written=False,
    ),
    Field(
        name="place_pair",
        heading="坐标",
        aliases=words("经纬度 地理坐标 经纬度坐标 井位坐标 取水口坐标 地理位置坐标 GPS坐标 位置坐标 取水口位置坐标"),
        kind=Kind.PLACE,
        part=Part.PAIR,
        repeat_merged=False,
        written=False,
    ),
    Field(
        name="place_system",
        heading="坐标系",
        aliases=words("坐标系统 坐标系名称 坐标类型 平面坐标系 大地基准"),
        kind=Kind.PLACE,
        part=Part.SYSTEM,
        width=11,
        meaning="CGCS2000、WGS-84、GCJ-02（高德）、BD-09（百度）；平面坐标写明带号或者中央经线",
        example="CGCS2000",
    ),
    *(
        Field(
            name=f"place_{part}",
            heading=heading,
            aliases=aliases,
            kind=Kind.PLACE,
            part=part,
            written=False,
            repeat_merged=False,
        )
        for part, heading, aliases in (
            (Part.LON_DEGREES, "经度度", ("东经度", "经度/度", "东经/度", "经度°", "东经°")),
            (Part.LON_MINUTES, "经度分", ("东经分", "经度/分", "东经/分", "经度′", "东经′")),
            (Part.LON_SECONDS, "经度秒", ("东经秒", "经度/秒", "东经/秒", "经度″", "东经″")),
            (Part.LAT_DEGREES, "纬度度", ("北纬度", "纬度/度", "北纬/度", "纬度°", "北纬°")),
            (Part.LAT_MINUTES, "纬度分", ("北纬分", "纬度/分", "北纬/分", "纬度′", "北纬′")),
            (Part.LAT_SECONDS, "纬度秒", ("北纬秒", "纬度/秒", "北纬/秒", "纬度″", "北纬″")),
        )
    ),
    Field(
        name="depth_m",
        heading="井深",
        aliases=words("成井深度 机井深度 水井深度 深度 井的深度 钻孔深度"),
        kind=Kind.DECIMAL,
        unit="m",
        places=2,
        minimum=ZERO,
        maximum=Decimal(5000),
        meaning="井口到井底",
        example="120",
    ),
    Field(
        name="pipe_mm",
        heading="出水管径",
        aliases=words(
            "管径 出水管直径 出水口管径 泵管直径 取水管径 出水管内径 水管直径 取水管道直径 出水管口径 管道直径"
        ),
        kind=Kind.DECIMAL,
        unit="mm",
        places=0,
        minimum=ZERO,
        maximum=Decimal(10000),
        meaning="出水管的公称直径",
        example="100",
    ),
    Field(
        name="pump_model",
        heading="水泵型号",
        aliases=words("泵型号 水泵规格 水泵规格型号 潜水泵型号 泵型 水泵/型号 机泵型号 水泵类型及型号"),
        max_length=60,
        width=18,
        meaning="铭牌上的型号",
        example="250QJ100-54",
    ),
    Field(
        name="pump_kw",
        heading="水泵功率",
        aliases=words("泵功率 电机功率 水泵额定功率 额定功率 配套功率 水泵/功率 功率 装机功率 电动机功率 配套电机功率"),
        kind=Kind.DECIMAL,
        unit="kW",
        places=2,
        minimum=ZERO,
        maximum=Decimal(50000),
        meaning="水泵电机的额定功率",
        example="22",
    ),
    Field(
        name="capacity_m3_h",
        heading="设计取水能力",
        aliases=words(
            "出水量 单井出水量 设计出水量 设计流量 水泵流量 取水流量 额定流量 取水能力 设计取水流量 "
            "小时出水量 涌水量 水泵额定流量 单井涌水量 最大取水流量"
        ),
        kind=Kind.DECIMAL,
        unit="m³/h",
        places=2,
        minimum=ZERO,
        meaning="设计的每小时取水量",
        example="50",
    ),
    Field(
        name="max_m3_d",
        heading="最大日取水能力",
        aliases=words("日最大取水量 最大日取水量 日取水能力 日最大取水能力 日最大取（排）水能力 最大取水能力 日取水量"),
        kind=Kind.DECIMAL,
        unit="m³/d",
        places=2,
        minimum=ZERO,
        meaning="一天最多能取的水量；没有计量设施时依法按它核定",
        example="1200",
    ),
    Field(
        name="status",
        heading="取水口状态",
        aliases=words(
            "状态 使用状态 机井状态 运行状态 使用情况 目前状态 现状 目前使用状态 机井现状 水井状态 "
            "运行状况 使用状况 应用状况"
        ),
        kind=Kind.CHOICE,
        choices=STATUSES,
        meaning="取水口的状态",
        example="在用",
    ),
    Field(
        name="lawful_method",
        heading="水量认定方式",
        aliases=words(
            "计量方式 水量核定方式 取水计量方式 水量计量方式 水量确定方式 取水量认定方式 计量类型 水量核算方式"
        ),
        kind=Kind.CHOICE,
        choices=LAWFUL_METHODS,
        width=14,
        meaning="水量依法怎样认定",
        example="以电折水",
    ),
    Field(
        name="meter_number",
        heading="水表编号",
        aliases=words(
            "水表号 计量设施编号 表号 水表表号 流量计编号 计量设备编号 水表/编号 水表出厂编号 水表/表号 计量表号"
        ),
        kind=Kind.CODE,
        max_length=40,
        width=16,
        meaning="水表或者流量计的出厂编号",
        example="2023010001",
    ),
    Field(
        name="register_digits",
        heading="水表字轮位数",
        aliases=words("字轮位数 表位数 水表位数 读数位数 计数器位数"),
        kind=Kind.INTEGER,
        minimum=Decimal(3),
        maximum=Decimal(12),
        meaning="水表整数部分的位数",
        example="6",
    ),
    Field(
        name="meter_multiplier",
        heading="水表倍率",
        aliases=words("计量倍率 水表/倍率 水表系数 表倍率"),
        kind=Kind.DECIMAL,
        places=3,
        minimum=Decimal("0.001"),
        maximum=Decimal(100000),
        meaning="表上读数乘以倍率为水量",
        example="1",
    ),
    Field(
        name="verification_due",
        heading="检定有效期至",
        aliases=words(
            "检定有效期 检定到期日 水表检定有效期 检定到期 计量检定有效期 下次检定日期 检定到期日期 检定有效期止"
        ),
        kind=Kind.DATE,
        month_end=True,
        width=13,
        meaning="水表检定到哪一天有效",
        example="2027-04-30",
    ),
    Field(
        name="power_meter_number",
        heading="电表编号",
        aliases=words(
            "电表号 电能表编号 电表表号 电能表号 电表资产号 电表/编号 供电电能表编号 电表/表号 电能表资产编号"
        ),
        kind=Kind.CODE,
        max_length=40,
        width=18,
        meaning="电能表的资产编号",
        example="1530001000000012345",
    ),
    Field(
        name="power_household_number",
        heading="电表户号",
        aliases=words("机井用电户号 电表/户号 机井户号 电表用户编号 机井电力户号 电能表户号 电表所属户号"),
        kind=Kind.CODE,
        max_length=20,
        width=16,
        meaning="这块电表在供电公司的户号",
        example="0401123456",
    ),
    Field(
        name="power_multiplier",
        heading="电表倍率",
        aliases=words("电能表倍率 综合倍率 互感器倍率 电表/倍率 CT倍率 变比 电表综合倍率"),
        kind=Kind.DECIMAL,
        places=2,
        minimum=Decimal("0.01"),
        maximum=Decimal(100000),
        meaning="电表示数乘以倍率为电量",
        example="40",
    ),
    Field(
        name="station_key",
        heading="遥测站地址",
        aliases=words("测站编码 遥测站编码 站码 终端地址 RTU地址 测站地址 监测站编码 设备地址 遥测终端编码 测站编号"),
        kind=Kind.CODE,
        max_length=40,
        width=16,
        meaning="遥测终端上报时用的地址",
        example="0015062501",
    ),
    Field(
        name="area_mu",
        heading="灌溉面积",
        aliases=words("控制灌溉面积 实际灌溉面积 实灌面积 有效灌溉面积 控制面积 现状灌溉面积 单井控制面积 灌溉亩数"),
        kind=Kind.DECIMAL,
        unit="亩",
        places=2,
        minimum=ZERO,
        repeat_merged=False,
        meaning="这个取水口现在灌溉的面积",
        example="180",
    ),
    Field(
        name="baseline_area_mu",
        heading="基数灌溉面积",
        aliases=words("灌溉面积基数 基准面积 核定灌溉面积 基期灌溉面积 基准灌溉面积 面积基数"),
        kind=Kind.DECIMAL,
        unit="亩",
        places=2,
        minimum=ZERO,
        repeat_merged=False,
        width=14,
        meaning="核定的灌溉面积基数，实际灌溉面积不得超过",
        example="180",
    ),
    Field(
        name="permit_number",
        heading="取水许可证号",
        aliases=words(
            "许可证号 取水许可证编号 取水证号 许可证编号 取水许可证 取水许可编号 取水许可号 证号 "
            "取水许可证书编号 取水许可/证号 电子证照编号 取水许可电子证照编号 取水许可证电子证号"
        ),
        max_length=40,
        width=26,
        meaning="按文本填写，与证上一致",
        example="D150625G2021-0001",
    ),
    Field(
        name="permitted_m3",
        heading="年许可取水量",
        aliases=words(
            "许可取水量 许可水量 年许可水量 取水许可量 批准取水量 年批准取水量 许可年取水量 审批水量 "
            "许可量 取水许可/水量 取水许可水量 年取水许可量 核定取水量 许可取水总量 年审批水量 "
            "年度许可取水量"
        ),
        kind=Kind.DECIMAL,
        unit="m³",
        sheet_unit="万m³",
        places=3,
        minimum=ZERO,
        width=16,
        meaning="许可证上的年取水量",
        example="12.5",
    ),
    Field(
        name="permit_from",
        heading="许可有效期起",
        aliases=words(
            "有效期起 有效期自 有效期开始 发证日期 发证时间 许可证有效期起 取水期限起 有效期限起 起始日期 "
            "有效期/起 生效日期 有效期起始日期 取水许可/有效期起"
        ),
        kind=Kind.DATE,
        width=13,
        meaning="第一天",
        example="2021-05-01",
    ),
    Field(
        name="permit_to",
        heading="许可有效期止",
        aliases=words(
            "有效期止 有效期至 有效期截止 到期日期 截止日期 许可证有效期止 取水期限止 有效期限止 "
            "有效期/止 许可证到期日 终止日期 到期时间 取水许可/有效期止 有效期截止日期 许可有效期至 "
            "许可证有效期至"
        ),
        kind=Kind.DATE,
        month_end=True,
        width=13,
        meaning="最后一天",
        example="2026-04-30",
    ),
    Field(
        name="permit_period",
        heading="许可有效期",
        aliases=words(
            "有效期 有效期限 取水期限 许可期限 许可证有效期 取水许可期限 许可证有效期限 取水许可有效期 起止日期"
        ),
        kind=Kind.PERIOD,
        into=("permit_from", "permit_to"),
        written=False,
    ),
    Field(
        name="note",
        heading="备注",
        aliases=words("说明 备注说明 其他说明"),
        width=20,
        meaning="其他要说明的",
    ),
)


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Rows of one file that seem to be the same intake: (sheet, row) of each, in order.

    Reasons, the surest first: same_code, same_national_code, same_name (in one town and village), same_place (to the
    last decimal). `value` is what they share.
    """

    reason: str
    value: str
    rows: tuple[tuple[str, int], ...]


def read_ledger(
    content: bytes,
    *,
    where: Where | None = None,
    answers: Mapping[str, Answers] | None = None,
    given: Mapping[str, Value] | None = None,
) -> Reading:
    """Read a ledger of intakes: every sheet that has its headings (one a town is usual).

    A row that names its intake by neither code nor name gets the problem `unnamed_intake`.

    Raises:
        SheetError: as `read_workbook` and `read_tables`.
    """
    reading = read_tables(read_workbook(content), LEDGER, where=where, answers=answers, given=given)
    return replace(reading, tables=tuple(_named(table) for table in reading.tables))


_NAMES = ("code", "national_code", "name")


def _named(table: Table) -> Table:
    column = next((c.letter for name in _NAMES if (c := table.column_of(name)) is not None), letter(0))

    def checked(row: Row) -> Row:
        refused = {problem.field for problem in row.problems}
        if any(row.values.get(name) is not None or name in refused for name in _NAMES):
            return row
        return replace(row, problems=(*row.problems, CellProblem(row.number, column, "name", "unnamed_intake")))

    return replace(table, rows=tuple(checked(row) for row in table.rows))


def find_duplicates(tables: Iterable[Table]) -> tuple[Duplicate, ...]:
    """Rows of a file that seem to be the same intake, each set of rows once, by its surest reason."""
    by_key: dict[tuple[str, str], list[tuple[str, int]]] = defaultdict(list)
    for table in tables:
        for row in table.rows:
            for key in _identities(row.values):
                by_key[key].append((table.sheet, row.number))
    found: list[Duplicate] = []
    seen: set[tuple[tuple[str, int], ...]] = set()
    for reason in ("same_code", "same_national_code", "same_name", "same_place"):
        for (kind, value), rows in by_key.items():
            if kind == reason and len(rows) > 1 and tuple(rows) not in seen:
                seen.add(tuple(rows))
                found.append(Duplicate(reason, value, tuple(rows)))
    return tuple(found)


def _identities(values: Mapping[str, Value]) -> Sequence[tuple[str, str]]:
    keys: list[tuple[str, str]] = []
    for reason, name in (("same_code", "code"), ("same_national_code", "national_code")):
        if values.get(name) is not None:
            keys.append((reason, squeeze(str(values[name]))))
    if values.get("name") is not None:
        lies = (values.get("town"), values.get("village"), values["name"])
        keys.append(("same_name", " ".join(squeeze(str(part)) for part in lies if part is not None)))
    place = values.get(PLACE)
    if isinstance(place, Place) and "coarse" not in place.changes:
        keys.append(("same_place", f"{place.lon},{place.lat}"))
    return keys
