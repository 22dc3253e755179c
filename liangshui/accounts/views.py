"""Sign-in, one's own account, people and organisations, tokens, and the trails of what was done."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views as auth_views
from django.contrib.auth.password_validation import password_validators_help_texts
from django.contrib.contenttypes.models import ContentType
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from liangshui.accounts import forms, listings, queries, services
from liangshui.accounts.models import Appointment, Delegation, Person
from liangshui.accounts.roles import ADMINISTRATORS, RIGHT_LABELS, Role
from liangshui.core.access import Right
from liangshui.core.errors import Invalid, NotFound
from liangshui.records.forms import dressed
from liangshui.records.gate import PUBLIC, SIGNED_IN, needs
from liangshui.records.listing import Listing
from liangshui.registry.views import act

SEE, CHANGE, SECURE = needs(Right.PEOPLE_VIEW), needs(Right.PEOPLE_CHANGE), needs(Right.SECURITY_CHANGE)

TABS = [
    ("people", gettext_lazy("People"), Right.PEOPLE_VIEW),
    ("organisation-list", gettext_lazy("Organisations"), Right.PEOPLE_VIEW),
    ("token-list", gettext_lazy("API tokens"), Right.SECURITY_CHANGE),
    ("security", gettext_lazy("Sign-in rules"), Right.PEOPLE_VIEW),
    ("audit", gettext_lazy("Audit trail"), Right.AUDIT_VIEW),
    ("access-log", gettext_lazy("Access log"), Right.AUDIT_VIEW),
]

sign_in = needs(PUBLIC)(
    auth_views.LoginView.as_view(template_name="accounts/sign_in.html", redirect_authenticated_user=True)
)
sign_out = needs(SIGNED_IN)(auth_views.LogoutView.as_view(next_page="sign-in"))


class _ChangePassword(auth_views.PasswordChangeView):
    template_name = "accounts/password.html"
    success_url = reverse_lazy("home")

    def get_form(self, form_class=None):
        return dressed(super().get_form(form_class))

    def form_valid(self, form):
        response = super().form_valid(form)
        Person.objects.filter(pk=self.request.user.pk).update(must_change_password=False)
        messages.success(self.request, _("Your password was changed."))
        return response

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs, rules=password_validators_help_texts())


change_password = needs(SIGNED_IN)(_ChangePassword.as_view())


def _tabs(request: HttpRequest) -> dict[str, Any]:
    tabs = [(page, label) for page, label, right in TABS if request.actor.may(right)]
    return {"tabs": tabs, "here": request.resolver_match.view_name}


def _list(request: HttpRequest, listing: Listing) -> HttpResponse:
    return listing.respond(request, "accounts/list.html", **_tabs(request))


def _form(request: HttpRequest, form: Any, **kwargs: Any) -> Any:
    return form(request.POST if request.method == "POST" else None, actor=request.actor, **kwargs)


def _confirm(
    request: HttpRequest, run: Callable[[], Any], *, title: Any, about: Any, follows: list[Any], back: str, done: Any
) -> HttpResponse:
    """Say what will follow; do it when that is confirmed."""
    if request.method == "POST":
        try:
            run()
        except Invalid as error:
            messages.error(request, error.message)
        else:
            messages.success(request, done)
        return redirect(back)
    context = {"title": title, "about": about, "follows": follows, "back": back, "submit": title}
    return render(request, "registry/check.html", context)


def _secret(request: HttpRequest, title: Any, secret: str, about: Any, back: str) -> HttpResponse:
    """The page that shows a password or key once; nothing keeps it."""
    context = {"title": title, "secret": secret, "about": about, "back": back}
    return render(request, "accounts/secret.html", context)


# --- one's own account ---


@needs(SIGNED_IN)
def me(request: HttpRequest) -> HttpResponse:
    """My appointments, who acts for whom, and what lies open in my name."""
    person = request.user
    return render(
        request,
        "accounts/me.html",
        {
            "person": person,
            "appointments": _appointments(person),
            "delegations": queries.delegations(person),
            "open_items": queries.open_in_name(person),
            "today": request.scope.today,
        },
    )


def _appointments(person: Person) -> Any:
    return person.appointments.select_related("organisation__division").order_by("-valid_from", "-pk")


def _delegate(request: HttpRequest, giver: Person, back: str) -> HttpResponse:
    today = request.scope.today
    return act(
        request,
        _form(
            request,
            forms.DelegateForm,
            giver=giver,
            initial={"from_day": today, "last_day": today + timedelta(days=7)},
        ),
        lambda data: services.delegate(
            request.actor,
            giver,
            data["taker"],
            data["from_day"],
            data["last_day"] + timedelta(days=1),
            data["reason"],
        ),
        title=_("Let somebody act"),
        about=giver.name,
        back=back,
        done=_("The delegation is entered."),
        follows=lambda data: [
            _("From %(first)s to %(last)s (included) %(taker)s may do everything that %(giver)s may.")
            % {"first": data["from_day"], "last": data["last_day"], "taker": data["taker"], "giver": giver},
            _("The trail names %(taker)s for what they do.") % {"taker": data["taker"]},
        ],
    )


@needs(SIGNED_IN)
def delegate(request: HttpRequest) -> HttpResponse:
    """Let somebody act for me."""
    return _delegate(request, request.user, reverse("me"))


@needs(SIGNED_IN)
@require_POST
def delegation_end(request: HttpRequest, pk: int) -> HttpResponse:
    """End a delegation: one of the two, or who may appoint there."""
    mine = queries.delegations(request.user).values("pk")
    seen = queries.people(request.actor, request.actor.territory(Right.PEOPLE_CHANGE)).values("pk")
    rows = Delegation.objects.filter(pk__in=mine) | Delegation.objects.filter(giver__in=seen)
    found = queries.one(rows, pk)
    services.end_delegation(request.actor, found)
    messages.success(request, _("The delegation has ended."))
    own = request.user.pk in {found.giver_id, found.taker_id}
    return redirect("me") if own else redirect("person", found.giver_id)


# --- people ---


@SEE
def people(request: HttpRequest) -> HttpResponse:
    return _list(request, listings.people(request.actor, request.scope.territory(Right.PEOPLE_VIEW)))


def _person(request: HttpRequest, pk: int, right: Right = Right.PEOPLE_VIEW) -> Person:
    seen = request.actor.territory(Right.PEOPLE_VIEW) | request.actor.territory(right)
    return queries.one(queries.people(request.actor, seen), pk)


@SEE
def person(request: HttpRequest, pk: int) -> HttpResponse:
    found = _person(request, pk)
    return render(
        request,
        "accounts/person.html",
        {
            "person": found,
            "state": listings.state_of(found, queries.locked_usernames()),
            "locked": found.username in queries.locked_usernames(),
            "appointments": _appointments(found),
            "delegations": queries.delegations(found),
            "open_items": queries.open_in_name(found),
            "may_change": request.actor.may(Right.PEOPLE_CHANGE),
            "may_secure": request.actor.may(Right.SECURITY_CHANGE) and found != request.user,
            "may_audit": request.actor.may(Right.AUDIT_VIEW),
            "today": request.scope.today,
        },
    )


@CHANGE
@never_cache
def person_new(request: HttpRequest) -> HttpResponse:
    """Enter a person with the first role; shows the first password once."""
    initial = {"from_day": request.scope.today, "organisation": request.GET.get("organisation", "")}
    form = _form(request, forms.NewPersonForm, initial=initial)

    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made, password = services.enter_person(request.actor, **data)
        except Invalid as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            about = _("%(name)s signs in as %(username)s with this password and must change it at once.")
            words = about % {"name": made.name, "username": made.username}
            return _secret(request, _("First password"), password, words, reverse("person", args=[made.pk]))
    context = {"form": form, "title": _("New person"), "back": reverse("people")}
    return render(request, "registry/form.html", context)


@CHANGE
def person_edit(request: HttpRequest, pk: int) -> HttpResponse:
    found = _person(request, pk, Right.PEOPLE_CHANGE)
    initial = {"name": found.name, "username": found.username, "phone": found.phone}
    return act(
        request,
        _form(request, forms.PersonForm, initial=initial),
        lambda data: services.save_person(request.actor, found, **data),
        title=_("Change a person"),
        about=found.name,
        back=reverse("person", args=[pk]),
        done=_("The person was changed."),
    )


@CHANGE
def appoint(request: HttpRequest, pk: int) -> HttpResponse:
    found = _person(request, pk, Right.PEOPLE_CHANGE)
    return act(
        request,
        _form(request, forms.AppointForm, initial={"from_day": request.scope.today}),
        lambda data: services.appoint(request.actor, found, **data),
        title=_("Appoint"),
        about=found.name,
        back=reverse("person", args=[pk]),
        done=_("The appointment is entered."),
        follows=lambda data: [
            _("From %(day)s %(name)s is %(role)s of %(organisation)s, within %(place)s.")
            % {
                "day": data["from_day"],
                "name": found.name,
                "role": Role(data["role"]).label,
                "organisation": data["organisation"],
                "place": data["organisation"].division,
            },
            _("May: %s.") % _(", ").join(str(RIGHT_LABELS[r]) for r in Right if r in services.RIGHTS[data["role"]]),
            _("No other administrator’s role can be held beside it.") if data["role"] in ADMINISTRATORS else "",
        ],
    )


@CHANGE
def appointment_end(request: HttpRequest, pk: int) -> HttpResponse:
    rows = Appointment.objects.within(request.actor.territory(Right.PEOPLE_CHANGE))
    found = queries.one(rows.select_related("person", "organisation__division"), pk)
    back = reverse("person", args=[found.person_id])
    count = sum(group.count for group in queries.open_in_name(found.person))
    return act(
        request,
        _form(request, forms.EndForm, initial={"last_day": request.scope.today}),
        lambda data: services.end_appointment(request.actor, found, data["last_day"] + timedelta(days=1)),
        title=_("End the appointment"),
        about=f"{found} · {found.organisation}",
        back=back,
        done=_("The appointment has its end."),
        follows=lambda data: [
            _("After %(day)s %(name)s has this role no more.") % {"day": data["last_day"], "name": found.person},
            _("%d things lie open in this name; hand them over.") % count if count else "",
        ],
    )


@CHANGE
def person_delegate(request: HttpRequest, pk: int) -> HttpResponse:
    """Let somebody act for a person who cannot enter it themselves."""
    return _delegate(request, _person(request, pk, Right.PEOPLE_CHANGE), reverse("person", args=[pk]))


@CHANGE
def hand_over(request: HttpRequest, pk: int) -> HttpResponse:
    found = _person(request, pk, Right.PEOPLE_CHANGE)
    groups = queries.open_in_name(found)
    return act(
        request,
        _form(request, forms.HandOverForm, giver=found),
        lambda data: services.hand_over(request.actor, found, data["taker"]),
        title=_("Hand over"),
        about=found.name,
        back=reverse("person", args=[pk]),
        done=_("Everything open was handed over."),
        follows=lambda data: (
            [
                _("%(kind)s: %(count)d go into the name of %(taker)s.")
                % {"kind": group.label, "count": group.count, "taker": data["taker"]}
                for group in groups
            ]
            or [_("Nothing lies open in this name.")]
        ),
    )


@SECURE
@require_POST
def unlock(request: HttpRequest, pk: int) -> HttpResponse:
    found = _person(request, pk, Right.SECURITY_CHANGE)
    services.unlock(request.actor, found)
    messages.success(request, _("%s can sign in again.") % found.name)
    return redirect("person", pk)


@SECURE
@require_POST
@never_cache
def reset_password(request: HttpRequest, pk: int) -> HttpResponse:
    found = _person(request, pk, Right.SECURITY_CHANGE)
    password = services.reset_password(request.actor, found)
    about = _("%(name)s signs in as %(username)s with this password and must change it at once.")
    words = about % {"name": found.name, "username": found.username}
    return _secret(request, _("New first password"), password, words, reverse("person", args=[pk]))


@SECURE
def deactivate(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop a person from signing in, or let them in again."""
    found = _person(request, pk, Right.SECURITY_CHANGE)
    back = reverse("person", args=[pk])
    if not found.is_active:
        return _confirm(
            request,
            lambda: services.reactivate(request.actor, found),
            title=_("Activate again"),
            about=found.name,
            follows=[_("%s can sign in again, in the roles still in force.") % found.name],
            back=back,
            done=_("The account is active again."),
        )
    count = sum(group.count for group in queries.open_in_name(found))
    follows = [_("%s is signed out and cannot sign in any more.") % found.name, _("What they did stays on record.")]
    if count:
        follows.append(_("%d things lie open in this name; hand them over.") % count)
    return _confirm(
        request,
        lambda: services.deactivate(request.actor, found),
        title=_("Deactivate"),
        about=found.name,
        follows=follows,
        back=back,
        done=_("The account is deactivated."),
    )


