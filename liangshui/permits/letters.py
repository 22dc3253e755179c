"""Letters of a case (水行政许可文书): a Word file by GB/T 9704, from our form or from the bureau's own, frozen when it is made."""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import count, zip_longest
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docxtpl import DocxTemplate
from jinja2.sandbox import ImmutableSandboxedEnvironment

from liangshui.core.access import Actor, Right
from liangshui.core.errors import Invalid, LiangshuiError, NotFound
from liangshui.core.parameters import Law
from liangshui.parameters.queries import law
from liangshui.permits import asking, hearings, offices, queries, register
from liangshui.permits.models import ROOM, Case, GateRecord, Letter, LetterForm, Permit, PermitVersion
from liangshui.permits.rules.gate import what_would_pass
from liangshui.permits.rules.life import Act, Excluded, Kind, State, Who
from liangshui.permits.rules.scope import ROUTED_BY, Route
from liangshui.permits.typeset import chinese
from liangshui.permits.words import APPLICATIONS, EXCLUDED, LETTERS, NO_CHANGE, ROUTES, article, change_words, sentence
from liangshui.quota.queries import county
from liangshui.records import papers
from liangshui.records.installation import is_demo
from liangshui.records.locks import NUMBERS, hold

ONE_DAY = timedelta(days=1)
Body = Callable[..., list[str]]
"""The paragraphs of a letter, from its case and the law; of one that goes to several, from whom it goes to as well."""


@dataclass(frozen=True, slots=True)
class LetterKind:
    """A letter: for which cases it is written, by whom, and its paragraphs. `public`: it goes to the public, not to the applicant;
    `worded`: who makes it writes what no step of the case says; `to`: to whom it goes, one each, "" is the applicant."""

    when: Callable[[Case], bool]
    who: Who
    body: Body
    public: bool = False
    worded: bool = False
    to: Callable[[Case], list[str]] | None = None


def _asked(case: Case) -> str:
    return _("your %(application)s (No. %(number)s), received on %(day)s") % {
        "application": APPLICATIONS[Kind(case.kind)], "number": case.number, "day": case.received_on,
    }  # fmt: skip


def _application(case: Case) -> str:
    return _("the %(application)s of %(who)s (No. %(number)s), received on %(day)s") % {
        "who": case.applicant.name, "application": APPLICATIONS[Kind(case.kind)], "number": case.number, "day": case.received_on,
    }  # fmt: skip


def _step(case: Case, *acts: Act) -> Any:
    return case.steps.filter(act__in=acts).order_by("-pk").first()


def _words(case: Case, *acts: Act) -> str:
    found = _step(case, *acts)
    return found.words if found else ""


def _rights(known: Law) -> str:
    """Where and by when the decision can be disputed (行政复议法 20, 行政诉讼法 46)."""
    found = offices.office()
    today = timezone.localdate()
    return _(
        "If you do not agree with this decision, you may apply to %(body)s for reconsideration within %(days)s days of receiving it, "
        "or sue at %(court)s within %(months)s months."
    ) % {
        "body": found.review_body or "________", "court": found.court or "________",
        "days": known.figure("RL-020", "days", today), "months": known.figure("LT-046", "months", today),
    }  # fmt: skip


def _accepted(case: Case, known: Law) -> list[str]:
    due = next((c.due for c in queries.look(case, timezone.localdate(), known).clocks if c.code == "decide"), None)
    days = known.figure("AR-019-A", "days", timezone.localdate())
    terms = _(
        "A decision will be made within %s working days of acceptance; time for hearings and for asking other departments is not counted."
    )
    return [
        _("We accept %s.") % _asked(case),
        terms % days,
        *([_("By the calendar that is by %s.") % due] if due else []),
    ]


def _incomplete(case: Case, known: Law) -> list[str]:
    return [
        _("We have looked at %s. The following is missing or has to be mended:") % _asked(case),
        *_words(case, Act.ASK).splitlines(),
        _(
            "Hand it in to us; the application is then looked at again. This list is complete: nothing more will be asked for."
        ),
    ]


def _not_accepted(case: Case, known: Law) -> list[str]:
    return [_("We do not accept %s.") % _asked(case), _("Reason: %s") % _words(case, Act.DECLINE), _rights(known)]


def _redirected(case: Case, known: Law) -> list[str]:
    step = _step(case, Act.REDIRECT)
    cited = ROUTED_BY.get(step.data.get("route"), "") if step else ""
    data = step.data if step else {}
    to = _("Apply to: %s") % data.get("authority", "")
    if data.get("route") == Route.MAINSTEM:  # it is filed with the region, which sends it on (取水条例 10)
        to = _("%(authority)s decides on it. Apply to the region’s water authority, which sends it on with its opinion (%(article)s).") % {
            "authority": data.get("authority", ""), "article": article("AR-010-B", known)
        }  # fmt: skip
    return [
        _("%s is not for us to decide.") % _asked(case).capitalize(),
        to,
        *([_("Ground: %s") % f"{article(cited, known)}: {ROUTES[Route(step.data['route'])]}"] if cited else []),
        _("Reason: %s") % _words(case, Act.REDIRECT),
    ]


