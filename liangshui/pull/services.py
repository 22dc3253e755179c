"""Setting up sources, and running them: one run of a source at a time, tried again when it failed, nothing taken twice."""

import hashlib
import logging
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from liangshui.core.access import Actor, Grant, Right, Territory
from liangshui.core.errors import Invalid, LiangshuiError
from liangshui.core.mappings import MappingError
from liangshui.pull import words
from liangshui.pull.adapters import database, folder, http
from liangshui.pull.models import PulledFile, PullRun, PullSource
from liangshui.pull.rules.mapping import Database, Folder, Http, RowRefused, Told, load, values_of
from liangshui.records import secrets
from liangshui.registry import importing
from liangshui.registry.import_kinds import KINDS
from liangshui.registry.models import Division, ImportBatch
from liangshui.telemetry.codes import Quantity
from liangshui.telemetry.taking import Incoming, Result, take_rows

log = logging.getLogger(__name__)
ORIGIN = "pull"
MOST_TOLD = 200
SILENT_RUN = timedelta(minutes=15)
"""A run that did not move for so long was killed; another may begin."""

KEPT_RUNS = 500
WAITS_MIN = (1, 2, 4, 8, 16, 32, 60)
"""Minutes until the next try after the first, second … failure."""


def mapping_of(kind: str, text: str) -> Http | Database | Folder:
    """A mapping from its text. Raises Invalid with what is wrong."""
    try:
        return load(kind, text, tuple(Quantity.values), tuple(KINDS))
    except MappingError as error:
        raise Invalid(words.mapping_words(error), field="mapping") from error


def save_source(
    actor: Actor, source: PullSource | None, *, division: Division, secret: str | None = None, **facts: Any
) -> PullSource:
    """Make a source or change it. `secret` None keeps the one there is. Where its mapping changed it is asked from the
    beginning again; what is known already is not stored twice.

    Raises:
        Forbidden: the actor may not set up what is pulled for this area.
        Invalid: the mapping cannot be used, or there is a source of this name.
    """
    actor.require(Right.PULL_CHANGE, path=division.path)
    found = source or PullSource()
    if source is not None:
        actor.require(Right.PULL_CHANGE, path=source.division.path)
    kind, text = facts.get("kind", found.kind), facts.get("mapping", found.mapping)
    mapping_of(kind, text)
    if PullSource.objects.filter(division=division, name=facts.get("name", found.name)).exclude(pk=found.pk).exists():
        raise Invalid(_("There is a source of this name."), field="name")
    if found.mapping != text:
        found.state, found.failures = {}, 0
    found.division = division
    for name, value in facts.items():
        setattr(found, name, value)
    if secret is not None:
        found.secret = secrets.sealed(secret)
    found.next_at = timezone.now()
    # what a run that is under way writes stays as it is
    found.save(update_fields=None if source is None else [*facts, "division", "secret", "state", "failures", "next_at"])
    return found


def set_active(actor: Actor, source: PullSource, active: bool) -> None:
    """Pause a source, or go on with it."""
    actor.require(Right.PULL_CHANGE, path=source.division.path)
    source.active, source.next_at, source.failures = active, timezone.now(), 0
    source.save(update_fields=["active", "next_at", "failures"])


def run_soon(actor: Actor, source: PullSource) -> None:
    """Let the process run a source with its next look."""
    actor.require(Right.PULL_CHANGE, path=source.division.path)
    PullSource.objects.filter(pk=source.pk).update(next_at=timezone.now(), active=True)


