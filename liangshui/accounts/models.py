"""Organisations with people in them, appointed to roles from–to, and delegations between them."""

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from liangshui.accounts.roles import Role
from liangshui.records.models import Dated, Located
from liangshui.registry.models import Division, WaterUser


class OrganisationKind(models.TextChoices):
    """Kinds of organisation that the plan of 2023 names."""

    BUREAU = "bureau", _("water bureau")
    DEPARTMENT = "department", _("department")
    ZONE = "zone", _("development zone")
    TOWN = "town", _("town government")
    VILLAGE = "village", _("village committee")
    ENFORCEMENT = "enforcement", _("enforcement body")
    USER = "user", _("water user")
    SUPERIOR = "superior", _("superior platform")


class Organisation(Located):
    """A body with people in it; its division is the territory of its people."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    kind = models.CharField(_("kind"), max_length=12, choices=OrganisationKind)
    division = models.ForeignKey(Division, models.PROTECT, related_name="organisations", verbose_name=_("territory"))
    water_user = models.ForeignKey(
        WaterUser, models.PROTECT, null=True, blank=True, related_name="organisations", verbose_name=_("water user")
    )
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("organisation")
        ordering = ["division__path", "name"]

    def __str__(self) -> str:
        return self.name


class PersonManager(BaseUserManager["Person"]):
    """Makes people; there are no superusers."""

    def create_user(self, username: str, name: str, password: str | None = None) -> "Person":
        person = self.model(username=self.model.normalize_username(username), name=name)
        person.set_password(password)
        person.save()
        return person


class Person(AbstractUser):
    """Someone who signs in. What they may do comes from their appointments, never from Django's own permissions."""

    first_name = None
    last_name = None
    email = None
    name = models.CharField(_("name"), max_length=60)
    phone = models.CharField(_("phone"), max_length=30, blank=True)
    must_change_password = models.BooleanField(_("must change the password"), default=False)
    columns = models.JSONField(default=dict, editable=False)

    objects = PersonManager()

    REQUIRED_FIELDS = ["name"]
    EMAIL_FIELD = None

    class Meta:
        verbose_name = _("person")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name


class Appointment(Dated):
    """A person in a role of an organisation, from a day to a day."""

    within_division = "organisation__division__path"

    person = models.ForeignKey(Person, models.CASCADE, related_name="appointments", verbose_name=_("person"))
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="appointments", verbose_name=_("organisation")
    )
    role = models.CharField(_("role"), max_length=20, choices=Role)
    document = models.CharField(_("document"), max_length=120, blank=True)

    class Meta(Dated.Meta):
        verbose_name = _("appointment")
        ordering = ["person", "valid_from"]

    def __str__(self) -> str:
        return f"{self.person} {self.get_role_display()}"


class Delegation(Dated):
    """One person acts for another (代理) from a day to a day, with all of the other's appointments."""

    within_division = None

    giver = models.ForeignKey(Person, models.CASCADE, related_name="delegations_given", verbose_name=_("for"))
    taker = models.ForeignKey(Person, models.CASCADE, related_name="delegations_taken", verbose_name=_("acts"))
    reason = models.CharField(_("reason"), max_length=120, blank=True)

    class Meta(Dated.Meta):
        verbose_name = _("delegation")
        constraints = [
            *Dated.Meta.constraints,
            models.CheckConstraint(condition=~Q(giver=F("taker")), name="accounts_delegate_to_another"),
        ]

    def __str__(self) -> str:
        return f"{self.giver} → {self.taker}"


class ApiToken(Located):
    """A machine's key to the API: rights and a territory. Only a digest is kept; the key is shown once."""

    within_division = "division__path"

    name = models.CharField(_("name"), max_length=60, unique=True)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    prefix = models.CharField(_("begins with"), max_length=8, editable=False)
    rights = models.JSONField(_("rights"), default=list)
    division = models.ForeignKey(Division, models.PROTECT, related_name="+", verbose_name=_("territory"))
    expires_on = models.DateField(_("valid until"), null=True, blank=True)
    active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("issued"), auto_now_add=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("API token")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class AccessRecord(models.Model):
    """One page or API call by a signed-in person or token (访问日志), kept at least six months."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(_("at"), db_index=True)
    who = models.CharField(_("who"), max_length=60)
    person = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    address = models.CharField(_("address"), max_length=45)
    method = models.CharField(_("method"), max_length=8)
    path = models.CharField(_("page"), max_length=200)
    status = models.PositiveSmallIntegerField(_("answer"))

    class Meta:
        verbose_name = _("access record")
        ordering = ["-at"]
