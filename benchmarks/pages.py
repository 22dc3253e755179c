"""How fast pages answer: dashboard, map, list of 20,000 intakes, intake page, ten requests at once, beside /healthz.

Loads a demo banner of 20,000 intakes into a folder of its own (kept in .venv/.bench-pages between runs), serves it as
`liangshui web` does and prints p50 and p95. Aim: p95 under 300 ms on 2 cores.
"""

import os
import platform
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HOME = Path(__file__).resolve().parents[1] / ".venv" / ".bench-pages"
INTAKES = int(os.environ.get("BENCH_INTAKES", "20000"))
REQUESTS, AT_ONCE = 200, 10
ADDRESS = "127.0.0.1:8765"
os.environ |= {
    "LIANGSHUI_HOME": str(HOME),
    "LIANGSHUI_WEB": ADDRESS,
    "DJANGO_SETTINGS_MODULE": "liangshui.web.settings",
}


def main() -> None:
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from liangshui.permits.models import Case
    from liangshui.registry.models import Intake

    if not Intake.objects.exists():
        print(f"loading a demo banner of {INTAKES} intakes ...", flush=True)
        call_command("demo", intakes=INTAKES)
    cookie = session_cookie()
    server = subprocess.Popen([sys.executable, "-m", "liangshui.cli", "web"])
    try:
        wait()
        pk = Intake.objects.order_by("pk").values_list("pk", flat=True)[100]
        case = Case.objects.order_by("pk").values_list("pk", flat=True)[1]
        pages = {
            "/healthz (floor)": "/healthz",
            "first page": "/",
            "map points": "/map/points/",
            "map outlines": "/map/data/",
            "list of intakes": "/intakes/",
            "list, searched": "/intakes/?q=12",
            "list, page 200": "/intakes/?page=200",
            "intake": f"/intakes/{pk}/",
            "intake's account": f"/account/intake/{pk}/",
            "rounds of readings": "/readings/",
            "wells for the phone": "/readings/wells/",
            "tables": "/reports/",
            "register of permits": "/permits/",
            "cases": "/permits/cases/",
            "a case": f"/permits/cases/{case}/",
            "use against permits": "/permits/conditions/",
            "intakes against permits": "/permits/campaign/",
            "what may be granted": "/permits/room/",
            "states of units": "/quota/units/",
            "control indicators": "/quota/indicators/",
        }
        print(
            f"\n{platform.processor() or platform.machine()}, {os.cpu_count()} cores, {Intake.objects.count()} intakes, {AT_ONCE} at once\n"
        )
        print(f"{'page':<22}{'p50 ms':>9}{'p95 ms':>9}{'per s':>8}{'x floor':>9}{'kB':>8}")
        floor = None
        for name, path in pages.items():
            times, took, size = measure(path, cookie)
            p95 = statistics.quantiles(times, n=20)[-1]
            floor = floor or p95
            print(
                f"{name:<22}{statistics.median(times):>9.0f}{p95:>9.0f}{REQUESTS / took:>8.0f}{p95 / floor:>9.1f}{size / 1000:>8.0f}"
            )
    finally:
        server.terminate()
        server.wait(20)


def session_cookie() -> str:
    """A session of the bureau officer, as signing in would make it."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from liangshui.accounts.models import Appointment

    person = Appointment.objects.filter(role="bureau_officer").first().person
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.save()
    return f"sessionid={session.session_key}"


def wait() -> None:
    for _ in range(100):
        try:
            fetch("/healthz", "")
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise SystemExit("the server did not start")


def fetch(path: str, cookie: str) -> tuple[float, int]:
    """Seconds and bytes of one request on a connection of its own."""
    import http.client

    begun = time.perf_counter()
    connection = http.client.HTTPConnection(ADDRESS, timeout=30)
    connection.request("GET", path, headers={"Cookie": cookie, "Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status != 200:
        raise SystemExit(f"{path} answered {answer.status}")
    return time.perf_counter() - begun, len(body)


def measure(path: str, cookie: str) -> tuple[list[float], float, int]:
    fetch(path, cookie)
    begun = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(pool.map(lambda _: fetch(path, cookie), range(REQUESTS)))
    return [seconds * 1000 for seconds, _ in found], time.perf_counter() - begun, found[0][1]


if __name__ == "__main__":
    main()
