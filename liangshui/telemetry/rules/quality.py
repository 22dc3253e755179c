"""Quality control of observations by the flags of QARTOD (IOOS): what is suspect or failed is marked, never changed.

Gross range, flat line, rate of change and spike judge as the package ioos_qc does (tests hold them against its flags). The
limits are ours, by kind of quantity; no rule fixes them. Each check takes instants (ms) and values in order of time, NaN where the
device had none, and gives a flag a value.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from enum import IntEnum
from typing import Any

import numpy as np

Values = np.ndarray
Flags = np.ndarray


class Flag(IntEnum):
    """QARTOD's primary flags."""

    GOOD = 1
    NOT_EVALUATED = 2
    SUSPECT = 3
    FAIL = 4
    MISSING = 9


WORST = (Flag.GOOD, Flag.NOT_EVALUATED, Flag.SUSPECT, Flag.FAIL, Flag.MISSING)
"""From least to most telling. What one check could not judge, another may have found good: that counts."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of the checks; None leaves a check out. Spans and thresholds are in the unit of the quantity."""

    fail_low: float | None = None
    fail_high: float | None = None
    suspect_low: float | None = None
    suspect_high: float | None = None
    rate_per_h: float | None = None
    """The greatest change in an hour."""
    spike_suspect: float | None = None
    spike_fail: float | None = None
    """How far a value may lie from the mean of its neighbours."""
    flat_tolerance: float | None = None
    flat_suspect_h: float | None = None
    flat_fail_h: float | None = None
    gap_h: float | None = None
    back: bool = False
    """A register: it does not go back."""


DEFAULTS: Mapping[str, Limits] = {
    "register": Limits(fail_low=0, back=True, gap_h=26),
    "energy_kwh": Limits(fail_low=0, back=True, gap_h=26),
    "flow_m3_h": Limits(fail_low=-5000, fail_high=100_000, suspect_low=0, suspect_high=5000, gap_h=26),
    "level_m": Limits(
        fail_low=-500, fail_high=9000, rate_per_h=3, spike_suspect=0.8, spike_fail=3, flat_tolerance=0.001, flat_suspect_h=72,
        flat_fail_h=168, gap_h=26,
    ),
    "depth_m": Limits(
        fail_low=-20, fail_high=500, suspect_low=0, suspect_high=300, rate_per_h=10, spike_suspect=2, spike_fail=10,
        flat_tolerance=0.001, flat_suspect_h=168, flat_fail_h=720, gap_h=26,
    ),
    "ph": Limits(fail_low=0, fail_high=14, suspect_low=5, suspect_high=10, spike_suspect=1, spike_fail=3, gap_h=26),
    "temperature_c": Limits(fail_low=-5, fail_high=60, suspect_low=0, suspect_high=40, spike_suspect=5, spike_fail=15, gap_h=26),
    "do_mg_l": Limits(fail_low=0, fail_high=30, suspect_high=20, spike_suspect=3, spike_fail=8, gap_h=26),
    "cod_mg_l": Limits(fail_low=0, fail_high=5000, suspect_high=500, gap_h=26),
    "nh3n_mg_l": Limits(fail_low=0, fail_high=300, suspect_high=50, gap_h=26),
    "voltage_v": Limits(fail_low=0, fail_high=60, suspect_low=10.5, suspect_high=32),
}  # fmt: skip
"""By kind of quantity; of others only the clock and duplicates are checked. A station may have its own (`with_own`)."""


def with_own(limits: Limits, own: Mapping[str, Any]) -> Limits:
    """Limits with those of a station in their place; unknown names raise ValueError."""
    known = {field.name for field in fields(Limits)}
    if unknown := set(own) - known:
        raise ValueError(f"no limit is called {', '.join(sorted(unknown))}")
    return replace(limits, **own)


def _start(values: Values) -> Flags:
    flags = np.full(len(values), Flag.GOOD, dtype=np.uint8)
    flags[np.isnan(values)] = Flag.MISSING
    return flags


def gross_range(values: Values, limits: Limits) -> Flags:
    """Outside what the instrument can show (fail), outside what is usual (suspect)."""
    flags = _start(values)
    low = -np.inf if limits.suspect_low is None else limits.suspect_low
    high = np.inf if limits.suspect_high is None else limits.suspect_high
    flags[(values < low) | (values > high)] = Flag.SUSPECT
    low = -np.inf if limits.fail_low is None else limits.fail_low
    high = np.inf if limits.fail_high is None else limits.fail_high
    flags[(values < low) | (values > high)] = Flag.FAIL
    return flags


