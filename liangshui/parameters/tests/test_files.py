"""Files of law: the shipped ones hold every rule of the collection; each broken one is refused in words that say how to mend it."""

import json
from datetime import date
from pathlib import Path

import pytest

from liangshui.core.parameters import BadParameters, Law, NotInForce, NotKnown, Rank, Version, load
from liangshui.parameters.law import shipped

HERE = Path(__file__).parent
GOOD = (HERE / "good.yaml").read_text(encoding="utf-8")
DAY = date(2026, 11, 25)


@pytest.mark.parametrize("path", sorted((HERE / "broken").glob("*.yaml")), ids=lambda path: path.stem)
def test_a_broken_file_says_what_is_wrong_and_how_to_mend_it(path: Path):
    text = path.read_text(encoding="utf-8")
    said = [line.removeprefix("# says: ") for line in text.splitlines() if line.startswith("# says: ")]
    body = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("# says: "))
    with pytest.raises(BadParameters) as error:
        load([("cn", "cn/x.yaml", body)])
    assert sorted(error.value.faults) == sorted(said)


def test_the_same_id_or_instrument_in_two_files_is_refused():
    other = GOOD.replace("MADE_UP", "OTHER")
    with pytest.raises(BadParameters, match=r"b\.yaml: MU-001: the same id is in a\.yaml"):
        load([("cn", "a.yaml", GOOD), ("cn", "b.yaml", other)])
    with pytest.raises(BadParameters, match=r"b\.yaml: instrument MADE_UP is in a\.yaml too"):
        load([("cn", "a.yaml", GOOD), ("cn", "b.yaml", GOOD.replace("MU-001", "MU-002"))])


@pytest.mark.parametrize(("day", "days"), [("2020-01-01", 5), ("2021-12-31", 5), ("2022-01-01", 7), ("2023-12-31", 7)])
def test_the_figure_of_a_day(day, days):
    law = load([("cn", "x.yaml", GOOD)])
    assert law.value("MU-001", date.fromisoformat(day)) == {"days": days}


@pytest.mark.parametrize(
    ("key", "day", "says"),
    [
        ("MU-001", "2019-12-31", r"MU-001 \(cn\) is not in force on 2019-12-31: it begins on 2020-01-01"),
        ("MU-001", "2024-01-01", r"MU-001 \(cn\) is not in force on 2024-01-01: it no longer holds from 2024-01-01 on"),
        ("MU-009", "2024-01-01", "There is no rule MU-009"),
    ],
)
def test_out_of_force_is_told_with_rule_place_and_day(key, day, says):
    with pytest.raises(NotInForce, match=says):
        load([("cn", "x.yaml", GOOD)]).value(key, date.fromisoformat(day))


def test_what_nobody_knows_is_asked_for_by_name_and_the_countys_own_figure_stands_before_it():
    law = load([("cn", "x.yaml", GOOD.replace("{days: 7}", "unknown"))])
    with pytest.raises(NotKnown, match=r"MU-001 期限 \(cn, 2023-05-01\)"):
        law.value("MU-001", date(2023, 5, 1))
    assert [rule.id for rule in law.unknown(date(2023, 5, 1))] == ["MU-001"]
    own = Law(law.rules, {"MU-001": (Version(date(2023, 1, 1), date(2023, 7, 1), {"days": 9}),)})
    assert own.value("MU-001", date(2023, 6, 30)) == {"days": 9}
    assert own.unknown(date(2023, 5, 1)) == []
    with pytest.raises(NotKnown):
        own.value("MU-001", date(2023, 7, 1))


def test_the_scale_of_on_line_meters_is_not_known():
    with pytest.raises(NotKnown, match="threshold_m3_per_year"):
        shipped().figure("GW-022-B", "threshold_m3_per_year", DAY)
    assert shipped().figure("MO-ONLINE", "groundwater_m3_per_year", DAY) == 50_000
    assert {"GW-022-B", "YR-053", "T24-TABLE-NM", "GW-052"} <= {rule.id for rule in shipped().unknown(DAY)}


def test_only_laws_regulations_and_rules_carry_a_refusal():
    assert [rank.value for rank in Rank if rank.is_ground] == [
        "law",
        "administrative_regulation",
        "local_regulation",
        "rule",
    ]
    seed = shipped().rule("SEED-GWBAN")
    assert (seed.instrument.binds, seed.instrument.rank.is_ground) == ("150625", False)


COLLECTION = HERE.parents[3] / "shared" / "law" / "rules.json"


ADDED = {"CALENDAR", "PL-034"}
"""Rules that the collection names without an id of their own: the calendar, and the standards of discretion (README 1.13)."""


@pytest.mark.skipif(
    not COLLECTION.exists(), reason="the collection of law lies beside the checkout only where it is built"
)
def test_every_rule_of_the_collection_is_shipped_as_it_is_there():
    given = json.loads(COLLECTION.read_text(encoding="utf-8"))
    law = shipped()
    assert {rule["id"] for rule in given["rules"]} == set(law.rules) - ADDED
    for each in given["rules"]:
        rule = law.rules[each["id"]]
        source = given["sources"][each["source"]]
        assert (rule.title, rule.article, rule.status.value, rule.confidence) == (
            each["title_zh"], str(each["article"]) or "-", each["verified_how"], each["confidence"],
        )  # fmt: skip
        assert (rule.instrument.title, rule.instrument.rank.value) == (source["title"], source["rank"])
        since = date.fromisoformat(each["effective_from"]) if each["effective_from"] else None
        assert rule.versions[0].since == since, each["id"]