# --- organisations ---


@SEE
def organisation_list(request: HttpRequest) -> HttpResponse:
    return _list(request, listings.organisations(request.actor, request.scope.territory(Right.PEOPLE_VIEW)))


@SEE
def organisation(request: HttpRequest, pk: int) -> HttpResponse:
    found = queries.one(queries.organisations(request.actor.territory(Right.PEOPLE_VIEW)), pk)
    rows = found.appointments.select_related("person").order_by("person__name", "-valid_from")
    return render(
        request,
        "accounts/organisation.html",
        {
            "organisation": found,
            "appointments": rows.on(request.scope.today),
            "past": rows.filter(valid_to__lte=request.scope.today),
            "may_change": request.actor.territory(Right.PEOPLE_CHANGE).holds_path(found.division.path),
            "may_audit": request.actor.may(Right.AUDIT_VIEW),
        },
    )


@CHANGE
def organisation_new(request: HttpRequest) -> HttpResponse:
    return act(
        request,
        _form(request, forms.OrganisationForm),
        lambda data: services.save_organisation(request.actor, **data),
        title=_("New organisation"),
        back=reverse("organisation-list"),
        goto=lambda made: reverse("organisation", args=[made.pk]),
        done=_("The organisation was entered."),
    )


@CHANGE
def organisation_edit(request: HttpRequest, pk: int) -> HttpResponse:
    found = queries.one(queries.organisations(request.actor.territory(Right.PEOPLE_CHANGE)), pk)
    names = ("name", "kind", "division", "water_user", "active")
    return act(
        request,
        _form(request, forms.OrganisationForm, initial={name: getattr(found, name) for name in names}),
        lambda data: services.save_organisation(request.actor, found, **data),
        title=_("Change an organisation"),
        about=found.name,
        back=reverse("organisation", args=[pk]),
        done=_("The organisation was changed."),
    )


