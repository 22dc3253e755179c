"""Forms of equipment: they parse and show; what may be, is decided by the services."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from liangshui.core.access import Actor, Right
from liangshui.gateway.equipment.services import maps
from liangshui.registry.forms import PickField
from liangshui.registry.models import Division
from liangshui.telemetry.codes import Protocol
from liangshui.telemetry.forms import StationPlain
from liangshui.telemetry.models import Broker, Dtu, DtuKind, StationModel

UNNAMED = (Protocol.MODBUS, Protocol.DLT645, Protocol.MQTT)


class KindForm(StationPlain, forms.ModelForm):
    class Meta:
        model = DtuKind
        fields = ["name", "registration", "heartbeat", "line"]
        help_texts = {
            "registration": _(
                "A pattern of what the DTU sends first, the part that differs in (?P<key>…): REG:(?P<key>\\d+)\\r\\n. Bytes are "
                "written as \\x7e."
            ),
            "heartbeat": _("A pattern of what it sends now and then without meaning. Such bytes are left out."),
        }  # fmt: skip

    def validate_unique(self) -> None:
        """The service says it."""


class DtuForm(StationPlain, forms.ModelForm):
    ask_every_s = forms.IntegerField(label=_("asked every, seconds"), min_value=10, max_value=86_400, initial=300)

    class Meta:
        model = Dtu
        fields = ["key", "name", "kind", "division", "ask_every_s", "active"]

    def validate_unique(self) -> None:
        """The service says it."""


class BrokerForm(StationPlain, forms.ModelForm):
    port = forms.IntegerField(label=_("port"), min_value=1, max_value=65535, initial=8883)
    secret = forms.CharField(
        label=_("password"), required=False, max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Kept encrypted and never shown. Empty keeps the one there is."),
    )  # fmt: skip
    device_map = forms.ChoiceField(label=_("device map"))

    class Meta:
        model = Broker
        fields = [
            "name",
            "division",
            "host",
            "port",
            "tls",
            "ca",
            "username",
            "client_id",
            "device_map",
            "active",
        ]
        help_texts = {
            "ca": _("Only where the broker's certificate is not signed by a public authority."),
            "client_id": _("The broker keeps messages for it while the gateway is away; no other client may use it."),
        }  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["device_map"].choices = [(name, name) for name in maps("mqtt")]  # type: ignore[attr-defined]

    def validate_unique(self) -> None:
        """The service says it."""


class MapOfModelForm(StationPlain, forms.Form):
    device_map = forms.ChoiceField(label=_("device map"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["device_map"].choices = [("", "—"), *((name, name) for name in maps("modbus"))]  # type: ignore[attr-defined]


class NewStationForm(StationPlain, forms.Form):
    protocol = forms.ChoiceField(label=_("protocol"), choices=[(p.value, p.label) for p in UNNAMED])
    name = forms.CharField(label=_("name"), max_length=100)
    division = forms.ModelChoiceField(Division.objects.none(), label=_("town or village"))
    dtu = forms.ModelChoiceField(Dtu.objects.none(), label=_("behind the DTU"), required=False)
    line_address = forms.IntegerField(
        label=_("unit number on the line"), required=False, min_value=1, max_value=247, help_text=_("Of Modbus: 1 to 247.")
    )  # fmt: skip
    key = forms.CharField(
        label=_("station key"), required=False, max_length=40,
        help_text=_("Of an electricity meter its address of twelve digits, of MQTT the name in its topic. Modbus needs none."),
    )  # fmt: skip
    model = forms.ModelChoiceField(StationModel.objects.all(), label=_("device model"), required=False)
    interval_min = forms.IntegerField(label=_("reports every, minutes"), min_value=1, max_value=44_640, initial=60)
    intake = PickField("intake", label=_("intake"), required=False)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, actor=actor, **kwargs)
        self.fields["dtu"].queryset = Dtu.objects.within(actor.territory(Right.TELEMETRY_CHANGE)).order_by("name")
