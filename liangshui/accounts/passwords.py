"""Password rules whose words are ours: Django's catalogue lacks the Chinese of its newest sentences."""

from django.contrib.auth import password_validation
from django.utils.translation import gettext as _


class MinimumLength(password_validation.MinimumLengthValidator):
    """At least so many characters."""

    def get_error_message(self) -> str:
        return _("The password is too short; it needs at least %(n)s characters.") % {"n": self.min_length}

    def get_help_text(self) -> str:
        return _("At least %(n)s characters.") % {"n": self.min_length}
