"""The life of a case: what may follow what, and each clock with dates counted by hand on the calendar of 2024."""

from datetime import date

import pytest

from liangshui.parameters.law import calendar_of, shipped
from liangshui.permits.rules.life import (
    CLOSED,
    LIFE,
    WORKER,
    Act,
    Kind,
    Promise,
    State,
    Step,
    Who,
    accepted_on,
    after,
    clocks,
    due_now,
    excluded_days,
    state_of,
    who_acts,
)

LAW = shipped()
CALENDAR = calendar_of(LAW)
MONDAY = date(2024, 3, 4)
RECEIVED = Step(Act.SUBMIT, MONDAY)
ACCEPTED = Step(Act.ACCEPT, date(2024, 3, 11))
BUILT = [
    RECEIVED, ACCEPTED, Step(Act.OPINION, date(2024, 4, 1)), Step(Act.APPROVE, date(2024, 4, 10)), Step(Act.BEGIN, date(2024, 5, 6)),
    Step(Act.TRIAL, date(2024, 6, 3)), Step(Act.FILE, date(2024, 7, 8)), Step(Act.PASS, date(2024, 7, 15)), Step(Act.ISSUE, date(2024, 7, 22)),
]  # fmt: skip


def run(steps, kind=Kind.NEW, on=date(2024, 3, 20), promise=None, expires=None):
    return {c.code: c for c in clocks(steps, kind, on, LAW, CALENDAR, promise or Promise(), expires)}


def test_a_new_permit_goes_from_paper_to_works_to_certificate():
    states = [state_of(BUILT[:n], Kind.NEW) for n in range(1, len(BUILT) + 1)]
    assert states == [
        State.RECEIVED, State.ACCEPTED, State.ACCEPTED, State.APPROVED, State.BUILDING, State.TRIAL, State.COMPLETED,
        State.PASSED, State.ISSUED,
    ]  # fmt: skip


def test_a_renewal_has_no_works():
    assert set(after(State.APPROVED, Kind.RENEWAL)) == {Act.ISSUE}
    steps = [RECEIVED, ACCEPTED, Step(Act.APPROVE, date(2024, 4, 10)), Step(Act.ISSUE, date(2024, 4, 12))]
    assert state_of(steps, Kind.RENEWAL) is State.ISSUED


@pytest.mark.parametrize("act", [Act.APPROVE, Act.ISSUE, Act.BEGIN, Act.ACCEPT])
def test_nothing_is_skipped(act):
    with pytest.raises(ValueError, match="may not follow"):
        state_of([Step(act, MONDAY)], Kind.NEW)


def test_each_state_is_closed_or_leads_on_and_each_act_has_its_worker():
    assert set(LIFE) | CLOSED == set(State) and not set(LIFE) & CLOSED
    assert set(WORKER) == set(Act)


def test_who_has_to_act():
    assert who_acts([RECEIVED], Kind.NEW) is Who.ACCEPTING
    assert who_acts([RECEIVED, Step(Act.ASK, MONDAY)], Kind.NEW) is Who.APPLICANT
    assert who_acts([RECEIVED, ACCEPTED], Kind.NEW) is Who.REVIEWING
    assert who_acts(BUILT[:3], Kind.NEW) is Who.DECIDING
    assert who_acts(BUILT[:4], Kind.NEW) is Who.APPLICANT
    assert who_acts(BUILT, Kind.NEW) is Who.NOBODY


def test_papers_are_checked_within_five_working_days():
    check = run([RECEIVED])["check"]
    assert (check.due, check.article, check.who) == (date(2024, 3, 11), "AR-013", Who.ACCEPTING)
    assert not check.late(date(2024, 3, 11)) and check.late(date(2024, 3, 12))


def test_a_promise_is_kept_beside_the_law():
    check = run([RECEIVED], promise=Promise(check_days=2))["check"]
    assert (check.promised, check.due) == (date(2024, 3, 6), date(2024, 3, 11))
    assert check.promise_late(date(2024, 3, 7)) and not check.late(date(2024, 3, 7))


