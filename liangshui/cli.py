"""The `liangshui` command: every door of the product (docs/architecture.md) is a management command of its room."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "liangshui.web.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(["liangshui", *sys.argv[1:]])


if __name__ == "__main__":
    main()
