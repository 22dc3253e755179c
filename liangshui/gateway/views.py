"""Pages that decode frames."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from liangshui.core.access import Right
from liangshui.gateway import services
from liangshui.gateway.codecs.sl651 import ELEMENTS
from liangshui.gateway.decode import decode_bytes
from liangshui.records.gate import needs
from liangshui.registry.models import Division
from liangshui.telemetry import queries
from liangshui.telemetry.codes import Protocol, family
from liangshui.telemetry.forms import AdoptForm, MapForm
from liangshui.telemetry.models import Observation, RawFrame, Station
from liangshui.telemetry.views import CHANGE, act, data, protocol_words

DECODE_AS = {"sl651": "sl651", "szy206": "szy206", "sl427-2021": "sl427-2021"}
HEX_SHOWN = 4096


@CHANGE
def waiting_adopt(request: HttpRequest, pk: int) -> HttpResponse:
    """A waiting station into the ledger: the form is filled in as far as its frames tell."""
    waiting = queries.waiting_station(request.actor, pk)
    if waiting.protocol == "dtu":
        return redirect(f"{reverse('dtu-new')}?{urlencode({'key': waiting.key})}")
    protocol = waiting.protocol
    initial: dict[str, Any] = {
        "name": _("Station %s") % waiting.key,
        "protocol": protocol,
        "channel": 1,
        "interval_min": 60,
    }
    if waiting.frames > 1:
        minutes = (waiting.last_seen_at - waiting.first_seen_at).total_seconds() / 60 / (waiting.frames - 1)
        initial["interval_min"] = next((n for n in (1, 5, 10, 15, 30, 60, 240, 720, 1440) if minutes <= n * 1.3), 1440)
    if request.scope.area:
        initial["division"] = request.scope.area.pk
    form = AdoptForm(data(request), actor=request.actor, initial=initial)
    form.fields["protocol"].choices = [(p.value, p.label) for p in Protocol if family(p) == family(protocol)]

    def run(given: dict[str, Any]) -> Station:
        division: Division = given.pop("division")
        return services.adopt(request.actor, waiting, division=division, **given)

    return act(
        request,
        form,
        run,
        title=_("Adopt station %s") % waiting.key,
        back=reverse("waiting-list"),
        goto=lambda station: reverse("station", args=[station.pk]),
        done=lambda station: (
            _("%(name)s is in the ledger; its frames kept so far were decoded: %(count)s observations.")
            % {"name": station.name, "count": Observation.objects.filter(series__station=station).count()}
        ),
        submit=_("Adopt"),
        about=_("%(frames)s frames from %(peer)s") % {"frames": waiting.frames, "peer": waiting.peer},
    )


@CHANGE
def station_map(request: HttpRequest, pk: int) -> HttpResponse:
    """What an element means."""
    row = queries.station(request.actor.territory(Right.TELEMETRY_CHANGE), pk)
    element = request.GET.get("element", "")[:24]
    seen = row.unmapped.filter(element=element).first()
    form = MapForm(data(request), actor=request.actor, initial={"element": element, "channel": 1, "factor": "1"})
    if row.model is None:
        del form.fields["for_model"]
    return act(
        request,
        form,
        lambda given: services.map_element(request.actor, row, **given),
        title=_("Meaning of an element"),
        back=reverse("station", args=[pk]),
        done=lambda mapping: _("Element %s is mapped, and kept frames were decoded again for it.") % mapping.element,
        about=f"{row.name} · {seen.element}: {seen.value or seen.raw}" if seen else row.name,
    )


@needs(Right.TELEMETRY_VIEW)
def frame(request: HttpRequest, pk: int) -> HttpResponse:
    """One frame: its bytes, what they say, and what was observed by it."""
    row = queries.frame(request.actor, pk)
    raw = bytes(row.raw)
    decoded = decode_bytes(raw, DECODE_AS.get(row.protocol, "auto"))
    station = queries.stations(request.actor.territory(Right.TELEMETRY_VIEW)).filter(key=row.station_key).first()
    observed = (
        Observation.objects.filter(series__station=station, frame=row).select_related("series") if station else ()
    )
    stated = decoded.get("obs_time") or decoded.get("send_time") or decoded.get("tp")
    context = {
        "frame": row,
        "station": station,
        "hex": raw[:HEX_SHOWN].hex(" ").upper(),
        "cut": len(raw) > HEX_SHOWN,
        "size": len(raw),
        "protocol": protocol_words(row.protocol),
        "tree": tree(decoded),
        "stated": stated if isinstance(stated, str) else "",
        "observed": observed,
        "neighbours": _neighbours(request, row),
    }
    return render(request, "gateway/frame.html", context)


def _neighbours(request: HttpRequest, row: Any) -> dict[str, int | None]:
    """The frames of the same station before and behind."""
    same = queries.frames(request.actor, request.actor.territory(Right.TELEMETRY_VIEW)).filter(
        station_key=row.station_key
    )
    before = same.filter(received_at__lte=row.received_at, pk__lt=row.pk).order_by("-received_at", "-pk")
    behind = same.filter(received_at__gte=row.received_at, pk__gt=row.pk).order_by("received_at", "pk")
    return {
        "before": before.values_list("pk", flat=True).first(),
        "behind": behind.values_list("pk", flat=True).first(),
    }


LABELS = {
    "encoding": gettext_lazy("form"),
    "direction": gettext_lazy("direction"),
    "center": gettext_lazy("centre address"),
    "station": gettext_lazy("station key"),
    "address_hex": gettext_lazy("station key"),
    "station_no_le": gettext_lazy("station number, low byte first"),
    "station_no_be": gettext_lazy("station number, high byte first"),
    "password": gettext_lazy("password"),
    "func": gettext_lazy("function code"),
    "afn": gettext_lazy("function code"),
    "type_code": gettext_lazy("type code"),
    "body_len": gettext_lazy("length of the body"),
    "start": gettext_lazy("start character"),
    "end": gettext_lazy("end character"),
    "crc": gettext_lazy("checksum"),
    "crc_in_frame": gettext_lazy("checksum as sent"),
    "crc_computed": gettext_lazy("checksum as computed"),
    "serial": gettext_lazy("serial number"),
    "send_time": gettext_lazy("sent at"),
    "body_station": gettext_lazy("station in the body"),
    "station_class": gettext_lazy("class of station"),
    "obs_time": gettext_lazy("measured"),
    "elements": gettext_lazy("elements"),
    "values": gettext_lazy("values"),
    "alarm_bits": gettext_lazy("alarm bits"),
    "status_bits": gettext_lazy("status bits"),
    "tp": gettext_lazy("time label"),
    "edition": gettext_lazy("edition"),
    "params": gettext_lazy("parameters"),
    "frames": gettext_lazy("frames"),
    "packets": gettext_lazy("packets"),
    "error": gettext_lazy("verdict"),
    "def": gettext_lazy("data definition"),
    "raw": gettext_lazy("as sent"),
    "value": gettext_lazy("value"),
    "unit": gettext_lazy("unit"),
    "quantity": gettext_lazy("quantity"),
    "channel": gettext_lazy("channel"),
}
"""Names of the fields that `decode` gives; others stand as they are."""


DIRECTIONS = {"up": gettext_lazy("from the station"), "down": gettext_lazy("to the station")}


def tree(value: Any, name: Any = "", depth: int = 0) -> list[dict[str, Any]]:
    """A decoded message as lines: depth, name, value."""
    if isinstance(value, dict):
        lines = [{"depth": depth, "name": name, "value": ""}] if name else []
        for key, inner in value.items():
            if key == "error":
                inner = dict(RawFrame.Verdict.choices).get(inner, inner)
            if key == "direction":
                inner = DIRECTIONS.get(inner, inner)
            if key != "detail":  # says the error again, in the words of the command
                lines += tree(inner, LABELS.get(key, str(key)), depth + bool(name))
        return lines
    if isinstance(value, list) and any(isinstance(each, dict) for each in value):
        lines = [{"depth": depth, "name": name, "value": ""}]
        for number, each in enumerate(value, 1):
            lines += _item(each, number, depth + 1)
        return lines
    if isinstance(value, list):
        value = " ".join("—" if each is None else str(each) for each in value)
    return [{"depth": depth, "name": name, "value": "—" if value is None else value}]


def _item(each: Any, number: int, depth: int) -> list[dict[str, Any]]:
    if isinstance(each, dict) and all(not isinstance(v, dict) for v in each.values()):
        said = ", ".join(f"{LABELS.get(k, k)} {'—' if v is None else v}" for k, v in each.items() if k != "id")
        kind = ELEMENTS.get(str(each.get("id")))
        name = f"{kind.id} {kind.meaning}" if kind else str(each.get("id", number))
        return [{"depth": depth, "name": name, "value": said}]
    return tree(each, str(number), depth)
