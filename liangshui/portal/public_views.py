"""The page that a label's code opens: nobody signs in, no cookie is set, only what the bureau published is shown."""

from django.core.cache import cache
from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from liangshui.core.errors import Invalid, NotFound
from liangshui.portal import queries, services
from liangshui.portal.forms import ProblemForm
from liangshui.portal.models import Problem
from liangshui.records.gate import PUBLIC, needs
from liangshui.records.photos import MOST_BYTES
from liangshui.registry.codes import Sector

LOOKS_A_MINUTE = 60
REPORTS_AN_HOUR = 6
LONGEST_S, SHORTEST_S = 4 * 3600, 3
"""A form that is sent back sooner or later than this was not filled in by a person at a well."""

MOST_BODY = MOST_BYTES + 200_000

_signer = TimestampSigner(salt="public problem")


def _too_often(request: HttpRequest, what: str, most: int, seconds: int) -> bool:
    """Whether an address asks more often than people do. Counted by web process, so roughly."""
    key = f"often:{what}:{request.META.get('REMOTE_ADDR', '')}"
    cache.add(key, 0, seconds)
    try:
        return bool(cache.incr(key) > most)
    except ValueError:  # it lapsed between the two
        return False


def _page(request: HttpRequest, name: str, words: dict[str, object], status: int = 200) -> HttpResponse:
    chosen = queries.publication()
    return render(request, name, {"office": chosen.office, "phone": chosen.phone, **words}, status=status)


@csrf_exempt
@never_cache
@needs(PUBLIC)
def well(request: HttpRequest, public: str) -> HttpResponse:
    """What is published of a well; posting reports a problem; `?receipt=` shows what became of one."""
    if _too_often(request, "look", LOOKS_A_MINUTE, 60):
        return _page(request, "portal/public_error.html", {"text": _("Too many calls. Wait a minute.")}, 429)
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BODY:  # before anything of it is read
        return _page(request, "portal/public_error.html", {"text": _("The photo is larger than 8 MB.")}, 413)
    try:
        found = queries.published(public)
    except NotFound:
        return _page(request, "portal/public_error.html", {"text": _("This code is not valid, or no longer.")}, 404)
    form = ProblemForm(initial={"token": _signer.sign(public)})
    words: dict[str, object] = {"well": found, "purpose": Sector(found.purpose).label if found.purpose else ""}
    if request.method == "POST":
        try:
            taken = _report(request, public)
        except Invalid as error:
            typed = request.POST.copy()
            typed["token"] = _signer.sign(public)
            form = ProblemForm(typed)
            words |= {"fault": error.message}
        else:
            words |= {"taken": taken}
    receipt = request.GET.get("receipt", "").strip().upper()[:12]
    if receipt:
        problem = Problem.objects.filter(receipt=receipt, intake=queries.intake_of(public)).first()
        words |= {"asked": receipt, "problem": problem, "steps": list(problem.steps.all()) if problem else []}
    return _page(request, "portal/public.html", words | {"form": form})


def _report(request: HttpRequest, public: str) -> str:
    """Store what was reported; its receipt. Robots get a receipt too, and nothing is stored.

    Raises:
        Invalid: with what to do.
    """
    form = ProblemForm(request.POST, request.FILES)
    if not form.is_valid():
        name, faults = next(iter(form.errors.items()))
        raise Invalid(f"{form.fields[name].label}: {faults[0]}")
    data = form.cleaned_data
    try:
        code = _signer.unsign(data["token"], max_age=LONGEST_S)
    except BadSignature as error:
        raise Invalid(_("The page was open too long. Send it once more.")) from error
    fresh = True
    try:
        _signer.unsign(data["token"], max_age=SHORTEST_S)
    except BadSignature:
        fresh = False
    if data["website"] or code != public or fresh:
        return services.invented_receipt()
    if _too_often(request, "report", REPORTS_AN_HOUR, 3600):
        raise Invalid(_("Too many reports from your connection. Try again in an hour, or call."))
    photo = data["photo"]
    content = photo.read(MOST_BYTES + 1) if photo else b""
    return services.report(queries.intake_of(public), data["kind"], data["words"], data["phone"], content).receipt
