#!/usr/bin/env python3
"""What ruff and mypy do not read: every template compiles, every YAML file parses, no model lacks a migration.

Each finding is a line with the file; the exit status is 1 if there was any. Leaves nothing behind.
"""

import os
import sys
import tempfile
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
SKIPPED = {"broken", ".git", ".venv", "node_modules", "var", "build"}


class StrictLoader(yaml.SafeLoader):
    """YAML that refuses a key written twice: the first would be lost in silence."""

    def construct_mapping(self, node, deep=False):
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} stands twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


def files(*suffixes: str):
    """Paths of the checkout with these suffixes, without what was installed into it."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = sorted(name for name in folders if name not in SKIPPED)
        yield from (Path(folder) / name for name in sorted(names) if name.endswith(suffixes))


def yaml_findings():
    for path in files(".yaml", ".yml"):
        try:
            with path.open(encoding="utf-8") as stream:
                for _ in yaml.load_all(stream, Loader=StrictLoader):
                    pass
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            yield f"{path.relative_to(ROOT)}: {error}"


def template_findings():
    from django.template import TemplateSyntaxError
    from django.template.loader import get_template

    for path in files(".html", ".txt", ".xml"):
        parts = path.relative_to(ROOT).parts
        if parts[0] != "liangshui" or "templates" not in parts:
            continue
        name = "/".join(parts[parts.index("templates") + 1 :])
        try:
            found = get_template(name)
        except TemplateSyntaxError as error:
            yield f"{path.relative_to(ROOT)}: {error}"
            continue
        if Path(found.origin.name) != path:
            yield f"{path.relative_to(ROOT)}: hidden by {Path(found.origin.name)}"


def django_findings():
    from django.core.management import call_command
    from django.core.management.base import CommandError

    try:
        call_command("check", verbosity=0)
        call_command("makemigrations", check_changes=True, dry_run=True, verbosity=1)
    except CommandError as error:
        yield str(error)
    except SystemExit:
        yield "A model has changed without its migration (above). Run: .venv/bin/liangshui makemigrations"


def main() -> int:
    sys.path.insert(0, str(ROOT))
    findings = list(yaml_findings())
    with tempfile.TemporaryDirectory(prefix="liangshui-lint-") as home:
        os.environ["LIANGSHUI_HOME"] = home
        os.environ.pop("LIANGSHUI_DATABASE_URL", None)
        os.environ["DJANGO_SETTINGS_MODULE"] = "liangshui.web.settings"
        import django

        django.setup()
        findings += template_findings()
        findings += django_findings()
    for finding in findings:
        sys.stderr.write(f"{finding}\n")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
