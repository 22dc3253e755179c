from django.urls import path

from liangshui.conformity import views

urlpatterns = [
    path("conformity/", views.plan_list, name="conformity"),
    path("conformity/new/", views.plan_new, name="conformity-new"),
    path("conformity/expansion/", views.expansion, name="expansion"),
    path("conformity/answer/", views.answer, name="answer"),
    path("conformity/answer/paper.pdf", views.answer_paper, {"kind": "pdf"}, name="answer-pdf"),
    path("conformity/answer/paper.docx", views.answer_paper, {"kind": "docx"}, name="answer-docx"),
    path("conformity/studies/", views.study_list, name="study-list"),
    path("conformity/studies/new/", views.study_new, name="study-new"),
    path("conformity/studies/<int:pk>/", views.study, name="study"),
    path("conformity/studies/<int:pk>/hand-in/", views.study_hand_in, name="study-hand-in"),
    path("conformity/studies/<int:pk>/case/", views.study_case, name="study-case"),
    path("conformity/studies/<int:pk>/review/", views.study_review, name="study-review"),
    path("conformity/studies/<int:pk>/figure/", views.study_figure_new, name="study-figure-new"),
    path("conformity/studies/figures/<int:pk>/", views.study_figure_take, name="study-figure-take"),
    path("conformity/studies/steps/<int:pk>/paper/", views.study_paper, name="study-step-paper"),
    path("conformity/<int:pk>/", views.plan, name="conformity-plan"),
    path("conformity/<int:pk>/edit/", views.plan_edit, name="conformity-edit"),
    path("conformity/<int:pk>/line/", views.line_new, name="conformity-line-new"),
    path("conformity/<int:pk>/report.pdf", views.plan_paper, {"kind": "pdf"}, name="conformity-pdf"),
    path("conformity/<int:pk>/report.docx", views.plan_paper, {"kind": "docx"}, name="conformity-docx"),
    path("conformity/lines/<int:pk>/", views.line_edit, name="conformity-line-edit"),
    path("conformity/lines/<int:pk>/drop/", views.line_drop, name="conformity-line-drop"),
]
