"""The gate: each check at its limit, what only a person decides, what would pass, and that no document refuses alone."""

import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal as D
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liangshui.core.decision import Outcome
from liangshui.parameters.law import shipped
from liangshui.permits.rules.gate import (
    Application,
    Load,
    Source,
    State,
    Terms,
    Unit,
    Use,
    Zone,
    checks_plain,
    decide,
    of_plain,
    plain,
    what_would_pass,
)
from liangshui.quota.rules.states import Order

LAW = shipped()
DAY = date(2026, 11, 25)
OPEN = Terms.of(LAW, DAY)
TERMS = replace(OPEN, most_ground_m3=D(10**9), most_surface_m3=D(10**9), drainage_m3=D(50_000))
"""With the region's scales entered, which are not in the collection."""
UNIT = Unit(control_m3=D(1_000_000), pumped_m3=D(500_000), permitted_m3=D(850_000), level_kept=True)
GOOD = State(
    unit=UNIT, zones=frozenset(), unit_fits=True, network_covers=False, load=Load.NOT, fragile=True, thirsty=False, listed=False,
    renewable=True, other_water=False, function_zone_harm=False, layout_sound=True, mainstem=False, third_parties_harm=False,
    saving_kept=True, standards_kept=True, land_reclaimed=False,
)  # fmt: skip
ASKED = Application(
    source=Source.SHALLOW, use=Use.IRRIGATION, volume_m3=D(100_000), design_capacity_m3=D(180_000), quota_m3=D(150_000),
    meter_planned=True, must_file=True, filed=True,
)  # fmt: skip


def outcomes(asked=ASKED, state=GOOD, terms=TERMS):
    return {check.code: check.outcome.value for check in decide(asked, state, terms).because}


def test_what_passes_everything_is_allowed():
    decision = decide(ASKED, GOOD, TERMS)
    assert decision.allowed and decision.outcome is Outcome.PASSED and decision.grounds == ()


@pytest.mark.parametrize(
    ("change", "code", "outcome"),
    [
        ({"volume_m3": D(150_000)}, "permitted", "passed"),  # with what is permitted it makes 1,000,000
        ({"volume_m3": D("150000.001")}, "permitted", "failed"),
        ({"volume_m3": D("150000.001")}, "quota", "failed"),
        ({"volume_m3": D(150_000)}, "quota", "passed"),
        ({"quota_m3": None}, "quota", "undecidable"),
        ({"design_capacity_m3": D(99_999)}, "design", "failed"),
        ({"design_capacity_m3": None}, "design", "undecidable"),
        ({"source": Source.DEEP}, "deep_irrigation", "failed"),
        ({"meter_planned": False}, "meter", "needs_person"),
        ({"meter_planned": None}, "meter", "undecidable"),
        ({"filed": False}, "filed", "failed"),
        ({"filed": None}, "filed", "undecidable"),
        ({"must_file": None, "filed": None}, "filed", "needs_person"),
        ({"source": Source.DEEP, "use": Use.INDUSTRY}, "renewable", "passed"),
        ({"use": Use.WATERSCAPE}, "delight", "needs_person"),
        ({"use": Use.AMUSEMENT}, "delight", "needs_person"),
        ({"use": Use.SNOW}, "delight", "needs_person"),
        ({"use": Use.GREENING}, "greening", "needs_person"),
        ({"use": Use.INDUSTRY, "industry": "化工"}, "thirsty", "failed"),
        ({"use": Use.SERVICE, "industry": "火力发电"}, "thirsty", "failed"),
        ({"use": Use.OTHER, "industry": "纺织"}, "thirsty", "failed"),
        ({"use": Use.INDUSTRY, "industry": "食品"}, "thirsty", "passed"),
        ({"source": Source.DRAINAGE}, "drainage", "passed"),
        ({"source": Source.SURFACE}, "river_irrigation", "needs_person"),
        ({"change": True}, "large_change", "needs_person"),
        ({"change": True, "large": True}, "large_change", "needs_person"),
        ({"change": True, "large": False}, "large_change", "passed"),
        ({"volume_m3": D(10**9)}, "competence", "passed"),
        ({"volume_m3": D(10**9) + D("0.001")}, "competence", "needs_person"),
    ],
)
def test_the_application(change, code, outcome):
    assert outcomes(replace(ASKED, **change))[code] == outcome


