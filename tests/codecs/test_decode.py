"""`liangshui decode`: text in, plain data out."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from liangshui.gateway.decode import decode_hex, decode_item, is_refused
from liangshui.gateway.management.commands.decode import read_items

VECTORS_FILE = Path(__file__).parent / "vectors.json"
ALL = json.loads(VECTORS_FILE.read_text(encoding="utf-8"))
LOGIN = "680868B04101220C0002F08916"
LOGIN_TOLD = {
    "direction": "up",
    "div": 0,
    "fcb": 3,
    "type_code": 0,
    "address_hex": "4101220C00",
    "region": "410122",
    "station_no_le": 12,
    "afn": "02",
    "link": "login",
}
FLOW = "681A68B35303810D00C00059000000826110000001106000004508090A3516"
KEEP_ALIVE = "7E7E01001234567812342F0008020003591011155111036BCA"


def differences(expected: Any, got: Any, where: str = "") -> list[str]:
    """What of `expected` isn't in `got`; numbers within 1e-9."""
    if isinstance(expected, dict) and isinstance(got, dict):
        return [
            line
            for key, value in expected.items()
            for line in (
                differences(value, got[key], f"{where}.{key}") if key in got else [f"{where}.{key} is missing"]
            )
        ]
    if isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
        pairs = enumerate(zip(expected, got, strict=True))
        return [line for i, (one, other) in pairs for line in differences(one, other, f"{where}[{i}]")]
    is_number = isinstance(expected, (int, float)) and isinstance(got, (int, float))
    same = abs(expected - got) <= 1e-9 if is_number and not isinstance(expected, bool) else expected == got
    return [] if same else [f"{where}: {expected!r} is {got!r}"]


@pytest.mark.parametrize("item", ALL, ids=[str(number) for number in range(len(ALL))])
def test_vector_is_told_as_expected(item: dict[str, Any]) -> None:
    told = decode_item(item)
    assert differences(item["expected"], told) == []
    added = set(told) - set(item["expected"])
    assert added <= {"detail", "crc_in_frame", "crc_computed", "joined"}


@pytest.mark.parametrize("item", ALL, ids=[str(number) for number in range(len(ALL))])
def test_vector_is_told_as_expected_without_its_protocol(item: dict[str, Any]) -> None:
    assert differences(item["expected"], decode_item(item | {"protocol": "auto"})) == []


def test_vectors_are_compared_strictly() -> None:
    assert differences({"a": [1, {"b": 2.0}]}, {"a": [1, {"b": 2.1}]}) == [".a[1].b: 2.0 is 2.1"]
    assert differences({"a": 1}, {}) == [".a is missing"]
    assert differences({"a": None}, {"a": 0}) == [".a: None is 0"]


@pytest.mark.parametrize(
    "text",
    [LOGIN, LOGIN.lower(), "68 08 68 B0 41 01 22 0C 00 02 F0 89 16", "0x68,0x08,0x68" + LOGIN[6:], f" {LOGIN}\n"],
)
def test_hexadecimal_may_be_written_in_several_ways(text: str) -> None:
    assert decode_hex(text) == LOGIN_TOLD


@pytest.mark.parametrize("protocol", ["auto", "szy206", "sl427-2021", "SZY206-2016", "SL/T 427-2021", "SL 427-2008"])
def test_protocol_may_have_its_own_name_or_that_of_the_standard(protocol: str) -> None:
    assert decode_hex(LOGIN, protocol) == LOGIN_TOLD


def test_edition_that_was_found_in_the_frame_is_told() -> None:
    told = decode_hex(FLOW)
    assert (told["edition"], told["edition_by"]) == ("szy206-2016", "frame")
    assert "edition" not in decode_hex(FLOW, "szy206")


@pytest.mark.parametrize(
    ("text", "protocol", "error"),
    [
        (FLOW[:-4] + "3616", "szy206", "crc"),
        (FLOW[:-2] + "17", "szy206", "tail"),
        ("680168B0B016", "szy206", "length"),
        (FLOW[:-10], "szy206", "incomplete"),
        ("0102030405", "szy206", "junk"),
        ("0102030405", "auto", "junk"),
        ("", "auto", "incomplete"),
        ("6", "auto", "junk"),
        ("frame", "auto", "junk"),
        (KEEP_ALIVE[:-2] + "CB", "sl651", "crc"),
        (KEEP_ALIVE[:-2], "sl651", "incomplete"),
        (KEEP_ALIVE, "szy206", "junk"),
        (LOGIN, "modbus", "unsupported"),
    ],
)
def test_refused_frame_says_why(text: str, protocol: str, error: str) -> None:
    told = decode_hex(text, protocol)
    assert told["error"] == error
    assert told["detail"]
    assert is_refused(told)


