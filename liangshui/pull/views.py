"""Pages of what is pulled: sources with their last run, rows and faults; setting one up and trying it."""

from pathlib import Path
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from liangshui.core.access import Right
from liangshui.core.errors import Invalid
from liangshui.pull import services
from liangshui.pull.forms import SourceForm
from liangshui.pull.models import PullSource
from liangshui.records.gate import needs
from liangshui.registry.queries import one

CHANGE = needs(Right.PULL_CHANGE)
EXAMPLES = {"http": "vendor-cloud", "database": "database-view", "folder": "folder"}
FOLDER = Path(__file__).resolve().parent / "examples"


def _rows(request: HttpRequest) -> Any:
    return PullSource.objects.within(request.actor.territory(Right.PULL_CHANGE)).select_related("division")


@CHANGE
def sources(request: HttpRequest) -> HttpResponse:
    """All sources with how they fare."""
    lines = [{"source": row, "last": row.runs.first()} for row in _rows(request)]
    return render(request, "pull/sources.html", {"lines": lines})


@CHANGE
def source(request: HttpRequest, pk: int) -> HttpResponse:
    """One source: its runs, refused rows, unknown names, files."""
    found = one(_rows(request), pk)
    runs = list(found.runs.all()[:50])
    last = runs[0] if runs else None
    words = {"source": found, "runs": runs, "last": last, "files": found.files.select_related("batch")[:50]}
    words |= {"unknown": sorted((last.details.get("unknown") or {}).items(), key=lambda x: -x[1]) if last else []}
    return render(request, "pull/source.html", words)


@CHANGE
def edit(request: HttpRequest, pk: int = 0) -> HttpResponse:
    """Set up a source, or change it; with `try` nothing is kept and the first rows are shown."""
    territory = request.actor.territory(Right.PULL_CHANGE)
    found = one(_rows(request), pk) if pk else None
    names = ("name", "kind", "every_min", "mapping", "division")
    initial = {name: getattr(found, name) for name in names} if found else {"mapping": example("http")}
    form = SourceForm(request.POST if request.method == "POST" else None, initial=initial, territory=territory)
    told: list[dict[str, Any]] | None = None
    if request.method == "POST" and form.is_valid():
        data = dict(form.cleaned_data)
        secret = data.pop("secret") or None
        try:
            if "try" in request.POST:
                told = _tried(found, data, secret)
            else:
                made = services.save_source(request.actor, found, secret=secret, **data)
                messages.success(request, _("The source is kept and asked from now on."))
                return redirect("pullsource", made.pk)
        except Invalid as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
    back = reverse("pullsource", args=[pk]) if found else reverse("pull")
    words = {"form": form, "source": found, "told": told, "back": back, "examples": {k: example(k) for k in EXAMPLES}}
    return render(request, "pull/edit.html", words)


def _tried(found: PullSource | None, data: dict[str, Any], secret: str | None) -> list[dict[str, Any]]:
    from liangshui.records.secrets import sealed

    kept = found.secret if found and secret is None else sealed(secret or "")
    trial = PullSource(secret=kept, **{**data, "state": {}})
    return services.try_out(trial)


def example(kind: str) -> str:
    """A mapping to begin with, made up."""
    return (FOLDER / f"{EXAMPLES[kind]}.yaml").read_text(encoding="utf-8")


@CHANGE
@require_POST
def act(request: HttpRequest, pk: int) -> HttpResponse:
    """Run now, pause, or go on."""
    found = one(_rows(request), pk)
    what = request.POST.get("do", "")
    if what == "run":
        services.run_soon(request.actor, found)
        messages.success(request, _("It runs within seconds; look again."))
    elif what in {"pause", "go"}:
        services.set_active(request.actor, found, what == "go")
    return redirect("pullsource", pk)
