"""Stated volumes (填报、核定、抄表水量): by intake, project or user and period."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from liangshui.accounting import taking
from liangshui.accounting.imports.figures import FigureRows, Key, Standing, Told
from liangshui.accounting.imports.ledger import Ledger
from liangshui.accounting.models import Statement
from liangshui.accounting.sheets.columns import VOLUMES
from liangshui.accounting.stated import weights_of
from liangshui.core.access import Actor
from liangshui.core.periods import Period
from liangshui.registry.ledger_plan import Refused, as_text
from liangshui.registry.models import Project, WaterUser
from liangshui.registry.sheets.fields import Value


class VolumeRows(FigureRows):
    """Volumes by intake, project or user and period."""

    fields = VOLUMES

    def __init__(self, actor: Actor, content: bytes, options: Mapping[str, Any]) -> None:
        super().__init__(actor, content, options)
        self.ledger = Ledger(actor)
        self.split = str(options.get("split") or "")
        self.weights = list(options.get("weights") or [])

    def read_standing(self, year: int) -> dict[Key, Standing]:
        rows = Statement.objects.filter(start__year=year)
        return {self._key(row): Standing(row.pk, self.told(row)) for row in rows}

    def told(self, row: Statement) -> Told:
        return row.volume_m3, row.low_m3, row.high_m3, row.split, row.weights

    @staticmethod
    def _key(row: Statement) -> Key:
        return (
            row.intake_id, row.project_id, row.user_id, row.source_kind, row.sector, row.start, row.end, row.method
        )  # fmt: skip

    def weigh_row(self, label: str, values: Mapping[str, Value], report: dict[str, Any]) -> str:
        intake = self.ledger.intake(values)
        holder = None if intake else self.ledger.holder(values)
        subject = intake or holder
        report["title"] = f"{getattr(subject, 'code', '')} {getattr(subject, 'name', '')}".strip()
        kind, sector = str(values.get("stated_source") or ""), str(values.get("stated_sector") or "")
        figures = self.figures(values, "stated_m3")
        if holder is not None:
            self._tell_wells(holder, kind, sector, figures[0][1].start.year)
        method = self.stated_method(values)
        self._check_sum(values, figures, report)
        made = []
        for _name, period, figure in figures:
            found = self.ranged(values, method, figure)
            row = Statement(
                intake=intake,
                project=holder if isinstance(holder, Project) else None,
                user=holder if isinstance(holder, WaterUser) else None,
                source_kind="" if intake else kind, sector="" if intake else sector,
                start=period.start, end=period.end, method=method.value,
                volume_m3=found.volume_m3, low_m3=found.low_m3, high_m3=found.high_m3,
                split="" if intake else self.split, weights=self.weights if period.length > 31 else [], row=label,
            )  # fmt: skip
            made.append((self._key(row), period, row))
        return self.settle(label, report, made)

    def _tell_wells(self, holder: Project | WaterUser, kind: str, sector: str, year: int) -> None:
        """A volume of several wells must be shared by what is known, or say of which source and use it is."""
        own = self.ledger.of_project if isinstance(holder, Project) else self.ledger.of_user
        wells = [w for w in own[holder.pk] if kind in ("", w.source.kind) and sector in ("", w.sector)]
        if self.split and len(wells) > 1:
            if not any(weights_of([w.pk for w in wells], self.split, year)):
                raise Refused("no_weights", "user_name", user=holder.name)
            return
        sources, sectors = {w.source.kind for w in wells} or {kind}, {w.sector for w in wells} or {sector}
        if len(sources) > 1 or sources == {""}:
            raise Refused("which_source", "stated_source", user=holder.name)
        if len(sectors) > 1 or sectors == {""}:
            raise Refused("which_sector", "stated_sector", user=holder.name)

    def _check_sum(
        self, values: Mapping[str, Value], figures: list[tuple[str, Period, Decimal]], report: dict[str, Any]
    ) -> None:
        total = values.get("year_m3")
        if isinstance(total, Decimal) and len(figures) == 12:
            summed = sum((figure for _n, _p, figure in figures), Decimal(0))
            if abs(summed - total) > 1:
                report["notes"].append(
                    {
                        "code": "sum_differs",
                        "field": "year_m3",
                        "params": {"sum": as_text(summed), "total": as_text(total)},
                    }
                )

    def write(self, actor: Actor) -> None:
        taking.statements(actor, self.batch, self.new, self.gone)
        self.new, self.gone = [], []
