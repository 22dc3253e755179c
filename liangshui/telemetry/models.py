"""What stations sent: raw frames as received, the series they feed, and stations that nobody knows yet.

Raw frames and observations are only ever added. The gateway writes them with plain SQL (gateway/sink.py) by the column names
below, many at a time; everybody else reads them here.
"""

from decimal import Decimal
from pathlib import Path

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from liangshui.records.fields import InstantField, MicroField
from liangshui.records.models import PERSON, Located, Responsible
from liangshui.registry.models import Division, Intake
from liangshui.telemetry.codes import AnswerForm, CommandKind, CommandState, EventKind, LineKind, Protocol, Quantity


class StationModel(models.Model):
    """A make of device; its element map serves all its stations."""

    name = models.CharField(_("device model"), max_length=60, unique=True)
    device_map = models.CharField(_("device map"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("device model")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class DtuKind(models.Model):
    """A make of DTU (数传终端): by which bytes its connections say who they are (注册包), which bytes mean nothing (心跳包).

    Both are regular expressions over the bytes; that of the registration has a group `key`.
    """

    name = models.CharField(_("name"), max_length=60, unique=True)
    registration = models.CharField(_("registration packet"), max_length=200)
    heartbeat = models.CharField(_("heartbeat packet"), max_length=200, blank=True)
    line = models.CharField(_("spoken behind it"), max_length=12, choices=LineKind)

    class Meta:
        verbose_name = _("make of DTU")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Dtu(Located):
    """A DTU in the field; its key is what the registration packet says."""

    key = models.CharField(_("DTU key"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=100)
    kind = models.ForeignKey(DtuKind, models.PROTECT, related_name="dtus", verbose_name=_("make"))
    division = models.ForeignKey(Division, models.PROTECT, related_name="dtus", verbose_name=_("town or village"))
    ask_every_s = models.PositiveIntegerField(_("asked every, seconds"), default=300)
    active = models.BooleanField(_("in service"), default=True)

    class Meta:
        verbose_name = _("DTU")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Broker(Located):
    """An MQTT broker that is listened to; the device map says which topics and what their messages mean."""

    name = models.CharField(_("name"), max_length=60, unique=True)
    division = models.ForeignKey(Division, models.PROTECT, related_name="brokers", verbose_name=_("town or village"))
    host = models.CharField(_("host"), max_length=120)
    port = models.PositiveIntegerField(_("port"), default=8883)
    tls = models.BooleanField(_("TLS"), default=True)
    ca = models.TextField(_("certificate of the authority, PEM"), blank=True)
    username = models.CharField(_("user name"), max_length=60, blank=True)
    secret = models.TextField(editable=False, blank=True)
    client_id = models.CharField(_("client id"), max_length=60)
    device_map = models.CharField(_("device map"), max_length=60)
    active = models.BooleanField(_("in service"), default=True)
    heard_at = InstantField(_("last heard"), null=True, blank=True, editable=False)
    fault = models.CharField(_("fault"), max_length=200, blank=True, editable=False)

    class Meta:
        verbose_name = _("MQTT broker")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Station(Responsible, Located):
    """A telemetry station (遥测站). The key is the 10 hex characters of its address, as received."""

    within_user = "links__intake__project__user"

    key = models.CharField(_("station key"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=100)
    protocol = models.CharField(_("protocol"), max_length=12, choices=Protocol)
    answer_form = models.CharField(
        pgettext_lazy("station", "answer"), max_length=10, choices=AnswerForm, default=AnswerForm.DEFAULT
    )
    password = models.CharField(_("password, checked if given"), max_length=8, blank=True)
    model = models.ForeignKey(
        StationModel, models.SET_NULL, null=True, blank=True, related_name="stations", verbose_name=_("device model")
    )
    division = models.ForeignKey(Division, models.PROTECT, related_name="stations", verbose_name=_("town or village"))
    dtu = models.ForeignKey(
        Dtu, models.PROTECT, null=True, blank=True, related_name="stations", verbose_name=_("behind the DTU")
    )
    line_address = models.PositiveSmallIntegerField(_("unit number on the line"), null=True, blank=True)
    interval_min = models.PositiveIntegerField(_("reports every, minutes"), default=60)
    series_time_is_end = models.BooleanField(_("series: time is that of the last value"), default=False)
    active = models.BooleanField(_("in service"), default=True)
    last_seen_at = InstantField(_("last heard"), null=True, blank=True, editable=False, db_index=True)

    class Meta:
        verbose_name = _("station")
        ordering = ["key"]
        constraints = [
            models.UniqueConstraint(
                fields=["dtu", "line_address"],
                condition=Q(line_address__isnull=False),
                name="telemetry_one_on_the_line",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def open_items(cls) -> models.QuerySet["Station"]:
        return cls.objects.filter(active=True)


class StationLink(Located):
    """Which intake a channel of a station measures, from an instant to an instant."""

    within_division = "intake__division__path"
    within_user = "intake__project__user"

    station = models.ForeignKey(Station, models.CASCADE, related_name="links")
    channel = models.PositiveSmallIntegerField(_("channel"), default=1)
    intake = models.ForeignKey(Intake, models.PROTECT, related_name="station_links", verbose_name=_("intake"))
    linked_at = models.DateTimeField(_("from"))
    unlinked_at = models.DateTimeField(_("to"), null=True, blank=True)

    class Meta:
        verbose_name = _("station at an intake")
        constraints = [
            models.CheckConstraint(
                condition=Q(unlinked_at=None) | Q(unlinked_at__gt=F("linked_at")), name="telemetry_unlinked_after"
            ),
            models.UniqueConstraint(
                fields=["station", "channel"], condition=Q(unlinked_at=None), name="telemetry_one_intake"
            ),
            models.UniqueConstraint(fields=["intake"], condition=Q(unlinked_at=None), name="telemetry_one_station"),
        ]

    def __str__(self) -> str:
        return f"{self.station_id}/{self.channel}"


class ElementMapping(models.Model):
    """What an element id means for a station, or for all stations of a model: the national table has no meter register.

    `value × factor` is stored in the unit of the quantity.
    """

    station = models.ForeignKey(Station, models.CASCADE, null=True, blank=True, related_name="mappings")
    model = models.ForeignKey(StationModel, models.CASCADE, null=True, blank=True, related_name="mappings")
    element = models.CharField(_("element id"), max_length=24)
    quantity = models.CharField(_("quantity"), max_length=16, choices=Quantity)
    channel = models.PositiveSmallIntegerField(_("channel"), default=1)
    factor = models.DecimalField(_("factor"), max_digits=15, decimal_places=6, default=Decimal(1))

    class Meta:
        verbose_name = _("element mapping")
        constraints = [
            models.CheckConstraint(
                condition=Q(station=None, model__isnull=False) | Q(station__isnull=False, model=None),
                name="telemetry_mapping_of_one",
            ),
            models.UniqueConstraint(
                fields=["station", "element"], condition=Q(model=None), name="telemetry_station_element"
            ),
            models.UniqueConstraint(
                fields=["model", "element"], condition=Q(station=None), name="telemetry_model_element"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.element} → {self.quantity}"


class Series(models.Model):
    """One measured quantity of one channel of a station. The last value stands here for lists."""

    station = models.ForeignKey(Station, models.CASCADE, related_name="series")
    channel = models.PositiveSmallIntegerField(_("channel"), default=1)
    quantity = models.CharField(_("quantity"), max_length=16, choices=Quantity)
    element = models.CharField(_("element id"), max_length=24)

    class Meta:
        verbose_name = _("series")
        constraints = [
            models.UniqueConstraint(fields=["station", "channel", "quantity", "element"], name="telemetry_series_once")
        ]

    def __str__(self) -> str:
        return f"{self.station_id}/{self.channel} {self.quantity}"


class RawFrame(models.Model):
    """A frame as received (原始报文): never edited, never deleted before its month is archived.

    `identity` is what makes a resent frame the same frame (codec's `identity`, hashed to 16 bytes); null where every copy is kept.
    `asked` is the request that the frame answers, where the answer alone does not say what it is (Modbus).
    """

    class Verdict(models.TextChoices):
        GOOD = "good", _("good")
        CRC = "crc", _("checksum wrong")
        LENGTH = "length", _("length wrong")
        TAIL = "tail", _("end character wrong")
        JUNK = "junk", _("not a frame")
        INCOMPLETE = "incomplete", _("cut off")
        BODY = "body", _("body not understood")
        PASSWORD = "password", _("password wrong")
        SEALED = "sealed", _("encrypted, kept as it came")

    id = models.BigAutoField(primary_key=True)
    gateway = models.CharField(_("gateway"), max_length=20)
    received_at = InstantField(_("received"))
    peer = models.CharField(_("peer"), max_length=60)
    station_key = models.CharField(_("station key"), max_length=40)
    protocol = models.CharField(_("protocol"), max_length=12)
    verdict = models.CharField(_("verdict"), max_length=10, choices=Verdict)
    identity = models.BinaryField(null=True, unique=True, max_length=16)
    asked = models.BinaryField(_("what the centre had asked"), null=True)
    raw = models.BinaryField(_("raw bytes"))

    class Meta:
        verbose_name = _("raw frame")
        indexes = [
            models.Index(fields=["station_key", "received_at"], name="telemetry_frame_station"),
            models.Index(fields=["received_at"], name="telemetry_frame_received"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"


class Seal(models.Model):
    """The seal (封存) of a day's frames of one gateway: digests of a file with all of them, chained to the day before.

    It covers the frames `first_id` to `last_id` of the gateway. Rows are only ever added.
    """

    gateway = models.CharField(_("gateway"), max_length=20)
    day = models.DateField(_("day"))
    number = models.PositiveIntegerField(_("number"))
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    frames = models.PositiveIntegerField(_("frames"))
    previous_sha256 = models.CharField(max_length=64)
    previous_sm3 = models.CharField(max_length=64)
    sha256 = models.CharField("SHA-256", max_length=64)
    sm3 = models.CharField("SM3", max_length=64)
    sealed_at = models.DateTimeField(pgettext_lazy("frames", "sealed"))

    class Meta:
        verbose_name = _("seal of a day")
        ordering = ["-day", "gateway"]
        constraints = [
            models.UniqueConstraint(fields=["gateway", "number"], name="telemetry_seal_number"),
            models.UniqueConstraint(fields=["gateway", "day"], name="telemetry_seal_day"),
        ]

    def __str__(self) -> str:
        return f"{self.gateway} {self.day}"


class EvidenceSheet(Located):
    """An evidence sheet (证据单) as it was made: of an intake and a period, a file that is never changed, and its digest."""

    within_division = "intake__division__path"
    within_user = "intake__project__user"

    intake = models.ForeignKey(Intake, models.PROTECT, related_name="evidence_sheets", verbose_name=_("intake"))
    first = models.DateField(_("from"))
    last = models.DateField(_("to"))
    reason = models.CharField(_("what it is for"), max_length=200)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("made by"), **PERSON)
    made_at = models.DateTimeField(_("made"))
    sha256 = models.CharField("SHA-256", max_length=64)

    class Meta:
        verbose_name = _("evidence sheet")
        ordering = ["-made_at", "-pk"]

    def __str__(self) -> str:
        return f"#{self.pk}"


class ArchivedMonth(models.Model):
    """A file of observations or raw frames of a month that were moved out of the database; what came later is a next one.

    Until `removed` some of its rows stand in the database still: a row is known by its id. `month` is the first day of it.
    """

    class Kind(models.TextChoices):
        OBSERVATIONS = "observations", _("observations")
        FRAMES = "frames", _("raw frames")

    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    month = models.DateField(_("month"))
    number = models.PositiveIntegerField(_("number"))
    rows = models.BigIntegerField(_("rows"))
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    first_received_at = InstantField(_("received since"))
    sha256 = models.CharField("SHA-256", max_length=64)
    archived_at = models.DateTimeField(_("archived"))
    removed = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("archived month")
        ordering = ["month", "kind", "number"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "month", "number"], name="telemetry_archived_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.month:%Y-%m}/{self.number}"


class GatewayProgress(models.Model):
    """Up to which raw frame a gateway has stored the observations: what follows is decoded again after a crash."""

    gateway = models.CharField(max_length=20, unique=True)
    last_frame_id = models.BigIntegerField(default=0)


class Observation(models.Model):
    """One value of a series at an instant. `value` null: the device said that it had none (缺测), which is not zero."""

    id = models.BigAutoField(primary_key=True)
    series = models.ForeignKey(Series, models.CASCADE, related_name="observations", db_index=False)
    at = InstantField(_("measured"))
    received_at = InstantField(_("received"))
    value = MicroField(_("value"), null=True)
    frame = models.ForeignKey(RawFrame, models.SET_NULL, null=True, related_name="observations", db_constraint=False)
    origin = models.CharField(_("came by"), max_length=20, default="frame")

    class Meta:
        verbose_name = _("observation")
        indexes = [models.Index(fields=["series", "at"], name="telemetry_series_at")]

    def __str__(self) -> str:
        return f"{self.series_id} {self.at}"


class Command(Located):
    """A question or order to a station (下行命令), from being asked for to its end. What was sent stands here, the answer is a frame.

    `content` is what the form gave. A command that switches a pump, valve or gate or changes a quota is `proposed` until a second
    officer has decided. A station that sleeps is waited for until `expires_at`.
    """

    within_division = "station__division__path"

    station = models.ForeignKey(Station, models.CASCADE, related_name="commands", verbose_name=_("station"))
    kind = models.CharField(_("command"), max_length=20, choices=CommandKind)
    content = models.JSONField(_("content"), default=dict)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    state = models.CharField(_("state"), max_length=12, choices=CommandState)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("asked by"), **PERSON)
    asked_at = InstantField(_("asked"))
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("decided by"), blank=True, **PERSON)
    decided_at = InstantField(_("decided"), null=True, blank=True)
    decision = models.CharField(_("words of the decision"), max_length=200, blank=True)
    expires_at = InstantField(_("expires"))
    gateway = models.CharField(_("gateway"), max_length=20, blank=True)
    tries = models.PositiveSmallIntegerField(_("sent how often"), default=0)
    sent_at = InstantField(_("last sent"), null=True, blank=True)
    sent = models.BinaryField(_("frame as sent"), null=True)
    answer_frame = models.ForeignKey(RawFrame, models.SET_NULL, null=True, related_name="+", db_constraint=False)
    ended_at = InstantField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("command")
        ordering = ["-asked_at", "-pk"]
        indexes = [models.Index(fields=["state", "expires_at"], name="telemetry_command_state")]

    def __str__(self) -> str:
        return str(self.get_kind_display())


class Picture(Located):
    """A picture that a station sent (图片报), as a file beside the database."""

    within_division = "station__division__path"
    within_user = "station__links__intake__project__user"

    station = models.ForeignKey(Station, models.CASCADE, related_name="pictures")
    at = InstantField(pgettext_lazy("picture", "taken"))
    frame = models.ForeignKey(RawFrame, models.SET_NULL, null=True, related_name="pictures", db_constraint=False)
    path = models.CharField(_("file"), max_length=120, unique=True)

    class Meta:
        verbose_name = _("picture")
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return self.path


def pictures_folder() -> Path:
    """Where pictures of stations lie, outside of what the web serves; `Picture.path` is relative to it."""
    return Path(settings.HOME) / "station-pictures"


class QualityLimits(Located):
    """A station's own limits of quality control for a quantity, in the place of ours (rules/quality.py)."""

    within_division = "station__division__path"

    station = models.ForeignKey(Station, models.CASCADE, related_name="quality_limits")
    quantity = models.CharField(_("quantity"), max_length=16, choices=Quantity)
    limits = models.JSONField(_("limits"), default=dict)

    class Meta:
        verbose_name = _("limits of quality control")
        constraints = [models.UniqueConstraint(fields=["station", "quantity"], name="telemetry_limits_once")]

    def __str__(self) -> str:
        return f"{self.station_id} {self.quantity}"


class QualityFlag(models.Model):
    """What a check says of a value that is not good (QARTOD's flags). Made anew by the checks; the value itself stays."""

    id = models.BigAutoField(primary_key=True)
    series = models.ForeignKey(Series, models.CASCADE, related_name="flags", db_index=False)
    at = InstantField(_("measured"))
    check_name = models.CharField(_("check"), max_length=16)
    flag = models.PositiveSmallIntegerField(_("flag"))

    class Meta:
        verbose_name = _("quality flag")
        indexes = [models.Index(fields=["series", "at"], name="telemetry_flag")]

    def __str__(self) -> str:
        return f"{self.series_id} {self.check_name}"


class QualityProgress(models.Model):
    """Up to which observation quality was checked; one row."""

    last_observation_id = models.BigIntegerField(default=0)


class SeriesEdit(Located):
    """An edited value (整编): what it was, what it is to be (null: left out), who, when and why. The raw one stays as it is."""

    within_division = "series__station__division__path"

    series = models.ForeignKey(Series, models.CASCADE, related_name="edits")
    at = InstantField(_("measured"))
    before = MicroField(_("value before"), null=True)
    after = MicroField(_("value after"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=200)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("edited by"), **PERSON)
    made_at = models.DateTimeField(_("edited"))
    taken_back_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("taken back by"), blank=True, **PERSON)
    taken_back_at = models.DateTimeField(_("taken back"), null=True, blank=True)

    class Meta:
        verbose_name = _("edited value")
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["series", "at"], condition=Q(taken_back_at=None), name="telemetry_edit_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.series_id} {self.at}"


class ChangedSpan(models.Model):
    """Series whose past changed and since when: read and removed by the accounts (an outbox)."""

    id = models.BigAutoField(primary_key=True)
    series_id = models.BigIntegerField()
    start_at = InstantField()
    end_at = InstantField()


class DeviceEvent(models.Model):
    """Something a device said of itself: began or ended."""

    id = models.BigAutoField(primary_key=True)
    station = models.ForeignKey(Station, models.CASCADE, related_name="events")
    at = InstantField(_("at"))
    kind = models.CharField(_("kind"), max_length=16, choices=EventKind)
    began = models.BooleanField(_("began"), default=True)
    frame = models.ForeignKey(RawFrame, models.SET_NULL, null=True, related_name="+", db_constraint=False)

    class Meta:
        verbose_name = _("device event")
        indexes = [models.Index(fields=["station", "kind", "at"], name="telemetry_event")]

    def __str__(self) -> str:
        return f"{self.station_id} {self.kind}"


class WaitingStation(models.Model):
    """A station that sends but is not in the ledger yet (待认领). Its frames are kept and decoded once it is adopted."""

    key = models.CharField(_("station key"), max_length=40)
    protocol = models.CharField(_("protocol"), max_length=12)
    first_seen_at = InstantField(_("first heard"))
    last_seen_at = InstantField(_("last heard"))
    frames = models.PositiveIntegerField(_("frames"), default=0)
    peer = models.CharField(_("peer"), max_length=60)
    last_frame_id = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = _("waiting station")
        constraints = [models.UniqueConstraint(fields=["key", "protocol"], name="telemetry_waiting_once")]

    def __str__(self) -> str:
        return self.key


class UnmappedElement(models.Model):
    """An element id that a station sends and no map explains, with its last raw value, for the mapping page."""

    station = models.ForeignKey(Station, models.CASCADE, related_name="unmapped")
    element = models.CharField(_("element id"), max_length=24)
    raw = models.CharField(_("raw"), max_length=80)
    value = models.CharField(_("read as"), max_length=40, blank=True)
    seen_at = InstantField(_("last seen"))

    class Meta:
        verbose_name = _("unmapped element")
        constraints = [models.UniqueConstraint(fields=["station", "element"], name="telemetry_unmapped_once")]

    def __str__(self) -> str:
        return self.element


class StationVersion(models.Model):
    """One row that counts the changes of stations and element maps, by which the gateway knows when to read them again."""

    version = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="telemetry_one_version")]

    def __str__(self) -> str:
        return str(self.version)