# --- security ---


@SEE
def security(request: HttpRequest) -> HttpResponse:
    """The rules of sign-in as this installation has them; they are settings, and changed where it runs."""
    facts = [
        (_("Password rules"), " ".join(password_validators_help_texts()), "LIANGSHUI_PASSWORD_LENGTH"),
        (
            _("Locked after"),
            _("%d wrong passwords") % settings.AXES_FAILURE_LIMIT,
            "LIANGSHUI_SIGN_IN_ATTEMPTS",
        ),
        (_("Locked for"), _("%d hours") % settings.AXES_COOLOFF_TIME, "LIANGSHUI_LOCK_HOURS"),
        (
            _("Signed out after"),
            _("%d minutes") % (settings.SESSION_COOKIE_AGE // 60),
            "LIANGSHUI_SESSION_MINUTES",
        ),
        (_("Access log kept for"), _("%d days") % settings.ACCESS_LOG_DAYS, "LIANGSHUI_ACCESS_LOG_DAYS"),
    ]
    seen = queries.people(request.actor)
    locked = seen.filter(username__in=queries.locked_usernames())
    administrators = [
        (role.label, [a.person for a in _holders(role) if a.person in set(seen)])
        for role in Role
        if role in ADMINISTRATORS
    ]
    context = {"facts": facts, "locked": locked, "administrators": administrators, **_tabs(request)}
    return render(request, "accounts/security.html", context)


def _holders(role: Role) -> Any:
    return Appointment.objects.on(queries.today()).filter(role=role).select_related("person")


@SECURE
def token_list(request: HttpRequest) -> HttpResponse:
    return _list(request, listings.tokens(request.actor.territory(Right.SECURITY_CHANGE)))


@SECURE
@never_cache
def token_new(request: HttpRequest) -> HttpResponse:
    """Issue a key; shows it once."""
    form = _form(request, forms.TokenForm)
    if request.method == "POST" and form.is_valid():
        try:
            token, key = services.issue_token(request.actor, **form.cleaned_data)
        except Invalid as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            about = _("Key of %(name)s. The machine sends it as “Authorization: Bearer …”.") % {"name": token.name}
            return _secret(request, _("API key"), key, about, reverse("token-list"))
    context = {"form": form, "title": _("New token"), "back": reverse("token-list"), "submit": _("Issue the key")}
    return render(request, "registry/form.html", context)


@SECURE
def token(request: HttpRequest, pk: int) -> HttpResponse:
    """One key: stop it."""
    found = queries.one(queries.tokens(request.actor.territory(Right.SECURITY_CHANGE)), pk)
    if not found.active and request.method == "GET":
        messages.info(request, _("This key is stopped already."))
        return redirect("token-list")
    return _confirm(
        request,
        lambda: services.stop_token(request.actor, found),
        title=_("Stop the key"),
        about=found.name,
        follows=[_("The machine that uses this key is refused from now on."), _("A stopped key is never used again.")],
        back=reverse("token-list"),
        done=_("The key is stopped."),
    )


# --- trails ---


@needs(Right.AUDIT_VIEW)
def audit(request: HttpRequest) -> HttpResponse:
    """Who did what when, before and after; `?object=room.model:id` shows the history of one record."""
    rows = queries.trail(request.scope.territory(Right.AUDIT_VIEW))
    about = ""
    if request.GET.get("object"):
        label, _colon, pk = request.GET["object"].partition(":")
        try:
            model = apps.get_model(label)
        except (LookupError, ValueError) as error:
            raise NotFound(label) from error
        if not pk.isdecimal() or len(pk) > 18:
            raise NotFound(pk)
        rows = rows.filter(content_type=ContentType.objects.get_for_model(model), object_id=int(pk))
        about = f"{model._meta.verbose_name} {rows.values_list('object_repr', flat=True).first() or pk}"
    return _list(request, listings.audit(rows, request.GET, about))


@needs(Right.AUDIT_VIEW)
def access_log(request: HttpRequest) -> HttpResponse:
    rows = queries.access_records(request.scope.territory(Right.AUDIT_VIEW))
    return _list(request, listings.access_log(rows, request.GET))
