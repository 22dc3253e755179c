"""Forms of cases: application, steps, gate, conditions. They parse and show; what may be, is decided by the services."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from liangshui.core.access import Actor, Right
from liangshui.core.decision import Outcome
from liangshui.permits import asking, casework, hearings, queries, register
from liangshui.permits.asking import ANSWERS, SAID_AS
from liangshui.permits.forms import KNOWN
from liangshui.permits.models import Case, CasePaper, Permit
from liangshui.permits.rules import scope
from liangshui.permits.rules.form import FIELDS as REQUIRED
from liangshui.permits.rules.form import NEW_FIELDS
from liangshui.permits.rules.gate import Load
from liangshui.permits.rules.hearing import Stance
from liangshui.permits.rules.life import BY_HAND, Act, Kind
from liangshui.permits.rules.terms import validity_years
from liangshui.permits.words import (
    EXCLUDED,
    FIELDS,
    KINDS,
    LEVELS,
    QUESTIONS,
    ROUTES,
    SAID,
    SOURCES,
    STANCES,
    USES,
    sentence,
)
from liangshui.quota.norm_forms import ByNorm
from liangshui.records import papers
from liangshui.records.forms import PaperField, day_field, day_input, dressed
from liangshui.registry.forms import PickField, division_choices
from liangshui.registry.models import Division, ManagementUnit, WaterUser
from liangshui.telemetry.models import Station

ANSWERED = {answer: said for said, answer in SAID_AS.items()}
MONTHS = tuple(f"m{n}" for n in range(1, 13))
DEPTH: dict[str, Any] = {"required": False, "min_value": 0, "max_digits": 7, "decimal_places": 2}


class ExactUserField(forms.CharField):
    """A water user by its exact code or name: who applies need not see other users to name one."""

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, int):
            return WaterUser.objects.filter(pk=value).values_list("code", flat=True).first() or ""
        return value.code if isinstance(value, WaterUser) else value

    def clean(self, value: Any) -> WaterUser | None:
        text = (super().clean(value) or "").strip()
        if not text:
            return None
        found = list(WaterUser.objects.filter(code=text)[:1]) or list(WaterUser.objects.filter(name=text)[:2])
        if len(found) != 1:
            raise forms.ValidationError(gettext("No water user, or more than one, has just this code or name."))
        return found[0]


class BeginForm(forms.Form):
    """What is applied for, and by whom."""

    kind = forms.ChoiceField(label=_("what is applied for"), choices=[(k.value, KINDS[k]) for k in Kind])
    applicant = PickField("user", label=_("applicant"))
    permit = forms.CharField(
        label=_("permit number"), required=False, help_text=_("Of the permit that it is about; empty for a new one.")
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        territory = actor.territory(Right.PERMITS_APPLY)
        self.fields["applicant"].rows = WaterUser.objects.within(territory)  # type: ignore[attr-defined]
        self.permits = Permit.objects.within(territory)
        own = list(WaterUser.objects.filter(pk__in=territory.users)[:2])
        if len(own) == 1 and not territory.paths and not territory.everywhere:
            self.fields["applicant"].initial = own[0]
        dressed(self)

    def clean_permit(self) -> Permit | None:
        number = self.cleaned_data["permit"].strip()
        if not number:
            return None
        found = self.permits.filter(number=number).first()
        if found is None:
            raise forms.ValidationError(gettext("No permit of this number is yours or in your area."))
        return found


SHOWN: dict[str, tuple[str, ...]] = {
    Kind.NEW: NEW_FIELDS,
    Kind.CHANGE: ("address", "reason", "use", "purpose", "volume_m3", "design_capacity_m3", "quota_m3", "quota_basis", "metering", "return_place", "return_m3", "other"),
    Kind.RENEWAL: ("address", "reason", "use", "volume_m3", "begins", "years", "design_capacity_m3", "quota_m3", "quota_basis", "metering", "other"),
    Kind.TRANSFER: ("address", "reason", "use", "taker", "volume_m3", "quota_m3", "quota_basis", "design_capacity_m3", "other"),
    Kind.CANCELLATION: ("address", "reason", "other"),
}  # fmt: skip
"""Which items are asked for, by what is applied for."""

GROUPS: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (_("Applicant"), ("name", "address", "reason", "taker")),
    (_("Water asked for"), ("use", "industry", "purpose", "volume_m3", *MONTHS, "begins", "years")),
    (_("Source and place"), ("source", "division", "longitude", "latitude")),
    (
        _("Works, metering and saving"),
        ("works", "existing", "design_capacity_m3", "quota_m3", "quota_basis", "metering", "saving"),
    ),
    (_("Return water"), ("return_place", "return_m3", "pollutants")),
    (_("Other"), ("must_be_filed", "other")),
)


def not_negative(form: forms.BaseForm) -> None:
    """Volumes and depths of a record's form: the fields of the model take any number."""
    for name, field in form.fields.items():
        if isinstance(field, forms.DecimalField) and name.endswith(("_m3", "_m")):
            field.validators.append(MinValueValidator(0))
            field.widget.attrs["min"] = 0


