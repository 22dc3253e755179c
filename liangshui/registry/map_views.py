"""The one map (一张图): outlines as GeoJSON, intakes as compact columns, a card for each. No outside request."""

import gzip
import hashlib
import json
from collections.abc import Callable
from typing import Any

from auditlog.models import LogEntry
from django.conf import settings
from django.core.cache import caches
from django.db.models import Count, Max, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from liangshui.core.access import Right, Territory
from liangshui.records.asked import whole
from liangshui.records.gate import needs
from liangshui.registry import queries
from liangshui.registry.codes import IntakeStatus, Sector, ShapeKind, SourceKind
from liangshui.registry.models import ControlZone, Intake, ManagementUnit, Shape

SEE = needs(Right.REGISTRY_VIEW)
STATES = (IntakeStatus.TO_BE_SEALED, IntakeStatus.IN_USE, IntakeStatus.STANDBY, IntakeStatus.SEALED)
"""From the one that asks most for attention to the one that asks least: a cluster shows the first that it holds."""

STATE_COLOURS = ("#c2570c", "#1f6fb2", "#8a8f98", "#3a4250")
SOURCES = tuple(SourceKind)
SOURCE_COLOURS = ("#0072b2", "#56b4e9", "#1b3a6b", "#d55e00", "#009e73", "#cc79a7", "#8a8f98")
"""Okabe and Ito's colours, which colour-blind eyes tell apart."""

KEPT_SECONDS = 3600


def version() -> str:
    """Changes with every change of a record that is kept in the audit trail, and with the number of intakes."""
    newest = LogEntry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    bounds = Intake.objects.aggregate(n=Count("pk"), last=Max("pk"))
    return f"{newest}.{bounds['n']}.{bounds['last']}"


def _key(territory: Territory, *parts: str) -> str:
    place = f"{territory.everywhere}{sorted(territory.paths)}{sorted(territory.users)}"
    return "map:" + hashlib.sha256("|".join((place, version(), *parts)).encode()).hexdigest()


def _answer(request: HttpRequest, key: str, make: Callable[[], Any]) -> HttpResponse:
    """JSON out of the cache, packed once; a browser that has it already is told so."""
    etag = f'"{key[4:36]}"'
    if request.headers.get("If-None-Match") == etag:
        response = HttpResponse(status=304)
    else:
        packed = caches["shared"].get(key)
        if packed is None:
            text = json.dumps(make(), separators=(",", ":"), ensure_ascii=False, default=str)
            packed = gzip.compress(text.encode(), 5, mtime=0)
            caches["shared"].set(key, packed, KEPT_SECONDS)
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            response = HttpResponse(packed, content_type="application/json")
            response["Content-Encoding"] = "gzip"
        else:
            response = HttpResponse(gzip.decompress(packed), content_type="application/json")
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    response["Vary"] = "Accept-Encoding, Cookie"
    return response


@SEE
def map_page(request: HttpRequest) -> HttpResponse:
    territory = request.scope.territory(Right.REGISTRY_VIEW)
    towns = queries.towns(territory)
    at = None
    if (pk := whole(request.GET.get("at"))) is not None:
        found = queries.intake_or_404(request.actor.territory(Right.REGISTRY_VIEW), pk)
        if found.longitude is not None:
            at = {"id": found.pk, "lon": float(found.longitude), "lat": float(found.latitude)}
    config = {
        "data": reverse("map-data"),
        "points": reverse("map-points"),
        "card": reverse("map-card", args=[0]),
        "tiles": settings.BASE_MAP_URL,
        "at": at,
        "states": [{"label": str(s.label), "colour": c} for s, c in zip(STATES, STATE_COLOURS, strict=True)],
        "sources": [{"label": str(s.label), "colour": c} for s, c in zip(SOURCES, SOURCE_COLOURS, strict=True)],
        "words": {
            "shown": _("%(n)s intakes shown"),
            "placeless": _("%(n)s without a place"),
            "failed": _("The map could not be loaded. Check the network and load the page again."),
            "source": _("By source"),
            "state": _("By state"),
            "county": _("county outline"),
            "town": _("town outline"),
            "river": _("river"),
            "unit": _("management unit"),
            "banned": _("banned zone"),
            "limited": _("limited zone"),
            "overdraft": _("overdraft zone"),
        },
    }
    return render(
        request,
        "registry/map.html",
        {
            "config": config,
            "filters": [
                ("town", _("town"), [(t.code, t.name) for t in towns]),
                ("sector", _("use"), Sector.choices),
                ("source", _("source"), SourceKind.choices),
                ("status", _("status"), IntakeStatus.choices),
            ],
            "colour": "source" if request.GET.get("colour") == "source" else "state",
            "chosen": request.GET,
            "today": request.scope.today,
        },
    )


