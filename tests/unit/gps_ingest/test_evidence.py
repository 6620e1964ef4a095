"""What was kept of a doubtful message is read once more, whatever brought it."""

import json
from pathlib import Path

import pytest

from gps_ingest import evidence
from tests.factories.gps import rmc
from tests.ingest import now

VECTORS = Path(__file__).parents[2] / "vectors"


def kinds(protocol: str, raw: bytes) -> list[str]:
    return [message.kind for message in evidence.read(protocol, raw)]


def test_a_sentence_is_read() -> None:
    (fix,) = evidence.read("nmea", rmc(now(), 39.92, 116.39).strip())
    assert (fix.kind, round(fix.told()["lat"], 4)) == ("fix", 39.92)  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("protocol", "raw", "kind"),
    [
        ("osmand", b"/?id=one&lat=39.9&lon=116.4", "fix"),
        ("osmand", b"id=one&lat=39.9&lon=116.4", "fix"),
        ("osmand", b"/?id=one", "error"),
        (
            "owntracks",
            b'{"_type":"location","topic":"owntracks/a/b","lat":39.9,"lon":116.4}',
            "fix",
        ),
        ("owntracks", b'{"_type":"loca', "error"),
        ("jt808", b"\x7e\x02", "error"),
        ("gt06", b"\x78\x78", "error"),
    ],
)
def test_requests_and_stumps_are_read_as_far_as_they_go(
    protocol: str, raw: bytes, kind: str
) -> None:
    assert kinds(protocol, raw) == [kind]


@pytest.mark.parametrize("protocol", ["jt808", "gt06"])
def test_frames_are_read(protocol: str) -> None:
    lines = (VECTORS / f"{protocol}.jsonl").read_text("utf-8").splitlines()
    frames = [
        frame for row in map(json.loads, lines) for frame in row["hex"] if row["id"] != "no-hex"
    ]
    assert len(frames) > 10
    for frame in frames:
        assert kinds(protocol, bytes.fromhex(frame)), frame
