"""HOST:PORT as people write it."""

from django.core.management.base import CommandError


def host_and_port(text: str) -> tuple[str, int]:
    """Split `HOST:PORT`; an IPv6 address stands in brackets.

    Raises:
        CommandError: it has another form.
    """
    host, _, port = text.strip().rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise CommandError(f"{text!r} is no address: write HOST:PORT, such as 127.0.0.1:9650")
    return host.strip("[]"), int(port)
