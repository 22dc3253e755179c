"""Pages of what is pulled."""

from django.urls import path

from liangshui.pull import views

urlpatterns = [
    path("pull/", views.sources, name="pull"),
    path("pull/new/", views.edit, name="pull-new"),
    path("pull/<int:pk>/", views.source, name="pullsource"),
    path("pull/<int:pk>/change/", views.edit, name="pullsource-change"),
    path("pull/<int:pk>/act/", views.act, name="pullsource-act"),
]