def _excluded(case: Case, known: Law) -> list[str]:
    """Each time that is left out: of consultations, of the hearing from when it was asked for or called, and what was stopped by hand."""
    about = [_("The following time is not counted in the term of decision on %s:") % _asked(case)]
    stops = [
        (f"{EXCLUDED[Excluded.CONSULTATION]} ({each.body})", each.asked.day, each.answer.day if each.answer else None)
        for each in hearings.consultations(case)
    ]
    for found in hearings.all_hearings(case):
        began = min(step.day for step in (*found.requests, *([found.call] if found.call else [])))
        stops.append((str(EXCLUDED[Excluded.HEARING]), began, found.ended.day if found.ended else None))
    steps = list(case.steps.filter(act__in=[Act.EXCLUDE, Act.RESUME]).order_by("pk"))
    for step, after in zip_longest(steps, steps[1:]):
        if step.act == Act.EXCLUDE:
            stops.append((str(EXCLUDED[step.data["reason"]]), step.day, after.day if after else None))
    for n, (why, began, ended) in enumerate(sorted(stops, key=lambda stop: stop[1]), 1):
        says = {"n": n, "why": why, "began": began, "ended": ended}
        line = _("%(n)s. %(why)s: from %(began)s to %(ended)s") if ended else _("%(n)s. %(why)s: from %(began)s on")
        about.append(line % says)
    return [*about, _("Ground: %s") % article("AR-019-A", known)]


STOPS = (Act.EXCLUDE, Act.CONSULT, Act.REQUEST, Act.CALL)
"""Steps from which on time is not counted."""


def _by_record(case: Case, step: Any) -> list[str]:
    """How a decision follows from the record of a hearing (许可法 48)."""
    found = hearings.hearing(case)
    if not (step and step.data.get("heard") and found and found.held):
        return []
    says = {"day": found.held.day, "heard": step.data["heard"]}
    return [_("A hearing was held on %(day)s. By its record: %(heard)s") % says]


def _last_decision(case: Case) -> GateRecord | None:
    return case.decisions.order_by("-pk").first()


def _refused(case: Case, known: Law) -> list[str]:
    """The words of the gate's checks, as on the page and in the API; then what would pass, and the rights."""
    step, record = _step(case, Act.REFUSE), _last_decision(case)
    said = [*_by_record(case, step), REFUSED[Kind(case.kind)] % _asked(case)]
    failed = asking.decision_of(record).failed if record else ()
    said += [f"{n}. {sentence(check, known)}" for n, check in enumerate(failed, 1)]
    if not failed and step:
        for ground in step.data.get("grounds", []):
            said.append(
                _("%(why)s; ground: %(ground)s") % {"why": step.data.get("why", ""), "ground": article(ground, known)}
            )
    if record and failed:
        changes = [change_words(change) for change in what_would_pass(*asking.parts_of(record))]
        said.append(_("What would have to change: %s.") % _("; ").join(changes) if changes else str(NO_CHANGE))
    return [*said, _rights(known)]


def _conditions(terms: Mapping[str, Any]) -> list[str]:
    """The conditions of a permit, as they stand in its sheet, a paragraph each."""
    return [f"{label}：{words}" for label, words in queries.terms_told(terms)]


def _volume(value: Any) -> str:
    """A volume without needless decimals; a dash where none is recorded."""
    return "—" if value in (None, "") else f"{Decimal(value).normalize():,f}"


def _facts(case: Case, data: Mapping[str, Any]) -> list[str]:
    """What is approved, as far as it is recorded: source, use, place, volume, term, meter, return, conditions."""
    said = [
        _("Source: %(source)s; use: %(use)s; place: %(place)s; volume: %(volume)s m³ a year.") % {
            "source": case.get_source_display(), "use": case.purpose or case.get_use_display(), "place": case.division.name,
            "volume": _volume(data.get("volume_m3")),
        }
    ]  # fmt: skip
    if case.longitude is not None and case.latitude is not None:
        place = {"longitude": f"{case.longitude:f}", "latitude": f"{case.latitude:f}"}
        said.append(_("Longitude %(longitude)s, latitude %(latitude)s.") % place)
    if data.get("years"):
        said.append(_("The permit runs for %s years from its issue.") % data["years"])
    if case.metering:
        said.append(_("Metering: %s.") % case.metering)
    if case.return_place:
        amount = _(", %s m³ a year") % _volume(case.return_m3) if case.return_m3 is not None else ""
        said.append(_("Return: %(place)s%(amount)s.") % {"place": case.return_place, "amount": amount})
    return [*said, *_conditions(data.get("terms") or {"months_m3": case.months_m3})]


