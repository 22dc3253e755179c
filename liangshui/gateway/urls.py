"""Pages that decode: adopting a waiting station, mapping an element, one frame; and commands to stations."""

from django.urls import path

from liangshui.gateway import views
from liangshui.gateway.commands import views as commands
from liangshui.gateway.equipment import views as equipment

urlpatterns = [
    path("stations/waiting/<int:pk>/adopt/", views.waiting_adopt, name="waiting-adopt"),
    path("stations/<int:pk>/map/", views.station_map, name="station-map"),
    path("stations/<int:pk>/command/", commands.station_command, name="station-command"),
    path("stations/new/", equipment.station_new, name="station-new"),
    path("equipment/", equipment.equipment, name="equipment"),
    path("equipment/dtu-kinds/new/", equipment.kind, name="dtu-kind-new"),
    path("equipment/dtu-kinds/<int:pk>/", equipment.kind, name="dtu-kind"),
    path("equipment/dtus/new/", equipment.dtu, name="dtu-new"),
    path("equipment/dtus/<int:pk>/", equipment.dtu, name="dtu"),
    path("equipment/brokers/new/", equipment.broker, name="broker-new"),
    path("equipment/brokers/<int:pk>/", equipment.broker, name="broker"),
    path("equipment/models/<int:pk>/", equipment.model_map, name="device-model"),
    path("commands/", commands.command_list, name="command-list"),
    path("commands/<int:pk>/", commands.command, name="command"),
    path("commands/<int:pk>/decide/", commands.command_decide, name="command-decide"),
    path("commands/<int:pk>/withdraw/", commands.command_withdraw, name="command-withdraw"),
    path("frames/<int:pk>/", views.frame, name="frame"),
]
