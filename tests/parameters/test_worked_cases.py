"""The worked cases of the collection of law, as it writes them, whose topics are built: inputs and answers."""

from datetime import date

import pytest

from liangshui.parameters import cases
from liangshui.parameters.law import calendar_of, shipped

HOLIDAYS = (
    "2024-01-01 2024-02-10 2024-02-11 2024-02-12 2024-02-13 2024-02-14 2024-02-15 2024-02-16 2024-02-17 2024-04-04 2024-04-05 "
    "2024-04-06 2024-05-01 2024-05-02 2024-05-03 2024-05-04 2024-05-05 2024-06-08 2024-06-09 2024-06-10 2024-09-15 2024-09-16 "
    "2024-09-17 2024-10-01 2024-10-02 2024-10-03 2024-10-04 2024-10-05 2024-10-06 2024-10-07"
)
MADE_UP = "2024-02-04 2024-02-18 2024-04-07 2024-04-28 2024-05-11 2024-09-14 2024-09-29 2024-10-12"
CALENDARS = {"2024": {"holidays": HOLIDAYS.split(), "makeup_workdays": MADE_UP.split()}}
HERDERS = {"use": "household and scattered livestock", "motorised": True, "m3_per_year": "1000"}
CASES = [
    ("PM-01", "permit-exempt", HERDERS, {"permit_required": False}),
    ("PM-03", "permit-exempt", {"motorised": False, "m3_per_year": "2400", "use": "irrigation"}, {"permit_required": False}),
    ("PM-05", "permit-deadline", {"received": "2024-03-04"}, {"check_by": "2024-03-11", "decide_by": "2024-05-15"}),
    ("PM-07", "permit-deadline", {"accepted": "2024-05-06", "excluded_working_days": "12"}, {"decide_by": "2024-07-24"}),
    ("PM-09", "permit-renewal", {"expires": "2026-06-30"}, {"apply_by": "2026-05-16"}),
    ("PM-11", "permit-lapse", {"approved": "2021-08-10", "works_started": False}, {"lapses_on": "2024-08-10"}),
    ("PM-13", "permit-disuse", {"last_abstraction": "2022-05-31"}, {"cancellable_from": "2024-05-31", "force_majeure_can_keep": True}),
    ("PM-15", "permit-validity", {"asked_years": "12"}, {"max_years": "10", "default_years": "5"}),
    ("PM-17", "permit-refusal", {"industry": "化工", "new": True, "source": "groundwater"}, {"decision": "refuse", "grounds": ["GW-025 (5)", "SEED-GWBAN"]}),
    ("PM-19", "permit-suspend", {"indicator_m3": "5120000", "pumped_m3": "9950000"}, {"ratio_pct": "194.3", "farm": "suspend", "village_domestic": "may be examined", "grounds": ["GW-025 (1)", "SEED-SUSPEND"]}),
    ("PM-21", "permit-route", {"source": "Yellow River main stem"}, {"authority": "黄河流域管理机构"}),
    ("IN-01", "indicator", {"base": "60.0", "now": "53.4", "target_pct": "10.4"}, {"fall_pct": "11.00", "met": True}),
    ("IN-03", "indicator", {"rule": "F-NM-2022"}, {"sources_sum": "19346000000", "uses_sum": "19347000000", "total": "19347000000"}),
    ("MT-01", "online-meter", {"cases": [{"source": "groundwater", "m3": "50000"}, {"source": "surface", "m3": "499999"}]}, {"online": [True, False]}),
    ("MT-03", "well-method", {"wells": [{"pipe_cm": "20", "meter_conditions": True}, {"pipe_cm": "18"}]}, {"method": ["meter", "electricity_conversion"]}),
    ("EW-01", "e2w", {"kwh": "12500", "k": "2.6"}, {"volume_m3": "32500"}),
    ("EW-03", "e2w-physics", {"head_m": "50", "eta": "0.45", "claimed_k": "8.0"}, {"k": "3.303", "k_max": "7.339", "claimed_possible": False}),
    ("EW-05", "e2w-sample", {"sample": "93", "population": "1490"}, {"pct": "6.2"}),
]  # fmt: skip


@pytest.mark.parametrize(("number", "topic", "inputs", "expected"), CASES, ids=[case[0] for case in CASES])
def test_a_worked_case_comes_out_as_the_collection_writes_it(number, topic, inputs, expected):
    law, example = shipped(), {"id": number, "topic": topic, "inputs": inputs, "expected": expected}
    (worked,) = cases.work({"examples": [example], "calendars": CALENDARS}, law, calendar_of(law), date(2026, 11, 25))
    assert worked.built and worked.right, (worked.error, worked.differs)
