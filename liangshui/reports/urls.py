"""Pages of tables for superiors."""

from django.urls import path

from liangshui.reports import foreign_views, views

urlpatterns = [
    path("reports/", views.tables, name="reports"),
    path("reports/new/", views.new, name="table-new"),
    path("reports/ready/<slug:slug>/", views.ready, name="table-ready"),
    path("reports/brief/", foreign_views.brief, name="brief"),
    path("reports/exports/", foreign_views.exports, name="exports"),
    path("reports/exports/new/", foreign_views.export_new, name="export-new"),
    path("reports/exports/<int:pk>/", foreign_views.export, name="export"),
    path("reports/<int:pk>/", views.table, name="table"),
    path("reports/<int:pk>/settings/", views.settings, name="table-settings"),
    path("reports/<int:pk>/map/", views.mapping, name="table-map"),
    path("reports/<int:pk>/mapping/", views.mapping_file, name="table-mapping"),
    path("reports/<int:pk>/workbook/", views.workbook, name="table-workbook"),
    path("reports/<int:pk>/fill/", views.fill, name="table-fill"),
    path("reports/filled/<int:pk>/", views.filling, name="filling"),
    path("reports/filled/<int:pk>/cell/", views.cell, name="filling-cell"),
    path("reports/filled/<int:pk>/file/", views.file, name="filling-file"),
    path("reports/filled/<int:pk>/differences/", views.differences, name="filling-differences"),
    path("reports/filled/<int:pk>/issue/", views.issue, name="filling-issue"),
    path("reports/filled/<int:pk>/correct/", views.correct, name="filling-correct"),
    path("reports/filled/<int:pk>/drop/", views.drop, name="filling-drop"),
]
