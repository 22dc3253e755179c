from django.urls import path

from liangshui.permits import views

urlpatterns = [
    path("permits/room/", views.room, name="room"),
    path("permits/ask/", views.ask, name="ask"),
]
