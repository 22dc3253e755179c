"""A day's frames are sealed; a byte changed, a frame missing or added is found and named, and anybody can check the file."""

import gzip
import json
import subprocess
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command

from liangshui.telemetry import seals
from liangshui.telemetry.models import GatewayProgress, RawFrame, Seal

pytestmark = pytest.mark.django_db

FIRST = date(2026, 5, 1)
NOON = datetime(2026, 5, 1, 4, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def home(settings, tmp_path):
    settings.HOME = tmp_path


def receive(day: int, count: int, gateway: str = "main") -> list[RawFrame]:
    frames = [
        RawFrame.objects.create(
            gateway=gateway,
            received_at=NOON + timedelta(days=day, minutes=n),
            peer="10.0.0.1:5",
            station_key=f"003074620{n % 3}",
            protocol="sl651",
            verdict="good",
            raw=bytes([0x7E, 0x7E, day, n]) * 5,
        )
        for n in range(count)
    ]
    GatewayProgress.objects.update_or_create(gateway=gateway, defaults={"last_frame_id": frames[-1].pk})
    return frames


@pytest.fixture
def sealed():
    """Three days of two gateways, sealed."""
    days = [receive(day, 5) for day in range(3)]
    receive(0, 2, "second")
    made = seals.seal_days(date(2026, 5, 4))
    assert [(s.gateway, str(s.day), s.frames) for s in made] == [
        ("main", "2026-05-01", 5),
        ("main", "2026-05-02", 5),
        ("main", "2026-05-03", 5),
        ("second", "2026-05-01", 2),
    ]
    return days


def faults(deposited=None):
    found = seals.verify(FIRST, date(2026, 5, 31), deposited)
    return {(v.seal.gateway, v.seal.day.day): list(v.faults) for v in found if v.faults}


def test_what_was_not_touched_is_as_sealed_and_days_form_a_chain(sealed):
    assert faults() == {}
    one, two, three = Seal.objects.filter(gateway="main").order_by("number")
    assert (one.previous_sha256, two.previous_sha256, three.previous_sm3) == ("0" * 64, one.sha256, two.sm3)
    assert seals.seal_days(date(2026, 5, 4)) == []


def test_today_is_not_sealed_and_what_comes_late_belongs_to_the_next_day():
    receive(0, 3)
    assert len(seals.seal_days(date(2026, 5, 1))) == 0
    assert len(seals.seal_days(date(2026, 5, 2))) == 1
    receive(0, 1)  # received on the first, on the disk behind the seal
    receive(1, 2)
    (second,) = seals.seal_days(date(2026, 5, 3))
    assert (str(second.day), second.frames) == ("2026-05-02", 3)
    assert faults() == {}


def test_a_changed_byte_is_named(sealed):
    frame = sealed[1][2]
    raw = bytearray(frame.raw)
    raw[7] ^= 0xFF
    RawFrame.objects.filter(pk=frame.pk).update(raw=bytes(raw))
    assert faults() == {
        ("main", 2): [f"报文 {frame.pk} 被改动：raw 第 7 字节，封存时 02，现为 fd。"],
    }


@pytest.mark.parametrize("field", ["station_key", "received_at", "verdict", "peer", "asked"])
def test_nothing_that_is_kept_of_a_frame_can_be_changed_unseen(sealed, field):
    value = {"received_at": NOON, "asked": b"\x01"}.get(field, "x")
    RawFrame.objects.filter(pk=sealed[2][1].pk).update(**{field: value})
    ((where, said),) = faults().items()
    assert where == ("main", 3) and len(said) == 1 and str(sealed[2][1].pk) in said[0]


def test_a_missing_frame_is_named_and_one_put_in_its_place_is_compared(sealed):
    gone = sealed[0][3]
    RawFrame.objects.filter(pk=gone.pk).delete()
    assert faults() == {("main", 1): [f"缺少报文 {gone.pk}。"]}
    gone.raw = bytes(gone.raw) + b"\x00"
    gone.save(force_insert=True)
    assert faults() == {("main", 1): [f"报文 {gone.pk} 被改动：raw 第 20 字节，封存时 —，现为 00。"]}


def test_an_added_frame_is_named():
    frames = receive(0, 4)
    between = frames.pop(1)
    RawFrame.objects.filter(pk=between.pk).delete()
    seals.seal_days(date(2026, 5, 2))
    between.save(force_insert=True)
    assert faults() == {("main", 1): [f"多出报文 {between.pk}。"]}


def test_a_file_that_was_changed_too_is_told(sealed):
    seal = Seal.objects.get(gateway="main", day="2026-05-01")
    path = seals.path_of(seal)
    text = gzip.decompress(path.read_bytes()).replace(b"10.0.0.1", b"10.0.0.2")
    path.write_bytes(gzip.compress(text))
    assert faults() == {}  # the frames themselves are as sealed
    RawFrame.objects.filter(pk=sealed[0][0].pk).update(peer="x")
    assert faults()["main", 1][0] == "当日的封存文件也被改动过；以下是与该文件的差别。"
    path.unlink()
    assert faults()["main", 1] == ["报文与封存时不一致。当日的封存文件缺失，无法指出是哪一条。"]


def test_a_chain_that_was_written_anew_does_not_match_what_was_deposited(sealed):
    deposited = seals.read_deposited(json.dumps(seals.export(FIRST, date(2026, 5, 31))).encode())
    assert faults(deposited) == {}
    RawFrame.objects.filter(pk=sealed[0][0].pk).update(raw=b"forged")
    Seal.objects.all().delete()
    seals.seal_days(date(2026, 5, 4))
    assert faults() == {}
    assert set(faults(deposited)) == {("main", 1), ("main", 2), ("main", 3)}
    Seal.objects.filter(gateway="second").delete()
    assert faults(deposited)["second", 1] == ["这一天已存证，但这里没有封存记录。"]


def test_the_file_is_checked_without_liangshui(sealed, tmp_path):
    seal = Seal.objects.get(gateway="main", day="2026-05-02")
    plain = tmp_path / "day.txt"
    plain.write_bytes(gzip.decompress(seals.path_of(seal).read_bytes()))
    assert subprocess.check_output(["sha256sum", plain], text=True).split()[0] == seal.sha256
    assert subprocess.check_output(["openssl", "dgst", "-sm3", plain], text=True).split()[-1] == seal.sm3
    lines = plain.read_text().splitlines()
    assert lines[0] == "liangshui-seal 1"
    assert lines[3] == f"previous-sha256\t{seal.previous_sha256}"
    assert lines[6].split("\t")[-1] == bytes(sealed[1][0].raw).hex()


def test_the_command_says_what_it_found_and_fails(sealed, tmp_path):
    out = StringIO()
    call_command("seal", export=tmp_path / "seals.json", stdout=out)
    call_command("verify-seal", deposited=tmp_path / "seals.json", stdout=out)
    assert "4 days checked, 0 faults" in out.getvalue()
    RawFrame.objects.filter(pk=sealed[0][0].pk).delete()
    with pytest.raises(SystemExit) as ended:
        call_command("verify-seal", first=FIRST, last=FIRST, stdout=out)
    assert ended.value.code == 1 and f"{sealed[0][0].pk}" in out.getvalue()
