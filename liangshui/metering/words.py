"""Figures of faults and findings in words."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from liangshui.metering.codes import FaultKind, FindingKind
from liangshui.metering.models import Fault, Finding

WAYS = {
    "register": gettext_lazy("the meter"),
    "electricity": gettext_lazy("electricity"),
    "read": gettext_lazy("hand readings"),
}


def fault_words(fault: Fault) -> str:
    """What shows the fault."""
    figures = fault.figures
    if fault.kind == FaultKind.SILENT:
        heard = figures.get("heard")
        return _("last heard %s") % heard[:16].replace("T", " ") if heard else _("never heard")
    if fault.kind == FaultKind.SCARCE:
        return _("%s %% of the reports of the last days") % figures.get("percent")
    if fault.kind == FaultKind.CLOCK:
        off = int(figures.get("off_s", 0))
        minutes = max(1, abs(off) // 60)
        return _("%s minutes ahead") % minutes if off < 0 else _("%s minutes behind, or reports kept back") % minutes
    since = figures.get("since", "")
    return _("told by the device on %s") % since[:16].replace("T", " ")


def finding_words(finding: Finding) -> str:
    """The figures behind a finding, as a sentence."""
    f: dict[str, Any] = {k: f"{Decimal(v):,.0f}" if k.endswith("_m3") else v for k, v in finding.figures.items()}
    if finding.kind in (FindingKind.NOT_RUNNING, FindingKind.TOO_LITTLE):
        return _(
            "The meter shows %(metered)s m³, its electricity says %(power)s m³: %(percent)s %%; %(still)s days without water in one month."
        ) % {"metered": f["metered_m3"], "power": f["power_m3"], "percent": f["percent"], "still": f["still_days"]}
    if finding.kind == FindingKind.DECLARED:
        return _("Declared %(declared)s m³; %(way)s says %(least)s m³ at least.") % {
            "declared": f["declared_m3"], "least": f["least_m3"], "way": WAYS.get(f["way"], f["way"]),
        }  # fmt: skip
    if finding.kind == FindingKind.NO_METER:
        said = _("The ledger asks for a meter here, and there is neither meter nor station.")
        if "term" not in f:
            return said
        if f["term"]:
            return said + " " + _("The term of the county for existing works ended on %(term)s.") % f
        return said + " " + _("The term of the county for existing works is not entered: within it there is no breach.")
    if finding.kind == FindingKind.NO_ONLINE:
        return (
            _(
                "Permitted %(permitted_m3)s m³ a year, and no station; an on-line meter is asked for from %(scale_m3)s m³ on."
            )
            % f
        )
    if finding.kind == FindingKind.VERIFICATION:
        return (
            _("The certificate of meter %(meter)s ended on %(due)s. A reason to check it, no proof that it is unfit.")
            % f
        )
    if finding.kind == FindingKind.REFUSED:
        return _("Asked for by %(document)s, due on %(due)s, not given.") % f
    if finding.kind == FindingKind.FLAT:
        return _("%(months)s months without water while its neighbours took some.") % f + _sunk(f)
    if finding.kind == FindingKind.UNLIKE:
        said = (
            _("Declared %(declared_m3)s m³; half of its neighbours took %(neighbours_m3)s m³ or more. Fields differ.")
            % f
        )
        return said + _sunk(f)
    days = int(f.get("days", 0))
    return ngettext("on %(days)s day", "on %(days)s days", days) % {"days": days}


def _sunk(figures: dict[str, Any]) -> str:
    """How far the groundwater of the town sank meanwhile, where that is known."""
    if "sunk_m" not in figures:
        return ""
    return " " + _("Meanwhile the groundwater of the town sank by %(sunk_m)s m.") % figures
