"""Pages that belong to no single room: the first page, the search over everything, and the operators' doors."""

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from liangshui.records.gate import PUBLIC, SIGNED_IN, needs


@needs(SIGNED_IN)
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "home.html")


@needs(SIGNED_IN)
def search(request: HttpRequest) -> HttpResponse:
    return render(request, "found.html", {})


@needs(PUBLIC)
def healthz(request: HttpRequest) -> JsonResponse:
    """Answers if the web process lives and its database answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})
