"""Consultations and hearings by the steps of a case, on the calendar of 2024, counted by hand."""

from datetime import date

from liangshui.parameters.law import calendar_of, shipped
from liangshui.permits.rules.hearing import Stance, consultations, earliest, hearings, hold_by, possible, request_by
from liangshui.permits.rules.life import Act, Kind, Promise, Step, Who, clocks, excluded_days, who_acts

LAW = shipped()
CALENDAR = calendar_of(LAW)
MONDAY = date(2024, 3, 4)
BEGUN = [Step(Act.SUBMIT, MONDAY), Step(Act.ACCEPT, MONDAY)]


def asked(n, day, until="2024-03-15", **more):
    return Step(Act.CONSULT, day, {"n": n, "body": f"{n}局", "until": until, **more})


def answered(n, day, stance="agree"):
    return Step(Act.ANSWER, day, {"n": n, "stance": stance})


def run(steps, on=date(2024, 4, 1)):
    return {c.code: c for c in clocks(steps, Kind.NEW, on, LAW, CALENDAR, Promise())}


def test_the_days_of_the_law_are_working_days():
    assert request_by(MONDAY, LAW, CALENDAR) == date(2024, 3, 11)
    assert earliest(MONDAY, LAW, CALENDAR) == date(2024, 3, 13)
    assert hold_by(MONDAY, LAW, CALENDAR) == date(2024, 4, 1)


def test_consultations_run_side_by_side_and_each_day_is_left_out_once():
    steps = [
        *BEGUN, asked(1, date(2024, 3, 5)), asked(2, date(2024, 3, 6)), answered(1, date(2024, 3, 8)), answered(2, date(2024, 3, 12), "disagree"),
    ]  # fmt: skip
    assert excluded_days(steps, date(2024, 4, 1), CALENDAR) == 5  # 6, 7, 8, 11 and 12 March
    assert excluded_days(steps[:5], date(2024, 3, 11), CALENDAR) == 4
    assert run(steps)["decide"].due == date(2024, 5, 15)  # 45 and 5 days from 4 March
    first, second = consultations(steps)
    assert (first.stance, second.stance, second.open) == (Stance.AGREE, Stance.DISAGREE, False)


def test_a_consultation_is_late_after_the_day_on_which_its_answer_was_wanted():
    (found,) = consultations([*BEGUN, asked(1, date(2024, 3, 5))])
    assert not found.late(date(2024, 3, 15)) and found.late(date(2024, 3, 16))
    (found,) = consultations([*BEGUN, asked(1, date(2024, 3, 5)), answered(1, date(2024, 3, 20))])
    assert not found.late(date(2024, 3, 21))


def test_the_construction_department_has_five_working_days_and_its_own_answer_ends_them():
    steps = [
        *BEGUN,
        asked(1, date(2024, 3, 5), city_planning=True),
        asked(2, date(2024, 3, 5)),
        answered(2, date(2024, 3, 6)),
    ]
    clock = run(steps)["city_planning"]
    assert (clock.due, clock.done) == (date(2024, 3, 12), None)
    assert run([*steps, answered(1, date(2024, 3, 11))])["city_planning"].done == date(2024, 3, 11)


def test_the_time_of_a_hearing_is_left_out_from_the_request_to_its_record():
    steps = [
        *BEGUN, Step(Act.NOTIFY, date(2024, 3, 5)), Step(Act.REQUEST, date(2024, 3, 8)), Step(Act.CALL, date(2024, 3, 11), {"on": "2024-03-22"}),
        Step(Act.HEAR, date(2024, 3, 22)),
    ]  # fmt: skip
    assert excluded_days(steps, date(2024, 4, 1), CALENDAR) == 10  # 11 to 15 and 18 to 22 March
    clock = run(steps)["hearing"]
    assert (clock.due, clock.done) == (date(2024, 4, 8), date(2024, 3, 22))  # 4 to 6 April are off, Sunday 7 is worked
    (found,) = hearings(steps)
    assert found.held == steps[-1] and found.on == date(2024, 3, 22) and not found.open
    (open_one,) = hearings(steps[:-1])
    assert open_one.open and open_one.parties == [""]


def test_a_hearing_that_falls_away_stops_nothing_any_more_and_another_may_follow():
    steps = [*BEGUN, Step(Act.CALL, date(2024, 3, 5), {"on": "2024-03-20"}), Step(Act.DROP, date(2024, 3, 7))]
    assert excluded_days(steps, date(2024, 4, 1), CALENDAR) == 2
    first, second = hearings([*steps, Step(Act.CALL, date(2024, 3, 8), {"on": "2024-03-25"})])
    assert first.held is None and not first.open and second.open


def test_who_acts_while_something_is_open():
    opinion = Step(Act.OPINION, date(2024, 3, 10))
    before = [*BEGUN, asked(1, date(2024, 3, 5)), opinion]
    assert who_acts(before, Kind.NEW) is Who.DECIDING  # the opinion was given in knowledge of it
    after = [*BEGUN, opinion, asked(1, date(2024, 3, 11)), asked(2, date(2024, 3, 11)), answered(2, date(2024, 3, 12))]
    assert who_acts(after, Kind.NEW) is Who.REVIEWING
    assert who_acts([*after, answered(1, date(2024, 3, 13))], Kind.NEW) is Who.DECIDING
    assert who_acts([*BEGUN, opinion, Step(Act.REQUEST, date(2024, 3, 11))], Kind.NEW) is Who.REVIEWING


def test_only_acts_that_have_an_object_are_offered():
    assert possible(BEGUN) == {Act.CONSULT, Act.VIEWS, Act.CALL, Act.EXCLUDE}
    assert Act.ANSWER in possible([*BEGUN, asked(1, MONDAY)])
    assert Act.REQUEST in possible([*BEGUN, Step(Act.NOTIFY, MONDAY)])
    assert {Act.DROP, Act.HEAR} & possible([*BEGUN, Step(Act.REQUEST, MONDAY)]) == {Act.DROP}
    assert {Act.DROP, Act.HEAR} <= possible([*BEGUN, Step(Act.CALL, MONDAY, {"on": "2024-03-20"})])
