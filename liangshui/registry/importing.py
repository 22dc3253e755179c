"""Imports: a dry run that says per row what it would do, then the good rows; the same file twice changes nothing."""

import hashlib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from auditlog.context import set_actor
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Prefetch
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tasks import task

from liangshui.core.access import EVERYWHERE, SYSTEM, Actor, Grant, Right, Territory
from liangshui.core.errors import Invalid, LiangshuiError, NotFound
from liangshui.records.installation import is_demo
from liangshui.registry import queries
from liangshui.registry.codes import DivisionLevel
from liangshui.registry.import_kinds import KINDS
from liangshui.registry.models import (
    ImportBatch,
    IrrigatedArea,
    PowerSupply,
)
from liangshui.registry.sentences import cell_words, table_words
from liangshui.registry.sheets.fields import Value
from liangshui.registry.sheets.places import Place
from liangshui.registry.sheets.problems import SheetError
from liangshui.registry.sheets.table import PLACE
from liangshui.registry.sheets.write import Mark, SheetOut, mark_cells, write_workbook

CHUNK = 1000
BACKGROUND_BYTES = 200_000
BACKGROUND_ROWS = 500
MOST_LISTED = 5000
"""Good rows of a report that are listed; all that must wait are, and all that taking back needs."""

GOOD = ("created", "changed")


# --- receiving and checking ---


def receive(
    actor: Actor, content: bytes, name: str, kind: str, options: Mapping[str, Any] | None = None
) -> ImportBatch:
    """Keep a file as it came, to be checked."""
    actor.require(Right.REGISTRY_IMPORT)
    if kind not in KINDS:
        raise Invalid(_("There is no import of the kind “%(kind)s”.") % {"kind": kind}, field="kind")
    return ImportBatch.objects.create(
        kind=kind,
        file_name=name[-200:],
        digest=hashlib.sha256(content).hexdigest(),
        content=content,
        options=dict(options or {}),
        responsible_id=actor.person_id,
    )


def check(actor: Actor, content: bytes, name: str, kind: str, options: Mapping[str, Any] | None = None) -> ImportBatch:
    """Dry run: keep the file with a report of what each row would do. Nothing else is written.

    Raises:
        Invalid: the file cannot be read at all, and why.
    """
    with transaction.atomic():
        batch = receive(actor, content, name, kind, options)
        return check_batch(actor, batch)


def check_batch(actor: Actor, batch: ImportBatch) -> ImportBatch:
    """The dry run of a file that was received; again after a person answered what was unclear."""
    actor.require(Right.REGISTRY_IMPORT)
    if batch.state not in (ImportBatch.State.CHECKING, ImportBatch.State.CHECKED):
        raise Invalid(_("This import is taken or dropped already."))
    try:
        reader = KINDS[batch.kind].reader(actor, bytes(batch.content), batch.options)
    except SheetError as error:
        raise Invalid(table_words(error.code, error.params), field="file") from error
    rows = []
    for index in range(len(reader)):
        rows.append(reader.weigh(index))
        if len(rows) % CHUNK == 0:
            _moved(batch, len(rows), len(reader))
    batch.report = _report(reader, rows)
    batch.state = ImportBatch.State.CHECKED
    batch.save(update_fields=["report", "state", "options"])
    return batch


def _moved(batch: ImportBatch, done: int, total: int) -> None:
    """How far it is, for the page of the import."""
    ImportBatch.objects.filter(pk=batch.pk).update(done_rows=done, all_rows=total, moved_at=timezone.now())


def _report(reader: Any, rows: list[dict[str, Any]]) -> dict[str, Any]:
    counts = dict.fromkeys(("created", "changed", "unchanged", "refused"), 0)
    for row in rows:
        counts[row["status"]] += 1
    # rows that change nothing and say nothing need no line of their own
    kept = [row for row in rows if row["status"] != "unchanged" or row["notes"]]
    if len(kept) > MOST_LISTED:
        good = [row for row in kept if row["status"] != "refused" and not {"undo", "made"} & row.keys()][MOST_LISTED:]
        left_out = set(map(id, good))
        kept = [row for row in kept if id(row) not in left_out]
    return {"counts": counts, "total": len(rows), "rows": kept, **reader.summary()}


