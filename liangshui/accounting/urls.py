"""Pages of the water account."""

from datetime import date

from django.urls import path, register_converter

from liangshui.accounting import closing_views, sheet_views, views


class DayConverter:
    """A day in an address, such as 2026-05-01."""

    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> date:
        """Raises ValueError where there is no such day: the address is then unknown."""
        return date.fromisoformat(value)

    def to_url(self, value: date | str) -> str:
        return str(value)


class MonthConverter:
    """The number of a month in an address."""

    regex = "1[0-2]|0?[1-9]"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return f"{value:02d}"


class YearConverter:
    """A year that records may lie in."""

    regex = "19[5-9][0-9]|20[0-9]{2}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


register_converter(DayConverter, "day")
register_converter(YearConverter, "year")
register_converter(MonthConverter, "month")

urlpatterns = [
    path("account/", views.account, name="account"),
    path("account/unmeasured/", views.unmeasured, name="unmeasured"),
    path("account/differences/", sheet_views.differences, name="differences"),
    path("account/supply/", sheet_views.passed_on, name="supply-balance"),
    path("account/statements/", sheet_views.statements, name="statements"),
    path("imports/<int:pk>/electricity/", sheet_views.energy_matches, name="energy-matches"),
    path("account/closing/", closing_views.months, name="closings"),
    path("account/closing/<year:year>-<month:number>/", closing_views.one_month, name="closing"),
    path("account/closing/<year:year>-<month:number>/act/", closing_views.act, name="closing-act"),
    path("account/rule/", views.rule, name="account-rule"),
    path("account/rule/new/", views.rule_new, name="account-rule-new"),
    path("account/recomputes/", views.recomputes, name="recomputes"),
    path("account/recomputes/new/", views.recompute_new, name="recompute-new"),
    path("account/intake/<int:pk>/", views.intake_account, name="intake-account"),
    path("account/intake/<int:pk>/<year:year>-<month:number>/", views.intake_month, name="intake-month"),
    path("account/intake/<int:pk>/<day:day>/", views.intake_day, name="intake-day"),
]