@pytest.mark.parametrize(
    ("change", "code", "outcome"),
    [
        ({"zones": frozenset({Zone.BANNED})}, "zones", "failed"),
        ({"zones": frozenset({Zone.LIMITED})}, "zones", "failed"),
        ({"zones": frozenset({Zone.OVERDRAFT})}, "overdraft", "failed"),
        ({"zones": frozenset({Zone.OVERDRAFT})}, "zones", "passed"),
        ({"zones": None}, "zones", "undecidable"),
        ({"unmapped": ("甲区",)}, "zones", "needs_person"),
        ({"unit_fits": False}, "unit_fits", "needs_person"),
        ({"unit": replace(UNIT, partial=True)}, "pumped", "undecidable"),
        ({"unit": replace(UNIT, partial=True, pumped_m3=D(1_000_001))}, "pumped", "failed"),
        ({"unit": replace(UNIT, unplaced_m3=D(50_000))}, "permitted", "passed"),
        ({"unit": replace(UNIT, unplaced_m3=D("50000.001"))}, "permitted", "undecidable"),
        ({"unit": replace(UNIT, permitted_m3=D(900_000))}, "permitted_near", "needs_person"),
        ({"unit": replace(UNIT, control_m3=D(0), permitted_m3=D(0))}, "permitted", "failed"),
        ({"saving_kept": None}, "saving_rules", "needs_person"),
        ({"saving_kept": False}, "saving_rules", "failed"),
        ({"standards_kept": False}, "standards", "failed"),
        ({"land_reclaimed": True}, "land", "failed"),
        ({"function_zone_harm": True}, "function_zone", "failed"),
        ({"layout_sound": False}, "layout", "failed"),
        ({"unit": replace(UNIT, pumped_m3=D(1_000_000))}, "pumped_near", "needs_person"),  # reached, not above
        ({"unit": replace(UNIT, pumped_m3=D("1000000.001"))}, "pumped", "failed"),
        ({"unit": replace(UNIT, pumped_m3=D("899999.999"))}, "pumped", "passed"),
        ({"unit": replace(UNIT, pumped_m3=D(900_000))}, "pumped_near", "needs_person"),
        ({"unit": replace(UNIT, level_kept=False)}, "level", "failed"),
        ({"unit": replace(UNIT, level_kept=None)}, "level", "undecidable"),
        ({"unit": None}, "permitted", "undecidable"),
        ({"load": Load.OVERLOADED}, "load", "failed"),
        ({"load": Load.CRITICAL}, "load", "needs_person"),
        ({"load": None}, "load", "undecidable"),
        ({"layout_sound": None}, "layout", "needs_person"),
        ({"third_parties_harm": True}, "third_parties", "failed"),
    ],
)
def test_the_place(change, code, outcome):
    assert outcomes(state=replace(GOOD, **change))[code] == outcome


ORDER = Order("水令1号", "YR-051", frozenset({Use.HERDING}))


@pytest.mark.parametrize(
    ("orders", "use", "outcome", "article"),
    [
        ((), Use.IRRIGATION, "passed", ""),
        (None, Use.IRRIGATION, "undecidable", ""),
        ((ORDER,), Use.IRRIGATION, "failed", "YR-051"),
        ((replace(ORDER, ground="GW-025 (1)"),), Use.IRRIGATION, "failed", "GW-025 (1)"),
        ((replace(ORDER, ground=""),), Use.IRRIGATION, "needs_person", ""),
        ((replace(ORDER, ground="AR-020 (8)"),), Use.IRRIGATION, "needs_person", ""),
        ((ORDER,), Use.HERDING, "needs_person", "YR-051"),
        ((ORDER,), Use.LIVING, "needs_person", "YR-051"),
    ],
)
def test_an_order_refuses_only_by_an_article_of_law_and_spares_its_exceptions(orders, use, outcome, article):
    found = decide(replace(ASKED, use=use), replace(GOOD, unit=replace(UNIT, orders=orders)), TERMS)
    (check,) = (check for check in found.because if check.code == "order")
    assert (check.outcome.value, check.article) == (outcome, article)


