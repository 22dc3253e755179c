"""Whatever is approved, changed, transferred, given up and re-split, in whatever order: nothing granted passes the control total,
and what the register, the ledger and the totals of the unit say is one sum.
"""

from datetime import timedelta
from decimal import Decimal as D

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liangshui.core.access import SYSTEM
from liangshui.core.errors import Invalid
from liangshui.permits import casework, queries, register
from liangshui.permits.models import Case, CasePaper, CaseStep, Permit, PermitVersion
from liangshui.permits.rules.life import Act, Kind
from liangshui.quota.rules.closing import TOTAL, Node
from liangshui.registry.models import Project
from tests.permits.conftest import AGREED, LAST_YEAR, PDF, SOUND, TODAY, form_of, took
from tests.quota.water import give

pytestmark = pytest.mark.django_db

VOLUMES = st.integers(1, 60_000)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("new"), VOLUMES, st.booleans()),
        st.tuples(st.just("river"), VOLUMES, st.booleans()),
        st.tuples(st.just("change"), VOLUMES, st.booleans()),
        st.tuples(st.just("transfer"), VOLUMES, st.booleans()),
        st.tuples(st.just("cancel"), VOLUMES, st.booleans()),
        st.tuples(st.just("give up"), VOLUMES, st.booleans()),
        st.tuples(st.just("re-split"), st.integers(-60_000, 60_000), st.booleans()),
    ),
    min_size=3,
    max_size=9,
)


class Undone(Exception):
    """Nothing of one example is left for the next."""


@given(steps=STEPS)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_sequence_passes_the_control_total_or_breaks_a_sum(world, unit, officer, leader, steps):
    try:
        with transaction.atomic():
            run(world, unit, officer, leader, steps)
            raise Undone
    except Undone:
        pass


def river(world):
    """Control total of the county and permitted total, for surface water."""
    found = [r.state for r in queries.rooms(world.county, TODAY) if r.source == "surface"]
    return (found[0].control_m3, found[0].permitted_m3) if found else (D(0), D(0))


def totals(world, unit):
    (room,) = (r for r in queries.rooms(world.county, TODAY) if r.unit == unit and r.source == "shallow_groundwater")
    return room.state.control_m3, room.state.permitted_m3


def run(world, unit, officer, leader, steps):
    give(world, (TOTAL, 300_000), year=TODAY.year, counts_from=TODAY)
    give(world, (TOTAL, 70_000), year=TODAY.year, kind="surface", counts_from=TODAY)
    register.follow_stock()
    for ledger in (world.a, world.b):
        took(ledger.intake, 1_000, LAST_YEAR)
    for kind, amount, first in steps:
        before = totals(world, unit)
        for version in PermitVersion.objects.on(TODAY):  # as if each step were on a later day
            version.valid_from -= timedelta(days=400)
            version.save()
        try:
            with transaction.atomic():
                deed(world, unit, officer, leader, kind, D(amount), first)
        except Invalid:
            pass
        control, permitted = totals(world, unit)
        assert permitted <= max(control, before[1]), (kind, amount)
        assert river(world)[1] <= river(world)[0] == D(70_000)
        assert kind != "transfer" or permitted == before[1]
        standing = sum((v.volume_m3 for v in PermitVersion.objects.on(TODAY).filter(permit__ended_on=None)), D(0))
        waiting = sum(
            (p.permitted_m3 for p in Project.objects.filter(permit_number="", permitted_m3__isnull=False)), D(0)
        )
        assert permitted + river(world)[1] == standing + waiting
        for version in PermitVersion.objects.on(TODAY).filter(permit__ended_on=None).select_related("permit__project"):
            assert version.permit.project.permitted_m3 == version.volume_m3


def apply(officer, kind, user, permit=None, **facts):
    case = casework.begin(officer, kind, user, permit)
    casework.write(officer, case, **facts)
    casework.step(officer, case, Act.SUBMIT)
    casework.step(officer, case, Act.ACCEPT, words="当面核对")
    if kind is not Kind.CANCELLATION:
        casework.ask_gate(officer, case, SOUND)
    return case


def deed(world, unit, officer, leader, kind, amount, first):
    user = world.a.user if first else world.b.user
    permits = list(Permit.objects.filter(ended_on=None).order_by("number"))
    permit = permits[0 if first else -1] if permits else None
    asked = {
        "address": "村",
        "reason": "用",
        "use": "irrigation",
        "quota_m3": amount,
        "design_capacity_m3": amount,
        "metering": "表",
    }
    if kind == "re-split":
        give(world, (Node(unit=unit.pk), amount), year=TODAY.year, counts_from=TODAY, document="调整")
    elif kind == "give up":
        case = Case.objects.filter(state="approved", kind=Kind.NEW).first()
        if case:
            casework.step(SYSTEM, case, Act.WITHDRAW)
    elif kind in ("new", "river"):
        facts = form_of(world, unit, volume_m3=amount, months_m3=[], quota_m3=amount, design_capacity_m3=amount)
        if kind == "river":
            facts |= {"source": "surface", "management_unit": None, "use": "living"}
        months = [str(amount), *["0"] * 11]
        case = apply(officer, Kind.NEW, user, **{**facts, "months_m3": months})
        casework.step(leader, case, Act.APPROVE)
        if first:
            for act in (Act.BEGIN, Act.TRIAL):
                casework.step(SYSTEM, case, act)
            casework.hand_in(SYSTEM, case, CasePaper.What.COMPLETION, "x.pdf", PDF)
            casework.step(SYSTEM, case, Act.FILE, words="试运行正常")
            casework.step(officer, case, Act.PASS)
            casework.step(leader, case, Act.ISSUE, data={"number": f"N{case.pk}"})
    elif permit is None:
        return
    elif kind == "change":
        casework.step(
            leader, apply(officer, Kind.CHANGE, permit.project.user, permit, volume_m3=amount, **asked), Act.APPROVE
        )
    elif kind == "cancel":
        casework.step(
            leader,
            apply(officer, Kind.CANCELLATION, permit.project.user, permit, address="村", reason="停"),
            Act.APPROVE,
        )
    else:
        taker = world.b.user if permit.project.user == world.a.user else world.a.user
        case = apply(officer, Kind.TRANSFER, permit.project.user, permit, taker=taker, volume_m3=amount, **asked)
        casework.step(leader, case, Act.APPROVE, data=dict(AGREED))


def test_the_deeds_do_something(world, unit, officer, leader):
    """Each deed goes through when it may: the property above would hold of deeds that always fail, too."""
    register.follow_stock()
    PermitVersion.objects.update(valid_from=TODAY - timedelta(days=400))
    for ledger in (world.a, world.b):
        took(ledger.intake, 1_000, LAST_YEAR)
    deed(world, unit, officer, leader, "new", D(10_000), True)
    assert totals(world, unit) == (D(100_000), D(80_000))
    deed(world, unit, officer, leader, "transfer", D(5_000), False)
    assert totals(world, unit)[1] == D(80_000)
    give(world, (TOTAL, 70_000), year=TODAY.year, kind="surface", counts_from=TODAY)
    deed(world, unit, officer, leader, "river", D(60_000), False)
    assert river(world) == (D(70_000), D(60_000))
    assert CaseStep.objects.filter(act="approve").count() == 3