def answer(actor: Actor, batch: ImportBatch, options: Mapping[str, Any]) -> ImportBatch:
    """A person has answered what was unclear (zone, words, what a missing source means): check again."""
    batch.options = {**batch.options, **options}
    return check_batch(actor, batch)


def drop(actor: Actor, batch: ImportBatch) -> None:
    """The file will not be taken."""
    actor.require(Right.REGISTRY_IMPORT)
    if batch.state == ImportBatch.State.TAKING:
        raise Invalid(_("This import is being taken; wait until it is done."))
    batch.state = ImportBatch.State.DROPPED
    batch.save(update_fields=["state"])


def take_back(actor: Actor, batch: ImportBatch) -> None:
    """Undo a taken import: its rows no longer stand, those that it replaced stand again. All stays readable.

    Raises:
        Invalid: it is not taken, its kind cannot be undone, or something rests on it; says what.
    """
    actor.require(Right.REGISTRY_IMPORT)
    undo = KINDS[batch.kind].take_back
    with transaction.atomic(), set_actor(_person(actor)):
        locked = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        if locked.state != ImportBatch.State.TAKEN or undo is None:
            raise Invalid(_("This import cannot be taken back."))
        undo(actor, locked)
        ImportBatch.objects.filter(pk=batch.pk).update(state=ImportBatch.State.TAKEN_BACK, taken_back_at=timezone.now())


def read_again(actor: Actor, batch: ImportBatch) -> ImportBatch:
    """A new dry run of the same file: for rows that had to wait, after what they waited for was mended."""
    options = {name: value for name, value in batch.options.items() if name != "batch"}
    new = receive(actor, bytes(batch.content), batch.file_name, batch.kind, options)
    start_checking(actor, new)
    return new


def batches(actor: Actor) -> Any:
    """Own imports; all of them for those who may import for the whole county."""
    rows = ImportBatch.objects.defer("content", "report").select_related("responsible")
    if actor.territory(Right.REGISTRY_IMPORT).holds_path(queries.county_path()):
        return rows
    return rows.filter(responsible_id=actor.person_id) if actor.person_id else rows.none()


# --- taking ---


def take(actor: Actor, batch: ImportBatch) -> ImportBatch:
    """Write the good rows, chunk by chunk; bad ones wait in the report. Broken off, it can be taken again."""
    actor.require(Right.REGISTRY_IMPORT)
    with transaction.atomic():
        locked = ImportBatch.objects.select_for_update().only("state").get(pk=batch.pk)
        if locked.state != ImportBatch.State.CHECKED and not (
            locked.state == ImportBatch.State.TAKING and batch.state == ImportBatch.State.TAKING
        ):
            raise Invalid(_("This import is taken or dropped already."))
        ImportBatch.objects.filter(pk=batch.pk).update(state=ImportBatch.State.TAKING, done_rows=0)
    try:
        with set_actor(_person(actor)):
            reader = KINDS[batch.kind].reader(actor, bytes(batch.content), batch.options)
            reader.batch, rows = batch, []
            for index in range(len(reader)):
                rows.append(reader.weigh(index))
                if len(rows) % CHUNK == 0:
                    reader.write(actor)
                    _moved(batch, len(rows), len(reader))
            reader.write(actor)
    except BaseException:
        ImportBatch.objects.filter(pk=batch.pk).update(state=ImportBatch.State.CHECKED)
        raise
    batch.report = _report(reader, rows)
    batch.state, batch.done_rows, batch.taken_at = ImportBatch.State.TAKEN, len(rows), timezone.now()
    batch.save(update_fields=["report", "state", "done_rows", "taken_at"])
    return batch


def _person(actor: Actor) -> Any:
    return get_user_model().objects.filter(pk=actor.person_id).first() if actor.person_id else None


