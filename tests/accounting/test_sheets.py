"""Volumes, electricity and coefficients from the bureau's own sheets: what they come to, and taken back as if never there."""

import io
from datetime import date
from decimal import Decimal as D

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from liangshui.accounting import beside, services, taking
from liangshui.accounting.models import AccountEntry, Coefficient, EnergyRecord, PeriodVolume, PowerMatch, Statement
from liangshui.accounts.models import Appointment, Organisation, Person
from liangshui.core.access import EVERYWHERE, SYSTEM
from liangshui.core.errors import Invalid
from liangshui.core.periods import Period, plan_year
from liangshui.quota.figures import six_figures
from liangshui.records.installation import Installation
from liangshui.registry import importing, sentences
from liangshui.registry.models import ImportBatch, IrrigatedArea, PowerSupply, Project
from tests.accounting.conftest import FROM, MAY, at, follow, total, volumes

YEAR = plan_year(2025)


@pytest.fixture(autouse=True)
def installed(place):
    if not Installation.objects.exists():
        Installation(county_code=place.county.code, county_name=place.county.name).save()


def book(*rows, sheet="Sheet1"):
    """A workbook of one sheet."""
    made = Workbook()
    page = made.active
    page.title = sheet
    for row in rows:
        page.append(list(row))
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def check(kind, *rows, sheet="Sheet1", **options):
    return importing.check(SYSTEM, book(*rows, sheet=sheet), "a.xlsx", kind, options)


def take(kind, *rows, **options):
    batch = importing.take(SYSTEM, check(kind, *rows, **options))
    follow()
    return batch


def problems(batch):
    return [p["code"] for row in batch.report["rows"] for p in row["problems"]]


# --- stated volumes ---


def test_a_column_a_month_by_code(place):
    well = place.well("W1", place.user("U1"))
    heads = ("取水口编号", "1月(万m³)", "2月", "3月", "全年取水量", "水量来源")
    batch = take("volumes", ("2025年取水量",), ("单位：万立方米",), heads, ("W1", "0.1", "／", "０．３", 0.4, "抄表"))
    assert batch.report["counts"]["created"] == 1
    rows = list(Statement.objects.order_by("start").values_list("intake", "start", "end", "volume_m3", "method"))
    assert rows == [
        (well.pk, date(2025, 1, 1), date(2025, 2, 1), D(1000), "read"),
        (well.pk, date(2025, 3, 1), date(2025, 4, 1), D(3000), "read"),
    ]
    year = total(YEAR)
    assert (year.abstraction_m3, year.low_m3, year.high_m3) == (D(4000), D(4000), D(4000))
    assert year.by_method == {"read": D(4000)} and year.days_without_volume > 0


def test_long_sheets_with_their_periods_and_methods(place):
    place.well("W1", place.user("U1"))
    heads = ("取水口编号", "月份", "取水量(m³)", "水量来源", "误差(%)")
    take(
        "volumes", heads, ("W1", "2025-01", 100, "直报", None), ("W1", "2025年2月", 200, "定额", None),
        ("W1", "2025年二季度", 300, "核定", None), ("W1", date(2025, 7, 1), 50, "估算", 10),
    )  # fmt: skip
    assert total(YEAR).by_method == {"declared": D(100), "quota": D(200), "certified": D(300), "estimate": D(50)}
    row = total(YEAR)
    assert (row.low_m3, row.high_m3) == (D(445), None)
    assert volumes("intake", Period(date(2025, 4, 1), date(2025, 5, 1)))["W1"] == D("98.901")  # 30 of 91 days


def test_the_same_file_twice_changes_nothing_and_a_corrected_one_only_what_differs(place):
    place.well("W1", place.user("U1"))
    heads, rows = ("取水口编号", "月份", "取水量"), [("W1", "2025-01", 100), ("W1", "2025-02", 200)]
    first = take("volumes", heads, *rows, method="declared")
    again = take("volumes", heads, *rows, method="declared")
    assert again.report["counts"] == {"created": 0, "changed": 0, "unchanged": 2, "refused": 0}
    assert Statement.every.count() == 2
    better = take("volumes", heads, ("W1", "2025-01", 100), ("W1", "2025-02", 250), method="declared")
    assert better.report["counts"] == {"created": 0, "changed": 1, "unchanged": 1, "refused": 0}
    (change,) = [row["changes"] for row in better.report["rows"] if row["changes"]]
    assert change == [["", "2025-02", "200", "250"]]
    assert total(YEAR).abstraction_m3 == D(350)
    old = Statement.every.get(volume_m3=200)
    assert (old.batch, old.ended_by) == (first, better)
    with pytest.raises(Invalid, match=r"a\.xlsx"):
        importing.take_back(SYSTEM, first)  # the later one rests on it
    importing.take_back(SYSTEM, better)
    follow()
    assert total(YEAR).abstraction_m3 == D(300)
    importing.take_back(SYSTEM, first)
    follow()
    assert total(YEAR).abstraction_m3 is None and Statement.every.count() == 3


