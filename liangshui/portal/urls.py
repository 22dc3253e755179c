"""Pages at the edge. /w/… is open to everybody."""

from django.urls import path

from liangshui.portal import public_views, views

urlpatterns = [
    path("w/<str:public>/", public_views.well, name="public-well"),
    path("villages/", views.villages, name="villages"),
    path("villages/town/<int:pk>/", views.print_cards, name="village-cards"),
    path("villages/mongolian/", views.mongolian, name="mongolian"),
    path("villages/<int:pk>/", views.village, name="village-card"),
    path("public/", views.problems, name="problems"),
    path("public/labels/", views.labels, name="labels"),
    path("public/settings/", views.publication, name="publication"),
    path("public/problems/<int:pk>/", views.problem, name="problem"),
    path("public/problems/<int:pk>/photo/", views.photo, name="problem-photo"),
]
