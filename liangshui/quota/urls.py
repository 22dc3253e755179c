"""Pages of the red lines."""

from django.urls import path

from liangshui.quota import indicator_views, proposal_views, split_views, transfer_views, unit_views, views

urlpatterns = [
    path("quota/", views.overview, name="quota"),
    path("quota/allot/", views.allot, name="quota-allot"),
    path("quota/split/", split_views.split, name="quota-split"),
    path("quota/indicators/", indicator_views.listed, name="indicators"),
    path("quota/indicators/new/", indicator_views.choose, name="indicators-new"),
    path("quota/indicators/new/<slug:kind>/", indicator_views.new, name="indicators-new-kind"),
    path("quota/indicators/<int:pk>/", indicator_views.one_indicator, name="indicator"),
    path("quota/indicators/<int:pk>/correct/", indicator_views.correct, name="indicator-correct"),
    path("quota/transfers/", transfer_views.listed, name="transfers"),
    path("quota/transfers/new/", transfer_views.new, name="transfers-new"),
    path("quota/transfers/<int:pk>/", transfer_views.one_transfer, name="transfer"),
    path("quota/transfers/<int:pk>/decide/", transfer_views.decide, name="transfer-decide"),
    path("quota/transfers/<int:pk>/withdraw/", transfer_views.withdraw, name="transfer-withdraw"),
    path("quota/proposals/", proposal_views.listed, name="proposals"),
    path("quota/proposals/<int:pk>/", proposal_views.proposal, name="proposal"),
    path("quota/proposals/<int:pk>/decide/", proposal_views.decide, name="proposal-decide"),
    path("quota/proposals/<int:pk>/withdraw/", proposal_views.withdraw, name="proposal-withdraw"),
    path("quota/proposals/<int:pk>/paper/", proposal_views.paper, name="proposal-paper"),
    path("quota/upload/", views.upload, name="quota-upload"),
    path("quota/download/", views.download, name="quota-download"),
    path("quota/figures/", views.figures, name="six-figures"),
    path("quota/ledger/", views.ledger, name="quota-ledger"),
    path("quota/units/", unit_views.unit_list, name="unit-states"),
    path("quota/units/levels/", unit_views.unit_levels, name="unit-levels"),
    path("quota/units/<int:pk>/", unit_views.unit, name="unit-state"),
    path("quota/units/<int:pk>/well/", unit_views.unit_well_new, name="unit-well-new"),
    path("quota/units/<int:pk>/well/end/", unit_views.unit_well_end, name="unit-well-end"),
    path("quota/units/<int:pk>/reading/", unit_views.unit_reading_new, name="unit-reading-new"),
    path("quota/units/<int:pk>/indicator/", unit_views.unit_indicator_new, name="unit-indicator-new"),
    path("quota/units/<int:pk>/order/", unit_views.unit_order_new, name="unit-order-new"),
    path("quota/units/<int:pk>/order/end/", unit_views.unit_order_end, name="unit-order-end"),
    path("quota/units/<int:pk>/release/", unit_views.unit_release_new, name="unit-release-new"),
    path("quota/units/<int:pk>/decide/", unit_views.unit_decide, name="unit-decide"),
    path("quota/orders/<int:pk>/paper/", unit_views.order_paper, name="order-paper"),
    path("quota/<str:source_kind>/<str:code>/", views.node, name="quota-node"),
]
