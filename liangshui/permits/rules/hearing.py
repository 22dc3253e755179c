"""Consultations (征求意见) and the hearing (听证) of a case, read from its steps: what is open, and which days the law sets.

A step is one of the rules (`life.Step`) or as it is stored: it has an act, a day and its data.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from liangshui.core.parameters import Law
from liangshui.core.workdays import WorkCalendar
from liangshui.permits.rules.life import Act


class Stance(StrEnum):
    """What an organisation that was asked answers."""

    AGREE = "agree"
    CONDITIONS = "conditions"
    DISAGREE = "disagree"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Consultation:
    """What an organisation was asked, and its answer; None: there is none yet."""

    asked: Any
    answer: Any = None

    @property
    def number(self) -> int:
        return int(self.asked.data["n"])

    @property
    def body(self) -> str:
        return str(self.asked.data["body"])

    @property
    def until(self) -> date:
        """The day by which an answer is wanted."""
        return date.fromisoformat(self.asked.data["until"])

    @property
    def open(self) -> bool:
        return self.answer is None

    @property
    def stance(self) -> Stance | None:
        return Stance(self.answer.data["stance"]) if self.answer else None

    def late(self, on: date) -> bool:
        """Whether the answer is open after the day on which it was wanted."""
        return self.open and on > self.until


def consultations(steps: Sequence[Any]) -> list[Consultation]:
    """All consultations of a case in the order in which they were sent."""
    answers = {step.data.get("n"): step for step in steps if step.act == Act.ANSWER}
    return [Consultation(step, answers.get(step.data.get("n"))) for step in steps if step.act == Act.CONSULT]


@dataclass(frozen=True, slots=True)
class Hearing:
    """The hearing of a case: by whom it was asked for, how it was called last, and how it ended: held, or fallen away."""

    requests: tuple[Any, ...] = ()
    call: Any = None
    ended: Any = None

    @property
    def on(self) -> date | None:
        """The day for which it is called."""
        return date.fromisoformat(self.call.data["on"]) if self.call else None

    @property
    def open(self) -> bool:
        """Whether it is still to be held."""
        return bool(self.requests or self.call) and self.ended is None

    @property
    def held(self) -> Any:
        """The step with its record; None: it was not held."""
        return self.ended if self.ended is not None and self.ended.act == Act.HEAR else None

    @property
    def parties(self) -> list[str]:
        """Who asked for it; "" is the applicant."""
        return [str(step.data.get("party", "")) for step in self.requests]


def hearings(steps: Sequence[Any]) -> list[Hearing]:
    """The hearings of a case one after the other, the last perhaps still open."""
    found: list[Hearing] = []
    for step in steps:
        last = found[-1] if found and found[-1].open else Hearing()
        if step.act == Act.REQUEST:
            now = Hearing((*last.requests, step), last.call)
        elif step.act == Act.CALL:
            now = Hearing(last.requests, step)
        elif step.act in (Act.HEAR, Act.DROP) and last.open:
            now = Hearing(last.requests, last.call, step)
        else:
            continue
        found = [*(found[:-1] if last.open else found), now]
    return found


def request_by(told: date, law: Law, calendar: WorkCalendar) -> date:
    """The last day on which a hearing may be asked for (申请听证): 5 working days after being told of the right to it (许可法 47).

    Told on Monday 2024-03-04: 2024-03-11.
    """
    return calendar.after(told, law.figure("LL-047", "request_days", told))


def earliest(called: date, law: Law, calendar: WorkCalendar) -> date:
    """The first day on which a hearing may be held: its time and place are told 7 working days before (许可法 48).

    Told on Monday 2024-03-04: 2024-03-13.
    """
    return calendar.after(called, law.figure("LL-047", "notice_days", called))


def hold_by(requested: date, law: Law, calendar: WorkCalendar) -> date:
    """The last day on which a hearing that was asked for is held: within 20 working days (许可法 47)."""
    return calendar.after(requested, law.figure("LL-047", "hold_days", requested))


def possible(steps: Sequence[Any]) -> set[Act]:
    """Which acts of consultation and hearing, and of the clock, there is something to do about."""
    asked, found = consultations(steps), hearings(steps)
    open_hearing = found[-1] if found and found[-1].open else None
    acts = {Act.CONSULT, Act.VIEWS, Act.CALL}
    if any(each.open for each in asked):
        acts.add(Act.ANSWER)
    if open_hearing:
        acts |= {Act.DROP, *([Act.HEAR] if open_hearing.call else [])}
    if any(step.act == Act.NOTIFY for step in steps):
        acts.add(Act.REQUEST)
    clock = [step.act for step in steps if step.act in (Act.EXCLUDE, Act.RESUME)]
    acts.add(Act.RESUME if clock and clock[-1] == Act.EXCLUDE else Act.EXCLUDE)
    return acts


TURNED = frozenset(
    {Act.CONSULT, Act.ANSWER, Act.VIEWS, Act.REQUEST, Act.CALL, Act.HEAR, Act.DROP, Act.EXCLUDE, Act.RESUME}
)
"""Acts that turn on what is open, and not on the state alone."""
