"""Permits and the cases that lead to them: what was applied for, each step, each decision, each paper."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from liangshui.permits.aquifer_models import AquiferFigures  # noqa: F401  (Django finds models here)
from liangshui.permits.rules.campaign import Sorted
from liangshui.permits.rules.filing import What
from liangshui.permits.rules.gate import Use
from liangshui.permits.rules.life import CLOSED, Act, Kind, State
from liangshui.permits.words import ACTS, FILINGS, KINDS, LETTERS, SORTED, STATES, USES, act_words, state_words
from liangshui.quota.models import Norm
from liangshui.records.fields import VolumeField
from liangshui.records.models import PERSON, Dated, Located, Responsible
from liangshui.registry.codes import IntakeKind, SourceKind
from liangshui.registry.models import PLACE, Division, Intake, ManagementUnit, Project, WaterUser

ROOM = "permits"
"""Where its papers are kept (records/papers.py)."""

BY = settings.AUTH_USER_MODEL
ORGANISATION = "accounts.Organisation"
DEPTH = {"max_digits": 7, "decimal_places": 2, "null": True, "blank": True}


class Permit(Located):
    """A permit (取水许可证) of an abstraction project. The number is kept as text, as it was given. `intakes`: those that it names; none:
    the register does not know which."""

    within_division = "project__division__path"
    within_user = "project__user"

    class End(models.TextChoices):
        EXPIRED = "expired", _("expired and not renewed")
        CANCELLED = "cancelled", _("cancelled")
        DISUSED = "disused", _("cancelled for disuse")
        ENDED_BODY = "ended_body", _("cancelled since its holder ended")
        REVOKED = "revoked", _("revoked as a penalty")
        WITHDRAWN = "withdrawn", _("withdrawn in the public interest")
        ANNULLED = "annulled", _("annulled")
        REPLACED = "replaced", _("replaced by another number")

    number = models.CharField(_("permit number"), max_length=40, unique=True)
    project = models.ForeignKey(Project, models.PROTECT, related_name="permits", verbose_name=_("abstraction project"))
    office = models.CharField(_("issuing office"), max_length=60, blank=True)
    check_code = models.CharField(_("code of the check page"), max_length=12, unique=True)
    issued_on = models.DateField(_("issued on"), null=True, blank=True)
    ended_on = models.DateField(_("ended on"), null=True, blank=True)
    end = models.CharField(_("why it ended"), max_length=12, choices=End, blank=True)
    end_document = models.CharField(_("document"), max_length=120, blank=True)
    end_words = models.CharField(_("reason"), max_length=300, blank=True)
    intakes = models.ManyToManyField(
        Intake, related_name="permits", blank=True, verbose_name=_("intakes that it names")
    )

    class Meta:
        verbose_name = _("permit")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["project"], condition=Q(ended_on__isnull=True), name="permits_one_permit_a_project"
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True, end="") | Q(ended_on__isnull=False) & ~Q(end=""),
                name="permits_an_end_has_its_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def words(self) -> list["PermitVersion"]:
        """All that it said, says and will say, by day."""
        return sorted(self.versions.all(), key=lambda v: (v.valid_from, v.pk))

    def words_on(self, day: date) -> "PermitVersion | None":
        """What it says on a day; before its first day what it will say, after its end what it said last; None: nothing is known."""
        found = self.words
        held = [v for v in found if v.valid_from <= day and (v.valid_to is None or v.valid_to > day)]
        coming = [v for v in found if v.valid_from > day]
        return next((v[0] for v in (held, coming, found[-1:]) if v), None)


class PermitVersion(Dated):
    """What a permit says from a day on (载明事项, 取水条例 24); a change, renewal, transfer or restriction begins another version.

    `months_m3`: twelve volumes as text, empty where the permit sets none. `conditions`: what else it asks for, a sentence each.
    `valid_from` is when these words begin to count, `expires` the last day of the permit's term. What is known to come, as the next term
    of a renewed permit, or the end of a restriction, is a version that begins on its day. While a permit is restricted, `whole_m3` is
    what it allows without; None: it is not restricted; `told_on`, or else `urgent`, say how the user came to know of it before.
    """

    within_division = "permit__project__division__path"
    within_user = "holder"

    class Origin(models.TextChoices):
        STOCK = "stock", _("from the stock of before")
        ISSUED = "issued", _("permit issued")
        CHANGED = "changed", pgettext_lazy("permit", "changed")
        RENEWED = "renewed", _("renewed")
        TRANSFERRED = "transferred", _("transferred")
        RESTRICTED = "restricted", _("restricted")
        LIFTED = "lifted", _("restriction over")
        CORRECTED = "corrected", _("corrected by hand")

    permit = models.ForeignKey(Permit, models.CASCADE, related_name="versions", verbose_name=_("permit"))
    origin = models.CharField(_("how it came"), max_length=12, choices=Origin)
    case = models.ForeignKey(
        "Case", models.PROTECT, null=True, blank=True, related_name="versions", verbose_name=_("case")
    )
    holder = models.ForeignKey(WaterUser, models.PROTECT, related_name="permit_versions", verbose_name=_("holder"))
    volume_m3 = VolumeField(_("permitted volume a year, m³"), null=True, blank=True)
    whole_m3 = VolumeField(_("without the restriction, m³ a year"), null=True, blank=True)
    ground = models.CharField(_("ground of the restriction"), max_length=20, blank=True)
    words = models.CharField(_("reason of the restriction"), max_length=300, blank=True)
    told_on = models.DateField(_("user told in writing on"), null=True, blank=True)
    urgent = models.CharField(_("why it could not wait for a notice"), max_length=300, blank=True)
    begins = models.DateField(_("term from"), null=True, blank=True)
    expires = models.DateField(_("term to"), null=True, blank=True)
    source = models.CharField(_("source"), max_length=20, choices=SourceKind, blank=True)
    use = models.CharField(_("use"), max_length=12, choices=[(u.value, USES[u]) for u in Use], blank=True)
    purpose = models.CharField(_("purpose"), max_length=120, blank=True)
    months_m3: Any = models.JSONField(_("volume by month, m³"), default=list, blank=True)
    return_place = models.CharField(_("place of return"), max_length=120, blank=True)
    return_m3 = VolumeField(_("return a year, m³"), null=True, blank=True)
    level_station = models.ForeignKey(
        "telemetry.Station",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("station whose depth restricts"),
    )
    warn_m = models.DecimalField(_("warned from a depth of, m"), **DEPTH)
    reduce_m = models.DecimalField(_("reduced from a depth of, m"), **DEPTH)
    stop_m = models.DecimalField(_("stopped from a depth of, m"), **DEPTH)
    resume_m = models.DecimalField(_("resumed when the depth is down to, m"), **DEPTH)
    reduced_m3_day = VolumeField(_("while reduced, m³ a day"), null=True, blank=True)
    conditions: Any = models.JSONField(_("further conditions"), default=list, blank=True)
    document = models.CharField(_("document"), max_length=120, blank=True)
    entered_at = models.DateTimeField(_("entered"), auto_now_add=True)

    class Meta(Dated.Meta):
        verbose_name = _("version of a permit")
        ordering = ["permit", "valid_from"]
        constraints = [
            *Dated.Meta.constraints,
            models.UniqueConstraint(fields=["permit"], condition=Q(valid_to=None), name="permits_one_version"),
            models.CheckConstraint(
                condition=Q(volume_m3__isnull=True) | Q(volume_m3__gte=0), name="permits_no_less_than_nothing"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.permit_id} {self.valid_from}"

    @property
    def unrestricted_m3(self) -> Decimal | None:
        """What it allows a year apart from a restriction."""
        found: Decimal | None = self.volume_m3 if self.whole_m3 is None else self.whole_m3
        return found

    @property
    def restricted(self) -> bool:
        return self.whole_m3 is not None


class PermitEnd(Located):
    """A revocation (吊销) or annulment (撤销) that one officer proposes, with the file of the decision, and another confirms."""

    within_division = "permit__project__division__path"
    within_user = "permit__project__user"

    permit = models.ForeignKey(Permit, models.CASCADE, related_name="proposed_ends", verbose_name=_("permit"))
    end = models.CharField(_("why it ends"), max_length=12, choices=Permit.End)
    day = models.DateField(_("day"))
    words = models.CharField(_("reason"), max_length=300)
    document = models.CharField(_("document"), max_length=120)
    paper = models.CharField(_("file"), max_length=60)
    entered_at = models.DateTimeField(_("entered"), auto_now_add=True)
    entered_by = models.ForeignKey(BY, verbose_name=_("by"), **PERSON)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.ForeignKey(BY, verbose_name=_("decided by"), **PERSON)
    confirmed = models.BooleanField(_("confirmed"), null=True, blank=True)

    class Meta:
        verbose_name = _("proposed end of a permit")
        ordering = ["-entered_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["permit"], condition=Q(decided_at__isnull=True), name="permits_one_end_proposed"
            )
        ]

    def __str__(self) -> str:
        return f"{self.permit_id} {self.end}"


class Keeping(Located):
    """The authority's consent that a permit is kept though nothing was taken for two years (取水条例 44), until a day."""

    within_division = "permit__project__division__path"
    within_user = "permit__project__user"

    class Why(models.TextChoices):
        FORCE_MAJEURE = "force_majeure", _("force majeure")
        REFIT = "refit", _("major technical refit")

    permit = models.ForeignKey(Permit, models.CASCADE, related_name="keepings", verbose_name=_("permit"))
    why = models.CharField(_("why it is kept"), max_length=15, choices=Why)
    words = models.CharField(_("reason"), max_length=300)
    document = models.CharField(_("document"), max_length=120)
    until = models.DateField(_("kept until"))
    at = models.DateTimeField(_("entered"), auto_now_add=True)
    by = models.ForeignKey(BY, verbose_name=_("by"), **PERSON)

    class Meta:
        verbose_name = _("consent to keep a permit")
        ordering = ["-until", "-pk"]

    def __str__(self) -> str:
        return f"{self.permit_id} {self.until}"


