"""A table of the superior: filled from the accounts, checked, changed by hand, issued, and what would differ later."""

import io
from datetime import date, timedelta
from decimal import Decimal as D

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from liangshui.accounting import queries as accounts
from liangshui.core.access import EVERYWHERE, SYSTEM, Actor
from liangshui.core.errors import Forbidden, Invalid
from liangshui.core.periods import month
from liangshui.reports import services, views
from liangshui.reports.filling import Sheets, differences
from liangshui.reports.models import Filling, Table
from liangshui.reports.rules.mapping import Says
from tests.reports.conftest import MAPPING, MAY, MONTHLY, Reports, book, values

pytestmark = pytest.mark.django_db


@pytest.fixture
def monthly(reports: Reports):
    return services.add_table(SYSTEM, reports.county, "月报", "月报.xlsx", book(MONTHLY, ("A1:F1",)), MAPPING)


def cells_of(filling: Filling) -> dict[str, str | None]:
    return {cell.cell: cell.value for cell in Sheets.unpack(bytes(filling.cells)).cells}


def findings_of(filling: Filling) -> list[tuple[str, str]]:
    return sorted((f.cell, f.code) for _sheet, f in Sheets.unpack(bytes(filling.cells)).findings)


def test_cells_are_the_figures_of_the_account(reports, monthly):
    filling = services.fill(SYSTEM, monthly, MAY)
    # 34,567 m³ and 25,004 m³ of shallow groundwater, 10,000 m³ of drainage; April 20,000 each
    assert cells_of(filling) == {
        "B3": "3.46", "C3": "1.00", "E3": "2.00", "F3": "6.46",
        "B4": "2.50", "C4": "0.00", "E4": "2.00", "F4": "4.50",
        "B5": "5.96", "C5": "1.00", "E5": "4.00", "F5": "10.96",
    }  # fmt: skip
    rows = values(services.content_of(filling))
    assert rows[2] == ["甲镇", 3.46, 1, "=B3+C3", 2, 6.46] and rows[4][3] == "=B5+C5"
    total = accounts.account(EVERYWHERE, month(MAY), "total", {"source_kind": "shallow_groundwater"})[0]
    exact = {cell.cell: cell.exact for cell in Sheets.unpack(bytes(filling.cells)).cells}
    assert D(exact["B5"]) == total.abstraction_m3 == D("59571.000")


def test_what_is_odd_is_listed(reports, monthly):
    filling = services.fill(SYSTEM, monthly, MAY)
    # 34,567 against 20,000 is +73 %; each figure rounded by itself, the total is right (5.96 = 3.46 + 2.50)
    assert ("B3", "leap") in findings_of(filling) and ("B4", "leap") not in findings_of(filling)
    reports.took("b", date(2025, 5, 3), 24_960)  # 2.496 becomes 2.50, the total 5.9527 becomes 5.95: off by 0.01
    reports.count_up()
    assert ("B5", "sum") in findings_of(services.fill(SYSTEM, monthly, MAY))


def test_unknown_is_left_empty_and_counted(reports, monthly):
    services.set_mapping(SYSTEM, monthly, MAPPING + "unknown: 无\n")
    filling = services.fill(SYSTEM, monthly, date(2025, 1, 1))
    assert cells_of(filling)["B3"] is None and ("B3", "unknown") in findings_of(filling)
    assert values(services.content_of(filling))[2][1] == "无"


def test_a_cell_changed_by_hand_keeps_its_reason_and_can_be_given_back(reports, monthly):
    filling = services.fill(SYSTEM, monthly, MAY)
    with pytest.raises(Invalid):
        services.change_cell(SYSTEM, filling, "表1", "B3", "3.5", " ")
    with pytest.raises(Invalid):
        services.change_cell(SYSTEM, filling, "表1", "D3", "3.5", "公式")
    services.change_cell(SYSTEM, filling, "表1", "B3", "3.5", "核对后修正")
    services.change_cell(SYSTEM, filling, "表1", "A6", "注：已核", "补注")
    rows = values(services.content_of(filling))
    assert rows[2][1] == 3.5 and rows[5][0] == "注：已核"
    filling = services.fill(SYSTEM, monthly, MAY)  # filled anew, the change stays
    assert values(services.content_of(filling))[2][1] == 3.5
    services.change_cell(SYSTEM, filling, "表1", "B3", "", "改回")
    assert values(services.content_of(filling))[2][1] == 3.46