def with_months(form: forms.BaseForm, months: list[Any]) -> None:
    """Twelve volumes beside the year."""
    for n, (name, initial) in enumerate(zip(MONTHS, [*months, *[""] * 12], strict=False), 1):
        form.fields[name] = forms.DecimalField(
            label=_("month %d, m³") % n, required=False, min_value=0, max_digits=15, decimal_places=3, initial=initial
        )


WAS = "was-"
"""Beside each box of the application stands what its field held when the page was made."""

MOST_M3 = Decimal("999999999999.999")
HELP = {
    "volume_m3": _("All that is to be taken in a calendar year; the twelve months add up to it."),
    "purpose": _("What the water is for, in a few words: irrigation of 20 mu of orchard, cooling, drinking water of a village."),
    "quota_m3": _("What the quota in force allows in a year: quota × output, area or people. The office works it out again."),
    "design_capacity_m3": _("The most that the works can take in a year, by their design."),
}  # fmt: skip


def plain(value: Any) -> Any:
    """A Decimal without zeros at its end; all else as it is."""
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value


def as_shown(case: Case) -> dict[str, Any]:
    """What the application says, as the boxes of its form show it."""
    found = {name: plain(value) for name, value in forms.model_to_dict(case, [*NEW_FIELDS, "taker"]).items()}
    months = [plain(Decimal(month)) if month not in (None, "") else "" for month in case.months_m3]
    return found | dict(zip(MONTHS, [*months, *[""] * 12], strict=False))


