"""The daily look (每日比对): which conditions of permits are not kept, since when, and which are kept again."""

from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from liangshui.core.access import EVERYWHERE, Territory
from liangshui.permits import checks
from liangshui.permits.models import ConditionFinding
from liangshui.permits.rules.conditions import Finding, Verdict, Volume

TOLD = frozenset({Verdict.EXCEEDED, Verdict.PERHAPS})
DISUSED = Finding("disuse", Verdict.PERHAPS, None, Volume(Decimal(0)))
"""That nothing was taken for the years of 取水条例 44: the permit may be cancelled, a person decides."""


def look_at_permits() -> int:
    """Compare use of this year, and in January of the last one too, with every standing permit, and write down what is not kept; how many
    findings opened or went."""
    today = timezone.localdate()
    years = [today.year - 1, today.year] if today.month == 1 else [today.year]
    return sum(_look(year, today) for year in years)


def _look(year: int, today: date) -> int:
    """Findings of other years, and of permits that are not looked at any more, stay as they are."""
    looked_at = checks.kept(EVERYWHERE, year, today)
    with transaction.atomic():
        return _keep(looked_at, year, today)


def _keep(looked_at: list[checks.Kept], year: int, today: date) -> int:
    changed = 0
    permits = [kept.permit.pk for kept in looked_at]
    rows = ConditionFinding.objects.filter(permit__in=permits, year=year, gone_on=None)
    standing = {(f.permit_id, f.code, f.what): f for f in rows}
    for kept in looked_at:
        disuse = [DISUSED] if kept.disused and year == today.year else []
        for finding in [*kept.findings, *disuse]:
            if finding.verdict not in TOLD:
                continue
            row = standing.pop((kept.permit.pk, finding.code, finding.what), None)
            if row is None:
                row = ConditionFinding(
                    permit=kept.permit, year=year, code=finding.code, what=finding.what, opened_on=today
                )
                changed += 1
            row.verdict, row.seen_on = finding.verdict.value, today
            row.limit_m3, row.volume_m3, row.over_m3 = finding.limit_m3, finding.volume.m3, finding.over_m3
            row.save()
    for row in standing.values():
        row.gone_on = today
        row.save()
        changed += 1
    return changed


def not_kept(territory: Territory, year: int) -> int:
    """How many permits exceed a condition for certain, as the last look found."""
    rows = ConditionFinding.objects.within(territory).filter(year=year, gone_on=None, verdict=Verdict.EXCEEDED.value)
    return rows.values("permit").distinct().count()


def disused(territory: Territory, year: int) -> int:
    """How many permits nothing was taken by for so long that they may be cancelled, as the last look found."""
    return ConditionFinding.objects.within(territory).filter(year=year, gone_on=None, code="disuse").count()