def test_an_issued_table_stands_and_says_what_would_differ(reports, monthly):
    filling = services.issue(SYSTEM, services.fill(SYSTEM, monthly, MAY))
    before = services.content_of(filling)
    reports.took("a", date(2025, 5, 4), 10_000)
    reports.count_up()
    assert services.content_of(filling) == before and len(filling.digest) == 64
    found = {d.cell: (d.was, d.now) for d in differences(reports.county, Sheets.unpack(bytes(filling.cells)))}
    assert found == {"B3": ("3.46", "4.46"), "B5": ("5.96", "6.96"), "F3": ("6.46", "7.46"), "F5": ("10.96", "11.96")}
    for act in (
        lambda: services.fill(SYSTEM, monthly, MAY),
        lambda: services.issue(SYSTEM, filling),
        lambda: services.change_cell(SYSTEM, filling, "表1", "B3", "1", "x"),
        lambda: services.drop(SYSTEM, filling),
        lambda: services.correct(SYSTEM, filling, ""),
    ):
        with pytest.raises(Invalid):
            act()
    correction = services.correct(SYSTEM, filling, "五月四日补报")
    assert (correction.number, cells_of(correction)["B3"]) == (2, "4.46")
    with pytest.raises(Invalid):
        services.correct(SYSTEM, filling, "再来")
    assert services.content_of(Filling.objects.get(pk=filling.pk)) == before


def test_a_period_that_is_not_over_is_filled_but_not_issued(reports, monthly):
    today = timezone.localdate()
    filling = services.fill(SYSTEM, monthly, today)
    with pytest.raises(Invalid):
        services.issue(SYSTEM, filling)
    with pytest.raises(Invalid):
        services.fill(SYSTEM, monthly, today.replace(year=today.year + 1))


def test_a_new_mapping_after_filling_is_a_new_version(reports, monthly):
    filling = services.fill(SYSTEM, monthly, MAY)
    services.mark(SYSTEM, monthly, "表1", "B4", Says(figure="abstraction", town="甲镇"))
    assert services.current(monthly).number == 2 and filling.version.number == 1
    assert cells_of(services.fill(SYSTEM, monthly, MAY))["B4"] == "3.46"
    services.mark(SYSTEM, monthly, "表1", "B4", Says())  # taken away again
    assert services.book_of(services.current(monthly).mapping) == services.book_of(filling.version.mapping)


def test_a_name_that_this_county_does_not_have_is_told(reports):
    text = "marks: [{at: B3, figure: abstraction, town: 丙镇}]"
    table = services.add_table(SYSTEM, reports.county, "错", "错.xlsx", book(MONTHLY), text)
    with pytest.raises(Invalid, match="丙镇"):
        services.fill(SYSTEM, table, MAY)


def test_from_an_empty_table_a_mapping_is_proposed(reports):
    rows = [*MONTHLY[:2], ["甲镇"], ["乙镇"], ["合计"]]
    table = services.add_table(SYSTEM, reports.county, "取水月报", "取水月报.xlsx", book(rows))
    cells = cells_of(services.fill(SYSTEM, table, MAY))
    assert (cells["B3"], cells["C3"], cells["B4"], cells["F3"]) == ("3.46", "1.00", "2.50", "6.46")
    assert cells["B5"] == "5.96"


