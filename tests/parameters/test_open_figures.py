"""What nobody knows is asked for by name: each open figure of the shipped rules has a kind and a box, and what is entered is what the rule
says from then on."""

from datetime import date

import pytest

from liangshui.accounts.roles import Role
from liangshui.core.errors import Invalid
from liangshui.core.parameters import UNKNOWN
from liangshui.parameters import queries, services
from liangshui.parameters.kinds import WHOLE, BadLine, FigureKind, bands_as_text, bands_of, grades_of, kind_of
from liangshui.parameters.law import shipped
from liangshui.parameters.models import OwnFigure
from liangshui.parameters.words import lines_of
from tests.people import make_person

pytestmark = pytest.mark.django_db

PAPER = {"document": "关于公布标准的通知", "document_number": "内水政〔2026〕8号", "issued_on": "2026-01-05"}

TYPED = {
    FigureKind.PERCENT: ("12.5", "12.5"),
    FigureKind.NUMBER: ("30", 30),
    FigureKind.DATE: ("2027-12-31", "2027-12-31"),
    FigureKind.YES_NO: ("on", True),
    FigureKind.LIST: ("甲\n乙", ["甲", "乙"]),
    FigureKind.RATES: ("地表水: 0.5\n地下水: 2", {"地表水": "0.5", "地下水": 2}),
    FigureKind.GRADES: (
        "YR-113 轻微 50000 80000 初次违法并及时改正",
        [
            {
                "see": "YR-113",
                "grade": "轻微",
                "fine_min_yuan": 50000,
                "fine_max_yuan": 80000,
                "when": "初次违法并及时改正",
            }
        ],
    ),
}
BANDS = {
    "household_blocks": ("≤180 5\n>180 7.5", [{"to_m3": 180, "price": 5}, {"to_m3": None, "price": "7.5"}]),
    "over_plan": (
        "<=20 2\n≤40% 2.5\n>40：3",
        [
            {"over_gt_pct": 0, "over_le_pct": 20, "multiple": 2},
            {"over_gt_pct": 20, "over_le_pct": 40, "multiple": "2.5"},
            {"over_gt_pct": 40, "over_le_pct": None, "multiple": 3},
        ],
    ),
    "over_plan_added": (
        "<20 1\n≥20 2",
        [{"over_ge_pct": 0, "over_lt_pct": 20, "add": 1}, {"over_ge_pct": 20, "over_lt_pct": None, "add": 2}],
    ),
    "over_quota": (">0 0.5", [{"over_gt_pct": 0, "over_le_pct": None, "add": "0.5"}]),
}

OPEN = {
    rule.id: [WHOLE] if not version.known else [key for key, value in version.value.items() if value == UNKNOWN]
    for rule in shipped().rules.values()
    for version in rule.versions
    if rule.id != "CALENDAR"
    and (not version.known or (isinstance(version.value, dict) and UNKNOWN in version.value.values()))
}
"""Rules with what each asks for; the calendar has a test of its own in test_figures."""


def typed_for(key: str) -> tuple[str, object]:
    return BANDS[key] if key in BANDS else TYPED[kind_of(key, None if key == WHOLE else UNKNOWN)]


@pytest.fixture
def second(world):
    OwnFigure.objects.all().delete()
    return make_person("second", "另一局员", world.bureau, Role.BUREAU_OFFICER)


def test_what_the_law_leaves_open_is_asked_for_by_name():
    assert OPEN == {
        "AR-014": ["county_groundwater_m3_per_year", "county_surface_m3_per_year"],
        "E2W-NM-COEF": ["whole"],
        "F-HJQ-QUOTA": ["total_use_m3", "yellow_river_m3", "groundwater_total_m3", "wells", "users", "gw_units"],
        "GW-022-A": ["existing_works_by"],
        "GW-022-B": ["threshold_m3_per_year"],
        "GW-026": ["depth_m", "drainage_m3_per_year"],
        "GW-051": ["threshold_m3_per_year"],
        "GW-052": ["drainage_m3_per_year"],
        "GW-ALERT-NM": ["red_fall_m"],
        "PL-024": ["handed_down"],
        "PL-034": ["grades"],
        "PL-063": ["person_yuan", "body_yuan", "inclusive"],
        "PU-003": ["threshold_m3_per_year"],
        "SR-015": ["household_blocks", "over_quota"],
        "T17-OVERPLAN": ["over_plan_added"],
        "T24-EX": ["farm_limit_m3_per_mu"],
        "T24-PUBLIC": ["leakage_pct"],
        "T24-TABLE-NM": ["whole"],
        "T24-UNAUTH": ["unauthorised_multiple", "over_permit_multiple", "over_plan"],
        "YR-053": ["threshold_m3_per_year"],
        "YR-054": ["negative_list", "phase_out"],
    }
    rules = shipped().rules
    assert {key for key in OPEN if not rules[key].set_by} == set()
    assert {key for key in OPEN if not rules[key].may_be_entered} == set()


def test_no_open_figure_hides_deeper_in_a_rule():
    def deep(value, depth=0):
        if isinstance(value, dict | list):
            return any(deep(each, depth + 1) for each in (value.values() if isinstance(value, dict) else value))
        return value == UNKNOWN and depth > 1

    assert [rule.id for rule in shipped().rules.values() for version in rule.versions if deep(version.value)] == []


