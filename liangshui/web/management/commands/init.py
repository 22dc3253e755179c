"""`liangshui init [--county 150625] [--demo]`: make an installation in LIANGSHUI_HOME."""

import secrets

from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command

from liangshui.core.errors import LiangshuiError
from liangshui.records.installation import installation


class Command(BaseCommand):
    help = (
        "Make an installation: database, the county's divisions and the first administrator; --demo: the demo banner."
    )

    def add_arguments(self, parser):
        parser.add_argument("--county", default="150625", help="code of the county (default 150625)")
        parser.add_argument("--demo", action="store_true", help="the invented demo banner instead of a real county")
        parser.add_argument("--admin", default="admin", help="user name of the first administrator")

    def handle(self, county, demo, admin, **_options):
        from liangshui.web.setup import set_up

        call_command("migrate", verbosity=0, interactive=False)
        found = installation()
        if found:
            raise CommandError(
                f"{settings.HOME} already serves {found.county_name} ({found.county_code}). Choose another LIANGSHUI_HOME."
            )
        if demo:
            call_command("demo")
            return
        password = secrets.token_urlsafe(9)
        try:
            person = set_up(county, admin, admin, password)
        except LiangshuiError as error:
            raise CommandError(error.message) from error
        type(person).objects.filter(pk=person.pk).update(must_change_password=True)
        self.stdout.write(f"Installation made in {settings.HOME}")
        self.stdout.write(
            f"First administrator (appoints the others): {admin}  password: {password}  (to be changed at first sign-in)"
        )
