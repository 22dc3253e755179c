"""The lists of the ledger: intakes, users, projects and the small ones."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Model, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from liangshui.core.access import Actor, Right, Territory
from liangshui.core.quantities import shown
from liangshui.records.listing import Column, Filter, Listing
from liangshui.registry import queries
from liangshui.registry.codes import (
    DivisionLevel,
    IntakeKind,
    IntakeStatus,
    LawfulMethod,
    NodeKind,
    Sector,
    SourceKind,
    UserKind,
    ZoneKind,
)
from liangshui.registry.models import ControlZone, Intake, Project

Get = Callable[[Any], Any]


def number(value: Decimal | None, decimals: int) -> str | None:
    return None if value is None else shown(value, decimals)


def m3_plain(value: Decimal | None) -> str | None:
    """A volume in whole m³, exact on hover."""
    return None if value is None else format_html('<span title="{} m³">{}</span>', f"{value:,.3f}", shown(value))


def day(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def _filter(key: str, label: Any, lookup: str, choices: Any) -> Filter:
    return Filter(key, label, lambda: list(choices.choices), lookup)


def town_filter(territory: Territory, lookup: str = "division__path__startswith") -> Filter:
    towns = queries.towns(territory)
    paths = {town.code: town.path for town in towns}
    return Filter(
        "town",
        _("town"),
        lambda: [(town.code, town.name) for town in towns],
        lambda rows, code: rows.filter(**{lookup: paths[code]}),
    )


def _town(row: Any) -> str:
    return queries.town_of(row.division).name


def _village(row: Any) -> str | None:
    return row.division.name if row.division.level == DivisionLevel.VILLAGE else None


def _plain(decimals: int, get: Get) -> Get:
    return lambda row: number(get(row), decimals)


def _decimal(key: str, label: Any, decimals: int, shown: bool = True) -> Column:
    get = lambda row: getattr(row, key)  # noqa: E731
    return Column(key, label, get, cell=_plain(decimals, get), sort=key, numeric=True, shown=shown)


def _field(key: str, label: Any, shown: bool = True) -> Column:
    return Column(key, label, lambda row: getattr(row, key) or None, sort=key, shown=shown)


def _words(choices: Any) -> Get:
    """The words of a code list in the language of this request, looked up once and not for each cell."""
    words = {str(code): str(label) for code, label in choices.choices}
    return lambda code: words.get(code, code)


def _display(key: str, label: Any, choices: Any, shown: bool = True) -> Column:
    words = _words(choices)
    return Column(key, label, lambda row: words(getattr(row, key)), sort=key, shown=shown)


def _count(model: type[Model], to: str) -> Coalesce:
    """How many rows point here, counted for the rows of one page only."""
    pointing = model.objects.filter(**{to: OuterRef("pk")}).order_by().values(to)
    return Coalesce(Subquery(pointing.annotate(n=Count("pk")).values("n")), 0)


def _date(key: str, label: Any, get: Get, sort: str = "", shown: bool = True) -> Column:
    return Column(key, label, get, cell=lambda row: day(get(row)), sort=sort or key, shown=shown)


def _place(intake: Intake) -> str | None:
    if intake.longitude is None:
        return None
    return f"{'≈ ' if intake.place_guessed else ''}{intake.longitude}, {intake.latitude}"


def _meter(intake: Intake) -> str | None:
    return intake.open_meters[0].meter.number if intake.open_meters else None


def intakes(actor: Actor, territory: Territory) -> Listing:
    statuses, sources, methods = _words(IntakeStatus), _words(SourceKind), _words(LawfulMethod)
    columns = [
        Column("code", _("code"), lambda i: i.code, sort="code"),
        Column("name", _("name"), lambda i: i.name, sort="name"),
        _display("kind", _("kind"), IntakeKind),
        Column("status", _("status"), lambda i: statuses(i.status), sort="status"),
        Column("user", _("water user"), lambda i: i.project.user.name, sort="project__user__name"),
        Column("project", _("project"), lambda i: i.project.name, sort="project__name", shown=False),
        Column("town", _("town"), _town, sort="division__path"),
        Column("village", _("village"), _village, sort="division__path"),
        Column(
            "unit", _("management unit"), lambda i: i.management_unit and i.management_unit.name,
            sort="management_unit__name", shown=False,
        ),
        Column("source", _("source"), lambda i: sources(i.source.kind), sort="source__kind"),
        Column("source_name", _("source name"), lambda i: i.source.name, sort="source__name", shown=False),
        _display("sector", _("use"), Sector),
        Column("place", _("place"), _place, sort="longitude", shown=False),
        _decimal("depth_m", _("depth, m"), 1),
        _decimal("capacity_m3_h", _("capacity, m³/h"), 1, shown=False),
        _decimal("max_m3_d", _("most a day, m³"), 0, shown=False),
        Column("meter", _("meter"), _meter),
        Column("method", _("volume found"), lambda i: methods(i.lawful_method), sort="lawful_method"),
        Column(
            "permit", _("permit"), lambda i: i.project.permit_number or None, sort="project__permit_number",
        ),
        Column(
            "permitted", _("permitted a year, m³"), lambda i: i.project.permitted_m3,
            cell=lambda i: m3_plain(i.project.permitted_m3), sort="project__permitted_m3", numeric=True, shown=False,
        ),
        _field("national_code", _("national code"), shown=False),
        _date("sealed_on", _("sealed on"), lambda i: i.sealed_on, shown=False),
    ]  # fmt: skip
    actions = [(reverse("map"), _("One map"), "map-2"), (reverse("ledger-export"), _("Ledger"), "file-spreadsheet")]
    if actor.may(Right.REGISTRY_IMPORT):
        actions.insert(0, (reverse("import-new"), _("Import"), "table-import"))
    if actor.may(Right.REGISTRY_CHANGE):
        actions.insert(0, (reverse("intake-new"), _("New intake"), "plus"))
    return Listing(
        key="intakes",
        title=_("Intakes"),
        rows=queries.with_meters(queries.intakes(territory)),
        columns=columns,
        search=(
            "code__icontains", "name__icontains", "initials__contains", "project__user__name__icontains",
            "project__permit_number__icontains",
        ),
        filters=[
            town_filter(territory),
            _filter("sector", _("use"), "sector", Sector),
            _filter("source", _("source"), "source__kind", SourceKind),
            _filter("kind", _("kind"), "kind", IntakeKind),
            _filter("status", _("status"), "status", IntakeStatus),
            _filter("method", _("volume found"), "lawful_method", LawfulMethod),
        ],
        order="code",
        empty=_("No intake yet. Import the ledger, or enter the first one."),
        link=lambda i: reverse("intake", args=[i.pk]),
        actions=actions,
    )  # fmt: skip


def users(actor: Actor, territory: Territory) -> Listing:
    rows = queries.users(territory).annotate(
        project_count=_count(Project, "user"), intake_count=_count(Intake, "project__user")
    )
    return Listing(
        key="users",
        title=_("Water users"),
        rows=rows,
        columns=[
            Column("code", _("code"), lambda u: u.code, sort="code"),
            Column("name", _("name"), lambda u: u.name, sort="name"),
            _display("kind", _("kind"), UserKind),
            Column("town", _("town"), _town, sort="division__path"),
            Column("village", _("village"), _village, sort="division__path"),
            _field("industry_code", _("industry"), shown=False),
            _field("credit_code", _("unified credit code")),
            Column("projects", _("projects"), lambda u: u.project_count, sort="project_count", numeric=True),
            Column("intakes", _("intakes"), lambda u: u.intake_count, sort="intake_count", numeric=True),
            _field("contact", _("contact"), shown=False),
            _field("phone", _("phone"), shown=False),
        ],
        search=(
            "code__icontains", "name__icontains", "initials__contains", "credit_code__icontains",
            "household_numbers__number",
        ),
        filters=[town_filter(territory), _filter("kind", _("kind"), "kind", UserKind)],
        order="code",
        empty=_("No water user yet. The import of the ledger brings them, or enter the first one."),
        link=lambda u: reverse("user", args=[u.pk]),
        actions=_new(actor, "user-new", _("New water user")),
    )  # fmt: skip


def projects(actor: Actor, territory: Territory) -> Listing:
    return Listing(
        key="projects",
        title=_("Projects and permits"),
        rows=queries.projects(territory).annotate(intake_count=_count(Intake, "project")),
        columns=[
            Column("code", _("code"), lambda p: p.code, sort="code"),
            Column("name", _("name"), lambda p: p.name, sort="name"),
            Column("user", _("water user"), lambda p: p.user.name, sort="user__name"),
            Column("town", _("town"), _town, sort="division__path"),
            _field("permit_number", _("permit")),
            Column(
                "permitted", _("permitted a year, m³"), lambda p: p.permitted_m3,
                cell=lambda p: m3_plain(p.permitted_m3), sort="permitted_m3", numeric=True,
            ),
            _date("permit_from", _("permit from"), lambda p: p.permit_from),
            _date("permit_to", _("permit to"), lambda p: p.permit_to),
            Column("intakes", _("intakes"), lambda p: p.intake_count, sort="intake_count", numeric=True),
        ],
        search=(
            "code__icontains", "name__icontains", "initials__contains", "user__name__icontains",
            "permit_number__icontains",
        ),
        filters=[
            town_filter(territory),
            Filter(
                "permit", _("permit"), lambda: [("yes", _("with permit")), ("no", _("without permit"))],
                lambda rows, value: rows.filter(permit_number="") if value == "no" else rows.exclude(permit_number=""),
            ),
        ],
        order="code",
        empty=_("No project yet. The import of the ledger brings them, or enter the first one."),
        link=lambda p: reverse("project", args=[p.pk]),
        actions=_new(actor, "project-new", _("New project")),
    )  # fmt: skip


def _new(actor: Actor, page: str, label: Any) -> list[tuple[str, Any, str]]:
    return [(reverse(page), label, "plus")] if actor.may(Right.REGISTRY_CHANGE) else []


def _edit(actor: Actor, page: str) -> Callable[[Any], str] | None:
    return (lambda row: reverse(page, args=[row.pk])) if actor.may(Right.REGISTRY_CHANGE) else None


def units(actor: Actor, territory: Territory) -> Listing:
    return Listing(
        key="units",
        title=_("Management units"),
        rows=queries.units().annotate(intake_count=_count(Intake, "management_unit")),
        columns=[
            Column("code", _("code"), lambda u: u.code, sort="code"),
            Column("name", _("name"), lambda u: u.name, sort="name"),
            Column("county", _("county"), lambda u: u.division.name),
            Column("outline", _("outline"), lambda u: _("yes") if u.geometry else _("no")),
            Column("intakes", _("intakes"), lambda u: u.intake_count, sort="intake_count", numeric=True),
        ],
        search=("code__icontains", "name__icontains"),
        order="code",
        empty=_("No management unit yet."),
        link=_edit(actor, "unit-edit"),
        actions=_new(actor, "unit-new", _("New unit")),
    )


def sources(actor: Actor, territory: Territory) -> Listing:
    return Listing(
        key="sources",
        title=_("Sources"),
        rows=queries.sources().annotate(intake_count=_count(Intake, "source")),
        columns=[
            Column("code", _("code"), lambda s: s.code, sort="code"),
            Column("name", _("name"), lambda s: s.name, sort="name"),
            _display("kind", _("kind"), SourceKind),
            Column("intakes", _("intakes"), lambda s: s.intake_count, sort="intake_count", numeric=True),
        ],
        search=("code__icontains", "name__icontains"),
        filters=[_filter("kind", _("kind"), "kind", SourceKind)],
        order="code",
        empty=_("No source yet."),
        link=_edit(actor, "source-edit"),
        actions=_new(actor, "source-new", _("New source")),
    )


def zones(actor: Actor, territory: Territory) -> Listing:
    return Listing(
        key="zones",
        title=_("Control zones"),
        rows=ControlZone.objects.defer("geometry").select_related("proposal"),
        columns=[
            Column("name", _("name"), lambda z: z.name, sort="name"),
            _display("kind", _("kind"), ZoneKind),
            _field("document", _("title of the document")),
            Column("number", _("document number"), lambda z: z.proposal and z.proposal.document_number),
            _date("valid_from", _("from"), lambda z: z.valid_from),
            _date("valid_to", _("to"), lambda z: z.valid_to),
        ],
        search=("name__icontains", "document__icontains"),
        filters=[_filter("kind", _("kind"), "kind", ZoneKind)],
        order="name",
        empty=_("No control zone yet. Import their outlines."),
        link=lambda zone: reverse("zone", args=[zone.pk]),
        actions=[
            *_new(actor, "zone-new", _("New zone")),
            (reverse("zone-proposals"), _("Proposed control zones"), "file-certificate"),
        ],
    )


def nodes(actor: Actor, territory: Territory) -> Listing:
    return Listing(
        key="nodes",
        title=_("Irrigation districts and canals"),
        rows=queries.nodes(territory).annotate(intake_count=_count(Intake, "node")),
        columns=[
            Column("code", _("code"), lambda n: n.code, sort="code"),
            Column("name", _("name"), lambda n: n.name, sort="name"),
            _display("kind", _("kind"), NodeKind),
            Column("parent", _("part of"), lambda n: n.parent and n.parent.name),
            Column("user", _("run by"), lambda n: n.user and n.user.name),
            Column("town", _("town"), _town, sort="division__path"),
            Column("intakes", _("intakes"), lambda n: n.intake_count, sort="intake_count", numeric=True),
        ],
        search=("code__icontains", "name__icontains"),
        filters=[town_filter(territory), _filter("kind", _("kind"), "kind", NodeKind)],
        order="code",
        empty=_("No irrigation district yet."),
        link=_edit(actor, "node-edit"),
        actions=_new(actor, "node-new", _("New irrigation node")),
    )


def supply(actor: Actor, territory: Territory) -> Listing:
    return Listing(
        key="supply",
        title=_("Supply links"),
        rows=queries.supply_links(territory),
        columns=[
            Column("code", _("code"), lambda s: s.code, sort="code"),
            Column("supplier", _("supplier"), lambda s: s.supplier.name, sort="supplier__name"),
            Column("customer", _("receiver"), lambda s: s.customer.name, sort="customer__name"),
            Column("source", _("source"), lambda s: s.source.name, sort="source__name"),
            _display("sector", _("use"), Sector),
            _date("valid_from", _("from"), lambda s: s.valid_from),
            _date("valid_to", _("to"), lambda s: s.valid_to),
        ],
        search=("code__icontains", "supplier__name__icontains", "customer__name__icontains"),
        filters=[
            Filter(
                "state", _("in force"), lambda: [("open", _("in force")), ("ended", _("ended"))],
                lambda rows, value: rows.filter(valid_to__isnull=value == "open"),
            )
        ],
        order="code",
        empty=_("No supply link yet: water that one user passes on to another."),
        link=_edit(actor, "supply-edit"),
        actions=_new(actor, "supply-new", _("New supply link")),
    )  # fmt: skip


def divisions(actor: Actor, territory: Territory) -> Listing:
    rows = queries.divisions(territory).prefetch_related("aliases").annotate(intake_count=_count(Intake, "division"))
    return Listing(
        key="divisions",
        title=_("Divisions"),
        rows=rows,
        columns=[
            Column("code", _("statistical code"), lambda d: d.code, sort="code"),
            _field("mca_code", _("civil-affairs code")),
            Column("name", _("name"), lambda d: d.name, sort="name"),
            _display("level", _("level"), DivisionLevel),
            Column("parent", _("part of"), lambda d: d.parent and d.parent.name),
            Column("aliases", _("other names"), lambda d: "、".join(a.name for a in d.aliases.all()) or None),
            Column("intakes", _("intakes"), lambda d: d.intake_count, sort="intake_count", numeric=True),
        ],
        search=("code__startswith", "name__icontains", "initials__contains"),
        filters=[_filter("level", _("level"), "level", DivisionLevel)],
        order="path",
        empty=_("No division yet. Load those of the county, or import them."),
        link=_edit(actor, "division-edit"),
        actions=_new(actor, "division-new", _("New division")),
    )
