"""Monitoring wells, level indicators and an order of the invented banner: one unit keeps no level, one is suspended by order."""

from collections import defaultdict
from datetime import date, datetime, time
from decimal import Decimal

import numpy as np

from liangshui.core.periods import BEIJING, Period
from liangshui.demo.generate import World
from liangshui.demo.measure import Trace
from liangshui.quota.models import LevelIndicator, LevelPeriod, LevelWell, UnitOrder
from liangshui.quota.rules.levels import span
from liangshui.records.models import FigureState
from liangshui.registry.codes import SourceKind
from liangshui.registry.models import ManagementUnit
from liangshui.telemetry.codes import Quantity

WELLS = 3
"""So many of a unit and kind of groundwater at most."""

OFF_LEVEL, ORDERED = 4, 1
"""Places of the units: the one of the overdraft zone, and the one of the limited zone."""

QUARTERS = (LevelPeriod.Q1, LevelPeriod.Q2, LevelPeriod.Q3, LevelPeriod.Q4)


def monitor(world: World, traces: list[Trace]) -> None:
    """Rows of wells and indicators; who entered and confirmed them is said when people are there."""
    units = world.rows[ManagementUnit]
    groups: dict[tuple[int, str], list[Trace]] = defaultdict(list)
    for trace in traces:
        intake = trace.taker.intake
        if Quantity.DEPTH in trace.series and intake.management_unit is not None:
            group = groups[units.index(intake.management_unit), str(intake.source.kind)]
            if len(group) < WELLS:
                group.append(trace)
    for (place, kind), group in sorted(groups.items(), key=lambda item: item[0]):
        for trace in group:
            world.add(
                LevelWell(
                    unit=units[place], source_kind=kind, name=f"{trace.taker.intake.name}监测点", series=trace.series[Quantity.DEPTH],
                    valid_from=world.start,
                )
            )  # fmt: skip
        for year in world.years:
            for quarter in QUARTERS:
                depth = np.mean([_depth(world, trace, span(year, quarter)) for trace in group])
                off = -0.6 if place == OFF_LEVEL and year == world.today.year else 1.0
                world.add(
                    LevelIndicator(
                        unit=units[place], source_kind=kind, year=year, period=quarter, threshold_m=Decimal(f"{depth + off:.1f}"),
                        document="演示水位控制指标的通知", document_number=f"演示水发〔{year}〕3号", issued_on=date(year, 1, 1),
                        **_confirmed(date(year, 1, 1)),
                    )
                )  # fmt: skip
    since = date(world.today.year, 1, 10)
    if since < world.today:
        world.add(
            UnitOrder(
                unit=units[ORDERED], source_kind=SourceKind.SHALLOW, authority="演示市水利局", document="演示暂停新增地下水取水许可的通知",
                document_number=f"演示市水发〔{world.today.year}〕5号", ground="YR-051", spared=["living", "heating"],
                exceptions="城乡居民生活用水、供热管网补水除外", valid_from=since, **_confirmed(since),
            )
        )  # fmt: skip


def _confirmed(day: date) -> dict[str, object]:
    at = datetime.combine(day, time(9), BEIJING)
    return {"state": FigureState.BINDING, "entered_at": at, "decided_at": at}


def _depth(world: World, trace: Trace, quarter: Period) -> float:
    """Mean of a quarter as far as it was measured; of one before or after, that of the nearest day."""
    first, last = (quarter.start - world.start).days, (quarter.end - world.start).days
    inside = (trace.t >= first) & (trace.t < last)
    if not inside.any():
        return float(trace.depth[0 if last <= 0 else -1])
    return float(trace.depth[inside].mean())
