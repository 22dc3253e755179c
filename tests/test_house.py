"""The rules of the house (docs/architecture.md) that no linter sees."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PURE = ("liangshui/core", "liangshui/gateway/codecs", "liangshui/*/rules", "liangshui/*/sheets")

IMPORT_AND_TELL = """
import importlib, sys
importlib.import_module(sys.argv[1])
print(" ".join(sorted({name.partition(".")[0] for name in sys.modules} & {"django", "django_htmx", "ninja"})))
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


def test_the_pure_rooms_are_found():
    assert "liangshui.core.quantities" in pure_modules()
    assert "liangshui.gateway.codecs.events" in pure_modules()


@pytest.mark.parametrize("module", pure_modules())
def test_pure_room_imports_no_django(module):
    # A process of its own for each: pytest has Django loaded long before, and one module must not excuse the next.
    told = subprocess.run([sys.executable, "-c", IMPORT_AND_TELL, module], cwd=ROOT, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    assert told.stdout.strip() == "", f"{module} loads {told.stdout.strip()}"


def test_each_folder_of_code_is_a_package():
    """Without an __init__.py a folder imports all the same, but import-linter does not see it."""
    folders = {path.parent for path in (ROOT / "liangshui").rglob("*.py")}
    assert sorted(str(folder.relative_to(ROOT)) for folder in folders if not (folder / "__init__.py").exists()) == []
