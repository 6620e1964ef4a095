"""`gps decode` and `gps encode` from end to end: every name that they print, kept as goldens.

`DECODED_GOLDEN=write` writes them anew; the difference is to be read before it is committed.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[4]
VECTORS = ROOT / "tests" / "vectors"
TEXT = {"message_id": "0x8300", "phone": "13812345678", "text": "请立即前往", "urgent": True}


def run(verb: str, protocol: str, data: bytes) -> list[str]:
    command = [sys.executable, "-m", "command_center", "gps", verb, "--protocol", protocol]
    done = subprocess.run(command, input=data, capture_output=True, cwd=ROOT, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode().splitlines()


def rows(protocol: str) -> list[dict[str, Any]]:
    text = (VECTORS / f"{protocol}.jsonl").read_text("utf-8")
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("protocol", ["jt808", "gt06"])
def test_every_line_is_printed_as_it_was(protocol: str) -> None:
    lines = [line for row in rows(protocol) for line in row["hex"]]
    found = run("decode", protocol, "\n".join(lines).encode())
    golden = VECTORS / "decoded" / f"{protocol}.jsonl"
    if os.environ.get("DECODED_GOLDEN") == "write":
        golden.parent.mkdir(exist_ok=True)
        golden.write_text("".join(line + "\n" for line in found), "utf-8")
    assert found == golden.read_text("utf-8").splitlines()


def test_hex_may_have_capitals_and_blanks() -> None:
    found = run("decode", "jt808", b"7E 00 02 0000 013800001111 0007 3C 7E\r\n")
    assert json.loads(found[0])["kind"] == "heartbeat"


def encoded(protocol: str, *messages: object) -> list[str]:
    return run("encode", protocol, "\n".join(json.dumps(one) for one in messages).encode())


def test_a_message_is_written_by_the_rule_of_its_edition() -> None:
    frames = encoded("jt808", TEXT, {**TEXT, "version": 2019, "serial": 7})
    old, new = (json.loads(line) for line in run("decode", "jt808", "\n".join(frames).encode()))
    assert (old["flag"], old["text_type"], old["text"]) == (13, None, "请立即前往")
    assert (new["flag"], new["text_type"], new["serial"]) == (14, 1, 7)
    assert new["phone"] == "00000000013812345678"


def test_what_is_decoded_can_be_encoded_again() -> None:
    lines = [line for row in rows("jt808") for line in row["hex"]]
    decoded = [json.loads(line) for line in run("decode", "jt808", "\n".join(lines).encode())]
    again = [
        row
        for row in decoded
        if row["kind"] not in ("error", "part")
        and row.get("items_ok", True)
        and not row.get("encryption")
        and not row.get("faults")
        and not row.get("imei")
    ]
    assert len(again) > 50
    frames = "\n".join(encoded("jt808", *again)).encode()
    back = [json.loads(line) for line in run("decode", "jt808", frames)]
    whole = [row for row in back if row["kind"] != "part"]
    for before, after in zip(again, whole, strict=True):
        changing = ("layout", "subpackage", "serials", "total", "body_sha256", "body_len", "valid")
        for row in (before, after):
            for name in changing:
                row.pop(name, None)
        assert after == before


def test_a_long_message_is_several_frames() -> None:
    frames = encoded("jt808", {**TEXT, "message_id": "0x8900", "type": 65, "data": "00" * 3000})
    kinds = [
        json.loads(line)["kind"] for line in run("decode", "jt808", "\n".join(frames).encode())
    ]
    assert kinds == ["part", "part", "pass_through"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"text": None}, "text is missing"),
        ({"text": 7}, "text is not a text"),
        ({"text": "到达😀"}, "'😀' is not in GBK"),
        ({"phone": None}, "phone is missing"),
        ({"phone": "1" * 13}, "phone has more than 12 digits"),
        ({"phone": "speed"}, "phone: "),
        ({"version": 2016}, "version must be"),
        ({"message_id": "text"}, "message_id is not a number"),
        ({"message_id": "0x8202"}, "interval is missing"),
        ({"message_id": "0x8202", "interval": 70000}, "does not fit"),
        ({"message_id": "0x8103", "parameters": []}, "parameters is not an object"),
        ({"message_id": "0x8302", "flag": 1, "question": "?", "answers": [1]}, "answers is not"),
        ({"message_id": "0x0200", "lat": float("nan"), "lon": 1}, "lat is not a number"),
        ({"message_id": "0x0200", "lat": 1, "lon": 1, "time": "noon"}, "time is not ISO 8601"),
        ({"message_id": "0x0900", "type": 1, "data": "xy"}, "data is not hexadecimal"),
    ],
)
def test_a_row_that_cannot_be_written_says_why(change: dict[str, object], why: str) -> None:
    (line,) = encoded("jt808", {**TEXT, **change})
    answer = json.loads(line)
    assert answer["kind"] == "error"
    assert why in answer["error"]


def test_lines_that_are_no_object_are_errors_in_their_place() -> None:
    found = run("encode", "jt808", b"[1]\n\nnonsense\n\xff\n" + json.dumps(TEXT).encode())
    assert [line.startswith("7e") for line in found] == [False, False, False, True]


def test_gt06_takes_commands_and_raw_packets() -> None:
    rows = [{"type": "0x80", "text": "DYD#"}, {"type": "0x01", "serial": 3}, {"type": "0x80"}, {}]
    found = encoded("gt06", *rows)
    assert found[1] == "787805010003face0d0a"
    assert [line.startswith("7878") for line in found] == [True, True, True, False]
