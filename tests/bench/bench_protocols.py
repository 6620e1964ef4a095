"""What one core decodes, protocol by protocol, each figure beside its limit or its goal.

gpsdecode (Debian package gpsd-clients) is the yardstick of NMEA where it is installed, or where
GPSDECODE names it. Figures of different runs differ by the machine's mood; the ratios count.
"""

import os
import resource
import shutil
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gps_ingest.protocols import gt06, jt808, nmea
from gps_ingest.protocols.jt808 import Location, Peer
from gps_ingest.protocols.jt808.columns import columns
from gps_ingest.protocols.jt808.framing import Splitter
from gps_ingest.protocols.jt808.location import Batch
from tests.factories.gps import rmc

AT = datetime(2026, 9, 22, tzinfo=UTC)
FIXES = 40_000
GOAL = 500_000
"""JT/T 808 locations a second of one core."""
PIECES = {"one a read": 1, "4 KiB a read": 4096, "64 KiB a read": 65_536}


def best_of(times: int, measure: Callable[[], float]) -> float:
    return max(measure() for _ in range(times))


def show(what: str, rate: float, limit: float | None = None) -> None:
    ratio = f"   {rate / limit:5.2f} of the limit" if limit else ""
    print(f"\n{what:54s} {rate:>10,.0f} fixes/s{ratio}", end="")  # noqa: T201 (a benchmark)


def pieces(frames: list[bytes], size: int) -> list[bytes]:
    if size == 1:
        return frames
    data = b"".join(frames)
    return [data[at : at + size] for at in range(0, len(data), size)]


def rate(feed: Callable[[bytes], int], parts: list[bytes], fixes: int = FIXES) -> float:
    begin = time.process_time()
    found = sum(feed(part) for part in parts)
    assert found == fixes
    return fixes / (time.process_time() - begin)


@pytest.fixture(scope="module")
def sentences() -> list[bytes]:
    return [rmc(AT + timedelta(seconds=n), 39.9 + n * 1e-6, 116.4) for n in range(FIXES)]


def test_rmc_against_gpsdecode(sentences: list[bytes], tmp_path: Path) -> None:
    """The limit: the decoder of gpsd, in C, printing what it read."""
    limit = None
    if program := os.environ.get("GPSDECODE") or shutil.which("gpsdecode"):
        capture = tmp_path / "rmc.log"
        capture.write_bytes(b"".join(sentences) * 5)
        limit = best_of(3, lambda: 5 * FIXES / seconds_of(program, capture))
        show("RMC by gpsdecode (the limit)", limit)
    for name, size in PIECES.items():

        def decode(size: int = size) -> float:
            decoder = nmea.Decoder()
            return rate(lambda data: len(decoder.feed(data)), pieces(sentences, size))

        show(f"RMC, {name}", best_of(5, decode), limit)


def seconds_of(program: str, capture: Path) -> float:
    """Processor time of a child that reads the capture."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with capture.open("rb") as source:
        subprocess.run([program], stdin=source, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.fixture(scope="module")
def places() -> list[Location]:
    return [
        Location.at(
            31.2 + n * 1e-6, 121.4 + n * 1e-6, AT + timedelta(seconds=n // 200),
            speed_kmh=36.5, course=n % 360, alt_m=12,
            items={0x01: n.to_bytes(4, "big"), 0x30: b"\x1f", 0x31: b"\x0c"},
        )
        for n in range(FIXES)
    ]  # fmt: skip


def test_jt808_locations(places: list[Location]) -> None:
    """The goal: half a million a second of one core, read as a buffer."""
    peers = [Peer.of(str(13_800_000_000 + n)) for n in range(200)]
    frames = [jt808.encode(place, peers[n % 200], n)[0] for n, place in enumerate(places)]
    for name, size in PIECES.items():

        def decode(size: int = size) -> float:
            decoder = jt808.Decoder()
            return rate(lambda data: len(decoder.feed(data)), pieces(frames, size))

        show(f"JT/T 808 0x0200 as messages, {name}", best_of(3, decode), GOAL)
    for name, size in list(PIECES.items())[1:]:

        def together(size: int = size) -> float:
            splitter = Splitter()
            return rate(lambda data: len(columns(splitter.feed(data))), pieces(frames, size))

        show(f"JT/T 808 0x0200 as columns, {name}", best_of(5, together), GOAL)


def test_jt808_batches(places: list[Location]) -> None:
    peer = Peer.of("13800000000")
    frames = [
        jt808.encode(Batch(1, tuple(places[n : n + 20])), peer, n)[0] for n in range(0, FIXES, 20)
    ]

    def decode() -> float:
        decoder = jt808.Decoder()
        return rate(lambda data: sum(len(jt808.positions(m)) for m in decoder.feed(data)), frames)

    show("JT/T 808 0x0704, 20 locations a frame", best_of(3, decode), GOAL)


def test_gt06_positions() -> None:
    clock = bytes((26, 9, 22, 1, 2, 3, 0xC9))
    place = clock + (56_214_749).to_bytes(4, "big") + (218_652_662).to_bytes(4, "big")
    packets = [
        gt06.seal(gt06.Header(0x12, n), place + bytes((36, 0x14, n % 256))) for n in range(FIXES)
    ]

    def decode() -> float:
        decoder = gt06.Decoder()
        return rate(lambda data: len(decoder.feed(data)), pieces(packets, 4096))

    show("GT06 positions, 4 KiB a read", best_of(3, decode))
