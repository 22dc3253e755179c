"""The addresses of the product: each room brings its own pages."""

from django.urls import include, path
from django.views.i18n import set_language

from liangshui.records.gate import PUBLIC, needs
from liangshui.web import views
from liangshui.web.api import api, nowhere

urlpatterns = [
    path("", views.home, name="home"),
    path("setup/", views.setup, name="setup"),
    path("search/", views.search, name="search"),
    path("language/", needs(PUBLIC)(set_language), name="set_language"),
    path("healthz", views.healthz, name="healthz"),
    path("metrics", views.metrics, name="metrics"),
    path("", include("liangshui.registry.urls")),
    path("", include("liangshui.parameters.urls")),
    path("", include("liangshui.telemetry.urls")),
    path("", include("liangshui.readings.urls")),
    path("", include("liangshui.gateway.urls")),
    path("", include("liangshui.accounting.urls")),
    path("", include("liangshui.quota.urls")),
    path("", include("liangshui.metering.urls")),
    path("", include("liangshui.permits.urls")),
    path("", include("liangshui.conformity.urls")),
    path("", include("liangshui.pull.urls")),
    path("", include("liangshui.reports.urls")),
    path("", include("liangshui.portal.urls")),
    path("", include("liangshui.accounts.urls")),
    path("api/v1/", nowhere, name="api-start"),
    path("api/v1/", api.urls),
    path("api/<path:rest>", nowhere, name="api-nowhere"),
]
