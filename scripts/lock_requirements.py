#!/usr/bin/env python3
"""Pin requirements*.in, with hashes, in requirements*.txt.

Versions already pinned stay as they are; newer ones are taken with `--upgrade` or `--upgrade-package NAME`.
Needs `uv` on the path or in .venv (`.venv/bin/python -m pip install uv`). The pinned files name no index and no path
of this machine: whoever installs them uses the index that their pip is set up with.
"""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEADER = "# Pinned by scripts/lock_requirements.py from {source}; do not edit by hand.\n"


def lock(uv: str, name: str, source: str, extra: list[str], arguments: list[str]) -> None:
    """Write `name` from the file `source` and the requirements `extra`."""
    command = [uv, "pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes"]
    command += ["--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links", "--no-config"]
    command += ["--output-file", name, *arguments, source, "-"]
    subprocess.run(command, cwd=ROOT, check=True, input="\n".join(extra), text=True, stdout=subprocess.DEVNULL)
    path = ROOT / name
    path.write_text(HEADER.format(source=source) + path.read_text(encoding="utf-8"), encoding="utf-8")


def main() -> int:
    uv = shutil.which("uv", path=f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}")
    if uv is None:
        sys.stderr.write("uv was not found. Install it with: .venv/bin/python -m pip install uv\n")
        return 1
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    # The builder of our own package is pinned too, so that `pip install -e .` runs without a build environment.
    lock(uv, "requirements.txt", "requirements.in", project["build-system"]["requires"], sys.argv[1:])
    lock(uv, "requirements-dev.txt", "requirements-dev.in", [], sys.argv[1:])
    lock(uv, "requirements-node.txt", "requirements-node.in", [], sys.argv[1:])
    return 0


if __name__ == "__main__":
    sys.exit(main())
