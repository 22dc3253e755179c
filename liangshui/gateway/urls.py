"""Pages that decode: adopting a waiting station, mapping an element, one frame."""

from django.urls import path

from liangshui.gateway import views

urlpatterns = [
    path("stations/waiting/<int:pk>/adopt/", views.waiting_adopt, name="waiting-adopt"),
    path("stations/<int:pk>/map/", views.station_map, name="station-map"),
    path("frames/<int:pk>/", views.frame, name="frame"),
]