def rate_of_change(at_ms: Values, values: Values, limits: Limits) -> Flags:
    """A change from the value before that is faster than water can change."""
    flags = _start(values)
    if limits.rate_per_h is None or len(values) < 2:
        return flags
    hours = np.diff(at_ms) / 3_600_000
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.abs(np.diff(values)) / hours
    flags[1:][rate > limits.rate_per_h] = Flag.SUSPECT
    return flags


def spike(values: Values, limits: Limits) -> Flags:
    """A value that leaves the mean of its neighbours; the first and the last are not judged."""
    flags = _start(values)
    if limits.spike_suspect is None or limits.spike_fail is None or not len(values):
        return flags
    if len(values) > 2:
        off = np.abs(values[1:-1] - (values[:-2] + values[2:]) / 2)
        flags[1:-1][off > limits.spike_suspect] = Flag.SUSPECT
        flags[1:-1][off > limits.spike_fail] = Flag.FAIL
    for end in (0, -1):
        if flags[end] != Flag.MISSING:
            flags[end] = Flag.NOT_EVALUATED
    return flags


def flat_line(at_ms: Values, values: Values, limits: Limits) -> Flags:
    """No change, within the tolerance, over so many values as the time holds at the usual interval."""
    flags = _start(values)
    if limits.flat_tolerance is None or len(values) < 3:
        return flags
    interval_h = float(np.median(np.diff(at_ms))) / 3_600_000
    if interval_h <= 0:
        return flags
    for hours, flag in ((limits.flat_suspect_h, Flag.SUSPECT), (limits.flat_fail_h, Flag.FAIL)):
        count = int(hours / interval_h) if hours else 0
        if not 0 < count < len(values):
            continue
        windows = np.lib.stride_tricks.sliding_window_view(values, count + 1)
        still = (windows.max(axis=1) - windows.min(axis=1)) < limits.flat_tolerance
        flags[count:][still] = flag
    return flags


def backward(values: Values, limits: Limits) -> Flags:
    """A register that shows less than before. What it means (reset, rollover, exchange) is the account's to say."""
    flags = _start(values)
    if limits.back and len(values) > 1:
        flags[1:][np.diff(values) < 0] = Flag.SUSPECT
    return flags


def gap(at_ms: Values, values: Values, limits: Limits) -> Flags:
    """The first value behind a long silence."""
    flags = _start(values)
    if limits.gap_h is not None and len(values) > 1:
        flags[1:][np.diff(at_ms) > limits.gap_h * 3_600_000] = Flag.SUSPECT
    return flags


CLOCK_AHEAD_MS, CLOCK_OLD_MS = 10 * 60_000, 400 * 86_400_000


def clock(at_ms: Values, received_ms: Values, values: Values) -> Flags:
    """Measured later than received (fail), or more than a year before (suspect)."""
    flags = _start(values)
    flags[received_ms - at_ms > CLOCK_OLD_MS] = Flag.SUSPECT
    flags[at_ms - received_ms > CLOCK_AHEAD_MS] = Flag.FAIL
    return flags


def duplicate(at_ms: Values, values: Values) -> Flags:
    """Another value for the instant of the value before."""
    flags = _start(values)
    if len(values) > 1:
        flags[1:][(np.diff(at_ms) == 0) & (np.diff(values) != 0)] = Flag.SUSPECT
    return flags


CHECKS = ("gross_range", "rate_of_change", "spike", "flat_line", "backward", "gap", "clock", "duplicate")


def check(
    at_ms: Sequence[int], received_ms: Sequence[int], values: Sequence[float | None], limits: Limits
) -> dict[str, Flags]:
    """All checks of a series, by name. Sequences are of one length, in order of time."""
    at, received = np.asarray(at_ms, dtype=np.int64), np.asarray(received_ms, dtype=np.int64)
    figures = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    return {
        "gross_range": gross_range(figures, limits),
        "rate_of_change": rate_of_change(at, figures, limits),
        "spike": spike(figures, limits),
        "flat_line": flat_line(at, figures, limits),
        "backward": backward(figures, limits),
        "gap": gap(at, figures, limits),
        "clock": clock(at, received, figures),
        "duplicate": duplicate(at, figures),
    }


def summary(checks: Mapping[str, Flags]) -> Flags:
    """The worst of all checks, value by value; not evaluated only where no check could judge."""
    order = {
        flag: place for place, flag in enumerate((Flag.NOT_EVALUATED, Flag.GOOD, Flag.SUSPECT, Flag.FAIL, Flag.MISSING))
    }
    ranks = np.zeros(max(order) + 1, dtype=np.uint8)
    for flag, place in order.items():
        ranks[flag] = place
    flags = np.stack(list(checks.values()))
    worst = ranks[flags].argmax(axis=0)
    return np.asarray(np.take_along_axis(flags, worst[None, :], axis=0)[0])
