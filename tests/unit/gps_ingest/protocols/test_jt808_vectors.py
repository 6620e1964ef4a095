"""JT/T 808 against recorded frames: ours, and the published ones where they are at hand."""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from command_center.commands.gps import as_row
from gps_ingest.protocols import jt808
from gps_ingest.protocols.base import Message

VECTORS = Path(__file__).parents[3] / "vectors" / "jt808.jsonl"
OWN = [json.loads(line) for line in VECTORS.read_text("utf-8").splitlines()]
Rows = Callable[[str], list[dict[str, Any]]]
HEADER = {
    "msg_id": "message_id",
    "version": "version",
    "phone": "phone",
    "serial": "serial",
    "subpackage": "subpackage",
    "body_len": "body_len",
}


def read(lines: list[str]) -> list[Message]:
    reader = jt808.CaptureReader()
    out = [m for line in lines for m in reader.feed(line.encode() + b"\n")]
    return out + reader.finish()


@pytest.mark.parametrize("row", OWN, ids=[row["id"] for row in OWN])
def test_every_row_comes_out_as_expected(row: dict[str, Any]) -> None:
    found = [as_row(message) for message in read(row["hex"])]
    assert len(found) == len(row["expect"])
    for message, want in zip(found, row["expect"], strict=True):
        assert {name: message.get(name) for name in want} == want


def test_published_frames_come_out_as_expected(published: Rows) -> None:
    for row in published("jt808.jsonl"):
        (message,) = read([row["hex"]])
        found, header = as_row(message), row["expect"]["header"]
        if not (header["checksum_ok"] and header["len_ok"]):
            assert found["kind"] == "error", row["id"]
            continue
        assert found["kind"] != "error", row["id"]
        for theirs, ours in HEADER.items():
            assert found[ours] == header[theirs], row["id"]
        assert_same(row["expect"].get("body") or {}, found, row["id"])


def assert_same(want: dict[str, Any], found: dict[str, Any], where: str) -> None:
    for name, value in want.items():
        if name == "locations":
            for inner, fix in zip(value, found["fixes"], strict=True):
                assert_same(inner, fix, where)
        elif name == "location":
            assert_same(value, found, where)
        elif name == "time" and value:
            assert datetime.fromisoformat(found["time"]) == datetime.fromisoformat(value), where
        elif name != "time_bcd":
            assert found.get(name, "absent") == value, (where, name)


def test_published_messages_in_parts_come_out_whole(published: Rows) -> None:
    for row in published("jt808_subpackage.jsonl"):
        want = row["expect"]
        strict = [as_row(message) for message in read(row["frames"])]
        assert [m["kind"] == "error" for m in strict] == [not want["checksums_ok"]] * len(strict)
        decoder = jt808.Decoder(jt808.Dialect(verify=False))
        *parts, last = [
            as_row(m) for frame in row["frames"] for m in decoder.feed(bytes.fromhex(frame))
        ]
        assert [part["kind"] for part in parts] == ["part"] * (want["total"] - 1)
        for name in ("phone", "total", "serials", "body_len", "body_sha256"):
            assert last[name] == want[name], row["id"]
        assert last["message_id"] == want["msg_id"]
        for name, value in want["check"].items():
            assert last.get(name, value) == value, (row["id"], name)


def test_a_published_picture_in_ten_parts_is_a_picture(published: Rows) -> None:
    (row,) = [r for r in published("jt808_subpackage.jsonl") if r["id"] == "jt808-sub-4"]
    decoder = jt808.Decoder(jt808.Dialect(verify=False))
    messages = [m for frame in reversed(row["frames"]) for m in decoder.feed(bytes.fromhex(frame))]
    body = messages[-1].header.assembly.body  # type: ignore[attr-defined]
    assert hashlib.sha256(body).hexdigest() == row["expect"]["body_sha256"]
    assert body[36:38] == b"\xff\xd8"
    assert body.endswith(b"\xff\xd9")
