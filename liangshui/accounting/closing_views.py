"""Pages of closing months: the year's months, one month's checklist and late changes, closing, booking, opening again."""

from datetime import date

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from liangshui.accounting import closing
from liangshui.accounting.models import Carried, MonthClosing
from liangshui.core.access import Right
from liangshui.core.errors import Invalid
from liangshui.records.gate import needs
from liangshui.registry.queries import county_path

SEE, CHANGE = needs(Right.ACCOUNT_VIEW), needs(Right.ACCOUNT_CHANGE)


def _may_close(request: HttpRequest) -> bool:
    return request.actor.territory(Right.ACCOUNT_CHANGE).holds_path(county_path())


@SEE
def months(request: HttpRequest) -> HttpResponse:
    """The months of the year: open or closed, by whom, with what came late."""
    return render(request, "accounting/closings.html", {"months": closing.months_of(request.scope.year)})


@SEE
def one_month(request: HttpRequest, year: int, number: int) -> HttpResponse:
    """One month: what is open in it, its closings, late changes and corrections."""
    start = date(year, number, 1)
    territory = request.scope.territory(Right.ACCOUNT_VIEW)
    whole = request.actor.territory(Right.ACCOUNT_VIEW).holds_path(county_path())
    late = Paginator(closing.late_changes(territory, start), 50).get_page(request.GET.get("page"))
    history = MonthClosing.objects.filter(month=start).select_related("closed_by", "reopened_by")
    context = {
        "start": start, "checks": closing.checklist(start) if whole else [], "history": history,
        "closed": any(row.reopened_at is None for row in history), "late": late, "may_close": _may_close(request),
        "pages": late.paginator.get_elided_page_range(late.number),
        "carried": Carried.objects.within(territory).filter(of_month=start).select_related("intake", "booked_by")[:200],
    }  # fmt: skip
    return render(request, "accounting/closing.html", context)


@CHANGE
@require_POST
def act(request: HttpRequest, year: int, number: int) -> HttpResponse:
    """Close (`do=close`), book late changes (`carry`) or open again (`reopen`)."""
    start, what = date(year, number, 1), request.POST.get("do")
    try:
        if what == "close":
            closing.close(request.actor, start)
            messages.success(request, _("The month is closed."))
        elif what == "carry":
            count = closing.carry(request.actor, start, request.POST.get("reason", ""))
            messages.success(request, _("%(n)s corrections are booked.") % {"n": count})
        elif what == "reopen":
            closing.reopen(request.actor, start, request.POST.get("reason", ""))
            messages.success(request, _("The month is open again; its account follows what came late."))
    except Invalid as error:
        messages.error(request, error.message)
    return redirect("closing", year, number)
