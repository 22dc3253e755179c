"""Water passed on and given back (供水与退水): by supplier, receiver and period."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from liangshui.accounting import taking
from liangshui.accounting.imports.figures import FigureRows, Key, Standing, Told
from liangshui.accounting.imports.ledger import Ledger
from liangshui.accounting.models import ReturnVolume, SupplyVolume
from liangshui.accounting.sheets.columns import RETURNED, SUPPLIES
from liangshui.core.access import Actor
from liangshui.core.periods import Period
from liangshui.registry.ledger_plan import Refused
from liangshui.registry.models import Project, SupplyLink, WaterUser
from liangshui.registry.sheets.fields import Value
from liangshui.registry.sheets.text import squeeze

Passed = SupplyVolume | ReturnVolume


class SupplyRows(FigureRows):
    """What suppliers passed on, by receiver and period; and what users gave back to nature."""

    fields = SUPPLIES

    def __init__(self, actor: Actor, content: bytes, options: Mapping[str, Any]) -> None:
        super().__init__(actor, content, options)
        self.ledger = Ledger(actor)
        self.by_code: dict[str, SupplyLink] = {}
        self.by_ends: dict[tuple[int, int], list[SupplyLink]] = defaultdict(list)
        for link in SupplyLink.objects.select_related("supplier__division", "customer"):
            self.by_code[squeeze(link.code)] = link
            self.by_ends[link.supplier_id, link.customer_id].append(link)
        self.ended: dict[type[Passed], list[int]] = {SupplyVolume: [], ReturnVolume: []}

    def read_standing(self, year: int) -> dict[Key, Standing]:
        passed = SupplyVolume.objects.filter(start__year=year)
        given = ReturnVolume.objects.filter(start__year=year)
        found = {("link", row.link_id, row.start, row.end): Standing(row.pk, self.told(row)) for row in passed}
        return found | {
            ("project", row.project_id, row.start, row.end): Standing(row.pk, self.told(row)) for row in given
        }

    def told(self, row: Passed) -> Told:
        return row.volume_m3, row.low_m3, row.high_m3, row.method

    def replaced(self, row: Passed, pk: int) -> None:
        self.ended[type(row)].append(pk)

    def weigh_row(self, label: str, values: Mapping[str, Value], report: dict[str, Any]) -> str:
        figures = self.figures(values, "supplied_m3")
        receiver = squeeze(str(values.get("receiver") or ""))
        owner: SupplyLink | Project
        if receiver in {squeeze(word) for word in RETURNED} and not values.get("supply_code"):
            owner, kind = self._giver(values), "project"
        else:
            owner, kind = self._link(values, figures[0][1]), "link"
        report["title"] = f"{owner.code} {values.get('supplier') or ''} {values.get('receiver') or ''}".strip()
        method = self.stated_method(values)
        made = []
        for _name, period, figure in figures:
            found = self.ranged(values, method, figure)
            high = found.high_m3 if found.high_m3 is not None else found.volume_m3
            row = (SupplyVolume if kind == "link" else ReturnVolume)(
                **{kind: owner}, start=period.start, end=period.end, row=label, method=method.value,
                volume_m3=found.volume_m3, low_m3=found.low_m3, high_m3=high,
            )  # fmt: skip
            made.append(((kind, owner.pk, period.start, period.end), period, row))
        return self.settle(label, report, made)

    def _user(self, values: Mapping[str, Value], field: str) -> WaterUser:
        name = str(values.get(field) or "")
        found = self.ledger.users.get(squeeze(name), []) if name else []
        if len(found) != 1:
            code = "several_users" if found else "unknown_user" if name else "nobody_named"
            raise Refused(code, field, text=name)
        return found[0]

    def _link(self, values: Mapping[str, Value], period: Period) -> SupplyLink:
        """The supply link that a row means: by code, else by both ends, in force in the period."""
        code = values.get("supply_code")
        if code:
            link = self.by_code.get(squeeze(str(code)))
            if link is None:
                raise Refused("no_supply_link", "supply_code", text=str(code))
        else:
            ends = (self._user(values, "supplier"), self._user(values, "receiver"))
            links = [
                each
                for each in self.by_ends[ends[0].pk, ends[1].pk]
                if each.valid_from < period.end and (each.valid_to is None or each.valid_to > period.start)
            ]
            if len(links) != 1:
                told = f"{ends[0].name} → {ends[1].name}"
                raise Refused("several_links" if links else "no_supply_link", "receiver", text=told)
            link = links[0]
        if not self.ledger.territory.holds_path(link.supplier.division.path):
            raise Refused("not_yours", "supplier", text=link.supplier.name)
        return link

    def _giver(self, values: Mapping[str, Value]) -> Project:
        """The project that gives water back: its user's only one."""
        user = self._user(values, "supplier")
        if not self.ledger.territory.holds_path(user.division.path):
            raise Refused("not_yours", "supplier", text=user.name)
        projects = [p for rows in self.ledger.projects.values() for p in rows if p.user_id == user.pk]
        if len(projects) != 1:
            raise Refused("which_project", "supplier", text=user.name)
        return projects[0]

    def write(self, actor: Actor) -> None:
        taking.supplies(actor, self.batch, self.new, self.ended)
        self.new, self.ended = [], {SupplyVolume: [], ReturnVolume: []}