GRANTED = {
    Kind.NEW: gettext_lazy("After review, %s is approved."), Kind.CHANGE: gettext_lazy("After review, %s is approved: the change is granted."),
    Kind.RENEWAL: gettext_lazy("After review, %s is approved: the renewal is granted."),
    Kind.TRANSFER: gettext_lazy("After review, %s is approved: the transfer is granted."),
}  # fmt: skip
REFUSED = {
    Kind.NEW: gettext_lazy("After review, %s is refused for the following reasons:"),
    Kind.CHANGE: gettext_lazy("After review, %s is refused, the change is not granted, for the following reasons:"),
    Kind.RENEWAL: gettext_lazy("After review, %s is refused, the renewal is not granted, for the following reasons:"),
    Kind.TRANSFER: gettext_lazy("After review, %s is refused, the transfer is not granted, for the following reasons:"),
    Kind.CANCELLATION: gettext_lazy("After review, %s is refused, the permit is not cancelled, for the following reasons:"),
}  # fmt: skip


def _less(case: Case, data: Mapping[str, Any], known: Law) -> list[str]:
    """Where less is approved than was applied for: that it is so, and the rights."""
    given = data.get("volume_m3")
    if given in (None, "") or case.volume_m3 is None or Decimal(given) >= case.volume_m3:
        return []
    return [
        _("Applied for were %s m³ a year; what lies above is not approved.") % _volume(case.volume_m3),
        _rights(known),
    ]


def _approved(case: Case, known: Law) -> list[str]:
    step = _step(case, Act.APPROVE)
    years = known.figure("AR-022", "years", step.day if step else timezone.localdate())
    return [
        *_by_record(case, step),
        GRANTED[Kind.NEW] % _asked(case),
        *_facts(case, step.data if step else {}),
        *(
            [_("The works are there already: report to us for acceptance; the permit is issued on passing.")]
            if case.existing
            else [
                _("The works may be built now. If they are not begun within %s years, this approval lapses.") % years,
                _("After completion and trial run report to us for acceptance; the permit is issued on passing."),
            ]
        ),
        *_less(case, step.data if step else {}, known),
    ]


def _changed(case: Case, known: Law) -> list[str]:
    """Of a change what is approved; of a transfer the permit, the taker and the volume."""
    step = _step(case, Act.APPROVE)
    data = step.data if step else {}
    said = [
        *_by_record(case, step), GRANTED[Kind(case.kind)] % _asked(case), _("Permit number: %s.") % case.permit
    ]  # fmt: skip
    if case.kind == Kind.CHANGE:
        facts = _facts(case, {name: value for name, value in data.items() if name != "years"})
        return [*said, *facts, *_less(case, data, known)]
    taker = {"taker": case.taker.name if case.taker else "", "volume": _volume(data.get("volume_m3"))}
    return [*said, _("It goes to %(taker)s, with %(volume)s m³ a year.") % taker]


def _extended(case: Case, known: Law) -> list[str]:
    return [_("The decision on %s is put off.") % _asked(case)]


def _lapsed(case: Case, known: Law) -> list[str]:
    approved, lapsed = _step(case, Act.APPROVE), _step(case, Act.LAPSE)
    years = known.figure("AR-022", "years", lapsed.day)
    return [
        _("The approval of %(asked)s of %(day)s lapsed on %(lapsed)s: the works were not begun within %(years)s years.")
        % {"asked": _asked(case), "day": approved.day, "lapsed": lapsed.day, "years": years},
        _("Ground: %s") % article("AR-022", known),
    ]


def _renewed(case: Case, known: Law) -> list[str]:
    version = case.permit.versions.filter(case=case).first() if case.permit else None
    step = _step(case, Act.APPROVE)
    said = [*_by_record(case, step), GRANTED[Kind.RENEWAL] % _asked(case)]
    if version:
        said.append(
            _("Permit %(number)s runs from %(begins)s to %(expires)s; volume: %(volume)s m³ a year.")
            % {
                "number": case.permit, "begins": version.begins, "expires": version.expires, "volume": _volume(version.volume_m3),
            }
        )  # fmt: skip
        said += _conditions(queries.terms_in(version))
    return [*said, *_less(case, step.data if step else {}, known)]


def _cancelled(case: Case, known: Law) -> list[str]:
    return [_("Permit %s is cancelled on application of its holder.") % case.permit, _("Reason: %s") % case.reason]