def test_an_order_refuses_no_water_that_is_not_groundwater():
    state = replace(GOOD, unit=replace(UNIT, orders=(ORDER,)))
    assert "order" not in outcomes(replace(ASKED, source=Source.SURFACE), state)


def test_an_order_by_a_law_that_is_not_in_force_is_for_a_person():
    state = replace(GOOD, unit=replace(UNIT, orders=(ORDER,)))
    assert outcomes(state=state, terms=Terms.of(LAW, date(2023, 3, 31)))["order"] == "needs_person"


def test_a_suspension_that_waits_for_release_is_for_a_person():
    found = decide(ASKED, replace(GOOD, unit=replace(UNIT, held=True)), TERMS)
    (check,) = (check for check in found.because if check.code == "held")
    assert (check.outcome.value, check.article, check.beside) == ("needs_person", "", ("SEED-SUSPEND",))
    assert not found.failed and not found.allowed


def test_orders_are_read_from_plain_values():
    given = {
        "control_m3": "1",
        "pumped_m3": None,
        "permitted_m3": None,
        "orders": [{"document": "水令1号", "ground": "YR-051", "spared": ["living"]}],
    }
    assert of_plain(Unit, given).orders == (Order("水令1号", "YR-051", frozenset({Use.LIVING})),)
    for wrong in (
        {"orders": [5]},
        {"orders": 5},
        {"orders": [{"ground": "x"}]},
        {"orders": [{"document": "x", "spared": ["sea"]}]},
    ):
        with pytest.raises(ValueError, match=r"unit|order|is not a valid"):
            of_plain(Unit, given | wrong)


def test_residents_and_heating_are_spared_where_a_unit_is_suspended_and_others_are_not():
    state = replace(GOOD, unit=replace(UNIT, pumped_m3=D(2_000_000), level_kept=False))
    for use, outcome in ((Use.LIVING, "needs_person"), (Use.HEATING, "needs_person"), (Use.HERDING, "failed")):
        found = outcomes(replace(ASKED, use=use), state)
        assert (found["pumped"], found["level"]) == (outcome, outcome)
    # the law spares 生活用水等民生保障 in an overloaded area: whether heating is one, a person says
    load = replace(GOOD, load=Load.OVERLOADED)
    for use, outcome in ((Use.LIVING, "needs_person"), (Use.HEATING, "needs_person"), (Use.HERDING, "failed")):
        assert outcomes(replace(ASKED, use=use), load)["load"] == outcome
    # before the plan nothing is spared of a total or level, by which the regulation refuses
    before = Terms.of(LAW, date(2022, 6, 1))
    assert outcomes(replace(ASKED, use=Use.LIVING), state, before)["pumped"] == "failed"


def test_the_public_network_counts_for_own_wells_but_not_in_the_fields():
    state = replace(GOOD, network_covers=True)
    assert outcomes(replace(ASKED, use=Use.SERVICE), state)["network"] == "failed"
    assert "network" not in outcomes(ASKED, state)
    assert outcomes(replace(ASKED, use=Use.SERVICE), replace(GOOD, network_covers=None))["network"] == "undecidable"
    assert (
        outcomes(replace(ASKED, use=Use.LIVING), state)["network"] == "needs_person"
    )  # it may be the network's own works
    assert "network" not in outcomes(replace(ASKED, use=Use.SERVICE, new=False, increase_m3=D(0)), state)


