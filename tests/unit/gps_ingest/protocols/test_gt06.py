"""GT06: recorded packets are the specification."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from command_center.commands.gps import as_row
from gps_ingest.protocols import gt06
from gps_ingest.protocols.base import Fix, Message

VECTORS = Path(__file__).parents[3] / "vectors" / "gt06.jsonl"
OWN = [json.loads(line) for line in VECTORS.read_text("utf-8").splitlines()]
Rows = Callable[[str], list[dict[str, Any]]]
BY_ID = {row["id"]: bytes.fromhex("".join(row["hex"])) for row in OWN if row["id"] != "nothing"}


def captured(lines: list[str]) -> list[dict[str, Any]]:
    reader = gt06.CaptureReader()
    messages = [m for line in lines for m in reader.feed(line.encode() + b"\n")]
    return [as_row(message) for message in messages + reader.finish()]


def streamed(data: bytes, piece: int = 1 << 30) -> list[Message]:
    decoder = gt06.Decoder()
    out = [m for at in range(0, len(data), piece) for m in decoder.feed(data[at : at + piece])]
    return out + decoder.finish()


@pytest.mark.parametrize("row", OWN, ids=[row["id"] for row in OWN])
def test_every_row_comes_out_as_expected(row: dict[str, Any]) -> None:
    found = captured(row["hex"])
    assert len(found) == len(row["expect"])
    for message, want in zip(found, row["expect"], strict=True):
        assert {name: message.get(name) for name in want} == want


def test_published_packets_come_out_as_expected(published: Rows) -> None:
    for row in published("gt06.jsonl"):
        found, *more = captured([row["hex"]])
        want = row["expect"]
        assert found["type"] == want["type"], row["id"]
        assert found["ext"] == want["ext"], row["id"]
        if row["grade"] in "AB":
            assert not more, row["id"]
            assert found["kind"] != "error", row["id"]
            assert {"serial": found["serial"], "imei": found.get("imei")} == {
                "serial": want["serial"],
                "imei": want.get("imei"),
            }, row["id"]
        elif row["grade"] == "X":
            assert found["kind"] in ("error", "other"), row["id"]
        if row["grade"] == "A" or (found["kind"] == "fix" and "fix" in want):
            assert found["kind"] == "fix", row["id"]
            for name, value in want["fix"].items():
                told = found[name]
                if name == "time":
                    told, value = (datetime.fromisoformat(text) for text in (told, value))
                assert told == value, (row["id"], name)


def test_the_crc_is_x25() -> None:
    assert gt06.crc(b"123456789") == 0x906E


def test_answers_repeat_type_and_serial() -> None:
    (login,) = streamed(BY_ID["login"])
    assert isinstance(login, gt06.Hello)
    assert gt06.answer(login.header) == bytes.fromhex("787805010001d9dc0d0a")
    (place,) = streamed(BY_ID["position"])
    assert isinstance(place, gt06.Position)
    assert gt06.answer(place.header) is None


def test_a_time_request_is_answered_in_utc() -> None:
    there = timedelta(hours=8)
    now = datetime(2026, 3, 9, 10, 15, 30, tzinfo=UTC) - there
    packet = gt06.answer_time(gt06.Header(gt06.TIME, 6), now)
    (found,) = streamed(packet)
    assert as_row(found)["data"] == "1a0309020f1e"


def test_a_command_is_framed_and_read_back() -> None:
    (found,) = streamed(gt06.command("DYD,000000#", 9, server_flag=7))
    row = as_row(found)
    assert (row["type"], row["serial"]) == ("0x80", 9)
    assert bytes.fromhex(row["data"]) == b"\x0f\0\0\0\x07DYD,000000#\0\x02"
    with pytest.raises(UnicodeEncodeError):
        gt06.command("断油", 1)
    with pytest.raises(ValueError, match="do not fit"):
        gt06.command("x" * 300, 1)


def test_a_terminal_with_a_clock_of_its_own_is_set_to_utc_by_whoever_reads_it() -> None:
    decoder = gt06.Decoder()
    (login,) = decoder.feed(BY_ID["login-zone-east"])
    assert isinstance(login, gt06.Hello)
    assert login.zone == timedelta(hours=8)
    decoder.zone = login.zone
    (fix,) = decoder.feed(BY_ID["position"])
    assert isinstance(fix, Fix)
    assert fix.time == datetime(2026, 3, 8, 18, 15, 30, tzinfo=UTC)


PIECES = st.lists(st.sampled_from(list(BY_ID.values())) | st.binary(max_size=12), max_size=8)


@given(PIECES.map(b"".join), st.integers(1, 40))
def test_pieces_of_any_size_give_the_same_messages(data: bytes, piece: int) -> None:
    assert [as_row(m) for m in streamed(data, piece)] == [as_row(m) for m in streamed(data)]


@given(PIECES.map(b"".join), st.data())
def test_no_bytes_raise_and_memory_stays_below_one_packet(data: bytes, draw: st.DataObject) -> None:
    mutated = bytearray(data)
    for _ in range(draw.draw(st.integers(0, 5)) if data else 0):
        mutated[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    decoder = gt06.Decoder()
    for at in range(0, len(mutated), 7):
        for message in decoder.feed(bytes(mutated[at : at + 7])):
            json.dumps(as_row(message), allow_nan=False)
        assert len(decoder._rest) <= gt06.MAX_PACKET
    decoder.finish()


@given(st.integers(0, 255), st.binary(max_size=300), st.integers(0, 65535))
def test_every_packet_that_is_sealed_is_read(kind: int, data: bytes, serial: int) -> None:
    (found,) = streamed(gt06.seal(gt06.Header(kind, serial, extended=True), data))
    assert as_row(found)["serial"] == serial


@pytest.mark.parametrize("flood", [b"\x78" * 300_000, b"\x79" * 300_000, b"\x78\x78\x05" * 99_999])
def test_a_flood_costs_time_in_proportion_to_its_size(flood: bytes) -> None:
    import time

    begin = time.process_time()
    for at in range(0, len(flood), 4096):
        streamed(flood[at : at + 4096])
    assert time.process_time() - begin < 10
