"""Forms of people and organisations: they parse and show; what may be, is decided by the services."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from liangshui.accounts import queries
from liangshui.accounts.models import Organisation, OrganisationKind, Person
from liangshui.accounts.roles import RIGHT_LABELS, TOKEN_RIGHTS, Role
from liangshui.core.access import Actor, Right
from liangshui.records.forms import day_input
from liangshui.registry.forms import PickField, division_choices
from liangshui.registry.models import Division, WaterUser


class Plain(forms.Form):
    """Tabler’s classes, date boxes, and choices narrowed to where the actor may act."""

    right: Right = Right.PEOPLE_CHANGE

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        territory = actor.territory(self.right)
        for field in self.fields.values():
            if isinstance(field, PickField):
                field.rows = WaterUser.objects.within(territory)
                field.widget = forms.TextInput()
                field.help_text = _("Code of the water user.")
            elif isinstance(field, forms.ModelChoiceField) and field.queryset.model is Division:
                field.queryset = division_choices(territory)
                field.label_from_instance = _place
            elif isinstance(field, forms.ModelChoiceField) and field.queryset.model is Organisation:
                field.queryset = queries.organisations(territory).filter(active=True)
            if isinstance(field, forms.DateField):
                field.widget = day_input()
            if isinstance(field.widget, forms.CheckboxSelectMultiple):
                continue
            if isinstance(field.widget, forms.CheckboxInput):
                style = "form-check-input"
            else:
                style = "form-select" if isinstance(field.widget, forms.Select) else "form-control"
            field.widget.attrs["class"] = style


def _place(division: Division) -> str:
    return f"{division.parent.name} · {division.name}" if division.level == "village" else division.name


class OrganisationForm(Plain):
    name = forms.CharField(label=_("name"), max_length=100)
    kind = forms.ChoiceField(label=_("kind"), choices=OrganisationKind)
    division = forms.ModelChoiceField(
        Division.objects.all(),
        label=_("territory"),
        required=False,
        help_text=_("Its people act in this division and all below it. For a water user it is the user’s own place."),
    )
    water_user = PickField("user", label=_("water user"), required=False)
    active = forms.BooleanField(label=_("active"), required=False, initial=True)


class AppointForm(Plain):
    organisation = forms.ModelChoiceField(Organisation.objects.all(), label=_("organisation"))
    role = forms.ChoiceField(label=_("role"), choices=Role)
    from_day = forms.DateField(label=_("from"))
    document = forms.CharField(label=_("document"), max_length=120, required=False)


class PersonForm(Plain):
    name = forms.CharField(label=_("name"), max_length=60)
    username = forms.CharField(label=_("user name"), max_length=60, help_text=_("What the person signs in with."))
    phone = forms.CharField(label=_("phone"), max_length=30, required=False)


class NewPersonForm(PersonForm, AppointForm):
    """A person is entered together with the first role, so that nobody is left without a place."""

    field_order = ["name", "username", "phone", "organisation", "role", "from_day", "document"]


class EndForm(Plain):
    last_day = forms.DateField(label=_("last day in the role"))


class DelegateForm(Plain):
    taker = forms.ModelChoiceField(Person.objects.none(), label=_("who acts"))
    from_day = forms.DateField(label=_("first day"))
    last_day = forms.DateField(label=_("last day"))
    reason = forms.CharField(label=_("reason"), max_length=120, required=False)

    def __init__(self, *args: Any, actor: Actor, giver: Person, **kwargs: Any) -> None:
        super().__init__(*args, actor=actor, **kwargs)
        self.fields["taker"].queryset = queries.colleagues(actor, giver)


class HandOverForm(Plain):
    taker = forms.ModelChoiceField(Person.objects.none(), label=_("who takes over"))

    def __init__(self, *args: Any, actor: Actor, giver: Person, **kwargs: Any) -> None:
        super().__init__(*args, actor=actor, **kwargs)
        self.fields["taker"].queryset = queries.colleagues(actor, giver)


class TokenForm(Plain):
    right = Right.SECURITY_CHANGE

    name = forms.CharField(
        label=_("name"), max_length=60, help_text=_("Which machine of which partner will use the key.")
    )
    division = forms.ModelChoiceField(Division.objects.all(), label=_("territory"))
    rights = forms.MultipleChoiceField(
        label=_("rights"),
        widget=forms.CheckboxSelectMultiple,
        choices=[(r.value, RIGHT_LABELS[r]) for r in Right if r in TOKEN_RIGHTS],
    )
    expires_on = forms.DateField(label=_("valid until"), required=False)
