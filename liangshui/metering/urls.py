"""Pages of the supervision of metering."""

from django.urls import path

from liangshui.metering import views

urlpatterns = [
    path("metering/", views.overview, name="metering"),
    path("metering/stations/", views.station_rates, name="station-rates"),
    path("metering/stations/<int:pk>/", views.station_health, name="station-health"),
    path("metering/stations/<int:pk>/out-of-use/", views.station_snooze, name="station-snooze"),
    path("metering/faults/", views.fault_list, name="fault-list"),
    path("metering/faults/<int:pk>/", views.fault, name="fault"),
    path("metering/faults/<int:pk>/act/", views.fault_act, name="fault-act"),
    path("metering/findings/", views.finding_list, name="finding-list"),
    path("metering/findings/<int:pk>/", views.finding, name="finding"),
    path("metering/findings/<int:pk>/decide/", views.finding_decide, name="finding-decide"),
    path("metering/demands/", views.demand_list, name="demand-list"),
    path("metering/demands/new/", views.demand_new, name="demand-new"),
    path("metering/demands/<int:pk>/given/", views.demand_answered, name="demand-answered"),
]
