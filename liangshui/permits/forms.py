"""The form of a first answer: what is asked for, and what an officer knows of the place."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from liangshui.permits.rules import scope
from liangshui.permits.rules.gate import Load, Use
from liangshui.permits.words import SAID, SCOPES
from liangshui.quota.norm_forms import ByNorm
from liangshui.quota.words import USES
from liangshui.records.forms import dressed
from liangshui.registry.codes import SourceKind
from liangshui.registry.models import ManagementUnit

KNOWN = [("", _("not known")), ("yes", _("yes")), ("no", _("no"))]


def _answer(label: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=KNOWN, required=False)


def _volume(label: Any, *, required: bool = False) -> forms.DecimalField:
    return forms.DecimalField(label=label, required=required, min_value=0, max_digits=15, decimal_places=3)


class PlaceForm(ByNorm):
    """What is asked for, and what is known of the place; from which source is another question."""

    unit = forms.ModelChoiceField(ManagementUnit.objects.all(), label=_("management unit"), required=False)
    use = forms.ChoiceField(label=_("use"), choices=[(use.value, USES[use]) for use in Use])
    industry = forms.CharField(label=_("trade"), required=False, max_length=40)
    new = forms.BooleanField(label=_("new, rebuilt or extended"), required=False, initial=True)
    volume_m3 = _volume(_("volume a year, m³"), required=True)
    quota_m3 = _volume(_("volume by quota, m³"))
    quota_basis = forms.CharField(label=_("how the quota was worked out"), required=False, max_length=300)
    design_capacity_m3 = _volume(_("by design of the works, m³ a year"))
    longitude = forms.FloatField(label=_("longitude"), required=False, min_value=70, max_value=140)
    latitude = forms.FloatField(label=_("latitude"), required=False, min_value=15, max_value=55)
    load = forms.ChoiceField(
        label=_("area by its share of the basin"), required=False,
        choices=[("", _("not known")), *((load.value, SAID[load.value]) for load in Load)],
    )  # fmt: skip
    fragile = _answer(_("water is short here, or the land fragile"))
    network_covers = _answer(_("the public network can meet the need"))
    other_water = _answer(_("reclaimed or drained water is at hand"))
    thirsty = _answer(_("the project is of a trade of high use"))
    level_kept = _answer(_("the level of the unit keeps to its indicator (not known: as in the register)"))
    meter_planned = _answer(_("a meter is planned"))

    field_order: Sequence[str] = (
        "unit", "use", "industry", "new", "volume_m3", "norm", "worth", "norm_amount", "quota_m3", "quota_basis",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dressed(self)


class NeedForm(forms.Form):
    """What somebody takes water for, as far as the need of a permit turns on it."""

    use = forms.ChoiceField(
        label=_("what the water is taken for"), choices=[(use.value, SCOPES[use]) for use in scope.Use]
    )
    by_hand = forms.BooleanField(label=_("drawn by hand or animal, without a motor"), required=False)
    m3_per_year = _volume(_("volume a year, m³"), required=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dressed(self)


class AskForm(PlaceForm):
    """The same, of one source."""

    source = forms.ChoiceField(label=_("source"), choices=SourceKind.choices)
    field_order = ("source", *PlaceForm.field_order)
