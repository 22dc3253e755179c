"""Pages of hand readings."""

from django.urls import path

from liangshui.readings import views

urlpatterns = [
    path("readings/", views.rounds, name="readings"),
    path("readings/list/", views.reading_list, name="reading-list"),
    path("readings/rounds/<int:pk>/", views.order, name="round-order"),
    path("readings/phone/", views.phone, name="reading-phone"),
    path("readings/sw.js", views.worker, name="reading-worker"),
    path("readings/manifest.json", views.manifest, name="reading-manifest"),
    path("readings/wells/", views.wells, name="reading-wells"),
    path("readings/send/", views.send, name="reading-send"),
    path("readings/<int:pk>/", views.reading, name="reading"),
    path("readings/<int:pk>/photo/", views.photo, name="reading-photo"),
]
"""The phone page and all that it needs lie below /readings/, which is where its service worker may act."""
