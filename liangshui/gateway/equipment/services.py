"""The only writers of DTUs, brokers, maps of device models, and of stations that do not name themselves."""

import re
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from liangshui.core.access import Actor, Right
from liangshui.core.errors import Invalid
from liangshui.gateway.devices import read_all
from liangshui.records.secrets import sealed
from liangshui.registry.models import Intake
from liangshui.telemetry.codes import Protocol
from liangshui.telemetry.models import Broker, Dtu, DtuKind, Station, StationModel, WaitingStation
from liangshui.telemetry.services import link_station


def _checked(row: Any) -> None:
    """Raise Invalid for what the fields or the database would refuse."""
    try:
        row.full_clean()
    except ValidationError as error:
        field, words = next(iter(error.message_dict.items()))
        raise Invalid(words[0], field=field) from error


def save_kind(
    actor: Actor, kind: DtuKind | None, *, name: str, registration: str, heartbeat: str, line: str
) -> DtuKind:
    """A make of DTU.

    Raises:
        Invalid: a packet is no regular expression over bytes, the registration names no key or fits nothing, or the heartbeat fits
            everything.
    """
    actor.require(Right.TELEMETRY_CHANGE)
    first = _pattern(registration, "registration")
    if "key" not in first.groupindex:
        raise Invalid(_("Mark the part that differs between DTUs: (?P<key>…)."), field="registration")
    if first.match(b""):
        raise Invalid(_("This also fits when nothing is sent."), field="registration")
    if heartbeat and _pattern(heartbeat, "heartbeat").match(b""):
        raise Invalid(_("This also fits when nothing is sent."), field="heartbeat")
    kind = kind or DtuKind()
    kind.name, kind.registration, kind.heartbeat, kind.line = name.strip(), registration, heartbeat, line
    _checked(kind)
    kind.save()
    return kind


def _pattern(text: str, field: str) -> re.Pattern[bytes]:
    try:
        return re.compile(text.encode("latin-1"), re.DOTALL)
    except (re.error, UnicodeEncodeError) as error:
        raise Invalid(
            _("This is no pattern of bytes. Write texts as they are and bytes as \\x7e."), field=field
        ) from error


@transaction.atomic
def save_dtu(actor: Actor, dtu: Dtu | None, **given: Any) -> Dtu:
    """A DTU: key, name, kind, division, ask_every_s, active. One that waited is known from its next connection on."""
    if dtu is not None:
        actor.require(Right.TELEMETRY_CHANGE, path=dtu.division.path)
    actor.require(Right.TELEMETRY_CHANGE, path=given["division"].path)
    dtu = dtu or Dtu()
    for name, value in given.items():
        setattr(dtu, name, value)
    _checked(dtu)
    dtu.save()
    WaitingStation.objects.filter(key=dtu.key, protocol="dtu").delete()
    return dtu


def save_broker(actor: Actor, broker: Broker | None, *, secret: str | None = None, **given: Any) -> Broker:
    """An MQTT broker; `secret` None keeps the password there is."""
    if broker is not None:
        actor.require(Right.TELEMETRY_CHANGE, path=broker.division.path)
    actor.require(Right.TELEMETRY_CHANGE, path=given["division"].path)
    broker = broker or Broker()
    for name, value in given.items():
        setattr(broker, name, value)
    if secret is not None:
        broker.secret = sealed(secret)
    if broker.device_map not in maps("mqtt"):
        raise Invalid(_("There is no such device map for MQTT."), field="device_map")
    _checked(broker)
    broker.fault = ""
    broker.save()
    return broker


def maps(protocol: str) -> list[str]:
    """Names of the device maps of a protocol that can be used."""
    return sorted(name for name, found in read_all()[0].items() if found.protocol == protocol)


def set_map(actor: Actor, model: StationModel, device_map: str) -> StationModel:
    """Which file says what the registers of a device model hold."""
    for station in Station.objects.filter(model=model).select_related("division"):
        actor.require(Right.TELEMETRY_CHANGE, path=station.division.path)
    actor.require(Right.TELEMETRY_CHANGE)
    if device_map and device_map not in maps("modbus"):
        raise Invalid(_("There is no such device map for Modbus."), field="device_map")
    model.device_map = device_map
    model.save()
    return model


@transaction.atomic
def add_station(
    actor: Actor,
    *,
    protocol: str,
    name: str,
    division: Any,
    dtu: Dtu | None = None,
    line_address: int | None = None,
    key: str = "",
    model: StationModel | None = None,
    interval_min: int = 60,
    intake: Intake | None = None,
    since: datetime | None = None,
) -> Station:
    """A station that does not name itself: a Modbus unit or an electricity meter behind a DTU; or an MQTT device before it sends.

    The key of a Modbus unit is made of the DTU's and its number; of a meter it is its address of twelve digits.
    """
    actor.require(Right.TELEMETRY_CHANGE, path=division.path)
    if protocol in (Protocol.MODBUS, Protocol.DLT645):
        if dtu is None:
            raise Invalid(_("Choose the DTU behind which it stands."), field="dtu")
        actor.require(Right.TELEMETRY_CHANGE, path=dtu.division.path)
        if dtu.kind.line.split("_")[0] != protocol:
            raise Invalid(_("Behind this DTU another protocol is spoken."), field="dtu")
    if protocol == Protocol.MODBUS:
        if line_address is None or not 1 <= line_address <= 247:
            raise Invalid(_("A Modbus unit has a number from 1 to 247."), field="line_address")
        if model is None or model.device_map not in maps("modbus"):
            raise Invalid(_("Choose a device model that has a device map."), field="model")
        key = f"{dtu.key[:36]}-{line_address}" if dtu else key
    elif protocol == Protocol.DLT645 and not re.fullmatch(r"\d{12}", key):
        raise Invalid(_("The address of a meter has twelve digits."), field="key")
    station = Station(
        key=key.strip(), name=name.strip(), protocol=protocol, division=division, dtu=dtu, model=model,
        line_address=line_address if protocol == Protocol.MODBUS else None, interval_min=interval_min,
    )  # fmt: skip
    _checked(station)
    station.save()
    if intake is not None:
        link_station(actor, station, intake, since=since)
    return station
