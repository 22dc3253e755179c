from django.urls import path

from liangshui.permits import drawdown_views, views

urlpatterns = [
    path("permits/room/", views.room, name="room"),
    path("permits/ask/", views.ask, name="ask"),
    path("permits/drawdown/", drawdown_views.look_ahead, name="drawdown"),
    path("permits/drawdown/figures/", drawdown_views.figures, name="drawdown-figures"),
]
