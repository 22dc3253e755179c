"""Stations, meters and what they showed: registers that follow the true water, and those that do not (hidden on purpose)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

import numpy as np

from liangshui.core.periods import BEIJING
from liangshui.demo.generate import Hidden, Taker, World
from liangshui.registry.codes import IntakeKind
from liangshui.registry.models import Meter, MeterInstallation
from liangshui.telemetry.codes import Protocol, Quantity
from liangshui.telemetry.models import ElementMapping, Series, Station, StationLink, StationModel

FRAME_DAYS = 14
"""So many days before today are real frames; what is older is one reading a day, at the boundary hour."""

STEPS = 12
"""Frames a day."""

MODELS = (("演示RTU-甲型", "C1", "28"), ("演示RTU-乙型", "C5", "C6"))
"""SL 651 devices: name, elements of register and flow. C6 is m³/h; 28 is of the national table."""

_PROTOCOLS = (Protocol.SL427_2021, Protocol.SL651, Protocol.SZY206, Protocol.SL651, Protocol.SL651)
_DAY_SHAPE = np.array([0.5, 0.5, 0.6, 1.1, 1.4, 1.4, 1.2, 1.2, 1.4, 1.2, 0.9, 0.6])
_ACTIVE = 60_000
"""Litres of a day from which an intake is at work."""


@dataclass
class Trace:
    """What one station showed: at day numbers `t`, those before `split` once a day, then every two hours."""

    number: int
    index: int
    taker: Taker
    station: Station
    meter: Meter
    t: np.ndarray
    split: int
    shown: np.ndarray
    """Register in litres."""

    flow: np.ndarray
    """m³/h."""

    depth: np.ndarray
    present: np.ndarray
    offset_min: np.ndarray
    """The clock is ahead by so much."""

    battery_low: np.ndarray
    rng: np.random.Generator
    elements: dict[str, str]
    """By quantity."""

    series: dict[str, Series] = field(default_factory=dict)

    @property
    def milli(self) -> np.ndarray:
        """The register as sent, thousandths of its unit; SZY206 sends whole units."""
        found = self.shown // int(self.meter.unit_m3)
        return found if self.is_sl651 else found // 1000 * 1000

    @property
    def is_sl651(self) -> bool:
        return self.station.protocol == Protocol.SL651

    @property
    def flow_milli(self) -> np.ndarray:
        """Flow as sent, thousandths of m³/s by element 28, else of m³/h."""
        return np.rint(self.flow * 1000 / (3600 if self.elements[Quantity.FLOW] == "28" else 1)).astype(np.int64)

    def at(self, day: float) -> int:
        """Place of the first reading at or after a day."""
        return int(np.searchsorted(self.t, day - 1e-9))


def measure(world: World, until: datetime) -> list[Trace]:
    """Stations with their readings up to an instant, with faults and frauds in them."""
    models = []
    for name, register, flow in MODELS:
        model = world.add(StationModel(name=name))
        models.append(model)
        world.add(ElementMapping(model=model, element=register, quantity=Quantity.REGISTER))
        if flow != "28":
            world.add(ElementMapping(model=model, element=flow, quantity=Quantity.FLOW))
    span = (until - world.at(0)) / timedelta(days=1)
    first_frame = max(0, world.days - 1 - FRAME_DAYS)
    steps = int((span - first_frame) * STEPS + 1e-6) + 1
    t = np.concatenate([np.arange(first_frame), first_frame + np.arange(steps) / STEPS])
    traces = []
    for index, taker in enumerate(world.takers):
        if taker.on_station:
            traces.append(_trace(world, len(traces) + 1, index, taker, t, first_frame, models))
    _Hiding(world, traces).hide()
    for trace in traces:
        _last_touch(world, trace)
    return traces


def _trace(
    world: World, number: int, index: int, taker: Taker, t: np.ndarray, split: int, models: list[StationModel]
) -> Trace:
    rng = np.random.default_rng([world.seed, number])
    protocol = _PROTOCOLS[number % 5]
    sl651 = protocol == Protocol.SL651
    kind = number % 2
    intake = taker.intake
    key = f"0099{number:06d}" if sl651 else f"159925{number.to_bytes(2, 'little').hex().upper()}"
    station = world.add(
        Station(
            key=key,
            name=f"{intake.name}遥测站",
            protocol=protocol,
            model=models[kind] if sl651 else None,
            division=intake.division,
            interval_min=24 * 60 // STEPS,
        )
    )
    long_ago = world.at(-int(rng.integers(60, 1500)) + 10 / 24)
    world.add(StationLink(station=station, intake=intake, linked_at=long_ago))
    unit = 10 if sl651 and taker.annual > 900_000 else 1
    overdue = number % 97 == 50
    meter = world.add(
        Meter(
            number=f"YSSB{number:05d}",
            model="演示LXS" if intake.kind == IntakeKind.WELL else "演示电磁流量计",
            digits=8,
            unit_m3=Decimal(unit),
            error_percent=Decimal("2.00" if intake.kind == IntakeKind.WELL else "1.00"),
            verification_due=world.today + timedelta(days=int(rng.integers(20, 700)) - (800 if overdue else 0)),
        )
    )
    world.add(MeterInstallation(meter=meter, intake=intake, installed_at=long_ago))
    if overdue:
        world.hidden.append(
            Hidden("ledger", "verification_overdue", meter.verification_due, None, intake.code, station.key)
        )
    daily = taker.course in ("industry", "living")
    shape = (_DAY_SHAPE if daily else np.ones(STEPS)) / (_DAY_SHAPE.sum() if daily else STEPS)
    day, part = np.floor(t + 1e-9).astype(int), np.mod(t + 1e-9, 1.0)
    litres = world.taken[index]
    before = np.concatenate([[0], np.cumsum(litres)])
    within = np.interp(part, np.arange(STEPS + 1) / STEPS, np.concatenate([[0], np.cumsum(shape)]))
    shown = int(rng.integers(500, 40_000)) * 1000 + before[day] + np.rint(litres[day] * within).astype(np.int64)
    flow = litres[day] / 1000 * shape[(part * STEPS).astype(int)] * STEPS / 24
    depth = float(rng.uniform(9, 40)) + rng.uniform(0.1, 0.8) * t / 365 + rng.normal(0, 0.04, len(t))
    depth += 1.5 * np.clip(np.sin((np.array([world.start.timetuple().tm_yday]) + t - 130) / 365.25 * 2 * np.pi), 0, 1)
    elements = {Quantity.REGISTER: "volume1", Quantity.FLOW: "flow1"}
    if sl651:
        elements = {Quantity.REGISTER: MODELS[kind][1], Quantity.FLOW: MODELS[kind][2]}
        if intake.kind == IntakeKind.WELL:
            elements[Quantity.DEPTH] = "0E"
    trace = Trace(
        number,
        index,
        taker,
        station,
        meter,
        t,
        split,
        shown,
        flow,
        depth,
        rng.random(len(t)) > 0.012,
        np.zeros(len(t), np.int64),
        np.zeros(len(t), bool),
        rng,
        {str(quantity): element for quantity, element in elements.items()},
    )
    for quantity, element in trace.elements.items():
        trace.series[quantity] = world.add(Series(station=station, quantity=quantity, element=element))
    return trace


def _last_touch(world: World, trace: Trace) -> None:
    """What a register can show."""
    capacity = 10**trace.meter.digits * 1000 * int(trace.meter.unit_m3)
    trace.shown %= capacity
    seen = np.flatnonzero(trace.present)
    if len(seen):
        trace.station.last_seen_at = world.at(float(trace.t[seen[-1]])) + timedelta(seconds=30)


# --- what is wrong ----------------------------------------------------------------------------------------------------


class _Hiding:
    """Gives each of some stations one thing that is wrong, and writes it down."""

    def __init__(self, world: World, traces: list[Trace]) -> None:
        self.world, self.rng = world, np.random.default_rng([world.seed, 0])
        self.free = [traces[i] for i in self.rng.permutation(len(traces)).tolist()]
        self.scale = len(traces) / 400
        self.keep = len(traces) // 4
        """So many stations at least stay sound."""

    def hide(self) -> None:
        kinds: tuple[tuple[str, str, int, Callable[[Trace, int], tuple[int, int | None] | None]], ...] = (
            ("fault", "stuck_register", 7, self._stuck),
            ("fault", "spike", 6, self._spike),
            ("fraud", "under_reading", 8, self._under_reading),
            ("fraud", "register_set_back", 7, self._set_back),
            ("fraud", "meter_off", 7, self._meter_off),
            ("lawful", "meter_exchange", 8, self._exchange),
            ("fault", "reset", 5, self._reset),
            ("fault", "silent_station", 7, self._silent),
            ("lawful", "rollover", 5, self._rollover),
            ("fault", "clock_off", 6, self._clock),
            ("fault", "gap", 6, self._gap),
            ("fault", "backward_run", 5, self._backward),
            ("fault", "battery_low", 6, self._battery),
        )
        for group, kind, count, change in kinds:
            for turn in range(max(1, round(count * self.scale))):
                self._one(group, kind, change, turn)

    def _one(
        self, group: str, kind: str, change: Callable[[Trace, int], tuple[int, int | None] | None], turn: int
    ) -> None:
        for trace in self.free:
            if len(self.free) <= self.keep or (group == "fraud" and trace.taker.coefficient is None):
                continue
            found = change(trace, turn)
            if found is None:
                continue
            self.free.remove(trace)
            start, end = found
            self.world.hidden.append(
                Hidden(
                    group,
                    kind,
                    self._date(start),
                    None if end is None else self._date(end),
                    trace.taker.intake.code,
                    trace.station.key,
                    project=trace.taker.intake.project.code,
                )
            )
            return

    def _date(self, day: int) -> date:
        return self.world.start + timedelta(days=day)

    def _window(self, trace: Trace, length: int, turn: int, need: float = 0.5) -> int | None:
        """First day of a span in which the intake is at work; every second one lies among the frames."""
        last = self.world.days - 1
        recent = turn % 2 == 1 and length <= FRAME_DAYS - 3
        low, high = (trace.split + 1, last - length - 1) if recent else (12, trace.split - length - 2)
        if high <= low:
            return None
        active = np.concatenate([[0], np.cumsum(self.world.taken[trace.index] > _ACTIVE)])
        starts = np.arange(low, high + 1)
        busy = (active[starts + length] - active[starts]) / length
        starts = starts[(busy >= need) & (self.world.taken[trace.index][starts] > _ACTIVE)]
        return int(self.rng.choice(starts)) if len(starts) else None

    def _span(self, most: int) -> int:
        return int(min(self.rng.integers(max(4, most // 2), most + 1), max(4, self.world.days // 5)))

    def _steps(self, trace: Trace, i: int, j: int, factor: float) -> None:
        """Let the register run at another pace between two places, and go on from there."""
        steps = np.diff(trace.shown, prepend=trace.shown[:1] * 0)
        steps[i + 1 : j + 1] = np.rint(steps[i + 1 : j + 1] * factor).astype(np.int64)
        trace.shown = np.cumsum(steps)

    def _stuck(self, trace: Trace, turn: int) -> tuple[int, int] | None:
        length = 8 if turn % 2 else self._span(20)
        a = self._window(trace, length, turn, 0.6)
        if a is None:
            return None
        self._steps(trace, trace.at(a), trace.at(a + length), 0.0)
        return a, a + length

    def _meter_off(self, trace: Trace, turn: int) -> tuple[int, int] | None:
        length = self._span(35)
        a = self._window(trace, length, 0, 0.55)
        if a is None:
            return None
        i, j = trace.at(a), trace.at(a + length)
        self._steps(trace, i, j, 0.0)
        trace.flow[i:j] = 0.0
        return a, a + length

    def _under_reading(self, trace: Trace, turn: int) -> tuple[int, None] | None:
        a = self._window(trace, min(60, self.world.days // 3), 0, 0.5)
        if a is None:
            return None
        factor = float(self.rng.uniform(0.35, 0.6))
        i = trace.at(a)
        self._steps(trace, i, len(trace.t), factor)
        trace.flow[i:] *= factor
        return a, None

    def _backward(self, trace: Trace, turn: int) -> tuple[int, int] | None:
        a = self._window(trace, 4, turn, 0.7)
        if a is None:
            return None
        self._steps(trace, trace.at(a), trace.at(a + 4), -0.4)
        return a, a + 4

    def _set_back(self, trace: Trace, turn: int) -> tuple[int, int] | None:
        a = self._window(trace, 5, turn, 0.4)
        if a is None:
            return None
        back = int(float(trace.taker.intake.capacity_m3_h) * 24_000 * self.rng.uniform(2.5, 4.0))
        trace.shown += max(0, back * 3 - int(trace.shown[0]))
        trace.shown[trace.at(a + 1) :] -= back
        return a, a + 1

    def _reset(self, trace: Trace, turn: int) -> tuple[int, int] | None:
        a = self._window(trace, 5, turn, 0.4)
        if a is None:
            return None
        i = trace.at(a + 1)
        trace.shown += 1000 * int(max(0.0, 500 * float(trace.taker.intake.capacity_m3_h) - trace.shown[0] / 1000))
        trace.shown[i:] -= trace.shown[i - 1]
        return a, a + 1

    def _spike(self, trace: Trace, turn: int) -> tuple[int, int] | None:
        a = self._window(trace, 7, turn, 0.3)
        if a is None:
            return None
        for day in (a + 1, a + 5):  # far enough apart that each is alone
            i = trace.at(day)
            trace.shown[i] += int(self.rng.integers(2, 9)) * 10_000_000 * int(trace.meter.unit_m3) * 10
            trace.present[i - 1 : i + 2] = True
        return a + 1, a + 6

    def _rollover(self, trace: Trace, turn: int) -> tuple[int, int] | None:
        a = self._window(trace, 4, turn, 0.5)
        if a is None or trace.meter.unit_m3 != 1 or trace.taker.annual > 90_000:
            return None
        trace.meter.digits = 5
        i = trace.at(a)
        trace.shown += 100_000_000 - int(trace.shown[i]) - 1
        if trace.shown[0] < 0:
            trace.shown += 100_000_000
        return a, a + 1

    def _clock(self, trace: Trace, turn: int) -> tuple[int, int] | None:
        a = self._window(trace, 8, turn, 0.0)
        if a is None:
            return None
        ahead = int(self.rng.integers(95, 240))
        trace.offset_min[trace.at(a) : trace.at(a + 8)] = ahead if turn % 3 else -26 * 60
        return a, a + 8

    def _gap(self, trace: Trace, turn: int) -> tuple[int, int] | None:
        length = 6 if turn % 2 else self._span(18)
        a = self._window(trace, length, turn, 0.3)
        if a is None:
            return None
        trace.present[trace.at(a) : trace.at(a + length)] = False
        return a, a + length

    def _silent(self, trace: Trace, turn: int) -> tuple[int, None]:
        a = self.world.days - 1 - int(self.rng.integers(4, min(40, self.world.days // 2)))
        trace.present[trace.at(a) :] = False
        return a, None

    def _battery(self, trace: Trace, turn: int) -> tuple[int, None]:
        a = self.world.days - 1 - int(self.rng.integers(2, FRAME_DAYS - 2))
        trace.battery_low[trace.at(a) :] = True
        return a, None

    def _exchange(self, trace: Trace, turn: int) -> tuple[int, int] | None:
        a = self._window(trace, 6, turn, 0.3)
        if a is None or trace.meter.unit_m3 != 1:
            return None
        day = a + 1
        i = trace.at(day + 10.25 / 24)
        before, after = i - 1, i
        share = (day + 10 / 24 - trace.t[before]) / (trace.t[after] - trace.t[before])
        final = int(trace.shown[before] + (trace.shown[after] - trace.shown[before]) * share) // 10 * 10
        new_first = int(self.rng.integers(0, 300)) * 10
        trace.shown[after:] += new_first - final
        at = self.world.at(day).astimezone(BEIJING) + timedelta(hours=10)
        old = next(row for row in self.world.rows[MeterInstallation] if row.meter is trace.meter)
        old.removed_at, old.final_reading = at, Decimal(final).scaleb(-3)
        meter = self.world.add(
            Meter(
                number=f"YSSB{trace.number:05d}B",
                model=trace.meter.model,
                digits=8,
                error_percent=trace.meter.error_percent,
                verification_due=self._date(day) + timedelta(days=730),
            )
        )
        self.world.add(
            MeterInstallation(
                meter=meter,
                intake=trace.taker.intake,
                installed_at=at + timedelta(minutes=10),
                first_reading=Decimal(new_first).scaleb(-3),
            )
        )
        return day, day + 1


# --- rows -------------------------------------------------------------------------------------------------------------


def archive(world: World, trace: Trace) -> Iterator[tuple[int, int, int, int, None, str]]:
    """Observations of the days before the frames, once their series have ids, as they are stored."""
    seen = np.flatnonzero(trace.present[: trace.split])
    minute = np.rint(trace.t[seen] * 1440).astype(np.int64)
    start = int(world.at(0).timestamp()) * 1000
    at = start + (minute + trace.offset_min[seen]) * 60_000
    received = start + minute * 60_000 + trace.rng.integers(8_000, 55_000, len(seen))
    scale = 3_600_000 if trace.elements[Quantity.FLOW] == "28" else 1000
    values = {Quantity.REGISTER: trace.milli[seen] * 1000, Quantity.FLOW: trace.flow_milli[seen] * scale}
    weekly = slice(None, None, 7)
    for quantity, micro in values.items():
        pk = trace.series[quantity].pk
        for row in zip(at.tolist(), received.tolist(), micro.tolist(), strict=True):
            yield (pk, *row, None, "archive")
    if Quantity.DEPTH in trace.series:
        pk = trace.series[Quantity.DEPTH].pk
        micro = np.rint(trace.depth[seen] * 100).astype(np.int64) * 10_000
        for row in zip(at[weekly].tolist(), received[weekly].tolist(), micro[weekly].tolist(), strict=True):
            yield (pk, *row, None, "archive")
