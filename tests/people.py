"""An invented county with two towns of like things, and people who may, may not, or look from elsewhere.

Everything that lies in town A bears the sign 甲 in its name, in town B 乙: a page that shows the other's sign leaks.
"""

import hashlib
import io
import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import uuid4

from django.contrib.auth.hashers import make_password
from django.test import Client
from django.utils import timezone
from openpyxl import Workbook
from PIL import Image

from liangshui.accounting.models import DayVolume
from liangshui.accounts.models import Appointment, Delegation, Organisation, OrganisationKind, Person
from liangshui.accounts.queries import actor_of
from liangshui.accounts.roles import ADMINISTRATORS, Role
from liangshui.accounts.services import issue_token
from liangshui.conformity.models import Plan, PlanLine, Study, StudyFigure, StudyStep
from liangshui.core.access import SYSTEM, Actor, Right
from liangshui.gateway.observer import save_picture
from liangshui.metering.models import Demand, Fault, Finding
from liangshui.parameters.models import OwnFigure
from liangshui.permits import campaigning, casework, filing, letters
from liangshui.permits.models import Case, CaseStep, Permit, PermitEnd, PermitVersion
from liangshui.permits.rules.life import Kind
from liangshui.portal.services import codes_for, report
from liangshui.pull.services import save_source
from liangshui.quota.models import AllotmentEntry, AllotmentProposal, Indicator, Norm, NormDocument, Transfer, UnitOrder
from liangshui.quota.rules.closing import Node
from liangshui.readings.services import Sent, take
from liangshui.records import papers
from liangshui.records.installation import Installation
from liangshui.registry import services as registry
from liangshui.registry.importing import check
from liangshui.registry.models import ControlZone, Division, ManagementUnit, Source, ZoneProposal
from liangshui.reports import foreign, ready
from liangshui.reports import services as reports
from liangshui.telemetry import evidence, seals
from liangshui.telemetry.models import (
    Broker,
    Command,
    Dtu,
    DtuKind,
    ElementMapping,
    EvidenceSheet,
    Observation,
    Picture,
    RawFrame,
    Seal,
    Series,
    SeriesEdit,
    Station,
    StationLink,
    StationModel,
    WaitingStation,
)

PASSWORD = "Deep-water-2026"
START = date(2024, 1, 1)
SEEN = datetime(2026, 5, 1, tzinfo=UTC)


def make_county() -> Division:
    """A county with two towns of one village each, set up as this installation."""
    parent = None
    for code, name, level in (
        ("980000", "省", "province"),
        ("980100", "市", "city"),
        ("980101", "测试旗", "county"),
    ):
        parent = Division.objects.create(code=code, name=name, level=level, parent=parent)
    for number, sign in ((100, "甲"), (200, "乙")):
        town = Division.objects.create(code=f"980101{number}", name=f"{sign}镇", level="town", parent=parent)
        Division.objects.create(code=f"980101{number}001", name=f"{sign}村", level="village", parent=town)
    ManagementUnit.objects.create(code="U1", name="公共单元", division=parent)
    Source.objects.create(code="S1", name="公共含水层", kind="shallow_groundwater")
    Installation.objects.create(county_code=parent.code, county_name=parent.name)
    return parent


@dataclass
class Ledger:
    """What lies in one town, by the word that its pages carry in their names."""

    sign: str
    town: Division
    letter_of_town: str
    things: dict[str, Any] = field(default_factory=dict)
    whole: bool = False

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name not in self.things:
            self.complete()
        try:
            return self.things[name]
        except KeyError as error:
            raise AttributeError(name) from error

    def complete(self) -> None:
        """Make the further things, too."""
        if not self.whole:
            self.whole = True
            make_papers(self)


