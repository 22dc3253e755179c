"""Making an installation: its county with divisions, the bureau, and the first administrator."""

import secrets

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from liangshui.accounts.models import Appointment, Organisation, OrganisationKind, Person
from liangshui.accounts.roles import Role
from liangshui.core.access import SYSTEM
from liangshui.core.errors import Invalid
from liangshui.records.installation import Installation, installation
from liangshui.registry.models import Division
from liangshui.registry.services import load_county


def setup_code() -> str:
    """The code that the set-up page asks for, so that only who can read the installation's folder sets it up."""
    path = settings.HOME / "setup-code"
    if not path.exists():
        path.write_text(secrets.token_hex(4))
        path.chmod(0o600)
    return path.read_text().strip()


@transaction.atomic
def set_up(county_code: str, username: str, name: str, password: str) -> Person:
    """Make an installation without data: the county's divisions, its bureau, and a security administrator.

    The security administrator appoints everybody else; administrators see no water data.

    Raises:
        Invalid: it is set up already, the county's divisions are not known, or the password is too weak.
    """
    if installation():
        raise Invalid(_("This installation is set up already."))
    if not Division.objects.filter(code=county_code).exists():
        load_county(SYSTEM, county_code)
    county = Division.objects.get(code=county_code)
    person = Person(username=username, name=name)
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages), field="password") from error
    person.set_password(password)
    person.save()
    bureau, _made = Organisation.objects.get_or_create(
        name=_("Water Bureau of %(county)s") % {"county": county.name},
        defaults={"kind": OrganisationKind.BUREAU, "division": county},
    )
    Appointment.objects.create(
        person=person, organisation=bureau, role=Role.SECURITY_ADMIN, valid_from=timezone.localdate()
    )
    Installation.objects.create(county_code=county.code, county_name=county.name)
    (settings.HOME / "setup-code").unlink(missing_ok=True)
    return person
