"""Worked cases of water from electricity."""

from decimal import Decimal
from typing import Any

from liangshui.accounting.rules.electricity import Coefficient, greatest_coefficient, volume_from_energy
from liangshui.parameters.cases import Bench

MILLI = Decimal("0.001")


def volume(given: dict[str, Any], bench: Bench) -> dict[str, Any]:
    share = Decimal(str(given.get("uncertainty", 0)))
    coefficient = Coefficient(Decimal(str(given["k"])), share, None, bench.today)
    found = volume_from_energy(Decimal(str(given["kwh"])), coefficient)
    return {"volume_m3": found.volume_m3, "low_m3": found.low_m3, "high_m3": found.high_m3}


def physics(given: dict[str, Any], bench: Bench) -> dict[str, Any]:
    most = greatest_coefficient(Decimal(str(given["head_m"])))
    found: dict[str, Any] = {"k_max": most.quantize(MILLI)}
    if "eta" in given:
        found["k"] = (most * Decimal(str(given["eta"]))).quantize(MILLI)
    if "claimed_k" in given:
        found["claimed_possible"] = Decimal(str(given["claimed_k"])) <= most
    return found


def sample(given: dict[str, Any], bench: Bench) -> dict[str, Any]:
    share = Decimal(str(given["sample"])) / Decimal(str(given["population"])) * 100
    return {"pct": share.quantize(Decimal("0.1"))}


TOPICS = {"e2w-sample": sample, "e2w": volume, "e2w-physics": physics}
