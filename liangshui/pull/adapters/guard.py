"""To whom we may connect. A source is set up by an officer; it must not become a way into what lies behind our own wall."""

import ipaddress
import socket

from django.conf import settings
from django.utils.translation import gettext as _

from liangshui.core.errors import Invalid


def address_of(host: str, port: int) -> str:
    """The IP address of a host, to which the connection is then made: what a name means cannot change in between.

    Public addresses are allowed, and networks named in LIANGSHUI_PULL_NETWORKS.

    Raises:
        Invalid: there is no such host, or its address is not allowed.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError, OSError) as error:
        raise Invalid(_("The host “%(host)s” is not found.") % {"host": host}) from error
    for *_rest, place in found:
        ip = ipaddress.ip_address(place[0])
        if ip.is_global or any(ip in network for network in settings.PULL_NETWORKS if network.version == ip.version):
            return str(ip)
    raise Invalid(
        _(
            "The host “%(host)s” lies in a network of one's own. Let the administrator name the network in LIANGSHUI_PULL_NETWORKS."
        )
        % {"host": host}
    )
