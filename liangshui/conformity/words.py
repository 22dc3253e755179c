"""Plans, studies and first answers in words: page and paper say the same."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from liangshui.conformity.expansion import Grown
from liangshui.conformity.models import PlanLine, StudyKind
from liangshui.conformity.queries import PlaceUnit, Result
from liangshui.conformity.rules.demand import Balance, Figure
from liangshui.conformity.rules.duty import Duty, Memory
from liangshui.core.decision import Outcome
from liangshui.core.parameters import Law
from liangshui.core.quantities import shown
from liangshui.parameters.words import STATUSES, cited
from liangshui.quota.models import MeasureChoice
from liangshui.quota.norm_words import quota_unit
from liangshui.quota.rules.states import Kind
from liangshui.quota.words import KINDS, standing_words, why
from liangshui.registry.codes import Sector

GROUNDS = ("NM-WL-004", "AR-016")
"""That water decides, and that the volume by quota is the main basis of what is permitted."""

OUTCOMES = {
    Outcome.FAILED: gettext_lazy("is owed"),
    Outcome.PASSED: gettext_lazy("is not owed by this article"),
    Outcome.NEEDS_PERSON: gettext_lazy("a person decides"),
    Outcome.UNDECIDABLE: gettext_lazy("cannot be decided: it is not known whether the project takes its water itself"),
}
MEMORIES = {
    Memory.PLANNING: gettext_lazy(
        "From memory, not read here: article 24 of the Yellow River Protection Law asks for a planning study where a sector plan "
        "or the plan of a zone uses water, and article 23 of the Water Law asks that plans fit the water there is. Read them first."
    ),
    Memory.FORM: gettext_lazy(
        "From memory, not read here: the ministry’s rules on studies of projects let a form do where little is taken with little "
        "effect. The region’s threshold is not known here."
    ),
    Memory.SAVING: gettext_lazy(
        "From memory, not read here: a guidance of the ministry of 2019 asks for a water-saving evaluation with the study. It is "
        "a document, no law: it alone refuses nothing."
    ),
}


def sector(value: str) -> str:
    """A sector, or the year's sum."""
    return str(Sector(value).label) if value else _("all uses")


def per(row: PlanLine) -> str:
    """The unit of a line's quota."""
    return quota_unit(row.measure, row.product_unit)


def source_of(row: PlanLine) -> str:
    """Where a line's quota stands, one that was typed says so; and its irrigation coefficient."""
    quota = row.source if row.norm_id else _("%s (typed)") % row.source
    return f"{quota} · {coefficient_source(row)}" if row.coefficient_source else quota


def coefficient_source(row: PlanLine) -> str:
    """Where a line's irrigation coefficient stands; empty where it has none."""
    return _("irrigation coefficient: %s") % row.coefficient_source if row.coefficient_source else ""


def unit(row: PlanLine) -> str:
    """In what a line counts."""
    return row.product_unit or str(MeasureChoice(row.measure).label)


def plain(value: Decimal | None) -> str:
    """A figure as it was entered, with commas, without idle noughts; a dash for none."""
    if value is None:
        return "—"
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def m3(value: Decimal | None) -> str:
    """Whole m³, or a dash."""
    return "—" if value is None else shown(value)


def duty(found: Duty, law: Law) -> str:
    """A study that is owed or not, with its ground."""
    name = StudyKind(found.kind.value).label
    parts = [_("%(label)s: %(words)s") % {"label": name, "words": OUTCOMES[found.outcome]}]
    if found.article:
        parts.append(_("ground: %s") % ground(found.article, law))
    told = {"what": _("; ").join(parts), "memory": MEMORIES[found.memory] if found.memory else ""}
    return _("%(what)s. %(memory)s") % told


def ground(article: str, law: Law) -> str:
    """An article as it is cited, and how it was read where not in full."""
    rule = law.rule(article)
    status = "" if rule.status.value == "full_text" else f" ({STATUSES[rule.status]})"
    return f"{cited(rule)}{status}"


def verdict(result: Result) -> tuple[str, str]:
    """How the plan stands to the water of its place: code for the colour, and a sentence. With a suspended unit in its place it never does
    without more."""
    if not result.rows:
        return "info", _("Nothing is entered yet that needs water.")
    colour, said = _of_balances(result)
    beside = suspension(result)
    if beside and colour == "success":
        colour = "warning"
    return colour, " ".join(filter(None, (said, beside)))


