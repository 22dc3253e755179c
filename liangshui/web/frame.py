"""What every page shows around its content: menu, area and year, demo strip."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from liangshui.core.access import Right
from liangshui.records.installation import is_demo
from liangshui.web.scope import areas


@dataclass(frozen=True)
class Entry:
    """One entry of the menu: label, icon, page, and the right that it takes to see it."""

    label: str
    icon: str
    page: str
    right: Right


MENU = [
    Entry(_("Home"), "home", "home", None),
    Entry(_("One map"), "map-2", "map", Right.REGISTRY_VIEW),
    Entry(_("Intakes"), "droplet", "intake-list", Right.REGISTRY_VIEW),
    Entry(_("Water users"), "users", "user-list", Right.REGISTRY_VIEW),
    Entry(_("Projects and permits"), "file-certificate", "project-list", Right.REGISTRY_VIEW),
    Entry(_("Imports"), "table-import", "import-list", Right.REGISTRY_IMPORT),
    Entry(_("Pull"), "cloud-download", "pull", Right.PULL_CHANGE),
    Entry(_("Stations"), "antenna", "station-list", Right.TELEMETRY_VIEW),
    Entry(_("Supervision of metering"), "shield-search", "metering", Right.TELEMETRY_VIEW),
    Entry(_("Hand readings"), "gauge", "readings", Right.READINGS_ENTER),
    Entry(_("Water account"), "chart-histogram", "account", Right.ACCOUNT_VIEW),
    Entry(_("Red lines"), "ruler-measure", "quota", Right.QUOTA_VIEW),
    Entry(_("Permits"), "certificate", "permit-list", Right.PERMITS_VIEW),
    Entry(_("What may be granted"), "clipboard-check", "room", Right.QUOTA_VIEW),
    Entry(_("Water sets the limits"), "droplet-search", "conformity", Right.QUOTA_VIEW),
    Entry(_("Law"), "scale", "law", None),
    Entry(_("Tables for superiors"), "report", "reports", Right.REPORTS_VIEW),
    Entry(_("Village cards"), "id", "villages", Right.ACCOUNT_VIEW),
    Entry(_("Public and labels"), "qrcode", "problems", Right.PORTAL_CHANGE),
    Entry(_("People"), "sitemap", "people", Right.PEOPLE_VIEW),
    Entry(_("Audit trail"), "history", "audit", Right.AUDIT_VIEW),
]
"""Rooms in the order of the work."""

PHONE = ("home", "map", "intake-list", "account", "permit-list")
"""The entries of the bottom bar on a phone, for who may open them."""


def _within(path: str, url: str) -> bool:
    """Whether a page is that of a menu entry, or lies below it."""
    return path == url if url == "/" else path.startswith(url)


def frame(request: HttpRequest) -> dict[str, object]:
    """Context of every template."""
    actor = getattr(request, "actor", None)
    if actor is None or not actor.grants:
        return {"demo": is_demo(), "menu": []}
    entries = [e for e in MENU if e.right is None or actor.may(e.right)]
    shown = []
    for entry in entries:
        try:
            url = reverse(entry.page)
        except NoReverseMatch:
            continue
        shown.append(
            {
                "label": entry.label,
                "icon": entry.icon,
                "url": url,
                "page": entry.page,
                "active": _within(request.path, url),
            }
        )
    nearest = max(
        (e["url"] for e in shown if e["active"]), key=len, default=""
    )  # rooms may lie below another room's address
    for entry in shown:
        entry["active"] = entry["url"] == nearest
    return {
        "demo": is_demo(),
        "menu": shown,
        "phone_menu": [e for e in shown if e["page"] in PHONE],
        "scope_areas": SimpleLazyObject(lambda: areas(actor)),
        "scope": request.scope,
        "years": range(request.scope.today.year, request.scope.today.year - 6, -1),
    }
