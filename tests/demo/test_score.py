"""What is hidden in a small banner is found, and nobody sound is accused; benchmarks/findings.py does it over ten large ones."""

import json

from django.db import transaction
from django.test import override_settings
from django.utils import timezone

from liangshui.demo.generate import Size
from liangshui.demo.load import load_demo
from liangshui.demo.score import score_of

SIZE = Size(intakes=200, stations=60, users=120, months=8)


def test_hidden_faults_and_frauds_are_found_and_nobody_sound_is_accused(django_db_setup, django_db_blocker, tmp_path):
    with django_db_blocker.unblock(), override_settings(HOME=tmp_path), transaction.atomic():
        load_demo(7, timezone.localdate(), lambda line: None, size=SIZE)
        scored = score_of(json.loads((tmp_path / "demo-hidden.json").read_text(encoding="utf-8"))["hidden"])
        transaction.set_rollback(True)
    assert sum(scored.hidden.values()) >= 13
    assert scored.share >= 0.95, scored.hidden - scored.found
    assert scored.wrongly < 0.02, scored.accused