def test_a_list_has_a_row_for_each(reports):
    rows = [
        ["用水户名录"],
        ["序号", "名称", "许可证", "取水量", "分配"],
        ["样", None, None, None, None],
        ["合计", None, None, "=SUM(D3:D3)"],
    ]
    text = """
period: year
in: m3
places: 0
marks:
- {at: 3:3, each: user}
- {at: A3, text: number}
- {at: B3, text: name}
- {at: C3, text: permit_number}
- {at: D3, figure: abstraction}
- {at: E3, figure: allotted}
sums: [{total: D4, parts: D3}]
"""
    table = services.add_table(SYSTEM, reports.county, "名录", "名录.xlsx", book(rows), text)
    filling = services.fill(SYSTEM, table, MAY)
    assert values(services.content_of(filling))[2:] == [
        [1, "用户UA", None, 54567, None],
        [2, "用户UB", None, 45004, None],
        [3, "用户UM", None, 10000, None],
        ["合计", None, None, "=SUM(D3:D5)", None],
    ]
    assert "sum" not in {code for _cell, code in findings_of(filling)}


def test_a_list_by_intake_and_day(reports):
    rows = [["编码", "水源", "日期", "水量", "方法"], [None] * 5]
    text = """
in: m3
places: 3
codes: {source: {shallow_groundwater: "21"}}
marks:
- {at: 2:2, each: intake_day, town: 甲镇}
- {at: A2, text: code}
- {at: B2, text: source}
- {at: C2, text: day}
- {at: D2, figure: abstraction}
- {at: E2, text: method}
"""
    table = services.add_table(SYSTEM, reports.county, "日报", "日报.xlsx", book(rows), text)
    filling = services.fill(SYSTEM, table, MAY)
    found = values(services.content_of(filling))
    assert len(found) == 1 + 2 * 31
    assert found[3] == ["WA", "21", "2025-05-03", 34567, "水表计量"] and found[1] == [
        "WA",
        "21",
        "2025-05-01",
        None,
        None,
    ]
    assert found[34] == ["WM", "mine_drainage", "2025-05-03", 10000, "水表计量"]
    sheets, sheet = Sheets.unpack(bytes(filling.cells)), "表1"
    places = [(4, 4), (35, 4), (63, 4), (35, 3), (1, 4), (64, 4)]
    assert [sheets.day_at(sheet, *place) for place in places] == [
        (reports.wells["a"].pk, date(2025, 5, 3)), (reports.wells["m"].pk, date(2025, 5, 3)), (reports.wells["m"].pk, date(2025, 5, 31)),
        None, None, None,
    ]  # fmt: skip
    assert sum(each.unknown for each in sheets.days) == 2 * 31 - 2


@pytest.mark.django_db(transaction=True)
def test_a_long_list_is_filled_by_the_worker(world, sign_in, monkeypatch):
    """The page comes back at once; the table's page says that it is being filled, then shows it, or why it was not."""
    monkeypatch.setattr(services, "LARGE_ROWS", 0)
    client = sign_in(world.officer)
    text = "in: m3\nmarks:\n- {at: 2:2, each: intake}\n- {at: A2, text: code}\n- {at: B2, figure: abstraction}\n"
    table = services.add_table(SYSTEM, world.county, "名录", "名录.xlsx", book([["编码", "水量"], [None, None]]), text)
    ask = reverse("table-fill", args=[table.pk])
    page = client.post(ask, {"day": "2026-05-01"}, follow=True).content.decode()
    assert "长名录正在填报" in page and not table.fillings.exists()
    assert "此表正在填报" in client.post(ask, {"day": "2026-05-01"}, follow=True).content.decode()
    call_command("worker", once=True, stdout=io.StringIO())
    page = client.get(page_of(table)).content.decode()
    assert "长名录正在填报" not in page and table.fillings.get().filled_by == world.officer
    services.issue(SYSTEM, table.fillings.get())
    broken_off = timezone.now() - services.GIVEN_UP - timedelta(minutes=1)
    Table.objects.filter(pk=table.pk).update(filling_since=broken_off)  # its worker was killed: it may be started again
    client.post(ask, {"day": "2026-05-01"})
    call_command("worker", once=True, stdout=io.StringIO())
    table.refresh_from_db()
    assert table.filling_since is None and "这一期已经报出" in table.fault
    assert table.fault in client.get(page_of(table)).content.decode()


