"""Transfers between users, by hand-worked figures."""

from dataclasses import replace
from datetime import date
from decimal import Decimal as D

import pytest

from liangshui.core.decision import Outcome
from liangshui.quota.rules.transfer import Giver, Permit, may_transfer

DAY = date(2026, 7, 1)
PERMIT = Permit(D(900), date(2024, 1, 1), date(2028, 12, 31))
GIVER = Giver(D(1000), D(600), D(600), D(0), (PERMIT,))
SAME = {"groundwater": True, "giver_unit": 1, "receiver_unit": 1}


def outcomes(volume: str, giver: Giver = GIVER, **more) -> dict[str, str]:
    found = may_transfer(D(volume), giver, DAY, **{**SAME, **more})
    return {check.code: check.outcome.value for check in found.because}


def test_saved_water_within_the_permit_passes():
    assert set(outcomes("300").values()) == {"passed"}
    assert outcomes("300.001")["permit_volume"] == "failed"
    assert outcomes("400")["saved"] == "passed"
    assert outcomes("400.001")["saved"] == "failed"


@pytest.mark.parametrize(
    ("permits", "code", "outcome"),
    [
        ((), "permit_valid", "undecidable"),
        ((replace(PERMIT, until=None),), "permit_valid", "undecidable"),
        ((replace(PERMIT, until=date(2026, 6, 30)),), "permit_valid", "failed"),
        ((replace(PERMIT, until=DAY),), "permit_valid", "passed"),
        ((replace(PERMIT, since=date(2026, 7, 2)),), "permit_valid", "failed"),
        ((replace(PERMIT, permitted_m3=None),), "permit_volume", "undecidable"),
        ((replace(PERMIT, permitted_m3=D(700)), replace(PERMIT, permitted_m3=D(250))), "permit_volume", "passed"),
        ((replace(PERMIT, permitted_m3=D(700)), replace(PERMIT, permitted_m3=None)), "permit_volume", "undecidable"),
        ((replace(PERMIT, permitted_m3=D(700)), replace(PERMIT, since=None)), "permit_volume", "undecidable"),
    ],
)
def test_what_is_not_recorded_is_left_undecided(permits, code, outcome):
    assert outcomes("300", replace(GIVER, permits=permits))[code] == outcome


def test_what_was_given_before_counts_against_the_permit():
    before = replace(GIVER, allotted_m3=D(800), given_m3=D(200))
    assert outcomes("100", before)["permit_volume"] == "passed"
    assert outcomes("101", before)["permit_volume"] == "failed"


def test_without_known_use_nothing_is_known_to_be_saved():
    found = outcomes("1", replace(GIVER, used_m3=None, drawn_m3=None))
    assert (found["saved"], found["permit_volume"]) == ("undecidable", "undecidable")


def test_water_of_another_unit_needs_a_person():
    assert outcomes("1", receiver_unit=2)["unit"] == "needs_person"
    assert outcomes("1", receiver_unit=None)["unit"] == "undecidable"
    assert "unit" not in outcomes("1", groundwater=False, receiver_unit=2)


def test_each_ground_is_named():
    found = may_transfer(D(5000), GIVER, DAY, **SAME)
    assert found.outcome is Outcome.FAILED
    assert found.grounds == ("AR-027",)
