"""The web application, for granian: ready before the first request, and its lasting objects out of the collector's way."""

import gc
import os

from django.conf import settings
from django.core.cache import caches
from django.core.wsgi import get_wsgi_application
from django.template.loader import get_template
from django.urls import get_resolver
from granian.utils.proxies import wrap_wsgi_with_proxy_headers

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "liangshui.web.settings")
application = wrap_wsgi_with_proxy_headers(get_wsgi_application(), settings.PROXIES)
caches["shared"].clear()  # an older version may have kept its boards in another shape
_ = get_resolver().url_patterns, get_template("base.html")
gc.collect()
gc.freeze()
gc.set_threshold(50_000, 20, 20)  # a page makes thousands of objects that its end frees without a collector
