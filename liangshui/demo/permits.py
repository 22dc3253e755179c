"""Cases of permits in the demo banner, each at another step: from a draft to a permit issued, one refused, one renewal."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from liangshui.accounts.models import Person
from liangshui.accounts.queries import actor_of
from liangshui.core.access import Actor
from liangshui.demo.generate import World
from liangshui.parameters import services as parameters
from liangshui.parameters.queries import law
from liangshui.permits import casework, letters, offices, register
from liangshui.permits.models import Case, CasePaper, Permit
from liangshui.permits.queries import zones_at
from liangshui.permits.rules.life import Act, Kind
from liangshui.quota import units
from liangshui.quota.queries import county
from liangshui.registry.codes import SourceKind, UserKind
from liangshui.registry.models import Intake, ManagementUnit, Project, WaterUser

ROOM_M3 = 20_000
PAPER = b"%PDF-1.4\n%demo\n%%EOF"
SOUND: dict[str, Any] = {
    "network_covers": False, "fragile": False, "other_water": False, "function_zone_harm": False, "layout_sound": True,
    "third_parties_harm": False, "load": "not_overloaded", "thirsty": False, "listed": False, "meter_planned": True, "must_file": False,
    "saving_kept": True, "standards_kept": True, "land_reclaimed": False,
}  # fmt: skip


def apply(world: World, people: dict[str, Person]) -> None:
    """Take over the stock of permits, and let some users apply. Nothing is done where the demo is too young to hold the days."""
    soon = (
        Project.objects.exclude(permit_number="")
        .filter(user__kind=UserKind.COLLECTIVE, permit_to__gt=world.today)
        .order_by("code")
        .first()
    )
    if soon:
        Project.objects.filter(pk=soon.pk).update(permit_to=world.today + timedelta(days=80))
    register.follow_stock()
    officer, leader = actor_of(people["shuiliju"]), actor_of(people["juzhang"])
    offices.set_office(
        leader, name="演示旗水利局", sign="演示水许", phone="0477-0000000", promised_check_days=3, promised_decide_days=20,
        review_body="演示旗人民政府", court="演示旗人民法院",
    )  # fmt: skip
    today = world.today
    _scales(officer, leader, today)
    free, stopped, spared = _units(today)
    farms = [u for u in world.users if u.kind in (UserKind.COLLECTIVE, UserKind.HOUSEHOLD, UserKind.OTHER)]
    works = world.named["works"]
    company = next(u for u in world.users if u.kind == UserKind.COMPANY)
    if free is not None:
        _issued(officer, leader, farms[0], free, today)
        case = _new(officer, farms[1], free, today - timedelta(days=12), name="演示苜蓿基地", volume_m3=Decimal(6_000))
        _accept(officer, case, today - timedelta(days=9), opinion="同意,水量符合定额。")
        _new(officer, farms[2], free, today - timedelta(days=3), name="演示果园", volume_m3=Decimal(3_000))
        case = _new(
            officer,
            farms[3],
            free,
            today - timedelta(days=10),
            name="演示养殖场",
            use="herding",
            volume_m3=Decimal(2_000),
        )
        casework.step(officer, case, Act.ASK, day=today - timedelta(days=8), words="补充与第三者利害关系说明")
        letters.make(officer, case, "incomplete", day=today - timedelta(days=8))
    if stopped is not None:
        case = _new(
            officer,
            company,
            stopped,
            today - timedelta(days=40),
            name="演示化工项目",
            use="industry",
            industry="化工",
            volume_m3=Decimal(80_000),
        )
        _accept(officer, case, today - timedelta(days=36), opinion="管理单元已暂停新增地下水取水。", other_water=True)
        case = _step(leader, case, Act.REFUSE, today - timedelta(days=20))
        letters.make(leader, case, "refused", day=today - timedelta(days=20))
    if spared is not None:
        case = _new(
            officer,
            works,
            spared,
            today - timedelta(days=15),
            name="演示乡村供水工程",
            use="living",
            volume_m3=Decimal(20_000),
        )
        _accept(officer, case, today - timedelta(days=11), opinion="属城乡居民生活用水，建议批准。")
    ending = (
        Permit.objects.filter(ended_on=None, versions__valid_to=None, versions__expires__gt=today)
        .order_by("versions__expires")
        .first()
    )
    if ending:
        version = ending.versions.get(valid_to=None)
        case = casework.begin(officer, Kind.RENEWAL, ending.project.user, ending)
        casework.write(
            officer,
            case,
            address="演示地址",
            reason="继续取水",
            begins=version.expires + timedelta(days=1),
            years=5,
            use="irrigation",
        )
        if not casework.open_fields(Case.objects.get(pk=case.pk)):
            _step(officer, case, Act.SUBMIT, today - timedelta(days=2))
    draft = people["yonghu1"].appointments.get().organisation.water_user
    if draft is not None:
        _blank(actor_of(people["yonghu1"]), draft)


def _scales(officer: Actor, leader: Actor, today: date) -> None:
    """Scales of the region that are in no collection, invented for the demo banner as all its figures are."""
    facts = {"document": "演示文件", "document_number": "演示〔2024〕1号", "issued_on": today - timedelta(days=300)}
    scales = {
        "AR-014": {"county_groundwater_m3_per_year": "1000000", "county_surface_m3_per_year": "5000000"},
        "GW-052": {"drainage_m3_per_year": "50000"},
    }
    for rule, figures in scales.items():
        value = law().value(rule, today) | figures
        figure = parameters.propose(officer, rule, value=value, since=date(today.year - 1, 1, 1), **facts)
        parameters.decide(leader, figure, agreed=True, words="演示")


def _units(on: date) -> tuple[ManagementUnit | None, ...]:
    """For shallow groundwater: a unit with room, one that is suspended, and one that is suspended though permits leave room."""
    free = stopped = spared = None
    for found in units.standings(county(), on):
        if found.source != SourceKind.SHALLOW:
            continue
        control, permitted = found.totals.control_m3, found.totals.permitted_m3
        room = control is not None and permitted is not None and control - permitted > ROOM_M3
        if found.state.suspended:
            stopped = stopped or found.unit
            spared = spared or (found.unit if room else None)
        elif room:
            free = free or found.unit
    return free, stopped, spared


def _new(officer: Actor, user: WaterUser, unit: ManagementUnit, day: date, **facts: Any) -> Case:
    volume: Decimal = facts["volume_m3"]
    placed = Intake.objects.filter(management_unit=unit, longitude__isnull=False).order_by("code")
    near = next((i for i in placed if not zones_at(float(i.longitude), float(i.latitude), day)), None)
    case = casework.begin(officer, Kind.NEW, user)
    given = {
        "address": "演示地址", "reason": "演示申请理由", "begins": day, "years": 5, "use": "irrigation", "purpose": facts["name"],
        "months_m3": ["0"] * 4 + [f"{volume / 4:f}"] * 4 + ["0"] * 4,
        "source": "shallow_groundwater", "division": near.division if near else user.division, "longitude": near.longitude if near else Decimal("109"),
        "latitude": near.latitude if near else Decimal("40"), "works": "well", "metering": "超声波水表，在线传输", "saving": "高效节水灌溉",
        "return_place": "无退水", "management_unit": unit, "quota_m3": volume, "quota_basis": "演示定额", "design_capacity_m3": volume * 2,
    }  # fmt: skip
    casework.write(officer, case, **{**given, **facts})
    for what in ("form", "third_parties", "well_plan", "study"):
        casework.hand_in(officer, case, what, f"演示{what}.pdf", PAPER)
    return _step(officer, case, Act.SUBMIT, day)


def _step(actor: Actor, case: Case, act: Act, day: date, **more: Any) -> Case:
    casework.step(actor, case, act, day=day, **more)
    return Case.objects.get(pk=case.pk)


def _accept(officer: Actor, case: Case, day: date, *, opinion: str, **answers: Any) -> Case:
    _step(officer, case, Act.ACCEPT, day)
    letters.make(officer, Case.objects.get(pk=case.pk), "accepted", day=day)
    casework.ask_gate(officer, case, {**SOUND, **answers})
    return _step(officer, case, Act.OPINION, day + timedelta(days=1), words=opinion)


def _issued(officer: Actor, leader: Actor, user: WaterUser, unit: ManagementUnit, today: date) -> None:
    """From application to certificate within four months; the user’s steps are entered by the officer, as on paper."""
    case = _new(officer, user, unit, today - timedelta(days=120), name="演示节水示范园", volume_m3=Decimal(4_800))
    case = _accept(officer, case, today - timedelta(days=116), opinion="同意。")
    record = case.decisions.order_by("-pk").first()
    judged = (
        {code: "演示认定" for code, outcome, *_rest in record.checks if outcome in ("needs_person", "undecidable")}
        if record
        else {}
    )
    case = _step(leader, case, Act.APPROVE, today - timedelta(days=100), data={"judged": judged})
    letters.make(leader, case, "approved", day=today - timedelta(days=100))
    case = _step(officer, case, Act.BEGIN, today - timedelta(days=90))
    case = _step(officer, case, Act.TRIAL, today - timedelta(days=60))
    casework.hand_in(officer, case, CasePaper.What.COMPLETION, "演示竣工.pdf", PAPER)
    case = _step(officer, case, Act.FILE, today - timedelta(days=25))
    case = _step(officer, case, Act.PASS, today - timedelta(days=15), words="按批复建设，水表在线。")
    _step(leader, case, Act.ISSUE, today - timedelta(days=10), data={"number": "D159925G-DEMO-0001"})


def _blank(actor: Actor, user: WaterUser) -> None:
    case = casework.begin(actor, Kind.NEW, user)
    casework.write(actor, case, name="演示草稿", reason="扩建饲草地", use="irrigation", volume_m3=Decimal(5_000))
