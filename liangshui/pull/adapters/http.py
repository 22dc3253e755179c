"""Asking an HTTP service that answers JSON, page by page."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

import httpx
from django.utils.translation import gettext as _

from liangshui.core.errors import Invalid
from liangshui.pull.adapters.guard import address_of
from liangshui.pull.rules.mapping import Http, dig, written

TIMEOUT = httpx.Timeout(30.0, connect=10.0)
MOST_BYTES = 50 * 2**20
MOST_PAGES = 1000


def rows_of(mapping: Http, secret: str, since: datetime, until: datetime) -> Iterator[list[Any]]:
    """Rows, a list a page.

    Raises:
        Invalid: the service cannot be reached, answers with an error, or with something else than JSON; says what.
    """
    zone = mapping.meaning.zone
    values = {"since": written(since, mapping.since_format, zone), "until": written(until, mapping.since_format, zone)}
    address = mapping.address
    for name, value in values.items():
        address = address.replace("{" + name + "}", urlencode({"": value})[1:])
    page, cursor = mapping.first_page, ""
    with httpx.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=False) as client:
        for _number in range(MOST_PAGES):
            asked = address
            if mapping.paging == "page":
                asked = _with(address, mapping.page_parameter, str(page))
            elif mapping.paging == "cursor" and cursor:
                asked = _with(address, mapping.page_parameter, cursor)
            answer = _ask(client, mapping, secret, asked)
            rows = dig(answer, mapping.rows)
            if not isinstance(rows, list):
                raise Invalid(_("The answer has no list at “%(path)s”.") % {"path": mapping.rows or "."})
            yield rows
            following = dig(answer, mapping.next_path) if mapping.next_path else None
            if mapping.paging == "page":
                page += 1
                if not rows:
                    return
            elif mapping.paging == "next" and following:
                address = urljoin(address, str(following))
                if urlsplit(address).netloc != urlsplit(mapping.address).netloc:
                    raise Invalid(_("The service sends us to another host; that is not followed."))
            elif mapping.paging == "cursor" and following:
                cursor = str(following)
            else:
                return
    raise Invalid(_("More than %(n)s pages: narrow what is asked.") % {"n": MOST_PAGES})


def _with(address: str, name: str, value: str) -> str:
    parts = urlsplit(address)
    query = [(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if k != name]
    return urlunsplit(parts._replace(query=urlencode([*query, (name, value)])))


def _ask(client: httpx.Client, mapping: Http, secret: str, address: str) -> Any:
    parts = urlsplit(address)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    ip = address_of(host, port)
    place = f"[{ip}]" if ":" in ip else ip
    if mapping.auth != "none" and not secret:
        raise Invalid(_("The service wants a key or password, and none is kept here."))
    headers = {"Host": parts.netloc.rpartition("@")[2], "Accept": "application/json", **mapping.headers}
    auth = None
    if mapping.auth == "bearer":
        headers["Authorization"] = f"Bearer {secret}"
    elif mapping.auth == "header":
        headers[mapping.auth_header] = secret
    elif mapping.auth == "basic":
        name, _colon, password = secret.partition(":")
        auth = httpx.BasicAuth(name, password)
    pinned = urlunsplit(parts._replace(netloc=f"{place}:{port}"))
    try:
        with client.stream("GET", pinned, headers=headers, auth=auth, extensions={"sni_hostname": host}) as answer:
            if answer.is_redirect:
                raise Invalid(
                    _("The service sends us to another address; that is not followed. Enter the address itself.")
                )
            if answer.status_code >= 400:
                raise Invalid(_("The service answers with error %(code)s.") % {"code": answer.status_code})
            content = bytearray()
            for part in answer.iter_bytes():
                content += part
                if len(content) > MOST_BYTES:
                    raise Invalid(_("The answer is larger than 50 MB: narrow what is asked."))
    except httpx.TimeoutException as error:
        raise Invalid(_("The service did not answer in time.")) from error
    except httpx.HTTPError as error:
        raise Invalid(_("The service cannot be reached: %(why)s") % {"why": type(error).__name__}) from error
    try:
        return json.loads(content)
    except ValueError as error:
        raise Invalid(_("The answer is no JSON.")) from error
