"""Pages of hand readings: rounds for the office, the phone page for the well, and what the phone sends."""

import json
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from liangshui.core.access import Right
from liangshui.core.errors import Invalid, NotFound
from liangshui.readings import queries, services
from liangshui.readings.words import doubt_words, phone_words
from liangshui.records.asked import whole
from liangshui.records.gate import PUBLIC, needs
from liangshui.records.listing import Column, Filter, Listing
from liangshui.records.photos import MOST_BYTES
from liangshui.registry.models import Division
from liangshui.registry.queries import one, town_of

ENTER = needs(Right.READINGS_ENTER)


@ENTER
def rounds(request: HttpRequest) -> HttpResponse:
    """Villages with what is still to read this month."""
    found = queries.counts(request.scope.territory(Right.READINGS_ENTER), timezone.localdate())
    words = {
        "rounds": found,
        "wells": sum(each.asked for each in found),
        "left": sum(each.left for each in found),
    }
    return render(request, "readings/rounds.html", words)


@ENTER
def reading_list(request: HttpRequest) -> HttpResponse:
    """All readings, the newest first."""
    rows = queries.readings(request.scope.territory(Right.READINGS_ENTER))
    return Listing(
        key="readings",
        title=_("Hand readings"),
        rows=rows,
        columns=[
            Column("read_at", _("read at"), lambda r: r.read_at, cell=lambda r: _minute(r.read_at), sort="read_at"),
            Column("code", _("code"), lambda r: r.intake.code, sort="intake__code"),
            Column("name", _("name"), lambda r: r.intake.name, sort="intake__name"),
            Column("town", _("town"), lambda r: town_of(r.intake.division).name, sort="intake__division__path"),
            Column("dial", _("dial"), lambda r: r.dial, cell=lambda r: f"{r.dial.normalize():f}", sort="dial", numeric=True),
            Column("doubts", _("doubts"), lambda r: "；".join(doubt_words(d) for d in r.doubts) or None),
            Column("sure", pgettext_lazy("dial", "confirmed"), lambda r: r.get_sure_display() if r.sure else None),
            Column("photo", _("photo"), lambda r: _("yes") if r.photo else None),
            Column("by", pgettext_lazy("dial", "read by"), lambda r: r.read_by.name if r.read_by else None),
            Column("withdrawn", _("withdrawn"), lambda r: r.reason or None, sort="withdrawn_at"),
        ],
        filters=[
            Filter(
                "state", _("state"), lambda: [("doubtful", _("doubtful")), ("withdrawn", _("withdrawn"))],
                lambda found, value: found.exclude(doubts=[]).filter(withdrawn_at=None) if value == "doubtful"
                else found.exclude(withdrawn_at=None),
            )
        ],
        search=("intake__code__icontains", "intake__name__icontains", "intake__initials__startswith"),
        order="-read_at",
        empty=_("No dial was read by hand yet. Open the phone page at a well."),
        link=lambda r: reverse("reading", args=[r.pk]),
        actions=[(reverse("reading-phone"), _("Phone page"), "device-mobile"), (reverse("readings"), _("Rounds"), "route")],
    ).respond(request)  # fmt: skip


def _minute(at: Any) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M")


def _reading(request: HttpRequest, pk: int) -> Any:
    found = queries.readings(request.actor.territory(Right.READINGS_ENTER)).filter(pk=pk).first()
    if found is None:
        raise NotFound(_("There is no such record, or it is outside your area."))
    return found


@ENTER
def reading(request: HttpRequest, pk: int) -> HttpResponse:
    """One reading with its photo, place and doubts; posting withdraws it."""
    found = _reading(request, pk)
    if request.method == "POST":
        try:
            services.withdraw(request.actor, found, request.POST.get("reason", ""))
            messages.success(request, _("The reading is withdrawn; the accounts follow in a moment."))
        except Invalid as error:
            messages.error(request, error.message)
        return redirect("reading", pk)
    words = {"reading": found, "doubts": [doubt_words(d) for d in found.doubts], "town": town_of(found.intake.division)}
    return render(request, "readings/reading.html", words)


@ENTER
def photo(request: HttpRequest, pk: int) -> HttpResponse | FileResponse:
    """The photo of a reading."""
    found = _reading(request, pk)
    path = services.folder() / found.photo
    if not found.photo or not path.is_file():
        raise NotFound(_("This reading has no photo."))
    return FileResponse(path.open("rb"), content_type="image/jpeg")


