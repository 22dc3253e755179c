"""The rules of the house (docs/architecture.md) that no linter sees."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PURE = ("liangshui/core", "liangshui/gateway/codecs", "liangshui/*/rules", "liangshui/*/sheets")

# Imports one module after the other and names the first that brings Django along: later ones could not be told apart.
IMPORT_AND_TELL = """
import importlib, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
    if "django" in sys.modules:
        sys.exit(f"{name} imports Django")
"""


def pure_modules() -> list[str]:
    """Dotted names of every module in core, codecs, rules and sheets, tests left out."""
    found = set()
    for pattern in PURE:
        for place in ROOT.glob(pattern):
            found |= set(place.rglob("*.py"))
        found |= set(ROOT.glob(f"{pattern}.py"))
    names = (path.relative_to(ROOT).with_suffix("").parts for path in found)
    return sorted(".".join(parts).removesuffix(".__init__") for parts in names if "tests" not in parts)


def test_pure_rooms_import_no_django():
    modules = pure_modules()
    assert {"liangshui.core.quantities", "liangshui.gateway.codecs.events"} <= set(modules)
    # In a process of its own: pytest has loaded Django long before.
    command = [sys.executable, "-c", IMPORT_AND_TELL, *modules]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr


def test_each_folder_of_code_is_a_package():
    """Without an __init__.py a folder imports all the same, but import-linter does not see it."""
    folders = {path.parent for path in (ROOT / "liangshui").rglob("*.py")}
    assert sorted(str(folder.relative_to(ROOT)) for folder in folders if not (folder / "__init__.py").exists()) == []
