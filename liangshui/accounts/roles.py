"""Roles (角色) and the rights that they carry. A right is `room.verb`; what no role carries nobody may do."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from liangshui.core.access import Right


class Role(models.TextChoices):
    """Roles that an organisation gives to its people."""

    BUREAU_OFFICER = "bureau_officer", _("bureau officer")
    BUREAU_LEADER = "bureau_leader", _("bureau leader")
    DEPARTMENT_OFFICER = "department_officer", _("department officer")
    APPROVAL_OFFICER = "approval_officer", _("officer of the approval office")
    TOWN_OFFICER = "town_officer", _("town officer")
    VILLAGE_OFFICER = "village_officer", _("village officer")
    ENFORCEMENT_OFFICER = "enforcement_officer", _("enforcement officer")
    ZONE_OFFICER = "zone_officer", _("development-zone officer")
    WATER_USER = "water_user", _("water user")
    AUDITOR = "auditor", _("auditor")
    CITY_PLATFORM = "city_platform", _("city platform")
    SYSTEM_ADMIN = "system_admin", _("system administrator")
    SECURITY_ADMIN = "security_admin", _("security administrator")
    AUDIT_ADMIN = "audit_admin", _("audit administrator")


RIGHT_LABELS = {
    Right.REGISTRY_VIEW: _("see the ledger"),
    Right.REGISTRY_CHANGE: _("change the ledger"),
    Right.REGISTRY_IMPORT: _("import ledgers"),
    Right.TELEMETRY_VIEW: _("see stations and frames"),
    Right.TELEMETRY_CHANGE: _("adopt and set stations"),
    Right.TELEMETRY_COMMAND: _("send commands to stations, and decide on those of others"),
    Right.TELEMETRY_SEND: _("send observations"),
    Right.READINGS_ENTER: _("enter hand readings"),
    Right.ACCOUNT_VIEW: _("see water accounts"),
    Right.ACCOUNT_CHANGE: _("recompute and set accounting rules"),
    Right.QUOTA_VIEW: _("see allotments"),
    Right.QUOTA_CHANGE: _("allot water"),
    Right.LAW_CHANGE: _("enter figures of law, and confirm those of others"),
    Right.PERMITS_VIEW: _("see permits and their cases"),
    Right.PERMITS_APPLY: _("apply for permits"),
    Right.PERMITS_ACCEPT: _("accept applications for permits"),
    Right.PERMITS_REVIEW: _("review applications for permits, and keep the register"),
    Right.PERMITS_DECIDE: _("decide on permits"),
    Right.SIGHTINGS_ENTER: _("enter abstractions found on the spot"),
    Right.REPORTS_VIEW: _("see tables for superiors"),
    Right.REPORTS_CHANGE: _("map, fill and issue tables for superiors"),
    Right.PULL_CHANGE: _("set up what is pulled from others"),
    Right.PORTAL_CHANGE: _("publish wells and answer problems"),
    Right.PEOPLE_VIEW: _("see people and organisations"),
    Right.PEOPLE_CHANGE: _("appoint people"),
    Right.SECURITY_CHANGE: _("lock, unlock and issue tokens"),
    Right.SYSTEM_CHANGE: _("set up the installation"),
    Right.AUDIT_VIEW: _("see the audit trail"),
}

_SEE = frozenset({Right.REGISTRY_VIEW, Right.TELEMETRY_VIEW, Right.ACCOUNT_VIEW, Right.QUOTA_VIEW, Right.PERMITS_VIEW})

RIGHTS: dict[str, frozenset[str]] = {
    Role.BUREAU_OFFICER: _SEE
    | {
        Right.REGISTRY_CHANGE,
        Right.REGISTRY_IMPORT,
        Right.TELEMETRY_CHANGE,
        Right.TELEMETRY_COMMAND,
        Right.TELEMETRY_SEND,
        Right.READINGS_ENTER,
        Right.ACCOUNT_CHANGE,
        Right.QUOTA_CHANGE,
        Right.LAW_CHANGE,
        Right.PERMITS_APPLY,
        Right.PERMITS_ACCEPT,
        Right.PERMITS_REVIEW,
        Right.SIGHTINGS_ENTER,
        Right.REPORTS_VIEW,
        Right.REPORTS_CHANGE,
        Right.PULL_CHANGE,
        Right.PORTAL_CHANGE,
        Right.PEOPLE_VIEW,
    },
    Role.BUREAU_LEADER: _SEE
    | {
        Right.TELEMETRY_COMMAND,
        Right.QUOTA_CHANGE,
        Right.LAW_CHANGE,
        Right.PERMITS_REVIEW,
        Right.PERMITS_DECIDE,
        Right.SIGHTINGS_ENTER,
        Right.REPORTS_VIEW,
        Right.PEOPLE_VIEW,
    },
    Role.DEPARTMENT_OFFICER: _SEE | {Right.REPORTS_VIEW},
    Role.APPROVAL_OFFICER: _SEE | {Right.PERMITS_APPLY, Right.PERMITS_ACCEPT, Right.PERMITS_DECIDE},
    Role.TOWN_OFFICER: _SEE
    | {
        Right.PERMITS_APPLY,
        Right.REGISTRY_CHANGE,
        Right.REGISTRY_IMPORT,
        Right.READINGS_ENTER,
        Right.SIGHTINGS_ENTER,
        Right.PORTAL_CHANGE,
    },
    Role.VILLAGE_OFFICER: _SEE | {Right.READINGS_ENTER, Right.SIGHTINGS_ENTER},
    Role.ENFORCEMENT_OFFICER: _SEE | {Right.SIGHTINGS_ENTER},
    Role.ZONE_OFFICER: _SEE | {Right.REGISTRY_CHANGE, Right.READINGS_ENTER, Right.SIGHTINGS_ENTER},
    Role.WATER_USER: _SEE | {Right.PERMITS_APPLY},
    Role.AUDITOR: _SEE | {Right.REPORTS_VIEW, Right.PEOPLE_VIEW, Right.AUDIT_VIEW},
    Role.CITY_PLATFORM: _SEE | {Right.TELEMETRY_SEND},
    Role.SYSTEM_ADMIN: frozenset({Right.SYSTEM_CHANGE, Right.PEOPLE_VIEW}),
    Role.SECURITY_ADMIN: frozenset({Right.SECURITY_CHANGE, Right.PEOPLE_VIEW, Right.PEOPLE_CHANGE}),
    Role.AUDIT_ADMIN: frozenset({Right.AUDIT_VIEW, Right.PEOPLE_VIEW}),
}
"""Rights by role. The three administrators see no water data, and none of them can do another's work (三员分立)."""

ADMINISTRATORS = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN})

TOKEN_RIGHTS = frozenset(
    {
        Right.REGISTRY_VIEW,
        Right.TELEMETRY_VIEW,
        Right.TELEMETRY_SEND,
        Right.ACCOUNT_VIEW,
        Right.QUOTA_VIEW,
        Right.PERMITS_VIEW,
        Right.PERMITS_APPLY,
    }
)
"""What a machine may be given: to read, to send observations, and to hand in applications."""