class ConditionFinding(Located):
    """A condition that a permit did not keep, as the daily look found it: from the first day to the last, with its last figures."""

    within_division = "permit__project__division__path"
    within_user = "permit__project__user"

    permit = models.ForeignKey(Permit, models.CASCADE, related_name="findings", verbose_name=_("permit"))
    year = models.PositiveSmallIntegerField(_("year"))
    code = models.CharField(_("condition"), max_length=20)
    what = models.CharField(_("month or kind"), max_length=20, blank=True)
    verdict = models.CharField(_("verdict"), max_length=12)
    limit_m3 = VolumeField(_("limit, m³"), null=True, blank=True)
    volume_m3 = VolumeField(_("taken, m³"), null=True, blank=True)
    over_m3 = VolumeField(_("exceeded for certain by, m³"), null=True, blank=True)
    opened_on = models.DateField(_("found first"))
    seen_on = models.DateField(_("seen last"))
    gone_on = models.DateField(_("gone since"), null=True, blank=True)

    class Meta:
        verbose_name = _("finding about a condition")
        ordering = ["-opened_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["permit", "year", "code", "what"],
                condition=Q(gone_on__isnull=True),
                name="permits_one_open_finding",
            )
        ]

    def __str__(self) -> str:
        return f"{self.permit_id} {self.code}"


