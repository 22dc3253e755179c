"""Import of the permit stock: the limit that accounts are shown against. One permit, many wells; one row a permit."""

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from liangshui.core.access import Actor, Right
from liangshui.core.errors import Invalid
from liangshui.registry import sentences, services
from liangshui.registry.codes import UserKind
from liangshui.registry.import_kinds import KINDS, ImportKind, SheetRows
from liangshui.registry.ledger_plan import ORGANISATION, Codes, Divisions, Refused, as_text
from liangshui.registry.models import Division, ImportBatch, Intake, Project, WaterUser
from liangshui.registry.sheets.fields import Value, by_name
from liangshui.registry.sheets.permits import PERMITS
from liangshui.registry.sheets.text import squeeze

FACTS = ("permit_number", "permitted_m3", "permit_from", "permit_to", "permit_office", "permit_purpose")
FIELDS: dict[str, Any] = {name: Project._meta.get_field(name) for name in FACTS}
HOURS_A_YEAR = 8760


class PermitRows(SheetRows):
    """The register of permits against the projects of the ledger."""

    fields = PERMITS

    def __init__(self, actor: Actor, content: bytes, options: Mapping[str, Any]) -> None:
        super().__init__(actor, content, options)
        self.divisions = Divisions(actor)
        self.territory = actor.territory(Right.REGISTRY_CHANGE)
        self.today = timezone.localdate()
        self.by_permit: dict[str, Project] = {}
        self.by_user: dict[int, list[Project]] = defaultdict(list)
        self.users: dict[str, list[WaterUser]] = defaultdict(list)
        self.by_credit: dict[str, WaterUser] = {}
        self.user_codes, self.project_codes = Codes("U"), Codes("P")
        for user in WaterUser.objects.select_related("division").order_by("code"):
            self._know(user)
        for project in Project.objects.select_related("user__division", "division").order_by("code"):
            self.project_codes.taken(project.code)
            self.by_user[project.user_id].append(project)
            if project.permit_number:
                self.by_permit[squeeze(project.permit_number)] = project
        self.wells = {
            squeeze(well.code): well for well in Intake.objects.select_related("project__user", "division", "source")
        }
        self.capacity: dict[int, Decimal | None] = {}
        for well in self.wells.values():
            before = self.capacity.get(well.project_id, Decimal(0))
            unknown = before is None or well.capacity_m3_h is None
            self.capacity[well.project_id] = None if unknown else before + well.capacity_m3_h  # type: ignore[operator]
        self.seen: dict[str, str] = {}
        self.seen_projects: dict[int, str] = {}
        self.to_write: list[tuple[Project, dict[str, Any]]] = []

    def _know(self, user: WaterUser) -> None:
        self.user_codes.taken(user.code)
        self.users[squeeze(user.name)].append(user)
        if user.credit_code:
            self.by_credit[squeeze(user.credit_code)] = user

    def weigh_row(self, label: str, values: Mapping[str, Value], report: dict[str, Any]) -> str:
        get: Any = values.get
        number = str(values["permit_number"])
        report["title"] = f"{number} {get('user_name') or ''}".strip()
        if squeeze(number) in self.seen:
            raise Refused("permit_twice", "permit_number", first=self.seen[squeeze(number)])
        if get("permit_state") == "ended":
            raise Refused("permit_ended", "permit_state")
        start, end, volume = get("permit_from"), get("permit_to"), get("permitted_m3")
        if start and end and end < start:
            raise Refused("permit_reversed", "permit_to")
        wells = self._wells(get("permit_wells") or ())
        project = self._project(number, values, wells)
        if not self.territory.holds_path(project.division.path):
            raise Refused("not_yours", "user_name", text=project.user.name)
        if project.pk and project.pk in self.seen_projects:
            raise Refused("permit_second", "permit_number", project=project.name, first=self.seen_projects[project.pk])
        for well in wells:
            if well.project_id != project.pk:
                raise Refused("well_of_other", "permit_wells", code=well.code, user=well.project.user.name)
        if volume is None:
            self._note(report, "permit_without_volume")
        elif volume == 0:
            raise Refused("permit_of_nothing", "permitted_m3")
        capacity = self.capacity.get(project.pk) if project.pk else None
        if volume and capacity and volume > capacity * HOURS_A_YEAR:
            self._note(report, "above_capacity", most=as_text(capacity * HOURS_A_YEAR))
        if get("permit_state") == "expired" or (end and end < self.today):
            self._note(report, "permit_expired", day=end.isoformat() if end else "")
        self.seen[squeeze(number)] = label
        facts = {name: get(name) for name in FACTS if get(name) not in (None, "")}
        if project.pk is None:
            self.to_write.append((project, facts))
            self.by_permit[squeeze(number)] = project
            self._note(report, "new_project", name=project.name)
            report["made"] = number
            return "created"
        self.seen_projects[project.pk] = label
        report["undo"] = [project.pk, {}, {}]
        for name, value in facts.items():
            before = getattr(project, name)
            if before != value:
                report["changes"].append(["Project", name, as_text(before), as_text(value)])
                report["undo"][1][name], report["undo"][2][name] = _kept(before), _kept(value)
        if not report["changes"]:
            del report["undo"]
            return "unchanged"
        self.to_write.append((project, facts))
        return "changed"

    @staticmethod
    def _note(report: dict[str, Any], code: str, **params: str) -> None:
        report["notes"].append({"code": code, "field": "", "params": params})

    def _wells(self, codes: Any) -> list[Intake]:
        found = []
        for code in codes:
            if squeeze(code) not in self.wells:
                raise Refused("unknown_intake", "permit_wells", text=code)
            found.append(self.wells[squeeze(code)])
        return found

    def _project(self, number: str, values: Mapping[str, Value], wells: list[Intake]) -> Project:
        """The project that a permit belongs to: by its number, its wells, its holder and name; else a new one."""
        known = self.by_permit.get(squeeze(number))
        holder = self._holder(values, known, wells)
        if known is not None:
            if holder is not None and holder.pk != known.user_id:
                raise Refused(
                    "permit_of_other", "permit_number", permit=number, holder=known.user.name, user=holder.name
                )
            return known
        projects = {well.project_id: well.project for well in wells}
        if len(projects) == 1:
            project = next(iter(projects.values()))
            if holder is not None and holder.pk != project.user_id:
                raise Refused("well_of_other", "permit_wells", code=wells[0].code, user=project.user.name)
            return self._free(project, number)
        if holder is None:
            raise Refused("unknown_user", "user_name", text=str(values.get("user_name") or number))
        own = self.by_user[holder.pk] if holder.pk else []
        name = values.get("project_name")
        named = [p for p in own if name and squeeze(p.name) == squeeze(str(name))]
        free = [p for p in own if not p.permit_number]
        if len(named) == 1:
            return self._free(named[0], number)
        if not name and len(free) == 1:
            return free[0]
        if not name and len(free) > 1:
            raise Refused("which_project", "project_name", user=holder.name)
        title = str(name or holder.name)[:100]
        return Project(code=self.project_codes.next(), name=title, user=holder, division=holder.division)

    @staticmethod
    def _free(project: Project, number: str) -> Project:
        if project.permit_number and squeeze(project.permit_number) != squeeze(number):
            raise Refused("project_has_permit", "permit_number", project=project.name, permit=project.permit_number)
        return project

    def _holder(self, values: Mapping[str, Value], known: Project | None, wells: list[Intake]) -> WaterUser | None:
        credit, name = values.get("credit_code"), values.get("user_name")
        if credit and squeeze(str(credit)) in self.by_credit:
            return self.by_credit[squeeze(str(credit))]
        if not name:
            return None
        same = self.users.get(squeeze(str(name)), [])
        place = self._place(values)
        near = [user for user in same if place is None or user.division.path.startswith(place.path)]
        if known is not None and any(user.pk == known.user_id for user in same):
            return known.user
        of_wells = {well.project.user_id for well in wells}
        exact = [user for user in same if user.pk in of_wells] or near
        if len(exact) == 1:
            return exact[0]
        if exact:
            raise Refused("several_holders", "user_name", text=str(name))
        if same:
            raise Refused("several_holders" if len(same) > 1 else "holder_elsewhere", "user_name", text=str(name))
        if place is None:
            raise Refused("holder_without_place", "user_name", text=str(name))
        kind = UserKind.COMPANY if ORGANISATION.search(str(name)) else UserKind.HOUSEHOLD
        user = WaterUser(
            code=self.user_codes.next(), name=str(name), kind=kind, division=place, credit_code=str(credit or "")
        )
        self._know(user)
        return user

    def _place(self, values: Mapping[str, Value]) -> Division | None:
        if not values.get("town"):
            return None
        town = self.divisions.town(str(values["town"]))
        return (self.divisions.village(town, str(values["village"])) if values.get("village") else None) or town

    def write(self, actor: Actor) -> None:
        rows, self.to_write = self.to_write, []
        with transaction.atomic():
            for project, facts in rows:
                if project.pk is None:
                    user = project.user
                    if user.pk is None:
                        user = services.save_user(
                            actor, user, code=user.code, name=user.name, kind=user.kind, division=user.division,
                            credit_code=user.credit_code,
                        )  # fmt: skip
                    services.save_project(
                        actor, code=project.code, name=project.name, user=user, division=project.division, **facts
                    )
                else:
                    services.save_project(actor, project, **facts)


