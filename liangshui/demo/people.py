"""Organisations and people of the demo banner, one sign-in for each role and place that a visitor may want to try."""

from typing import NamedTuple

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from liangshui.accounts.models import Appointment, Organisation, OrganisationKind, Person
from liangshui.accounts.roles import Role
from liangshui.demo.generate import BEGINNING, COUNTY, World
from liangshui.registry.codes import UserKind
from liangshui.registry.models import Division, WaterUser


class Post(NamedTuple):
    """A person with their place."""

    username: str
    name: str
    role: Role
    organisation: str
    kind: OrganisationKind
    division: Division
    user: WaterUser | None = None


_DEPARTMENTS = (
    ("nongmu", "农牧局"),
    ("ziran", "自然资源局"),
    ("zhujian", "住房和城乡建设局"),
    ("gongxin", "工业和信息化局"),
    ("fagai", "发展和改革委员会"),
    ("shuiwu", "税务局"),
    ("gongan", "公安局"),
    ("sifa", "司法局"),
    ("ducha", "党委政府督查室"),
)


def posts(world: World) -> list[Post]:
    """Who is who, in the order in which the sign-in page names them."""
    county, kind, bureau = world.county, OrganisationKind, f"{COUNTY}水利局"
    villages = [village for village, _, _ in world.villages[:2]]
    collective = next(user for user in world.users if user.kind == UserKind.COLLECTIVE)
    works = world.named["works"]
    city = county.parent
    found = [
        Post("shuiliju", "演示·水利局干部", Role.BUREAU_OFFICER, bureau, kind.BUREAU, county),
        Post("juzhang", "演示·水利局局长", Role.BUREAU_LEADER, bureau, kind.BUREAU, county),
    ]
    found += [
        Post(
            f"zhen{n}", f"演示·{t.name.removeprefix('演示')}干部", Role.TOWN_OFFICER, f"{t.name}人民政府", kind.TOWN, t
        )
        for n, t in enumerate(world.towns, 1)
    ]
    found += [
        Post(
            f"cun{n}",
            f"演示·{v.name.removeprefix('演示')}干部",
            Role.VILLAGE_OFFICER,
            f"{v.name}委员会",
            kind.VILLAGE,
            v,
        )
        for n, v in enumerate(villages, 1)
    ]
    brigade = f"{COUNTY}农牧业综合行政执法大队"
    zone = f"{world.zone.name}管理委员会"
    found += [
        Post("kaifaqu", "演示·开发区干部", Role.ZONE_OFFICER, zone, kind.ZONE, world.zone),
        Post("zhifa", "演示·执法队员", Role.ENFORCEMENT_OFFICER, brigade, kind.ENFORCEMENT, county),
        Post("yonghu1", "演示·用水户", Role.WATER_USER, collective.name, kind.USER, collective.division, collective),
        Post("yonghu2", "演示·自来水公司", Role.WATER_USER, works.name, kind.USER, works.division, works),
    ]
    found += [
        Post(key, f"演示·{name}干部", Role.DEPARTMENT_OFFICER, f"{COUNTY}{name}", kind.DEPARTMENT, county)
        for key, name in _DEPARTMENTS
    ]
    return [
        *found,
        Post(
            "shenpi", "演示·审批局干部", Role.APPROVAL_OFFICER, f"{COUNTY}行政审批和政务服务局", kind.DEPARTMENT, county
        ),
        Post("shenji", "演示·审计员", Role.AUDITOR, f"{COUNTY}审计局", kind.DEPARTMENT, county),
        Post("shipingtai", "演示·市级平台", Role.CITY_PLATFORM, f"{city.name}水利平台", kind.SUPERIOR, city),
        Post("xitong", "演示·系统管理员", Role.SYSTEM_ADMIN, bureau, kind.BUREAU, county),
        Post("anquan", "演示·安全管理员", Role.SECURITY_ADMIN, bureau, kind.BUREAU, county),
        Post("shenjiguanli", "演示·审计管理员", Role.AUDIT_ADMIN, bureau, kind.BUREAU, county),
    ]


def appoint(world: World, password: str) -> dict[str, Person]:
    """Store organisations, people (all with one password) and their appointments; people by user name."""
    everyone = posts(world)
    organisations = {
        post.organisation: Organisation(
            name=post.organisation, kind=post.kind, division=post.division, water_user=post.user
        )
        for post in everyone
    }
    Organisation.objects.bulk_create(organisations.values())
    digest, now = make_password(password), timezone.now()
    people = {
        post.username: Person(username=post.username, name=post.name, password=digest, date_joined=now)
        for post in everyone
    }
    Person.objects.bulk_create(people.values())
    Appointment.objects.bulk_create(
        Appointment(
            person=people[post.username],
            organisation=organisations[post.organisation],
            role=post.role,
            valid_from=BEGINNING,
        )
        for post in everyone
    )
    return people


def sign_ins() -> list[tuple[str, str, str]]:
    """User name, role and name of everybody who is in a post today."""
    rows = Appointment.objects.on(timezone.localdate()).filter(person__is_active=True).select_related("person")
    return [(row.person.username, str(row.get_role_display()), row.person.name) for row in rows.order_by("pk")]
