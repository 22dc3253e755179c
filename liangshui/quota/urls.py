"""Pages of the red lines."""

from django.urls import path

from liangshui.quota import indicator_views, split_views, transfer_views, views

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
    path("quota/upload/", views.upload, name="quota-upload"),
    path("quota/download/", views.download, name="quota-download"),
    path("quota/figures/", views.figures, name="six-figures"),
    path("quota/ledger/", views.ledger, name="quota-ledger"),
    path("quota/<str:source_kind>/<str:code>/", views.node, name="quota-node"),
]
