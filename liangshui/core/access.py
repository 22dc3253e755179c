"""Who may do what, and where: values without a database.

A person holds grants: a set of rights over a territory. Everything is denied that no grant allows.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from liangshui.core.errors import Forbidden


class Right(StrEnum):
    """What one may do; where, is told by the territory of the grant. Roles carry rights (accounts/roles.py)."""

    REGISTRY_VIEW = "registry.view"
    REGISTRY_CHANGE = "registry.change"
    REGISTRY_IMPORT = "registry.import"
    TELEMETRY_VIEW = "telemetry.view"
    TELEMETRY_CHANGE = "telemetry.change"
    TELEMETRY_COMMAND = "telemetry.command"
    TELEMETRY_SEND = "telemetry.send"
    READINGS_ENTER = "readings.enter"
    ACCOUNT_VIEW = "account.view"
    ACCOUNT_CHANGE = "account.change"
    QUOTA_VIEW = "quota.view"
    QUOTA_CHANGE = "quota.change"
    LAW_CHANGE = "law.change"
    PERMITS_VIEW = "permits.view"
    PERMITS_APPLY = "permits.apply"
    PERMITS_ACCEPT = "permits.accept"
    PERMITS_REVIEW = "permits.review"
    PERMITS_DECIDE = "permits.decide"
    SIGHTINGS_ENTER = "sightings.enter"
    REPORTS_VIEW = "reports.view"
    REPORTS_CHANGE = "reports.change"
    PULL_CHANGE = "pull.change"
    PORTAL_CHANGE = "portal.change"
    PEOPLE_VIEW = "people.view"
    PEOPLE_CHANGE = "people.change"
    SECURITY_CHANGE = "security.change"
    SYSTEM_CHANGE = "system.change"
    AUDIT_VIEW = "audit.view"


@dataclass(frozen=True, slots=True)
class Territory:
    """A part of the world that someone may see: whole divisions with all below them (辖区), and own water users.

    `paths` are prefixes of `Division.path`, such as "150000/150600/150625/150625100/"; `users` are ids of water users.
    The empty territory sees nothing.
    """

    everywhere: bool = False
    paths: frozenset[str] = frozenset()
    users: frozenset[int] = frozenset()

    def __or__(self, other: "Territory") -> "Territory":
        return Territory(
            self.everywhere or other.everywhere,
            outermost(self.paths | other.paths),
            self.users | other.users,
        )

    def __bool__(self) -> bool:
        return self.everywhere or bool(self.paths) or bool(self.users)

    def holds_path(self, path: str | None) -> bool:
        """Whether a division lies within; None (lies nowhere) only within everywhere."""
        if self.everywhere:
            return True
        return path is not None and any(path.startswith(prefix) for prefix in self.paths)

    def holds_user(self, user_id: int | None) -> bool:
        """Whether a water user is one of the reader's own."""
        return self.everywhere or (user_id is not None and user_id in self.users)

    def narrowed(self, path: str) -> "Territory":
        """The part of this territory within one division, as chosen in the top bar."""
        if self.holds_path(path):
            return Territory(paths=frozenset({path}))
        return Territory(paths=frozenset(p for p in self.paths if p.startswith(path)), users=self.users)


EVERYWHERE = Territory(everywhere=True)
NOWHERE = Territory()


def outermost(paths: Iterable[str]) -> frozenset[str]:
    """Drop every path that lies within another."""
    kept: list[str] = []
    for path in sorted(paths):
        if not kept or not path.startswith(kept[-1]):
            kept.append(path)
    return frozenset(kept)


@dataclass(frozen=True, slots=True)
class Grant:
    """Rights over a territory, with the words that say where they come from (role, delegation), and the organisation that gave them."""

    rights: frozenset[str]
    territory: Territory
    origin: str = ""
    organisation: int | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """The one who acts: a person, a machine with a token, or the system itself.

    Services take an actor, check it, and write it into the audit trail.
    """

    name: str
    person_id: int | None = None
    grants: tuple[Grant, ...] = field(default=())

    def territory(self, right: str) -> Territory:
        """Where the actor holds a right; empty if nowhere."""
        total = NOWHERE
        for grant in self.grants:
            if right in grant.rights:
                total = total | grant.territory
        return total

    def acts_for(self, right: str, organisation: int) -> bool:
        """Whether the actor holds the right from an organisation; the system acts for everybody."""
        return any(
            right in g.rights and (g.organisation == organisation or g.territory.everywhere) for g in self.grants
        )

    def may(self, right: str) -> bool:
        """Whether the actor holds the right anywhere at all."""
        return bool(self.territory(right))

    def require(self, right: str, *, path: str | None = None, user_id: int | None = None) -> None:
        """Raise `Forbidden` unless the actor holds the right where the thing lies.

        With neither path nor user, the right must be held somewhere.
        """
        territory = self.territory(right)
        if path is None and user_id is None:
            allowed = bool(territory)
        else:
            allowed = territory.holds_path(path) or territory.holds_user(user_id)
        if not allowed:
            raise Forbidden(right)


class _AllRights(frozenset[str]):
    """Contains every right: the grant of the system's own doings."""

    def __contains__(self, item: object) -> bool:
        return True


SYSTEM = Actor("system", grants=(Grant(_AllRights(), EVERYWHERE, "system"),))
"""The installation itself: commands run by its operator, the worker, the demo."""
