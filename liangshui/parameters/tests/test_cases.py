"""The runner of worked cases: what it compares, what it leaves, what it says of a case that differs."""

from datetime import date
from decimal import Decimal as D

import pytest

from liangshui.parameters import cases
from liangshui.parameters.law import calendar_of, shipped


@pytest.fixture
def work(monkeypatch):
    monkeypatch.setattr(
        cases, "TOPICS", {"sum": lambda given, bench: {"sum": D(given["a"]) + D(given["b"]), "yes": True}}
    )

    def run(**case):
        given = {"examples": [{"id": "X-1", "topic": "sum", "inputs": {"a": "1", "b": "2"}, "expected": {}} | case]}
        return cases.work(given, shipped(), calendar_of(shipped()), date(2026, 11, 25))[0]

    return run


def test_numbers_are_compared_as_numbers_and_yes_is_not_one(work):
    assert work(expected={"sum": "3.00", "yes": True}).right
    assert work(expected={"sum": 3}).right
    assert work(expected={"sum": "4"}).differs == (("sum", "4", D(3)),)
    assert not work(expected={"yes": 1}).right
    assert not work(expected={"other": "3"}).right


def test_an_explanation_is_not_compared(work):
    assert work(expected={"yes": "because it is so", "sum": 3}).right


def test_a_case_that_cannot_be_worked_says_why_and_a_topic_not_built_does_not_fail(work):
    assert work(inputs={"a": "1"}).error == "KeyError: 'b'"
    later = work(topic="rain")
    assert (later.built, later.right) == (False, True)


@pytest.mark.parametrize(
    ("expected", "found", "equal"),
    [
        ("2024-03-11", date(2024, 3, 11), True),
        (["GW-025 (5)", "SEED-GWBAN"], ("GW-025 (5)", "SEED-GWBAN"), True),
        (["GW-025 (5)"], ("GW-025 (5)", "SEED-GWBAN"), False),
        (["0.15", "0.12"], [D("0.150"), D("0.12")], True),
        (None, None, True),
    ],
)
def test_days_and_lists(expected, found, equal):
    assert cases.same(expected, found) is equal
