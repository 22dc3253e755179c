from django.urls import path

from liangshui.parameters import views

urlpatterns = [
    path("law/", views.law_list, name="law"),
    path("law/figures/", views.figure_list, name="own-figures"),
    path("law/figures/<int:pk>/", views.figure, name="own-figure"),
    path("law/figures/<int:pk>/paper/", views.figure_paper, name="own-figure-paper"),
    path("law/figures/<int:pk>/decide/", views.figure_decide, name="own-figure-decide"),
    path("law/figures/<int:pk>/withdraw/", views.figure_withdraw, name="own-figure-withdraw"),
    path("law/<str:rule>/", views.rule, name="law-rule"),
    path("law/<str:rule>/enter/", views.figure_new, name="own-figure-new"),
]
