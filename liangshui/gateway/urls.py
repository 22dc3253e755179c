"""Pages that decode: adopting a waiting station, mapping an element, one frame; and commands to stations."""

from django.urls import path

from liangshui.gateway import views
from liangshui.gateway.commands import views as commands

urlpatterns = [
    path("stations/waiting/<int:pk>/adopt/", views.waiting_adopt, name="waiting-adopt"),
    path("stations/<int:pk>/map/", views.station_map, name="station-map"),
    path("stations/<int:pk>/command/", commands.station_command, name="station-command"),
    path("commands/", commands.command_list, name="command-list"),
    path("commands/<int:pk>/", commands.command, name="command"),
    path("commands/<int:pk>/decide/", commands.command_decide, name="command-decide"),
    path("commands/<int:pk>/withdraw/", commands.command_withdraw, name="command-withdraw"),
    path("frames/<int:pk>/", views.frame, name="frame"),
]
