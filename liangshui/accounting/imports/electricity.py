"""Electricity (电量) by power meter and month, as the power company writes it."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from liangshui.accounting import taking
from liangshui.accounting.imports.figures import FigureRows, Key, Standing, Told
from liangshui.accounting.models import EnergyRecord, PowerMatch
from liangshui.accounting.sheets.columns import ELECTRICITY, PARTS
from liangshui.core.access import Actor, Right, Territory
from liangshui.registry.ledger_plan import Refused, as_text
from liangshui.registry.models import PowerMeter, PowerSupply
from liangshui.registry.sheets.fields import Value
from liangshui.registry.sheets.text import squeeze


@dataclass(frozen=True, slots=True)
class EnergyLine:
    """What a line of the power company's sheet says of itself."""

    household: str
    meter: str
    customer: str
    address: str
    town: str
    village: str

    @classmethod
    def of(cls, values: Mapping[str, Value]) -> "EnergyLine":
        names = ("energy_household", "energy_meter", "energy_customer", "energy_address", "town", "village")
        return cls(*(str(values.get(name) or "") for name in names))

    @property
    def key(self) -> str:
        """Under what a person's decision is remembered: its numbers, or without numbers its words."""
        said = (self.household, self.meter) if self.household or self.meter else (
            self.customer, self.address, self.town, self.village
        )  # fmt: skip
        return "|".join(squeeze(each) for each in said)[:200]


class EnergyRows(FigureRows):
    """Electricity by power meter and month, as the power company writes it."""

    fields = ELECTRICITY

    def __init__(self, actor: Actor, content: bytes, options: Mapping[str, Any]) -> None:
        super().__init__(actor, content, options)
        self.territory: Territory = actor.territory(Right.REGISTRY_IMPORT)
        self.by_number: dict[str, PowerMeter] = {}
        self.by_household: dict[str, list[PowerMeter]] = defaultdict(list)
        self.by_pk: dict[int, PowerMeter] = {}
        for meter in PowerMeter.objects.order_by("pk"):
            self.by_pk[meter.pk] = meter
            self.by_number[squeeze(meter.number)] = meter
            if meter.household_number:
                self.by_household[squeeze(meter.household_number)].append(meter)
        self.paths: dict[int, str] = {}
        self.of_well: dict[str, list[PowerMeter]] = defaultdict(list)
        for meter_id, path, code in PowerSupply.objects.order_by("pk").values_list(
            "power_meter_id", "intake__division__path", "intake__code"
        ):
            self.paths.setdefault(meter_id, path)
            self.of_well[squeeze(code)].append(self.by_pk[meter_id])
        self.decided = dict(PowerMatch.objects.values_list("key", "power_meter_id"))
        self.doubtful: dict[str, EnergyLine] = {}

    def read_standing(self, year: int) -> dict[Key, Standing]:
        rows = EnergyRecord.objects.filter(start__year=year)
        return {
            (meter, start, end): Standing(pk, (kwh,))
            for pk, meter, start, end, kwh in rows.values_list("pk", "power_meter_id", "start", "end", "kwh")
        }

    def told(self, row: EnergyRecord) -> Told:
        return (row.kwh,)

    def weigh_row(self, label: str, values: Mapping[str, Value], report: dict[str, Any]) -> str:
        line = EnergyLine.of(values)
        report["title"] = " ".join(filter(None, (line.household, line.meter, line.customer)))
        meter = self._meter(line, values)
        if meter is None:
            report["notes"].append({"code": "not_a_well", "field": "", "params": {}})
            return "unchanged"
        path = self.paths.get(meter.pk)
        if not self.territory.holds_path(path):
            raise Refused("not_yours" if path else "unlinked_meter", "energy_meter", text=meter.number)
        multiplier = values.get("energy_multiplier")
        if isinstance(multiplier, Decimal) and multiplier != meter.multiplier:
            report["notes"].append(
                {
                    "code": "other_multiplier", "field": "energy_multiplier",
                    "params": {"sheet": as_text(multiplier), "ledger": as_text(meter.multiplier)},
                }
            )  # fmt: skip
        made = []
        for _name, period, kwh in self.figures(self._summed(values, meter, report), "kwh"):
            stated = kwh.quantize(Decimal("0.01"))
            row = EnergyRecord(power_meter=meter, start=period.start, end=period.end, kwh=stated, row=label)
            made.append(((meter.pk, period.start, period.end), period, row))
        return self.settle(label, report, made, " kWh")

    def _meter(self, line: EnergyLine, values: Mapping[str, Value]) -> PowerMeter | None:
        """The power meter of a line; None where somebody decided that it is not one of ours.

        Raises:
            Refused: the numbers do not tell; the line waits for somebody to decide.
        """
        if line.meter and (found := self.by_number.get(squeeze(line.meter))):
            return found
        if line.key in self.decided:
            decided = self.decided[line.key]
            return self.by_pk[decided] if decided else None
        code = values.get("code")
        if code and len(own := self.of_well.get(squeeze(str(code)), [])) == 1:
            return own[0]
        if line.household and not line.meter:
            same = self.by_household.get(squeeze(line.household), [])
            if len(same) == 1:
                return same[0]
        if not line.key.strip("|"):
            raise Refused("no_numbers", "energy_meter")
        self.doubtful.setdefault(line.key, line)
        raise Refused("unmatched", "energy_meter", text=line.meter or line.household or line.customer)

    def _summed(self, values: Mapping[str, Value], meter: PowerMeter, report: dict[str, Any]) -> Mapping[str, Value]:
        """With the total in `kwh`: as stated, else of sharp, peak, flat and valley, else the dial's difference × multiplier."""
        parts = [value for name in PARTS if isinstance(value := values.get(name), Decimal)]
        stated = values.get("kwh")
        if isinstance(stated, Decimal):
            if parts and abs(sum(parts, Decimal(0)) - stated) > 1:
                params = {"sum": as_text(sum(parts, Decimal(0))), "total": as_text(stated)}
                report["notes"].append({"code": "sum_differs", "field": "kwh", "params": params})
            return values
        if parts:
            return {**values, "kwh": sum(parts, Decimal(0))}
        dial, multiplier = values.get("kwh_read"), values.get("energy_multiplier")
        if isinstance(dial, Decimal):
            return {**values, "kwh": dial * (multiplier if isinstance(multiplier, Decimal) else meter.multiplier)}
        return values

    def summary(self) -> dict[str, Any]:
        found = super().summary()
        found["doubtful"] = [
            [key, line.household, line.meter, line.customer, line.address, line.town, line.village]
            for key, line in list(self.doubtful.items())[:2000]
        ]
        return found

    def write(self, actor: Actor) -> None:
        taking.energy(actor, self.batch, self.new, self.gone)
        self.new, self.gone = [], []