def try_out(source: PullSource, most: int = 5) -> list[dict[str, Any]]:
    """The first rows as they would be taken; nothing is written.

    Raises:
        Invalid: the source cannot be asked; says why.
    """
    mapping = mapping_of(source.kind, source.mapping)
    if isinstance(mapping, Folder):
        with folder.opened(mapping, secrets.opened(source.secret)) as place:
            return [{"text": f"{f.name} ({f.size})"} for f in place.files()[:most]]
    told: list[dict[str, Any]] = []
    for rows in _asked(source, mapping):
        for row in rows[:most]:
            try:
                values = list(values_of(row, mapping.meaning))
                told += [
                    {"text": f"{v.station or v.intake} {v.at:%Y-%m-%d %H:%M} {v.quantity} {v.value}"} for v in values
                ]
            except RowRefused as error:
                told.append({"fault": words.row_words(error)})
        break
    return told[: 2 * most]


# --- running ---


def actor_of(source: PullSource) -> Actor:
    """The source itself, with the right to bring what lies in its area, and nothing else."""
    rights: frozenset[str] = frozenset(
        {Right.TELEMETRY_SEND, Right.TELEMETRY_VIEW, Right.REGISTRY_IMPORT, Right.REGISTRY_CHANGE}
    )
    return Actor(
        f"pull: {source.name}"[:60], grants=(Grant(rights, Territory(paths=frozenset({source.division.path})), "pull"),)
    )


def due(now: datetime | None = None) -> list[int]:
    """Sources whose time has come and that are not running."""
    at = now or timezone.now()
    free = Q(running_since=None) | Q(running_since__lt=at - SILENT_RUN)
    return list(
        PullSource.objects.filter(free, active=True, next_at__lte=at).order_by("next_at").values_list("pk", flat=True)
    )


def run(pk: int) -> PullRun | None:
    """Run a source once, unless it is running already; the run, or None."""
    started = timezone.now()
    free = Q(running_since=None) | Q(running_since__lt=started - SILENT_RUN)
    if not PullSource.objects.filter(free, pk=pk).update(running_since=started):
        return None
    source = PullSource.objects.select_related("division").get(pk=pk)
    made = PullRun(source=source, started_at=started)
    try:
        mapping = mapping_of(source.kind, source.mapping)
        if isinstance(mapping, Folder):
            _take_files(source, mapping, made)
        else:
            _take_values(source, mapping, made)
    except LiangshuiError as error:
        made.fault = error.message[:300]
    except Exception as error:
        log.exception("source %s", source.name)
        made.fault = f"{type(error).__name__}"
    _finish(source, made)
    return made


def _finish(source: PullSource, made: PullRun) -> None:
    made.ended_at = timezone.now()
    outcome = PullRun.Outcome
    made.outcome = outcome.FAILED if made.fault else outcome.PARTLY if made.refused else outcome.OK
    source.failures = source.failures + 1 if made.fault else 0
    wait = WAITS_MIN[min(source.failures, len(WAITS_MIN)) - 1] if made.fault else source.every_min
    with transaction.atomic():
        made.save()
        PullSource.objects.filter(pk=source.pk).update(
            running_since=None, failures=source.failures,
            next_at=made.ended_at + timedelta(minutes=min(wait, source.every_min) if made.fault else wait),
        )  # fmt: skip
        # a mapping that was changed meanwhile is asked from its beginning
        PullSource.objects.filter(pk=source.pk, mapping=source.mapping).update(state=source.state)
        old = source.runs.order_by("-pk").values_list("pk", flat=True)[KEPT_RUNS:]
        source.runs.filter(pk__in=list(old)).delete()


def _asked(source: PullSource, mapping: Http | Database) -> Any:
    now = timezone.now()
    since = source.state.get("since")
    begin = (
        datetime.fromisoformat(since) - timedelta(hours=mapping.overlap_hours)
        if since
        else now - timedelta(days=mapping.first_days)
    )
    secret = secrets.opened(source.secret)
    if isinstance(mapping, Http):
        return http.rows_of(mapping, secret, begin, now)
    return database.rows_of(mapping, secret, begin)