class ApplicationForm(forms.ModelForm):
    """The application, any part of it; months beside the year.

    Only what the page changed is written. A field that somebody else has changed since the page was made is refused with both words, unless
    both wrote the same.
    """

    taker = ExactUserField(
        label=_("who takes it over"), required=False, help_text=_("Code or exact name of the water user.")
    )

    class Meta:
        model = Case
        fields = [*NEW_FIELDS, "taker"]
        help_texts = HELP
        widgets = {
            "begins": day_input(),
            "reason": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind = self.instance.kind
        shown = set(SHOWN[kind])
        if kind not in (Kind.NEW, Kind.CANCELLATION) and "source" not in casework.placed(self.instance):
            shown.add("source")
        for name in list(self.fields):
            if name not in shown:
                del self.fields[name]
        if "division" in self.fields:
            territory = actor.territory(Right.PERMITS_APPLY)
            county = Division.objects.filter(level="county")
            choices = (
                division_choices(territory)
                if territory.paths or territory.everywhere
                else Division.objects.filter(level__in=["town", "area", "village"])
            )
            self.fields["division"] = forms.ModelChoiceField(
                choices.exclude(pk__in=county), label=_("town or village"), required=False
            )
        if "volume_m3" in self.fields and kind in (Kind.NEW, Kind.CHANGE):
            with_months(self, self.instance.months_m3)
        for name, field in self.fields.items():
            field.required = False
            if isinstance(field, forms.DecimalField) and (name in MONTHS or name.endswith("_m3")):
                field.validators.append(
                    MaxValueValidator(MOST_M3, _("There is not that much water: look at the unit, it is m³."))
                )
        if "years" in self.fields:
            self.fields["years"].validators += [MinValueValidator(1), MaxValueValidator(99)]
        not_negative(self)
        self.recall(self.instance)
        dressed(self)

    def recall(self, case: Case) -> None:
        """From here on the page stands beside what the case says now."""
        self.initial = as_shown(case)

    def there(self, name: str) -> str:
        """What is on record, as the box shows it."""
        field = self.fields[name]
        value = field.prepare_value(self.get_initial_for_field(field, name))
        if isinstance(value, bool):
            return "on" if value else ""
        return "" if value is None else str(value)

    def changed(self) -> dict[str, str]:
        """Fields that the page changed, with its text. Without a word of what stood there, whatever is given is a change."""
        found: dict[str, str] = {}
        for name, field in self.fields.items():
            if name in self.data or WAS + name in self.data:
                text = _text(self.data.get(name, "")) or ""
                text = "on" if text and isinstance(field, forms.BooleanField) else text
                if _text(self.data.get(WAS + name)) != text:
                    found[name] = text
        return found

    def others(self) -> dict[str, str]:
        """Changed fields that somebody else has changed since, with what stands there now."""
        found: dict[str, str] = {
            name: self.there(name) for name, text in self.changed().items() if WAS + name in self.data
        }
        return {
            name: now
            for name, now in found.items()
            if _text(now) not in (_text(self.data[WAS + name]), self.changed()[name])
        }

    def faults(self) -> dict[str, str]:
        """Changed fields that cannot be kept, and why."""
        return {name: " ".join(map(str, self.errors[name])) for name in self.changed() if name in self.errors}

    def clean_division(self) -> Division:
        if not self.cleaned_data["division"]:
            raise forms.ValidationError(gettext("Choose the town or village."))
        return self.cleaned_data["division"]

    def values(self) -> dict[str, Any]:
        """What was changed and could be read: fields with a fault are left as they were, so that the others are kept."""
        left = set(self.errors) | set(self.others())
        given = {n: self.cleaned_data[n] for n in self.changed() if n not in left}
        months = {n: given.pop(n) for n in MONTHS if n in given}
        if months:
            said = [*self.instance.months_m3, *[""] * 12][:12]
            for name, value in months.items():
                said[MONTHS.index(name)] = "" if value is None else f"{value:f}"
            given["months_m3"] = said if any(month not in (None, "") for month in said) else []
        return given

    def groups(self) -> list[tuple[Any, list[dict[str, Any]]]]:
        """The fields as they are shown: each with what it held and whether handing in needs it."""
        needed = {
            n for name in REQUIRED[Kind(self.instance.kind)] for n in (MONTHS if name == "months_m3" else (name,))
        }
        found = [
            (title, [{"box": self[n], "was": WAS + n, "there": self.there(n), "needed": n in needed, "month": n in MONTHS} for n in names if n in self.fields])
            for title, names in GROUPS
        ]  # fmt: skip
        return [(title, fields) for title, fields in found if fields]


def _text(posted: str | None) -> str | None:
    """Text as it is compared: browsers send line ends their own way."""
    return posted.replace("\r\n", "\n").strip() if posted is not None else None


class QuotaForm(ByNorm):
    """The volume by quota of an application, by the table of quotas."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["norm"].required = True
        self.fields["norm"].help_text = _("Type a part of its name or of the trade’s code, and choose.")
        dressed(self)


class PaperForm(forms.Form):
    what = forms.ChoiceField(label=_("paper"), choices=CasePaper.What.choices)
    paper = forms.FileField(
        label=_("file"), help_text=_("PDF, photo, Word or Excel without macros, up to 20 MB."),
        widget=forms.ClearableFileInput(attrs={"accept": papers.ACCEPT}),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dressed(self)


class JsonForm(forms.Form):
    paper = forms.FileField(
        label=_("file"),
        help_text=_("A JSON list in the form of the API (POST /api/v1/cases)."),
        widget=forms.ClearableFileInput(attrs={"accept": ".json"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dressed(self)


COMMON = ("day", "words", "paper")


class StepForm(forms.Form):
    """The day and words of a step, and what its act needs besides."""

    day = day_field(_("day"))
    words = forms.CharField(
        label=_("explanation"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 4})
    )
    paper = PaperField(label=_("file"), required=False)

    def __init__(self, *args: Any, case: Case, act: Act, known: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor = actor
        self.fields["day"].initial = timezone.localdate()
        self.open: list[str] = []
        extra = getattr(self, f"_{act.value}", None)
        if extra:
            extra(case, known)
        if act in HINTS:
            self.fields["words"].help_text = HINTS[act]
        self.order_fields([n for n in self.fields if n not in COMMON] + list(COMMON))
        dressed(self)

    def _ask(self, case: Case, known: Any) -> None:
        missing = [
            *(str(FIELDS[name]) for name in casework.open_fields(case)),
            *(str(CasePaper.What(p.what).label) for p in casework.open_papers(case)),
        ]
        self.fields["words"].initial = "\n".join(missing)

    def _accept(self, case: Case, known: Any) -> None:
        missing = [str(CasePaper.What(paper.what).label) for paper in casework.open_papers(case)]
        if missing:
            self.fields["words"].help_text = _(
                "These papers are not here: %s. Ask for them first; accepting all the same needs your reason."
            ) % "、".join(missing)

    def _notify(self, case: Case, known: Any) -> None:
        self.fields["parties"] = forms.CharField(
            label=_("third parties that are told"),
            required=False,
            max_length=1000,
            widget=forms.Textarea(attrs={"rows": 3}),
            help_text=_("One a line, by name; each gets a letter of its own."),
        )

    def _redirect(self, case: Case, known: Any) -> None:
        self.fields["route"] = forms.ChoiceField(
            label=_("why it goes there"), choices=[(r.value, ROUTES[r]) for r in scope.Route]
        )
        self.fields["levels"] = forms.MultipleChoiceField(
            label=_("of several sources: authorities that decide on them"), required=False, choices=[(n, LEVELS[n]) for n in LEVELS],
            widget=forms.CheckboxSelectMultiple, help_text=_("It goes to the highest of them (AR-010-A)."),
        )  # fmt: skip
        self.fields["authority"] = forms.CharField(label=_("authority that decides"), max_length=100)

    def _exclude(self, case: Case, known: Any) -> None:
        self.fields["reason"] = forms.ChoiceField(
            label=_("what the time is left out for"), choices=[(r.value, EXCLUDED[r]) for r in BY_HAND]
        )

    def _consult(self, case: Case, known: Any) -> None:
        self.fields["body"] = forms.CharField(
            label=_("organisation that is asked"), max_length=100, help_text=_("Such as the natural-resources bureau, or an authority of the same river.")
        )  # fmt: skip
        self.fields["until"] = day_field(_("answer wanted by"), required=False)
        self.fields["city_planning"] = forms.BooleanField(
            label=_("groundwater in an urban planning area: the construction department answers within the days of the law (AR-019-B)"), required=False
        )  # fmt: skip

    def _answer(self, case: Case, known: Any) -> None:
        waiting = [each for each in hearings.consultations(case) if each.open]
        self.fields["n"] = forms.ChoiceField(
            label=_("consultation that it answers"),
            choices=[(str(c.number), f"{c.body} · {c.asked.words[:40]}") for c in waiting],
        )
        self.fields["stance"] = forms.ChoiceField(
            label=_("what the answer comes to"), choices=[(s.value, STANCES[s]) for s in Stance]
        )

    def _views(self, case: Case, known: Any) -> None:
        self._speaks(case)

    def _request(self, case: Case, known: Any) -> None:
        self._speaks(case)
        last = hearings.request_by(case)
        if last:
            self.fields["words"].help_text = (
                _("The applicant may ask until %s, third parties as they were told.") % last
            )

    def _speaks(self, case: Case) -> None:
        """For whom: an officer enters what third parties say."""
        if self.actor.territory(Right.PERMITS_APPLY).holds_path(case.division.path):
            names = [(name, name or _("the applicant")) for name in hearings.parties(case)]
            self.fields["party"] = forms.ChoiceField(label=_("whose word it is"), choices=names, required=False)

    def _call(self, case: Case, known: Any) -> None:
        before = hearings.hearing(case)
        told = before.call.data if before and before.call and before.open else {}
        self.fields["on"] = day_field(
            _("day of the hearing"), initial=told.get("on"), help_text=_("At least 7 working days after all are told.")
        )
        for name, label in (
            ("at", _("time")),
            ("place", _("place of the hearing")),
            ("host", _("host of the hearing")),
        ):
            self.fields[name] = forms.CharField(label=label, max_length=100, initial=told.get(name))
        self.fields["host"].help_text = _("Not who reviews the application.")
        self.fields["public"] = forms.BooleanField(
            label=_("held in public"), required=False, initial=told.get("public", True)
        )
        self.fields["participants"] = forms.CharField(
            label=_("who else is called"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 3}),
            initial="\n".join(told.get("participants", [])),
            help_text=_("One a line. The applicant and third parties that were told are called in any case."),
        )  # fmt: skip
        if not (before and before.open and before.requests):
            self.fields["why"] = forms.CharField(
                label=_("why the bureau holds a hearing"),
                max_length=300,
                initial=told.get("why"),
                help_text=_("Nobody has asked for one."),
            )

    def _hear(self, case: Case, known: Any) -> None:
        found = hearings.hearing(case)
        self.fields["day"].initial = found.on if found else None
        self.fields["paper"].required = True
        self.fields["paper"].label = _("record of the hearing, signed")

    def _decide(self, case: Case) -> None:
        found = hearings.hearing(case)
        if found and found.held:
            self.fields["heard"] = forms.CharField(
                label=_("how the decision follows from the record of the hearing"), max_length=500, help_text=found.held.words,
                widget=forms.Textarea(attrs={"rows": 3}),
            )  # fmt: skip

    def _approve(self, case: Case, known: Any) -> None:
        self._decide(case)
        doubts = hearings.doubts(case, Act.APPROVE, timezone.localdate(), {})
        if doubts:
            self.fields["words"].help_text = _("%s Say why it goes on all the same.") % doubts
        if case.volume_m3 is not None and case.kind != Kind.CANCELLATION:
            self.fields["volume_m3"] = forms.DecimalField(
                label=_("volume a year, m³"), initial=f"{case.volume_m3:f}".removesuffix(".000"), min_value=Decimal("0.001"), max_digits=15,
                decimal_places=3,
            )  # fmt: skip
        if case.kind in (Kind.NEW, Kind.RENEWAL):
            self.fields["years"] = forms.IntegerField(
                label=_("for years"),
                initial=case.years,
                min_value=1,
                max_value=validity_years(99, timezone.localdate(), known),
            )
        if case.kind == Kind.TRANSFER:
            self.fields["agreement"] = forms.CharField(
                label=_("how who takes it over agreed, if no paper says so"), max_length=300, required=False
            )
        record = case.decisions.order_by("-pk").first()
        for check in asking.decision_of(record).because if record and case.kind != Kind.CANCELLATION else ():
            if check.outcome in (Outcome.NEEDS_PERSON, Outcome.UNDECIDABLE):
                name = f"judged_{check.code}"
                self.open.append(name)
                self.fields[name] = forms.CharField(
                    label=_("Your judgement"), max_length=500, help_text=sentence(check, known), required=False
                )

    def _refuse(self, case: Case, known: Any) -> None:
        self._decide(case)
        record = case.decisions.order_by("-pk").first()
        if record is None or not asking.decision_of(record).failed:
            self.fields["article"] = forms.CharField(
                label=_("article that carries the refusal"),
                required=False,
                max_length=30,
                help_text=_("The id of a rule, such as AR-020 (4)."),
            )
            self.fields["why"] = forms.CharField(label=_("why"), required=False, max_length=500)

    def _issue(self, case: Case, known: Any) -> None:
        if case.kind == Kind.NEW:
            self.fields["number"] = forms.CharField(
                label=_("permit number"), max_length=40, help_text=_("As the national permit system gave it.")
            )

    def data_of_step(self) -> dict[str, Any]:
        """What goes into the step besides day, words and file."""
        given = self.cleaned_data
        data = {
            n: f"{v:f}" if isinstance(v, Decimal) else v.isoformat() if isinstance(v, date) else v
            for n, v in given.items()
            if n not in (*COMMON, *self.open)
        }  # fmt: skip
        for name in ("parties", "participants"):
            if name in data:
                data[name] = lines(data[name])
        if self.open:
            data["judged"] = {name.removeprefix("judged_"): given.get(name, "") for name in self.open}
        return data


HINTS = {
    Act.ASK: _("All missing items, one a line: they may be asked for only once."),
    Act.OPINION: _("What the review came to: told to who decides."),
    Act.VISIT: _("Who was there, what was seen."),
    Act.NOTIFY: _("To whom, how, and until when they may answer."),
    Act.CONSULT: _("What the organisation is asked; it stands in the letter."),
    Act.ANSWER: _("Its words; conditions that it names are set as conditions of the permit, where they are taken up."),
    Act.VIEWS: _("What is to be considered before the decision."),
    Act.CALL: _("What else stands in the call, such as what to bring."),
    Act.HEAR: _("What the hearing came to: the decision has to follow from its record."),
    Act.DROP: _("Such as: the request was taken back in writing, or nobody came."),
    Act.PASS: _("Works, meter and saving as approved: what was looked at."),
    Act.FAIL: _("What has to be mended before the works can pass."),
}


class GateForm(ByNorm):
    """What the reviewer knows of the place; nothing said is “cannot be decided”."""

    management_unit = forms.ModelChoiceField(ManagementUnit.objects.all(), label=_("management unit"), required=False)
    quota_m3 = forms.DecimalField(
        label=_("volume by quota, m³"), required=False, min_value=0, max_digits=15, decimal_places=3
    )
    quota_basis = forms.CharField(label=_("how the quota was worked out"), required=False, max_length=300)
    load = forms.ChoiceField(
        label=_("area by its share of the basin"), required=False,
        choices=[("", _("not known")), *((load.value, SAID[load.value]) for load in Load)],
    )  # fmt: skip
    field_order = ("management_unit", "norm", "worth", "norm_amount", "quota_m3", "quota_basis", "load")

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        record = case.decisions.order_by("-pk").first()
        before = record.asked.get("answers", {}) if record else {}
        whole = bool(case.use and case.source and case.volume_m3 is not None)
        for name, choices in (("use", USES), ("source", SOURCES)):
            if not getattr(case, name):
                self.fields[name] = forms.ChoiceField(
                    label=FIELDS[name],
                    choices=[("", "—"), *((each.value, words) for each, words in choices.items())],
                )
        for name in asking.questions(case) if whole else ANSWERS:
            initial = ANSWERED[before.get(name)]
            if name == "must_file" and not record and case.must_be_filed:
                initial = "yes"
            self.fields[name] = forms.ChoiceField(label=QUESTIONS[name], choices=KNOWN, required=False, initial=initial)
        self.fields["load"].initial = before.get("load") or ""
        for name in ("management_unit", "quota_m3", "quota_basis"):
            self.fields[name].initial = plain(getattr(case, name))
        if case.management_unit is None and case.longitude is not None and case.latitude is not None:
            self.fields["management_unit"].initial = queries.unit_at(float(case.longitude), float(case.latitude))
        dressed(self)

    def answers(self) -> dict[str, Any]:
        found: dict[str, Any] = {n: SAID_AS[self.cleaned_data[n]] for n in ANSWERS if n in self.cleaned_data}
        return found | {"load": self.cleaned_data["load"] or None}


def conditions_field() -> forms.CharField:
    """Conditions in words, one a line."""
    return forms.CharField(
        label=_("further conditions"),
        required=False,
        max_length=3000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("One a line, such as figures of the study that have to be kept."),
    )


def lines(text: str) -> list[str]:
    """The lines of a text, without empty ones."""
    return [line.strip() for line in text.splitlines() if line.strip()]


class TermsForm(forms.Form):
    """What the review proposes as conditions of the permit."""

    level_station = forms.ModelChoiceField(
        Station.objects.none(),
        label=_("station whose depth restricts"),
        required=False,
        empty_label=_("no restriction by level"),
    )
    warn_m = forms.DecimalField(label=_("warned from a depth of, m"), **DEPTH)
    reduce_m = forms.DecimalField(label=_("reduced from a depth of, m"), **DEPTH)
    stop_m = forms.DecimalField(label=_("stopped from a depth of, m"), **DEPTH)
    resume_m = forms.DecimalField(label=_("resumed when the depth is down to, m"), **DEPTH)
    reduced_m3_day = forms.DecimalField(
        label=_("while reduced, m³ a day"), required=False, min_value=0, max_digits=15, decimal_places=3
    )
    conditions = conditions_field()

    def __init__(self, *args: Any, terms: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["level_station"].queryset = queries.level_stations()  # type: ignore[attr-defined]
        with_months(self, terms["months_m3"])
        level = ("level_station", *register.LEVEL)
        for name in level:
            self.fields[name].initial = terms[name]
        self.fields["conditions"].initial = "\n".join(terms["conditions"])
        self.order_fields([*MONTHS, *level, "conditions"])
        dressed(self)

    def values(self) -> dict[str, Any]:
        """As `casework.set_terms` takes them."""
        given = {name: value for name, value in self.cleaned_data.items() if name not in MONTHS}
        return given | {"months_m3": [self.cleaned_data[m] for m in MONTHS], "conditions": lines(given["conditions"])}