def test_a_valid_value_entered_is_afterwards_what_the_rule_says(world, second, sign_in):
    client, other = sign_in(world.officer), world.actor(second)
    for rule, keys in OPEN.items():
        found = shipped().rules[rule]
        since, until = found.versions[-1].since, found.versions[-1].until
        form = client.get(f"/law/{rule}/enter/").context["form"]
        assert {f"f_{key}" for key in keys} <= set(form.fields), rule
        shown = {box.name: box.value() for box in form if box.value() is not None and box.name.startswith("f_")}
        given = shown | PAPER | {"since": str(since or "2024-01-01"), "until": str(until or "")}
        given |= {f"f_{key}": typed_for(key)[0] for key in keys}
        answer = client.post(f"/law/{rule}/enter/", given)
        assert answer.status_code == 302, (rule, answer.context["form"].errors)
        services.decide(other, OwnFigure.objects.get(rule=rule), agreed=True, words="")
        day = date(2024, 11, 30) if until else date(2026, 11, 25)
        version = queries.law().on(rule, day)
        before = found.versions[-1].value
        assert keys == [WHOLE] or {k: v for k, v in version.value.items() if k not in keys} == {
            k: v for k, v in before.items() if k not in keys
        }
        for key in keys:
            assert (version.value if key == WHOLE else version.value[key]) == typed_for(key)[1], (rule, key)
        assert queries.law().missing(rule, day) == []
        assert all("_" not in f"{label}{words}" for _depth, label, words in lines_of(found, version.value)), rule
    assert {rule.id for rule in queries.law().unknown(date(2026, 11, 25))} == set()


def test_a_further_figure_keeps_what_was_entered_before(world, second, sign_in):
    client, other = sign_in(world.officer), world.actor(second)
    answer = client.post("/law/SR-015/enter/", PAPER | {"since": "2026-01-01"})
    assert "请至少录入一项数值。" in answer.content.decode() and not OwnFigure.objects.exists()
    client.post("/law/SR-015/enter/", PAPER | {"since": "2026-01-01", "f_household_blocks": "≤180 5\n>180 7.5"})
    services.decide(other, OwnFigure.objects.get(), agreed=True, words="")
    assert queries.law().missing("SR-015", date(2026, 11, 25)) == ["over_quota"]
    page = client.get("/law/SR-015/enter/").content.decode()
    assert "≤180 5\n&gt;180 7.5" in page
    page = client.get("/law/?missing=1").content.decode()
    assert "待录入：数值（元/m³） · 规定机关：省（自治区）" in page and "2021年修订" in page
    assert "待录入：非居民超定额（超计划）累进加价分档 · 规定机关：旗县" in page


@pytest.mark.parametrize(
    ("rule", "key", "typed"),
    [
        ("T24-PUBLIC", "leakage_pct", "120"),
        ("T24-UNAUTH", "unauthorised_multiple", "0.5"),
        ("T24-UNAUTH", "over_plan", "≤20 2"),
        ("T24-UNAUTH", "over_plan", "≤20 2\n>30 3"),
        ("T24-UNAUTH", "over_plan", "≤40 2\n≤20 2.5\n>20 3"),
        ("T24-UNAUTH", "over_plan", "≤20 2\n≥20 3"),
        ("T24-UNAUTH", "over_plan", "两成以内 2"),
        ("SR-015", "household_blocks", "<180 5\n≥180 7"),
        ("PL-034", "grades", "YR-113 轻微 50000"),
        ("PL-034", "grades", "YR-113 轻微 20000 80000"),
        ("PL-034", "grades", "AR-013 轻微 1 2"),
        ("PL-034", "grades", "YR-113 轻微 90000 80000"),
        ("GW-ALERT-NM", "red_fall_m", "20000"),
        ("PL-063", "person_yuan", "-1"),
        ("T24-TABLE-NM", "whole", "地表水: -1"),
        ("T24-TABLE-NM", "whole", "地表水: 一元"),
    ],
)
def test_what_cannot_be_is_refused_where_it_was_typed(world, second, sign_in, rule, key, typed):
    since = str(shipped().rules[rule].versions[-1].since or "2024-01-01")
    answer = sign_in(world.officer).post(f"/law/{rule}/enter/", PAPER | {"since": since, f"f_{key}": typed})
    assert answer.status_code == 200 and f"f_{key}" in answer.context["form"].errors
    assert not OwnFigure.objects.exists()


def test_bands_and_grades_are_refused_by_the_service_too(world, second):
    paper = {"document": "通知", "document_number": "第1号", "issued_on": date(2026, 1, 5), "since": date(2026, 1, 1)}
    for rule, value in (
        ("T24-UNAUTH", {"over_plan": [{"over_gt_pct": 0, "over_le_pct": 20, "multiple": 2}]}),
        ("T24-UNAUTH", {"over_plan": "2"}),
        ("PL-034", {"grades": [{"see": "YR-113", "grade": "轻微", "fine_min_yuan": 1, "fine_max_yuan": 2}]}),
        ("T24-TABLE-NM", {"地表水": -1}),
    ):
        with pytest.raises(Invalid):
            services.propose(world.actor(world.officer), rule, value=value, **paper)


def test_bands_are_read_and_written_line_by_line():
    for key, (text, value) in BANDS.items():
        assert bands_of(key, text) == value
        assert bands_of(key, bands_as_text(value)) == value
    with pytest.raises(BadLine) as error:
        bands_of("over_plan", "≤20 2\n≤10 3\n>10 4")
    assert error.value.number == 2
    with pytest.raises(BadLine) as error:
        grades_of("YR-113 轻微 50000 80000\n\nYR-113 一般")
    assert error.value.number == 2