def _views(case: Case, known: Law, to: str) -> list[str]:
    about = _("%s may touch your interests. What is planned:") % _application(case).capitalize()
    if not to:  # to the applicant
        about = (
            _("%s may touch the interests of third parties, who are told of it. What they are told:")
            % _asked(case).capitalize()
        )
    return [
        about, *_words(case, Act.NOTIFY).splitlines(),
        _("You may state your views and defend them before we decide."),
    ]  # fmt: skip


def _hearing_offered(case: Case, known: Law, to: str) -> list[str]:
    days = known.figure("LL-047", "request_days", timezone.localdate())
    about = _("%s may touch your interests in a major way.") % _application(case).capitalize()
    if not to:  # to the applicant
        about = _("%s may touch interests between you and third parties in a major way.") % _asked(case).capitalize()
    return [
        about,
        _("You may ask for a hearing within %s working days of receiving this letter; who does not ask within that time gives it up.") % days,
    ]  # fmt: skip


def _called(case: Case) -> list[str]:
    """Time, place and host of the hearing that was called last."""
    found = hearings.hearing(case)
    if found is None or found.call is None:
        return []
    data = found.call.data
    return [
        _("Time: %(day)s %(at)s.") % {"day": data["on"], "at": data["at"]}, _("Place: %s.") % data["place"], _("Host: %s.") % data["host"],
        *([_("Why it is held: %s") % data["why"]] if data.get("why") else []), *found.call.words.splitlines(),
    ]  # fmt: skip


def _hearing(case: Case, known: Law, to: str) -> list[str]:
    found = hearings.hearing(case)
    public = found is not None and found.call is not None and found.call.data.get("public")
    return [
        _("A hearing will be held on %s.") % _application(case), *_called(case),
        _("It is held in public.") if public else _("It is not held in public."),
        _("You may state your views, show evidence and question there; who holds the host to have an interest of their own may ask for another."),
    ]  # fmt: skip


def _hearing_public(case: Case, known: Law) -> list[str]:
    """To the public: what the hearing is about, when and where, whom to ask."""
    phone = offices.head(Who.REVIEWING).phone
    return [
        _("On %s a hearing is held in public:") % _application(case), *_called(case), *([_("Whom to ask: %s") % phone] if phone else []),
    ]  # fmt: skip


def _heard(case: Case) -> bool:
    return case.steps.filter(act=Act.CALL).exists()


def _heard_in_public(case: Case) -> bool:
    found = hearings.hearing(case)
    return bool(found and found.call and found.call.data.get("public"))


def _heard_by(case: Case) -> list[str]:
    """Who is called to a hearing: the applicant, third parties that were told or asked for it, and participants."""
    found = hearings.hearing(case)
    asked = found.parties if found else []
    return list(
        dict.fromkeys(
            [
                *hearings.parties(case),
                *asked,
                *(found.call.data.get("participants", []) if found and found.call else []),
            ]
        )
    )


def _bodies(case: Case) -> list[str]:
    return list(dict.fromkeys(each.body for each in hearings.consultations(case)))


def _consulted(case: Case, known: Law, to: str) -> list[str]:
    """To an organisation: the application, what it is asked, and by when the answer is wanted."""
    asked = [each for each in hearings.consultations(case) if each.body == to][-1]
    about = _("Source: %(source)s; use: %(use)s; place: %(place)s; volume: %(volume)s m³ a year.") % {
        "source": case.get_source_display(), "use": case.purpose or case.get_use_display(), "place": case.division.name,
        "volume": _volume(case.volume_m3),
    }  # fmt: skip
    phone = offices.head(Who.REVIEWING).phone
    return [
        _("We are reviewing %s.") % _application(case), about, _("We ask for your opinion on the following:"),
        *asked.asked.words.splitlines(), _("Please answer in writing by %s.") % asked.until,
        *([_("Whom to ask: %s") % phone] if phone else []),
    ]  # fmt: skip


def _did(*acts: Act) -> Callable[[Case], bool]:
    return lambda case: case.steps.filter(act__in=acts).exists()


def _in(state: State, *kinds: Kind) -> Callable[[Case], bool]:
    return lambda case: case.state == state and case.kind in kinds


def _granted(*kinds: Kind) -> Callable[[Case], bool]:
    return lambda case: case.kind in kinds and case.steps.filter(act=Act.APPROVE).exists()


