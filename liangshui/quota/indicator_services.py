"""Entering control indicators. A correction is a new row that ends the old one."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from liangshui.core.access import Actor, Right
from liangshui.core.errors import Invalid
from liangshui.quota import indicator_queries as queries
from liangshui.quota.models import INPUTS, SINGLE, SOURCES, Indicator, IndicatorKind
from liangshui.quota.queries import county
from liangshui.quota.rules.bounds import COEFFICIENT, SHARE_PCT
from liangshui.quota.rules.efficiency import irrigation_coefficient
from liangshui.quota.words import require_within
from liangshui.registry.models import Division, ManagementUnit

TYPED = ("amount_10k_yuan", "base_m3_per_10k_yuan", "base_year", "net_m3", "gross_m3", "actual")


@transaction.atomic
def enter(
    actor: Actor,
    place: Division | ManagementUnit,
    year: int,
    kind: str,
    *,
    source_kind: str = "",
    sector: str = "",
    replaces: Indicator | None = None,
    target: Decimal | None = None,
    document: str = "",
    document_number: str = "",
    issued_on: date | None = None,
    actual_source: str = "",
    **inputs: Any,
) -> Indicator:
    """Enter a target, inputs of the actual figure, or both, in the measure of the kind; `replaces` is ended by it.

    A volume may be that of one source of its kind, or of one use, alone.

    Raises:
        Forbidden: the actor may not allot water in the whole county.
        Invalid: a figure cannot be meant; the kind has no such source or use; there is such an indicator already; the system knows the figure itself; or a source is not named.
    """
    unit = place if isinstance(place, ManagementUnit) else None
    division = place.division if isinstance(place, ManagementUnit) else place
    actor.require(Right.QUOTA_CHANGE, path=county().path)
    if unit is not None and kind != IndicatorKind.GROUNDWATER:
        raise Invalid(_("Only the use of groundwater has an indicator by management unit."), field="place")
    if source_kind and source_kind not in SINGLE.get(IndicatorKind(kind), ()):
        raise Invalid(_("This indicator is not told by this source."), field="source_kind")
    if sector and kind not in SOURCES:
        raise Invalid(_("Only volumes are told by use."), field="sector")
    where = {
        "year": year,
        "kind": kind,
        "source_kind": source_kind,
        "sector": sector,
        "division": None if unit else division,
        "unit": unit,
    }
    current = Indicator.objects.select_for_update().filter(ended_at=None, **where).first()
    if current != replaces:
        raise Invalid(_("This place has this indicator of the year already. Correct that one instead."), field="place")
    given = {name: inputs[name] for name in TYPED if inputs.get(name) is not None}
    _sensible(kind, target, document, actual_source, given)
    node = queries.node_of(place, sector)
    if target is not None and queries.ledger_target(node, year, kind, source_kind) is not None:
        raise Invalid(
            _("The ledger of allotments says this target. Change it there, so that there is one figure only."),
            field="target",
        )
    if current is not None:
        current.ended_at, current.ended_by_id = timezone.now(), actor.person_id
        current.save(update_fields=["ended_at", "ended_by"])
    return Indicator.objects.create(
        **where, target=target, document=document.strip(), document_number=document_number.strip(), issued_on=issued_on,
        actual_source=actual_source.strip(), entered_by_id=actor.person_id, **given,
    )  # fmt: skip


def _sensible(kind: str, target: Decimal | None, document: str, actual_source: str, given: dict[str, Any]) -> None:
    allowed = INPUTS.get(IndicatorKind(kind), ())
    if not given.keys() <= set(allowed):
        raise Invalid(_("The actual figure of this indicator comes from the account and is not typed."))
    bounds = SHARE_PCT if kind in queries.PERCENT else COEFFICIENT if kind == IndicatorKind.IRRIGATION else None
    for name, value in (("target", target), *given.items()):
        if bounds and name in ("target", "actual"):
            require_within(value, bounds, name)
        elif value is not None and value < 0:
            raise Invalid(_("This does not lie below zero. Look at what was typed."), field=name)
    if target is None and not given:
        raise Invalid(_("Enter a target, or figures of what was reached."))
    if target is not None and not document.strip():
        raise Invalid(_("Name the document that sets the target."), field="document")
    if given and not actual_source.strip():
        raise Invalid(_("Say where the figures come from."), field="actual_source")
    missing = [name for name in allowed if name not in given and name != "actual"]
    if given and kind != IndicatorKind.IRRIGATION and missing:
        raise Invalid(_("This figure belongs to it."), field=missing[0])
    if kind == IndicatorKind.IRRIGATION and given:
        if ("net_m3" in given) != ("gross_m3" in given) or ("actual" in given) == ("net_m3" in given):
            raise Invalid(_("Enter either net and gross water, or the coefficient itself."), field="actual")
        if "net_m3" in given:
            try:
                irrigation_coefficient([(given["net_m3"], given["gross_m3"])])
            except ValueError as error:
                raise Invalid(
                    _("Gross water must be above zero and not less than net water."), field="gross_m3"
                ) from error