class Office(models.Model):
    """Who accepts, reviews and decides here, the terms that are promised, and what stands on letters. One row."""

    accepting = models.ForeignKey(
        ORGANISATION, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("accepts applications")
    )
    reviewing = models.ForeignKey(
        ORGANISATION, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("reviews")
    )
    deciding = models.ForeignKey(
        ORGANISATION, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decides")
    )
    promised_check_days = models.PositiveSmallIntegerField(
        _("promised: papers checked within, working days"), null=True, blank=True
    )
    promised_decide_days = models.PositiveSmallIntegerField(
        _("promised: decided within, working days"), null=True, blank=True
    )
    name = models.CharField(_("office on letters and permits"), max_length=60, blank=True)
    sign = models.CharField(_("sign of its document numbers"), max_length=20, blank=True)
    phone = models.CharField(_("phone"), max_length=30, blank=True)
    review_name = models.CharField(_("office on letters of the review, where it is another"), max_length=60, blank=True)
    review_sign = models.CharField(_("sign of the review’s document numbers"), max_length=20, blank=True)
    review_phone = models.CharField(_("phone of the review"), max_length=30, blank=True)
    review_body = models.CharField(_("body of reconsideration"), max_length=60, blank=True)
    court = models.CharField(_("court of the suit"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("who decides on permits")
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="permits_one_office")]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.pk = 1
        super().save(*args, **kwargs)


