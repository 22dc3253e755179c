"""The invented demo banner (演示旗), made from a seed: a ledger of unsaved rows and what water truly ran, day by day.

Nothing here touches a database. Litres are int64 arrays of intakes × days; day 0 is the first day of the past.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, TypeVar

import numpy as np
from django.db.models import Model

from liangshui.accounting.codes import Method
from liangshui.accounting.models import AccountingRule, Coefficient, EnergyRecord, ReturnVolume, Statement, SupplyVolume
from liangshui.core.periods import BEIJING
from liangshui.core.quantities import LITRE, split
from liangshui.demo.place import Place, geojson, invent, points_in
from liangshui.quota.models import AllotmentEntry
from liangshui.registry.codes import (
    GROUNDWATER,
    DivisionLevel,
    IntakeKind,
    IntakeStatus,
    LawfulMethod,
    NodeKind,
    Sector,
    ShapeKind,
    SourceKind,
    UserKind,
    ZoneKind,
)
from liangshui.registry.models import (
    Attribution,
    ControlZone,
    Division,
    DivisionAlias,
    Holding,
    HouseholdNumber,
    Intake,
    IrrigatedArea,
    IrrigationNode,
    ManagementUnit,
    PowerMeter,
    PowerSupply,
    Project,
    Shape,
    Share,
    Source,
    SupplyLink,
    WaterUser,
)
from liangshui.registry.words import initials

M = TypeVar("M", bound=Model)

BEGINNING = date(2015, 1, 1)
"""From when the links of the demo count; all its volumes are later."""

PREFIX = "演示"
"""How every name of the demo begins."""

COUNTY = f"{PREFIX}旗"
_TOWNS = ("清泉镇", "白杨镇", "青禾镇", "石桥镇", "长滩镇", "金沙镇", "云岭苏木", "红柳苏木")
_UNITS = ("西南平原", "南部滩地", "东南台地", "西北丘陵", "北部井灌", "东北沙地")
_FIRST, _SECOND = "东西南北上下新大小前", "河湾坡梁滩沟井泉台甸"
_FIRMS = ["恒源", "永丰", "金泰", "瑞禾", "盛达", "天和", "众兴", "宏远", "绿野", "博川", "万顺", "汇通"]
_TRADES = (
    ("煤业", "0610"),
    ("化工", "2614"),
    ("乳业", "1440"),
    ("建材", "3021"),
    ("粮油", "1331"),
    ("能源", "4417"),
    ("物流", "5810"),
    ("肉业", "1353"),
)
_FARM_MONTHS = (0.0, 0.0, 0.01, 0.09, 0.18, 0.22, 0.21, 0.17, 0.08, 0.03, 0.01, 0.0)
_SOURCES = {
    "river": ("演示河", SourceKind.SURFACE),
    "reservoir": ("演示水库", SourceKind.SURFACE),
    "shallow": ("演示浅层地下水", SourceKind.SHALLOW),
    "deep": ("演示深层地下水", SourceKind.DEEP),
    "mine": ("演示一矿疏干水", SourceKind.DRAINAGE),
    "reclaimed": ("演示再生水厂", SourceKind.RECLAIMED),
    "rain": ("演示集雨工程", SourceKind.RAIN),
    "other": ("演示外调水", SourceKind.OTHER),
}
# user, kind of intake, source, use, course over the year, m³ a year, name
_SPECIALS = (
    ("works", IntakeKind.WELL, "deep", Sector.LIVING, "living", 420_000, "水源井"),
    ("mine", IntakeKind.MINE, "mine", Sector.INDUSTRY, "steady", 1_300_000, "疏干水出口"),
    ("sewage", IntakeKind.RECLAIMED, "reclaimed", Sector.INDUSTRY, "steady", 1_600_000, "再生水出口"),
    ("district", IntakeKind.CANAL, "river", Sector.AGRICULTURE, "canal", 2_600_000, "总干渠渠首"),
    ("district", IntakeKind.PUMP, "river", Sector.AGRICULTURE, "canal", 500_000, "提水泵站"),
    ("works", IntakeKind.WELL, "deep", Sector.LIVING, "living", 380_000, "水源井"),
    ("district", IntakeKind.CANAL, "river", Sector.AGRICULTURE, "canal", 1_500_000, "支渠渠首"),
    ("district", IntakeKind.RESERVOIR, "reservoir", Sector.AGRICULTURE, "canal", 900_000, "水库出水口"),
    ("public", IntakeKind.NETWORK, "other", Sector.LIVING, "living", 120_000, "外调水接入口"),
    ("public", IntakeKind.RESERVOIR, "rain", Sector.ECOLOGY, "season", 30_000, "集雨池"),
    ("mine", IntakeKind.MINE, "mine", Sector.INDUSTRY, "steady", 700_000, "疏干水出口"),
    ("works", IntakeKind.WELL, "deep", Sector.LIVING, "living", 400_000, "水源井"),
    ("works", IntakeKind.WELL, "deep", Sector.LIVING, "living", 350_000, "水源井"),
    ("district", IntakeKind.CANAL, "river", Sector.AGRICULTURE, "canal", 1_100_000, "支渠渠首"),
    ("district", IntakeKind.PUMP, "river", Sector.AGRICULTURE, "canal", 350_000, "提水泵站"),
    ("works", IntakeKind.WELL, "deep", Sector.LIVING, "living", 360_000, "水源井"),
    *[("public", IntakeKind.WELL, "shallow", Sector.ECOLOGY, "season", 45_000, "生态补水井")] * 10,
)


@dataclass(frozen=True)
class Size:
    """How much is invented."""

    intakes: int = 3000
    stations: int = 400
    users: int = 300
    months: int = 24

    @classmethod
    def of(cls, intakes: int) -> "Size":
        """Everything in proportion to the intakes."""
        return cls(intakes, max(12, round(intakes * 400 / 3000)), max(40, intakes // 10))


@dataclass(frozen=True)
class Hidden:
    """One thing that is wrong (or looks so, `group` "lawful") in the data, by the codes of what it concerns."""

    group: str
    kind: str
    start: date | None = None
    end: date | None = None
    intake: str = ""
    station: str = ""
    power_meter: str = ""
    project: str = ""


@dataclass
class Taker:
    """An intake with what rules its water. `coefficient` is the true one, m³ per kWh; None: no power meter."""

    intake: Intake
    town: int
    course: str
    annual: float
    on_station: bool = False
    coefficient: float | None = None
    area_mu: int = 0
    shares: dict[int, int] = field(default_factory=dict)
    """Weights by place of the user in `World.users`, for a common well."""


@dataclass
class World:
    """Everything that is invented."""

    seed: int
    today: date
    size: Size
    start: date
    days: int
    """From `start` up to and with today."""

    place: Place
    rows: dict[type[Model], list[Any]] = field(default_factory=lambda: defaultdict(list))
    towns: list[Division] = field(default_factory=list)
    villages: list[tuple[Division, int, tuple[float, float]]] = field(default_factory=list)
    users: list[WaterUser] = field(default_factory=list)
    named: dict[str, WaterUser] = field(default_factory=dict)
    takers: list[Taker] = field(default_factory=list)
    taken: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), np.int64))
    hidden: list[Hidden] = field(default_factory=list)
    county: Any = None
    zone: Any = None

    def add(self, row: M) -> M:
        self.rows[type(row)].append(row)
        return row

    def months(self) -> list[tuple[date, date]]:
        """From the first day up to yesterday, the last one perhaps cut."""
        found, first = [], self.start
        while first < self.today:
            following = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
            found.append((first, min(following, self.today)))
            first = following
        return found

    def monthly(self, litres: np.ndarray) -> np.ndarray:
        """Sums by month of the last axis."""
        edges = [(first - self.start).days for first, _ in self.months()]
        return np.add.reduceat(litres[..., : self.days - 1], edges, axis=-1)

    @property
    def years(self) -> range:
        return range(self.start.year, self.today.year + 1)

    def at(self, day: float) -> datetime:
        """The instant of a day number; 1.5 is noon of the second day."""
        return datetime.combine(self.start, time(), BEIJING) + timedelta(days=day)


def generate(seed: int, today: date, size: Size) -> World:
    """The ledger, the water and the allotments; stations and what is wrong with them come by `measure`."""
    rng = np.random.default_rng(seed)
    month = today.year * 12 + today.month - 1 - size.months
    start = date(month // 12, month % 12 + 1, 1)
    world = World(seed, today, size, start, (today - start).days + 1, invent(rng))
    _divisions(world, rng)
    _sources_and_zones(world)
    _users(world, rng)
    _intakes(world, rng)
    _water(world, rng)
    _power(world, rng)
    _wrong_without_station(world, rng)
    _energy(world, rng)
    _declared(world)
    _areas_and_shares(world)
    _passed_on(world, rng)
    _allotments(world, rng)
    return world


# --- places -----------------------------------------------------------------------------------------------------------


def _division(world: World, code: str, name: str, level: str, parent: Division | None) -> Division:
    path = (parent.path if parent else "") + code + "/"
    return world.add(
        Division(code=code, name=name, level=level, parent=parent, path=path, initials=initials(name), note="演示数据")
    )


def _divisions(world: World, rng: np.random.Generator) -> None:
    province = _division(world, "159000", "演示区", DivisionLevel.PROVINCE, None)
    city = _division(world, "159900", "演示市", DivisionLevel.CITY, province)
    world.county = _division(world, "159925", COUNTY, DivisionLevel.COUNTY, city)
    note = "虚构，演示用"

    def outline(kind: str, name: str, division: Division | None, shape: Any) -> None:
        world.add(Shape(kind=kind, name=name, division=division, geometry=geojson(shape), source=note))

    outline(ShapeKind.COUNTY, COUNTY, world.county, world.place.outline)
    outline(ShapeKind.RIVER, "演示河", None, world.place.river)
    names = [a + b for a in _FIRST for b in _SECOND]
    rng.shuffle(names)
    for number, name in enumerate(_TOWNS):
        code = f"159925{100 + number}"
        town = _division(world, code, f"演示{name}", DivisionLevel.TOWN, world.county)
        world.towns.append(town)
        world.add(DivisionAlias(division=town, name=name))
        tile = world.place.towns[number]
        outline(ShapeKind.DIVISION, town.name, town, tile)
        kind = "嘎查" if name.endswith("苏木") else "村"
        middle = tile.representative_point()
        for k in range(int(rng.integers(6, 11))):
            village = _division(world, f"{code}{200 + k}", f"演示{names.pop()}{kind}", DivisionLevel.VILLAGE, town)
            centre = points_in(tile.buffer(-0.01), (middle.x, middle.y), 0.09, 1, rng)[0]
            world.villages.append((village, number, (float(centre[0]), float(centre[1]))))
    world.zone = _division(world, "159925400", "演示经济开发区", DivisionLevel.AREA, world.county)
    outline(ShapeKind.DIVISION, world.zone.name, world.zone, world.place.development_zone)


def _sources_and_zones(world: World) -> None:
    for number, (name, shape) in enumerate(zip(_UNITS, world.place.units, strict=True), 1):
        world.add(
            ManagementUnit(
                code=f"YS-GW-{number:02d}", name=f"演示{name}单元", division=world.county, geometry=geojson(shape)
            )
        )
    for number, (name, kind) in enumerate(_SOURCES.values(), 1):
        world.add(Source(code=f"YS-SY-{number:02d}", name=name, kind=kind))
    for kind, name, shape in (
        (ZoneKind.BANNED, "演示泉域禁采区", world.place.banned),
        (ZoneKind.LIMITED, "演示南滩限采区", world.place.limited),
        (ZoneKind.OVERDRAFT, "演示北部超采区", world.place.overdraft),
    ):
        world.add(
            ControlZone(
                kind=kind,
                name=name,
                geometry=geojson(shape),
                document="演示政发〔2020〕1号",
                valid_from=date(2020, 1, 1),
            )
        )


# --- users and projects -----------------------------------------------------------------------------------------------


def _user(world: World, name: str, kind: str, division: Division, industry: str = "", key: str = "") -> WaterUser:
    number = len(world.users) + 1
    user = world.add(
        WaterUser(
            code=f"YS{number:04d}",
            name=name,
            initials=initials(name),
            kind=kind,
            division=division,
            industry_code=industry,
            credit_code="" if kind == UserKind.HOUSEHOLD else f"YS159925{number:010d}",
            contact=f"演示联系人{number}",
            phone=f"100{number:08d}",
        )
    )
    world.users.append(user)
    if key:
        world.named[key] = user
    return user


def _users(world: World, rng: np.random.Generator) -> None:
    towns, area = world.towns, world.zone
    _user(world, "演示自来水公司", UserKind.WATERWORKS, towns[0], "4610", "works")
    _user(world, "演示第一煤矿", UserKind.COMPANY, towns[1], "0610", "mine")
    _user(world, "演示再生水厂", UserKind.COMPANY, area, "4620", "sewage")
    _user(world, "演示热电厂", UserKind.COMPANY, area, "4411", "power")
    _user(world, "演示河灌区管理处", UserKind.IRRIGATION, towns[2], "7620", "district")
    _user(world, "演示生态保护站", UserKind.PUBLIC, towns[3], "7711", "public")
    for number in range(4):
        _user(
            world, f"演示用水者协会第{number + 1}分会", UserKind.ASSOCIATION, towns[2 + number % 2], "", f"wua{number}"
        )
    rest = world.size.users - len(world.users)
    collectives = min(len(world.villages), max(8, rest // 5))
    picked = [
        world.villages[i] for i in np.linspace(0, len(world.villages) - 1, collectives).round().astype(int).tolist()
    ]
    for village, _, _ in picked:
        _user(world, f"{village.name}集体经济组织", UserKind.COLLECTIVE, village, "0111")
    for number in range(rest // 5):
        trade, code = _TRADES[number % len(_TRADES)]
        where = area if number % 2 else towns[int(rng.integers(8))]
        _user(
            world,
            f"演示{_FIRMS[number % 12]}{trade}{number // 96 or ''}{'甲乙丙丁戊己庚辛'[number % 8]}公司",
            UserKind.COMPANY,
            where,
            code,
        )
    for number in range(rest // 8):
        village = world.villages[int(rng.integers(len(world.villages)))][0]
        _user(world, f"演示农户{number + 1}", UserKind.HOUSEHOLD, village)
    number = 0
    while len(world.users) < world.size.users:
        number += 1
        village = world.villages[int(rng.integers(len(world.villages)))][0]
        _user(
            world,
            f"演示{_FIRMS[number % 12]}第{number}{'农场' if number % 3 else '合作社'}",
            UserKind.OTHER,
            village,
            "0111",
        )


def _project(world: World, user: WaterUser, *, permitted: bool = True, name: str = "取水项目") -> Project:
    number = len(world.rows[Project]) + 1
    begins = date(world.start.year - 2 - number % 2, 1 + number % 12, 1)
    project = world.add(
        Project(
            code=f"YSXM{number:04d}",
            name=f"{user.name}{name}",
            initials=initials(f"{user.name}{name}"),
            user=user,
            division=user.division,
            permit_number=f"D159925G{begins.year}-{number:04d}" if permitted else "",
            permit_from=begins if permitted else None,
            permit_to=begins.replace(year=begins.year + 10) if permitted else None,
        )
    )
    world.add(Holding(project=project, user=user, valid_from=BEGINNING))
    return project


# --- intakes ----------------------------------------------------------------------------------------------------------


def _intakes(world: World, rng: np.random.Generator) -> None:
    size, named = world.size, world.named
    units, sources = world.rows[ManagementUnit], dict(zip(_SOURCES, world.rows[Source], strict=True))
    projects = {key: _project(world, named[key]) for key in ("works", "mine", "sewage", "district", "public")}
    nodes = _irrigation(world)
    town_of = {town.path: number for number, town in enumerate(world.towns)} | {world.zone.path: 0}
    centre_of = {village.path: centre for village, _, centre in world.villages}
    plans: list[tuple[Project, str, str, str, str, float, str, bool]] = []
    for key, kind, source, sector, course, annual, name in _SPECIALS[: max(5, size.stations // 10)]:
        plans.append((projects[key], kind, source, sector, course, annual * rng.uniform(0.9, 1.1), name, True))
    companies = [u for u in world.users if u.kind == UserKind.COMPANY and u not in named.values()]
    for number in range(size.stations // 5):
        user = companies[number % len(companies)]
        project = _project(world, user) if number < len(companies) else plans[-len(companies)][0]
        source = "deep" if number % 6 == 0 else "shallow"
        plans.append(
            (
                project,
                IntakeKind.WELL,
                source,
                Sector.INDUSTRY,
                "industry",
                rng.uniform(15_000, 160_000),
                "生产井",
                True,
            )
        )
    farms = [u for u in world.users if u.kind in (UserKind.COLLECTIVE, UserKind.OTHER)]
    of_user = {u.code: _project(world, u) for u in farms}
    weights = np.array([4.0 if u.kind == UserKind.COLLECTIVE else 1.2 for u in farms]) * rng.uniform(
        0.6, 1.4, len(farms)
    )
    owners = np.sort(rng.choice(len(farms), size.intakes - len(plans), p=weights / weights.sum()))
    measured = set(
        rng.choice(len(owners), min(len(owners), size.stations - sum(p[-1] for p in plans)), replace=False).tolist()
    )
    for number, owner in enumerate(owners.tolist()):
        living = number % 40 == 7 and number not in measured
        sector, course = (Sector.LIVING, "living") if living else (Sector.AGRICULTURE, "farm")
        annual = rng.uniform(3_000, 12_000) if living else 0.0
        plans.append(
            (
                of_user[farms[owner].code],
                IntakeKind.WELL,
                "shallow",
                sector,
                course,
                annual,
                "供水井" if living else "机井",
                number in measured,
            )
        )
    wells: dict[str, int] = defaultdict(int)
    by_place: dict[str, list[int]] = defaultdict(list)
    for number, (project, kind, source, sector, course, annual, name, on_station) in enumerate(plans, 1):
        user = project.user
        wells[user.code + name] += 1
        prefix = user.division.name if user.kind == UserKind.COLLECTIVE else user.name.removesuffix("取水项目")
        full = f"{prefix}{wells[user.code + name]}号{name}"
        area = int(rng.integers(35, 190)) if course == "farm" else 0
        town = town_of[user.division.path] if user.division.path in town_of else town_of[user.division.parent.path]
        capacity_unset = Decimal(0)
        intake = world.add(
            Intake(
                code=f"YS159925-{number:05d}",
                national_code=f"QSK159925{number:06d}" if rng.random() < 0.7 else "",
                name=full,
                initials=initials(full),
                kind=kind,
                project=project,
                division=user.division,
                source=sources[source],
                sector=sector,
                depth_m=Decimal(int(rng.integers(300, 800) if source == "deep" else rng.integers(60, 220)))
                if kind == IntakeKind.WELL
                else None,
                pipe_mm=int(rng.choice([80, 100, 125, 150])) if kind == IntakeKind.WELL else 600,
                capacity_m3_h=capacity_unset,
                lawful_method=LawfulMethod.METER if on_station else LawfulMethod.ELECTRICITY,
                node=nodes[wells[user.code + name] % len(nodes)] if user is named["district"] else None,
            )
        )
        water = area * rng.uniform(170, 250) if course == "farm" else annual
        has_power = kind in (IntakeKind.WELL, IntakeKind.PUMP)
        lift = rng.uniform(1.1, 1.9) if source == "deep" else rng.uniform(2.0, 4.6)
        world.takers.append(Taker(intake, town, course, water, on_station, lift if has_power else None, area))
        by_place[user.division.path].append(number - 1)
    for path, numbers in by_place.items():
        town = world.takers[numbers[0]].town
        tile = world.place.development_zone if path == world.zone.path else world.place.towns[town]
        middle = tile.representative_point()
        centre = centre_of.get(path, (middle.x, middle.y))
        points = points_in(tile.difference(world.place.banned), centre, 0.025, len(numbers), rng)
        for number, (x, y), unit in zip(numbers, points.tolist(), world.place.unit_of(points).tolist(), strict=True):
            intake = world.takers[number].intake
            intake.longitude, intake.latitude = Decimal(f"{x:.6f}"), Decimal(f"{y:.6f}")
            intake.management_unit = units[unit] if intake.source.kind in GROUNDWATER else None


def _irrigation(world: World) -> list[IrrigationNode]:
    user = world.named["district"]

    def node(code: str, name: str, kind: str, parent: IrrigationNode | None, runs: WaterUser) -> IrrigationNode:
        return world.add(
            IrrigationNode(code=code, name=name, kind=kind, parent=parent, user=runs, division=runs.division)
        )

    district = node("YS-GQ", "演示河灌区", NodeKind.DISTRICT, None, user)
    canals = [
        node(f"YS-GQ-{n}", f"演示{name}", NodeKind.CANAL, district, user)
        for n, name in enumerate(("总干渠", "一支渠", "二支渠"), 1)
    ]
    for number in range(4):
        runs = world.named[f"wua{number}"]
        node(f"YS-GQ-XH{number + 1}", runs.name, NodeKind.ASSOCIATION, canals[number % 3], runs)
    return canals


# --- water ------------------------------------------------------------------------------------------------------------


def _water(world: World, rng: np.random.Generator) -> None:
    """What truly ran, litres by intake and day, and the pump that can do it."""
    n, days = len(world.takers), world.days
    dates = [world.start + timedelta(days=d) for d in range(days)]
    of_year = np.array([d.timetuple().tm_yday for d in dates])
    weekday = np.array([d.weekday() for d in dates])
    year = np.array([d.year - world.start.year for d in dates])
    middles = np.array([-15, *(15 + 30.4 * k for k in range(12)), 380])
    farm = np.interp(
        of_year, middles, np.array([_FARM_MONTHS[-1], *_FARM_MONTHS, _FARM_MONTHS[0]]) / 30.4
    )  # share of a year's water by day
    summer = np.sin((of_year - 105) / 365.25 * 2 * np.pi)
    courses = {
        "farm": farm,
        "season": farm,
        "canal": farm,
        "industry": (1.07 - 0.25 * (weekday == 6)) / 365,
        "living": (1 + 0.2 * summer) / 365,
        "steady": (1 + 0.04 * summer) / 365,
    }
    kinds = np.array([t.course for t in world.takers])
    shape = np.zeros((n, days))
    for course, line in courses.items():
        shape[kinds == course] = line
    phase, turns = rng.integers(0, 10, n), np.isin(kinds, ("farm", "season"))
    on = ((np.arange(days) + phase[:, None]) % 10 < 6) / 0.6
    shape = np.where(turns[:, None], shape * on, shape)
    noise = np.exp(rng.normal(0, 0.10, (n, days)))
    per_year = np.exp(rng.normal(0, 0.08, (n, len(world.years))))
    idle = (rng.random(per_year.shape) < 0.07) & (kinds == "farm")[:, None]
    idle &= ~np.array([t.on_station for t in world.takers])[:, None]
    per_year[idle] = 0.0
    annual = np.array([t.annual for t in world.takers])
    taken = annual[:, None] * shape * noise * per_year[:, year]
    taken[taken < 0.5] = 0.0
    world.taken = np.rint(taken * 1000).astype(np.int64)
    for taker, most in zip(world.takers, (world.taken.max(axis=1) / 1000).tolist(), strict=True):
        capacity = max(20.0, -(-most / 14 // 5) * 5)  # fourteen hours do the busiest day
        intake = taker.intake
        intake.capacity_m3_h, intake.max_m3_d = Decimal(f"{capacity:.2f}"), Decimal(f"{capacity * 24:.2f}")
        if taker.coefficient:
            intake.pump_kw = Decimal(f"{capacity / taker.coefficient * 1.1:.1f}")
            intake.pump_model = f"200QJ{capacity:.0f}-{int(160 / taker.coefficient)}"
    allowed: dict[str, float] = defaultdict(float)
    for taker in world.takers:
        allowed[taker.intake.project.code] += taker.annual
    for project in world.rows[Project]:
        if project.permit_number:
            project.permitted_m3 = Decimal(-(-int(allowed[project.code] * 1.15) // 100) * 100)


def _power(world: World, rng: np.random.Generator) -> None:
    """Power meters; here and there one drives two wells. Coefficients as tested, near the true ones."""
    previous: PowerMeter | None = None
    for number, taker in enumerate(world.takers, 1):
        if taker.coefficient is None:
            previous = None
            continue
        before = world.takers[number - 2]
        shared = previous is not None and number % 37 == 0 and not (taker.on_station or before.on_station)
        shared = shared and before.intake.project is taker.intake.project and before.course == taker.course
        if shared:
            taker.coefficient = before.coefficient
            world.taken[number - 1] = world.taken[number - 2]  # one pump house: both run together
        else:
            household = f"59925{number:07d}"
            previous = world.add(
                PowerMeter(
                    number=f"YSDB{number:06d}",
                    household_number=household,
                    multiplier=Decimal(int(rng.choice([1, 1, 1, 20, 30]))),
                )
            )
            world.add(HouseholdNumber(user=taker.intake.project.user, number=household))
        world.add(PowerSupply(power_meter=previous, intake=taker.intake, valid_from=BEGINNING))
        assert taker.coefficient is not None
        uncertainty = float(rng.choice([0.05, 0.08, 0.10, 0.15]))
        stated = taker.coefficient * (1 + rng.normal(0, uncertainty / 4))
        tested = world.start - timedelta(days=int(rng.integers(30, 900)))
        world.add(
            Coefficient(
                intake=taker.intake,
                m3_per_kwh=Decimal(f"{stated:.4f}"),
                uncertainty=Decimal(f"{uncertainty:.3f}"),
                tested_on=tested,
                source="演示抽水试验",
                valid_from=BEGINNING,
            )
        )
    world.add(
        AccountingRule(
            valid_from=BEGINNING,
            boundary_hour=0,
            reason="演示",
            method_order=[
                m.value
                for m in (
                    Method.CORRECTED,
                    Method.REGISTER,
                    Method.FLOW,
                    Method.ELECTRICITY,
                    Method.DECLARED,
                    Method.ESTIMATE,
                    Method.CAPACITY,
                )
            ],
        )
    )


# --- what is wrong, seen without a station ----------------------------------------------------------------------------


def _wrong_without_station(world: World, rng: np.random.Generator) -> None:
    """Illegal pumping and disorder in the ledger, hidden among the farm wells; what is sound but looks odd, too."""
    scale = world.size.intakes / 3000
    farm = [i for i, t in enumerate(world.takers) if t.course == "farm" and not t.on_station]
    supplied: dict[int, int] = defaultdict(int)
    for supply in world.rows[PowerSupply]:
        supplied[id(supply.power_meter)] += 1
    power_of = {id(s.intake): s.power_meter for s in world.rows[PowerSupply]}
    active = [
        i
        for i in farm
        if world.monthly(world.taken[i]).astype(bool).sum() > world.size.months // 4
        and supplied[id(power_of[id(world.takers[i].intake)])] == 1
    ]
    pool = rng.permutation(active).tolist()

    def some(count: int) -> list[Taker]:
        return [world.takers[pool.pop()] for _ in range(min(max(1, round(count * scale)), len(pool)))]

    def hide(kind: str, taker: Taker, start: date | None = None, group: str = "illegal") -> None:
        intake = taker.intake
        world.hidden.append(
            Hidden(
                group,
                kind,
                start,
                None,
                intake.code,
                "",
                power_of[id(intake)].number,
                intake.project.code,
            )
        )

    without: dict[str, Project] = {}
    for taker in some(24):
        user = taker.intake.project.user
        if user.code not in without:
            without[user.code] = _project(world, user, permitted=False, name="机井")
        old = taker.intake.project
        old.permitted_m3 -= Decimal(int(taker.annual))
        taker.intake.project = without[user.code]
        hide("pumping_without_permit", taker)
    for taker in some(6):
        begin = next(d for d in np.flatnonzero(world.taken[world.takers.index(taker)]).tolist())
        sealed = world.start + timedelta(days=min(begin + 20, world.days // 3))
        taker.intake.status, taker.intake.sealed_on = IntakeStatus.SEALED, sealed
        hide("pumping_after_sealing", taker, sealed)
    banned = points_in(world.place.banned, world.place.banned.centroid.coords[0], 0.03, 40, rng)
    town = world.towns[5]
    inside = [i for i in pool if world.takers[i].intake.division.path.startswith(town.path)]
    for number, index in enumerate(inside[: max(1, round(5 * scale))]):
        pool.remove(index)
        intake = world.takers[index].intake
        x, y = banned[number].tolist()
        intake.longitude, intake.latitude = Decimal(f"{x:.6f}"), Decimal(f"{y:.6f}")
        unit = int(world.place.unit_of(banned[number : number + 1])[0])
        intake.management_unit = world.rows[ManagementUnit][unit]
        hide("pumping_in_banned_zone", world.takers[index])
    for taker in some(5):
        taker.intake.lawful_method = LawfulMethod.METER
        hide("no_meter", taker, group="ledger")
    for taker in some(30):  # sound: sealed or standing by, and dry
        index = world.takers.index(taker)
        sealed = bool(rng.random() < 0.5)
        taker.intake.status = IntakeStatus.SEALED if sealed else IntakeStatus.STANDBY
        taker.intake.sealed_on = world.start - timedelta(days=100) if sealed else None
        world.taken[index] = 0
    clean = [
        p
        for p in world.rows[Project]
        if p.permit_number and p.user.kind == UserKind.OTHER and p.code not in {h.project for h in world.hidden}
    ]
    used: dict[str, float] = defaultdict(float)
    for taker, total in zip(world.takers, (world.taken.sum(axis=1) / 1000).tolist(), strict=True):
        used[taker.intake.project.code] += total
    clean = [p for p in clean if used[p.code] > 3000]
    clean = [clean[i] for i in rng.permutation(len(clean)).tolist()]
    for project in clean[: max(1, round(6 * scale))]:
        project.permit_to = world.start + timedelta(days=int(rng.integers(40, max(41, world.days * 2 // 3))))
        world.hidden.append(Hidden("illegal", "pumping_on_expired_permit", project.permit_to, project=project.code))
    for project in clean[max(1, round(6 * scale)) :][: max(1, round(5 * scale))]:
        yearly = used[project.code] * 365 / world.days
        project.permitted_m3 = Decimal(max(1, int(yearly * 0.6)))
        world.hidden.append(Hidden("illegal", "pumping_over_permit", project=project.code))
    for number in range(max(1, round(6 * scale))):
        household = f"59925{9_000_000 + number}"
        meter = world.add(PowerMeter(number=f"YSDB9{number:05d}", household_number=household))
        user = world.takers[pool.pop()].intake.project.user if pool else world.users[-1]
        world.add(HouseholdNumber(user=user, number=household))
        world.hidden.append(Hidden("illegal", "energy_without_well", power_meter=meter.number))


def _energy(world: World, rng: np.random.Generator) -> None:
    """Monthly electricity of each power meter, from the true water and the true coefficient."""
    months = world.months()
    totals: dict[int, np.ndarray] = {}
    index = {id(taker.intake): i for i, taker in enumerate(world.takers)}
    water = world.monthly(world.taken) / 1000
    for supply in world.rows[PowerSupply]:
        at = index[id(supply.intake)]
        kwh = water[at] / world.takers[at].coefficient
        totals[id(supply.power_meter)] = totals.get(id(supply.power_meter), 0) + kwh
    farm = water[[t.course == "farm" and not t.on_station for t in world.takers]].mean(axis=0)
    for meter in world.rows[PowerMeter]:
        kwh = totals.get(id(meter))
        if kwh is None:  # energy without a well in the ledger
            kwh = farm / 3.0 * rng.uniform(0.7, 1.5)
        noisy = kwh * (1 + rng.normal(0, 0.015, len(months))) + rng.uniform(0, 1.5, len(months))
        for (first, end), value in zip(months, noisy.tolist(), strict=True):
            world.add(EnergyRecord(power_meter=meter, start=first, end=end, kwh=Decimal(f"{value:.2f}")))


def _declared(world: World) -> None:
    """What some farm users stated of their wells for the last quarter of a season; a few of them far too little."""
    rng = np.random.default_rng([world.seed, 2])
    months = [first for first, end in world.months() if first.day == 1 and end.day == 1]
    quarters = [m for m in months[:-2] if m.month in (4, 7)]
    if not quarters:
        return
    at = months.index(quarters[-1])
    start, end = months[at], (months[at + 2] + timedelta(days=32)).replace(day=1)
    water = world.monthly(world.taken)[:, at : at + 3].sum(axis=1) / 1000
    odd = {h.intake for h in world.hidden}
    asked = [
        i
        for i, t in enumerate(world.takers)
        if t.course == "farm" and t.coefficient and not t.on_station and t.intake.code not in odd and water[i] > 1000
    ]
    scale = world.size.intakes / 3000
    asked = [asked[i] for i in rng.permutation(len(asked)).tolist()][: max(4, round(80 * scale))]
    for number, index in enumerate(asked):
        too_little = number < max(1, round(8 * scale))
        volume = Decimal(int(water[index] * (rng.uniform(0.2, 0.5) if too_little else rng.uniform(0.93, 1.08))))
        intake = world.takers[index].intake
        world.add(
            Statement(
                intake=intake, start=start, end=end, method=Method.DECLARED.value, row="演示数据",
                volume_m3=volume, low_m3=volume, high_m3=volume,
            )
        )  # fmt: skip
        if too_little:
            world.hidden.append(Hidden("fraud", "declared_too_little", start, intake=intake.code))


def _areas_and_shares(world: World) -> None:
    """Areas by well and year, the baseline by user; common wells; the attribution of every intake."""
    households = [i for i, u in enumerate(world.users) if u.kind == UserKind.HOUSEHOLD]
    totals: dict[str, list[Any]] = {}
    common = 0
    for number, taker in enumerate(world.takers):
        intake = taker.intake
        facts = {n: getattr(intake, n) for n in ("project", "division", "management_unit", "source", "sector")}
        world.add(Attribution(intake=intake, valid_from=BEGINNING, reason="建账", **facts))
        if not taker.area_mu:
            continue
        user = intake.project.user
        totals.setdefault(user.code, [user, 0])[1] += taker.area_mu
        for year in world.years:
            area = Decimal(taker.area_mu) if (number + year) % 9 else Decimal(taker.area_mu) * Decimal("0.9")
            world.add(IrrigatedArea(user=user, intake=intake, year=year, area_mu=area))
        if number % 60 == 11 and len(households) >= 3 and user.kind == UserKind.COLLECTIVE:
            for k in range(3):
                place = households[(common * 3 + k) % len(households)]
                taker.shares[place] = 1 + (number + k) % 4
                world.add(
                    Share(
                        intake=intake,
                        user=world.users[place],
                        weight=Decimal(taker.shares[place]),
                        valid_from=BEGINNING,
                    )
                )
            common += 1
    for user, area in totals.values():
        world.add(IrrigatedArea(user=user, year=world.start.year - 1, area_mu=Decimal(area), is_baseline=True))


# --- passed on and given back -----------------------------------------------------------------------------------------


def _volumes(litres: float) -> dict[str, Decimal]:
    value = Decimal(int(litres)) * LITRE
    spread = (value * Decimal("0.02")).quantize(LITRE)
    return {"volume_m3": value, "low_m3": value - spread, "high_m3": value + spread}


def _passed_on(world: World, rng: np.random.Generator) -> None:
    months = world.months()
    sources = dict(zip(_SOURCES, world.rows[Source], strict=True))
    companies = [u for u in world.users if u.kind == UserKind.COMPANY and u not in world.named.values()]
    collectives = [u for u in world.users if u.kind == UserKind.COLLECTIVE]
    customers = [*companies[:18], world.named["public"], *collectives[:6]]
    plans = (
        ("works", "deep", [(u, Sector.INDUSTRY if u.kind == UserKind.COMPANY else Sector.LIVING) for u in customers]),
        ("mine", "mine", [(u, Sector.INDUSTRY) for u in (*companies[-3:], world.named["power"])]),
        ("sewage", "reclaimed", [(world.named["power"], Sector.INDUSTRY)]),
        ("district", "river", [(world.named[f"wua{n}"], Sector.AGRICULTURE) for n in range(4)]),
    )
    number = 0
    for key, source, receivers in plans:
        supplier = world.named[key]
        own = [
            i
            for i, t in enumerate(world.takers)
            if t.intake.project.user is supplier and t.intake.source is sources[source]
        ]
        total = world.monthly(world.taken[own].sum(axis=0))
        weights = rng.uniform(0.5, 1.5, len(receivers))
        passed = {"works": 0.88, "mine": 0.6, "sewage": 0.8, "district": 0.9}[key] * weights / weights.sum()
        for (customer, sector), share in zip(receivers, passed.tolist(), strict=True):
            number += 1
            link = world.add(
                SupplyLink(
                    code=f"YSZG{number:03d}",
                    supplier=supplier,
                    customer=customer,
                    source=sources[source],
                    sector=sector,
                    valid_from=BEGINNING,
                )
            )
            for (first, end), litres in zip(months, total.tolist(), strict=True):
                world.add(
                    SupplyVolume(link=link, start=first, end=end, method=Method.REGISTER, **_volumes(litres * share))
                )
    discharging = [
        p
        for p in world.rows[Project]
        if p.user in companies[:14] or p.user in (world.named["mine"], world.named["sewage"])
    ]
    by_project: dict[str, list[int]] = defaultdict(list)
    for index, taker in enumerate(world.takers):
        by_project[taker.intake.project.code].append(index)
    for project in discharging:
        total = world.monthly(world.taken[by_project[project.code]].sum(axis=0))
        share = rng.uniform(0.15, 0.45)
        for (first, end), litres in zip(months, total.tolist(), strict=True):
            world.add(
                ReturnVolume(project=project, start=first, end=end, method=Method.REGISTER, **_volumes(litres * share))
            )


# --- allotments -------------------------------------------------------------------------------------------------------


def _allotments(world: World, rng: np.random.Generator) -> None:
    """Cells from what their users need, users and margins from the cells, so that every sum closes exactly.

    This year three cells are nearly used up and two are over.
    """
    place_of = {id(user): i for i, user in enumerate(world.users)}
    need: dict[str, dict[tuple[int | None, int, str], dict[int, float]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(float))
    )
    first = max(0, (date(world.today.year, 1, 1) - world.start).days)
    so_far = (world.taken[:, first : world.days - 1].sum(axis=1) / 1000).tolist()
    used: dict[tuple[str, int | None, int, str], float] = defaultdict(float)
    units, areas = world.rows[ManagementUnit], [*world.towns, world.zone]
    for taker, now in zip(world.takers, so_far, strict=True):
        intake = taker.intake
        unit = units.index(intake.management_unit) if intake.management_unit else None
        town = len(areas) - 1 if intake.division is world.zone else taker.town
        cell = (unit, town, str(intake.sector))
        shares = taker.shares or {place_of[id(intake.project.user)]: 1}
        for place, weight in shares.items():
            need[str(intake.source.kind)][cell][place] += taker.annual * weight / sum(shares.values())
        used[str(intake.source.kind), *cell] += now
    tight = [k for k, m3 in used.items() if m3 > 2_000 and k[0] == SourceKind.SHALLOW and k[3] == Sector.AGRICULTURE]
    tight = [tight[i] for i in rng.permutation(len(tight)).tolist()][:5]
    factor = {key: (0.93 if n < 2 else 1.03) for n, key in enumerate(tight)}
    for year in world.years:

        def enter(kind: str, change: Decimal, *, unit=None, town=None, sector="", user=None, since=None, reason=""):
            world.add(
                AllotmentEntry(
                    year=year,  # noqa: B023  (called within its turn of the loop)
                    source_kind=kind,
                    county=world.county,
                    unit=None if unit is None else units[unit],
                    town=None if town is None else areas[town],
                    sector=sector,
                    user=None if user is None else world.users[user],
                    change_m3=change,
                    counts_from=since or date(year, 1, 1),  # noqa: B023
                    document=f"演示水发〔{year}〕1号",  # noqa: B023
                    reason=reason,
                )
            )

        for kind, cells in need.items():
            margins: dict[str, dict[Any, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
            moved = False
            for cell, users in sorted(cells.items(), key=lambda item: str(item[0])):
                wanted = sum(users.values()) * rng.uniform(1.2, 1.4)
                if year == world.today.year and (kind, *cell) in factor:
                    wanted = used[kind, *cell] * factor[kind, *cell]
                amount = Decimal(max(1, round(wanted / 100)) * 100)
                unit, town, sector = cell
                margins["total"][None] += amount
                margins["unit"][unit] += amount
                margins["town"][town] += amount
                enter(kind, amount, unit=unit, town=town, sector=sector)
                places = sorted(users)
                parts = split(amount, [Decimal(round(users[p])) + 1 for p in places])
                for place, part in zip(places, parts, strict=True):
                    enter(kind, part, unit=unit, town=town, sector=sector, user=place)
                july = date(year, 7, 1)
                if not moved and len(places) > 1 and july < world.today and kind == SourceKind.SHALLOW:
                    moved, change = True, min(parts[0], Decimal(1000)) / 2
                    for place, sign in ((places[0], -1), (places[1], 1)):
                        enter(
                            kind,
                            change * sign,
                            unit=unit,
                            town=town,
                            sector=sector,
                            user=place,
                            since=july,
                            reason="年中调剂",
                        )
            enter(kind, margins["total"][None])
            for town, amount in margins["town"].items():
                enter(kind, amount, town=town)
            if kind in GROUNDWATER:
                for unit, amount in margins["unit"].items():
                    enter(kind, amount, unit=unit)
