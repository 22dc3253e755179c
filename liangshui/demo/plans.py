"""A plan and a project of the demo banner with their studies, figures of an aquifer, an efficiency indicator, a transfer that waits."""

from datetime import date, timedelta
from decimal import Decimal

from liangshui.accounts.models import Person
from liangshui.accounts.queries import actor_of
from liangshui.conformity import services as conformity
from liangshui.conformity.models import PlanKind, StudyKind
from liangshui.core.access import Actor
from liangshui.demo.generate import World
from liangshui.permits.aquifer_services import enter_figures
from liangshui.quota import indicator_services, norm_services, transfer_services
from liangshui.quota.models import AllotmentEntry, IndicatorKind, MeasureChoice, Norm, SavingMeasure
from liangshui.quota.rules.closing import Node
from liangshui.registry.codes import Sector, SourceKind
from liangshui.registry.models import ManagementUnit

SOURCE = "演示定额，非真实定额"


def quotas(officer: Actor, leader: Actor, year: int) -> dict[str, Norm]:
    """A document of quotas, confirmed, by what they are of."""
    document = norm_services.enter_document(
        officer,
        document=SOURCE,
        document_number=f"演示定额〔{year}〕1号",
        issued_on=date(year, 1, 1),
        valid_from=date(year, 1, 1),
    )
    rows = (
        ("新增城镇人口", MeasureChoice.PERSON, 100, ""),
        ("饲草玉米", MeasureChoice.MU, 220, ""),
        ("肉品加工", MeasureChoice.PRODUCT, 9, "吨"),
    )
    found = {
        what: norm_services.add_norm(
            officer, document, what=what, measure=measure, value=Decimal(value), product_unit=unit
        )
        for what, measure, value, unit in rows
    }
    norm_services.decide(leader, document, agreed=True, rows=norm_services.seen(document))
    return found


def look_ahead(world: World, people: dict[str, Person]) -> None:
    """What officers enter before anybody applies; every figure says that it is a demo's."""
    officer, leader = actor_of(people["shuiliju"]), actor_of(people["juzhang"])
    year, town = world.today.year, world.towns[0]
    plan = conformity.save_plan(
        officer, None, name=f"{town.name}产业发展规划", kind=PlanKind.PLAN, division=town, applicant="演示发展和改革委员会",
        first_year=year + 1, last_year=year + 2,
    )  # fmt: skip
    norms = quotas(officer, leader, year)
    for n in (1, 2):
        for sector, what, amount in (
            (Sector.LIVING, "新增城镇人口", 800 * n),
            (Sector.AGRICULTURE, "饲草玉米", 900 * n),
            (Sector.INDUSTRY, "肉品加工", 3_000 * n),
        ):
            conformity.save_line(
                officer, plan, None, norm=norms[what], year=year + n, sector=sector, what=what, amount=Decimal(amount)
            )
    study = conformity.owe(
        officer,
        kind=StudyKind.PLANNING,
        subject=f"{town.name}产业发展规划水资源论证",
        plan=plan,
        division=town,
        owed_since=world.today - timedelta(days=30),
    )
    conformity.hand_in(officer, study, on=world.today - timedelta(days=5), number="演示论证1号")
    unit = world.rows[ManagementUnit][0]
    enter_figures(
        officer, unit, SourceKind.SHALLOW, valid_from=date(year, 1, 1), document="演示抽水试验", transmissivity_low_m2_d=Decimal(150),
        transmissivity_best_m2_d=Decimal(300), transmissivity_high_m2_d=Decimal(500), storativity_low=Decimal("0.02"),
        storativity_best=Decimal("0.05"), storativity_high=Decimal("0.1"),
    )  # fmt: skip
    indicator_services.enter(
        officer, world.county, year, IndicatorKind.PER_GDP, target=Decimal(75), document="演示考核办法", document_number=f"演示考〔{year}〕1号",
        actual_source="演示统计快报", amount_10k_yuan=Decimal(1_500_000),
    )  # fmt: skip
    rows = AllotmentEntry.objects.filter(
        year=year, source_kind=SourceKind.SHALLOW, user__isnull=False, sector=Sector.AGRICULTURE
    )
    giver = rows.order_by("-change_m3", "pk").first()
    other = (
        rows.exclude(user=giver.user).filter(unit=giver.unit, town=giver.town).order_by("pk").first() if giver else None
    )
    if giver and other:
        node = Node(giver.unit_id, giver.town_id, giver.sector, giver.user_id)
        transfer_services.propose(
            leader,
            year,
            SourceKind.SHALLOW,
            node,
            other.user,
            Decimal(500),
            measure=SavingMeasure.SAVING,
            measure_words="演示：畦灌改滴灌",
            saved_m3=Decimal(800),
            evidence="演示节水评估报告",
            counts_from=world.today,
            document="演示转让协议",
        )
