"""Worked cases of metering."""

from decimal import Decimal
from typing import Any

from liangshui.metering.rules.methods import lawful_method, on_line_by_reference
from liangshui.parameters.cases import Bench


def on_line(given: dict[str, Any], bench: Bench) -> dict[str, Any]:
    reference = bench.law.value("MO-ONLINE", bench.today)
    found = [
        on_line_by_reference(Decimal(str(case["m3"])), groundwater=case["source"] == "groundwater", reference=reference)
        for case in given["cases"]
    ]
    return {"online": found}


def well(given: dict[str, Any], bench: Bench) -> dict[str, Any]:
    table = bench.law.value("MO-WELL", bench.today)
    found = [
        lawful_method(
            Decimal(str(each["pipe_cm"])), table, meter_conditions=each.get("meter_conditions"),
            electricity=each.get("electricity_conditions", True),
        )
        for each in given["wells"]
    ]  # fmt: skip
    return {"method": found}


TOPICS = {"online-meter": on_line, "well-method": well}