def test_rows_that_must_wait_say_why(place):
    user = place.user("U1")
    place.well("W1", user)
    place.well("W2", user, sector="industry")
    batch = check(
        "volumes", ("取水口编号", "用水户", "月份", "取水量", "水量来源"),
        ("W9", None, "2025-01", 1, "直报"), ("W1", None, "2025.1", 1, "直报"), ("W1", None, "去年", 1, "直报"),
        ("W1", None, "2025-01", None, "直报"), ("W1", None, "2025-01", 1, None), (None, "用户U9", "2025-01", 1, "直报"),
        (None, "用户U1", "2025-01", 1, "直报"), ("W1", None, "2025-03", 1, "直报"), ("W1", None, "2025-03", 2, "直报"),
        (None, None, "2025-01", 1, "直报"),
    )  # fmt: skip
    assert problems(batch) == [
        "unknown_intake", "unclear_month", "not_a_month", "no_figure", "no_method", "unknown_user", "which_sector",
        "period_again", "nobody_named",
    ]  # fmt: skip
    assert batch.report["counts"]["created"] == 1
    (unclear,) = [p for row in batch.report["rows"] for p in row["problems"] if p["code"] == "unclear_month"]
    with override("zh-hans"):
        assert sentences.cell_words(unclear) == "“2025.1”可能是一月也可能是十月；请写成 2025-01 或 2025-10。"
    page = load_workbook(io.BytesIO(importing.marked_copy(batch))).active
    assert "2025-10" in page["C3"].comment.text and page["C9"].comment is None


def test_a_users_volume_is_the_only_wells_or_shared_or_stays(place):
    one, two = place.user("U1"), place.user("U2")
    place.well("W1", one)
    first, second = place.well("W2", two, capacity_m3_h=D(30)), place.well("W3", two, capacity_m3_h=D(10))
    rows = (("用水户", "年度", "取水量"), ("用户U1", 2025, 365), ("用户U2", 2025, 1000))
    batch = take("volumes", *rows, method="declared")
    by_user = volumes("user", YEAR)
    assert (by_user["U1"], by_user["U2"]) == (D(365), D(1000))
    assert volumes("intake", YEAR) == {"W1": D(365), "W2": None, "W3": None, "": D(1000)}
    assert volumes("source", YEAR) == {place.source.code: D(1365)}
    importing.take_back(SYSTEM, batch)
    take("volumes", *rows, method="declared", split="capacity")
    assert volumes("intake", YEAR) == {"W1": D(365), "W2": D(750), "W3": D(250)}
    IrrigatedArea.objects.create(user=two, intake=first, year=2024, area_mu=D(100))
    IrrigatedArea.objects.create(user=two, intake=second, year=2024, area_mu=D(300))
    take("volumes", *rows, method="declared", split="area")
    assert volumes("intake", YEAR) == {"W1": D(365), "W2": D(250), "W3": D(750)}


def test_what_stays_with_the_user_counts_only_where_no_well_has_a_volume(place):
    user = place.user("U1")
    well = place.well("W1", user)
    place.well("W2", user)
    take(
        "volumes",
        ("用水户", "月份", "取水量"),
        ("用户U1", "2025-05", 900),
        ("用户U1", "2025-06", 600),
        method="declared",
    )
    assert total(YEAR).abstraction_m3 == D(1500)
    place.read(place.station(well), (at(1), 0), (at(2), 5))
    follow()
    assert total(YEAR).by_method == {"register": D(5), "declared": D(600)}
    (may,) = six_figures(EVERYWHERE, YEAR)
    assert (may.metered_m3, may.reported_m3) == (D(5), D(1500))