class Case(Responsible, Located):
    """An application and what became of it (办件). What it asks for are the eight items of 取水条例 12; while it is a draft any of
    them may be open. `steps` say where it stands; `state` repeats it for lists. `terms`: the conditions that the review proposes, by
    the fields of a version; empty: none beyond what was applied for.
    """

    within_user = "applicant"

    number = models.CharField(_("number"), max_length=20, unique=True)
    outside_number = models.CharField(_("number of the one-stop service"), max_length=60, blank=True, db_index=True)
    kind = models.CharField(_("what is applied for"), max_length=12, choices=[(k.value, KINDS[k]) for k in Kind])
    state = models.CharField(
        _("state"), max_length=12, choices=[(s.value, STATES[s]) for s in State], default=State.DRAFT
    )
    applicant = models.ForeignKey(WaterUser, models.PROTECT, related_name="cases", verbose_name=_("applicant"))
    permit = models.ForeignKey(
        Permit, models.PROTECT, null=True, blank=True, related_name="cases", verbose_name=_("permit")
    )
    project = models.ForeignKey(
        Project, models.PROTECT, null=True, blank=True, related_name="cases", verbose_name=_("abstraction project")
    )
    taker = models.ForeignKey(
        WaterUser, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("who takes it over")
    )
    division = models.ForeignKey(Division, models.PROTECT, related_name="cases", verbose_name=_("town or village"))
    name = models.CharField(_("name of the project"), max_length=100, blank=True)
    address = models.CharField(_("address of the applicant"), max_length=120, blank=True)
    reason = models.CharField(_("why water is needed"), max_length=500, blank=True)
    begins = models.DateField(_("to be taken from"), null=True, blank=True)
    years = models.PositiveSmallIntegerField(_("for years"), null=True, blank=True)
    use = models.CharField(_("use"), max_length=12, choices=[(u.value, USES[u]) for u in Use], blank=True)
    industry = models.CharField(_("trade"), max_length=40, blank=True)
    purpose = models.CharField(_("purpose"), max_length=120, blank=True)
    volume_m3 = VolumeField(_("volume a year, m³"), null=True, blank=True)
    months_m3: Any = models.JSONField(_("volume by month, m³"), default=list, blank=True)
    source = models.CharField(_("source"), max_length=20, choices=SourceKind, blank=True)
    management_unit = models.ForeignKey(
        ManagementUnit, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("management unit")
    )
    longitude = models.DecimalField(_("longitude"), **PLACE)
    latitude = models.DecimalField(_("latitude"), **PLACE)
    works = models.CharField(_("works"), max_length=20, choices=IntakeKind, blank=True)
    existing = models.BooleanField(_("the works are there already"), default=False)
    design_capacity_m3 = VolumeField(_("by design of the works, m³ a year"), null=True, blank=True)
    quota_m3 = VolumeField(_("volume by quota, m³"), null=True, blank=True)
    quota_basis = models.CharField(_("how the quota was worked out"), max_length=300, blank=True)
    quota_norm = models.ForeignKey(
        Norm,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("quota of the table"),
    )
    """The quota of the table by which the volume was worked out; empty: it was typed."""
    metering = models.CharField(_("how it will be metered"), max_length=200, blank=True)
    saving = models.CharField(_("how water will be saved"), max_length=500, blank=True)
    return_place = models.CharField(_("place of return"), max_length=120, blank=True)
    return_m3 = VolumeField(_("return a year, m³"), null=True, blank=True)
    pollutants = models.CharField(_("main pollutants and treatment"), max_length=300, blank=True)
    must_be_filed = models.BooleanField(_("the project has to be filed"), default=False)
    other = models.CharField(_("other matters"), max_length=500, blank=True)
    terms: Any = models.JSONField(_("conditions of the permit"), default=dict, blank=True)
    made_at = models.DateTimeField(_("begun"), auto_now_add=True)
    received_on = models.DateField(_("received"), null=True, blank=True)
    closed_on = models.DateField(_("closed"), null=True, blank=True)

    class Meta:
        verbose_name = _("case of a permit")
        ordering = ["-made_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(volume_m3__isnull=True) | Q(volume_m3__gte=0),
                name="permits_case_asks_for_no_less_than_nothing",
            ),
            models.CheckConstraint(
                condition=Q(kind=Kind.NEW) | Q(permit__isnull=False), name="permits_case_is_about_a_permit"
            ),
            models.CheckConstraint(
                condition=Q(taker__isnull=True) | ~Q(taker=F("applicant")), name="permits_taken_over_by_another"
            ),
            models.UniqueConstraint(
                fields=["outside_number"], condition=~Q(outside_number=""), name="permits_outside_number_once"
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def stands(self) -> str:
        """Its state in words."""
        return str(state_words(State(self.state), Kind(self.kind)))

    @property
    def open(self) -> bool:
        return self.state not in CLOSED

    @classmethod
    def open_items(cls) -> models.QuerySet["Case"]:
        return cls.objects.exclude(state__in=[*CLOSED, State.DRAFT])


class CaseStep(Located):
    """A step of a case: never changed, never taken away."""

    within_division = "case__division__path"
    within_user = "case__applicant"

    case = models.ForeignKey(Case, models.CASCADE, related_name="steps")
    act = models.CharField(_("step"), max_length=10, choices=[(a.value, ACTS[a]) for a in Act])
    day = models.DateField(_("day"))
    words = models.CharField(pgettext_lazy("step", "words"), max_length=1000, blank=True)
    data: Any = models.JSONField(_("particulars"), default=dict, blank=True)
    paper = models.CharField(_("file"), max_length=60, blank=True)
    at = models.DateTimeField(_("entered"), auto_now_add=True)
    by = models.ForeignKey(BY, verbose_name=_("by"), **PERSON)

    class Meta:
        verbose_name = _("step of a case")
        ordering = ["case", "pk"]

    @property
    def called(self) -> str:
        """Its act in words."""
        return str(act_words(Act(self.act), Kind(self.case.kind)))

    def __str__(self) -> str:
        return f"{self.case_id} {self.act}"


class CasePaper(Located):
    """A paper handed in with an application (申请材料)."""

    within_division = "case__division__path"
    within_user = "case__applicant"

    class What(models.TextChoices):
        FORM = "form", _("application form, signed")
        THIRD_PARTIES = "third_parties", _("statement on third parties")
        FILING = "filing", _("filing of the project")
        STUDY = "study", _("water-resources study")
        WELL_PLAN = "well_plan", _("construction plan of the groundwater works")
        COMPLETION = "completion", _("papers of completion and trial run")
        AGREEMENT = "agreement", _("agreement of who takes it over")
        OTHER = "other", _("other paper")

    case = models.ForeignKey(Case, models.CASCADE, related_name="papers")
    what = models.CharField(_("paper"), max_length=15, choices=What)
    name = models.CharField(_("name of the file"), max_length=120)
    paper = models.CharField(_("file"), max_length=60)
    at = models.DateTimeField(_("handed in at"), auto_now_add=True)
    by = models.ForeignKey(BY, verbose_name=_("by"), **PERSON)
    taken_back_at = models.DateTimeField(_("taken back"), null=True, blank=True)

    class Meta:
        verbose_name = _("paper of an application")
        ordering = ["what", "pk"]

    def __str__(self) -> str:
        return self.name


class GateRecord(Located):
    """A decision of the gate, with all that it was made of, so that it can be worked out again (replay)."""

    within_division = "case__division__path"
    within_user = "case__applicant"

    case = models.ForeignKey(Case, models.CASCADE, related_name="decisions")
    at = models.DateTimeField(_("made"), auto_now_add=True)
    on = models.DateField(_("for the day"))
    asked: Any = models.JSONField(_("what was asked for"))
    known: Any = models.JSONField(_("what was known"))
    terms: Any = models.JSONField(_("figures of law"))
    versions: Any = models.JSONField(_("versions of rules"))
    checks: Any = models.JSONField(_("checks"))
    outcome = models.CharField(_("outcome"), max_length=12)
    by = models.ForeignKey(BY, verbose_name=_("by"), **PERSON)

    class Meta:
        verbose_name = _("decision of the gate")
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.case_id} {self.outcome}"


