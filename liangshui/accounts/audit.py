"""Which models keep who, when, before and after: every one that people change. High-volume machine records do not."""

from auditlog.registry import auditlog
from django.apps import apps
from django.db.models import BinaryField, Model

UNAUDITED = {
    "accounting.AccountEntry",
    "accounting.ChangedIntake",
    "accounting.DayVolume",
    "accounting.LateChange",
    "accounting.MonthEdition",
    "accounting.PeriodVolume",
    "accounting.Recompute",
    "accounts.AccessRecord",
    "metering.StationDay",
    "pull.PullRun",
    "telemetry.ArchivedMonth",
    "telemetry.ChangedSpan",
    "telemetry.DeviceEvent",
    "telemetry.GatewayProgress",
    "telemetry.Observation",
    "telemetry.Picture",
    "telemetry.QualityFlag",
    "telemetry.QualityProgress",
    "telemetry.RawFrame",
    "telemetry.Seal",
    "telemetry.Series",
    "telemetry.StationVersion",
    "telemetry.UnmappedElement",
    "telemetry.WaitingStation",
}
"""Written by machines and traced by other means: raw frames, observations, and what is recomputed from them."""


def audited_models() -> list[type[Model]]:
    """All models of Liangshui whose changes are recorded."""
    return [
        model
        for model in apps.get_models()
        if model.__module__.startswith("liangshui.") and model._meta.label not in UNAUDITED
    ]


def register_models() -> None:
    """Tell auditlog of each of them; fields that are secret or bulky are masked or left out."""
    for model in audited_models():
        label = model._meta.label
        if label == "registry.ImportBatch":
            auditlog.register(model, exclude_fields=["content", "report", "done_rows", "all_rows", "moved_at"])
        elif label == "accounts.Person":
            auditlog.register(model, exclude_fields=["columns", "last_login"], mask_fields=["password"])
        elif label == "accounts.ApiToken":
            auditlog.register(model, exclude_fields=["last_used_at"], mask_fields=["digest"])
        elif label == "pull.PullSource":
            changing = ["state", "next_at", "failures", "running_since"]
            auditlog.register(model, exclude_fields=changing, mask_fields=["secret"])
        elif label == "telemetry.Station":
            auditlog.register(model, exclude_fields=["last_seen_at"], mask_fields=["password"])
        elif label == "telemetry.Broker":
            auditlog.register(model, exclude_fields=["heard_at", "fault"], mask_fields=["secret"])
        elif label == "metering.Finding":
            auditlog.register(model, exclude_fields=["last", "score", "figures"])
        elif label == "telemetry.Command":
            written_by_gateway = ["sent", "sent_at", "tries", "gateway", "answer_frame"]
            auditlog.register(model, exclude_fields=written_by_gateway, mask_fields=["content"])
        else:
            bulky = [f.name for f in model._meta.fields if isinstance(f, BinaryField)]
            auditlog.register(model, exclude_fields=bulky)