def test_a_part_of_a_month_counts_the_part_of_the_users_volume(place):
    user = place.user("U1")
    place.well("W1", user)
    place.well("W2", user)
    take("volumes", ("用水户", "月份", "取水量"), ("用户U1", "2025-05", 310), method="declared")
    halves = [
        total(Period(a, b)).abstraction_m3 for a, b in ((MAY.start, date(2025, 5, 11)), (date(2025, 5, 11), MAY.end))
    ]
    assert halves == [D(100), D(210)]


def test_the_year_is_the_sum_of_the_sheets(place):
    """By a second, plain way of adding; to the last 0.01 m³."""
    user, wells = place.user("U1"), 7
    for n in range(wells):
        place.well(f"W{n}", user)
    figures = {(n, m): D(n * 1000 + m * 7) / 100 for n in range(wells) for m in range(1, 13)}
    heads = ("取水口编号", *(f"2025年{m}月" for m in range(1, 13)))
    take("volumes", heads, *((f"W{n}", *(figures[n, m] for m in range(1, 13))) for n in range(wells)), method="read")
    upto = timezone.localdate()
    plain = sum(v for (_n, m), v in figures.items() if date(2025, m, 1) <= upto)
    assert total(YEAR).abstraction_m3 == plain
    assert sum(v or 0 for v in volumes("intake", YEAR).values()) == plain


# --- electricity ---


HEADS = ("户号", "电表号", "户名", "月份", "尖", "峰", "平", "谷", "电量")


def test_the_power_companys_sheet(place):
    well = place.well("W1", place.user("U1"))
    place.power("100", (well, "1"), number="E1")
    EnergyRecord.objects.all().delete()
    place.coefficient(well, "2.5")
    batch = take(
        "electricity",
        HEADS,
        ("H1", "E1", "一号井", "2025-05", 10, 20, 30, 40, None),
        ("H1", "E1", "一号井", "2025-06", 1, 1, 1, 1, 9),
    )
    assert batch.report["counts"]["created"] == 2
    assert [n["code"] for row in batch.report["rows"] for n in row["notes"]] == ["sum_differs"]
    assert dict(EnergyRecord.objects.values_list("start__month", "kwh")) == {5: D(100), 6: D(9)}
    may = total(MAY)
    assert (may.abstraction_m3, may.low_m3, may.high_m3) == (D(250), D(200), D(300))
    take("electricity", HEADS, ("H1", "E1", None, "2025-05", None, None, None, None, 120))
    assert total(MAY).abstraction_m3 == D(300) and EnergyRecord.every.count() == 3
    importing.take_back(SYSTEM, ImportBatch.objects.latest("pk"))
    follow()
    assert total(MAY).abstraction_m3 == D(250)


def test_a_line_that_no_number_tells_is_decided_once(place, world_officer):
    officer = world_officer
    user = place.user("U1")
    well, other = place.well("W1", user), place.well("W2", user)
    place.coefficient(well, "2")
    rows = (
        HEADS,
        ("H7", "X7", "用户U1井W1", "2025-05", None, None, None, None, 50),
        ("H8", "X8", "路灯", "2025-05", None, None, None, None, 5),
    )
    batch = take("electricity", *rows)
    assert problems(batch) == ["unmatched", "unmatched"] and EnergyRecord.objects.count() == 0
    page = officer.get(reverse("energy-matches", args=[batch.pk])).content.decode()
    assert "W1" in page and "路灯" in page
    first, second = (line[0] for line in batch.report["doubtful"])
    officer.post(
        reverse("energy-matches", args=[batch.pk]),
        {"key": first, "what": f"well:{well.pk}", "meter": "X7", "household": "H7"},
    )
    officer.post(reverse("energy-matches", args=[batch.pk]), {"key": second, "what": "none"})
    assert PowerSupply.objects.get().intake == well and PowerMatch.objects.count() == 2
    again = officer.post(reverse("import-read-again", args=[batch.pk]))
    newest = ImportBatch.objects.latest("pk")
    assert again.url == reverse("import", args=[newest.pk]) and newest.report["counts"]["refused"] == 0
    importing.take(SYSTEM, newest)
    follow()
    assert total(MAY).abstraction_m3 == D(100)
    with pytest.raises(Invalid):
        taking.decide(SYSTEM, "|", None, other)


@pytest.fixture
def world_officer(place, sign_in):
    person = Person.objects.create_user("clerk", password=None, name="干部")
    bureau = Organisation.objects.create(name="水利局", kind="bureau", division=place.county)
    Appointment.objects.create(person=person, organisation=bureau, role="bureau_officer", valid_from=FROM)
    return sign_in(person)