def test_silence_accepts_on_the_day_of_receipt():
    assert accepted_on([RECEIVED], date(2024, 3, 11), LAW, CALENDAR) is None
    assert accepted_on([RECEIVED], date(2024, 3, 12), LAW, CALENDAR) == (MONDAY, True)
    assert accepted_on([RECEIVED, Step(Act.ASK, date(2024, 3, 8))], date(2024, 3, 29), LAW, CALENDAR) is None


def test_a_decision_is_due_in_forty_five_working_days_without_what_is_left_out():
    assert run([RECEIVED, ACCEPTED])["decide"].due == date(2024, 5, 15)
    paused = [
        RECEIVED, ACCEPTED, Step(Act.EXCLUDE, date(2024, 3, 15), {"reason": "consultation"}), Step(Act.RESUME, date(2024, 3, 20)),
    ]  # fmt: skip
    assert excluded_days(paused, date(2024, 4, 1), CALENDAR) == 3
    decide = run(paused, on=date(2024, 4, 1))["decide"]
    assert (decide.excluded_days, decide.due) == (3, date(2024, 5, 20))


def test_time_is_left_out_while_the_interruption_lasts():
    paused = [RECEIVED, ACCEPTED, Step(Act.EXCLUDE, date(2024, 3, 8), {"reason": "hearing"})]
    assert excluded_days(paused, date(2024, 3, 13), CALENDAR) == 3
    assert excluded_days(paused, date(2024, 3, 1), CALENDAR) == 0
    assert run(paused)["hearing"].due == date(2024, 4, 8)  # Qingming is off from 4 to 6 April, Sunday 7 is worked


def test_works_trial_acceptance_and_certificate_have_their_clocks():
    found = run(BUILT, on=date(2024, 8, 1))
    assert found["begin"].due == date(2027, 4, 10) and found["begin"].done == date(2024, 5, 6)
    assert found["trial"].due == date(2024, 7, 3)
    assert found["works"].due == date(2024, 8, 5)
    assert (found["paper"].due, found["paper"].done) == (date(2024, 7, 29), date(2024, 7, 22))


def test_a_renewal_is_to_be_decided_before_the_permit_ends():
    found = run([RECEIVED, ACCEPTED], Kind.RENEWAL, expires=date(2024, 4, 30))
    assert found["before_expiry"].due == date(2024, 4, 30) and found["decide"].due == date(2024, 5, 15)
    assert due_now(found.values()).code == "before_expiry"


def test_a_year_without_calendar_leaves_the_term_open_and_says_so():
    late = [Step(Act.SUBMIT, date(2031, 3, 3))]
    (check,) = clocks(late, Kind.NEW, date(2031, 3, 4), LAW, CALENDAR, Promise())
    assert check.due is None and check.missing
    (kept,) = clocks([Step(Act.SUBMIT, date(2024, 12, 30))], Kind.NEW, date(2024, 12, 31), LAW, CALENDAR, Promise(1))
    assert kept.promised == date(2024, 12, 31)
    assert check.about == date(2031, 3, 10) and due_now([check]) is check


@pytest.mark.parametrize("act", [Act.ACCEPT, Act.ASK])
def test_a_word_after_the_term_comes_too_late(act):
    late = [RECEIVED, Step(act, date(2024, 4, 30))]
    assert accepted_on(late, date(2024, 5, 6), LAW, CALENDAR) == (MONDAY, True)


def test_silence_after_the_missing_items_came_accepts_on_that_day():
    completed = [RECEIVED, Step(Act.ASK, date(2024, 3, 6)), Step(Act.COMPLETE, date(2024, 3, 8))]
    assert accepted_on(completed, date(2024, 3, 15), LAW, CALENDAR) is None
    assert accepted_on(completed, date(2024, 3, 18), LAW, CALENDAR) == (date(2024, 3, 8), True)


def test_what_the_basin_decides_is_sent_on_in_twenty_working_days_from_receipt():
    found = {c.code: c for c in clocks([RECEIVED], Kind.NEW, MONDAY, LAW, CALENDAR, Promise(), basin=True)}
    assert found["forward"].due == date(2024, 4, 1) and "forward" not in run([RECEIVED])