def test_before_the_plan_and_the_laws_their_checks_are_not_made():
    before = Terms.of(LAW, date(2021, 11, 30))
    found = outcomes(replace(ASKED, use=Use.WATERSCAPE), terms=before)
    later = {"delight", "pumped", "level", "load", "meter", "other_water", "standards", "saving_rules", "listed"}
    assert not later & found.keys() and "permitted" in found
    limited = replace(GOOD, zones=frozenset({Zone.LIMITED}))
    assert outcomes(state=limited, terms=before)["zones"] == "passed"
    assert outcomes(state=limited, terms=Terms.of(LAW, date(2021, 12, 1)))["zones"] == "failed"
    deep = replace(ASKED, source=Source.DEEP)
    assert "deep_irrigation" not in outcomes(deep, terms=Terms.of(LAW, date(2023, 3, 31)))
    assert outcomes(deep, terms=Terms.of(LAW, date(2023, 4, 1)))["deep_irrigation"] == "failed"
    over = replace(GOOD, zones=frozenset({Zone.OVERDRAFT}))
    assert "overdraft" not in outcomes(state=over, terms=Terms.of(LAW, date(2016, 6, 30)))
    assert outcomes(state=over, terms=Terms.of(LAW, date(2016, 7, 1)))["overdraft"] == "failed"


APPLICATIONS = st.builds(
    Application,
    source=st.sampled_from(Source), use=st.sampled_from(Use), volume_m3=st.decimals(0, 10**7, places=3),
    industry=st.sampled_from(["", "化工", "纺织"]), new=st.booleans(),
    design_capacity_m3=st.none() | st.decimals(0, 10**7, places=3), quota_m3=st.none() | st.decimals(0, 10**7, places=3),
    meter_planned=st.none() | st.booleans(), must_file=st.none() | st.booleans(), filed=st.none() | st.booleans(),
    increase_m3=st.none() | st.just(D(0)) | st.decimals(0, 10**6, places=3), new_use=st.booleans(), change=st.booleans(),
)  # fmt: skip
VOLUME = st.none() | st.decimals(0, 10**7, places=3)
MAYBE = st.none() | st.booleans()
ORDERS = st.none() | st.lists(
    st.builds(Order, st.just("令"), st.sampled_from(["", "YR-051", "GW-025 (1)", "AR-020 (8)"]), st.frozensets(st.sampled_from(Use))), max_size=2
).map(tuple)  # fmt: skip
STATES = st.builds(
    State,
    unit=st.none() | st.builds(
        Unit, control_m3=VOLUME, pumped_m3=VOLUME, permitted_m3=VOLUME, level_kept=MAYBE, orders=ORDERS, held=st.booleans(),
        partial=st.booleans(), unplaced_m3=st.decimals(0, 10**5, places=3),
    ),
    zones=st.none() | st.frozensets(st.sampled_from(Zone)), unmapped=st.sampled_from([(), ("甲",)]), unit_fits=MAYBE, network_covers=MAYBE,
    load=st.none() | st.sampled_from(Load), fragile=MAYBE, thirsty=MAYBE, listed=MAYBE, renewable=MAYBE, other_water=MAYBE,
    function_zone_harm=MAYBE, layout_sound=MAYBE, mainstem=MAYBE, third_parties_harm=MAYBE, saving_kept=MAYBE, standards_kept=MAYBE,
    land_reclaimed=MAYBE,
)  # fmt: skip
BEGINNINGS = [date(2016, 7, 1), date(2021, 12, 1), date(2023, 4, 1), date(2023, 4, 21), date(2024, 5, 1)]
DAYS = st.dates(date(2007, 1, 1), date(2030, 1, 1)) | st.sampled_from(
    [each + timedelta(days=n) for each in BEGINNINGS for n in (-1, 0)]
)


@given(APPLICATIONS, STATES, DAYS)
def test_every_refusal_rests_on_a_law_regulation_or_rule_in_force_and_never_on_a_document_alone(asked, state, on):
    decision = decide(asked, state, Terms.of(LAW, on))
    for check in decision.because:
        if check.outcome is Outcome.FAILED:
            rule = LAW.rule(check.article.split(" ")[0])
            assert rule.instrument.rank.is_ground, check
            assert rule.on(on).known, (check, on)
        for each in check.beside:
            LAW.rule(each)
    assert decide(asked, state, Terms.of(LAW, on)) == decision


