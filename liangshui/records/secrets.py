"""Passwords and keys of what is asked elsewhere (sources, brokers), encrypted with a key that is made of the installation's own."""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.utils.translation import gettext as _

from liangshui.core.errors import Invalid


def _box() -> Fernet:
    key = hashlib.sha256(b"liangshui secrets\x00" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))


def sealed(text: str) -> str:
    """Encrypted; "" stays ""."""
    return _box().encrypt(text.encode()).decode() if text else ""


def opened(text: str) -> str:
    """What was sealed.

    Raises:
        Invalid: the installation has another key now.
    """
    if not text:
        return ""
    try:
        return _box().decrypt(text.encode()).decode()
    except InvalidToken as error:
        raise Invalid(
            _("The kept password cannot be read: the installation has another key. Enter it again.")
        ) from error
