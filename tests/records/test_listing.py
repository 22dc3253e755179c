"""Lists: columns remembered, filters as chips, an export of exactly what is filtered."""

import io

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from liangshui.records.listing import exportable

LIST = reverse("intake-list")


@pytest.fixture
def client(world, sign_in):
    return sign_in(world.officer)


def heads(answer) -> list[str]:
    return [head["column"].key for head in answer.context["list"].heads]


def test_chosen_columns_are_remembered(client):
    before = heads(client.get(LIST))
    assert before != ["name", "code"]
    assert heads(client.get(LIST, {"columns": "name,code"})) == ["code", "name"]
    assert heads(client.get(LIST)) == ["code", "name"]


def test_unknown_columns_change_nothing(client):
    before = heads(client.get(LIST))
    assert heads(client.get(LIST, {"columns": "nosuch"})) == before


def test_columns_of_one_list_leave_another_alone(client):
    users = heads(client.get(reverse("user-list")))
    client.get(LIST, {"columns": "name"})
    assert heads(client.get(reverse("user-list"))) == users


def test_a_filter_is_a_chip_that_takes_itself_away(client):
    found = client.get(LIST, {"status": "in_use", "q": "甲"}).context["list"]
    (chip,) = found.chips
    assert "status" not in chip["without"]
    assert "q=" in chip["without"]


def test_the_export_holds_what_is_filtered_and_nothing_else(client, world):
    answer = client.get(LIST, {"q": world.a.intake.name, "columns": "code,name", "export": "xlsx"})
    rows = list(load_workbook(io.BytesIO(answer.content)).active.values)
    assert rows[1:] == [(world.a.intake.code, world.a.intake.name)]


def test_a_cell_cannot_be_a_formula():
    assert exportable("=cmd()") == "'=cmd()"
    assert exportable("@SUM(A1)") == "'@SUM(A1)"
    assert exportable("-12.5") == "-12.5"
    assert exportable("演示") == "演示"


def test_the_area_can_be_chosen_on_every_page(client, world):
    for address in (
        reverse("home"),
        LIST,
        reverse("intake", args=[world.a.intake.pk]),
        reverse("user", args=[world.a.user.pk]),
    ):
        assert 'name="area"' in client.get(address).content.decode(), address


def test_what_people_typed_is_text_on_the_page(client, world):
    type(world.a.intake).objects.filter(pk=world.a.intake.pk).update(name="<b>甲</b>")
    page = client.get(LIST, {"columns": "name,code"}).content.decode()
    assert "&lt;b&gt;甲&lt;/b&gt;" in page
    assert "<b>甲</b>" not in page