KINDS_OF_LETTER: dict[str, LetterKind] = {
    "incomplete": LetterKind(_did(Act.ASK), Who.ACCEPTING, _incomplete),
    "accepted": LetterKind(_did(Act.ACCEPT), Who.ACCEPTING, _accepted),
    "not_accepted": LetterKind(_did(Act.DECLINE), Who.ACCEPTING, _not_accepted),
    "redirected": LetterKind(_did(Act.REDIRECT), Who.ACCEPTING, _redirected),
    "consultation": LetterKind(_did(Act.CONSULT), Who.REVIEWING, _consulted, to=_bodies),
    "views": LetterKind(_did(Act.NOTIFY), Who.REVIEWING, _views, to=hearings.parties),
    "hearing_offered": LetterKind(_did(Act.NOTIFY), Who.REVIEWING, _hearing_offered, to=hearings.parties),
    "hearing_called": LetterKind(_heard, Who.REVIEWING, _hearing, to=_heard_by),
    "hearing_public": LetterKind(_heard_in_public, Who.REVIEWING, _hearing_public, public=True),
    "hearing_public_2": LetterKind(_heard_in_public, Who.REVIEWING, _hearing_public, public=True),
    "excluded": LetterKind(_did(*STOPS), Who.REVIEWING, _excluded),
    "extended": LetterKind(_in(State.ACCEPTED, *Kind), Who.DECIDING, _extended, worded=True),
    "approved": LetterKind(_granted(Kind.NEW), Who.DECIDING, _approved),
    "approved_2": LetterKind(_granted(Kind.NEW), Who.DECIDING, _approved),
    "lapsed": LetterKind(_in(State.LAPSED, Kind.NEW), Who.DECIDING, _lapsed),
    "refused": LetterKind(_in(State.REFUSED, Kind.NEW, Kind.CANCELLATION), Who.DECIDING, _refused),
    "change": LetterKind(_granted(Kind.CHANGE, Kind.TRANSFER), Who.DECIDING, _changed),
    "no_change": LetterKind(_in(State.REFUSED, Kind.CHANGE, Kind.TRANSFER), Who.DECIDING, _refused),
    "renewed": LetterKind(_granted(Kind.RENEWAL), Who.DECIDING, _renewed),
    "not_renewed": LetterKind(_in(State.REFUSED, Kind.RENEWAL), Who.DECIDING, _refused),
    "cancelled": LetterKind(_granted(Kind.CANCELLATION), Who.DECIDING, _cancelled),
}  # fmt: skip
"""Of the 22 letters of DOC-LIC those that the steps of a case ask for, and ours for a consultation and a lapse; those of a permit's end stand in
`ENDS`. What tells the first form of a letter from its second is not in our collection: who makes it chooses."""


def blank() -> bytes:
    """Our form of a letter by GB/T 9704: A4, its margins and sizes, the red issuing mark over the number and a red line, the title, pages
    numbered; words in double braces are filled in."""
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin, section.left_margin, section.right_margin = (
        Mm(37),
        Mm(35),
        Mm(28),
        Mm(26),
    )

    def line(
        text: str, size: float, *, font: str = "FangSong", align: Any = None, indent: bool = False, red: bool = False, high: float = 28,
    ) -> Any:  # fmt: skip
        paragraph = document.add_paragraph()
        run = paragraph.add_run(text)
        run.font.name, run.font.size = "Times New Roman", Pt(size)
        if red:
            run.font.color.rgb = RED
        run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)
        layout = paragraph.paragraph_format
        layout.line_spacing_rule, layout.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(high)
        layout.space_after = Pt(0)
        if align is not None:
            layout.alignment = align
        if indent:
            layout.first_line_indent = Pt(32)
        return paragraph

    centre = WD_ALIGN_PARAGRAPH.CENTER
    line("{{ demo }}", 12)
    line("{{ office }}", 32, font=TITLE_FONT, align=centre, red=True, high=48)
    line("", 16)
    _red_line(line("{{ number }}", 16, align=centre))
    line("", 16)
    line("{{ title }}", 22, font=TITLE_FONT, align=centre, high=35)
    line("", 16)
    line("{{ addressee }}：", 16)
    line("{%p for paragraph in paragraphs %}", 16)
    line("{{ paragraph }}", 16, indent=True)
    line("{%p endfor %}", 16)
    line("", 16)
    line("{{ office }}", 16, align=WD_ALIGN_PARAGRAPH.RIGHT)
    line("{{ day }}", 16, align=WD_ALIGN_PARAGRAPH.RIGHT)
    _page_number(section.footer.paragraphs[0])
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


RED = RGBColor(0xFF, 0, 0)
TITLE_FONT = "方正小标宋简体"
"""The type of marks and titles (小标宋); where a machine lacks it, Word takes another Song."""


