"""Pages of the ledger, its imports, and the one map."""

from django.urls import path

from liangshui.registry import import_views as imports
from liangshui.registry import map_views, views, zone_views

urlpatterns = [
    path("intakes/", views.intake_list, name="intake-list"),
    path("intakes/new/", views.intake_new, name="intake-new"),
    path("intakes/ledger/", imports.ledger_export, name="ledger-export"),
    path("intakes/<int:pk>/", views.intake, name="intake"),
    path("intakes/<int:pk>/edit/", views.intake_edit, name="intake-edit"),
    path("intakes/<int:pk>/attribution/", views.intake_attribute, name="intake-attribute"),
    path("intakes/<int:pk>/owner/", views.intake_owner, name="intake-owner"),
    path("intakes/<int:pk>/meter/", views.intake_meter, name="intake-meter"),
    path("intakes/<int:pk>/meter/verification/", views.intake_verification, name="intake-verification"),
    path("intakes/<int:pk>/power/", views.intake_power, name="intake-power"),
    path("intakes/<int:pk>/shares/", views.intake_shares, name="intake-shares"),
    path("intakes/<int:pk>/seal/", views.intake_seal, name="intake-seal"),
    path("users/", views.user_list, name="user-list"),
    path("users/new/", views.user_new, name="user-new"),
    path("users/<int:pk>/", views.user, name="user"),
    path("users/<int:pk>/edit/", views.user_edit, name="user-edit"),
    path("users/<int:pk>/area/", views.user_area, name="user-area"),
    path("projects/", views.project_list, name="project-list"),
    path("projects/new/", views.project_new, name="project-new"),
    path("projects/<int:pk>/", views.project, name="project"),
    path("projects/<int:pk>/edit/", views.project_edit, name="project-edit"),
    path("projects/<int:pk>/owner/", views.project_owner, name="project-owner"),
    path("supply/<int:pk>/end/", views.supply_end, name="supply-end"),
    path("pick/<str:what>/", views.pick, name="pick"),
    path("imports/", imports.import_list, name="import-list"),
    path("imports/new/", imports.import_new, name="import-new"),
    path("imports/<int:pk>/", imports.import_page, name="import"),
    path("imports/<int:pk>/progress/", imports.import_progress, name="import-progress"),
    path("imports/<int:pk>/take/", imports.import_take, name="import-take"),
    path("imports/<int:pk>/again/", imports.import_again, name="import-again"),
    path("imports/<int:pk>/back/", imports.import_take_back, name="import-take-back"),
    path("imports/<int:pk>/read-again/", imports.import_read_again, name="import-read-again"),
    path("imports/<int:pk>/drop/", imports.import_drop, name="import-drop"),
    path("imports/<int:pk>/marked/", imports.import_marked, name="import-marked"),
    path("imports/sample/", imports.sample, name="import-sample"),
    path("imports/template/", imports.template, name="import-template"),
    path("zones/", zone_views.listed, name="zone-list"),
    path("zones/new/", zone_views.new, name="zone-new"),
    path("zones/<int:pk>/", zone_views.zone, name="zone"),
    path("zones/<int:pk>/change/", zone_views.change, name="zone-change"),
    path("zones/<int:pk>/end/", zone_views.end, name="zone-end"),
    path("zones/proposals/", zone_views.proposals, name="zone-proposals"),
    path("zones/proposals/<int:pk>/", zone_views.proposal, name="zone-proposal"),
    path("zones/proposals/<int:pk>/paper/", zone_views.paper, name="zone-proposal-paper"),
    path("zones/proposals/<int:pk>/decide/", zone_views.decide, name="zone-proposal-decide"),
    path("zones/proposals/<int:pk>/withdraw/", zone_views.withdraw, name="zone-proposal-withdraw"),
    path("map/", map_views.map_page, name="map"),
    path("map/data/", map_views.map_data, name="map-data"),
    path("map/points/", map_views.map_points, name="map-points"),
    path("map/card/<int:pk>/", map_views.map_card, name="map-card"),
    *[
        route
        for name, simple in views.SIMPLE.items()
        for route in (
            path(f"{simple.folder}/", simple.list_page, name=f"{name}-list"),
            path(f"{simple.folder}/new/", simple.new_page, name=f"{name}-new"),
            path(f"{simple.folder}/<int:pk>/", simple.edit_page, name=f"{name}-edit"),
        )
    ],
]
