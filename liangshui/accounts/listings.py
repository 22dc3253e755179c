"""The lists of people, organisations, tokens and trails."""

import re
from typing import Any

from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from liangshui.accounts import queries
from liangshui.accounts.audit import audited_models
from liangshui.accounts.models import Appointment, OrganisationKind, Person
from liangshui.accounts.roles import RIGHT_LABELS, Role
from liangshui.core.access import Actor, Right, Territory
from liangshui.records.listing import Column, Filter, Listing

SHOWN_CHANGES = 6
NO_SHEET_NAME = re.compile(r"[\\/*?:\[\]]")
"""Signs that Excel refuses in the name of a sheet."""


def moment(value: Any) -> str | None:
    return None if value is None else nowrap(f"{timezone.localtime(value):%Y-%m-%d %H:%M:%S}")


def nowrap(words: Any) -> str:
    return format_html('<span class="text-nowrap">{}</span>', words)


def _in_force(**narrow: Any) -> Exists:
    return Exists(Appointment.objects.on(queries.today()).filter(person=OuterRef("pk"), **narrow))


def state_of(person: Person, locked: set[str]) -> str:
    if not person.is_active:
        return _("deactivated")
    if person.username in locked:
        return _("locked")
    return _("first password not changed") if person.must_change_password else _("active")


def people(actor: Actor, territory: Territory) -> Listing:
    locked = queries.locked_usernames()
    bodies = list(queries.organisations(territory).values_list("pk", "name"))

    def by_state(rows: QuerySet, state: str) -> QuerySet:
        if state == "locked":
            return rows.filter(username__in=locked)
        if state == "left":
            return queries.left_behind(rows)
        return rows.filter(is_active=False) if state == "deactivated" else rows.exclude(_in_force())

    return Listing(
        key="people",
        title=_("People"),
        rows=queries.with_roles(queries.people(actor, territory)),
        columns=[
            Column("name", _("name"), lambda p: p.name, sort="name"),
            Column("username", _("user name"), lambda p: p.username, sort="username"),
            Column(
                "organisation",
                _("organisation"),
                lambda p: _(", ").join({a.organisation.name: 0 for a in p.roles_today}),
            ),
            Column("role", _("role"), lambda p: _(", ").join(a.get_role_display() for a in p.roles_today)),
            Column("phone", _("phone"), lambda p: p.phone or None),
            Column("state", _("state"), lambda p: state_of(p, locked), lambda p: nowrap(state_of(p, locked))),
            Column("seen", _("last signed in"), lambda p: p.last_login, lambda p: moment(p.last_login), "last_login"),
        ],
        search=("name__contains", "username__contains", "phone__contains"),
        filters=[
            Filter("role", _("role"), lambda: Role.choices, lambda rows, role: rows.filter(_in_force(role=role))),
            Filter(
                "organisation",
                _("organisation"),
                lambda: [(str(pk), name) for pk, name in bodies],
                lambda rows, pk: rows.filter(_in_force(organisation=pk)),
            ),
            Filter(
                "state",
                _("state"),
                lambda: [
                    ("none", _("without role")),
                    ("locked", _("locked")),
                    ("deactivated", _("deactivated")),
                    ("left", _("left, with open things")),
                ],
                by_state,
            ),
        ],
        order="name",
        empty=_("Nobody is entered yet."),
        link=lambda p: reverse("person", args=[p.pk]),
        actions=[(reverse("person-new"), _("New person"), "plus")] if actor.may(Right.PEOPLE_CHANGE) else [],
    )


