"""Pages of equipment: one that shows all, and a form for each thing."""

import copy
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from liangshui.core.access import Right
from liangshui.gateway.devices import own_folder, read_all
from liangshui.gateway.equipment import services
from liangshui.gateway.equipment.forms import BrokerForm, DtuForm, KindForm, MapOfModelForm, NewStationForm
from liangshui.registry.queries import one
from liangshui.telemetry.models import Broker, Dtu, DtuKind, StationModel
from liangshui.telemetry.views import CHANGE, act, data


@CHANGE
def equipment(request: HttpRequest) -> HttpResponse:
    """Makes of DTU, DTUs, brokers, device models and the maps of this installation."""
    territory = request.actor.territory(Right.TELEMETRY_CHANGE)
    maps, faults = read_all()
    context = {
        "kinds": DtuKind.objects.all(),
        "dtus": Dtu.objects.within(territory).select_related("kind", "division").prefetch_related("stations"),
        "brokers": Broker.objects.within(territory).select_related("division"),
        "models": StationModel.objects.all(),
        "maps": sorted(maps.values(), key=lambda each: each.name),
        "faults": faults,
        "folder": own_folder(),
    }
    return render(request, "gateway/equipment.html", context)


def _form(request: HttpRequest, form: Any, run: Any, title: str, about: str = "") -> HttpResponse:
    return act(request, form, run, title=title, back=reverse("equipment"), done=lambda _made: _("Saved."), about=about)


@CHANGE
def kind(request: HttpRequest, pk: int = 0) -> HttpResponse:
    """A make of DTU."""
    row = one(DtuKind.objects.all(), pk) if pk else None
    form = KindForm(data(request), instance=copy.copy(row), actor=request.actor)
    return _form(request, form, lambda given: services.save_kind(request.actor, row, **given), _("Make of DTU"))


@CHANGE
def dtu(request: HttpRequest, pk: int = 0) -> HttpResponse:
    """A DTU."""
    row = one(Dtu.objects.within(request.actor.territory(Right.TELEMETRY_CHANGE)), pk) if pk else None
    initial = {"key": request.GET.get("key", "")[:40]}
    form = DtuForm(
        data(request), instance=copy.copy(row), initial=initial if row is None else None, actor=request.actor
    )
    return _form(request, form, lambda given: services.save_dtu(request.actor, row, **given), _("DTU"))


@CHANGE
def broker(request: HttpRequest, pk: int = 0) -> HttpResponse:
    """A broker."""
    row = one(Broker.objects.within(request.actor.territory(Right.TELEMETRY_CHANGE)), pk) if pk else None
    form = BrokerForm(data(request), instance=copy.copy(row), actor=request.actor)

    def run(given: dict[str, Any]) -> Any:
        secret = given.pop("secret") or None
        return services.save_broker(request.actor, row, secret=secret, **given)

    return _form(request, form, run, _("MQTT broker"))


@CHANGE
def model_map(request: HttpRequest, pk: int) -> HttpResponse:
    """The map of a device model."""
    row = one(StationModel.objects.all(), pk)
    form = MapOfModelForm(data(request), initial={"device_map": row.device_map}, actor=request.actor)
    return _form(
        request, form, lambda given: services.set_map(request.actor, row, **given), _("Device map"), about=row.name
    )


@CHANGE
def station_new(request: HttpRequest) -> HttpResponse:
    """A station that does not name itself."""
    form = NewStationForm(data(request), actor=request.actor)
    return act(
        request,
        form,
        lambda given: services.add_station(request.actor, **given),
        title=_("New station"),
        back=reverse("station-list"),
        goto=lambda station: reverse("station", args=[station.pk]),
        done=lambda station: _("%s is in the ledger.") % station.name,
        about=_("Stations of SL 651, SZY206 and HJ 212 need no entry: they wait to be adopted once they send."),
    )
