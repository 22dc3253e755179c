"""The banner of other modules is gone when they have ended. (This test is also what asks pytest-django for a database here.)"""

import pytest

from liangshui.registry.models import Intake


@pytest.mark.django_db
def test_nothing_is_there_without_the_banner():
    assert not Intake.objects.exists()