def make_ledger(town: Division, letter: str) -> Ledger:
    """A user with a project, a metered well with a station, its series, frame and volume, an allotment, people."""
    sign, village = town.name[0], town.children.get()
    unit, source = ManagementUnit.objects.get(), Source.objects.get()
    user = registry.save_user(SYSTEM, code=f"{letter}-U", name=f"{sign}用户", kind="company", division=village)
    other = registry.save_user(SYSTEM, code=f"{letter}-V", name=f"{sign}二户", kind="household", division=village)
    project = registry.save_project(SYSTEM, code=f"{letter}-P", name=f"{sign}项目", user=user, division=village)
    facts = {"kind": "well", "project": project, "division": village, "source": source, "sector": "agriculture"}
    place = {"longitude": Decimal("109.1"), "latitude": Decimal("39.8")}
    intake = registry.save_intake(
        SYSTEM, code=f"{letter}-I", name=f"{sign}机井", management_unit=unit, **facts, **place, from_day=START
    )
    supply = registry.save_supply_link(
        SYSTEM, code=f"{letter}-L", supplier=user, customer=other, source=source, sector="living", valid_from=START
    )
    node = registry.save_node(SYSTEM, code=f"{letter}-N", name=f"{sign}灌区", kind="district", division=town)
    station = Station.objects.create(key=f"00000000{letter}1", name=f"{sign}站", protocol="sl651", division=village)
    link = StationLink.objects.create(station=station, intake=intake, linked_at=SEEN - timedelta(days=400))
    mapping = ElementMapping.objects.create(station=station, element="F1", quantity="register")
    series = Series.objects.create(station=station, quantity="register", element="F1")
    frame = RawFrame.objects.create(
        gateway="main", received_at=SEEN, peer="10.0.0.1:5", station_key=station.key, protocol="sl651",
        verdict="good", raw=b"\x7e\x7e" + sign.encode(),
    )  # fmt: skip
    Observation.objects.create(series=series, at=SEEN, received_at=SEEN, value=Decimal(5), frame=frame)
    DayVolume.objects.create(
        intake=intake, day=SEEN.date(), method="register", volume_m3=Decimal("12.5"), low_m3=Decimal(12),
        high_m3=Decimal(13), readings=2, computed_at=SEEN,
    )  # fmt: skip
    AllotmentEntry.objects.create(
        year=timezone.localdate().year, source_kind="shallow_groundwater", county=town.parent, town=town,
        change_m3=Decimal(1000), counts_from=START, reason=f"{sign}镇分配",
    )  # fmt: skip
    body = Organisation.objects.create(name=f"{sign}镇政府", kind=OrganisationKind.TOWN, division=town)
    person = make_person(f"{letter.lower()}-one", f"{sign}一人", body, Role.TOWN_OFFICER)
    second = make_person(f"{letter.lower()}-two", f"{sign}二人", body, Role.VILLAGE_OFFICER)
    day = timezone.localdate()
    delegation = Delegation.objects.create(
        giver=person, taker=second, valid_from=day, valid_to=day + timedelta(days=9), reason=f"{sign}假"
    )
    found = {
        "town": town, "round": village, "user": user, "project": project, "intake": intake, "supply": supply, "node": node, "station": station,
        "link": link, "mapping": mapping, "series": series, "frame": frame, "person": person, "organisation": body,
        "appointment": person.appointments.get(), "delegation": delegation, "village": village, "division": village,
    }  # fmt: skip
    return Ledger(sign, town, letter, found)


