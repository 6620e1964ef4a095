"""NMEA 0183: recorded input is the specification."""

import json
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from command_center.commands.gps import as_row
from gps_ingest.protocols import nmea
from gps_ingest.protocols.base import Bad, Fix, Login, Message

VECTORS = Path(__file__).parents[2] / "vectors" / "nmea.jsonl"
OWN = [json.loads(line) for line in VECTORS.read_text("utf-8").splitlines()]
Rows = Callable[[str], list[dict[str, Any]]]


def read(data: bytes, piece: int = 1 << 30) -> list[Message]:
    reader = nmea.CaptureReader()
    out: list[Message] = []
    for at in range(0, len(data), piece):
        out += reader.feed(data[at : at + piece])
    return out + reader.finish()


def fixes(messages: list[Message]) -> list[Fix]:
    return [message for message in messages if isinstance(message, Fix)]


@pytest.mark.parametrize("piece", [1 << 30, 5], ids=["whole", "in pieces"])
@pytest.mark.parametrize("row", OWN, ids=[row["id"] for row in OWN])
def test_every_row_comes_out_as_expected(row: dict[str, Any], piece: int) -> None:
    found = [as_row(message) for message in read(row["text"].encode("latin-1"), piece)]
    assert [message["kind"] for message in found] == [want["kind"] for want in row["expect"]]
    for message, want in zip(found, row["expect"], strict=True):
        assert {name: message[name] for name in want} == want


def test_published_epochs_give_one_fix_each_with_the_height_of_its_second(published: Rows) -> None:
    for row in published("nmea_groups.jsonl"):
        (fix,) = fixes(read(row["text"].encode()))
        want = row["expect"]
        assert fix.valid
        assert fix.time == datetime.fromisoformat(want["time"])
        assert (fix.lat, fix.lon) == pytest.approx((want["lat"], want["lon"]), abs=1e-6)
        assert fix.speed_kmh == pytest.approx(want["speed_knots_in_rmc"] * 1.852)
        assert fix.course == want.get("course", fix.course)
        assert fix.alt_m == want.get("alt_msl_m")


@pytest.mark.parametrize("piece", [1 << 30, 97, 1], ids=["whole", "packets", "single bytes"])
def test_published_captures_give_every_sentence_and_fix(
    published: Rows, published_bytes: Callable[[str], bytes], piece: int
) -> None:
    for row in published("nmea_logs.jsonl"):
        messages = read(published_bytes(row["file"]), piece)
        want = row["expect"]
        assert sum(not isinstance(m, Bad) for m in messages) == want["good_sentences"], row["id"]
        valid = [fix for fix in fixes(messages) if fix.valid]
        assert len(valid) == want["rmc_valid_count"], row["id"]
        for fix, (at, lat, lon, knots, course) in zip(valid, want["rmc_valid_fixes"], strict=False):
            assert fix.time == datetime.fromisoformat(at)
            assert (fix.lat, fix.lon) == pytest.approx((lat, lon), abs=1e-6)
            assert fix.speed_kmh == pytest.approx(knots * 1.852, abs=1e-2)
            assert fix.course == course


def test_published_device_sentences_name_their_device(published: Rows) -> None:
    for row in published("nmea_device.jsonl"):
        messages, want = read(row["text"].encode()), row["expect"]
        if "device_id" in want:
            assert messages[0].device == want["device_id"]
        if row["checksum_ok"] and "valid" in want:
            (fix,) = fixes(messages)
            assert fix.valid == want["valid"]
            assert fix.time == datetime.fromisoformat(want["time"])
            assert (fix.lat, fix.lon) == pytest.approx((want["lat"], want["lon"]), abs=1e-9)
            assert fix.course == want["course"]
        if not row["checksum_ok"]:
            assert all(isinstance(message, Bad | Login) for message in messages), row["id"]


def test_a_live_listener_takes_the_height_sent_before_and_does_not_wait() -> None:
    rows = {row["id"]: row["text"].encode() for row in OWN}
    assert fixes(nmea.Decoder().feed(rows["height-before"]))[0].alt_m == 16.0
    assert fixes(nmea.Decoder().feed(rows["height-after"]))[0].alt_m is None


def test_a_reader_that_rests_gives_the_fix_it_held_back() -> None:
    reader = nmea.CaptureReader()
    plain = OWN[0]["text"].encode()
    assert reader.feed(plain) == []
    assert reader.waiting
    assert [type(message) for message in reader.settle()] == [nmea.Rmc]
    assert not reader.waiting


@given(st.binary(max_size=3000), st.integers(1, 64))
def test_no_bytes_raise_and_memory_stays_below_one_sentence(data: bytes, piece: int) -> None:
    decoder = nmea.Decoder()
    for at in range(0, len(data), piece):
        decoder.feed(data[at : at + piece])
        assert len(decoder._rest) < nmea.MAX_SENTENCE
        assert len(decoder._loose) <= nmea.MAX_LOOSE
    decoder.finish()