@given(APPLICATIONS, STATES)
def test_what_would_pass_passes_and_an_approval_never_passes_the_control_total(asked, state):
    decision = decide(asked, state, TERMS)
    for change in what_would_pass(asked, state, TERMS):
        assert decision.failed and not change.decision.failed
        volume = dict(change.parts).get("volume")
        if volume is not None:
            assert 0 < D(volume) < asked.volume_m3
            assert all(limit is None or D(volume) <= limit for limit in (asked.quota_m3, asked.design_capacity_m3))
        source = dict(change.parts).get("source")
        assert state.other_water or source not in ("mine_drainage", "reclaimed", "rain")
    if decision.allowed and asked.source in (Source.SHALLOW, Source.DEEP):
        assert not asked.more_m3 or state.unit.permitted_m3 + asked.more_m3 <= state.unit.control_m3


def passing(asked=ASKED, state=GOOD):
    return [change.parts for change in what_would_pass(asked, state, TERMS)]


def test_the_smallest_change_is_named():
    more = replace(ASKED, volume_m3=D(160_000), quota_m3=D(155_000), design_capacity_m3=D(200_000))
    (first, *others) = passing(more)
    assert first == (("volume", "150000"),)
    assert [parts for parts in others if parts[0][0] == "place"] == [(("place", "elsewhere"),)] or others == []
    banned = replace(GOOD, zones=frozenset({Zone.BANNED}))
    assert (("place", "outside"),) in passing(state=banned)
    assert passing() == []
    assert passing(replace(ASKED, filed=False)) == [(("filed", "yes"),)]


def test_less_of_a_change_keeps_what_the_holder_has():
    """40,000 permitted already of a unit of 1,000,000 with 970,000 permitted: 30,000 are left, so 70,000 in all."""
    full = replace(GOOD, unit=replace(UNIT, permitted_m3=D(970_000)))
    asked = replace(ASKED, volume_m3=D(80_000), increase_m3=D(40_000), quota_m3=D(80_000), change=True, new=True)
    assert passing(asked, full)[0] == (("volume", "70000"),)
    quota = replace(ASKED, volume_m3=D(60_000), increase_m3=D(20_000), quota_m3=D(45_000), change=True)
    assert passing(quota, full)[0] == (("volume", "45000"),)


def test_two_changes_together_are_tried_where_none_alone_helps():
    asked = replace(ASKED, volume_m3=D(140_000), quota_m3=D(120_000))
    banned = replace(GOOD, zones=frozenset({Zone.BANNED}))
    assert (("volume", "120000"), ("place", "outside")) in passing(asked, banned)
    unfiled = replace(ASKED, filed=False)
    assert passing(unfiled, banned)[0] == (("filed", "yes"), ("place", "outside"))
    assert passing(replace(asked, filed=False)) == [(("volume", "120000"), ("filed", "yes"))]
    assert (("volume", "120000"), ("filed", "yes"), ("place", "outside")) in passing(
        replace(asked, filed=False), banned
    )


def test_water_that_is_not_at_hand_is_not_offered_and_what_is_unknown_comes_last():
    river = replace(GOOD, zones=frozenset({Zone.BANNED}))
    assert not {"mine_drainage", "reclaimed", "rain"} & {
        value for parts in passing(state=river) for _kind, value in parts
    }
    asked = replace(ASKED, use=Use.INDUSTRY, volume_m3=D(100_000))
    found = what_would_pass(asked, replace(river, other_water=True), TERMS)
    assert {"mine_drainage", "reclaimed", "rain"} <= {value for change in found for _kind, value in change.parts}
    undecided = [change.decision.outcome is Outcome.UNDECIDABLE for change in found]
    assert undecided == sorted(undecided)


def test_another_use_of_permitted_water_is_new_for_it():
    """A change from living to a chemical plant at the same volume passes by neither pumped total, level, area nor trade."""
    full = replace(
        GOOD,
        unit=replace(UNIT, permitted_m3=D(1_200_000), pumped_m3=D(1_100_000), level_kept=False),
        load=Load.OVERLOADED,
    )
    asked = replace(ASKED, use=Use.INDUSTRY, industry="化工", increase_m3=D(0), new_use=True, change=True)
    found = outcomes(asked, full)
    assert {code for code, outcome in found.items() if outcome == "failed"} == {"pumped", "level", "load", "thirsty"}
    assert found["permitted"] == "passed"
    same = outcomes(replace(ASKED, new=False, increase_m3=D(0)), full)
    assert "pumped" not in same and "level" not in same and same["permitted"] == "passed"


