"""Pages that belong to no single room: the first page, set-up, the search over everything, and the operators' doors."""

from django import forms
from django.contrib import messages
from django.contrib.auth.password_validation import password_validators_help_texts
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.functional import lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from liangshui.core.access import Right
from liangshui.core.errors import Invalid
from liangshui.records.forms import dressed
from liangshui.records.gate import PUBLIC, SIGNED_IN, needs
from liangshui.records.installation import installation
from liangshui.registry.models import Intake
from liangshui.web import dashboard, finding
from liangshui.web.setup import set_up, setup_code

FIRST_PAGE_RIGHTS = (Right.ACCOUNT_VIEW, Right.PEOPLE_VIEW, Right.AUDIT_VIEW)


@needs(SIGNED_IN)
def home(request: HttpRequest) -> HttpResponse:
    """The first page by person: the dashboard, or for administrators their own work."""
    if request.actor.may(Right.ACCOUNT_VIEW):
        context = {
            "board": dashboard.board(request.scope),
            "empty": not Intake.objects.within(request.scope.territory(Right.REGISTRY_VIEW)).exists(),
            "may_import": request.actor.may(Right.REGISTRY_IMPORT),
        }
        return render(request, "home.html", context)
    if request.actor.may(Right.PEOPLE_VIEW):
        return redirect("people")
    return redirect("me")


@needs(SIGNED_IN)
def search(request: HttpRequest) -> HttpResponse:
    """Users, intakes, projects (with permits) and stations by name, code or pinyin initials."""
    found = finding.find(request.actor, request.GET.get("q", ""))
    template = "found.html" if request.htmx else "search.html"
    return render(request, template, {"found": found, "text": request.GET.get("q", "")})


@needs(PUBLIC)
def healthz(request: HttpRequest) -> JsonResponse:
    """Answers if the web process lives and its database answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})


@needs(PUBLIC)
def metrics(request: HttpRequest) -> HttpResponse:
    """Counters for operators, in Prometheus' text form. Only from the machine itself."""
    if request.META.get("REMOTE_ADDR") not in {"127.0.0.1", "::1", ""}:
        raise Http404
    lines = [f"liangshui_{name} {value}" for name, value in dashboard.counters().items()]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; version=0.0.4")


class SetUpForm(forms.Form):
    """What a new installation needs to know."""

    code = forms.CharField(
        label=gettext_lazy("Set-up code"),
        help_text=gettext_lazy("Printed at start, and kept in the installation’s folder."),
    )
    county = forms.CharField(
        label=gettext_lazy("County code"),
        initial="150625",
        help_text=gettext_lazy(
            "Six digits. Divisions of 150625 are shipped; for others run “liangshui import divisions FILE” first."
        ),
    )
    username = forms.CharField(label=gettext_lazy("User name of the first administrator"), initial="admin")
    name = forms.CharField(label=gettext_lazy("Name of the first administrator"))
    password = forms.CharField(
        label=gettext_lazy("Password"),
        widget=forms.PasswordInput,
        help_text=lazy(lambda: " ".join(password_validators_help_texts()), str),
    )


@needs(PUBLIC)
def setup(request: HttpRequest) -> HttpResponse:
    """Set up a new installation in the browser."""
    if installation():
        return redirect("sign-in")
    form = dressed(SetUpForm(request.POST or None))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            if given["code"].strip() != setup_code():
                raise Invalid(_("The set-up code is wrong. It is printed where Liangshui was started."), field="code")
            set_up(given["county"], given["username"], given["name"], given["password"])
        except Invalid as error:
            form.add_error(error.field, error.message)
        else:
            messages.success(request, _("The installation is set up. Sign in and appoint the first people."))
            return redirect("sign-in")
    return render(request, "setup.html", {"form": form})
