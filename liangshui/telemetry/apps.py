from django.apps import AppConfig
from django.db.models.signals import post_delete, post_save
from django.utils.translation import gettext_lazy as _


class TelemetryConfig(AppConfig):
    name = "liangshui.telemetry"
    verbose_name = _("Monitoring")

    def ready(self) -> None:
        from liangshui.records.jobs import JOBS, Job
        from liangshui.telemetry import import_kinds
        from liangshui.telemetry.models import (
            Broker,
            Dtu,
            DtuKind,
            ElementMapping,
            Station,
            StationModel,
            StationVersion,
        )

        import_kinds.register()
        JOBS.append(Job("archive", 86_400, archive_kept))

        def changed(update_fields=None, **_kwargs) -> None:
            if update_fields is None or set(update_fields) != {"last_seen_at"}:
                stations_changed(StationVersion)

        for model in (Station, StationModel, ElementMapping, DtuKind, Dtu, Broker):
            for signal in (post_save, post_delete):
                signal.connect(changed, sender=model, weak=False, dispatch_uid=f"{model.__name__} {id(signal)}")


def archive_kept() -> None:
    """Loaded when it runs."""
    from liangshui.telemetry.archiving import archive_kept

    archive_kept()


def stations_changed(version_model) -> None:
    """Tell the gateway that stations or maps are no longer what it read; saving one does so by itself."""
    from django.db.models import F

    if not version_model.objects.filter(pk=1).update(version=F("version") + 1):
        version_model.objects.bulk_create([version_model(pk=1, version=1)], ignore_conflicts=True)
