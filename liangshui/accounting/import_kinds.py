"""The imports that this room brings: stated volumes, electricity, coefficients, water passed on; and what they say of a row."""

from django.utils.translation import gettext_lazy

from liangshui.accounting import forms, taking
from liangshui.accounting.imports.coefficients import CoefficientRows
from liangshui.accounting.imports.electricity import EnergyRows
from liangshui.accounting.imports.supplies import SupplyRows
from liangshui.accounting.imports.volumes import VolumeRows
from liangshui.accounting.sheets.columns import COEFFICIENTS, ELECTRICITY, SUPPLIES, VOLUMES
from liangshui.registry import import_kinds as kinds
from liangshui.registry import sentences
from liangshui.registry.sheets.fields import by_name


def register() -> None:
    """Bring these kinds, with their columns and words, to the imports; called once when Django is ready."""
    kinds.KINDS["volumes"] = kinds.ImportKind(
        gettext_lazy("volumes by user, project or intake"), VolumeRows, VOLUMES, "取水量",
        asks=forms.asked_of_volumes, take_back=taking.take_back_statements,
    )  # fmt: skip
    kinds.KINDS["electricity"] = kinds.ImportKind(
        gettext_lazy("electricity (the power company's sheet)"), EnergyRows, ELECTRICITY, "电量",
        asks=forms.asked_of_energy, take_back=taking.take_back_energy, doubts="energy-matches",
    )  # fmt: skip
    kinds.KINDS["coefficients"] = kinds.ImportKind(
        gettext_lazy("coefficients of electricity"), CoefficientRows, COEFFICIENTS, "以电折水系数",
        asks=forms.asked_of_coefficients, take_back=taking.take_back_coefficients,
    )  # fmt: skip
    kinds.KINDS["supplies"] = kinds.ImportKind(
        gettext_lazy("water passed on and given back"), SupplyRows, SUPPLIES, "供水与退水",
        asks=forms.asked_of_supplies, take_back=taking.take_back_supplies,
    )  # fmt: skip
    sentences.add(by_name(VOLUMES) | by_name(ELECTRICITY) | by_name(COEFFICIENTS) | by_name(SUPPLIES), CELLS, NOTES)


CELLS = {
    "unknown_user": gettext_lazy("No water user of the ledger is called “%(text)s” there; import the ledger first."),
    "several_users": gettext_lazy(
        "Several water users are called “%(text)s”; give the town, the credit code or the permit."
    ),
    "unknown_permit": gettext_lazy("No project of the ledger has the permit “%(text)s”."),
    "nobody_named": gettext_lazy("The row names no intake, permit or water user; fill in one of them."),
    "no_supply_link": gettext_lazy("The ledger has no supply link “%(text)s”; enter it with the water user first."),
    "several_links": gettext_lazy(
        "The ledger has several supply links “%(text)s”; give the number of the one that is meant."
    ),
    "which_project": gettext_lazy("%(text)s has several projects, or none; which one gives water back cannot be told."),
    "no_method": gettext_lazy(
        "How the volume was found is not given; choose it above for the whole file, or fill it in."
    ),
    "which_source": gettext_lazy(
        "%(user)s takes from several sources, or has no intake; say in a column “%(field)s” which one is meant, or share "
        "the volume among the wells."
    ),
    "which_sector": gettext_lazy(
        "%(user)s has several uses, or has no intake; say in a column “%(field)s” which one is meant, or share the volume "
        "among the wells."
    ),
    "no_weights": gettext_lazy(
        "None of the wells of %(user)s has the area or capacity by which the volume is to be shared; enter it, or share otherwise."
    ),
    "period_again": gettext_lazy("%(period)s stands in row %(first)s already; keep one of them."),
    "no_period": gettext_lazy(
        "The month, quarter or year is not given; fill it in, such as 2023-04, or give the year above."
    ),
    "no_figure": gettext_lazy("%(field)s is empty; fill it in, such as %(example)s."),
    "not_a_month": gettext_lazy("“%(text)s” is no month, quarter or year; write 2023-04, 2023Q2 or 2023."),
    "unclear_month": gettext_lazy("“%(text)s” may be January or October; write %(year)s-01 or %(year)s-10."),
    "year_wanted": gettext_lazy("The month has no year; write it as 2023-04, or give the year for the whole file."),
    "month_reversed": gettext_lazy("“%(text)s” ends before it begins."),
    "no_numbers": gettext_lazy("Neither household number nor power meter nor name says whose electricity this is."),
    "unmatched": gettext_lazy(
        "“%(text)s” is no power meter of the ledger; decide on the page “Match electricity” which well it is."
    ),
    "unlinked_meter": gettext_lazy("Power meter %(text)s drives no well of the ledger; link it at the well first."),
    "no_uncertainty": gettext_lazy(
        "The uncertainty is not given; fill it in in percent, or give it for the whole file."
    ),
    "no_start": gettext_lazy(
        "From which day the coefficient counts is not given; fill it in, or give it for the whole file."
    ),
    "coefficient_later": gettext_lazy(
        "Intake %(code)s has a coefficient from %(day)s on already; a new one begins later."
    ),
}
NOTES = {
    "sum_differs": gettext_lazy("The parts add up to %(sum)s, the total says %(total)s."),
    "not_a_well": gettext_lazy("Decided earlier: not one of our wells."),
    "other_multiplier": gettext_lazy(
        "The sheet has multiplier %(sheet)s, the ledger %(ledger)s; the sheet's kWh are taken as they are."
    ),
    "for_wells": gettext_lazy("For %(n)s wells on electricity that have no coefficient of their own."),
}
