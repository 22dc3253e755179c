"""Decisions of the gate a second of one core's time, beside a bare loop that makes the same checks as objects.

Run: python benchmarks/gate.py [--decisions N]
"""

import argparse
import os
import random
import sys
import time
from datetime import date
from decimal import Decimal
from pathlib import Path

TARGET = 10_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--decisions", type=int, default=50_000)
    count = parser.parse_args().decisions
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "liangshui.web.settings")
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from liangshui.core.decision import Check, Decision
    from liangshui.parameters.law import shipped
    from liangshui.permits.rules.gate import Application, Load, Source, State, Terms, Unit, Use, decide, what_would_pass

    rng = random.Random(7)
    terms = Terms.of(shipped(), date(2026, 11, 25))

    def volume() -> Decimal:
        return Decimal(rng.randrange(10**6))

    asked = [
        Application(
            rng.choice([Source.SHALLOW, Source.SURFACE, Source.DEEP]), rng.choice(list(Use)), volume(), rng.choice(["", "化工"]),
            True, volume(), volume(), True, True, True,
        )
        for _ in range(count)
    ]  # fmt: skip
    states = [
        State(
            Unit(volume(), volume(), volume(), rng.random() < 0.9), frozenset(), network_covers=rng.random() < 0.2,
            load=rng.choice(list(Load)), fragile=True, thirsty=False, listed=False, renewable=True, other_water=rng.random() < 0.3,
            function_zone_harm=False, layout_sound=True, mainstem=False, third_parties_harm=False, saving_kept=True, standards_kept=True,
            land_reclaimed=False,
        )
        for _ in range(count)
    ]  # fmt: skip
    began = time.process_time()
    made = [decide(each, state, terms) for each, state in zip(asked, states, strict=True)]
    gate = time.process_time() - began
    began = time.process_time()
    for decision in made:
        Decision(tuple(Check(c.code, c.outcome, c.figures, c.article, c.beside) for c in decision.because))
    bare = time.process_time() - began
    few = count // 10
    began = time.process_time()
    for each, state in zip(asked[:few], states[:few], strict=True):
        what_would_pass(each, state, terms)
    change = time.process_time() - began
    checks = sum(len(d.because) for d in made)
    print(f"Python {sys.version.split()[0]}, one core, {count:,} decisions of {checks / count:.1f} checks")
    for name, number, seconds, target in (
        ("bare objects", count, bare, ""), ("decide", count, gate, f">= {TARGET:,}"), ("what_would_pass", few, change, ""),
    ):  # fmt: skip
        print(f"{name:18}{number / seconds:12,.0f} /s   {target}")


if __name__ == "__main__":
    main()
