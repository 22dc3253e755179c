from django.urls import path

from liangshui.permits import case_views as cases
from liangshui.permits import drawdown_views as drawdown
from liangshui.permits import register_views as register
from liangshui.permits import views

urlpatterns = [
    path("permits/", register.permit_list, name="permit-list"),
    path("permits/<int:pk>/", register.permit, name="permit"),
    path("permits/enter/", register.permit_enter, name="permit-enter"),
    path("permits/<int:pk>/correct/", register.permit_correct, name="permit-correct"),
    path("permits/<int:pk>/end/", register.permit_end, name="permit-end"),
    path("permits/<int:pk>/restrict/", register.permit_restrict, name="permit-restrict"),
    path("permits/<int:pk>/letter/", register.permit_letter, name="permit-letter"),
    path("permits/<int:pk>/sheet/", register.permit_sheet, name="permit-sheet"),
    path("permits/conditions/", register.condition_list, name="condition-list"),
    path("permits/campaign/", register.campaign, name="campaign"),
    path("permits/rule-change/", register.rule_change, name="rule-change"),
    path("permits/overrides/", register.override_list, name="override-list"),
    path("permits/office/", register.office, name="permit-office"),
    path("permits/letters/", register.letter_forms, name="letter-forms"),
    path("permits/letters/<slug:slug>/", register.letter_form, name="letter-form"),
    path("permits/letters/<slug:slug>/set/", register.letter_form_set, name="letter-form-set"),
    path("permits/room/", views.room, name="room"),
    path("permits/ask/", views.ask, name="ask"),
    path("permits/drawdown/", drawdown.look_ahead, name="drawdown"),
    path("permits/drawdown/figures/", drawdown.figures, name="drawdown-figures"),
    path("permits/cases/", cases.case_list, name="case-list"),
    path("permits/cases/file/", cases.case_file, name="case-file"),
    path("permits/cases/new/", cases.case_new, name="case-new"),
    path("permits/cases/<int:pk>/", cases.case, name="case"),
    path("permits/cases/<int:pk>/form/", cases.case_form, name="case-form"),
    path("permits/cases/<int:pk>/application/<slug:suffix>/", cases.case_application, name="case-application"),
    path("permits/cases/<int:pk>/paper/", cases.case_paper, name="case-paper"),
    path("permits/cases/<int:pk>/gate/", cases.case_gate, name="case-gate"),
    path("permits/cases/<int:pk>/terms/", cases.case_terms, name="case-terms"),
    path("permits/cases/<int:pk>/letter/", cases.case_letter, name="case-letter"),
    path("permits/cases/<int:pk>/do/<slug:act>/", cases.case_step, name="case-step"),
    path("permits/papers/<int:pk>/", cases.casepaper, name="casepaper"),
    path("permits/papers/<int:pk>/back/", cases.casepaper_back, name="casepaper-back"),
    path("permits/steps/<int:pk>/paper/", cases.casestep_paper, name="casestep-paper"),
    path("permits/letter/<int:pk>/", cases.letter, name="letter"),
    path("permits/letter/<int:pk>/serve/", cases.letter_serve, name="letter-serve"),
    path("check/<slug:public>/", register.permit_check, name="permit-check"),
]
