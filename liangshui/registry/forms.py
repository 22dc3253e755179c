"""Forms of the ledger: they parse and show; what may be, is decided by the services."""

from typing import Any

from django import forms
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from liangshui.core.access import Actor, Right
from liangshui.records import papers
from liangshui.records.forms import DocumentForm, day_field, day_input, dressed
from liangshui.records.models import TerritoryQuerySet
from liangshui.registry import import_kinds, queries
from liangshui.registry.codes import DivisionLevel, IntakeStatus, ZoneKind
from liangshui.registry.models import (
    Division,
    Intake,
    IrrigatedArea,
    IrrigationNode,
    ManagementUnit,
    Meter,
    MeterVerification,
    Project,
    Source,
    SupplyLink,
    WaterUser,
)
from liangshui.registry.zone_services import ROOM


class PickInput(forms.TextInput):
    """A text box that offers what fits as one types; works as a plain box without scripts."""

    def __init__(self, what: str) -> None:
        super().__init__()
        self.what = what

    def address(self) -> str:
        """Where what fits is asked for."""
        return reverse("pick", args=[self.what])

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> str:
        found = f"found-{name}"
        attrs = {
            **(attrs or {}),
            "list": found,
            "autocomplete": "off",
            "hx-get": self.address(),
            "hx-trigger": "input changed delay:150ms",
            "hx-target": f"#{found}",
            "hx-params": name,
        }
        return format_html('{}<datalist id="{}"></datalist>', super().render(name, value, attrs, renderer), found)


class PickField(forms.CharField):
    """One record, by its code (“W0001 name”) or by a name that only it has."""

    def __init__(self, what: str, **kwargs: Any) -> None:
        super().__init__(widget=PickInput(what), **kwargs)
        self.rows: Any = None
        self.help_text = kwargs.get("help_text") or _("Type a part of the name, code or initials, and choose.")

    def prepare_value(self, value: Any) -> Any:
        if hasattr(value, "code"):
            return f"{value.code} {value.name}"
        if isinstance(value, int) and self.rows is not None:
            found = self.rows.filter(pk=value).first()
            return f"{found.code} {found.name}" if found else ""
        return value

    def clean(self, value: Any) -> Any:
        text = (super().clean(value) or "").strip()
        if not text:
            return None
        found = list(self.rows.filter(code=text.split(" ", 1)[0])[:1]) or list(self.rows.filter(name=text)[:2])
        if len(found) != 1:
            raise forms.ValidationError(
                gettext("Several are called %(text)s; choose by code.") % {"text": text}
                if found
                else gettext("Nothing is called %(text)s here; choose one that is offered.") % {"text": text}
            )
        return found[0]


class Plain:
    """Tabler's classes, date boxes, and choices narrowed to where the actor may change the ledger."""

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        may_change = actor.territory(Right.REGISTRY_CHANGE)
        may_see = actor.territory(Right.REGISTRY_VIEW) | may_change
        for name, field in self.fields.items():  # type: ignore[attr-defined]
            if isinstance(field, PickField):
                field.rows = {
                    "user": queries.users(may_see),
                    "project": queries.projects(may_change),
                    "intake": queries.intakes(may_see),
                }[field.widget.what]
            elif isinstance(field, forms.ModelChoiceField) and field.queryset.model is Division:
                field.queryset = division_choices(may_change, above=name == "parent")
                field.label_from_instance = _division_label
            elif isinstance(field, forms.ModelChoiceField) and field.queryset.model is IrrigationNode:
                field.queryset = queries.nodes(may_change)
            if isinstance(field, forms.DateField):
                field.widget = day_input()
            elif isinstance(field, forms.DateTimeField):
                field.widget = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"})
        dressed(self)


def division_choices(territory: Any, *, above: bool = False) -> TerritoryQuerySet:
    """Divisions that a record may lie in: towns, areas, villages and the county itself."""
    rows = queries.divisions(territory)
    return rows if above else rows.exclude(level__in=[DivisionLevel.PROVINCE, DivisionLevel.CITY])


def _division_label(division: Division) -> str:
    if division.level == DivisionLevel.VILLAGE and division.parent:
        return f"{division.parent.name} · {division.name}"
    return division.name


