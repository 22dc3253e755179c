"""Asking for a command, deciding on one, taking one back: the only writers by people. The gateway writes what became of it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from liangshui.core.access import Actor, Right
from liangshui.core.errors import Invalid
from liangshui.gateway.commands.kinds import Speaker, Unfit, needs_second, write
from liangshui.telemetry.codes import CommandState
from liangshui.telemetry.models import Command, Station

WAITS = timedelta(days=2)
"""A sleeping station is waited for so long unless told otherwise: hourly and daily reporters come by within it."""

UNFIT = {
    "protocol": gettext_lazy("This station's protocol has no such command."),
    "period": gettext_lazy("The end lies before the start."),
    "definition": gettext_lazy("%s is not in the national table: write its definition byte behind a colon, such as FF09:22."),
    "nothing": gettext_lazy("Nothing is named that is asked for."),
    "line": gettext_lazy("“%s”: write identifier, definition byte and value with blanks between, such as 20 08 1."),
    "function": gettext_lazy("“%s” is no function code: one byte, 01 to FE."),
    "value": gettext_lazy("A value does not fit its form, or is not written as asked: %s"),
}  # fmt: skip


def speaker_of(station: Station) -> Speaker:
    """As a command to it is written; centre address and form of the wire are taken from its last frame when it is sent."""
    return Speaker(station.key, station.protocol, station.password, station.answer_form)


@transaction.atomic
def ask(
    actor: Actor,
    station: Station,
    kind: str,
    content: Mapping[str, Any],
    *,
    reason: str = "",
    waits: timedelta = WAITS,
) -> Command:
    """Put a command in the queue of its station, or before a second officer.

    Raises:
        Forbidden: the actor may not command stations here.
        Invalid: the protocol has no such command, what is given does not fit, or a reason is missing.
    """
    actor.require(Right.TELEMETRY_COMMAND, path=station.division.path)
    now = timezone.now()
    try:
        write(kind, speaker_of(station), content, now)
        second = needs_second(kind, station.protocol, content)
    except Unfit as error:
        words = str(UNFIT[error.code])
        raise Invalid(words % error.about if "%s" in words else words) from error
    if second and not reason.strip():
        raise Invalid(_("Say why: a second officer decides about this command."), field="reason")
    return Command.objects.create(
        station=station,
        kind=kind,
        content=dict(content),
        reason=reason.strip(),
        state=CommandState.PROPOSED if second else CommandState.QUEUED,
        asked_by_id=actor.person_id,
        asked_at=now,
        expires_at=now + waits,
    )


@transaction.atomic
def decide(actor: Actor, command: Command, *, allowed: bool, words: str = "") -> Command:
    """A second officer lets a command go, or refuses it.

    Raises:
        Invalid: it is not open to a decision, one's own cannot be decided by oneself, or a refusal has no words.
    """
    actor.require(Right.TELEMETRY_COMMAND, path=command.station.division.path)
    command = Command.objects.select_for_update().get(pk=command.pk)
    now = timezone.now()
    if command.state != CommandState.PROPOSED or command.expires_at <= now:
        raise Invalid(_("This command does not wait for a decision any more."))
    if command.asked_by_id is None or actor.person_id is None or command.asked_by_id == actor.person_id:
        raise Invalid(_("Another officer than the one who asked has to decide."))
    if not allowed and not words.strip():
        raise Invalid(_("Say why it is refused."), field="words")
    command.state = CommandState.QUEUED if allowed else CommandState.REFUSED
    command.decided_by_id, command.decided_at, command.decision = actor.person_id, now, words.strip()
    command.ended_at = None if allowed else now
    command.save()
    return command


@transaction.atomic
def withdraw(actor: Actor, command: Command) -> Command:
    """Take a command back that was not sent yet."""
    actor.require(Right.TELEMETRY_COMMAND, path=command.station.division.path)
    command = Command.objects.select_for_update().get(pk=command.pk)
    if command.state not in (CommandState.PROPOSED, CommandState.QUEUED):
        raise Invalid(_("It is on its way or has ended; it cannot be withdrawn."))
    command.state, command.ended_at = CommandState.WITHDRAWN, timezone.now()
    command.save()
    return command
