"""Table of elements of SL 651-2014 (annex C; reference 2.6): identifier, ASCII name, meaning, unit, nominal format.

The nominal format N(digits, decimals) is what the standard says a station sends; a reader trusts the definition byte.
"""

from typing import NamedTuple


class ElementKind(NamedTuple):
    """`id` in hexadecimal, `name` in ASCII frames, `unit` of the value; N(digits, decimals), digits 0 = no number."""

    id: str
    name: str
    meaning: str
    unit: str
    digits: int
    decimals: int

    @property
    def definition(self) -> int:
        """The definition byte the table asks for: bytes of BCD in the top five bits, decimals in the low three."""
        return (self.digits + 1) // 2 << 3 | self.decimals


def _numbered(first: int, names: list[str], meaning: str, unit: str, digits: int, decimals: int) -> list[ElementKind]:
    return [
        ElementKind(f"{first + i:02X}", name, meaning.format(i + 1, depth=name[1:]), unit, digits, decimals)
        for i, name in enumerate(names)
    ]


def _upto8(prefix: str) -> list[str]:
    return [f"{prefix}{i}" for i in range(1, 9)]


_KINDS = [
    ElementKind("F0", "TT", "观测时间", "", 0, 0),
    ElementKind("F1", "ST", "测站编码", "", 0, 0),
    ElementKind("F2", "RGZS", "人工置数", "", 0, 0),
    ElementKind("F3", "PIC", "图片信息", "", 0, 0),
    ElementKind("F4", "DRP", "1小时内每5分钟时段雨量", "mm", 0, 0),
    *_numbered(0xF5, _upto8("DRZ"), "1小时内5分钟间隔相对水位{}", "m", 0, 0),
    ElementKind("FD", "DATA", "流速批量数据", "", 0, 0),
    ElementKind("01", "AC", "断面面积", "m2", 8, 2),
    ElementKind("02", "AI", "瞬时气温", "C", 3, 1),
    ElementKind("03", "C", "瞬时水温", "C", 3, 1),
    ElementKind("04", "DRxnn", "时间步长码", "", 0, 0),
    ElementKind("05", "DT", "时段长", "h.mm", 0, 0),
    ElementKind("06", "ED", "日蒸发量", "mm", 5, 1),
    ElementKind("07", "EJ", "当前蒸发", "mm", 5, 1),
    ElementKind("08", "FL", "气压", "hPa", 5, 0),
    ElementKind("09", "GH", "闸坝、水库闸门开启高度", "m", 5, 2),
    ElementKind("0A", "GN", "输水设备、闸门(组)编号", "", 3, 0),
    ElementKind("0B", "GS", "输水设备类别", "", 1, 0),
    ElementKind("0C", "GT", "水库、闸坝闸门开启孔数", "", 3, 0),
    ElementKind("0D", "GTP", "地温", "C", 3, 1),
    ElementKind("0E", "H", "地下水瞬时埋深", "m", 6, 2),
    ElementKind("0F", "HW", "波浪高度", "m", 5, 2),
    *_numbered(0x10, ["M10", "M20", "M30", "M40", "M50", "M60", "M80", "M100"], "{depth}厘米处土壤含水量", "%", 4, 1),
    ElementKind("18", "MST", "湿度", "%", 4, 1),
    ElementKind("19", "NS", "开机台数", "", 2, 0),
    ElementKind("1A", "P1", "1小时时段降水量", "mm", 5, 1),
    ElementKind("1B", "P2", "2小时时段降水量", "mm", 5, 1),
    ElementKind("1C", "P3", "3小时时段降水量", "mm", 5, 1),
    ElementKind("1D", "P6", "6小时时段降水量", "mm", 5, 1),
    ElementKind("1E", "P12", "12小时时段降水量", "mm", 5, 1),
    ElementKind("1F", "PD", "日降水量", "mm", 5, 1),
    ElementKind("20", "PJ", "当前降水量", "mm", 5, 1),
    ElementKind("21", "PN01", "1分钟时段降水量", "mm", 5, 1),
    ElementKind("22", "PN05", "5分钟时段降水量", "mm", 5, 1),
    ElementKind("23", "PN10", "10分钟时段降水量", "mm", 5, 1),
    ElementKind("24", "PN30", "30分钟时段降水量", "mm", 5, 1),
    ElementKind("25", "PR", "暴雨量", "mm", 5, 1),
    ElementKind("26", "PT", "降水量累计值", "mm", 6, 1),
    ElementKind("27", "Q", "瞬时流量", "m3/s", 9, 3),
    *_numbered(0x28, _upto8("Q"), "取(排)水口流量{}", "m3/s", 9, 3),
    ElementKind("30", "QA", "总出库流量、过闸总流量", "m3/s", 9, 3),
    ElementKind("31", "QZ", "输水设备流量、过闸(组)流量", "m3/s", 9, 3),
    ElementKind("32", "SW", "输沙量", "10^4 t", 11, 3),
    ElementKind("33", "UC", "风向", "", 2, 0),
    ElementKind("34", "UE", "风力", "", 2, 0),
    ElementKind("35", "US", "风速", "m/s", 4, 1),
    ElementKind("36", "VA", "断面平均流速", "m/s", 5, 3),
    ElementKind("37", "VJ", "当前瞬时流速", "m/s", 5, 3),
    ElementKind("38", "VT", "电源电压", "V", 4, 2),
    ElementKind("39", "Z", "瞬时河道水位、潮位", "m", 7, 3),
    ElementKind("3A", "ZB", "库(闸、站)下水位", "m", 7, 3),
    ElementKind("3B", "ZU", "库(闸、站)上水位", "m", 7, 3),
    *_numbered(0x3C, _upto8("Z"), "取(排)水口水位{}", "m", 7, 3),
    ElementKind("44", "SQ", "含沙量", "kg/m3", 9, 3),
    ElementKind("45", "ZT", "遥测站状态及报警信息", "", 0, 0),
    ElementKind("46", "pH", "pH值", "", 4, 2),
    ElementKind("47", "DO", "溶解氧", "mg/L", 4, 1),
    ElementKind("48", "COND", "电导率", "uS/cm", 5, 0),
    ElementKind("49", "TURB", "浊度", "deg", 3, 0),
    ElementKind("4A", "CODMN", "高锰酸盐指数", "mg/L", 4, 1),
    ElementKind("4B", "REDOX", "氧化还原电位", "mV", 5, 1),
    ElementKind("4C", "NH4N", "氨氮", "mg/L", 6, 2),
    ElementKind("4D", "TP", "总磷", "mg/L", 5, 3),
    ElementKind("4E", "TN", "总氮", "mg/L", 5, 2),
    ElementKind("4F", "TOC", "总有机碳", "mg/L", 4, 2),
    ElementKind("50", "CU", "铜", "mg/L", 7, 4),
    ElementKind("51", "ZN", "锌", "mg/L", 6, 4),
    ElementKind("52", "SE", "硒", "mg/L", 7, 5),
    ElementKind("53", "AS", "砷", "mg/L", 7, 5),
    ElementKind("54", "THG", "总汞", "mg/L", 7, 5),
    ElementKind("55", "CD", "镉", "mg/L", 7, 5),
    ElementKind("56", "PB", "铅", "mg/L", 7, 5),
    ElementKind("57", "CHLA", "叶绿素a", "mg/L", 4, 2),
    *_numbered(0x58, _upto8("WP"), "水压{}", "kPa", 5, 2),
    *_numbered(0x60, _upto8("SYL"), "水表{}剩余水量", "m3", 11, 3),
    *_numbered(0x68, _upto8("SBL"), "水表{}每小时水量", "m3/h", 10, 2),
    ElementKind("70", "VTA", "交流A相电压", "V", 4, 1),
    ElementKind("71", "VTB", "交流B相电压", "V", 4, 1),
    ElementKind("72", "VTC", "交流C相电压", "V", 4, 1),
    ElementKind("73", "VIA", "交流A相电流", "A", 4, 1),
    ElementKind("74", "VIB", "交流B相电流", "A", 4, 1),
    ElementKind("75", "VIC", "交流C相电流", "A", 4, 1),
]

ELEMENTS: dict[str, ElementKind] = {kind.id: kind for kind in _KINDS}
"""By hexadecimal identifier, upper case. Vendors' identifiers (76..EF, FFxx) are mapped by station, elsewhere."""

BY_NAME: dict[str, ElementKind] = {kind.name: kind for kind in _KINDS}
"""By the name used in ASCII frames."""

STATUS_BITS: dict[int, str] = {
    0: "交流电充电状态",
    1: "蓄电池电压状态",
    2: "水位超限报警状态",
    3: "流量超限报警状态",
    4: "水质超限报警状态",
    5: "流量仪表状态",
    6: "水位仪表状态",
    7: "终端箱门状态",
    8: "存储器状态",
    9: "IC卡功能有效",
    10: "水泵工作状态",
    11: "剩余水量报警",
}
"""Bits of the status word 45H (table 58). Bits 7 (0 open, 1 closed) and 10 (0 running, 1 stopped) are no alarms."""
