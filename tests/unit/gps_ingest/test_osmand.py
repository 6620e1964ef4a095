"""The OsmAnd protocol: recorded requests are the specification."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from command_center.commands.gps import as_row
from gps_ingest.protocols import osmand
from gps_ingest.protocols.base import Bad, Fix

VECTORS = Path(__file__).parents[2] / "vectors" / "osmand.jsonl"
OWN = [json.loads(line) for line in VECTORS.read_text("utf-8").splitlines()]
NOW = datetime(2026, 3, 9, 2, 15, 31, tzinfo=UTC)
Rows = Callable[[str], list[dict[str, Any]]]


def read(data: bytes) -> list[Any]:
    reader = osmand.CaptureReader(lambda: NOW)
    return reader.feed(data) + reader.finish()


@pytest.mark.parametrize("row", OWN, ids=[row["id"] for row in OWN])
def test_every_row_comes_out_as_expected(row: dict[str, Any]) -> None:
    (message,) = read(json.dumps(row).encode())
    found = as_row(message)
    assert {name: found.get(name) for name in row["expect"]} == row["expect"]
    assert found["kind"] != "error" or found["error"]


def test_published_requests_come_out_as_expected(published: Rows) -> None:
    for row in published("osmand.jsonl"):
        (message,) = read(json.dumps(row).encode())
        want = row["expect"]
        if want is None or "lat" not in want:  # a missing position is an error by our rule
            assert isinstance(message, Bad), row["id"]
            assert want is None or message.device == want["id"]
            continue
        assert isinstance(message, Fix), row["id"]
        assert message.device == want["id"]
        assert message.time == datetime.fromisoformat(want.get("time", NOW.isoformat()))
        assert (message.lat, message.lon) == (want["lat"], want["lon"])
        assert message.alt_m == want.get("alt_m")
        assert message.course == want.get("course")
        assert message.speed_kmh == pytest.approx(speed_kmh(want))
        assert ("mock" in message.flags) == want.get("mock", False)


def speed_kmh(want: dict[str, Any]) -> float | None:
    units = {"speed_knots": 1.852, "speed_as_sent": 1.852, "speed_mps": 3.6}
    return next((want[name] * factor for name, factor in units.items() if name in want), None)


def test_lines_that_are_no_request_are_errors_in_their_place() -> None:
    good = json.dumps(OWN[0]).encode()
    found = read(b"\n".join([b"nonsense", good, b"", b"[]", b"\xff\xfe", b"[" * 99999, good]))
    kinds = [as_row(message)["kind"] for message in found]
    assert kinds == ["error", "fix", "error", "error", "error", "fix"]


def test_an_endless_line_is_one_error_and_the_next_line_is_read() -> None:
    reader = osmand.CaptureReader(lambda: NOW)
    found = [m for _ in range(50) for m in reader.feed(b"x" * 10_000)]
    found += reader.feed(b"\n" + json.dumps(OWN[0]).encode() + b"\n")
    assert [as_row(message)["kind"] for message in found] == ["error", "fix"]


@given(st.binary(max_size=400))
def test_no_bytes_raise(data: bytes) -> None:
    for message in read(data):
        as_row(message)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["device_id", "location", "coords", "latitude", "longitude", "timestamp"]
            )
            | st.text(max_size=5),
            inner,
            max_size=5,
        )
    ),
    max_leaves=15,
)


@given(JSON, st.sampled_from(["application/json", "text/plain", "", None]))
def test_no_document_raises(document: Any, content_type: str | None) -> None:
    row = {"method": "POST", "url": "/", "content_type": content_type, "body": json.dumps(document)}
    for message in read(json.dumps(row).encode()):
        json.dumps(as_row(message), allow_nan=False)


PARAMETER = st.tuples(
    st.sampled_from(["id", "lat", "lon", "location", "timestamp", "speed", "valid", "batt"]),
    st.text(max_size=20) | st.floats().map(str) | st.integers().map(str),
)


@given(st.lists(PARAMETER, max_size=8))
def test_no_query_raises(parameters: list[tuple[str, str]]) -> None:
    url = "/?" + "&".join(f"{name}={value}" for name, value in parameters)
    message = osmand.decode(osmand.Request("GET", url, None, b""), NOW)
    json.dumps(as_row(message), allow_nan=False)