class Override(Located):
    """A person's word in the place of a finding of the system, or against it (人工认定): who, why. Auditors read this register.

    `changes`: of a change by hand, each field by name with what it was and what it became.
    """

    within_division = "division__path"

    division = models.ForeignKey(Division, models.PROTECT, related_name="+", verbose_name=_("town or village"))
    case = models.ForeignKey(
        Case, models.PROTECT, null=True, blank=True, related_name="overrides", verbose_name=_("case")
    )
    permit = models.ForeignKey(
        Permit, models.SET_NULL, null=True, blank=True, related_name="overrides", verbose_name=_("permit")
    )
    check_code = models.CharField(_("what the system found"), max_length=40)
    finding = models.CharField(_("its finding"), max_length=600)
    changes: Any = models.JSONField(_("what was changed"), default=list, blank=True)
    words = models.CharField(_("reason"), max_length=500)
    at = models.DateTimeField(_("entered"), auto_now_add=True)
    by = models.ForeignKey(BY, verbose_name=_("by"), **PERSON)

    class Meta:
        verbose_name = _("override")
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return self.check_code


class Sighting(Located):
    """An abstraction that somebody found on the spot (发现的取水口) and that may not be on the ledger."""

    class How(models.TextChoices):
        INSPECTION = "inspection", _("inspection")
        PUBLIC = "public", _("report of the public")
        DEPARTMENT = "department", _("told by another department")
        IMAGE = "image", _("satellite or aerial image")

    class Outcome(models.TextChoices):
        OPEN = "open", _("to be looked at")
        KNOWN = "known", _("an intake of the ledger")
        NONE = "none", _("no abstraction")

    division = models.ForeignKey(Division, models.PROTECT, related_name="+", verbose_name=_("town or village"))
    longitude = models.DecimalField(_("longitude"), **PLACE)
    latitude = models.DecimalField(_("latitude"), **PLACE)
    kind = models.CharField(_("works"), max_length=20, choices=IntakeKind, default=IntakeKind.WELL)
    how = models.CharField(_("how it was found"), max_length=12, choices=How, default=How.INSPECTION)
    seen_on = models.DateField(_("day"))
    words = models.CharField(_("what was seen"), max_length=500)
    paper = models.CharField(_("file"), max_length=60, blank=True)
    outcome = models.CharField(_("what it came to"), max_length=10, choices=Outcome, default=Outcome.OPEN)
    intake = models.ForeignKey(
        Intake, models.PROTECT, null=True, blank=True, related_name="sightings", verbose_name=_("intake")
    )
    answer = models.CharField(_("why"), max_length=300, blank=True)
    at = models.DateTimeField(_("entered"), auto_now_add=True)
    by = models.ForeignKey(BY, verbose_name=_("by"), **PERSON)

    class Meta:
        verbose_name = _("abstraction found on the spot")
        ordering = ["-seen_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="known", intake__isnull=False) | ~Q(outcome="known"),
                name="permits_sighting_names_its_intake",
            )
        ]

    def __str__(self) -> str:
        return f"{self.division_id} {self.seen_on}"