@SEE
def map_data(request: HttpRequest) -> HttpResponse:
    """Outlines of county, towns, river, units and the zones in force, as one GeoJSON."""
    return _answer(request, _key(Territory(everywhere=True), "outlines", get_language() or ""), _outlines)


def _outlines() -> dict[str, Any]:
    features: list[dict[str, Any]] = []

    def add(kind: str, name: str, geometry: Any) -> None:
        features.append({"type": "Feature", "properties": {"kind": kind, "name": name}, "geometry": geometry})

    kinds = {ShapeKind.COUNTY: "county", ShapeKind.DIVISION: "town", ShapeKind.RIVER: "river"}
    order = [ShapeKind.OTHER, ShapeKind.COUNTY, ShapeKind.DIVISION, ShapeKind.RIVER]
    for shape in sorted(Shape.objects.all(), key=lambda s: order.index(s.kind)):
        add(kinds.get(shape.kind, "other"), shape.name, shape.geometry)
    for unit in ManagementUnit.objects.filter(geometry__isnull=False):
        add("unit", unit.name, unit.geometry)
    for zone in ControlZone.objects.on(timezone.localdate()):
        add(zone.kind, zone.name, zone.geometry)
    return {"type": "FeatureCollection", "features": features}


@SEE
def map_points(request: HttpRequest) -> HttpResponse:
    """Intakes that pass the filters, as columns: ids, degrees × 10⁵ east and north, state, source."""
    territory = request.scope.territory(Right.REGISTRY_VIEW)
    chosen = {name: request.GET.get(name, "")[:30] for name in ("town", "sector", "source", "status")}
    return _answer(request, _key(territory, json.dumps(chosen)), lambda: _points(territory, chosen))


def _points(territory: Territory, chosen: dict[str, str]) -> dict[str, Any]:
    rows = Intake.objects.within(territory)
    if chosen["town"]:
        town = queries.divisions(territory).filter(code=chosen["town"]).first()
        rows = rows.filter(division__path__startswith=town.path) if town else rows.none()
    for name, lookup in (("sector", "sector"), ("source", "source__kind"), ("status", "status")):
        if chosen[name]:
            rows = rows.filter(**{lookup: chosen[name]})
    state_of = {state: index for index, state in enumerate(STATES)}
    source_of = {source: index for index, source in enumerate(SOURCES)}
    placed = rows.filter(longitude__isnull=False).order_by("pk")
    columns: dict[str, Any] = {"id": [], "x": [], "y": [], "state": [], "source": []}
    for pk, lon, lat, status, source in placed.values_list("pk", "longitude", "latitude", "status", "source__kind"):
        columns["id"].append(pk)
        columns["x"].append(round(float(lon) * 100_000))
        columns["y"].append(round(float(lat) * 100_000))
        columns["state"].append(state_of[status])
        columns["source"].append(source_of[source])
    columns["placeless"] = rows.filter(Q(longitude__isnull=True)).count()
    return columns


@SEE
def map_card(request: HttpRequest, pk: int) -> HttpResponse:
    """What the map shows of one intake."""
    territory = request.actor.territory(Right.REGISTRY_VIEW)
    found = queries.one(queries.with_meters(queries.intakes(territory)), pk)
    return render(request, "registry/map_card.html", {"intake": found, "town": queries.town_of(found.division)})