def _take_values(source: PullSource, mapping: Http | Database, made: PullRun) -> None:
    """Values, page by page; each page is stored before the next is asked for, so a broken run has taken what it had."""
    actor = actor_of(source)
    territory = actor.territory(Right.TELEMETRY_SEND)
    refused: list[dict[str, str]] = []
    unknown: Counter[str] = Counter()
    newest: datetime | None = None
    made.details = {"refused": refused, "unknown": {}}
    for rows in _asked(source, mapping):
        told: list[Told] = []
        for row in rows:
            try:
                told += values_of(row, mapping.meaning)
            except RowRefused as error:
                _refuse(made, refused, str(row)[:120], words.row_words(error))
        incoming = [
            (n, Incoming(t.station, t.intake, t.quantity, t.at, t.value, t.channel)) for n, t in enumerate(told)
        ]
        answers = take_rows(actor, territory, incoming, origin=ORIGIN, kept=True)
        for number, answer in answers.items():
            one = told[number]
            if answer.result is Result.ACCEPTED:
                made.taken += 1
            elif answer.result is Result.DUPLICATE:
                made.known += 1
            elif answer.unknown:
                unknown[one.station or one.intake] += 1
                made.refused += 1
            else:
                _refuse(made, refused, f"{one.station or one.intake} {one.at:%Y-%m-%d %H:%M}", answer.reason or "")
            if answer.result is not Result.REFUSED and (newest is None or one.at > newest):
                newest = one.at
        made.details = {"refused": refused, "unknown": dict(unknown.most_common(MOST_TOLD))}
        _moved(source)
    # names that are unknown are asked for again from where they began, once somebody has mapped them
    known = source.state.get("since")
    if newest is not None and not unknown and (not known or newest > datetime.fromisoformat(known)):
        source.state = {**source.state, "since": newest.isoformat()}


def _moved(source: PullSource) -> None:
    PullSource.objects.filter(pk=source.pk).update(running_since=timezone.now())


def _refuse(made: PullRun, refused: list[dict[str, str]], what: str, why: str) -> None:
    made.refused += 1
    if len(refused) < MOST_TOLD:
        refused.append({"what": what, "why": why})


def _take_files(source: PullSource, mapping: Folder, made: PullRun) -> None:
    """Files that lie still, each content once; one that cannot be read is noted and stops no other."""
    actor = actor_of(source)
    files: list[dict[str, Any]] = []
    made.details = {"files": files}
    with folder.opened(mapping, secrets.opened(source.secret)) as place:
        still, sizes = folder.settled(mapping, place, source.state.get("sizes", {}))
        for each in still:
            content = place.read(each.name)
            if len(content) > folder.MOST_BYTES:
                made.refused += 1
                files.append({"name": each.name, "fault": _("larger than 60 MB")})
                continue
            digest = hashlib.sha256(content).hexdigest()
            if PulledFile.objects.filter(source=source, digest=digest).exists():
                made.known += 1
                continue
            _moved(source)
            file = _take_file(actor, source, mapping, each.name, content, digest)
            made.taken, made.refused = made.taken + (not file.fault), made.refused + bool(file.fault)
            files.append({"name": each.name, "fault": file.fault, "batch": file.batch_id})
    source.state = {**source.state, "sizes": sizes}


def _take_file(actor: Actor, source: PullSource, mapping: Folder, name: str, content: bytes, digest: str) -> PulledFile:
    """The file into the imports, as its page would; taken at once only where the source says so."""
    fault, batch = "", None
    try:
        options = {**mapping.options, "source": f"{source.name}: {name}"}
        with transaction.atomic():
            batch = importing.check(actor, content, name, mapping.imports, options)
            file = PulledFile.objects.create(source=source, name=name[:200], digest=digest, batch=batch)
        counts = batch.report.get("counts", {})
        if mapping.take and counts.get("created", 0) + counts.get("changed", 0):
            importing.take(actor, ImportBatch.objects.get(pk=batch.pk))
        return file
    except LiangshuiError as error:
        fault = error.message[:300]
    found, _made = PulledFile.objects.update_or_create(
        source=source, digest=digest, defaults={"name": name[:200], "fault": fault}
    )
    return found