def suspension(result: Result) -> str:
    """That new groundwater is suspended where the plan lies, or that nobody knows; "" where nothing is suspended."""
    if result.units is None:
        return _(
            "It is not known in which management units its place lies, so whether groundwater is suspended there cannot be told. Give its "
            "intakes or its allotments a unit, or draw the outlines of the units."
        )
    if not result.suspended:
        return ""
    said = [
        _(
            "No new groundwater may be granted from %s: what is left there counts for nothing that is added; lawful use of today stays."
        )
        % _("; ").join(standing_words(each.standing) for each in result.suspended if each.standing)
    ]
    if any(line.sector == Sector.LIVING for line in result.rows):
        spared = [each for each in result.suspended if each.spares]
        if spared:
            said.append(_("For living a person decides in %s.") % _("; ").join(map(unit_name, spared)))
    return " ".join(said)


def unit_name(found: PlaceUnit) -> str:
    """A unit and its kind of groundwater."""
    if not found.standing:
        return found.unit.name
    return _("%(unit)s, %(source)s") % {"unit": found.unit.name, "source": found.standing.source_label}


def units(result: Result, law: Law) -> list[dict[str, Any]]:
    """The management units of the place: name, state with its colour, since when, and why."""
    return [
        {
            "unit": each.unit, "source": each.standing.source_label if each.standing else "—",
            "kind": KINDS[each.standing.state.kind] if each.standing else KINDS[Kind.UNKNOWN],
            "since": each.standing.since if each.standing else None,
            "reasons": why(each.standing.state, law) if each.standing else [(_("nothing is known of it"), ())],
        }
        for each in result.units or ()
    ]  # fmt: skip


def _of_balances(result: Result) -> tuple[str, str]:
    years = _years(result.short)
    if years:
        return "danger", _("Its place is short of water in %s.") % years
    if result.unknown:
        return "warning", _("It cannot be told whether the water does in %s: figures are missing.") % _years(
            result.unknown
        )
    partial = _years(each for each in result.balances if each.on_top and each.water.used.partial)
    if partial:
        return "warning", _(
            "By what is known the water does; but in %s some intakes have no volume, so less may be left."
        ) % partial
    if _years(each for each in result.balances if each.above_permits_m3):
        return "warning", _("The water does, but with the permits of today its needs would pass the allotment.")
    return "success", _("The water of its place does for all that is entered.")


def _years(found: Iterable[Balance]) -> str:
    return _(", ").join(f"{each.year} ({sector(each.sector)})" for each in found)


def sources(result: Result) -> list[str]:
    """Where the figures of the water come from, each named once with its years and uses."""
    heads = [(_("allotted"), "allotted"), (_("used"), "used"), (_("permitted"), "permitted")]
    if result.suspended:
        heads.append((_("left in suspended units"), "closed"))
    found = []
    for head, name in heads:
        said: dict[str, None] = {}
        for balance in result.balances:
            figure: Figure = getattr(balance.water, name)
            said[figure.source] = None
        if said:
            found.append(_("%(head)s: %(said)s.") % {"head": head, "said": _("; ").join(said)})
    return found


def land_sources(found: Grown) -> str:
    """Where the figures of land and use come from."""
    said = [found.land.present.source, found.land.baseline.source]
    if found.growth:
        said.append(_("water account %s") % f"{found.growth.before.year}–{found.growth.after.year}")
    return _("; ").join(said)


def land(result: Result) -> list[str]:
    """The land by plan against the baseline, and where use grew with the land."""
    said = []
    for each in result.expansions:
        told: dict[str, Any] = {
            "year": each.year, "after": plain(each.after_mu), "base": plain(each.baseline.value), "over": plain(each.over_mu),
            "planned": plain(each.planned_mu), "present": plain(each.present.value),
            "sources": _("; ").join((each.present.source, each.baseline.source)),
        }  # fmt: skip
        if each.over_mu is None:
            said.append(
                _("%(year)s: whether %(planned)s mu of the plan pass the baseline cannot be told (%(sources)s).") % told
            )
        elif each.over_mu:
            said.append(
                _("%(year)s: irrigated land would be %(after)s mu, %(over)s mu above the baseline of %(base)s mu: expansion "
                  "(%(sources)s).") % told
            )  # fmt: skip
        else:
            said.append(
                _("%(year)s: irrigated land of %(after)s mu keeps to the baseline of %(base)s mu (%(sources)s).") % told
            )
    for pair in result.growth:
        said.append(
            _("%(place)s: from %(was)s to %(now)s land grew from %(area)s to %(more)s mu, and farm use from %(use)s to %(rise)s m³ (ledger of "
              "irrigated area, water account).")
            % {
                "place": pair.before.place, "was": pair.before.year, "now": pair.after.year, "area": plain(pair.before.area_mu),
                "more": plain(pair.after.area_mu), "use": m3(pair.before.use_m3), "rise": m3(pair.after.use_m3),
            }
        )  # fmt: skip
    return said
