"""How a farm well is lawfully measured (农灌机井计量方式), and where an on-line meter is asked for by the ministry's reference."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

BY_ELECTRICITY, BY_SAMPLE = "electricity_conversion", "sample_inference"


def lawful_method(
    pipe_cm: Decimal,
    table: Sequence[Mapping[str, Any]],
    *,
    meter_conditions: bool | None = None,
    electricity: bool = True,
) -> str | None:
    """The method of the first row of the table (MO-WELL) that fits; None: it turns on conditions for a meter that are not known.

    A pipe of 20 cm with conditions for a meter: meter; of 18 cm: by electricity; without electricity to convert: by sample wells.
    """
    for row in table:
        if "pipe_cm_ge" in row and pipe_cm < row["pipe_cm_ge"]:
            continue
        if "pipe_cm_lt" in row and pipe_cm >= row["pipe_cm_lt"]:
            continue
        if "electricity_conditions" in row and row["electricity_conditions"] is not electricity:
            continue
        if "meter_conditions" in row:
            if meter_conditions is None:
                return None
            if row["meter_conditions"] is not meter_conditions:
                continue
        method = str(row["method"])
        return BY_SAMPLE if method == BY_ELECTRICITY and not electricity else method
    return None


def on_line_by_reference(m3_per_year: Decimal, *, groundwater: bool, reference: Mapping[str, Any]) -> bool:
    """Whether the ministry's reference (MO-ONLINE) asks for an on-line meter; the limit itself is included."""
    limit = Decimal(reference["groundwater_m3_per_year" if groundwater else "surface_m3_per_year"])
    return m3_per_year >= limit if reference["inclusive"] else m3_per_year > limit
