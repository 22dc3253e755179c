"""Splitting a node among its parts (分解): choose, look at the proposal and change it, check, write."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from liangshui.core.access import Right
from liangshui.core.errors import Forbidden, Invalid
from liangshui.core.quantities import M3_PER_WAN, shown, volume
from liangshui.quota import queries, services, split_queries, workbooks
from liangshui.quota.forms import SharesForm, SplitForm
from liangshui.quota.rules.closing import Node
from liangshui.quota.split_queries import Basis, Part, Plan
from liangshui.quota.views import document_form, entered, posted, sent
from liangshui.quota.words import PARTS
from liangshui.records.gate import needs
from liangshui.registry.codes import SourceKind
from liangshui.registry.models import Division

MOST_PARTS = 300
"""More are split in Excel."""

HEADS = {
    Basis.LAST_YEAR: gettext_lazy("Use of the year before, m³"),
    Basis.AREA: gettext_lazy("Irrigated area, mu"),
    Basis.POPULATION: gettext_lazy("Population"),
    Basis.HAND: "",
}
"""What the figures of a basis are, as the head of their column."""


def litres(value: Decimal) -> int:
    """Whole litres, as the page counts."""
    return int(value * 1000)


@dataclass
class Line:
    """One part in the table: the box as typed (10⁴ m³), what is wrong with it, and what follows from it."""

    part: Part
    typed: str
    share_m3: Decimal | None
    persons: str = ""

    @property
    def now_litres(self) -> int:
        return litres(self.part.now_m3)

    @property
    def change_m3(self) -> Decimal | None:
        return None if self.share_m3 is None else self.share_m3 - self.part.now_m3

    @property
    def basis(self) -> str:
        """By what the share was found, for its row of the ledger."""
        if self.part.proposed_m3 is None:
            return ""
        if self.share_m3 == self.part.proposed_m3:
            return self.part.words
        return _("set by hand; proposed: %s m³") % shown(self.part.proposed_m3)


def _county(request: HttpRequest) -> Division:
    """The county; parts of a node lie across towns, so only who may allot in all of it may split."""
    found = queries.county()
    if not request.actor.territory(Right.QUOTA_CHANGE).holds_path(found.path):
        raise Forbidden(Right.QUOTA_CHANGE)
    return found


@needs(Right.QUOTA_CHANGE)
def split(request: HttpRequest) -> HttpResponse:
    """What is split is told by the address; the shares are posted, first to be checked and then to be written."""
    county, year = _county(request), request.scope.year
    form = SplitForm(
        request.GET if "along" in request.GET else None, nodes=_nodes(request, county), initial=request.GET
    )
    context: dict[str, Any] = {"form": form, "year": year}
    plan = _plan(request, county, form) if form.is_bound and form.is_valid() else None
    if plan is None:
        return render(request, "quota/split.html", context)
    if request.GET.get("export") == "xlsx":
        rows = [(plan.source_kind, p.node, p.now_m3 if p.proposed_m3 is None else p.proposed_m3) for p in plan.parts]
        return sent(workbooks.write(rows), f"allotments-{year}")
    lines = _lines(plan, request.POST)
    given = sum((line.share_m3 or Decimal(0) for line in lines), Decimal(0))
    shares = SharesForm(
        request.POST if "shares" in request.POST and "propose" not in request.POST else None,
        initial={"counts_from": request.scope.today},
    )
    context |= {
        "plan": plan, "lines": lines, "shares": shares, "given_m3": given, "rest_m3": plan.allotted_m3 - given,
        "total_litres": litres(plan.allotted_m3),
        "among": PARTS[plan.axis], "head": HEADS[Basis(plan.basis)], "by_people": plan.basis == Basis.POPULATION,
        "kind": SourceKind(plan.source_kind).label, "too_many": len(lines) > MOST_PARTS,
        "now_m3": sum((line.part.now_m3 for line in lines), Decimal(0)),
    }  # fmt: skip
    if (
        "shares" in request.POST
        and not {"propose", "back"} & request.POST.keys()
        and _good(shares, lines, context["rest_m3"])
    ):
        kind, node = plan.source_kind, plan.node
        changes = {kind: services.shares_as_changes(county, year, kind, node, _changed(lines))}
        papers = document_form(request, changes, shares.cleaned_data["document"])
        if "confirmed" in request.POST and (papers is None or papers.is_valid()):
            try:
                return entered(request, changes, shares.cleaned_data, papers, goto="quota-node", at=[kind, node.code])
            except Invalid as error:
                if not (papers and error.field in papers.fields):
                    shares.add_error(None, error.message)
                    return render(request, "quota/split.html", context)
                papers.add_error(error.field, error.message)
        checked = {
            "changed": [line for line in lines if line.change_m3],
            "papers": papers,
            "posted": posted(request.POST, papers),
        }
        return render(request, "quota/split_check.html", {**context, **checked})
    return render(request, "quota/split.html", context)


def _good(shares: SharesForm, lines: list[Line], rest_m3: Decimal) -> bool:
    """Whether the posted shares can be written; what is wrong is told in the form."""
    if not shares.is_valid():
        return False
    if any(line.share_m3 is None for line in lines):
        shares.add_error(None, _("A share is not a number, or below zero. It is marked in the table."))
    elif rest_m3 < 0:
        shares.add_error(None, _("%s too much is given. Lower some shares.") % queries.wan(-rest_m3))
    elif not any(line.change_m3 for line in lines):
        shares.add_error(None, _("Nothing would change: every figure is as it was."))
    return bool(shares.is_valid())


def _changed(lines: list[Line]) -> dict[Node, tuple[Decimal, str]]:
    return {
        line.part.node: (line.share_m3, line.basis) for line in lines if line.change_m3 and line.share_m3 is not None
    }


def _nodes(request: HttpRequest, county: Division) -> list[tuple[str, str]]:
    """What can be chosen: the county, its margins and cells, and the node that was asked for."""
    names, asked, found = queries.Names(), request.GET.get("node", ""), []
    for kind in SourceKind:
        ledger = queries.allotted(county, request.scope.year, kind)
        for node in sorted(ledger, key=lambda n: (n.depth, tuple(str(part or "") for part in n))):
            code = f"{kind}/{node.code}"
            if ledger[node] > 0 and (node.user is None or code == asked):
                found.append((code, f"{kind.label} · {names.label(node)} · {queries.wan(ledger[node])}"))
    return found


def _plan(request: HttpRequest, county: Division, form: SplitForm) -> Plan | None:
    asked = form.cleaned_data
    kind, code = asked["node"].split("/")
    persons = {}
    for key, value in request.POST.items():
        head, _dash, part = key.partition("-")
        if head == "p" and part.isdigit() and value.strip().isdigit():
            persons[int(part)] = Decimal(value.strip())
    try:
        return split_queries.plan(
            county, request.scope.year, kind, Node.of(code), asked["along"], asked["basis"],
            norm=asked["norm"] or Decimal(0), norm_document=asked["norm_document"],
            keep_m3=(asked["keep"] or Decimal(0)) * M3_PER_WAN, step_m3=Decimal(asked["step"] or 1), persons=persons,
        )  # fmt: skip
    except Invalid as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return None


def _lines(plan: Plan, post: QueryDict) -> list[Line]:
    """The table: shares as posted, else as proposed, else as they are now."""
    found = []
    for part in plan.parts:
        start = part.now_m3 if part.proposed_m3 is None else part.proposed_m3
        typed = post.get(f"s-{part.key}") if "propose" not in post else None
        if typed is None:
            typed = f"{(start / M3_PER_WAN).normalize():f}"
        found.append(Line(part, typed, _m3(typed), post.get(f"p-{part.key}", "")))
    return found


def _m3(typed: str) -> Decimal | None:
    """m³ of what was typed in 10⁴ m³; an empty box is nothing. None: not a number, below zero, or beyond all measure."""
    try:
        value = Decimal(typed.strip().replace(",", "") or 0)
    except InvalidOperation:
        return None
    return volume(value * M3_PER_WAN) if value.is_finite() and 0 <= value < 10**8 else None
