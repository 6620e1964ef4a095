"""Columns say what the decoder says, frame by frame."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gps_ingest.protocols import jt808
from gps_ingest.protocols.jt808 import framing, link
from gps_ingest.protocols.jt808.columns import columns
from gps_ingest.protocols.jt808.location import Location

VECTORS = Path(__file__).parents[3] / "vectors" / "jt808.jsonl"
OWN = [json.loads(line) for line in VECTORS.read_text("utf-8").splitlines()]
AT = datetime(2026, 3, 9, 2, 15, 30, tzinfo=UTC)
NAMES = ("serial", "alarm", "status", "lat", "lon", "alt_m", "speed_kmh", "course", "valid")


def frames_of(lines: list[str]) -> list[bytes]:
    hexes = (line for line in lines if line.startswith("7e"))
    splitter = framing.Splitter()
    return [frame for line in hexes for frame in splitter.feed(bytes.fromhex(line))]


def assert_as_the_decoder(frames: list[bytes], dialect: jt808.Dialect | None = None) -> int:
    """Every frame is in one place, and says the same there; the number of rows."""
    found = columns(frames, dialect)
    rows = dict(zip(found.frame.tolist(), range(len(found)), strict=True))
    assert sorted([*rows, *found.others.tolist()]) == list(range(len(frames)))
    assert found.frame.tolist() == sorted(rows)
    for place, frame in enumerate(frames):
        message = jt808.Decoder(dialect).read(frame)
        plain = (
            isinstance(message, Location)
            and message.time is not None
            and message.header.part is None
        )
        assert (place in rows) == plain
        if plain:
            assert_same(found, rows[place], message)
    return len(found)


def assert_same(found: Any, row: int, fix: Any) -> None:
    told = {name: getattr(found, name)[row].item() for name in NAMES}
    want = {name: getattr(fix, name) for name in NAMES if name != "serial"}
    assert told == want | {"serial": fix.header.serial}
    assert found.time[row].item().replace(tzinfo=UTC) == fix.time
    assert found.peer[row].tobytes() == fix.header.peer.key


LOCATION = st.builds(
    Location.at,
    st.integers(-90_000_000, 90_000_000).map(lambda n: n / 1e6),
    st.integers(-180_000_000, 180_000_000).map(lambda n: n / 1e6),
    st.integers(0, 10**9).map(lambda n: AT + timedelta(seconds=n)),
    speed_kmh=st.integers(0, 65535).map(lambda n: n / 10),
    course=st.integers(0, 65535),
    alt_m=st.integers(0, 65535),
    alarm=st.integers(0, 2**32 - 1),
    status=st.integers(0, 2**32 - 1),
    items=st.dictionaries(st.integers(0, 255), st.binary(max_size=9), max_size=4),
)
PEER = st.builds(jt808.Peer, st.binary(min_size=6, max_size=6), flagged=st.booleans()) | st.builds(
    lambda phone, revision: jt808.Peer(phone, 2019, True, revision),
    st.binary(min_size=10, max_size=10),
    st.integers(0, 255),
)
FRAME = st.builds(jt808.encode, LOCATION | st.just(link.KeepAlive()), PEER, st.integers(0, 65535))
WIRE = FRAME.map(lambda frames: frames[0][1:-1])


@given(st.lists(WIRE, max_size=6), st.data())
def test_a_buffer_gives_the_same_rows_as_its_frames_one_by_one(
    frames: list[bytes], draw: st.DataObject
) -> None:
    for _ in range(draw.draw(st.integers(0, 4)) if frames else 0):
        place = draw.draw(st.integers(0, len(frames) - 1))
        wire = bytearray(frames[place])
        wire[draw.draw(st.integers(0, len(wire) - 1))] = draw.draw(st.integers(0, 255))
        frames[place] = bytes(wire).replace(b"\x7e", b"\x7d")
    dialect = jt808.Dialect(
        verify=draw.draw(st.booleans()), zone=timedelta(hours=draw.draw(st.integers(-12, 12)))
    )
    assert_as_the_decoder(frames, dialect)


def test_our_own_vectors_give_the_same_rows() -> None:
    assert assert_as_the_decoder(frames_of([line for row in OWN for line in row["hex"]])) > 15


def test_published_frames_give_the_same_rows(
    published: Callable[[str], list[dict[str, Any]]],
) -> None:
    frames = frames_of([row["hex"] for row in published("jt808.jsonl")])
    assert assert_as_the_decoder(frames) > 30


@pytest.mark.parametrize(
    "frames", [[], [b""], [b"\x7d"], [b"\x02\x00"] * 3, [bytes(41)], [b"\x7d\x01" * 13]]
)
def test_what_is_no_frame_is_left_to_the_decoder(frames: list[bytes]) -> None:
    found = columns(frames)
    assert len(found) == 0
    assert found.others.tolist() == list(range(len(frames)))
    assert found.time.dtype == np.dtype("M8[s]")
