"""Transfers between users, by hand-worked figures."""

from dataclasses import replace
from datetime import date
from decimal import Decimal as D

import pytest

from liangshui.core.decision import Outcome
from liangshui.quota.rules.transfer import Giver, Permit, Receiver, may_transfer

DAY = date(2026, 7, 1)
PERMIT = Permit(D(900), date(2024, 1, 1), date(2028, 12, 31))
GIVER = Giver(D(350), D(0), D(1000), D(600), D(600), D(0), (PERMIT,), unit=1, use="agriculture")
RECEIVER = Receiver((PERMIT,), unit=1, suspended=False, use="agriculture")


def outcomes(
    volume: str, giver: Giver = GIVER, receiver: Receiver = RECEIVER, groundwater: bool = True
) -> dict[str, str]:
    found = may_transfer(D(volume), giver, receiver, DAY, groundwater=groundwater)
    return {check.code: check.outcome.value for check in found.because}


def test_saved_water_within_the_permit_passes():
    assert set(outcomes("300").values()) == {"passed"}
    assert outcomes("300.001")["permit_volume"] == "failed"
    assert (outcomes("350")["saved"], outcomes("350.001")["saved"]) == ("passed", "failed")
    assert (outcomes("400")["left"], outcomes("400.001")["left"]) == ("passed", "failed")


def test_what_is_not_used_yet_is_not_saved():
    assert outcomes("100", replace(GIVER, saved_m3=D(99)))["saved"] == "failed"
    assert outcomes("100", replace(GIVER, saved_m3=None))["saved"] == "undecidable"
    assert outcomes("100", replace(GIVER, given_of_it_m3=D(250)))["saved"] == "passed"
    assert outcomes("101", replace(GIVER, given_of_it_m3=D(250)))["saved"] == "failed"


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


def test_without_known_use_nothing_is_known_to_be_left():
    found = outcomes("1", replace(GIVER, used_m3=None, drawn_m3=None))
    assert (found["left"], found["permit_volume"]) == ("undecidable", "undecidable")


@pytest.mark.parametrize(
    ("receiver", "code", "outcome"),
    [
        (replace(RECEIVER, unit=2), "unit", "needs_person"),
        (replace(RECEIVER, unit=None), "unit", "undecidable"),
        (replace(RECEIVER, suspended=True), "receiver_unit", "needs_person"),
        (replace(RECEIVER, suspended=None), "receiver_unit", "undecidable"),
        (replace(RECEIVER, use="industry"), "use", "needs_person"),
        (replace(RECEIVER, use=None), "use", "undecidable"),
        (replace(RECEIVER, permits=()), "receiver_permit", "needs_person"),
        (replace(RECEIVER, permits=(replace(PERMIT, until=date(2026, 6, 30)),)), "receiver_permit", "needs_person"),
        (replace(RECEIVER, permits=(replace(PERMIT, until=None),)), "receiver_permit", "undecidable"),
    ],
)
def test_the_receiver_is_looked_at(receiver, code, outcome):
    assert outcomes("1", receiver=receiver)[code] == outcome


def test_units_are_looked_at_for_groundwater_only():
    found = outcomes("1", receiver=replace(RECEIVER, unit=2, suspended=True), groundwater=False)
    assert set(found.values()) == {"passed"} and "unit" not in found and "receiver_unit" not in found


def test_each_ground_is_named():
    found = may_transfer(D(5000), GIVER, RECEIVER, DAY, groundwater=True)
    assert found.outcome is Outcome.FAILED
    assert found.grounds == ("AR-027",)
