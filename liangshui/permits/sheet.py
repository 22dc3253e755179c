"""The register sheet of a permit (登记表): what the register says, on one A4, marked as not the certificate, with a QR to the check page."""

from datetime import date

from django.conf import settings
from django.utils.translation import gettext as _
from fpdf import FPDF
from fpdf.enums import XPos, YPos

from liangshui.permits import queries
from liangshui.permits.models import Permit, PermitVersion
from liangshui.records import qr
from liangshui.records.installation import is_demo

SIDE_MM = 32.0


def facts(permit: Permit, version: PermitVersion, on: date) -> list[tuple[str, str]]:
    """What a permit says (取水条例 24), label and words; a dash where the register knows nothing."""
    volume = f"{version.volume_m3:,.0f} m³" if version.volume_m3 is not None else "—"
    rows = [
        (_("permit number"), permit.number), (_("holder"), version.holder.name), (_("abstraction project"), permit.project.name),
        (_("place"), permit.project.division.name), (_("source"), version.get_source_display() if version.source else "—"),
        (_("use"), version.purpose or (version.get_use_display() if version.use else "—")), (_("permitted volume a year"), volume),
        (_("term"), f"{version.begins or '—'} – {version.expires or '—'}"), (_("place of return"), version.return_place or "—"),
        (_("return a year"), f"{version.return_m3:,.0f} m³" if version.return_m3 is not None else "—"),
        (_("issuing office"), permit.office or "—"), (_("issued on"), str(permit.issued_on or "—")),
    ]  # fmt: skip
    named = "、".join(f"{each.name} ({each.code})" for each in permit.intakes.all())
    rows.append((_("intakes that it names"), named or "—"))
    rows += queries.terms_told(queries.terms_in(version))
    if version.restricted:
        rows.append((_("without the restriction, m³ a year"), f"{version.whole_m3:,.0f} m³"))
    coming = next((v for v in permit.words if v.valid_from > on and v.begins != version.begins), None)
    if coming:
        amount = f"{coming.volume_m3:,.0f} m³" if coming.volume_m3 is not None else "—"
        rows.append((_("next term"), f"{coming.begins} – {coming.expires or '—'} · {amount}"))
    if permit.ended_on:
        rows.append((_("ended on"), f"{permit.ended_on} {permit.get_end_display()}"))
    return rows


def pdf(permit: Permit, version: PermitVersion, address: str, on: date) -> bytes:
    """The sheet as PDF; `address` is that of the check page."""
    paper = FPDF(format="A4")
    paper.add_font("zh", "", str(settings.FONT))
    paper.add_font("zh", "B", str(settings.FONT_BOLD))
    paper.set_margins(22, 22, 22)
    paper.add_page()
    paper.set_font("zh", "B", 18)
    paper.cell(0, 12, _("Register sheet of an abstraction permit"), align="C", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    paper.set_font("zh", "B", 11)
    paper.set_text_color(176, 30, 30)
    paper.cell(
        0,
        8,
        _("An extract of the register; this is not the official certificate."),
        align="C",
        new_x=XPos.LMARGIN,
        new_y=YPos.NEXT,
    )
    if is_demo():
        paper.cell(0, 7, _("Demo data, invented"), align="C", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    paper.set_text_color(0, 0, 0)
    paper.ln(4)
    for label, words in facts(permit, version, on):
        paper.set_font("zh", "", 11)
        paper.set_text_color(90, 90, 90)
        paper.cell(48, 8, label)
        paper.set_text_color(0, 0, 0)
        paper.multi_cell(0, 8, words, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    paper.ln(6)
    left, top = paper.l_margin, paper.get_y()
    qr.draw(paper, address, left, top, SIDE_MM)
    paper.set_xy(left + SIDE_MM + 6, top + 4)
    paper.set_font("zh", "", 10)
    paper.multi_cell(0, 6, _("Scan to see whether the register still says so.") + f"\n{address}\n" + _("As of %s") % on)
    return bytes(paper.output())