@ENTER
def order(request: HttpRequest, pk: int) -> HttpResponse:
    """The order of a village's round."""
    village = one(Division.objects.within(request.actor.territory(Right.READINGS_ENTER)).select_related("parent"), pk)
    if request.method == "POST":
        places = [(int(text), code) for code, text in request.POST.items() if whole(text) is not None]
        services.set_order(request.actor, village, [code for _place, code in sorted(places)])
        messages.success(request, _("The order is kept; phones have it the next time they are on line."))
        return redirect("round-order", pk)
    here = queries.rounds(request.actor.territory(Right.READINGS_ENTER), timezone.localdate(), village)
    return render(request, "readings/order.html", {"village": village, "round": here[0] if here else None})


# --- the phone ---

MOST_WELLS = 2000
"""Of one phone: more than a town's wells."""


@ENTER
@never_cache
def phone(request: HttpRequest) -> HttpResponse:
    """The page that works at a well without network."""
    settings = {
        "person": request.user.pk, "words": phone_words(), "wells": reverse("reading-wells"), "send": reverse("reading-send"),
        "worker": reverse("reading-worker"), "sign_in": f"{reverse('sign-in')}?next={reverse('reading-phone')}",
    }  # fmt: skip
    return render(request, "readings/phone.html", {"settings": settings, "person": request.user})


@needs(PUBLIC)
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker: keeps the page for when there is no network."""
    kept = [reverse("reading-phone"), *(static(name) for name in (
        "tabler/css/tabler.min.css", "liangshui/liangshui.css", "liangshui/drop.svg", "readings/phone.js"))]  # fmt: skip
    words = {"kept": json.dumps(kept), "page": reverse("reading-phone"), "wells": reverse("reading-wells")}
    return render(request, "readings/sw.js", words, content_type="text/javascript")


@needs(PUBLIC)
def manifest(request: HttpRequest) -> JsonResponse:
    """What the phone needs to put the page on its home screen."""
    icon = {"src": static("liangshui/drop.svg"), "sizes": "any", "type": "image/svg+xml"}
    return JsonResponse(
        {
            "name": _("Liangshui: read dials"), "short_name": _("Read dials"), "start_url": reverse("reading-phone"),
            "scope": "/readings/", "display": "standalone", "background_color": "#ffffff", "theme_color": "#1f6fb2",
            "icons": [icon],
        }
    )  # fmt: skip


@ENTER
@never_cache
def wells(request: HttpRequest) -> JsonResponse:
    """The reader's wells by village in the order of the round, each with what weighing a new reading needs.

    Of a larger area than a phone can carry, the first `MOST_WELLS` and how many are left out: a town is chosen then.
    """
    territory = request.scope.territory(Right.READINGS_ENTER)
    found = queries.rounds(territory, timezone.localdate(), most=MOST_WELLS)
    sent = sum(len(each.wells) for each in found)
    left_out = queries.count(territory, timezone.localdate()) - sent if sent == MOST_WELLS else 0
    labels = queries.labels(territory)
    villages = [
        {
            "name": _place(each.village),
            "wells": [_well(w, labels.get(w.intake.pk, "")) for w in each.wells],
        }
        for each in found
    ]
    return JsonResponse(
        {"person": request.user.pk, "csrf": get_token(request), "villages": villages, "left_out": left_out}
    )


def _place(division: Division) -> str:
    town = town_of(division)
    return division.name if town.pk == division.pk else f"{town.name} {division.name}"


def _well(well: queries.Well, label: str) -> dict[str, Any]:
    intake = well.intake
    meter = intake.open_meters[0].meter if intake.open_meters else None
    facts = queries.facts_of(meter)
    last = well.last if well.last and well.last.meter_id == (meter.pk if meter else None) else None
    return {
        "id": intake.pk, "code": intake.code, "label": label, "national": intake.national_code, "name": intake.name,
        "initials": intake.initials, "user": intake.project.user.name, "meter": meter.number if meter else "",
        "factor": float(facts.factor), "digits": facts.digits,
        "capacity": float(intake.capacity_m3_h) if intake.capacity_m3_h else None,
        "last": {"at": last.read_at.isoformat(), "dial": float(last.dial)} if last else None, "done": well.done, "asked": well.asked,
    }  # fmt: skip


@ENTER
@require_POST
def send(request: HttpRequest) -> JsonResponse:
    """One reading with its photo. Answers what became of it: taken, known (sent before), or refused and why."""
    post, photo_ = request.POST, request.FILES.get("photo")
    sent = services.Sent(
        post.get("id", ""), whole(post.get("intake")) or 0,
        *(post.get(name, "") for name in ("read_at", "dial", "sure", "longitude", "latitude", "accuracy_m", "note")),
    )  # fmt: skip
    try:
        content = photo_.read(MOST_BYTES + 1) if photo_ else b""
        made, new = services.take(request.actor, sent, content)
    except (Invalid, NotFound) as error:
        return JsonResponse({"result": "refused", "reason": error.message, "field": getattr(error, "field", None)})
    return JsonResponse({"result": "taken" if new else "known", "doubts": [doubt_words(d) for d in made.doubts]})