# --- coefficients ---


def test_coefficients_by_well_and_by_village(place):
    user = place.user("U1")
    wells = [place.well(f"W{n}", user) for n in range(3)]
    for n, well in enumerate(wells):
        place.power("100", (well, "1"), number=f"E{n}")
    heads = ("苏木镇", "取水口编号", "以电折水系数", "误差(%)", "测试日期", "起用日期")
    rows = (
        heads,
        (None, "W0", 3, 10, "2024-06-01", "2025-01-01"),
        (place.town_a.name, None, 2, 20, None, "2025-01-01"),
    )
    batch = take("coefficients", *rows)
    assert dict(Coefficient.objects.values_list("intake__code", "m3_per_kwh")) == {"W0": D(3), "W1": D(2), "W2": D(2)}
    assert volumes("intake") == {"W0": D(300), "W1": D(200), "W2": D(200)}
    assert take("coefficients", *rows).report["counts"]["created"] == 0
    later = take("coefficients", heads, (None, "W0", 4, 10, None, "2025-05-16"))
    assert later.report["counts"]["changed"] == 1
    assert volumes("intake")["W0"] == D("351.613")  # 15 of 31 days at 3, the others at 4
    importing.take_back(SYSTEM, later)
    follow()
    assert volumes("intake")["W0"] == D(300)
    importing.take_back(SYSTEM, batch)
    follow()
    assert total(MAY).abstraction_m3 is None and PeriodVolume.objects.count() == 0


# --- side by side ---


def test_two_methods_stand_beside_each_other(place):
    well = place.well("W1", place.user("U1"))
    place.power("100", (well, "1"))
    place.coefficient(well, "2")
    take("volumes", ("取水口编号", "月份", "取水量"), ("W1", "2025-05", 150), method="declared")
    (found,) = beside.differences(EVERYWHERE, YEAR)
    assert (found.counts.value, found.volume_m3, found.other.value, found.other_m3, found.off_m3) == (
        "electricity", D(200), "declared", D(150), D(-50),
    )  # fmt: skip
    Project.objects.update(permitted_m3=D(120))
    (line,) = six_figures(EVERYWHERE, YEAR)
    assert (line.permitted_m3, line.electricity_m3, line.reported_m3, line.planned_m3) == (D(120), D(200), D(150), None)
    assert (line.counted_m3, line.over_m3, line.reported_off_m3, line.electricity_off_m3) == (
        D(200),
        D(80),
        D(-50),
        None,
    )
    assert line.apart_m3 == D(50)


# --- taking back ---

_sheet = st.lists(
    st.tuples(st.integers(0, 2), st.integers(1, 6), st.integers(0, 999)),
    min_size=1,
    max_size=6,
    unique_by=lambda r: r[:2],
)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(before=st.lists(_sheet, max_size=2), sheet=_sheet, split=st.sampled_from(["", "equal"]))
def test_taken_back_the_accounts_are_exactly_as_before(place, before, sheet, split):
    with transaction.atomic():
        user = place.user("U1")
        for n in range(2):
            place.well(f"W{n}", user)
        services.recompute(SYSTEM, None, YEAR.start, date(2030, 1, 1), "test")
        follow()

        def import_sheet(rows):
            lines = [
                (f"W{n}", None, f"2025-{m:02d}", v) if n < 2 else (None, "用户U1", f"2025-{m:02d}", v)
                for n, m, v in rows
            ]
            return take("volumes", ("取水口编号", "用水户", "月份", "取水量"), *lines, method="declared", split=split)

        for rows in before:
            import_sheet(rows)
        then = accounts()
        batch = import_sheet(sheet)
        importing.take_back(SYSTEM, batch)
        follow()
        assert accounts() == then
        transaction.set_rollback(True)


def accounts():
    return sorted(
        AccountEntry.objects.values_list(
            "month", "stage", "intake__code", "user__code", "method", "days", "volume_m3", "low_m3", "high_m3"
        ),
        key=str,
    )


def test_a_day_opens_to_the_row_of_the_sheet(place, world_officer):
    well = place.well("W1", place.user("U1"))
    take("volumes", ("取水口编号", "月份", "取水量", "水量来源"), ("W1", "2025-05", 310, "核定"))
    page = world_officer.get(reverse("intake-day", args=[well.pk, date(2025, 5, 3)])).content.decode()
    assert "a.xlsx，第 2 行" in page and reverse("statements") in page