def _kept(value: Any) -> str | None:
    return None if value is None else str(value)


def take_back(actor: Actor, batch: ImportBatch) -> None:
    """Projects say again what they said before; projects that the file made are removed if nothing was added to them.

    Raises:
        Invalid: a project was changed since, or has wells now; says which.
    """
    for row in batch.report.get("rows", []):
        if row.get("made"):
            project = Project.objects.filter(permit_number=row["made"]).first()
            if project is not None and project.intakes.exists():
                raise Invalid(_("Project %(name)s has intakes now; it stays.") % {"name": project.name})
            if project is not None:
                project.delete()
        elif row.get("undo"):
            pk, before, after = row["undo"]
            project = Project.objects.get(pk=pk)
            if any(_kept(getattr(project, name)) != value for name, value in after.items()):
                raise Invalid(_("Project %(name)s was changed since.") % {"name": project.name})
            values = {name: FIELDS[name].to_python(value) for name, value in before.items()}
            services.save_project(actor, project, **values)


def register() -> None:
    """Bring the kind to the imports; called once when Django is ready."""
    KINDS["permits"] = ImportKind(gettext_lazy("permits"), PermitRows, PERMITS, "取水许可证", take_back=take_back)
    sentences.add(by_name(PERMITS), CELLS, NOTES)


