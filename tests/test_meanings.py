"""An English word that means two things has two Chinese words: each place says the one of its own trade."""

import pytest
from django.utils import translation

from liangshui.metering.codes import FaultState
from liangshui.metering.models import Fault
from liangshui.permits.models import PermitVersion, Sighting
from liangshui.portal.models import ProblemState
from liangshui.quota.models import Transfer
from liangshui.quota.split_queries import Basis
from liangshui.quota.unit_models import LevelReading
from liangshui.readings.models import HandReading
from liangshui.telemetry.models import Picture


@pytest.mark.parametrize(
    ("word", "chinese"),
    [
        (Basis.HAND.label, "手工分配"),
        (FaultState.CONFIRMED.label, "已确认"),
        (Fault._meta.get_field("sent_at").verbose_name, "派修时间"),
        (Sighting.Outcome.NONE.label, "不属于取水"),
        (PermitVersion.Origin.CHANGED.label, "变更"),
        (PermitVersion.Origin.RENEWED.label, "延续"),
        (PermitVersion._meta.get_field("case").verbose_name, "办件"),
        (ProblemState.NEW.label, "待受理"),
        (ProblemState.ANSWERED.label, "已答复"),
        (Transfer._meta.get_field("receiver").verbose_name, "受让方"),
        (LevelReading._meta.get_field("read_by").verbose_name, "观测人"),
        (HandReading._meta.get_field("read_by").verbose_name, "抄表人"),
        (Picture._meta.get_field("at").verbose_name, "拍摄时间"),
    ],
)
def test_a_word_is_said_as_its_trade_says_it(word, chinese):
    with translation.override("zh-hans"):
        assert str(word) == chinese
