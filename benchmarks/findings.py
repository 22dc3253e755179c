"""How much of what is hidden in the demo banner is found, and who sound is accused, over several seeds.

Each seed is a banner of its own with the full 3,000 intakes and 400 stations, loaded through the gateway's decoder, accounted and
looked at by the product, which does not see what was hidden.

Run: python benchmarks/findings.py [--seeds N]
"""

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one is not None:
        one(options.one)
        return
    hidden: Counter[str] = Counter()
    found: Counter[str] = Counter()
    lines = []
    for seed in range(1, options.seeds + 1):
        with tempfile.TemporaryDirectory() as home:
            began = time.monotonic()
            told = subprocess.run(
                [sys.executable, __file__, "--one", str(seed)],
                env={**os.environ, "LIANGSHUI_HOME": home}, check=True, capture_output=True, text=True,
            )  # fmt: skip
            row = json.loads(told.stdout.splitlines()[-1])
        hidden.update(row["hidden"])
        found.update(row["found"])
        share = sum(row["found"].values()) / sum(row["hidden"].values())
        lines.append((share, row["accused"] / row["sound"]))
        print(
            f"seed {seed:2d}: found {sum(row['found'].values())} of {sum(row['hidden'].values())} ({share:.1%}), "
            f"accused {row['accused']} of {row['sound']} sound ({row['accused'] / row['sound']:.2%}), "
            f"looked at in {row['seconds']:.1f} s, all in {time.monotonic() - began:.0f} s",
            flush=True,
        )
    print(f"\n{'hidden':24}{'there':>7}{'found':>7}")
    for kind in sorted(hidden):
        print(f"{kind:24}{hidden[kind]:7}{found[kind]:7}  {found[kind] / hidden[kind]:6.1%}")
    print(
        f"\nfound: least {min(s for s, _a in lines):.1%}; accused: most {max(a for _s, a in lines):.2%} (asked: 95 %, under 2 %)"
    )
    print(f"SQLite {sqlite3.sqlite_version}, {os.cpu_count()} cores")


def one(seed: int) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "liangshui.web.settings"
    sys.path.insert(0, str(ROOT))
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("demo", seed=seed, stdout=sys.stderr)
    from liangshui.demo.score import score_of

    began = time.monotonic()
    scored = score_of(
        json.loads((Path(os.environ["LIANGSHUI_HOME"]) / "demo-hidden.json").read_text(encoding="utf-8"))["hidden"]
    )
    print(
        json.dumps(
            {
                "hidden": scored.hidden, "found": scored.found, "sound": scored.sound, "accused": len(scored.accused),
                "seconds": time.monotonic() - began,
            }
        )
    )  # fmt: skip


if __name__ == "__main__":
    main()