CELLS = {
    "permit_twice": gettext_lazy("The same permit stands in row %(first)s; keep one of them."),
    "permit_second": gettext_lazy("Project %(project)s has its permit in row %(first)s; one project has one permit."),
    "permit_ended": gettext_lazy("The permit was cancelled or revoked: it is no limit any more, and is not taken."),
    "permit_of_nothing": gettext_lazy("The permitted volume is 0; give the volume, or leave the row out."),
    "well_of_other": gettext_lazy("Intake %(code)s belongs to %(user)s. Use “Change of attribution” first."),
    "which_project": gettext_lazy(
        "%(user)s has several projects without a permit; give the project's name or the wells."
    ),
    "project_has_permit": gettext_lazy(
        "Project %(project)s has permit %(permit)s already; renewal and change have their own form."
    ),
    "several_holders": gettext_lazy(
        "Several water users are called “%(text)s”; give the town, the credit code or the wells."
    ),
    "holder_elsewhere": gettext_lazy("The only water user called “%(text)s” lies in another town; check the town."),
    "holder_without_place": gettext_lazy(
        "“%(text)s” is no water user of the ledger; give the town, and the user is entered."
    ),
}
NOTES = {
    "permit_without_volume": gettext_lazy("No permitted volume is given: the permit limits nothing here."),
    "above_capacity": gettext_lazy(
        "More than all wells can raise in a year without a stop, %(most)s m³; check the unit."
    ),
    "permit_expired": gettext_lazy("Expired %(day)s."),
    "new_project": gettext_lazy("New project %(name)s, as yet without wells."),
}
