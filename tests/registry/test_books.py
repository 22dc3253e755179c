"""Workbooks with the habits of bureaus: each gives the result that was written by hand beside it (tests/books/)."""

from datetime import date, timedelta
from decimal import Decimal as D
from pathlib import Path

import pytest
import yaml
from django.utils.translation import override

from liangshui.accounting.models import Coefficient, EnergyRecord, Statement
from liangshui.core.access import SYSTEM
from liangshui.core.errors import Invalid
from liangshui.records.installation import Installation
from liangshui.registry import codes, importing
from liangshui.registry.models import Division, Intake, Project
from liangshui.registry.sheets import ledger as words

BOOKS = Path(__file__).resolve().parents[1] / "books"
RESULTS = yaml.safe_load((BOOKS / "results.yaml").read_text(encoding="utf-8"))


def take(name, kind, **options):
    return importing.take(SYSTEM, importing.check(SYSTEM, (BOOKS / name).read_bytes(), name, kind, options))


@pytest.fixture
def ledger(db):
    """The invented county of the books: divisions, then the ledger of wells."""
    county = Division.objects.create(code="989925", name="演示旗", level="county")
    Installation(county_code=county.code, county_name=county.name).save()
    assert take("divisions.csv", "divisions").report["counts"]["created"] == 5
    assert take("ledger.xlsx", "ledger").report["counts"] == {"created": 8, "changed": 0, "unchanged": 0, "refused": 0}


def about(row):
    return row.intake.code if row.intake else (row.project or row.user).name


def last(row):
    return row.end - timedelta(days=1)


@pytest.mark.parametrize("book", RESULTS, ids=lambda b: b["file"])
def test_a_book_gives_what_stands_beside_it(ledger, book):
    if book["file"] == "certified.xlsx":
        take("permits.xlsx", "permits")
    if book.get("refused"):
        with pytest.raises(Invalid):
            take(book["file"], book["kind"])
        return
    batch = take(book["file"], book["kind"], **book.get("options", {}))
    rows = batch.report["rows"]
    assert [[r["row"], p["code"]] for r in rows for p in r["problems"]] == book.get("waits", [])
    if "notes" in book:
        assert [[r["row"], n["code"]] for r in rows for n in r["notes"]] == book["notes"]
    if "volumes" in book:
        stated = [(about(s), s.start, last(s), s.volume_m3, s.method) for s in Statement.objects.all()]
        assert sorted(stated) == sorted((a, s, e, D(v), m) for a, s, e, v, m in book["volumes"])
    if "energy" in book:
        found = [(e.power_meter.number, e.start, e.kwh) for e in EnergyRecord.objects.all()]
        assert sorted(found) == sorted((n, s, D(v)) for n, s, v in book["energy"])
    if "coefficients" in book:
        kept = [(c.intake.code, c.m3_per_kwh, c.uncertainty) for c in Coefficient.objects.all()]
        assert sorted(kept) == sorted((n, D(v), D(u)) for n, v, u in book["coefficients"])
    if "permits" in book:
        projects = Project.objects.exclude(permit_number="")
        kept = [(p.permit_number, p.user.name, p.permitted_m3, p.permit_to) for p in projects]
        assert sorted(kept) == sorted((n, u, D(v), e) for n, u, v, e in book["permits"])
    again = take(book["file"], book["kind"], **book.get("options", {}))
    assert (again.report["counts"]["created"], again.report["counts"]["changed"]) == (0, 0)


def test_a_hundred_thousand_rows(ledger):
    """By well and day of entry: each row says why it waits or is taken, and nothing is lost on the way."""
    codes = list(Intake.objects.order_by("code").values_list("code", flat=True))
    lines = ["取水口编号,月份,取水量(m³),水量来源"]
    for n in range(100_000):
        well, month = codes[n % 8], date(2020 + n // 96 % 5, n // 8 % 12 + 1, 1)
        lines.append(f"{well},{month:%Y-%m},{n},抄表")
    batch = importing.check(SYSTEM, "\n".join(lines).encode(), "many.csv", "volumes")
    counts = batch.report["counts"]
    assert counts["created"] == 8 * 12 * 5 and counts["refused"] == 100_000 - 480
    assert {p["code"] for r in batch.report["rows"] for p in r["problems"]} == {"period_again"}


def test_lists_and_ledger_use_the_same_words():
    pairs = [
        (codes.IntakeKind, words.INTAKE_KINDS), (codes.SourceKind, words.SOURCES), (codes.Sector, words.SECTORS),
        (codes.UserKind, words.USER_KINDS), (codes.IntakeStatus, words.STATUSES), (codes.LawfulMethod, words.LAWFUL_METHODS),
    ]  # fmt: skip
    with override("zh-hans"):
        differ = [(c.code, str(kind(c.code).label), c.label) for kind, choices in pairs for c in choices]
        assert [each for each in differ if each[1] != each[2]] == []
