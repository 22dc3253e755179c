"""The yearly list of permits granted: by the day on which each was, whatever day its words count from."""

import io
from datetime import date
from decimal import Decimal as D

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from liangshui.core.access import EVERYWHERE
from liangshui.permits import queries, register
from liangshui.permits.models import Permit, PermitVersion
from tests.permits.conftest import TODAY

pytestmark = pytest.mark.django_db


def told(year):
    rows = queries.granted(EVERYWHERE, year).order_by("granted_on", "permit__number", "pk")
    return [(v.permit.number, v.origin, v.granted_on) for v in rows]


def test_a_new_permit_counts_on_the_day_of_its_paper_and_one_of_the_stock_on_that_it_names(permit):
    register.follow_stock()
    assert told(2024) == [
        ("乙取水〔2024〕1号", "stock", date(2024, 1, 1)),
        ("甲取水〔2024〕1号", "stock", date(2024, 1, 1)),
    ]
    assert told(TODAY.year) == [("D150625G2026-0001", "issued", TODAY)]


def test_a_restriction_or_correction_is_no_grant_and_a_renewal_is_one_in_the_year_of_its_case(permit, officer, leader):
    PermitVersion.objects.filter(permit=permit).update(valid_from=date(TODAY.year - 1, 1, 1))
    register.correct(officer, permit, reason="核对", purpose="灌溉")
    assert [origin for _number, origin, _day in told(TODAY.year)] == ["issued"]
    case = permit.cases.get()
    last = permit.versions.get(valid_to=None)
    last.valid_to = date(TODAY.year + 1, 1, 1)
    last.save()
    renewed = PermitVersion.objects.create(
        permit=permit,
        valid_from=date(TODAY.year + 1, 1, 1),
        origin="renewed",
        case=case,
        holder=last.holder,
        volume_m3=D(9_000),
    )
    assert [origin for _number, origin, _day in told(TODAY.year)] == ["issued", "renewed"] and told(
        TODAY.year + 1
    ) == []
    case.closed_on = None  # approved, the paper is not out yet
    case.save()
    assert renewed.pk not in {v.pk for v in queries.granted(EVERYWHERE, TODAY.year)}


def test_the_page_and_its_workbook_hold_what_the_reader_may_see(permit, world, sign_in):
    address = reverse("granted-list")
    assert "D150625G2026-0001" in sign_in(world.auditor).get(address).content.decode()
    answer = sign_in(world.officer).get(address + "?export=xlsx")
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    cells = [cell for row in load_workbook(io.BytesIO(body)).active.values for cell in row]
    assert "D150625G2026-0001" in cells and D(12_000) in cells
    assert "D150625G2026-0001" not in sign_in(world.town_a).get(address).content.decode()
    assert Permit.objects.count() == 1
