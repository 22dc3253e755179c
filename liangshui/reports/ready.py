"""Tables that come with Liangshui: their empty workbooks and mappings lie in `ready/`, made up in the manner of such tables."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from liangshui.core.access import Actor
from liangshui.core.errors import Invalid
from liangshui.registry.models import Division
from liangshui.reports import services
from liangshui.reports.models import Table
from liangshui.reports.rules.mapping import load

FOLDER = Path(__file__).resolve().parent / "ready"


@dataclass(frozen=True)
class Ready:
    """One of them."""

    slug: str
    about: Any

    @cached_property
    def name(self) -> str:
        return load(files(self.slug)[1]).name


READY = (
    Ready("monthly-abstraction", gettext_lazy("every month: abstraction of each town by source and use")),
    Ready("users-yearly", gettext_lazy("every year: the list of water users with permit, allotment and abstraction")),
    Ready(
        "wells-by-town",
        gettext_lazy("every month: irrigation wells by town, with meters, permits, area and abstraction"),
    ),
    Ready("city-monthly", gettext_lazy("every month for the city’s platform: one row an intake")),
    Ready("city-daily", gettext_lazy("every month for the city’s platform: one row an intake and day")),
)


def files(slug: str) -> tuple[bytes, str]:
    """The empty workbook and the mapping of one of them."""
    return (FOLDER / f"{slug}.xlsx").read_bytes(), (FOLDER / f"{slug}.yaml").read_text(encoding="utf-8")


def add(actor: Actor, county: Division, slug: str) -> Table:
    """Add one of them to the county's tables.

    Raises:
        Invalid: there is none of this name, or the county has it already.
    """
    found = next((each for each in READY if each.slug == slug), None)
    if found is None:
        raise Invalid(_("There is no such table."))
    return services.add_table(actor, county, found.name, f"{found.name}.xlsx", *files(slug))
