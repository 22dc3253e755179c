"""Entering what is known of an aquifer."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from liangshui.core.access import Actor, Right
from liangshui.core.errors import Invalid
from liangshui.permits.aquifer_models import AquiferFigures
from liangshui.quota.queries import county
from liangshui.registry.models import ManagementUnit


@transaction.atomic
def enter_figures(
    actor: Actor, unit: ManagementUnit, source: str, *, valid_from: date, document: str, **figures: Decimal
) -> AquiferFigures:
    """Figures of a unit's aquifer from a day on; those before end, and those of the same day were a mistake and go.

    Raises:
        Forbidden: without the right for the whole county.
        Invalid: the day is to come, or lies before figures in force; or a range is out of order.
    """
    actor.require(Right.QUOTA_CHANGE, path=county().path)
    if valid_from > timezone.localdate():
        raise Invalid(_("The day is still to come."), field="valid_from")
    for name, end in (("transmissivity", "_m2_d"), ("storativity", "")):
        low, best, high = (figures[f"{name}_{which}{end}"] for which in ("low", "best", "high"))
        if not 0 < low <= best <= high:
            raise Invalid(_("The figures run from least to most, above zero."), field=f"{name}_best{end}")
    now: Any = AquiferFigures.objects.select_for_update().filter(unit=unit, source=source).current().first()
    if now and valid_from < now.valid_from:
        raise Invalid(
            _("The present figures hold since %(day)s; new ones cannot begin before them.") % {"day": now.valid_from},
            field="valid_from",
        )
    if now and valid_from == now.valid_from:
        now.delete()
    elif now:
        now.valid_to = valid_from
        now.save()
    return AquiferFigures.objects.create(
        unit=unit, source=source, valid_from=valid_from, document=document.strip(), entered_by_id=actor.person_id, **figures
    )  # fmt: skip
