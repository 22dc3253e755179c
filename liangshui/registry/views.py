"""Pages of the ledger: lists, records, and one form for each thing that may be done to them."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Q
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from liangshui.core.access import Right
from liangshui.core.errors import Invalid, NotFound
from liangshui.records.asked import whole
from liangshui.records.gate import needs
from liangshui.registry import forms, listings, queries, services
from liangshui.registry.codes import IntakeStatus
from liangshui.registry.models import Intake, Project, SupplyLink

SEE, CHANGE = needs(Right.REGISTRY_VIEW), needs(Right.REGISTRY_CHANGE)


def act(
    request: HttpRequest,
    form: BaseForm,
    run: Callable[[dict[str, Any]], Any],
    *,
    title: Any,
    back: str,
    done: Any,
    goto: Callable[[Any], str] | None = None,
    follows: Callable[[dict[str, Any]], list[Any]] | None = None,
    submit: Any = None,
    about: Any = "",
    template: str = "registry/form.html",
    more: dict[str, Any] | None = None,
) -> HttpResponse:
    """Show a form, run its service, come back. With `follows` a check page lists first what will follow from it; `template` shows `more`
    beside the form."""
    context = {"form": form, "title": title, "back": back, "submit": submit, "about": about, **(more or {})}
    if request.method == "POST" and form.is_valid():
        checked = follows is None or "checked" in request.POST
        try:
            with transaction.atomic():
                result = run(form.cleaned_data)
                transaction.set_rollback(not checked)
        except Invalid as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            if checked:
                messages.success(request, done)
                return redirect(goto(result) if goto else back)
            posted = [(k, v) for k, values in request.POST.lists() for v in values if k != "csrfmiddlewaretoken"]
            return render(
                request,
                "registry/check.html",
                {**context, "posted": posted, "follows": [f for f in follows(form.cleaned_data) if f]},
            )
    return render(request, template, context)


def bound(request: HttpRequest, form: Any, instance: Any = None, **kwargs: Any) -> Any:
    """The form over a copy: what a form writes into its record never reaches the service."""
    if instance is not None:
        kwargs["instance"] = copy.copy(instance)
    elif hasattr(form, "_meta"):
        kwargs["instance"] = form._meta.model()
    return form(request.POST if request.method == "POST" else None, actor=request.actor, **kwargs)


def may_change(request: HttpRequest, division: Any) -> bool:
    return request.actor.territory(Right.REGISTRY_CHANGE).holds_path(division.path)


def changeable(request: HttpRequest) -> Any:
    return request.actor.territory(Right.REGISTRY_CHANGE)


# --- intakes ---


@SEE
def intake_list(request: HttpRequest) -> HttpResponse:
    listing = listings.intakes(request.actor, request.scope.territory(Right.REGISTRY_VIEW))
    return listing.respond(request, "registry/intakes.html")


@SEE
def intake(request: HttpRequest, pk: int) -> HttpResponse:
    """Facts, holders, attributions, meters, power, shares, areas; what may be done."""
    found = queries.intake_or_404(request.actor.territory(Right.REGISTRY_VIEW), pk)
    meters = list(
        found.meter_installations.select_related("meter")
        .prefetch_related("meter__verifications")
        .order_by("-installed_at")
    )
    return render(
        request,
        "registry/intake.html",
        {
            "intake": found,
            "town": queries.town_of(found.division),
            "may_change": may_change(request, found.division),
            "meters": meters,
            "present": next((m for m in meters if m.removed_at is None), None),
            "holdings": found.project.holdings.select_related("user").order_by("-valid_from"),
            "attributions": found.attributions.select_related(
                "project", "division__parent", "management_unit", "source"
            ).order_by("-valid_from"),
            "power": found.power_supplies.select_related("power_meter").order_by("-valid_from"),
            "shares": found.shares.select_related("user").order_by("-valid_from", "user__code"),
            "areas": found.areas.select_related("user").order_by("-year"),
            "beginning": services.BEGINNING,
        },
    )


@CHANGE
def intake_new(request: HttpRequest) -> HttpResponse:
    initial = {}
    if (pk := whole(request.GET.get("project"))) is not None:
        initial = {"project": queries.project_or_404(changeable(request), pk)}
        initial["division"] = initial["project"].division
    return act(
        request,
        bound(request, forms.IntakeForm, initial=initial),
        lambda data: services.save_intake(request.actor, **data),
        title=_("New intake"),
        back=reverse("intake-list"),
        goto=lambda made: reverse("intake", args=[made.pk]),
        done=_("The intake was entered."),
    )


def _intake_act(
    request: HttpRequest, pk: int, form: Any, run: Callable[[Intake, dict[str, Any]], Any], **words: Any
) -> HttpResponse:
    found = queries.intake_or_404(changeable(request), pk)
    options = {key: value(found) for key, value in words.pop("options", {}).items()}
    follows = words.pop("follows", None)
    return act(
        request,
        bound(request, form, **options),
        lambda data: run(queries.intake_or_404(changeable(request), pk), data),
        back=reverse("intake", args=[pk]),
        about=f"{found.name} · {found.code}",
        follows=(lambda data: follows(found, data)) if follows else None,
        **words,
    )


@CHANGE
def intake_edit(request: HttpRequest, pk: int) -> HttpResponse:
    return _intake_act(
        request,
        pk,
        forms.IntakeForm,
        lambda found, data: services.save_intake(request.actor, found, **data),
        options={"instance": lambda found: found},
        title=_("Change the facts of an intake"),
        done=_("The intake was changed."),
    )


@CHANGE
def intake_attribute(request: HttpRequest, pk: int) -> HttpResponse:
    def follows(found: Intake, data: dict[str, Any]) -> list[Any]:
        labels = {name: found._meta.get_field(name).verbose_name for name in services.ATTRIBUTED}
        lines = []
        for name, label in labels.items():
            old, new = getattr(found, name), data[name]
            if old != new:
                old = found.get_sector_display() if name == "sector" else old
                new = dict(found._meta.get_field(name).choices)[new] if name == "sector" else new
                lines.append(_("%(what)s: %(old)s → %(new)s") % {"what": label, "old": old or "—", "new": new or "—"})
        lines.append(
            _("From %(day)s the volumes of this intake count there; earlier days stay where they are.")
            % {"day": data["from_day"]}
        )
        return lines

    return _intake_act(
        request,
        pk,
        forms.AttributionForm,
        lambda found, data: services.save_intake(request.actor, found, **data),
        options={
            "instance": lambda found: found,
            "initial": lambda found: {"from_day": request.scope.today, "project": found.project},
        },
        title=_("Attribute anew"),
        done=_("The intake is attributed anew."),
        follows=follows,
    )


def _owner(request: HttpRequest, project: Project, back: str) -> HttpResponse:
    def follows(data: dict[str, Any]) -> list[Any]:
        return [
            _("%(old)s holds “%(project)s” up to %(day)s (that day not included); from then on %(new)s does.")
            % {"old": project.user, "new": data["user"], "project": project, "day": data["from_day"]},
            _("All %(n)s intakes of the project count to the new holder from that day; earlier days stay.")
            % {"n": project.intakes.count()},
            _("The permit %(number)s itself is not changed by this.") % {"number": project.permit_number}
            if project.permit_number
            else "",
        ]

    return act(
        request,
        bound(request, forms.OwnerForm),
        lambda data: services.change_owner(
            request.actor, queries.project_or_404(changeable(request), project.pk), **data
        ),
        title=_("Change of holder"),
        back=back,
        about=f"{project.name} · {project.user.name}",
        done=_("The project has a new holder."),
        follows=follows,
    )


@CHANGE
def intake_owner(request: HttpRequest, pk: int) -> HttpResponse:
    found = queries.intake_or_404(changeable(request), pk)
    return _owner(request, found.project, reverse("intake", args=[pk]))


@CHANGE
def intake_meter(request: HttpRequest, pk: int) -> HttpResponse:
    """Exchange the meter, or install the first one."""
    found = queries.intake_or_404(changeable(request), pk)
    present = found.meter_installations.select_related("meter").filter(removed_at=None).first()

    def follows(_found: Intake, data: dict[str, Any]) -> list[Any]:
        lines = []
        if present:
            lines.append(
                _("Meter %(number)s is taken off with %(reading)s.")
                % {"number": present.meter.number, "reading": _reading(data["final_reading"])}
            )
        lines += [
            _("Meter %(number)s begins with %(reading)s.")
            % {"number": data["number"], "reading": _reading(data["first_reading"])},
            _("Volumes are counted from the difference of readings on each side of this moment. It cannot be undone."),
        ]
        return lines

    service = services.exchange_meter if present else services.install_meter
    return _intake_act(
        request,
        pk,
        forms.MeterForm,
        lambda intake, data: service(request.actor, intake, **data),
        options={"exchange": lambda _found: present is not None},
        title=_("Exchange of the meter") if present else _("Install a meter"),
        done=_("The meter is entered."),
        follows=follows,
    )


@CHANGE
def intake_verification(request: HttpRequest, pk: int) -> HttpResponse:
    """The certificate of the meter that is there."""
    return _intake_act(
        request,
        pk,
        forms.VerificationForm,
        lambda found, data: services.verify_meter(request.actor, found, **data),
        title=_("Verification of the meter"),
        done=_("The certificate is entered."),
    )


def _reading(value: Any) -> str:
    return _("no reading") if value is None else f"{value:f}"


@CHANGE
def intake_power(request: HttpRequest, pk: int) -> HttpResponse:
    return _intake_act(
        request,
        pk,
        forms.PowerForm,
        lambda found, data: services.link_power_meter(request.actor, found, **data),
        title=_("Power meter"),
        done=_("The power meter is linked."),
    )


@CHANGE
def intake_shares(request: HttpRequest, pk: int) -> HttpResponse:
    found = queries.intake_or_404(changeable(request), pk)
    lines = [f"{s.user.code} {s.weight.normalize():f}" for s in found.shares.filter(valid_to=None)]
    return _intake_act(
        request,
        pk,
        forms.SharesForm,
        lambda intake, data: services.set_shares(request.actor, intake, data["shares"], data["from_day"]),
        options={"initial": lambda _found: {"shares": "\n".join(lines), "from_day": request.scope.today}},
        title=_("Shares of a common well"),
        done=_("The shares are entered."),
    )


@CHANGE
def intake_seal(request: HttpRequest, pk: int) -> HttpResponse:
    """Seal, or take up again what is sealed."""
    found = queries.intake_or_404(changeable(request), pk)
    if found.status == IntakeStatus.SEALED:
        return _intake_act(
            request,
            pk,
            forms.UnsealForm,
            lambda intake, data: services.unseal_intake(request.actor, intake, **data),
            title=_("Take up a sealed intake"),
            done=_("The intake is no longer sealed."),
            follows=lambda intake, data: [
                _("%(intake)s, sealed since %(day)s, counts as taking water again.")
                % {"intake": intake.name, "day": intake.sealed_on}
            ],
        )
    return _intake_act(
        request,
        pk,
        forms.SealForm,
        lambda intake, data: services.seal_intake(request.actor, intake, data["day"], data["note"]),
        title=_("Seal an intake"),
        done=_("The intake is sealed."),
        submit=_("Seal"),
        follows=lambda intake, data: [
            _("%(intake)s counts as sealed from %(day)s.") % {"intake": intake.name, "day": data["day"]},
            _("Any water that its meter still counts after that day is a finding for enforcement."),
        ],
    )


# --- users and projects ---


@SEE
def user_list(request: HttpRequest) -> HttpResponse:
    return listings.users(request.actor, request.scope.territory(Right.REGISTRY_VIEW)).respond(request)


@SEE
def user(request: HttpRequest, pk: int) -> HttpResponse:
    """Projects, intakes, areas, supply links and household numbers of a water user."""
    territory = request.actor.territory(Right.REGISTRY_VIEW)
    found = queries.user_or_404(territory, pk)
    own = queries.with_meters(queries.intakes(territory).filter(project__user=found))
    return render(
        request,
        "registry/user.html",
        {
            "user": request.user,
            "water_user": found,
            "town": queries.town_of(found.division),
            "may_change": may_change(request, found.division),
            "projects": queries.projects(territory).filter(user=found),
            "past": found.holdings.filter(valid_to__isnull=False).select_related("project").order_by("-valid_to"),
            "intakes": own[:200],
            "intake_count": own.count(),
            "areas": found.areas.select_related("intake").order_by("-year"),
            "gives": found.supplies_to.select_related("customer", "source").order_by("code"),
            "takes": found.supplied_by.select_related("supplier", "source").order_by("code"),
            "shares": found.shares.select_related("intake").filter(valid_to=None),
            "numbers": found.household_numbers.order_by("number"),
        },
    )


def _user_page(made: Any) -> str:
    return reverse("user", args=[made.pk])


@CHANGE
def user_new(request: HttpRequest) -> HttpResponse:
    return act(
        request,
        bound(request, forms.UserForm),
        lambda data: services.save_user(request.actor, **data),
        title=_("New water user"),
        back=reverse("user-list"),
        goto=_user_page,
        done=_("The water user was entered."),
    )


@CHANGE
def user_edit(request: HttpRequest, pk: int) -> HttpResponse:
    found = queries.user_or_404(changeable(request), pk)
    return act(
        request,
        bound(request, forms.UserForm, found),
        lambda data: services.save_user(request.actor, queries.user_or_404(changeable(request), pk), **data),
        title=_("Change a water user"),
        back=_user_page(found),
        about=found.name,
        done=_("The water user was changed."),
    )


@CHANGE
def user_area(request: HttpRequest, pk: int) -> HttpResponse:
    found = queries.user_or_404(changeable(request), pk)
    return act(
        request,
        bound(request, forms.AreaForm, initial={"year": request.scope.year}),
        lambda data: services.save_area(request.actor, found, **data),
        title=_("Irrigated area"),
        back=_user_page(found),
        about=found.name,
        done=_("The area was entered."),
    )


@SEE
def project_list(request: HttpRequest) -> HttpResponse:
    return listings.projects(request.actor, request.scope.territory(Right.REGISTRY_VIEW)).respond(request)


@SEE
def project(request: HttpRequest, pk: int) -> HttpResponse:
    """A project with its permit, holders and intakes."""
    territory = request.actor.territory(Right.REGISTRY_VIEW)
    found = queries.project_or_404(territory, pk)
    own = queries.with_meters(queries.intakes(territory).filter(project=found))
    return render(
        request,
        "registry/project.html",
        {
            "project": found,
            "town": queries.town_of(found.division),
            "may_change": may_change(request, found.division),
            "holdings": found.holdings.select_related("user").order_by("-valid_from"),
            "intakes": own[:200],
            "intake_count": own.count(),
            "beginning": services.BEGINNING,
        },
    )


def _project_page(made: Any) -> str:
    return reverse("project", args=[made.pk])


@CHANGE
def project_new(request: HttpRequest) -> HttpResponse:
    initial = {}
    if (pk := whole(request.GET.get("user"))) is not None:
        holder = queries.user_or_404(request.actor.territory(Right.REGISTRY_VIEW), pk)
        initial = {"user": holder, "division": holder.division}
    return act(
        request,
        bound(request, forms.ProjectForm, initial=initial),
        lambda data: services.save_project(request.actor, **data),
        title=_("New project"),
        back=reverse("project-list"),
        goto=_project_page,
        done=_("The project was entered."),
    )


@CHANGE
def project_edit(request: HttpRequest, pk: int) -> HttpResponse:
    found = queries.project_or_404(changeable(request), pk)
    return act(
        request,
        bound(request, forms.ProjectForm, found),
        lambda data: services.save_project(request.actor, queries.project_or_404(changeable(request), pk), **data),
        title=_("Change a project"),
        back=_project_page(found),
        about=found.name,
        done=_("The project was changed."),
    )


@CHANGE
def project_owner(request: HttpRequest, pk: int) -> HttpResponse:
    found = queries.project_or_404(changeable(request), pk)
    return _owner(request, found, _project_page(found))


@CHANGE
def supply_end(request: HttpRequest, pk: int) -> HttpResponse:
    found = queries.one(SupplyLink.objects.within(changeable(request)).select_related("supplier__division"), pk)
    return act(
        request,
        bound(request, forms.EndForm),
        lambda data: services.end_supply_link(request.actor, found, data["day"]),
        title=_("End a supply link"),
        back=reverse("supply-list"),
        about=f"{found.code}: {found.supplier} → {found.customer}",
        done=_("The supply link has ended."),
        follows=lambda data: [
            _("From %(day)s no water counts as passed on from %(supplier)s to %(customer)s.")
            % {"day": data["day"], "supplier": found.supplier, "customer": found.customer}
        ],
    )


@SEE
def pick(request: HttpRequest, what: str) -> HttpResponse:
    """What fits to typed letters, as options of a text box; at most twenty."""
    territory = request.actor.territory(Right.REGISTRY_VIEW)
    rows = {"user": queries.users, "project": queries.projects, "intake": queries.intakes}.get(what)
    if rows is None:
        raise NotFound(_("There is no such record, or it is outside your area."))
    typed = next((v for k, v in request.GET.items() if k not in {"area", "year"}), "").strip()
    fitting = rows(territory)
    if typed:
        fitting = fitting.filter(
            Q(code__istartswith=typed.split(" ", 1)[0]) | Q(name__icontains=typed) | Q(initials__contains=typed.lower())
        )
    options = ((f"{row.code} {row.name}",) for row in fitting.order_by("code")[:20])
    return HttpResponse(format_html_join("", '<option value="{}">', options))


# --- the small records of the county: a list and a form each ---


@dataclass(frozen=True)
class Simple:
    """List, new and edit of one kind of record."""

    name: str
    folder: str
    listing: Callable[..., Any]
    form: type
    save: Callable[..., Any]
    new: Any
    change: Any
    rows: Callable[[Any], Any]
    extra: str = ""

    @property
    def list_page(self) -> Callable[..., HttpResponse]:
        @SEE
        def page(request: HttpRequest) -> HttpResponse:
            listing = self.listing(request.actor, request.scope.territory(Right.REGISTRY_VIEW))
            return listing.respond(request, "registry/simple.html", tabs=TABS, here=f"{self.name}-list")

        return page

    @property
    def new_page(self) -> Callable[..., HttpResponse]:
        @CHANGE
        def page(request: HttpRequest) -> HttpResponse:
            return act(
                request,
                bound(request, self.form),
                lambda data: self.save(request.actor, **data),
                title=self.new,
                back=reverse(f"{self.name}-list"),
                done=_("The record was entered."),
            )

        return page

    @property
    def edit_page(self) -> Callable[..., HttpResponse]:
        @CHANGE
        def page(request: HttpRequest, pk: int) -> HttpResponse:
            found = queries.one(self.rows(request.actor.territory(Right.REGISTRY_VIEW)), pk)
            about: Any = getattr(found, "name", str(found))
            if self.extra and getattr(found, "valid_to", None) is None:
                about = format_html(
                    '{} <a class="btn btn-sm" href="{}">{}</a>', about, reverse(self.extra, args=[pk]), _("End it")
                )
            return act(
                request,
                bound(request, self.form, found),
                lambda data: self.save(
                    request.actor, queries.one(self.rows(request.actor.territory(Right.REGISTRY_VIEW)), pk), **data
                ),
                title=self.change,
                back=reverse(f"{self.name}-list"),
                about=about,
                done=_("The record was changed."),
            )

        return page


SIMPLE = {
    s.name: s
    for s in (
        Simple(
            "unit", "units", listings.units, forms.UnitForm, services.save_unit,
            gettext_lazy("New management unit"), gettext_lazy("Change a management unit"), lambda _t: queries.units(),
        ),
        Simple(
            "source", "sources", listings.sources, forms.SourceForm, services.save_source,
            gettext_lazy("New source"), gettext_lazy("Change a source"), lambda _t: queries.sources(),
        ),
        Simple(
            "node", "nodes", listings.nodes, forms.NodeForm, services.save_node,
            gettext_lazy("New irrigation node"), gettext_lazy("Change an irrigation node"), queries.nodes,
        ),
        Simple(
            "supply", "supply", listings.supply, forms.SupplyForm, services.save_supply_link,
            gettext_lazy("New supply link"), gettext_lazy("Change a supply link"), queries.supply_links, "supply-end",
        ),
        Simple(
            "division", "divisions", listings.divisions, forms.DivisionForm, services.save_division,
            gettext_lazy("New division"), gettext_lazy("Change a division"), queries.divisions,
        ),
    )
}  # fmt: skip

TABS = [
    ("unit-list", gettext_lazy("Units")),
    ("source-list", gettext_lazy("Sources")),
    ("zone-list", gettext_lazy("Zones")),
    ("node-list", gettext_lazy("Irrigation districts")),
    ("supply-list", gettext_lazy("Supply links")),
    ("division-list", gettext_lazy("Divisions")),
]
