"""Whatever officers do in whatever order through the services: no closing breaks, and balances are the sums of the ledger."""

from collections import defaultdict
from datetime import date
from decimal import Decimal as D

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liangshui.accounts.roles import Role
from liangshui.core.access import EVERYWHERE
from liangshui.core.errors import Invalid
from liangshui.quota import queries, services, split_queries
from liangshui.quota import transfer_services as transfers
from liangshui.quota.models import AllotmentEntry
from liangshui.quota.rules.closing import TOTAL, Node, closings
from liangshui.quota.rules.split import split
from liangshui.registry.models import WaterUser
from tests.people import make_person
from tests.quota.water import KIND, by_two, year

pytestmark = pytest.mark.django_db

AMOUNTS = st.decimals(-400, 900, places=3)
NUMBERS = st.integers(0, 30)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("allot"), NUMBERS, AMOUNTS, st.sampled_from([1, 6, 10])),
        st.tuples(st.just("split"), NUMBERS, NUMBERS, st.lists(st.integers(0, 9), min_size=4, max_size=4), NUMBERS),
        st.tuples(st.just("transfer"), NUMBERS, st.decimals("0.001", 300, places=3)),
    ),
    min_size=3,
    max_size=14,
)


class Undone(Exception):
    """Nothing of one example is left for the next."""


@given(steps=STEPS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_sequence_of_deeds_breaks_a_closing(world, steps):
    try:
        with transaction.atomic():
            run(world, steps)
            raise Undone
    except Undone:
        pass


def run(world, steps):
    AllotmentEntry.objects.all().delete()
    officer = world.actor(world.officer)
    leader = world.actor(make_person("second", "二号", world.bureau, Role.BUREAU_LEADER))
    a, b = world.a, world.b
    cell = Node(world.unit.pk, a.town.pk, "agriculture")
    user, other = cell._replace(user=a.user.pk), cell._replace(user=a.supply.customer_id)
    village = user._replace(village=a.village.pk)
    nodes = [
        TOTAL, Node(unit=world.unit.pk), Node(town=a.town.pk), Node(town=b.town.pk), Node(sector="agriculture"), cell,
        cell._replace(town=b.town.pk), user, other, village, village._replace(intake=a.intake.pk),
    ]  # fmt: skip
    facts = {"counts_from": date(year(), 1, 1), "document": "1号"}
    by_two(officer, leader, world.county, year(), KIND, [(TOTAL, 1000), (cell, 500), (user, 300)], **facts)
    for step in steps:
        try:
            with transaction.atomic():
                deed(world, officer, leader, nodes, step, facts)
        except Invalid:
            pass
        for month in (1, 6, 10):
            has = queries.allotted(world.county, year(), KIND, date(year(), month, 1))
            assert all(closing.rest_m3 >= 0 for closing in closings(has))
            assert all(m3 >= 0 for m3 in has.values())
    sums = defaultdict(D)
    for row in AllotmentEntry.objects.all():
        sums[row.node] += row.change_m3
    shown = {b.node: b.outlook.allotted_m3 for b in queries.balances(EVERYWHERE, year(), day=date(year(), 6, 1))}
    assert shown == sums


def deed(world, officer, leader, nodes, step, facts):
    kind, which, *rest = step
    node = nodes[which % len(nodes)]
    if kind == "allot":
        facts = facts | {"counts_from": date(year(), rest[1], 1)}
        by_two(officer, leader, world.county, year(), KIND, [(node, rest[0])], **facts)
    elif kind == "split":
        axes = split_queries.axes_of(node, KIND)
        if axes:
            axis, weights, keep = axes[rest[0] % len(axes)], rest[1], D(rest[2])
            parts = split_queries.plan(world.county, year(), KIND, node, axis, "hand").parts
            total = queries.allotted(world.county, year(), KIND)[node] - keep
            weights = [D(weights[n % 4]) for n in range(len(parts))]
            if total >= 0 and any(weights):
                shares = dict(zip((p.node for p in parts), split(total, weights), strict=True))
                told = {part: (share, "") for part, share in shares.items()}
                changes = services.shares_as_changes(world.county, year(), KIND, node, told)
                changes = [(change.node, change.change_m3) for change in changes]
                by_two(officer, leader, world.county, year(), KIND, changes, **facts)
    else:
        a = world.a
        giver, receiver = (a.user, a.supply.customer) if which % 2 else (a.supply.customer, a.user)
        cell = nodes[5]
        row = transfers.propose(
            officer,
            year(),
            KIND,
            cell._replace(user=giver.pk),
            WaterUser.objects.get(pk=receiver.pk),
            rest[0],
            measure="saving",
            saved_m3=D(10**6),
            evidence="评估",
            **facts,
        )
        transfers.decide(leader, row, agreed=True, words="见原件")
