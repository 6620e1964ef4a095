"""OwnTracks: recorded requests are the specification."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from command_center.commands.gps import as_row
from gps_ingest.protocols import owntracks
from gps_ingest.protocols.base import Fix

VECTORS = Path(__file__).parents[3] / "vectors" / "owntracks.jsonl"
OWN = [json.loads(line) for line in VECTORS.read_text("utf-8").splitlines()]
NOW = datetime(2026, 3, 9, 2, 15, 31, tzinfo=UTC)


def read(data: bytes) -> list[Any]:
    reader = owntracks.CaptureReader(lambda: NOW)
    return reader.feed(data) + reader.finish()


@pytest.mark.parametrize("row", OWN, ids=[row["id"] for row in OWN])
def test_every_row_comes_out_as_expected(row: dict[str, Any]) -> None:
    (message,) = read(json.dumps(row).encode())
    found = as_row(message)
    assert {name: found.get(name) for name in row["expect"]} == row["expect"]
    assert found["kind"] != "error" or found["error"]


def test_a_line_may_be_the_body_alone() -> None:
    (message,) = read(OWN[0]["body"].encode())
    assert isinstance(message, Fix)
    assert message.device == "w3"


def test_published_requests_come_out_as_expected(
    published: Callable[[str], list[dict[str, Any]]],
) -> None:
    for row in published("owntracks.jsonl"):
        for line in (json.dumps(row), row["body"]):
            (message,) = read(line.encode())
            found = as_row(message)
            assert {name: found[name] for name in row["expect"]} == row["expect"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["_type", "lat", "lon", "tst", "tid", "topic", "vel", "batt"]), inner
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_no_document_raises(document: Any) -> None:
    if isinstance(document, dict):
        document.setdefault("_type", "location")
    for message in read(json.dumps({"body": json.dumps(document)}).encode()):
        json.dumps(as_row(message), allow_nan=False)


@given(st.binary(max_size=300))
def test_no_bytes_raise(data: bytes) -> None:
    for message in read(data):
        as_row(message)
