"""Worked cases of control indicators."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from liangshui.parameters.cases import Bench
from liangshui.quota.rules.efficiency import fall_pct

SOURCES, USES = ("surface", "groundwater", "other"), ("farm", "industry", "domestic", "ecology")


def indicator(given: dict[str, Any], bench: Bench) -> dict[str, Any]:
    if "rule" in given:
        facts = bench.law.value(given["rule"], bench.today)
        sums = {
            name: sum(Decimal(facts[part]) for part in parts) for name, parts in (("sources", SOURCES), ("uses", USES))
        }
        return {"sources_sum": sums["sources"], "uses_sum": sums["uses"], "total": Decimal(facts["total"])}
    fall = fall_pct(Decimal(str(given["base"])), Decimal(str(given["now"])))
    found: dict[str, Any] = {"fall_pct": fall.quantize(Decimal("0.01"), ROUND_HALF_UP)}
    if "target_pct" in given:
        found["met"] = fall >= Decimal(str(given["target_pct"]))
    return found


TOPICS = {"indicator": indicator}