class Sorting(Dated):
    """What a person decided of an intake (保留、整改、退出), with reason and term; a later decision ends it."""

    within_division = "intake__division__path"
    within_user = "intake__project__user"

    intake = models.ForeignKey(Intake, models.PROTECT, related_name="sortings", verbose_name=_("intake"))
    decided = models.CharField(
        pgettext_lazy("intake", "decided"), max_length=5, choices=[(s.value, SORTED[s]) for s in Sorted]
    )
    words = models.CharField(_("reason"), max_length=300)
    until = models.DateField(_("to be done by"), null=True, blank=True)
    at = models.DateTimeField(_("entered"), auto_now_add=True)
    by = models.ForeignKey(BY, verbose_name=_("by"), **PERSON)

    class Meta(Dated.Meta):
        verbose_name = _("decision on an intake")
        constraints = [
            *Dated.Meta.constraints,
            models.UniqueConstraint(fields=["intake"], condition=Q(valid_to=None), name="permits_one_sorting"),
        ]

    def __str__(self) -> str:
        return f"{self.intake_id} {self.decided}"


class Filing(Located):
    """What is filed instead of permitted, or before works begin (备案): what, by whom, for which intake or project, under which number. What
    a water user files counts when an officer has taken it.
    """

    within_division = "division__path"
    within_user = "user"

    class State(models.TextChoices):
        FILED = "filed", _("filed, to be taken")
        TAKEN = "taken", _("on file")
        RETURNED = "returned", _("sent back")

    division = models.ForeignKey(Division, models.PROTECT, related_name="+", verbose_name=_("town or village"))
    user = models.ForeignKey(WaterUser, models.PROTECT, related_name="filings", verbose_name=_("who files"))
    what = models.CharField(_("what is filed"), max_length=20, choices=[(w.value, FILINGS[w]) for w in What])
    intake = models.ForeignKey(
        Intake, models.PROTECT, null=True, blank=True, related_name="filings", verbose_name=_("intake")
    )
    project = models.ForeignKey(
        Project, models.PROTECT, null=True, blank=True, related_name="filings", verbose_name=_("abstraction project")
    )
    begins = models.DateField(_("begins on"))
    ends = models.DateField(_("over on"), null=True, blank=True)
    filed_on = models.DateField(_("filed on"))
    words = models.CharField(_("what it is about"), max_length=500)
    paper = models.CharField(_("file"), max_length=60, blank=True)
    number = models.CharField(_("filing number"), max_length=40, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.FILED)
    answer = models.CharField(_("why it was sent back"), max_length=300, blank=True)
    at = models.DateTimeField(_("entered"), auto_now_add=True)
    by = models.ForeignKey(BY, verbose_name=_("by"), **PERSON)
    decided_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    decided_by = models.ForeignKey(BY, verbose_name=_("answered by"), **PERSON)

    class Meta:
        verbose_name = _("filing")
        ordering = ["-filed_on", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["number"], condition=~Q(number=""), name="permits_filing_number_once"),
            models.CheckConstraint(
                condition=Q(ends__isnull=True) | Q(ends__gte=F("begins")), name="permits_filing_ends_after_start"
            ),
        ]

    def __str__(self) -> str:
        return self.number or f"{self.what} {self.filed_on}"


