"""Figures that a county enters: with a document, by one officer, binding when another has confirmed them."""

import io
import zipfile
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from liangshui.accounts.models import Appointment
from liangshui.accounts.roles import Role
from liangshui.core.errors import Forbidden, Invalid
from liangshui.core.parameters import NotKnown
from liangshui.parameters import queries, services
from liangshui.parameters.law import calendar_of
from liangshui.parameters.models import OwnFigure
from liangshui.records import papers
from tests.people import make_person

pytestmark = pytest.mark.django_db

DAY = date(2026, 11, 25)
PAPER = {"document": "关于公布规模的通知", "document_number": "内水资〔2026〕1号", "issued_on": date(2026, 1, 5)}


@pytest.fixture
def second(world):
    return make_person("second", "另一局员", world.bureau, Role.BUREAU_OFFICER)


@pytest.fixture
def officer(world):
    OwnFigure.objects.all().delete()
    return world.actor(world.officer)


def enter(actor, value, since=date(2026, 1, 1), rule="GW-022-B", **more):
    return services.propose(actor, rule, value=value, since=since, **PAPER, **more)


def scale(day=DAY):
    return queries.law().figure("GW-022-B", "threshold_m3_per_year", day)


def test_it_binds_only_when_another_officer_has_confirmed_it(world, officer, second):
    made = enter(officer, {"threshold_m3_per_year": 60_000})
    with pytest.raises(NotKnown):
        scale()
    with pytest.raises(Invalid, match="另一人"):
        services.decide(officer, made, agreed=True, words="")
    services.decide(world.actor(second), made, agreed=True, words="与文件一致")
    assert scale() == 60_000
    with pytest.raises(NotKnown):
        scale(date(2025, 12, 31))
    with pytest.raises(Invalid):
        services.decide(world.actor(second), made, agreed=False, words="x")


def test_a_later_figure_ends_the_earlier_and_of_one_day_the_last_confirmed_holds(world, officer, second):
    for value, since in ((1, date(2026, 1, 1)), (2, date(2026, 6, 1)), (3, date(2026, 1, 1))):
        made = enter(officer, {"threshold_m3_per_year": value}, since)
        services.decide(world.actor(second), made, agreed=True, words="")
    assert [scale(day) for day in (date(2026, 1, 1), date(2026, 5, 31), date(2026, 6, 1), DAY)] == [3, 3, 2, 2]


def test_one_that_ends_leaves_the_figure_unknown_again(world, officer, second):
    made = enter(officer, {"threshold_m3_per_year": 5}, until=date(2026, 7, 1))
    services.decide(world.actor(second), made, agreed=True, words="")
    assert scale(date(2026, 6, 30)) == 5
    with pytest.raises(NotKnown):
        scale(date(2026, 7, 1))


def test_a_figure_for_a_time_lets_the_one_before_it_resume(world, officer, second):
    for value, since, until in ((85, date(2026, 1, 1), None), (70, date(2026, 3, 1), date(2026, 6, 1))):
        made = enter(officer, {"threshold_m3_per_year": value}, since, until=until)
        services.decide(world.actor(second), made, agreed=True, words="")
    days = (date(2026, 2, 28), date(2026, 3, 1), date(2026, 5, 31), date(2026, 6, 1), date(2026, 7, 1))
    assert [scale(day) for day in days] == [85, 70, 70, 85, 85]


def test_what_cannot_be_is_refused(world, officer, second):
    with pytest.raises(Invalid):
        enter(officer, {"days": 6}, rule="AR-013")  # read in full, and the regulation says 5
    with pytest.raises(Invalid) as error:
        enter(officer, {}, since=date(2021, 11, 30))
    assert error.value.field == "since"
    with pytest.raises(Invalid) as error:
        enter(officer, {}, until=date(2026, 1, 1))
    assert error.value.field == "until"
    made = enter(officer, {})
    with pytest.raises(Invalid) as error:
        services.decide(world.actor(second), made, agreed=False, words=" ")
    assert error.value.field == "words"
    with pytest.raises(Forbidden):
        services.withdraw(world.actor(second), made)
    assert services.withdraw(officer, made).state == "withdrawn"


def test_who_holds_the_right_in_a_town_only_or_not_at_all_enters_nothing(world, officer):
    person = make_person("town-officer", "镇局员", world.a.organisation, Role.BUREAU_OFFICER)
    assert Appointment.objects.filter(person=person).exists()
    for actor in (world.actor(person), world.actor(world.auditor), world.actor(world.water_user)):
        with pytest.raises(Forbidden):
            enter(actor, {})
    assert not OwnFigure.objects.exists()


def test_the_form_gives_boxes_for_the_rules_figures_and_keeps_the_document(world, officer, second, sign_in):
    client = sign_in(world.officer)
    page = client.get("/law/GW-052/enter/").content.decode()
    assert 'name="f_day_type"' not in page  # the article's own words
    assert 'name="f_days"' not in page  # read in full: the article fixes it
    assert (
        'name="f_drainage_m3_per_year"' in page
        and "疏干排水量达到（m³/年）" in page
        and "规定机关：省（自治区）" in page
    )
    given = {
        "f_days": "6", "f_from": "x", "f_drainage_m3_per_year": "12000.5", "since": "2026-01-01",
        "document": "通知", "document_number": "第9号", "issued_on": "2025-12-30",
        "paper": SimpleUploadedFile("red.pdf", b"%PDF-1.7 x %%EOF"),
    }  # fmt: skip
    answer = client.post("/law/GW-052/enter/", given, follow=True)
    made = OwnFigure.objects.get()
    assert answer.redirect_chain[-1][0] == f"/law/figures/{made.pk}/"
    assert made.value == {
        "days": 5, "day_type": "working", "from": "end of the emergency drainage", "drainage_m3_per_year": "12000.5",
    }  # fmt: skip
    paper = client.get(f"/law/figures/{made.pk}/paper/")
    assert b"".join(paper.streaming_content) == b"%PDF-1.7 x %%EOF" and "attachment" in paper["Content-Disposition"]
    page = answer.content.decode()
    assert "须由另一人确认" in page and 'name="agreed"' not in page
    sign_in(second).post(f"/law/figures/{made.pk}/decide/", {"agreed": "1", "words": "一致"})
    assert queries.law().figure("GW-052", "drainage_m3_per_year", DAY) == "12000.5"