def start_taking(actor: Actor, batch: ImportBatch) -> None:
    """Take at once, or in the background if there are many rows."""
    if batch.report.get("total", 0) <= BACKGROUND_ROWS:
        take(actor, batch)
        return
    if not ImportBatch.objects.filter(pk=batch.pk, state=ImportBatch.State.CHECKED).update(
        state=ImportBatch.State.TAKING, done_rows=0, moved_at=timezone.now()
    ):
        raise Invalid(_("This import is taken or dropped already."))
    run_in_background.enqueue("take", batch.pk, packed(actor))


def start_checking(actor: Actor, batch: ImportBatch) -> None:
    """Check at once, or in the background if the file is large."""
    if len(batch.content) <= BACKGROUND_BYTES:
        try:
            check_batch(actor, batch)
        except Invalid:
            batch.delete()
            raise
        return
    run_in_background.enqueue("check", batch.pk, packed(actor))


def start_again(actor: Actor, batch: ImportBatch) -> None:
    """Give an import whose worker was stopped in the middle to the worker again; rows that are written stay unchanged."""
    actor.require(Right.REGISTRY_IMPORT)
    if not batch.stuck:
        raise Invalid(_("This import is still moving; wait until it is done."))
    ImportBatch.objects.filter(pk=batch.pk).update(moved_at=timezone.now(), done_rows=0)
    run_in_background.enqueue("check" if batch.state == ImportBatch.State.CHECKING else "take", batch.pk, packed(actor))


@task()
def run_in_background(what: str, pk: int, actor: dict[str, Any]) -> None:
    """Check or take a batch; what goes wrong is kept for its page. An order given twice is carried out once."""
    batch = ImportBatch.objects.get(pk=pk)
    if not batch.working:
        return
    try:
        if what == "check":
            check_batch(unpacked(actor), batch)
        else:
            take(unpacked(actor), batch)
    except LiangshuiError as error:
        report = {**batch.report, "failed": error.message}
        state = ImportBatch.State.DROPPED if what == "check" else ImportBatch.State.CHECKED
        ImportBatch.objects.filter(pk=pk).update(report=report, state=state)


def packed(actor: Actor) -> dict[str, Any]:
    """An actor as JSON, with the rights that it had when it gave the order."""
    if actor is SYSTEM:
        return {"system": True}
    grants = [
        {
            "rights": sorted(grant.rights),
            "everywhere": grant.territory.everywhere,
            "paths": sorted(grant.territory.paths),
            "users": sorted(grant.territory.users),
            "origin": str(grant.origin),
        }
        for grant in actor.grants
    ]
    return {"name": actor.name, "person_id": actor.person_id, "grants": grants}


def unpacked(data: Mapping[str, Any]) -> Actor:
    if data.get("system"):
        return SYSTEM
    grants = tuple(
        Grant(
            frozenset(grant["rights"]),
            EVERYWHERE
            if grant["everywhere"]
            else Territory(paths=frozenset(grant["paths"]), users=frozenset(grant["users"])),
            grant["origin"],
        )
        for grant in data["grants"]
    )
    return Actor(data["name"], data["person_id"], grants)


# --- what goes out ---


def marked_copy(batch: ImportBatch) -> bytes:
    """The uploaded sheet with its bad cells marked, and what to do beside each."""
    marks = [
        Mark(row["sheet"], row["row"], problem["column"] or "A", cell_words(problem))
        for row in batch.report.get("rows", [])
        for problem in row["problems"]
    ]
    return mark_cells(bytes(batch.content), marks)


def export_ledger(territory: Territory) -> bytes:
    """The ledger as the sheet that can be filled in, and read back without change."""
    ledger = KINDS["ledger"]
    label = _("Demo data, invented") if is_demo() else ""
    return write_workbook([SheetOut(ledger.sheet, ledger.fields, _export_rows(territory))], label=label)


