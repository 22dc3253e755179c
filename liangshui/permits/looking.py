"""The daily look (每日比对): which conditions of permits are not kept, since when, and which are kept again."""

from django.db import transaction
from django.utils import timezone

from liangshui.core.access import EVERYWHERE
from liangshui.permits import checks
from liangshui.permits.models import ConditionFinding
from liangshui.permits.rules.conditions import Verdict

TOLD = frozenset({Verdict.EXCEEDED, Verdict.PERHAPS})


@transaction.atomic
def look_at_permits() -> int:
    """Compare use of this year with every standing permit, and write down what is not kept; how many findings opened or went."""
    today, changed = timezone.localdate(), 0
    standing = {(f.permit_id, f.year, f.code, f.what): f for f in ConditionFinding.objects.filter(gone_on=None)}
    for kept in checks.kept(EVERYWHERE, today.year, today):
        for finding in kept.findings:
            if finding.verdict not in TOLD:
                continue
            key = (kept.permit.pk, today.year, finding.code, finding.what)
            row = standing.pop(key, None)
            if row is None:
                row = ConditionFinding(
                    permit=kept.permit, year=today.year, code=finding.code, what=finding.what, opened_on=today
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