def page_of(table) -> str:
    return reverse("table", args=[table.pk])


def test_a_figure_of_a_day_opens_to_that_day(world, sign_in):
    text = "in: m3\nmarks:\n- {at: 2:2, each: intake_day}\n- {at: A2, text: day}\n- {at: B2, figure: abstraction}\n"
    table = services.add_table(SYSTEM, world.county, "日报", "日报.xlsx", book([["日期", "水量"], [None, None]]), text)
    filling = services.fill(SYSTEM, table, date(2026, 5, 1))
    client = sign_in(world.officer)
    address = reverse("filling-cell", args=[filling.pk]) + "?sheet=表1&cell=B3"
    assert "cell=B3" in client.get(reverse("filling", args=[filling.pk])).content.decode()
    source = client.get(address).context["source"]
    assert source.endswith("/2026-05-02/") and client.get(source).status_code == 200
    assert client.get(address.replace("B3", "B0")).context["source"] == ""  # no such cell


def test_a_long_file_is_shown_in_parts(world, sign_in, monkeypatch):
    """A file that is not opened whole shows the same figures, and a change by hand."""
    table = services.add_table(SYSTEM, world.county, "月报", "月报.xlsx", book(MONTHLY), MAPPING)
    filling = services.fill(SYSTEM, table, date(2026, 5, 1))
    services.change_cell(SYSTEM, filling, "表1", "B3", "7.77", "核对")
    client = sign_in(world.officer)
    whole = client.get(reverse("filling", args=[filling.pk])).context["rows"]
    monkeypatch.setattr(views, "LONG_BYTES", 0)
    part = client.get(reverse("filling", args=[filling.pk])).context["rows"]
    texts = [[[c.text for c in row["cells"] if not c.computed] for row in rows] for rows in (whole, part)]
    assert texts[0] == texts[1] and part[2]["cells"][1].text == "7.77"


def test_only_who_may_change_tables_fills_and_issues(reports, monthly):
    nobody = Actor("nobody")
    filling = services.fill(SYSTEM, monthly, MAY)
    for act in (
        lambda: services.fill(nobody, monthly, MAY),
        lambda: services.issue(nobody, filling),
        lambda: services.set_mapping(nobody, monthly, MAPPING),
        lambda: services.add_table(nobody, reports.county, "x", "x.xlsx", book(MONTHLY)),
        lambda: services.change_cell(nobody, filling, "表1", "B3", "1", "x"),
        lambda: services.correct(nobody, filling, "x"),
        lambda: services.drop(nobody, filling),
    ):
        with pytest.raises(Forbidden):
            act()


def test_every_cell_opens_to_the_account_that_says_the_same(world, sign_in):
    """On the page of the invented county: the link of a cell leads to the very figure."""
    client = sign_in(world.officer)
    table = services.add_table(
        SYSTEM, world.county, "月报", "月报.xlsx", book(MONTHLY), MAPPING.replace("甲镇", "甲镇")
    )
    filling = services.fill(SYSTEM, table, date(2026, 5, 1))
    page = client.get(reverse("filling-cell", args=[filling.pk]) + "?sheet=表1&cell=B3")
    source = page.context["source"]
    assert "from=2026-05-01&to=2026-05-31" in source and f"town={world.a.town.pk}" in source
    assert client.get(source).status_code == 200
    changed = client.post(
        reverse("filling-cell", args=[filling.pk]) + "?sheet=表1&cell=B3", {"value": "1", "reason": "核对"}
    )
    assert changed.status_code == 302 and filling.changes.get().changed_by == world.officer
    assert "核对" in client.get(reverse("filling", args=[filling.pk])).content.decode()