def _red_line(paragraph: Any) -> None:
    """The red line under the document number."""
    borders = OxmlElement("w:pBdr")
    under = OxmlElement("w:bottom")
    for name, value in (("val", "single"), ("sz", "12"), ("space", "11"), ("color", "FF0000")):
        under.set(qn(f"w:{name}"), value)
    borders.append(under)
    paragraph._p.get_or_add_pPr().append(borders)


def _page_number(paragraph: Any) -> None:
    """— 1 —, in 四号 half-width figures, at the foot."""
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for text in ("— ", "", " —"):
        run = paragraph.add_run(text)
        run.font.name, run.font.size = "SimSun", Pt(14)
        run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), "SimSun")
        if not text:
            field = OxmlElement("w:fldSimple")
            field.set(qn("w:instr"), "PAGE")
            paragraph._p.remove(run._element)
            field.append(run._element)
            paragraph._p.append(field)


def form_of(letter: str) -> bytes:
    """The bureau's form of a letter, or ours."""
    own = LetterForm.objects.filter(letter=letter).first()
    if own:
        path = papers.path_of(ROOM, own.paper)
        if path.exists():
            return path.read_bytes()
    return blank()


def _filled(form: bytes, words: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    try:
        template = DocxTemplate(io.BytesIO(form))
        template.render(words, jinja_env=ImmutableSandboxedEnvironment(autoescape=True))
        template.save(out)
    except Exception as error:  # whatever a person's Word file may hold
        raise Invalid(_("The form cannot be filled: %s. Take ours as a beginning.") % error, field="paper") from error
    return out.getvalue()


def _head(letter: str) -> offices.Head:
    """The office that a letter is of; what happens to a standing permit is of who decides."""
    kind = KINDS_OF_LETTER.get(letter)
    return offices.head(kind.who if kind else Who.DECIDING)


def _contents(letter: str, number: str, day: date, addressee: str, paragraphs: list[str]) -> dict[str, Any]:
    return {
        "office": _head(letter).name, "title": str(LETTERS[letter]), "number": number, "addressee": addressee,
        "paragraphs": [chinese(each) for each in paragraphs], "day": _("%(y)d-%(m)d-%(d)d") % {"y": day.year, "m": day.month, "d": day.day},
        "demo": _("Demo data, invented") if is_demo() else "",
    }  # fmt: skip


def possible(case: Case, actor: Actor | None = None) -> list[tuple[str, Any, str]]:
    """Letters that the steps of a case ask for: key, title, and to whom if not to the applicant; of one reader those that are its part."""
    return [
        (key, LETTERS[key], to)
        for key, each in KINDS_OF_LETTER.items()
        if each.when(case) and (actor is None or offices.may(actor, each.who, case))
        for to in _addressees(each, case)
    ]


def _addressees(kind: LetterKind, case: Case) -> list[str]:
    """To whom a letter goes, one each: the applicant (""), third parties (许可法 36, 47), organisations that are asked."""
    return kind.to(case) if kind.to else [""]


def next_number(letter: str, day: date) -> str:
    """The next document number of the sign of its office: sign, year in brackets, running number."""
    hold(NUMBERS)
    sign = _head(letter).sign or _("water permit")

    def numbered(n: int) -> str:
        return _("%(sign)s [%(year)d] No. %(n)d") % {"sign": sign, "year": day.year, "n": n}

    begins = numbered(0).rpartition("0")[0]
    taken = set(Letter.objects.filter(number__startswith=begins).values_list("number", flat=True))
    return next(number for n in count(len(taken) + 1) if (number := numbered(n)) not in taken)


@transaction.atomic
def make(
    actor: Actor, case: Case, letter: str, *, to: str = "", number: str = "", day: date | None = None, words: str = ""
) -> Letter:
    """Make a letter of a case and freeze it; `to`: a third party to whom it goes, as a notice named it; `words`: what no step says, where
    the letter asks for it.

    Raises:
        Forbidden: it is not one's part.
        NotFound: there is no such letter, or no step asks for it.
        Invalid: the number is taken, words are missing, or the bureau's form cannot be filled.
    """
    kind = KINDS_OF_LETTER.get(letter)
    if kind is None or not kind.when(case):
        raise Invalid(_("No step of the case asks for this letter."))
    if to not in _addressees(kind, case):
        raise Invalid(_("No notice of the case names “%s”.") % to)
    offices.require(actor, kind.who, case)
    day = day or timezone.localdate()
    if kind.worded and not words.strip():
        raise Invalid(_("Write what the letter says: until when, and why."), field="words")
    try:
        paragraphs = kind.body(case, law(), to) if kind.to else kind.body(case, law())
    except LiangshuiError as error:
        raise Invalid(error.message) from error
    if kind.worded:
        paragraphs += words.strip().splitlines()
    return _freeze(
        actor,
        letter,
        number,
        day,
        paragraphs,
        division=case.division,
        addressee=case.applicant,
        case=case,
        permit=case.permit,
        to=to,
    )


def _freeze(actor: Actor, letter: str, number: str, day: date, paragraphs: list[str], **about: Any) -> Letter:
    number = number.strip() or next_number(letter, day)
    if Letter.objects.filter(number=number).exists():
        raise Invalid(_("There is a letter of this number."), field="number")
    public = letter in KINDS_OF_LETTER and KINDS_OF_LETTER[letter].public
    addressee = _("The public") if public else about.get("to") or about["addressee"].name
    content = _filled(form_of(letter), _contents(letter, number, day, addressee, paragraphs))
    return Letter.objects.create(
        letter=letter, number=number, day=day, paper=papers.keep(ROOM, content), by_id=actor.person_id, **about
    )


ENDS = {
    Permit.End.WITHDRAWN: "withdrawn", Permit.End.ANNULLED: "annulled", Permit.End.CANCELLED: "struck_off", Permit.End.EXPIRED: "struck_off",
    Permit.End.DISUSED: "struck_off", Permit.End.ENDED_BODY: "struck_off", Permit.End.REVOKED: "struck_off",
}  # fmt: skip
"""The letter of an end. Revocation (吊销) is a penalty and has the papers of one; then the permit is struck off, as one that was withdrawn or
annulled (许可法 70)."""
END_GROUNDS = {
    Permit.End.DISUSED: "AR-044", Permit.End.EXPIRED: "LL-070", Permit.End.ENDED_BODY: "LL-070", Permit.End.REVOKED: "LL-070",
    Permit.End.WITHDRAWN: "LL-070", Permit.End.ANNULLED: "LL-070",
}  # fmt: skip
"""On what a permit is struck off; on what it was withdrawn or annulled, its document says."""


def possible_of(permit: Permit) -> list[tuple[str, Any]]:
    """Letters that what happened to a permit asks for, other than by a case."""
    found = list(dict.fromkeys([ENDS[Permit.End(permit.end)], "struck_off"])) if permit.end in ENDS else []
    if permit.cases.filter(kind=Kind.CANCELLATION, number=permit.end_document).exists():
        found = []  # cancelled on application: its case has the letter
    if not permit.ended_on:
        found.append("restriction_ahead")
    if _restricting(permit):
        found.append("restricted")
    return [(key, LETTERS[key]) for key in found]


def _restricting(permit: Permit) -> PermitVersion | None:
    """The last restriction, be it to come, or lifting by a document that has begun."""
    lifted = Q(origin=PermitVersion.Origin.LIFTED, valid_from__lte=timezone.localdate())
    told = permit.versions.filter(Q(origin=PermitVersion.Origin.RESTRICTED) | lifted).exclude(document="")
    return told.order_by("-valid_from", "-pk").first()


def told_of_restriction(permit: Permit) -> date | None:
    """When the last notice of a coming restriction was served; None: none was, or a restriction has followed it."""
    letter = (
        permit.letters.filter(letter="restriction_ahead", served_on__isnull=False).order_by("-served_on", "-pk").first()
    )
    cut = _restricting(permit)
    served: date | None = letter.served_on if letter else None
    return None if served is None or (cut and cut.told_on and cut.told_on >= served) else served


def _restriction_ahead(permit: Permit, words: str) -> list[str]:
    """What is going to be restricted, as who makes the letter writes it (取水条例 42(3))."""
    version, phone = permit.words_on(timezone.localdate()), offices.head(Who.DECIDING).phone
    allows = {"number": permit.number, "volume": _volume(version.unrestricted_m3 if version else None)}
    return [
        _("Permit %(number)s allows %(volume)s m³ a year. We are going to restrict it:") % allows, *words.splitlines(),
        *([_("Whom to ask: %s") % phone] if phone else []),
    ]  # fmt: skip


def _restricted(permit: Permit, cut: PermitVersion, known: Law) -> list[str]:
    """From when until when a permit allows how much, on which ground, why, by which document."""
    says = {"day": cut.valid_from, "number": permit.number, "volume": _volume(cut.volume_m3), "until": ""}
    if not cut.restricted:
        said = [_("From %(day)s on permit %(number)s is no longer restricted and allows %(volume)s m³ a year.") % says]
    else:
        free = next((v for v in permit.words if v.valid_from > cut.valid_from and not v.restricted), None)
        if free:
            says["until"] = free.valid_from - ONE_DAY
            said = [_("From %(day)s to %(until)s permit %(number)s allows %(volume)s m³ a year.") % says]
        else:
            said = [_("From %(day)s on permit %(number)s allows %(volume)s m³ a year.") % says]
    if cut.ground:
        case = register.grounds_of_restriction(cut.valid_from).get(cut.ground, "")
        said.append(_("Ground: %s") % f"{article(cut.ground, known)}: {case}")
    told = _("You were told of it in writing on %s.") % cut.told_on if cut.told_on else ""
    urgent = _("It could not wait for a notice: %s") % cut.urgent if cut.urgent else ""
    reason = _("Reason: %s") % cut.words if cut.words else ""
    return [*said, *filter(None, (reason, told, urgent)), _("By document: %s") % cut.document]


def _ground_of_end(permit: Permit, letter: str, known: Law) -> list[str]:
    ground = END_GROUNDS.get(Permit.End(permit.end)) if letter == "struck_off" else None
    return [_("Ground: %s") % article(ground, known)] if ground else []


@transaction.atomic
def make_of(
    actor: Actor, permit: Permit, letter: str, *, number: str = "", day: date | None = None, words: str = ""
) -> Letter:
    """Make the letter of an end or restriction of a permit and freeze it; `words`: what the notice of a coming restriction says. Raises
    Forbidden, Invalid.
    """
    actor.require(Right.PERMITS_DECIDE, path=permit.project.division.path)
    if letter not in dict(possible_of(permit)):
        raise Invalid(_("Nothing that happened to the permit asks for this letter."))
    known, version = law(), permit.words_on(timezone.localdate())
    if letter == "restriction_ahead":
        if not words.strip():
            raise Invalid(_("Write what is going to be restricted: how much, from when, why."), field="words")
        said = _restriction_ahead(permit, words.strip())
    elif letter == "restricted":
        cut = _restricting(permit)
        said = [*(_restricted(permit, cut, known) if cut else []), _rights(known)]
    else:
        said = [
            _("Permit %(number)s ends on %(day)s (%(how)s).") % {"number": permit.number, "day": permit.ended_on, "how": permit.get_end_display()},
            _("Reason: %s") % permit.end_words, *_ground_of_end(permit, letter, known), _("By document: %s") % permit.end_document,
            _rights(known),
        ]  # fmt: skip
    holder = version.holder if version else permit.project.user
    about = {"division": permit.project.division, "addressee": holder, "permit": permit}
    return _freeze(actor, letter, number, day or timezone.localdate(), said, **about)


def shown(actor: Actor, rows: QuerySet[Letter], path: str) -> QuerySet[Letter]:
    """Of letters about something that lies there, those that somebody may read: an applicant its own and the public ones, not those to third
    parties and offices."""
    return rows if actor.territory(Right.PERMITS_VIEW).holds_path(path) else rows.filter(to="")


def may_serve(actor: Actor, found: Letter) -> bool:
    """Whether it is somebody's part to write down that a letter of a case was served."""
    kind = KINDS_OF_LETTER.get(found.letter)
    return found.case is not None and kind is not None and offices.may(actor, kind.who, found.case)


@transaction.atomic
def serve(actor: Actor, found: Letter, *, day: date, how: str) -> Letter:
    """Record on which day and how a letter was served (送达)."""
    if found.case is not None:
        offices.require(actor, KINDS_OF_LETTER[found.letter].who, found.case)
    else:
        actor.require(Right.PERMITS_DECIDE, path=found.division.path)
    if day > timezone.localdate() or day < found.day:
        raise Invalid(_("A letter is served from its day on, and not in the future."), field="day")
    found.served_on, found.served_how = day, how.strip()[:60]
    found.save()
    return found


@transaction.atomic
def set_form(actor: Actor, letter: str, content: bytes | None) -> None:
    """Take the bureau's own form of a letter, after filling it once on trial; None: ours again. Raises Forbidden, Invalid."""
    actor.require(Right.PERMITS_DECIDE, path=county().path)
    if letter not in LETTERS:
        raise NotFound(_("There is no such letter."))
    if content is None:
        for own in LetterForm.objects.filter(letter=letter):
            own.delete()
        return
    if papers.suffix_of(content) != ".docx":
        raise Invalid(_("A form is a Word file (docx)."), field="paper")
    sample = {
        "office": "x",
        "title": "x",
        "number": "x",
        "addressee": "x",
        "paragraphs": ["PARAGRAPH-OF-TRIAL"],
        "day": "x",
        "demo": "",
    }
    trial = _filled(content, sample)
    if not any("PARAGRAPH-OF-TRIAL" in p.text for p in Document(io.BytesIO(trial)).paragraphs):
        raise Invalid(
            _("The form does not show the paragraphs of the letter: it needs the loop of ours."), field="paper"
        )
    LetterForm.objects.update_or_create(
        letter=letter, defaults={"paper": papers.keep(ROOM, content), "by_id": actor.person_id}
    )