SENTENCE_LIKE = st.lists(
    st.sampled_from([b"$", b"!", b"*", b"\r", b"\n", b"GPRMC,", b"GPGGA,", b"GPZDA,", b"PGID,"])
    | st.sampled_from([b"A,", b"V,", b"N,", b"E,", b"3113.24,", b"12128.2,", b"090326,", b","])
    | st.binary(max_size=4),
    max_size=40,
).map(b"".join)


@given(st.lists(SENTENCE_LIKE, max_size=8))
def test_no_right_checksum_raises_whatever_it_covers(bodies: list[bytes]) -> None:
    wire = b"".join(b"$%b*%02X\r\n" % (b, nmea.checksum(b)) for b in bodies)
    for message in read(wire):
        as_row(message)


@given(st.lists(SENTENCE_LIKE, max_size=6).map(b"".join), st.integers(1, 40))
def test_pieces_of_any_size_give_the_same_messages(data: bytes, piece: int) -> None:
    assert [as_row(m) for m in read(data, piece)] == [as_row(m) for m in read(data)]


LAYOUTS = [
    "$GNRMC,{t}.00,A,{a}.123400,N,{o}.000001,E,{k}.5,{c}.0,{d},,,A",
    "$GPRMC,{t},A,{a}.1,S,{o}.99999,W,{k},,{d},020.3,E",
    "$GPRMC,{t}.,A,{a},N,{o}.,E,{k}.,{c},{d}",
    "$BDRMC,{t}.123456,A,{a}.5,N,{o}.5,E,{k}.25,{c}.125,{d},,,N,V",
    "$GLRMC,{t}.5,A,{a}.5,N,{o}.5,E,{k}.25,{c},{d},,,E",
    "$GPRMC,{t}.1234567,A,{a}.5,N,{o}.5,E,{k},{c},{d},,",
    "$GPRMC,{t}.00,V,{a}.5,N,{o}.5,E,{k},{c},{d},,",
    "$PPRMC,{t}.00,A,{a}.5,N,{o}.5,E,{k},{c},{d},,",
    "$GPRMC,{t}.00,A,{a}.5,N,{o}.5,E,{k},{c},,,",
    "$GPGGA,{t}.00,{a}.5,N,{o}.5,E,1,08,1.0,{k}.5,M,8,M,,",
]


@settings(max_examples=30)
@given(st.lists(st.sampled_from(LAYOUTS), min_size=1, max_size=3), st.randoms(), st.booleans())
def test_many_lines_together_say_what_they_say_alone(
    layouts: list[str], random: Any, lower: bool
) -> None:
    lines = [one_of(random.choice(layouts), random, lower) for _ in range(80)]
    lines.insert(random.randrange(80), b"$PGID,4711*0F\r\n")
    lines.insert(random.randrange(80), b"4712$")
    together, alone = nmea.Decoder(), nmea.Decoder()
    found = together.feed(b"".join(lines)) + together.finish()
    want = [message for line in lines for message in alone.feed(line)] + alone.finish()
    assert found == want
    assert (together.noise, together.device) == (alone.noise, alone.device)


@given(st.sampled_from(LAYOUTS), st.randoms(), st.booleans())
def test_a_plain_line_says_what_the_general_way_reads(
    layout: str, random: Any, lower: bool
) -> None:
    line = one_of(layout, random, lower)
    quick, general = nmea.Decoder(), nmea.Decoder()
    # Without its end a line is not known to be whole: it is read token by token.
    want = general.feed(line[:-2]) + general.feed(line[-2:])
    assert quick.feed(line) == want
    assert quick.noise == general.noise


def one_of(layout: str, random: Any, lower: bool) -> bytes:
    """A line of that layout, sometimes with a time, an angle, a day or a checksum that is none."""
    time_ = random.choice(["{:02}{:02}{:02}".format(*random.choices(range(60), k=3)), "021530"])
    body = layout.format(
        t=time_ if random.random() < 0.3 else "02" + time_[2:],
        a=f"{random.randrange(90):02}{random.randrange(62):02}",
        o=f"{random.randrange(180):03}{random.randrange(62):02}",
        k=random.randrange(10, 100),
        c=random.randrange(100, 360),
        d=random.choice(["090326", "310226", "010180", "311279"]),
    ).encode()
    sum_ = nmea.checksum(body[1:]) ^ (random.random() < 0.1)
    return body + (b"*%02x\r\n" if lower else b"*%02X\r\n") % sum_


@pytest.mark.parametrize(
    "flood",
    [b"$" * 500_000, b"$GPRMC,1*00" + b"\r" * 200_000 + b"x", b"*" * 500_000, b"x" * 500_000],
    ids=["dollars", "carriage returns", "stars", "letters"],
)
def test_a_flood_costs_time_in_proportion_to_its_size(flood: bytes) -> None:
    begin = time.process_time()
    read(flood, 4096)
    assert time.process_time() - begin < 5
