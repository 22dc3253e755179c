#!/usr/bin/env python3
"""Compile liangshui/**/locale/*/LC_MESSAGES/*.po that are newer than their .mo, without gettext.

Unfinished (fuzzy) entries are left out, as msgfmt does. A broken file stops with its name and line.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    stale = []
    for po in sorted((ROOT / "liangshui").glob("**/locale/*/LC_MESSAGES/*.po")):
        mo = po.with_suffix(".mo")
        if not mo.exists() or mo.stat().st_mtime < po.stat().st_mtime:
            stale.append((po, mo))
    if not stale:
        return 0
    import polib  # only when there is work: `make run` calls this each time

    for po, mo in stale:
        try:
            polib.pofile(str(po), check_for_duplicates=True).save_as_mofile(str(mo))
        except (OSError, ValueError) as error:
            sys.stderr.write(f"{po.relative_to(ROOT)}: {error}\n")
            return 1
    sys.stdout.write(f"Compiled {len(stale)} translation file(s).\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
