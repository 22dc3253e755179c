"""Work that comes again and again: rooms say what and how often, the worker does it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Job:
    """`run` is called every so many seconds, and once when the worker starts; what it raises is logged, and it is tried again."""

    name: str
    every_s: float
    run: Callable[[], Any]


JOBS: list[Job] = []
"""Filled when Django is ready."""