def make_papers(ledger: Ledger) -> None:
    """One of each further thing that a page may be about: papers, tables, cases, findings. Most tests need none of them."""
    sign, town, letter = ledger.sign, ledger.town, ledger.letter_of_town
    user, project, intake, station, series, frame, person, village = (
        ledger.things[name] for name in ("user", "project", "intake", "station", "series", "frame", "person", "village")
    )
    other = ledger.things["supply"].customer
    indicator = Indicator.objects.create(
        year=timezone.localdate().year, kind="zones", division=town, target=Decimal(95), document=f"{sign}镇指标",
    )  # fmt: skip
    transfer = Transfer.objects.create(
        year=timezone.localdate().year, source_kind="shallow_groundwater", giver=user, receiver=other,
        giver_node=Node(town=town.pk, user=user.pk).code, receiver_node=Node(town=town.pk, user=other.pk).code,
        volume_m3=Decimal(1), counts_from=START, document=f"{sign}转让", measure="saving", saved_m3=Decimal(1), evidence=f"{sign}评估",
        paper=papers.keep("quota", b"%PDF-1.4 %%EOF"),
    )  # fmt: skip
    token, _key = issue_token(SYSTEM, f"{sign}机", town, [Right.REGISTRY_VIEW])
    batch = check(
        actor_of(person), workbook([["取水口编码", "取水口名称"], [f"{letter}-9", ""]]), f"{sign}.xlsx", "ledger"
    )
    table = reports.add_table(SYSTEM, town, f"{sign}表", "表.xlsx", *ready.files("wells-by-town"))
    filling = reports.fill(SYSTEM, table, SEEN.date())
    export = foreign.take(
        SYSTEM, town, f"{sign}导出.xlsx", workbook([["取水口名称", "水量"], [f"{sign}机井", 5]]),
        "columns: {name: 取水口名称, volume: 水量}", "month", SEEN.date(),
    )  # fmt: skip
    dial = Sent(str(uuid4()), intake.pk, SEEN.isoformat(), "7", note=f"{sign}抄")
    reading, _new = take(SYSTEM, dial, _photo())
    command = Command.objects.create(
        station=station, kind="pump", content={"switches": "1"}, reason=f"{sign}令", state="proposed", asked_by=person,
        asked_at=SEEN, expires_at=timezone.now() + timedelta(days=1),
    )  # fmt: skip
    picture = Picture.objects.create(station=station, at=SEEN, frame=frame, path=f"{station.pk}/1-1.jpg")
    save_picture(picture.path, _photo())
    dtu = Dtu.objects.create(key=f"{letter}-D", name=f"{sign}数传", kind=DtuKind.objects.get(), division=village)
    broker = Broker.objects.create(
        name=f"{sign}代理", division=village, host="x", client_id="x", device_map="example-json"
    )
    sheet = EvidenceSheet.objects.create(
        intake=intake, first=SEEN.date(), last=SEEN.date(), reason=f"{sign}案", made_at=SEEN, sha256="",
    )  # fmt: skip
    evidence.folder().mkdir(exist_ok=True)
    evidence.path_of(sheet).write_text(
        json.dumps(evidence.collect(sheet, SYSTEM), ensure_ascii=False), encoding="utf-8"
    )
    sheet.sha256 = hashlib.sha256(evidence.path_of(sheet).read_bytes()).hexdigest()
    sheet.save()
    flaw = Fault.objects.create(station=station, kind="silent", noticed_at=SEEN)
    finding = Finding.objects.create(
        intake=intake, kind="gap", first=START, last=START, score=60, figures={"days": 1}, found_at=SEEN, words=f"{sign}疑",
    )  # fmt: skip
    demand = Demand.objects.create(
        intake=intake, what=f"{sign}数", document=f"{sign}函1号", sent_on=START, due_on=START + timedelta(days=9)
    )
    plan = Plan.objects.create(
        name=f"{sign}规划", kind="plan", division=town, applicant=f"{sign}发改", first_year=2027, last_year=2028
    )
    line = PlanLine.objects.create(
        plan=plan,
        year=2027,
        sector="living",
        what=f"{sign}城",
        measure="person",
        amount=100,
        quota=100,
        source="定额第1页",
    )
    study = Study.objects.create(
        kind="planning", subject=f"{sign}规划", plan=plan, division=town, owed_since=START, state="handed_in"
    )
    step = StudyStep.objects.create(
        study=study,
        state="handed_in",
        on=START,
        paper=papers.keep("conformity", b"%PDF-1.4 %%EOF"),
        number=f"{sign}报1号",
    )
    condition = StudyFigure.objects.create(study=study, name=f"{sign}年取水量", value="5", unit="m³")
    edit = SeriesEdit.objects.create(series=series, at=SEEN, before=Decimal(5), reason=f"{sign}校", made_at=SEEN)
    case = casework.begin(SYSTEM, Kind.NEW, user)
    casework.write(
        SYSTEM,
        case,
        name=f"{sign}果园",
        reason=f"{sign}园",
        use="irrigation",
        source="shallow_groundwater",
        volume_m3=Decimal(5),
    )
    casepaper = casework.hand_in(SYSTEM, case, "form", f"{sign}.pdf", b"%PDF-1.4 %%EOF")
    Case.objects.filter(pk=case.pk).update(state="accepted", received_on=START)
    done = {"case": case, "day": START, "words": f"{sign}话", "paper": papers.keep("permits", b"%PDF-1.4 %%EOF")}
    casestep = CaseStep.objects.create(act="submit", **done)
    CaseStep.objects.create(act="accept", **done)
    case.refresh_from_db()
    casework.ask_gate(SYSTEM, case, {})
    word = letters.make(SYSTEM, case, "accepted", number=f"{sign}许1号")
    permit = Permit.objects.create(number=f"{sign}证1", project=project, check_code=f"CHECK{letter}", issued_on=START)
    PermitVersion.objects.create(permit=permit, valid_from=START, origin="issued", holder=user, volume_m3=Decimal(9))
    PermitEnd.objects.create(
        permit=permit,
        end="revoked",
        day=START,
        words=f"{sign}话",
        document=f"{sign}罚1号",
        paper=papers.keep("permits", b"%PDF-1.4 %%EOF"),
    )
    sighting = campaigning.see(
        SYSTEM, division=village, seen_on=START, words=f"{sign}渠边新井", how="inspection", kind="well", photo=_photo()
    )
    filed = filing.file(
        SYSTEM, user=user, what="emergency_public", begins=START, words=f"{sign}应急取水", intake=intake, paper=b"%PDF-1.4 %%EOF", number=f"{sign}备1号",
    )  # fmt: skip
    ledger.things |= {
        "filing": filed, "sighting": sighting, "check": f"CHECK{letter}", "case": case, "casepaper": casepaper, "casestep": casestep, "letter": word, "permit": permit,
        "conformity": plan, "planline": line, "study": study, "studystep": step, "studyfigure": condition, "edit": edit, "fault": flaw,
        "finding": finding, "demand": demand, "evidence": sheet, "dtu": dtu, "broker": broker, "command": command, "picture": picture,
        "pullsource": save_source(
            SYSTEM, None, division=town, name=f"{sign}来源", kind="folder", mapping="path: x\nimports: volumes", active=False
        ),
        "indicator": indicator, "transfer": transfer, "problem": report(intake, "waste", f"{sign}井漏水", "13812345678", _photo()),
        "code": codes_for(SYSTEM, [intake])[intake.pk], "reading": reading, "table": table, "filling": filling, "export": export,
        "token": token, "import": batch,
    }  # fmt: skip


