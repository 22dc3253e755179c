"""Rules in words."""

from datetime import date
from typing import Any

from liangshui.core.parameters import Law


def told(law: Law, key: str, on: date) -> dict[str, Any]:
    """A rule as of a day, as the command, the API and the page tell it. Raises NotInForce."""
    rule, version = law.rule(key), law.on(key, on)
    head = rule.instrument
    return {
        "id": rule.id,
        "title": rule.title,
        "says": rule.english,
        "cited": rule.cited,
        "place": head.binds,
        "rank": head.rank.value,
        "number": head.number,
        "on": str(on),
        "since": version.since and str(version.since),
        "until": version.until and str(version.until),
        "known": version.known,
        "value": version.value,
        "unit": rule.unit,
        "status": rule.status.value,
        "confidence": rule.confidence,
        "last_checked": str(head.last_checked),
        "notes": rule.notes,
    }
