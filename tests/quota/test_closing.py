"""The closing rule (分配闭合), by hand-worked matrices."""

from datetime import date
from decimal import Decimal as D

from hypothesis import given
from hypothesis import strategies as st

from liangshui.core.periods import plan_year
from liangshui.quota.rules.closing import TOTAL, Node, closings, may_allot, outlook

A, B = Node(town=1), Node(town=2)
U, V = Node(unit=7), Node(unit=8)
FARM = Node(unit=7, town=1, sector="agriculture")
MATRIX = {TOTAL: D(100), A: D(60), B: D(30), U: D(100), FARM: D(50)}


def test_a_town_may_take_just_what_is_left():
    assert may_allot(MATRIX, {B: D(10)}).allowed
    refused = may_allot(MATRIX, {B: D(11)})
    assert not refused.allowed
    figures = dict(refused.failed[0].figures)
    assert (refused.failed[0].code, figures["given_m3"], figures["allotted_m3"], figures["over_m3"]) == (
        "over_parent",
        "101",
        "100",
        "1",
    )


def test_rows_and_columns_close_apart_from_each_other():
    found = {(c.node, c.along): c.given_m3 for c in closings(MATRIX)}
    assert found[(TOTAL, A.axes)] == D(90)
    assert found[(TOTAL, U.axes)] == D(100)
    assert found[(A, FARM.axes)] == D(50)
    assert found[(U, FARM.axes)] == D(50)


def test_a_parent_cannot_be_lowered_below_its_parts():
    assert may_allot(MATRIX, {TOTAL: D(-10), U: D(-10)}).allowed
    refused = may_allot(MATRIX, {TOTAL: D(-11), U: D(-11)})
    assert [c.code for c in refused.failed] == ["over_parent"]


def test_a_cell_is_bound_by_its_town_and_by_its_unit():
    matrix = {TOTAL: D(100), A: D(60), U: D(40), FARM: D(40)}
    refused = may_allot(matrix, {FARM: D(1)})
    assert [dict(c.figures)["node"] for c in refused.failed] == [U.code]


def test_nothing_falls_below_zero():
    refused = may_allot({TOTAL: D(100), A: D(5)}, {A: D(-6)})
    assert refused.failed[0].code == "below_zero"


def test_a_user_gets_no_more_than_the_cell():
    user = FARM._replace(user=3)
    assert may_allot(MATRIX, {user: D(50)}).allowed
    assert not may_allot(MATRIX, {user: D("50.001")}).allowed


def test_a_transfer_passes_where_each_half_alone_would_not():
    full = {TOTAL: D(100), A: D(60), B: D(40)}
    assert not may_allot(full, {B: D(5)}).allowed
    assert may_allot(full, {A: D(-5), B: D(5)}).allowed


def test_the_code_of_a_node_reads_back():
    assert FARM.code == "7-1-agriculture-0"
    assert Node.of("7-1-agriculture-0") == FARM
    assert Node.of("0-0-0-0") == TOTAL


@given(st.lists(st.tuples(st.sampled_from([TOTAL, A, B, U, V, FARM]), st.integers(-40, 40)), max_size=30))
def test_no_sequence_of_allowed_changes_breaks_a_sum(steps):
    matrix = dict(MATRIX)
    for node, change in steps:
        if may_allot(matrix, {node: D(change)}).allowed:
            matrix[node] = matrix.get(node, D(0)) + change
    assert all(c.rest_m3 >= 0 for c in closings(matrix))
    assert all(value >= 0 for value in matrix.values())


def test_year_end_by_last_years_shape():
    # By 30 June last year 40 of 100 were used; 50 now come to 125.
    found = outlook(D(120), D(50), plan_year(2026), date(2026, 6, 30), D(100), D(40))
    assert (found.expected_m3, found.left_m3, found.over) == (D(125), D(70), False)


def test_year_end_by_days_gone_where_there_is_no_last_year():
    # 73 of 365 days gone, 10 used: 50 at year end.
    found = outlook(D(40), D(10), plan_year(2026), date(2026, 3, 14), None, None)
    assert (found.year_share, found.expected_m3) == (D("0.2"), D(50))


def test_exactly_used_up_is_not_over():
    assert not outlook(D(50), D(50), plan_year(2026), date(2026, 6, 30), None, None).over
    assert outlook(D(50), D("50.001"), plan_year(2026), date(2026, 6, 30), None, None).over


def test_parts_along_other_axes_that_share_no_water_are_added():
    total, town_a, industry_b = TOTAL, Node(town=1), Node(town=2, sector="industry")
    has = {total: D(100), town_a: D(100)}
    assert not may_allot(has, {industry_b: D(5)}).allowed
    assert may_allot({total: D(105), town_a: D(100)}, {industry_b: D(5)}).allowed
    assert may_allot(has, {Node(sector="agriculture"): D(100)}).allowed  # it may lie in town A


def test_users_along_two_axes_share_one_parent():
    has = {TOTAL: D(100), Node(town=1): D(100), Node(town=1, user=1): D(100)}
    assert not may_allot(has, {Node(town=1, sector="agriculture", user=2): D(1)}).allowed
    assert may_allot(has, {Node(town=1, sector="agriculture", user=1): D(100)}).allowed  # the same user, said again
