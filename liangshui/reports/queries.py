"""Reading tables for superiors, narrowed to the reader's territory."""

from typing import Any

from liangshui.core.access import Territory
from liangshui.registry.queries import one
from liangshui.reports.models import Filling, ForeignExport, Table


def tables(territory: Territory) -> Any:
    """Tables of the reader's county."""
    return Table.objects.within(territory).select_related("division")


def table(territory: Territory, pk: int) -> Table:
    """One of them. Raises NotFound."""
    found: Table = one(tables(territory), pk)
    return found


def fillings(territory: Territory) -> Any:
    """What was filled; without the bulky parts."""
    rows = Filling.objects.within(territory).select_related("table__division", "version", "filled_by", "issued_by")
    return rows.defer("cells", "draft", "issued", "version__content")


def filling(territory: Territory, pk: int) -> Filling:
    """One of them, whole. Raises NotFound."""
    rows = Filling.objects.within(territory).select_related("table__division", "version", "filled_by", "issued_by")
    found: Filling = one(rows, pk)
    return found


def exports(territory: Territory) -> Any:
    """Exports of other systems, without their contents."""
    return ForeignExport.objects.within(territory).select_related("read_by").defer("content")


def export(territory: Territory, pk: int) -> ForeignExport:
    """One of them. Raises NotFound."""
    found: ForeignExport = one(ForeignExport.objects.within(territory).select_related("division", "read_by"), pk)
    return found
