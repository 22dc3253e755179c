"""Sign-in, one's own account."""

from django.contrib import messages
from django.contrib.auth import views as auth_views
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse_lazy
from django.utils.translation import gettext as _

from liangshui.records.gate import PUBLIC, SIGNED_IN, needs

sign_in = needs(PUBLIC)(
    auth_views.LoginView.as_view(template_name="accounts/sign_in.html", redirect_authenticated_user=True)
)
sign_out = needs(SIGNED_IN)(auth_views.LogoutView.as_view(next_page="sign-in"))


class _ChangePassword(auth_views.PasswordChangeView):
    template_name = "accounts/password.html"
    success_url = reverse_lazy("home")

    def form_valid(self, form):
        response = super().form_valid(form)
        type(self.request.user).objects.filter(pk=self.request.user.pk).update(must_change_password=False)
        messages.success(self.request, _("Your password was changed."))
        return response


change_password = needs(SIGNED_IN)(_ChangePassword.as_view())


@needs(SIGNED_IN)
def me(request: HttpRequest) -> HttpResponse:
    """Who I am here: my appointments, delegations and rights."""
    return render(request, "accounts/me.html")