def test_a_figure_is_taken_only_as_what_it_is(world, officer, sign_in):
    client = sign_in(world.officer)
    paper = {"since": "2026-01-01", "document": "通知", "document_number": "第9号", "issued_on": "2025-12-30"}
    for rule, key, wrong in (
        ("IND-STOP", "near_pct_default", ("1e5000", "-5", "0", "500", "abc")),
        ("GW-022-B", "threshold_m3_per_year", ("-50000", "1e400")),
        ("GW-022-A", "existing_works_by", ("2027", "2027-13-01", "20271231x")),
    ):
        for typed in wrong:
            answer = client.post(f"/law/{rule}/enter/", paper | {f"f_{key}": typed})
            assert answer.status_code == 200 and not OwnFigure.objects.exists(), (rule, typed)
            with pytest.raises(Invalid) as error:
                enter(officer, {key: typed}, rule=rule)
            assert error.value.field == f"f_{key}"
    client.post("/law/GW-022-A/enter/", paper | {"f_existing_works_by": "2027-12-31"})
    assert OwnFigure.objects.get().value == {"existing_works_by": "2027-12-31"}
    client.post("/law/IND-STOP/enter/", paper | {"f_near_pct_default": "85"})
    made = OwnFigure.objects.get(rule="IND-STOP")
    assert made.value == {"at_or_above": "suspend", "near": "restrict", "near_pct_default": 85}


def test_the_calendar_of_a_year_is_entered_as_days(world, officer, second, sign_in):
    given = {
        "f_holidays": "2027-01-01\n2027-02-06", "f_makeup_workdays": "2027-01-03 2027-02-20", "since": "2027-01-01",
        "document": "节假日安排", "document_number": "国办发明电〔2026〕1号", "issued_on": "2026-11-01",
    }  # fmt: skip
    client = sign_in(world.officer)
    assert "2026-10-01" not in client.get("/law/CALENDAR/enter/").content.decode()
    page = client.post("/law/CALENDAR/enter/", given | {"f_holidays": "2027-13-01"}).content.decode()
    assert "2027-13-01" in page and "不是日期" in page and not OwnFigure.objects.exists()
    client.post("/law/CALENDAR/enter/", given)
    services.decide(world.actor(second), OwnFigure.objects.get(), agreed=True, words="")
    calendar = calendar_of(queries.law())
    assert calendar.after(date(2026, 12, 31), 1) == date(2027, 1, 3)
    with pytest.raises(NotKnown, match="2028"):
        calendar.works(date(2028, 1, 3))


def test_a_table_is_typed_line_by_line_and_stays_exact(world, officer, sign_in):
    given = {
        "f_whole": "surface: 0.10\nspecial:\n  groundwater: '5'", "since": "2024-12-01",
        "document": "税额表", "document_number": "第2号", "issued_on": "2024-12-01",
    }  # fmt: skip
    client = sign_in(world.officer)
    page = client.post("/law/T24-TABLE-NM/enter/", given | {"f_whole": "a: [2027"}).content.decode()
    assert "第 1 行" in page and not OwnFigure.objects.exists()
    client.post("/law/T24-TABLE-NM/enter/", given)
    assert OwnFigure.objects.get().value == {"surface": "0.1", "special": {"groundwater": "5"}}


def test_pages_show_a_rule_on_any_day_and_what_waits_for_a_figure(world, officer, sign_in):
    client = sign_in(world.water_user)
    page = client.get("/law/?missing=1").content.decode()
    assert "GW-022-B" in page and "AR-013" not in page
    page = client.get("/law/?q=许可证有效期").content.decode()
    assert "AR-025" in page and "AR-013" not in page
    page = client.get("/law/T-SCOPE-NM/?on=2024-11-30").content.decode()
    assert "2024-12-01" in page
    assert "不在有效期" in client.get("/law/T-SCOPE-NM/?on=2024-12-01").content.decode()
    assert "凭记忆" in client.get("/law/PU-WARN/").content.decode()
    assert client.get("/law/NONE/").status_code == 404
    assert client.get("/law/AR-013/enter/").status_code == 403
    for rule in queries.law().rules:
        assert client.get(f"/law/{rule}/").status_code == 200, rule


def test_papers_are_known_by_what_they_hold():
    def book(*names: str) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for name in names:
                archive.writestr(name, "x")
        return out.getvalue()

    assert papers.suffix_of(book("word/document.xml")) == ".docx"
    assert papers.suffix_of(b"\xff\xd8\xff\xe0") == ".jpg"
    for bad in (b"MZ", b"<html>", b"", book("word/document.xml", "word/vbaProject.bin"), b"PK\x03\x04rest", book("x")):
        with pytest.raises(Invalid) as error:
            papers.suffix_of(bad)
        assert error.value.field == "paper"
    assert timezone.localdate() >= DAY
