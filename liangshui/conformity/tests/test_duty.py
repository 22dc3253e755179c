"""Which study is owed, and on which ground."""

from liangshui.conformity.rules.duty import Duty, Kind, Memory, Subject, duties
from liangshui.core.decision import Outcome


def test_a_construction_project_that_abstracts_owes_a_report():
    report, form, saving = duties(Subject(project=True, abstracts=True))
    assert report == Duty(Kind.REPORT, Outcome.FAILED, "AR-011") and report.owed
    assert (form.memory, saving.memory, form.owed, saving.owed) == (Memory.FORM, Memory.SAVING, False, False)


def test_a_large_change_needs_a_new_one():
    assert duties(Subject(project=True, abstracts=True, large_change=True))[0].article == "AR-022-B"


def test_who_does_not_abstract_owes_none_by_that_article_and_nobody_guesses():
    assert duties(Subject(project=True, abstracts=False)) == (Duty(Kind.REPORT, Outcome.PASSED, "AR-011"),)
    assert duties(Subject(project=True, abstracts=None)) == (Duty(Kind.REPORT, Outcome.UNDECIDABLE, "AR-011"),)


def test_of_a_plan_a_person_decides_since_its_ground_was_not_read_here():
    assert [(d.kind, d.outcome, d.article) for d in duties(Subject(project=False, abstracts=None))] == [
        (Kind.PLANNING, Outcome.NEEDS_PERSON, ""),
        (Kind.SAVING, Outcome.NEEDS_PERSON, ""),
    ]