class LetterForm(models.Model):
    """The bureau's own form of a letter (文书模板): a Word file with the same words in braces as ours."""

    letter = models.CharField(_("letter"), max_length=30, unique=True)
    paper = models.CharField(_("file"), max_length=60)
    at = models.DateTimeField(_("uploaded"), auto_now=True)
    by = models.ForeignKey(BY, verbose_name=_("by"), **PERSON)

    class Meta:
        verbose_name = _("form of a letter")

    def __str__(self) -> str:
        return self.letter


class Letter(Located):
    """A letter that was made for a case or permit (文书): frozen as it was made, with its document number."""

    within_division = "division__path"
    within_user = "addressee"

    division = models.ForeignKey(Division, models.PROTECT, related_name="+", verbose_name=_("town or village"))
    addressee = models.ForeignKey(WaterUser, models.PROTECT, related_name="+", verbose_name=_("addressee"))
    case = models.ForeignKey(
        Case, models.PROTECT, null=True, blank=True, related_name="letters", verbose_name=_("case")
    )
    permit = models.ForeignKey(
        Permit, models.PROTECT, null=True, blank=True, related_name="letters", verbose_name=_("permit")
    )
    letter = models.CharField(_("letter"), max_length=30)
    to = models.CharField(_("to whom, if not to the applicant"), max_length=100, blank=True)
    number = models.CharField(_("document number"), max_length=60)
    day = models.DateField(_("day"))
    paper = models.CharField(_("file"), max_length=60)
    served_on = models.DateField(_("served on"), null=True, blank=True)
    served_how = models.CharField(_("how it was served"), max_length=60, blank=True)
    at = models.DateTimeField(_("made"), auto_now_add=True)
    by = models.ForeignKey(BY, verbose_name=_("by"), **PERSON)

    class Meta:
        verbose_name = _("letter")
        ordering = ["-day", "-pk"]
        constraints = [models.UniqueConstraint(fields=["number"], name="permits_document_number_once")]

    @property
    def title(self) -> str:
        return str(LETTERS[self.letter])

    def __str__(self) -> str:
        return self.number
