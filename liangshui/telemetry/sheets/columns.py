"""The columns of a file of a logger or hand-held reader: a row an instant, a column a quantity."""

from decimal import Decimal

from liangshui.registry.sheets.fields import Field, Kind, words


def _figure(name: str, heading: str, aliases: str, unit: str = "", places: int = 3, least: int | None = 0) -> Field:
    return Field(
        name=name, heading=heading, aliases=words(aliases), kind=Kind.DECIMAL, unit=unit, places=places,
        minimum=None if least is None else Decimal(least),
    )  # fmt: skip


QUANTITIES = (
    _figure("register", "累计读数", "表底 水表读数 示数 表读数 累计流量 累计水量 正向累计 净累计 止码"),
    _figure("flow_m3_h", "瞬时流量", "流量 流量值 当前流量", "m³/h"),
    _figure("energy_kwh", "电表读数", "电能示数 有功总电能 正向有功总 电度 累计电量", "kWh", 2),
    _figure("level_m", "水位", "水位高程 地下水位", "m", 3, None),
    _figure("depth_m", "埋深", "地下水埋深 水位埋深", "m", 3, None),
    _figure("temperature_c", "水温", "温度 地下水温", "", 2, None),
    _figure("voltage_v", "电压", "电池电压 电源电压 供电电压", "", 2),
    _figure("ph", "pH", "酸碱度 pH值", "", 2),
    _figure("do_mg_l", "溶解氧", "DO", "", 2),
    _figure("cond_us_cm", "电导率", "EC", "", 1),
    _figure("nh3n_mg_l", "氨氮", "NH3-N", "", 3),
    _figure("codmn_mg_l", "高锰酸盐指数", "CODMn", "", 2),
    _figure("cod_mg_l", "化学需氧量", "COD CODCr", "", 1),
    _figure("fluoride_mg_l", "氟化物", "F-", "", 3),
)
OBSERVATIONS: tuple[Field, ...] = (
    Field(
        name="station_key", heading="站码", aliases=words("遥测站地址 站号 测站编码 设备编号 设备号 遥测终端地址 站址"), kind=Kind.CODE,
        meaning="遥测站的站码；没有站码时填取水口编号", example="0030746200",
    ),
    Field(
        name="code", heading="取水口编号", aliases=words("取水口编码 井编号 机井编号"), kind=Kind.CODE,
        meaning="该时刻由哪个遥测站监测的取水口",
    ),
    Field(
        name="time", heading="时间", kind=Kind.TIME, aliases=words("观测时间 采集时间 数据时间 监测时间 日期时间 记录时间 读数时间 时刻"), required=True,
        width=20, meaning="北京时间，到分或秒", example="2026-05-01 08:00",
    ),
    Field(
        name="channel", heading="通道", aliases=words("路数 通道号"), kind=Kind.INTEGER, minimum=Decimal(1), maximum=Decimal(32),
        meaning="一站监测几个取水口时的路数，空着是 1",
    ),
    *QUANTITIES,
)  # fmt: skip
