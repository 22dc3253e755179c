"""Allotments from and to Excel: a row a node, the volume it shall have; the difference to the ledger becomes its rows."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _

from liangshui.core.quantities import volume
from liangshui.quota.queries import Names, allotted, filters, no_unit
from liangshui.quota.rules.closing import Node
from liangshui.quota.services import Change
from liangshui.quota.sheets.columns import SECTORS, SOURCES
from liangshui.registry.codes import GROUNDWATER
from liangshui.registry.models import Division, Intake, ManagementUnit, WaterUser
from liangshui.registry.sentences import cell_words, table_words
from liangshui.registry.sheets.fields import Field, Kind
from liangshui.registry.sheets.problems import SheetError
from liangshui.registry.sheets.table import read_tables
from liangshui.registry.sheets.workbook import read_workbook
from liangshui.registry.sheets.write import SheetOut, write_workbook

FIELDS = (
    Field(
        name="source",
        heading="水源",
        aliases=("水源类型", "取水水源"),
        kind=Kind.CHOICE,
        required=True,
        choices=SOURCES,
    ),
    Field(name="unit", heading="管理单元", aliases=("地下水管理单元",)),
    Field(name="town", heading="苏木镇", aliases=("乡镇", "镇", "所在苏木镇")),
    Field(
        name="sector",
        heading="用途",
        aliases=("行业", "用水行业"),
        kind=Kind.CHOICE,
        choices=SECTORS,
    ),
    Field(name="user", heading="用水户", aliases=("取用水户", "用水单位")),
    Field(name="village", heading="嘎查村", aliases=("嘎查", "村", "行政村")),
    Field(name="intake", heading="取水口编码", aliases=("机井编码", "取水口编号")),
    Field(
        name="volume",
        heading="分配水量",
        aliases=("水量", "控制指标", "指标", "分配指标"),
        kind=Kind.DECIMAL,
        unit="m³",
        sheet_unit="万m³",
        required=True,
        places=3,
        minimum=Decimal(0),
    ),
)


def file_sentence(error: SheetError) -> str:
    """Why a file cannot be read, and what to do."""
    return table_words(error.code, error.params)


@dataclass(frozen=True)
class Row:
    """One row as understood, or why not."""

    number: int
    text: str
    node: Node | None
    source_kind: str
    volume_m3: Decimal | None
    problem: str = ""


def read(content: bytes) -> list[Row]:
    """Rows of all sheets. Unknown names are told with the row; the rest stands.

    Raises:
        SheetError: the file cannot be read at all.
    """
    towns = {}
    for place in Division.objects.filter(level__in=["town", "area"]).prefetch_related("aliases"):
        towns[place.name] = place.pk
        towns.update({alias.name: place.pk for alias in place.aliases.all()})
    units = {
        **dict(ManagementUnit.objects.values_list("name", "pk")),
        **dict(ManagementUnit.objects.values_list("code", "pk")),
    }
    villages = {
        (parent, name): pk
        for pk, parent, name in Division.objects.filter(level="village").values_list("pk", "parent_id", "name")
    }
    named: dict[str, list[int]] = defaultdict(list)
    for (_parent, name), pk in villages.items():
        named[name].append(pk)
    seen: dict[tuple[str, Node], int] = {}
    only = {name: pks[0] for name, pks in named.items() if len(pks) == 1}
    rows = []
    for table in read_tables(read_workbook(content), FIELDS).tables:
        for row in table.rows:
            if row.problems:
                text = " ".join(cell_words(asdict(problem)) for problem in row.problems)
                rows.append(Row(row.number, "", None, "", None, text))
                continue
            values: dict[str, Any] = dict(row.values)
            unit, town = values.get("unit"), values.get("town")
            problem, user_id, village_id, intake_id = "", None, None, None
            if unit and unit not in units:
                problem = _("there is no management unit “%(name)s”") % {"name": unit}
            elif unit and values["source"] not in GROUNDWATER and values["volume"] > 0:
                problem = no_unit(values["source"])
            elif town and town not in towns:
                problem = _("there is no town “%(name)s”") % {"name": town}
            elif values.get("user"):
                users = users_called(values["user"])
                user_id = users[0] if len(users) == 1 else None
                if not users:
                    problem = _("there is no water user “%(name)s”") % {"name": values["user"]}
                elif user_id is None:
                    problem = _("several water users are called “%(name)s”; write the code") % {"name": values["user"]}
            if not problem and values.get("village"):
                village_id = villages.get((towns.get(town or "", 0), values["village"])) or only.get(values["village"])
                if village_id is None:
                    problem = _("there is no village “%(name)s”, or several towns have one") % {
                        "name": values["village"]
                    }
            if not problem and values.get("intake"):
                intake_id = Intake.objects.filter(code=values["intake"]).values_list("pk", flat=True).first()
                if intake_id is None:
                    problem = _("there is no intake “%(code)s”") % {"code": values["intake"]}
            node = (
                None
                if problem
                else Node(
                    units.get(unit or ""), towns.get(town or ""), values.get("sector"), user_id, village_id, intake_id
                )
            )
            text = " · ".join(
                str(values[f]) for f in ("unit", "town", "sector", "user", "village", "intake") if values.get(f)
            ) or _("whole county")
            if node is not None and (values["source"], node) in seen:
                problem, node = (
                    _("the same node stands in row %(n)s already") % {"n": seen[values["source"], node]},
                    None,
                )
            elif node is not None:
                seen[values["source"], node] = row.number
            rows.append(Row(row.number, text, node, values["source"], values["volume"], problem))
    return rows


def users_called(text: str) -> list[int]:
    """Ids of the water users that a text may mean: the one of the code, else all of the name."""
    by_code = list(WaterUser.objects.filter(code=text).values_list("pk", flat=True))
    return by_code or list(WaterUser.objects.filter(name=text).values_list("pk", flat=True)[:2])


def changes(county: Division, year: int, rows: list[Row]) -> dict[str, list[Change]]:
    """By source kind: what must change so that each named node has its volume; equal ones give nothing."""
    wanted: dict[str, list[Change]] = {}
    for kind in {row.source_kind for row in rows if row.node is not None}:
        now = allotted(county, year, kind)
        found = [
            Change(row.node, volume(row.volume_m3 or 0) - now.get(row.node, Decimal(0)))
            for row in rows
            if row.node is not None and row.source_kind == kind
        ]
        found = [change for change in found if change.change_m3]
        if found:
            wanted[kind] = found
    return wanted


def write(rows: Iterable[tuple[str, Node, Decimal]]) -> bytes:
    """Nodes of a source with their volumes, m³, in the form that is read back."""
    doubled = set(
        WaterUser.objects.values("name").annotate(n=Count("pk")).filter(n__gt=1).values_list("name", flat=True)
    )
    names, codes = Names(), dict(Intake.objects.filter(allotments__isnull=False).values_list("pk", "code"))
    found = []
    for kind, node, volume_m3 in rows:
        parts: dict[str, Any] = {axis: names.part(axis, key) for axis, key in filters(node).items()}
        if node.user and parts.get("user") in doubled:
            parts["user"] = WaterUser.objects.values_list("code", flat=True).get(pk=node.user)
        if node.intake:
            if node.intake not in codes:
                codes[node.intake] = Intake.objects.values_list("code", flat=True).get(pk=node.intake)
            parts["intake"] = codes[node.intake]
        found.append({"source": kind, **parts, "sector": node.sector, "volume": volume_m3})
    return write_workbook([SheetOut(_("Allotments"), FIELDS, found)])


__all__ = ["FIELDS", "Row", "SheetError", "changes", "read", "write"]
