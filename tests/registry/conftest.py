"""A county whose towns and villages the hand-made workbooks name, and those who act in it."""

from dataclasses import dataclass

import pytest

from liangshui.core.access import Actor, Grant, Right, Territory
from liangshui.records.installation import Installation
from liangshui.registry.models import Division, DivisionAlias, ManagementUnit, Shape, Source

BOX = [[106.9, 39.3], [109.2, 39.3], [109.2, 40.9], [106.9, 40.9], [106.9, 39.3]]


@dataclass
class Place:
    county: Division
    spring: Division
    sand: Division
    upper: Division
    unit: ManagementUnit
    shallow: Source
    deep: Source

    def actor(self, *rights: str, division: Division | None = None) -> Actor:
        rights = rights or (Right.REGISTRY_VIEW, Right.REGISTRY_CHANGE, Right.REGISTRY_IMPORT)
        territory = Territory(paths=frozenset({(division or self.county).path}))
        return Actor("tester", None, (Grant(frozenset(rights), territory),))


@pytest.fixture
def place(db) -> Place:
    region = Division.objects.create(code="980000", name="演示区", level="province")
    city = Division.objects.create(code="980100", name="演示市", level="city", parent=region)
    county = Division.objects.create(code="980101", name="演示旗", level="county", parent=city)
    towns = [
        Division.objects.create(code=f"980101{n}", name=name, level="town", parent=county)
        for n, name in ((100, "青泉镇"), (101, "白沙镇"), (200, "红柳苏木"))
    ]
    upper = Division.objects.create(code="980101100001", name="上泉嘎查", level="village", parent=towns[0])
    DivisionAlias.objects.create(division=towns[0], name="清泉镇")
    unit = ManagementUnit.objects.create(code="GW-1", name="一号单元", division=county)
    ManagementUnit.objects.create(code="GW-2", name="二号单元", division=county)
    Shape.objects.create(kind="county", name="演示旗", geometry={"type": "Polygon", "coordinates": [BOX]})
    Installation.objects.create(county_code=county.code, county_name=county.name)
    shallow = Source.objects.create(code="S1", name="浅层地下水", kind="shallow_groundwater")
    deep = Source.objects.create(code="S2", name="深层地下水", kind="deep_groundwater")
    return Place(county, towns[0], towns[1], upper, unit, shallow, deep)


@pytest.fixture
def boss(place) -> Actor:
    """Who may do everything in the county."""
    return place.actor()
