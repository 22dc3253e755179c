"""Pages of sign-in, of people, and of the trails."""

from django.urls import path

from liangshui.accounts import views

urlpatterns = [
    path("sign-in/", views.sign_in, name="sign-in"),
    path("sign-out/", views.sign_out, name="sign-out"),
    path("me/", views.me, name="me"),
    path("me/password/", views.change_password, name="change-password"),
    path("me/delegate/", views.delegate, name="delegate"),
    path("delegations/<int:pk>/end/", views.delegation_end, name="delegation-end"),
    path("people/", views.people, name="people"),
    path("people/new/", views.person_new, name="person-new"),
    path("people/<int:pk>/", views.person, name="person"),
    path("people/<int:pk>/edit/", views.person_edit, name="person-edit"),
    path("people/<int:pk>/appoint/", views.appoint, name="appoint"),
    path("people/<int:pk>/delegate/", views.person_delegate, name="person-delegate"),
    path("people/<int:pk>/hand-over/", views.hand_over, name="hand-over"),
    path("people/<int:pk>/unlock/", views.unlock, name="unlock"),
    path("people/<int:pk>/password/", views.reset_password, name="reset-password"),
    path("people/<int:pk>/deactivate/", views.deactivate, name="deactivate"),
    path("appointments/<int:pk>/end/", views.appointment_end, name="appointment-end"),
    path("organisations/", views.organisation_list, name="organisation-list"),
    path("organisations/new/", views.organisation_new, name="organisation-new"),
    path("organisations/<int:pk>/", views.organisation, name="organisation"),
    path("organisations/<int:pk>/edit/", views.organisation_edit, name="organisation-edit"),
    path("security/", views.security, name="security"),
    path("tokens/", views.token_list, name="token-list"),
    path("tokens/new/", views.token_new, name="token-new"),
    path("tokens/<int:pk>/", views.token, name="token"),
    path("audit/", views.audit, name="audit"),
    path("access-log/", views.access_log, name="access-log"),
]