def organisations(actor: Actor, territory: Territory) -> Listing:
    return Listing(
        key="organisations",
        title=_("Organisations"),
        rows=queries.organisations(territory),
        columns=[
            Column("name", _("name"), lambda o: o.name, sort="name"),
            Column("kind", _("kind"), lambda o: o.get_kind_display(), sort="kind"),
            Column("division", _("territory"), lambda o: o.division.name, sort="division__path"),
            Column("user", _("water user"), lambda o: o.water_user and o.water_user.name, sort="water_user__name"),
            Column("active", _("state"), lambda o: _("active") if o.active else _("deactivated")),
        ],
        search=("name__contains", "division__name__contains"),
        filters=[Filter("kind", _("kind"), lambda: OrganisationKind.choices, "kind")],
        order="division__path",
        empty=_("No organisation is entered yet."),
        link=lambda o: reverse("organisation", args=[o.pk]),
        actions=[(reverse("organisation-new"), _("New organisation"), "plus")]
        if actor.may(Right.PEOPLE_CHANGE)
        else [],
    )


def tokens(territory: Territory) -> Listing:
    today = queries.today()

    def state(token: Any) -> str:
        if not token.active:
            return _("stopped")
        return _("expired") if token.expires_on and token.expires_on < today else _("active")

    return Listing(
        key="tokens",
        title=_("API tokens"),
        rows=queries.tokens(territory),
        columns=[
            Column("name", _("name"), lambda t: t.name, sort="name"),
            Column("prefix", _("begins with"), lambda t: t.prefix + "…"),
            Column("division", _("territory"), lambda t: t.division.name, sort="division__path"),
            Column("rights", _("rights"), lambda t: _(", ").join(str(RIGHT_LABELS[r]) for r in t.rights)),
            Column("expires", _("valid until"), lambda t: t.expires_on, sort="expires_on"),
            Column("used", _("last used"), lambda t: t.last_used_at, lambda t: moment(t.last_used_at), "last_used_at"),
            Column("state", _("state"), state),
        ],
        search=("name__contains",),
        order="name",
        empty=_("No machine has a key yet."),
        link=lambda t: reverse("token", args=[t.pk]),
        actions=[(reverse("token-new"), _("New token"), "plus")],
    )


def _value(field: Any, value: Any, names: dict[Any, str]) -> str:
    """A value as people know it: a choice by its label, a linked record by its name."""
    if value in (None, "", "None"):
        return "—"
    if getattr(field, "many_to_one", False) and str(value).isdecimal():
        key = (field.related_model, int(value))
        if key not in names:
            found = field.related_model._default_manager.filter(pk=key[1]).first()
            names[key] = f"#{value}" if found is None else str(found)
        return names[key]
    return str(dict(getattr(field, "flatchoices", None) or []).get(value, value))


def changes_of(entry: LogEntry, names: dict[Any, str] | None = None) -> list[tuple[str, str, str]]:
    """What an entry changed: the field in words, before, after. `names` keeps what was looked up for the next entry."""
    model = entry.content_type.model_class()
    fields = {f.name: f for f in model._meta.get_fields()} if model else {}
    names = {} if names is None else names
    found = []
    for name, change in (entry.changes or {}).items():
        field = fields.get(name)
        if field is not None and (field.auto_created or not getattr(field, "editable", True)):
            continue
        label = str(getattr(field, "verbose_name", name))
        if isinstance(change, dict):
            found.append((label, "—", ", ".join(change.get("objects", []))))
        else:
            found.append((label, _value(field, change[0], names), _value(field, change[1], names)))
    if entry.action == LogEntry.Action.CREATE:
        found = [(label, before, after) for label, before, after in found if after != "—"]
    return found


def _changes_text(entry: LogEntry, names: dict[Any, str]) -> str:
    return "; ".join(f"{label}: {before} → {after}" for label, before, after in changes_of(entry, names))


def _changes_cell(entry: LogEntry, names: dict[Any, str]) -> str:
    found = changes_of(entry, names)
    lines = format_html_join("", "<div>{}: {} → <b>{}</b></div>", found[:SHOWN_CHANGES])
    rest = found[SHOWN_CHANGES:]
    if not rest:
        return lines
    more = format_html_join("", "<div>{}: {} → <b>{}</b></div>", rest)
    words = _("%d more") % len(rest)
    return format_html("{}<details><summary>{}</summary>{}</details>", lines, words, more)


