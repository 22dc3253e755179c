"""Coefficients of electricity (以电折水系数) by well, village or town."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from liangshui.accounting import taking
from liangshui.accounting.imports.figures import outcome
from liangshui.accounting.imports.ledger import Ledger
from liangshui.accounting.models import Coefficient
from liangshui.accounting.rules.electricity import Coefficient as Tested
from liangshui.accounting.rules.electricity import CoefficientError
from liangshui.accounting.sheets.columns import COEFFICIENTS
from liangshui.core.access import Actor
from liangshui.registry.import_kinds import SheetRows
from liangshui.registry.ledger_plan import Refused, as_text
from liangshui.registry.models import Intake, PowerSupply
from liangshui.registry.sheets.fields import Value
from liangshui.registry.sheets.text import squeeze


class CoefficientRows(SheetRows):
    """Coefficients by well, or by village or town for wells there that have none of their own."""

    fields = COEFFICIENTS

    def __init__(self, actor: Actor, content: bytes, options: Mapping[str, Any]) -> None:
        super().__init__(actor, content, options)
        self.ledger = Ledger(actor)
        self.off = Decimal(str(options["uncertainty_percent"])) / 100 if options.get("uncertainty_percent") else None
        self.start = date.fromisoformat(options["from_day"]) if options.get("from_day") else None
        self.present = {row.intake_id: row for row in Coefficient.objects.current()}
        self.electric = set(PowerSupply.objects.current().values_list("intake_id", flat=True))
        self.named: set[int] = set()
        for _table, row in self.items:
            code = row.values.get("code")
            well = self.ledger.by_code.get(squeeze(str(code))) if code else None
            if well:
                self.named.add(well.pk)
        self.seen: dict[int, str] = {}
        self.new: list[Coefficient] = []
        self.gone: list[int] = []

    def weigh_row(self, label: str, values: Mapping[str, Value], report: dict[str, Any]) -> str:
        wells = self._wells(values, report)
        percent = values.get("uncertainty_percent")
        off = percent / 100 if isinstance(percent, Decimal) else self.off
        if off is None:
            raise Refused("no_uncertainty", "uncertainty_percent")
        start = values.get("coefficient_from") or self.start
        if not isinstance(start, date):
            raise Refused("no_start", "coefficient_from")
        said = values.get("tested_on")
        tested = said if isinstance(said, date) else None
        figure = values["m3_per_kwh"]
        assert isinstance(figure, Decimal)
        off = off.quantize(Decimal("0.001"))
        try:
            Tested(figure, off, tested, start, None)
        except CoefficientError as error:
            raise Refused("cannot_store", "m3_per_kwh", message=str(error)) from error
        for well in wells:
            before = self.present.get(well.pk)
            if well.pk in self.seen:
                raise Refused("duplicate_row", "code", first=self.seen[well.pk])
            if before and before.valid_from > start:
                raise Refused(
                    "coefficient_later", "coefficient_from", code=well.code, day=before.valid_from.isoformat()
                )
        created = changed = 0
        general = not (values.get("code") or values.get("name"))
        for well in wells:
            self.seen[well.pk] = label
            before = self.present.get(well.pk)
            facts = (figure, off, tested, general)
            if before and (before.m3_per_kwh, before.uncertainty, before.tested_on, before.general) == facts:
                continue
            if before:
                changed += 1
                report["changes"].append(["", well.code, as_text(before.m3_per_kwh), as_text(figure)])
                self.gone.append(before.pk)
                if before.valid_from < start:  # it held until then
                    self.new.append(self._held(before, start))
            else:
                created += 1
            self.new.append(
                Coefficient(
                    intake=well, m3_per_kwh=figure, uncertainty=off, tested_on=tested, valid_from=start, general=general,
                    row=label,
                )
            )  # fmt: skip
        return outcome(created, changed)

    @staticmethod
    def _held(before: Coefficient, until: date) -> Coefficient:
        """The coefficient as it was, up to the day on which another begins."""
        return Coefficient(
            intake_id=before.intake_id, m3_per_kwh=before.m3_per_kwh, uncertainty=before.uncertainty,
            tested_on=before.tested_on, source=before.source, general=before.general, valid_from=before.valid_from,
            valid_to=until, row=before.row,
        )  # fmt: skip

    def _wells(self, values: Mapping[str, Value], report: dict[str, Any]) -> list[Intake]:
        intake = self.ledger.intake(values)
        if intake is not None:
            report["title"] = f"{intake.code} {intake.name}"
            return [intake]
        path = self.ledger.place(values)
        if not path:
            raise Refused("nobody_named", "code")
        report["title"] = f"{values.get('town') or ''} {values.get('village') or ''}".strip()
        wells = [
            well
            for well in self.ledger.by_code.values()
            if well.division.path.startswith(path) and well.pk in self.electric and well.pk not in self.named
        ]
        wells = [w for w in {w.pk: w for w in wells}.values() if self.ledger.territory.holds_path(w.division.path)]
        wells = [w for w in wells if w.pk not in self.present or self.present[w.pk].general]
        report["notes"].append({"code": "for_wells", "field": "", "params": {"n": str(len(wells))}})
        return wells

    def write(self, actor: Actor) -> None:
        taking.coefficients(actor, self.batch, self.new, self.gone)
        self.new, self.gone = [], []