def sample_ledger(territory: Territory) -> bytes:
    """A ledger of a few invented wells in the first towns of this installation, to try the import with; one cell is bad.

    Raises:
        NotFound: the reader sees no town.
    """
    towns = queries.towns(territory)[:2]
    if not towns:
        raise NotFound(_("There is no such record, or it is outside your area."))
    ledger = KINDS["ledger"]
    sample = _("sample")
    rows: list[dict[str, Value]] = [
        {
            "town": towns[n % len(towns)].name, "user_name": f"{sample} {n // 3 + 1}", "project_name": f"{sample} {n // 3 + 1}",
            "code": f"SAMPLE-{n + 1:02d}", "name": f"{sample} {n + 1}", "kind": "well", "source": "shallow_groundwater",
            "sector": "agriculture", "depth_m": Decimal(60 + 7 * n), "capacity_m3_h": Decimal(30 + n), "status": "in_use",
            "lawful_method": "electricity", "power_meter_number": f"SAMPLE-E{n + 1:02d}", "area_mu": Decimal(40 + 5 * n),
        }
        for n in range(6)
    ]  # fmt: skip
    rows[5]["town"] = _("town that nobody knows")
    return write_workbook([SheetOut(ledger.sheet, ledger.fields, rows)], label=_("Sample, invented"))


def blank_sheet(kind: str) -> bytes:
    """The empty sheet of a kind to fill in, with its explanations.

    Raises:
        NotFound: the kind has no sheet.
    """
    found = KINDS.get(kind)
    if found is None or not found.fields:
        raise NotFound(_("There is no such record, or it is outside your area."))
    return write_workbook([SheetOut(found.sheet, found.fields, [])])


def _export_rows(territory: Territory) -> Iterable[dict[str, Value]]:
    rows = queries.with_meters(queries.intakes(territory)).prefetch_related(
        "project__user__household_numbers",
        Prefetch(
            "power_supplies",
            PowerSupply.objects.filter(valid_to=None).select_related("power_meter").order_by("pk"),
            to_attr="open_supplies",
        ),
        Prefetch("areas", IrrigatedArea.objects.order_by("year"), to_attr="all_areas"),
    )
    for intake in rows.order_by("code").iterator(chunk_size=2000):
        project, user = intake.project, intake.project.user
        meter = intake.open_meters[0].meter if intake.open_meters else None
        power = intake.open_supplies[0].power_meter if len(intake.open_supplies) == 1 else None
        own = {area.is_baseline: area.area_mu for area in intake.all_areas if area.user_id == user.pk}
        town = queries.town_of(intake.division)
        place = None
        if intake.longitude is not None:
            place = Place(intake.longitude, intake.latitude, "degrees")
        yield {
            "town": town.name,
            "village": intake.division.name if intake.division.level == DivisionLevel.VILLAGE else None,
            "user_name": user.name,
            "credit_code": user.credit_code or None,
            "user_kind": user.kind,
            "industry_code": user.industry_code or None,
            "contact": user.contact or None,
            "phone": user.phone or None,
            "household_numbers": tuple(sorted(n.number for n in user.household_numbers.all())) or None,
            "project_name": project.name,
            "code": intake.code,
            "national_code": intake.national_code or None,
            "name": intake.name,
            "kind": intake.kind,
            "source": intake.source.kind,
            "sector": intake.sector,
            "management_unit": intake.management_unit.name if intake.management_unit else None,
            PLACE: place,
            "depth_m": intake.depth_m,
            "pipe_mm": intake.pipe_mm,
            "pump_model": intake.pump_model or None,
            "pump_kw": intake.pump_kw,
            "capacity_m3_h": intake.capacity_m3_h,
            "max_m3_d": intake.max_m3_d,
            "status": intake.status,
            "lawful_method": intake.lawful_method,
            "meter_number": meter.number if meter else None,
            "register_digits": meter.digits if meter else None,
            "meter_multiplier": meter.multiplier if meter else None,
            "verification_due": meter.verification_due if meter else None,
            "power_meter_number": power.number if power else None,
            "power_household_number": (power.household_number or None) if power else None,
            "power_multiplier": power.multiplier if power else None,
            "area_mu": own.get(False),
            "baseline_area_mu": own.get(True),
            "permit_number": project.permit_number or None,
            "permitted_m3": project.permitted_m3,
            "permit_from": project.permit_from,
            "permit_to": project.permit_to,
            "note": intake.note or None,
        }