def test_a_renewal_asks_no_new_questions_of_limited_zones_and_other_water():
    renewal = replace(ASKED, use=Use.INDUSTRY, new=False, increase_m3=D(0))
    found = outcomes(renewal, replace(GOOD, zones=frozenset({Zone.LIMITED}), other_water=True))
    assert found["zones"] == "passed" and not {"other_water", "thirsty", "listed", "meter", "load"} & found.keys()
    assert outcomes(renewal, replace(GOOD, zones=frozenset({Zone.BANNED})))["zones"] == "failed"


@pytest.mark.parametrize(
    ("other", "fragile", "outcome"),
    [
        (True, True, "failed"),
        (True, False, "needs_person"),
        (True, None, "undecidable"),
        (False, True, "passed"),
        (None, True, "undecidable"),
    ],
)
def test_other_water_first_where_water_is_short(other, fragile, outcome):
    state = replace(GOOD, other_water=other, fragile=fragile)
    for use in (Use.INDUSTRY, Use.GREENING, Use.SERVICE, Use.HEATING):
        assert outcomes(replace(ASKED, use=use), state)["other_water"] == outcome
    assert "other_water" not in outcomes(replace(ASKED, use=Use.LIVING), state)


@pytest.mark.parametrize(
    ("thirsty", "fragile", "outcome", "article"),
    [
        (True, True, "failed", "GW-025 (5)"), (True, None, "undecidable", "GW-025 (5)"), (True, False, "needs_person", ""),
        (None, True, "needs_person", "GW-025 (5)"), (False, True, "passed", "GW-025 (5)"),
    ],
)  # fmt: skip
def test_trades_of_high_use_by_the_regulation_with_the_plan_beside_it(thirsty, fragile, outcome, article):
    asked = replace(ASKED, use=Use.INDUSTRY, industry="煤化工")
    found = decide(asked, replace(GOOD, thirsty=thirsty, fragile=fragile), TERMS)
    (check,) = (each for each in found.because if each.code == "thirsty")
    assert (check.outcome.value, check.article) == (outcome, article)
    before = Terms.of(LAW, date(2022, 6, 1))  # the regulation refuses before the plan, too
    assert outcomes(asked, replace(GOOD, thirsty=True), before)["thirsty"] == "failed"
    rebuilt = replace(
        asked, increase_m3=D(0)
    )  # rebuilt works of high use may take no groundwater, though they ask for no more
    assert outcomes(rebuilt, replace(GOOD, thirsty=True))["thirsty"] == "failed"
    assert "thirsty" not in outcomes(replace(rebuilt, new=False), replace(GOOD, thirsty=True))


@pytest.mark.parametrize(
    ("use", "renewable", "outcome"),
    [
        (Use.INDUSTRY, False, "failed"),
        (Use.LIVING, False, "needs_person"),
        (Use.INDUSTRY, None, "needs_person"),
        (Use.INDUSTRY, True, "passed"),
    ],
)
def test_deep_groundwater_that_hardly_renews_itself(use, renewable, outcome):
    asked = replace(ASKED, source=Source.DEEP, use=use)
    assert outcomes(asked, replace(GOOD, renewable=renewable))["renewable"] == outcome


def test_projects_on_a_list_are_refused_and_scales_that_nobody_entered_are_asked_for():
    asked = replace(ASKED, use=Use.INDUSTRY)
    for listed, outcome in ((True, "failed"), (None, "needs_person"), (False, "passed")):
        assert outcomes(asked, replace(GOOD, listed=listed))["listed"] == outcome
    assert outcomes(terms=OPEN)["competence"] == "undecidable"
    assert outcomes(replace(ASKED, source=Source.DRAINAGE), terms=OPEN)["drainage"] == "undecidable"


def test_surface_water_has_its_total_too():
    river = replace(ASKED, source=Source.SURFACE, use=Use.INDUSTRY)
    known = replace(GOOD, unit=Unit(D(10_000), None, D(0)))
    assert outcomes(river, known)["permitted"] == "failed"
    assert outcomes(replace(river, volume_m3=D(10_000)), known)["permitted"] == "passed"


