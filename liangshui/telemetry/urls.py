"""Pages of monitoring."""

from django.urls import path

from liangshui.telemetry import evidence_views, quality_views, views

urlpatterns = [
    path("stations/", views.station_list, name="station-list"),
    path("stations/<int:pk>/", views.station, name="station"),
    path("stations/pictures/<int:pk>/", views.station_picture, name="station-picture"),
    path("stations/<int:pk>/edit/", views.station_edit, name="station-edit"),
    path("stations/<int:pk>/link/", views.station_link, name="station-link"),
    path("stations/<int:pk>/map/<int:mapping>/remove/", views.station_unmap, name="station-unmap"),
    path("series/<int:pk>/limits/", quality_views.series_limits, name="series-limits"),
    path("series/<int:pk>/edit/<int:at>/", quality_views.series_edit, name="series-edit"),
    path("series/edits/<int:pk>/take-back/", quality_views.edit_take_back, name="edit-take-back"),
    path("intakes/<int:pk>/evidence/", evidence_views.intake_evidence, name="intake-evidence"),
    path("evidence/<int:pk>/", evidence_views.evidence_sheet, name="evidence"),
    path("evidence/<int:pk>/<str:form>/", evidence_views.evidence_file, name="evidence-file"),
    path("seals/", evidence_views.seal_list, name="seal-list"),
    path("seals/<int:pk>/", evidence_views.seal_file, name="seal-file"),
    path("stations/links/<int:pk>/end/", views.station_unlink, name="station-unlink"),
    path("stations/waiting/", views.waiting_list, name="waiting-list"),
    path("frames/", views.frame_list, name="frame-list"),
    path("series/<int:pk>/", views.series, name="series"),
]
