"""Verbs of control zones: entered, changed and ended by a document, confirmed by a second officer (records/second.py)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from liangshui.core.access import Actor, Right
from liangshui.core.errors import Invalid
from liangshui.records import second
from liangshui.registry.models import ControlZone, ZoneProposal
from liangshui.registry.queries import county_path
from liangshui.registry.services import may_change_county, store

ROOM = "registry"
CONFIRM = Right.LAW_CHANGE
"""Who may confirm: zones refuse as figures of law do, and who enters the ledger is not always two."""


@dataclass(frozen=True)
class ZoneChange:
    """A control zone as it shall be; `zone`: the one that it is now, None of a new one. An end is a change of `valid_to`.

    Where it counts from later than the zone began, the zone ends on that day and another begins; else the zone is corrected.
    """

    kind: str
    name: str
    geometry: dict[str, Any]
    valid_from: date
    valid_to: date | None = None
    zone: ControlZone | None = None

    @classmethod
    def read(cls, told: dict[str, Any]) -> "ZoneChange":
        """One of the changes of a proposal. Raises Invalid: the zone was changed since it was entered."""
        zone = ControlZone.objects.filter(pk=told["zone"]).first() if told["zone"] else None
        if told["zone"] and (zone is None or zone.proposal_id != told["stood_by"]):
            raise Invalid(
                _("“%s” was changed after this was entered. Refuse it, and have it entered anew.") % told["name"]
            )
        until = date.fromisoformat(told["valid_to"]) if told["valid_to"] else None
        return cls(told["kind"], told["name"], told["geometry"], date.fromisoformat(told["valid_from"]), until, zone)

    def told(self) -> dict[str, Any]:
        """The same as a proposal keeps it."""
        return {
            "kind": str(self.kind), "name": self.name, "geometry": self.geometry, "valid_from": self.valid_from.isoformat(),
            "valid_to": self.valid_to.isoformat() if self.valid_to else None, "zone": self.zone and self.zone.pk,
            "stood_by": self.zone and self.zone.proposal_id,
        }  # fmt: skip

    @property
    def later(self) -> bool:
        """Whether another row begins when it counts."""
        return self.zone is not None and self.valid_from > self.zone.valid_from

    def check(self) -> None:
        """Raises Invalid: the outline is none, the days cannot be, or a zone of this kind and name stands already."""
        if not self.name.strip():
            raise Invalid(_("A zone has a name."), field="name")
        _require_area(self.geometry)
        if self.valid_to and self.valid_to <= self.valid_from:
            raise Invalid(_("The end lies before the beginning."), field="valid_to")
        if self.zone and self.zone.valid_to and self.valid_from >= self.zone.valid_to:
            raise Invalid(_("It has ended already."), field="valid_from")
        same = ControlZone.objects.filter(kind=self.kind, name=self.name.strip())
        same = same.filter(Q(valid_to=None) | Q(valid_to__gt=self.valid_from))
        if self.valid_to:
            same = same.filter(valid_from__lt=self.valid_to)
        if self.zone:
            same = same.exclude(pk=self.zone.pk)
        if same.exists():
            raise Invalid(
                _("There is a zone “%s” of this kind already. Change that one, or end it.") % self.name, field="name"
            )

    def write(self, proposal: ZoneProposal) -> ControlZone:
        """The zone as it now stands."""
        values = {
            "kind": self.kind, "name": self.name.strip(), "geometry": self.geometry, "valid_from": self.valid_from,
            "valid_to": self.valid_to, "document": proposal.document, "proposal": proposal,
        }  # fmt: skip
        if self.zone and self.later:
            store(self.zone, {"valid_to": self.valid_from, "proposal": proposal})
        return store(self.zone if self.zone and not self.later else ControlZone(), values)


def _require_area(geometry: Any) -> None:
    from shapely.errors import ShapelyError
    from shapely.geometry import shape

    words = _("The outline is no closed area with places in degrees. Import it from a file, or mend it.")
    try:
        found = shape(geometry)
        fits = found.geom_type in ("Polygon", "MultiPolygon") and not found.is_empty and found.is_valid
        left, low, right, high = found.bounds if fits else (0, 0, 999, 999)
    except (ShapelyError, ValueError, TypeError, AttributeError, KeyError, IndexError) as error:
        raise Invalid(words, field="geometry") from error
    if not (fits and -180 <= left <= right <= 180 and -90 <= low <= high <= 90):
        raise Invalid(words, field="geometry")


@transaction.atomic
def propose(
    actor: Actor,
    changes: Sequence[ZoneChange],
    *,
    document: str,
    document_number: str,
    issued_on: date | None,
    paper: bytes | str | None = None,
) -> ZoneProposal:
    """Enter zones, changes and ends by their document; they bind when another officer has confirmed them.

    Raises:
        Forbidden: the actor may not change what belongs to the whole county.
        Invalid: as `ZoneChange.check`; the document is not told, or not taken.
    """
    may_change_county(actor)
    for change in changes:
        change.check()
    by = second.entered(
        actor, ROOM, document=document, document_number=document_number, issued_on=issued_on, paper=paper
    )
    return ZoneProposal.objects.create(changes=[change.told() for change in changes], **by)


@transaction.atomic
def decide(actor: Actor, proposal: ZoneProposal, *, agreed: bool, words: str = "") -> ZoneProposal:
    """Confirm what another officer has entered, which writes the zones, or refuse it.

    Raises:
        Forbidden: the actor may not confirm for the whole county.
        Invalid: it does not wait; it is one's own; it is refused without words; a zone has changed since; or as `propose`.
    """
    actor.require(CONFIRM, path=county_path())
    row = second.decided(actor, proposal, agreed=agreed, words=words)
    if agreed:
        list(ControlZone.objects.select_for_update().values("pk"))
        for told in row.changes:
            change = ZoneChange.read(told)
            change.check()
            told["made"] = change.write(row).pk
        row.save(update_fields=["changes"])
    return row


@transaction.atomic
def withdraw(actor: Actor, proposal: ZoneProposal) -> ZoneProposal:
    """Take back what one has entered, while it waits."""
    may_change_county(actor)
    return second.withdrawn(actor, proposal, Right.REGISTRY_CHANGE)