def _day_filter(lookup: str, given: str) -> Filter:
    """A day as a filter: whichever day is asked for is one of its choices, beside the last seven."""
    days = {str(queries.today() - timezone.timedelta(days=n)) for n in range(7)}
    try:
        asked = parse_date(given)
    except ValueError:
        asked = None
    days |= {str(asked)} if asked else set()
    return Filter(
        "day",
        _("day"),
        lambda: [(d, d) for d in sorted(days, reverse=True)],
        lambda rows, d: rows.filter(**{lookup: d}),
    )


def _who(entry: LogEntry) -> str:
    return entry.actor.name if entry.actor else _("the system")


def _kind(entry: LogEntry) -> str:
    model = entry.content_type.model_class()
    return str(model._meta.verbose_name) if model else entry.content_type.model


def action_label(action: int) -> str:
    return {0: _("created"), 1: _("altered"), 2: _("deleted"), 3: _("opened")}.get(action, "")


def audit(rows: QuerySet, given: Any, about: str = "") -> Listing:
    """Who did what and when, before and after."""
    names: dict[Any, str] = {}
    models = sorted(((str(m._meta.verbose_name), m) for m in audited_models()), key=lambda pair: pair[0])

    def labels() -> list[tuple[str, str]]:
        return [(m._meta.label_lower, label) for label, m in models]

    def of_model(rows: QuerySet, label: str) -> QuerySet:
        app, name = label.split(".")
        return rows.filter(content_type=ContentType.objects.get_by_natural_key(app, name))

    def actors() -> list[tuple[str, str]]:
        acted = Person.objects.filter(Exists(rows.filter(actor=OuterRef("pk"))))
        return [(str(pk), name) for pk, name in acted.order_by("name").values_list("pk", "name")]

    return Listing(
        key="audit",
        title=_("Audit trail") + (f" · {NO_SHEET_NAME.sub(' ', about)}" if about else ""),
        rows=rows,
        columns=[
            Column("at", _("when"), lambda e: e.timestamp, lambda e: moment(e.timestamp), "timestamp"),
            Column("who", _("who"), _who, lambda e: nowrap(_who(e)), sort="actor__name"),
            Column("action", _("did"), lambda e: action_label(e.action), lambda e: nowrap(action_label(e.action))),
            Column("kind", _("what"), _kind),
            Column("object", _("record"), lambda e: e.object_repr),
            Column(
                "changes",
                _("before → after"),
                lambda e: _changes_text(e, names),
                lambda e: _changes_cell(e, names),
            ),
            Column("from", _("address"), lambda e: e.remote_addr, shown=False),
        ],
        search=("object_repr__icontains", "actor__name__contains"),
        filters=[
            Filter("model", _("what"), labels, of_model),
            Filter("person", _("who"), actors, "actor"),
            Filter("action", _("did"), lambda: [(str(n), action_label(n)) for n in (0, 1, 2)], "action"),
            _day_filter("timestamp__date", given.get("day", "")),
        ],
        order="-pk",
        empty=_("Nothing has been changed yet."),
    )


def access_log(rows: QuerySet, given: Any) -> Listing:
    return Listing(
        key="access-log",
        title=_("Access log"),
        rows=rows,
        columns=[
            Column("at", _("when"), lambda r: r.at, lambda r: moment(r.at), "at"),
            Column("who", _("who"), lambda r: r.who, sort="who"),
            Column("address", _("address"), lambda r: r.address),
            Column("method", _("method"), lambda r: r.method),
            Column("path", _("page"), lambda r: r.path),
            Column("status", _("result"), lambda r: r.status, numeric=True),
        ],
        search=("who__contains", "path__contains", "address__startswith"),
        filters=[
            Filter(
                "answer",
                _("result"),
                lambda: [("2", pgettext_lazy("access", "answered")), ("4", _("refused")), ("5", _("error"))],
                lambda rows, d: rows.filter(status__gte=int(d) * 100, status__lt=int(d) * 100 + 100),
            ),
            _day_filter("at__date", given.get("day", "")),
        ],
        order="-pk",
        empty=_("Nobody has opened a page yet."),
    )