def test_kept_decisions_come_out_the_same_from_their_plain_values():
    """Decisions as they were kept: what fails here would change past decisions, and needs a new edition of the checks."""
    for kept in json.loads((Path(__file__).parent / "kept_decisions.json").read_text(encoding="utf-8")):
        parts = {"asked": Application, "known": State, "terms": Terms}
        asked, state, terms = (of_plain(kind, kept[name]) for name, kind in parts.items())
        assert checks_plain(decide(asked, state, terms)) == kept["checks"]
        for name, part in (("asked", asked), ("known", state), ("terms", terms)):
            later = {each: None for each in plain(part) if each not in kept[name]}  # what a later edition asks besides
            assert plain(part) == kept[name] | later


def test_an_application_from_a_file_is_read_strictly():
    asked = of_plain(Application, {"source": "surface", "use": "industry", "volume_m3": "12.5", "filed": True})
    assert (asked.source, asked.volume_m3, asked.filed) == (Source.SURFACE, D("12.5"), True)
    for wrong in (
        {"colour": 1},
        {"volume_m3": None},
        {"use": None},
        {"new": None},
        {"source": "sea"},
        {"volume_m3": "-1"},
        {"filed": "yes"},
        {"volume_m3": "x"},
    ):
        with pytest.raises(ValueError):
            of_plain(Application, {"source": "surface", "use": "industry", "volume_m3": 1} | wrong)
    with pytest.raises(ValueError, match="volume_m3"):
        of_plain(Application, {"source": "surface", "use": "industry"})


@pytest.mark.parametrize(("mainstem", "outcome"), [(True, "needs_person"), (False, "passed"), (None, "undecidable")])
def test_surface_water_of_the_main_stem_is_the_basin_authoritys(mainstem, outcome):
    river = replace(ASKED, source=Source.SURFACE)
    assert outcomes(river, replace(GOOD, unit=None, mainstem=mainstem))["mainstem"] == outcome
    assert "mainstem" not in outcomes(ASKED, replace(GOOD, mainstem=True))
    for on, article in ((date(2023, 3, 31), "AR-014"), (date(2023, 4, 1), "YR-050")):
        found = decide(river, replace(GOOD, unit=None, mainstem=mainstem), Terms.of(LAW, on))
        assert next(check for check in found.because if check.code == "mainstem").article == article


@pytest.mark.parametrize(
    ("increase", "codes"), [(D(0), set()), (D(1), {"permitted", "pumped", "level", "load", "order"})]
)
def test_totals_stand_against_more_water_only(increase, codes):
    full = replace(
        UNIT,
        permitted_m3=D(1_000_000),
        pumped_m3=D(2_000_000),
        level_kept=False,
        orders=(Order("1", "YR-051", frozenset()),),
    )
    state = replace(GOOD, unit=full, load=Load.OVERLOADED)
    failed = {c.code for c in decide(replace(ASKED, new=False, increase_m3=increase), state, TERMS).failed}
    assert failed == codes


@pytest.mark.parametrize(
    "heat_pump, place, expected",
    [
        (None, {}, "needs_person"),
        (False, {}, None),
        (True, {}, "undecidable"),
        (True, {"drinking_source": True, "reinjected": True}, "failed"),
        (True, {"drinking_source": False}, "undecidable"),
        (True, {"drinking_source": False, "reinjected": False}, "needs_person"),
        (True, {"drinking_source": False, "reinjected": True}, "passed"),
    ],
)
def test_water_taken_for_its_heat_goes_back_and_not_at_a_source_of_drinking_water(heat_pump, place, expected):
    asked = Application(Source.SHALLOW, Use.HEATING, D(1_000), heat_pump=heat_pump)
    terms = Terms.of(LAW, date(2026, 6, 1))
    found = {check.code: check for check in decide(asked, State(**place), terms).because}
    assert (found["heat_pump"].outcome.value if "heat_pump" in found else None) == expected
    assert "heat_pump" not in {c.code for c in decide(asked, State(**place), replace(terms, edition=1)).because}
    assert "heat_pump" not in {
        c.code for c in decide(replace(asked, use=Use.INDUSTRY, heat_pump=None), State(), terms).because
    }
