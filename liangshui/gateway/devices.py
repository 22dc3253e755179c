"""The device maps of this installation: those shipped here, and those that were put into its own folder `devices`."""

from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from liangshui.core.mappings import MappingError
from liangshui.gateway.rules.device_map import DeviceMap, parse
from liangshui.telemetry.codes import Quantity

SHIPPED = Path(__file__).resolve().parent / "device_maps"

WORDS = {
    "too_long": gettext_lazy("The file is too long."),
    "not_yaml": gettext_lazy("Line %(line)s is not written as YAML asks."),
    "not_a_mapping": gettext_lazy("The file has no keys."),
    "unknown_key": gettext_lazy("%(where)s: “%(key)s” is no key that is known here."),
    "missing": gettext_lazy("%(where)s: “%(key)s” is missing."),
    "not_one_of": gettext_lazy("%(where)s: %(key)s is “%(value)s”, but may be %(allowed)s."),
    "not_a_number": gettext_lazy("%(where)s: %(key)s is “%(value)s”, which is no number that fits."),
    "not_a_map": gettext_lazy("%(where)s: keys and values are wanted here."),
    "long_name": gettext_lazy("%(where)s: a name has 24 characters at most."),
    "too_far": gettext_lazy("%(where)s: its registers lie further apart than one question reaches (125)."),
    "no_points": gettext_lazy("“points” is missing or empty."),
}


def own_folder() -> Path:
    """Where the bureau puts its own maps; one with the name of a shipped one stands in its place."""
    return Path(settings.HOME) / "devices"


def read_all() -> tuple[dict[str, DeviceMap], dict[str, str]]:
    """Maps by name of file, and what is wrong with those that cannot be used."""
    found: dict[str, DeviceMap] = {}
    faults: dict[str, str] = {}
    for folder in (SHIPPED, own_folder()):
        for path in sorted(folder.glob("*.yaml")) if folder.is_dir() else ():
            try:
                found[path.stem] = parse(path.stem, path.read_text(encoding="utf-8"), Quantity.values)
            except MappingError as error:
                faults[path.name] = str(WORDS[error.code]) % error.params
            except (OSError, UnicodeDecodeError):
                faults[path.name] = _("The file cannot be read as text.")
    return found, faults
