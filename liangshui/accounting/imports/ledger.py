"""Who a row means: a well, a project or a water user of the ledger."""

from collections import defaultdict
from collections.abc import Mapping

from liangshui.core.access import Actor, Right, Territory
from liangshui.registry.ledger_plan import Divisions, Refused
from liangshui.registry.models import Intake, Project, WaterUser
from liangshui.registry.sheets.fields import Value
from liangshui.registry.sheets.text import squeeze


class Ledger:
    """The wells, projects and users that a row may name, within the actor's right."""

    def __init__(self, actor: Actor) -> None:
        self.divisions = Divisions(actor)
        self.territory: Territory = actor.territory(Right.REGISTRY_IMPORT)
        self.by_code: dict[str, Intake] = {}
        self.by_name: dict[str, list[Intake]] = defaultdict(list)
        self.of_user: dict[int, list[Intake]] = defaultdict(list)
        self.of_project: dict[int, list[Intake]] = defaultdict(list)
        for intake in Intake.objects.select_related("project", "division", "source").order_by("code"):
            self.by_code[squeeze(intake.code)] = intake
            if intake.national_code:
                self.by_code.setdefault(squeeze(intake.national_code), intake)
            self.by_name[squeeze(intake.name)].append(intake)
            self.of_user[intake.project.user_id].append(intake)
            self.of_project[intake.project_id].append(intake)
        self.users: dict[str, list[WaterUser]] = defaultdict(list)
        self.by_credit: dict[str, WaterUser] = {}
        for user in WaterUser.objects.select_related("division").order_by("code"):
            self.users[squeeze(user.name)].append(user)
            if user.credit_code:
                self.by_credit[squeeze(user.credit_code)] = user
        self.permits: dict[str, list[Project]] = defaultdict(list)
        self.projects: dict[str, list[Project]] = defaultdict(list)
        for project in Project.objects.select_related("user", "division").order_by("code"):
            self.projects[squeeze(project.name)].append(project)
            if project.permit_number:
                self.permits[squeeze(project.permit_number)].append(project)

    def place(self, values: Mapping[str, Value]) -> str:
        """Path of the town or village that a row names; "" if none."""
        if not values.get("town"):
            return ""
        town = self.divisions.town(str(values["town"]))
        village = self.divisions.village(town, str(values["village"])) if values.get("village") else None
        return (village or town).path

    def intake(self, values: Mapping[str, Value]) -> Intake | None:
        """The well that a row names by code, or by a name that is one well's there; None if it names none.

        Raises:
            Refused: the code is unknown, the name is several wells'.
        """
        code = values.get("code") or values.get("national_code")
        if code:
            found = self.by_code.get(squeeze(str(code)))
            if found is None:
                raise Refused("unknown_intake", "code", text=str(code))
            return self._allowed(found)
        name = values.get("name")
        if not name:
            return None
        path, user = self.place(values), values.get("user_name")
        named = [
            well
            for well in self.by_name.get(squeeze(str(name)), [])
            if well.division.path.startswith(path)
            and (not user or any(u.pk == well.project.user_id for u in self.users.get(squeeze(str(user)), [])))
        ]
        if len(named) != 1:
            raise Refused("several_intakes" if named else "unknown_intake", "name", text=str(name))
        return self._allowed(named[0])

    def _allowed(self, intake: Intake) -> Intake:
        if not self.territory.holds_path(intake.division.path):
            raise Refused("not_yours", "code", text=intake.code)
        return intake

    def holder(self, values: Mapping[str, Value]) -> Project | WaterUser:
        """The project or user that a row names: by permit, by credit code, by name (and project and place).

        Raises:
            Refused: nobody or several are meant.
        """
        permit, credit, name = values.get("permit_number"), values.get("credit_code"), values.get("user_name")
        found: list[Project | WaterUser] = []
        if permit and squeeze(str(permit)) in self.permits:
            found = [*self.permits[squeeze(str(permit))]]
        elif credit and squeeze(str(credit)) in self.by_credit:
            found = [self.by_credit[squeeze(str(credit))]]
        elif name:
            path = self.place(values)
            users = [u for u in self.users.get(squeeze(str(name)), []) if u.division.path.startswith(path)]
            project = values.get("project_name")
            found = [*users]
            if project:
                own = {user.pk for user in users}
                named = [p for p in self.projects.get(squeeze(str(project)), []) if p.user_id in own]
                found = [*named] or found
        elif permit:
            raise Refused("unknown_permit", "permit_number", text=str(permit))
        else:
            raise Refused("nobody_named", "user_name")
        if len(found) != 1:
            raise Refused("several_users" if found else "unknown_user", "user_name", text=str(name or permit or credit))
        if not self.territory.holds_path(found[0].division.path):
            raise Refused("not_yours", "user_name", text=found[0].name)
        return found[0]