def test_wrong_checksum_is_shown_with_the_right_one() -> None:
    told = decode_hex(FLOW[:-4] + "3616")
    assert (told["crc_in_frame"], told["crc_computed"]) == ("36", "35")
    told = decode_hex(KEEP_ALIVE[:-4] + "0000")
    assert (told["crc_in_frame"], told["crc_computed"]) == ("0000", "6BCA")


def test_junk_around_one_frame_is_skipped() -> None:
    assert decode_hex("0D0A" + LOGIN + "7E") == LOGIN_TOLD


def test_several_frames_are_told_in_order() -> None:
    told = decode_hex(LOGIN + FLOW[:-4] + "3616" + LOGIN)
    assert [frame.get("error", frame.get("link")) for frame in told["frames"]] == ["login", "crc", "login"]
    assert is_refused(told)


def test_missing_packet_is_incomplete() -> None:
    item = next(item for item in ALL if "frames" in item)
    told = decode_item(item | {"frames": item["frames"][:5] + item["frames"][6:]})
    assert told["error"] == "incomplete"


@pytest.mark.parametrize("item", [{}, {"hex": 5}, {"frames": [1]}, {"frames": LOGIN}, {"protocol": 5, "hex": LOGIN}])
def test_item_of_no_form_is_refused(item: dict[str, Any]) -> None:
    assert is_refused(decode_item(item))


def run(*arguments: str) -> tuple[list[dict[str, Any]], int]:
    out = io.StringIO()
    status = 0
    try:
        call_command("decode", *arguments, stdout=out)
    except SystemExit as end:
        status = int(end.code or 0)
    return json.loads(out.getvalue()), status


def test_command_prints_an_array_in_order() -> None:
    told, status = run(LOGIN, FLOW, "--protocol", "szy206")
    assert [each["afn"] for each in told] == ["02", "C0"]
    assert status == 0


def test_command_ends_with_1_if_one_was_refused() -> None:
    told, status = run(LOGIN, FLOW[:-4] + "3616")
    assert [each.get("error") for each in told] == [None, "crc"]
    assert status == 1


def test_command_takes_one_frame_with_its_bytes_apart() -> None:
    assert run(*(LOGIN[i : i + 2] for i in range(0, len(LOGIN), 2))) == ([LOGIN_TOLD], 0)


def test_command_reads_the_vectors() -> None:
    told, status = run("--file", str(VECTORS_FILE))
    assert len(told) == len(ALL)
    assert [differences(item["expected"], each) for item, each in zip(ALL, told, strict=True)] == [[]] * len(ALL)
    assert status == 1


def test_command_reads_lines_of_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(f"# two frames\n{LOGIN}  # login\n\n{LOGIN}\n".encode()))
    monkeypatch.setattr(sys, "stdin", stdin)
    assert run("--file", "-") == ([LOGIN_TOLD, LOGIN_TOLD], 0)


def test_command_prints_chinese_as_it_is(tmp_path: Path) -> None:
    out = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("decode", "不是", stdout=out)
    assert "不是" in out.getvalue()


def test_command_without_a_frame_says_what_to_give() -> None:
    with pytest.raises(CommandError, match="give frames in hexadecimal, or --file FILE"):
        call_command("decode")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\xff\xfe\x00", "is not UTF-8 text"),
        (b'[{"hex": ]', "is no JSON: Expecting value, line 1 column 10"),
        (b"[5]", "item 1 must be an object or hexadecimal text, not 5"),
        (b"[" * 100_000, "nested too deep"),
    ],
)
def test_bad_file_is_refused_by_name(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "capture.json"
    path.write_bytes(content)
    with pytest.raises(CommandError, match=f"capture.json: .*{message}"):
        read_items(str(path))


def test_missing_file_and_folder_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"none\.json: cannot be read: No such file or directory"):
        read_items(str(tmp_path / "none.json"))
    with pytest.raises(CommandError, match="cannot be read: Is a directory"):
        read_items(str(tmp_path))


def test_file_may_hold_one_object_or_a_list_of_text(tmp_path: Path) -> None:
    path = tmp_path / "items.json"
    path.write_text(json.dumps({"hex": LOGIN}))
    assert read_items(str(path)) == [{"hex": LOGIN}]
    path.write_text(json.dumps([LOGIN]))
    assert read_items(str(path)) == [{"hex": LOGIN}]