@cache
def _photo() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "JPEG")
    return out.getvalue()


def workbook(rows: list[list[Any]]) -> bytes:
    """An Excel file of one sheet."""
    book, out = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(out)
    return out.getvalue()


@cache
def _hashed() -> str:
    """Hashing is slow by intent; once is enough for all."""
    return make_password(PASSWORD)


def make_person(username: str, name: str, organisation: Organisation | None = None, role: str = "") -> Person:
    person = Person.objects.create(username=username, name=name, password=_hashed())
    if organisation is not None:
        Appointment.objects.create(person=person, organisation=organisation, role=role, valid_from=START)
    return person


def client_of(person: Person) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


class World:
    """The county with both ledgers, and people by what they are."""

    def __init__(self) -> None:
        self.county = make_county()
        towns = Division.objects.filter(level="town").order_by("code")
        self.kind = DtuKind.objects.create(name="公共型号", registration="(?P<key>A+)", line="through")
        self.a, self.b = make_ledger(towns[0], "A"), make_ledger(towns[1], "B")
        self.unit, self.source = ManagementUnit.objects.get(), Source.objects.get()
        self.zone = ControlZone.objects.create(
            kind="limited", name="公共限采区", geometry={"type": "Polygon", "coordinates": []}, valid_from=START
        )
        self.model = StationModel.objects.create(name="公共设备")
        self.seal = Seal.objects.create(
            gateway="公共网关", day=START, number=1, first_id=0, last_id=0, frames=0, sealed_at=SEEN,
            **dict.fromkeys(("previous_sha256", "previous_sm3", "sha256", "sm3"), "0"),
        )  # fmt: skip
        seals.path_of(self.seal).parent.mkdir(parents=True, exist_ok=True)
        seals.path_of(self.seal).write_bytes(b"")
        self.waiting = WaitingStation.objects.create(
            key="0000000099", protocol="sl651", first_seen_at=SEEN, last_seen_at=SEEN, peer="10.0.0.2:5"
        )
        bureau = Organisation.objects.create(name="水利局", kind=OrganisationKind.BUREAU, division=self.county)
        self.bureau = bureau
        self.officer = make_person("officer", "局员", bureau, Role.BUREAU_OFFICER)
        self.leader = make_person("leader", "局长", bureau, Role.BUREAU_LEADER)
        self.auditor = make_person("auditor", "审计", bureau, Role.AUDITOR)
        self.security = make_person("security", "安全员", bureau, Role.SECURITY_ADMIN)
        self.system = make_person("system", "系统员", bureau, Role.SYSTEM_ADMIN)
        self.audit_admin = make_person("audit", "审计员", bureau, Role.AUDIT_ADMIN)
        self.own = OwnFigure.objects.create(
            rule="GW-022-B", value={"threshold_m3_per_year": 50_000}, since=START, document="公共通知", document_number="第1号",
            issued_on=START, paper=papers.keep("parameters", b"%PDF-1.4 %%EOF"), entered_by=self.officer, entered_at=SEEN,
        )  # fmt: skip
        self.order = UnitOrder.objects.create(
            unit=self.unit, authority="公共上级", document="公共通知", document_number="第2号", ground="YR-051", valid_from=START,
            valid_to=date(2024, 6, 1), state="binding", entered_at=SEEN, paper=papers.keep("quota", b"%PDF-1.4 %%EOF"),
        )  # fmt: skip
        self.zoneproposal = ZoneProposal.objects.create(
            document="公共划定方案", document_number="第4号", issued_on=START, entered_by=self.officer, entered_at=SEEN,
            paper=papers.keep("registry", b"%PDF-1.4 %%EOF"),
            changes=[
                {
                    "kind": "banned", "name": "公共禁采区", "geometry": {"type": "Polygon", "coordinates": []}, "valid_from": "2024-01-01",
                    "valid_to": None, "zone": None, "stood_by": None,
                }
            ],
        )  # fmt: skip
        self.proposal = AllotmentProposal.objects.create(
            year=2024, county=self.county, counts_from=START, document="公共方案", document_number="第3号", issued_on=START, entered_by=self.officer,
            entered_at=SEEN, paper=papers.keep("quota", b"%PDF-1.4 %%EOF"),
            changes=[{"source_kind": "surface", "node": "0-0-0-0", "change_m3": "5", "before_m3": "0", "basis": ""}],
        )  # fmt: skip
        self.town_a = self.a.person
        self.town_b = self.b.person
        own = Organisation.objects.create(
            name="乙用户公司", kind=OrganisationKind.USER, division=self.b.village, water_user=self.b.user
        )
        self.water_user = make_person("user-b", "乙用户员", own, Role.WATER_USER)
        self.rightless = make_person("rightless", "无权者")
        self.b_everything = make_person("b-all", "乙全员")
        body = self.b.organisation
        for role in Role:
            if role not in {Role.WATER_USER} | ADMINISTRATORS - {Role.SECURITY_ADMIN}:
                Appointment.objects.create(person=self.b_everything, organisation=body, role=role, valid_from=START)

    def complete(self) -> "World":
        """With one of each thing in both towns, as tests over all pages need it."""
        self.normdocument = NormDocument.objects.create(
            document="公共定额", document_number="第3号", issued_on=START, valid_from=START, entered_at=SEEN,
            paper=papers.keep("quota", b"%PDF-1.4 %%EOF"),
        )  # fmt: skip
        self.norm = Norm.objects.create(of=self.normdocument, measure="mu", what="公共作物", value=180)
        self.a.complete()
        self.b.complete()
        return self

    def who_may(self, right: str) -> Person:
        """Somebody of the county who holds a right."""
        for person in (self.officer, self.leader, self.security, self.system, self.auditor, self.audit_admin):
            if actor_of(person).may(right):
                return person
        raise AssertionError(f"no role carries {right}")

    def key(self, *rights: str, place: Division | None = None) -> dict[str, str]:
        """Headers with a new key for some rights in a place (the county)."""
        place = place or self.county
        _token, key = issue_token(SYSTEM, f"key {place.code} {' '.join(rights)}"[:60], place, rights)
        return {"Authorization": f"Bearer {key}"}

    def actor(self, person: Person) -> Actor:
        return actor_of(person)
