"""Wells, stations and readings of the invented county, in few words. All days are of May 2025."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from liangshui.accounting import queries, services
from liangshui.accounting.models import Coefficient, DayVolume, EnergyRecord
from liangshui.core.access import EVERYWHERE, SYSTEM
from liangshui.core.periods import BEIJING, Period
from liangshui.registry import services as registry
from liangshui.registry.models import Division, Intake, ManagementUnit, PowerMeter, PowerSupply, Source, WaterUser
from liangshui.telemetry.models import ChangedSpan, Observation, RawFrame, Series, Station, StationLink
from tests.people import make_county

MAY = Period(date(2025, 5, 1), date(2025, 6, 1))
FROM = date(2024, 1, 1)


def at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    """An instant of May 2025, Beijing time."""
    return datetime(2025, 5, day, hour, minute, tzinfo=BEIJING)


def may(day: int) -> date:
    return date(2025, 5, day)


class Place:
    """The county, with what a test puts there."""

    def __init__(self) -> None:
        self.county = make_county()
        self.town_a, self.town_b = Division.objects.filter(level="town").order_by("code")
        self.unit, self.source = ManagementUnit.objects.get(), Source.objects.get()
        self.count = 0

    def user(self, code: str, town: Division | None = None, kind: str = "company") -> WaterUser:
        village = (town or self.town_a).children.get()
        return registry.save_user(SYSTEM, code=code, name=f"用户{code}", kind=kind, division=village)

    def well(self, code: str, user: WaterUser, **facts: Any) -> Intake:
        """A well of a project of its own."""
        project = registry.save_project(
            SYSTEM, code=f"P{code}", name=f"项目{code}", user=user, division=user.division, from_day=FROM
        )
        values = {
            "kind": "well",
            "project": project,
            "division": user.division,
            "management_unit": self.unit,
            "source": self.source,
            "sector": "agriculture",
            **facts,
        }
        return registry.save_intake(SYSTEM, code=code, name=f"井{code}", from_day=FROM, **values)

    def station(self, intake: Intake, quantity: str = "register") -> Series:
        """A station that has read the intake since long ago."""
        self.count += 1
        station = Station.objects.create(
            key=f"{self.count:010}", name=f"站{self.count}", protocol="sl651", division=intake.division
        )
        StationLink.objects.create(station=station, intake=intake, linked_at=datetime(2025, 1, 1, tzinfo=BEIJING))
        return Series.objects.create(station=station, quantity=quantity, element="F1")

    def read(self, series: Series, *rows: tuple[datetime, Any], late: bool = False) -> None:
        """Readings as the gateway stores them, each with its frame, and their span in the outbox."""
        for instant, value in rows:
            received = timezone.now() if late else instant
            frame = RawFrame.objects.create(
                gateway="main", received_at=received, peer="10.0.0.1:1", station_key=series.station.key,
                protocol="sl651", verdict="good", raw=b"~~",
            )  # fmt: skip
            number = None if value is None else Decimal(str(value))
            Observation.objects.create(series=series, at=instant, received_at=received, value=number, frame=frame)
        instants = [instant for instant, _value in rows]
        ChangedSpan.objects.create(series_id=series.pk, start_at=min(instants), end_at=max(instants))

    def power(self, kwh: str, *intakes: tuple[Intake, str], number: str = "E1") -> EnergyRecord:
        """A power meter that drives intakes with weights, and its kWh of May."""
        meter = PowerMeter.objects.create(number=number)
        for intake, weight in intakes:
            PowerSupply.objects.create(power_meter=meter, intake=intake, weight=Decimal(weight), valid_from=FROM)
        return EnergyRecord.objects.create(power_meter=meter, start=MAY.start, end=MAY.end, kwh=Decimal(kwh))

    def coefficient(self, intake: Intake, value: str, start: date = FROM, end: date | None = None) -> Coefficient:
        return Coefficient.objects.create(
            intake=intake, m3_per_kwh=Decimal(value), uncertainty=Decimal("0.2"), valid_from=start, valid_to=end
        )


@pytest.fixture
def place(db) -> Place:
    return Place()


def follow() -> None:
    """What the worker does until nothing is left."""
    while services.follow_changes():
        pass


def days_of(intake: Intake, method: str = "register") -> dict[int, Decimal | None]:
    """Volume by day of May."""
    rows = DayVolume.objects.filter(intake=intake, method=method).order_by("day")
    return {row.day.day: row.volume_m3 for row in rows}


def total(period: Period = MAY, **filters: Any) -> queries.AccountRow:
    return queries.account(EVERYWHERE, period, "total", filters)[0]


def volumes(by: str, period: Period = MAY) -> dict[str, Decimal | None]:
    """Abstraction by code."""
    return {row.code: row.abstraction_m3 for row in queries.account(EVERYWHERE, period, by)}