class UserForm(Plain, forms.ModelForm):
    household_numbers = forms.CharField(
        label=_("household numbers"), required=False, help_text=_("Numbers of the power company, with commas between.")
    )

    class Meta:
        model = WaterUser
        fields = ["code", "name", "kind", "industry_code", "credit_code", "division", "contact", "phone", "note"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and not self.is_bound:
            numbers = self.instance.household_numbers.values_list("number", flat=True)
            self.initial["household_numbers"] = ", ".join(numbers)

    def clean_household_numbers(self) -> list[str]:
        text = self.cleaned_data["household_numbers"]
        for comma in "，、；;\n ":
            text = text.replace(comma, ",")
        return [number for number in text.split(",") if number]


class ProjectForm(Plain, forms.ModelForm):
    user = PickField("user", label=_("water user"))

    class Meta:
        model = Project
        fields = [
            "code", "name", "user", "division", "permit_number", "permitted_m3", "permit_from", "permit_to", "note",
        ]  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["user"]  # changed by its own form only


FACTS = [
    "code", "national_code", "name", "kind", "status", "node", "longitude", "latitude", "place_guessed", "depth_m",
    "pipe_mm", "pump_model", "pump_kw", "capacity_m3_h", "max_m3_d", "lawful_method", "note",
]  # fmt: skip
ATTRIBUTION = ["project", "division", "management_unit", "source", "sector"]


class IntakeForm(Plain, forms.ModelForm):
    project = PickField("project", label=_("abstraction project"))

    class Meta:
        model = Intake
        fields = [*FACTS[:5], *ATTRIBUTION, *FACTS[5:]]
        help_texts = {
            "lawful_method": _("By what the lawful volume is found: meter, electricity, or sample wells."),
            "place_guessed": _("Tick while nobody has checked the place on the spot."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        status = self.fields["status"]
        if self.instance.pk:
            for name in ATTRIBUTION:  # changed with a day, by its own form
                del self.fields[name]
        if self.instance.pk and self.instance.status == IntakeStatus.SEALED:
            del self.fields["status"]
        else:
            status.choices = [c for c in IntakeStatus.choices if c[0] != IntakeStatus.SEALED]


class AttributionForm(Plain, forms.ModelForm):
    project = PickField("project", label=_("abstraction project"))
    from_day = forms.DateField(
        label=_("from"), help_text=_("The day on which the present attribution began corrects it.")
    )
    reason = forms.CharField(label=_("reason"), max_length=200, required=False)

    class Meta:
        model = Intake
        fields = ATTRIBUTION


class OwnerForm(Plain, forms.Form):
    user = PickField("user", label=_("new holder"))
    from_day = forms.DateField(label=_("from"), initial=timezone.localdate)
    document = forms.CharField(
        label=_("document"), max_length=120, help_text=_("Number of the paper that approves it.")
    )


class VerificationForm(Plain, forms.ModelForm):
    class Meta:
        model = MeterVerification
        fields = ["certificate", "office", "verified_on", "valid_until", "error_percent", "passed"]


class MeterForm(Plain, forms.Form):
    """A new meter; with `exchange` also the final reading of the old one."""

    final_reading = forms.DecimalField(
        label=_("final reading of the old meter"), max_digits=16, decimal_places=3, min_value=0, required=False
    )
    at = forms.DateTimeField(label=_("at"), initial=timezone.localtime)
    number = forms.CharField(label=_("number of the new meter"), max_length=40)
    first_reading = forms.DecimalField(
        label=_("first reading"), max_digits=16, decimal_places=3, min_value=0, required=False,
        help_text=_("In units of the register, as it shows."),
    )  # fmt: skip

    def __init__(self, *args: Any, exchange: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in forms.fields_for_model(
            Meter, ["model", "digits", "unit_m3", "multiplier", "error_percent", "verification_due"]
        ).items():
            self.fields[name] = field
            if isinstance(field, forms.DateField):
                field.widget = day_input()
            field.widget.attrs["class"] = "form-control"
        if not exchange:
            del self.fields["final_reading"]


class SealForm(Plain, forms.Form):
    day = forms.DateField(label=_("sealed on"), initial=timezone.localdate)
    note = forms.CharField(label=_("note"), max_length=200, required=False)


class UnsealForm(Plain, forms.Form):
    status = forms.ChoiceField(
        label=_("status"), choices=[c for c in IntakeStatus.choices if c[0] != IntakeStatus.SEALED]
    )
    note = forms.CharField(label=_("note"), max_length=200, required=False)


class PowerForm(Plain, forms.Form):
    number = forms.CharField(label=_("power meter number"), max_length=40)
    household_number = forms.CharField(label=_("household number"), max_length=20, required=False)
    multiplier = forms.DecimalField(label=_("multiplier"), max_digits=9, decimal_places=2, min_value=0, initial=1)
    weight = forms.DecimalField(
        label=_("weight"), max_digits=9, decimal_places=3, min_value=0, initial=1,
        help_text=_("Where one power meter drives several intakes: its part, divided by the sum of all."),
    )  # fmt: skip
    from_day = forms.DateField(label=_("from"), initial=timezone.localdate)


class SharesForm(Plain, forms.Form):
    shares = forms.CharField(
        label=_("households and weights"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_(
            "One household a line: code or name, then its weight, such as “U0012 3.5”. Empty ends the sharing."
        ),
    )
    from_day = forms.DateField(label=_("from"), initial=timezone.localdate)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, actor=actor, **kwargs)
        self.users = queries.users(actor.territory(Right.REGISTRY_VIEW))

    def clean_shares(self) -> dict[WaterUser, Any]:
        found: dict[WaterUser, Any] = {}
        for line in self.cleaned_data["shares"].splitlines():
            words = line.replace("，", " ").replace(",", " ").replace("\t", " ").split()
            if not words:
                continue
            user = self.users.filter(code=words[0]).first()
            if user is None:
                named = list(self.users.filter(name=words[0])[:2])
                user = named[0] if len(named) == 1 else None
            if user is None:
                raise forms.ValidationError(gettext("“%(line)s”: no water user fits; write the code.") % {"line": line})
            weight = forms.DecimalField(min_value=0, max_digits=9, decimal_places=3).clean(
                words[-1] if words[1:] else "1"
            )
            found[user] = weight
        return found


class AreaForm(Plain, forms.ModelForm):
    intake = PickField(
        "intake", label=_("intake"), required=False, help_text=_("Empty: the area of the user as a whole.")
    )

    class Meta:
        model = IrrigatedArea
        fields = ["year", "area_mu", "intake", "is_baseline"]

    def validate_unique(self) -> None:
        """The service writes an area that stands already anew."""


class SupplyForm(Plain, forms.ModelForm):
    supplier = PickField("user", label=_("supplier"))
    customer = PickField("user", label=_("receiver"))

    class Meta:
        model = SupplyLink
        fields = ["code", "supplier", "customer", "source", "sector", "valid_from"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["supplier"], self.fields["customer"]


class EndForm(Plain, forms.Form):
    day = forms.DateField(label=_("ends on"), initial=timezone.localdate)


class UnitForm(Plain, forms.ModelForm):
    class Meta:
        model = ManagementUnit
        fields = ["code", "name", "division"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["division"].queryset = self.fields["division"].queryset.filter(level=DivisionLevel.COUNTY)


class SourceForm(Plain, forms.ModelForm):
    class Meta:
        model = Source
        fields = ["code", "name", "kind"]


class OutlineField(forms.JSONField):
    """GeoJSON; none is an empty box."""

    def prepare_value(self, value: Any) -> Any:
        return "" if value is None else super().prepare_value(value)


class ZoneForm(DocumentForm):
    """A control zone as a document sets or changes it."""

    field_order = ("kind", "name", "valid_from", "valid_to", "geometry")

    kind = forms.ChoiceField(label=_("kind"), choices=ZoneKind.choices)
    name = forms.CharField(label=_("name"), max_length=60)
    valid_from = day_field(
        _("from"),
        help_text=_("Of a change: the day from which it counts; the day on which the zone began corrects it."),
    )
    valid_to = day_field(_("to"), required=False, help_text=_("The first day on which it is no longer in force."))
    geometry = OutlineField(
        label=_("outline"), widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("GeoJSON polygon, WGS-84; or import a file of outlines."),
    )  # fmt: skip


class ZoneEndForm(DocumentForm):
    """By which document a control zone ends."""

    field_order = ("valid_to",)

    valid_to = day_field(_("to"), help_text=_("The first day on which it is no longer in force."))


class NodeForm(Plain, forms.ModelForm):
    user = PickField("user", label=_("run by"), required=False)

    class Meta:
        model = IrrigationNode
        fields = ["code", "name", "kind", "parent", "user", "division"]


class DivisionForm(Plain, forms.ModelForm):
    aliases = forms.CharField(
        label=_("other names"), required=False, help_text=_("Under which ledgers know it, with commas between.")
    )

    class Meta:
        model = Division
        fields = ["code", "mca_code", "name", "level", "parent", "note"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and not self.is_bound:
            self.initial["aliases"] = ", ".join(self.instance.aliases.values_list("name", flat=True))

    def clean_aliases(self) -> list[str]:
        return [name for name in self.cleaned_data["aliases"].replace("，", ",").replace("、", ",").split(",") if name]


class ImportForm(Plain, forms.Form):
    """A file of a kind, and what only that kind asks."""

    kind = forms.ChoiceField(label=_("kind"))
    file = forms.FileField(label=_("file"))

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        self.asked = import_kinds.KINDS[kind].asks()
        self.base_fields = {**self.base_fields, **self.asked}
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [(name, each.label) for name, each in import_kinds.KINDS.items()]
        self.fields["kind"].initial = kind
        self.fields["kind"].widget.attrs["data-reload"] = "kind"
        self.fields["file"].help_text = (
            _("Excel or CSV, as you keep it.")
            if import_kinds.KINDS[kind].fields
            else _("KML, GeoJSON, or a Shapefile as zip.")
        )

    def options(self) -> dict[str, Any]:
        """What was answered, as JSON keeps it; a paper is kept in the room's folder and goes by its name there."""
        data = {name: self.cleaned_data.get(name) for name in self.asked}
        data |= {name: papers.keep(ROOM, value) for name, value in data.items() if isinstance(value, bytes)}
        return {
            name: value if isinstance(value, bool | int | list | str) else str(value)
            for name, value in data.items()
            if value not in (None, "", [])
        }
