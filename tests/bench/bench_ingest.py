"""What the ingest room can do, each figure beside its limit measured in the same run.

Figures of different runs differ by the machine's mood; the ratios are what counts.
"""

import statistics
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from command_center.engines.process import wait_until
from gps_ingest import history, terminals
from gps_ingest.history import COPY_HEADER, COPY_TRAILER, Row
from gps_ingest.protocols import nmea
from gps_ingest.server import connector
from kernel.db import Database
from kernel.settings import Settings
from tests.factories.gps import rmc
from tests.ingest import TEST, Inbox, IngestProcess, count, known_soon, now
from tests.ports import free_port_base

TERMINALS, BATCH, BATCHES = 1000, 1000, 60
RAW = struct.Struct(">hiiiqiiiiiiii").pack
START_US = 843_364_800_000_000


def best_of(times: int, measure: Callable[[], float]) -> float:
    return max(measure() for _ in range(times))


def show(what: str, rate: float, unit: str, limit: float | None = None) -> None:
    ratio = f"   {rate / limit:5.2f} of the limit" if limit else ""
    print(f"\n{what:54s} {rate:>10,.0f} {unit}{ratio}", end="")  # noqa: T201 (a benchmark)


@pytest.fixture
def connection(database: Database) -> Iterator[psycopg.Connection]:
    with connector(database)() as connection:
        yield connection


@pytest.fixture
def known(database: Database) -> list[int]:
    with database.unit_of_work(TEST) as session:
        return [
            terminals.register(session, identity=f"bench-{n}", protocol="nmea").id
            for n in range(TERMINALS)
        ]


def rows(known: list[int], second: int, size: int = BATCH) -> list[Row]:
    """One batch: `size` terminals, each a little farther on."""
    at = START_US + second * 1_000_000
    return [
        Row(known[n % TERMINALS], at + n, at, 39.9 + n * 1e-5, 116.4 + second * 1e-5,
            36.5, 87.5, 16.0, 0)
        for n in range(size)
    ]  # fmt: skip


def rate_of(write: Callable[[list[Row]], object], batches: list[list[Row]]) -> float:
    begin = time.perf_counter()
    for batch in batches:
        write(batch)
    return sum(map(len, batches)) / (time.perf_counter() - begin)


def test_rows_stored_against_raw_copy(
    database: Database, connection: psycopg.Connection, known: list[int]
) -> None:
    """The limit: integers by binary COPY into an unlogged table without an index."""
    connection.execute(
        "create unlogged table public.raw"
        " (unit int, ts bigint, lon int, lat int, speed int, course int)"
    )
    with database.unit_of_work(TEST) as session:
        session.execute(text("select gps.ensure_partitions('2026-09-22', '2026-09-22')"))

    def raw(batch: list[Row]) -> None:
        data = b"".join(
            RAW(6, 4, row.terminal_id, 8, row.fixed_us, 4, int(row.lon * 1e7),
                4, int(row.lat * 1e7), 4, 365, 4, 87)
            for row in batch
        )  # fmt: skip
        with (
            connection.transaction(),
            connection.cursor().copy("copy public.raw from stdin (format binary)") as copy,
        ):
            copy.write(COPY_HEADER + data + COPY_TRAILER)

    def track_only(batch: list[Row]) -> None:
        for row in batch:
            row.is_live = False
        history.write(connection, batch, [])

    seconds = iter(range(10**6))

    def batches() -> list[list[Row]]:
        return [rows(known, next(seconds)) for _ in range(BATCHES)]

    limit = best_of(3, lambda: rate_of(raw, batches()))
    show("raw integers, unlogged, no index (the limit)", limit, "rows/s")
    track = best_of(3, lambda: rate_of(track_only, batches()))
    show("tracks: COPY of EWKB, unique index, BRIN", track, "rows/s", limit)
    both = best_of(3, lambda: rate_of(lambda b: history.write(connection, b, []), batches()))
    show("tracks and the present of 1,000 terminals", both, "rows/s", limit)
    again = batches()
    rate_of(lambda b: history.write(connection, b, []), again)
    repeated = rate_of(lambda b: history.write(connection, b, []), again)
    show("the same batches again (all repetitions)", repeated, "rows/s", limit)
    assert track > limit / 5


def test_sentences_decoded() -> None:
    at = datetime(2026, 9, 22, tzinfo=UTC)
    packets = [rmc(at + timedelta(seconds=n), 39.9 + n * 1e-6, 116.4) for n in range(20_000)]

    def decode() -> float:
        decoder, begin = nmea.Decoder(), time.process_time()
        found = sum(len(decoder.feed(packet)) for packet in packets)
        assert found == len(packets)
        return found / (time.process_time() - begin)

    show("RMC decoded by one core", best_of(3, decode), "fixes/s")


# ------------------------------------------------------------- the whole process


@pytest.fixture
def ingest(database: Database, redis_url: str, tmp_path: Path) -> Iterator[IngestProcess]:
    url = database.engine.url.render_as_string(hide_password=False)
    settings = Settings(var_dir=tmp_path / "var", port_base=free_port_base())
    process = IngestProcess(settings, url, redis_url, tmp_path / "ingest.log")
    process.start()
    yield process
    process.stop()


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def test_fixes_through_the_process_as_fast_as_they_come(
    ingest: IngestProcess, database: Database, known: list[int]
) -> None:
    known_soon(ingest, f"bench-{TERMINALS - 1}")
    cars, fixes = 50, 600
    start = now() - timedelta(seconds=fixes)
    with ExitStack() as stack:
        socks = [stack.enter_context(ingest.receiver(f"bench-{n}")) for n in range(cars)]
        before, begin = cpu_seconds(ingest.pid), time.perf_counter()
        for second in range(0, fixes, 20):
            for sock in socks:
                sock.sendall(
                    b"".join(
                        rmc(start + timedelta(seconds=s), 39.9, 116.4 + s * 1e-5)
                        for s in range(second, second + 20)
                    )
                )
        assert wait_until(lambda: count(database) == cars * fixes, 120)
        seconds = time.perf_counter() - begin
        cpu = cpu_seconds(ingest.pid) - before
    show("wire to committed row, 50 links, one process", cars * fixes / seconds, "fixes/s")
    show("  its processor time", cpu / (cars * fixes) * 1e6, "µs a fix")


def test_time_from_the_wire_to_the_consoles_notice(
    ingest: IngestProcess, known: list[int], redis_url: str
) -> None:
    known_soon(ingest, f"bench-{TERMINALS - 1}")
    cars, delays = 200, list[float]()
    inbox = Inbox(redis_url)
    with ExitStack() as stack:
        socks = [stack.enter_context(ingest.receiver(f"bench-{n}")) for n in range(cars)]
        for second in range(5):
            sent: dict[int, float] = {}
            for n, sock in enumerate(socks):
                sent[known[n]] = time.perf_counter()
                sock.sendall(rmc(now(), 39.9, 116.4 + second * 1e-5))
                time.sleep(1 / cars / 2)
                delays += _heard(inbox, sent, 0)
            while sent:
                delays += _heard(inbox, sent, 5)
    inbox.close()
    delays.sort()
    show("wire to notice, 200 vehicles: p50", statistics.median(delays) * 1e3, "ms")
    show("wire to notice, 200 vehicles: p95", delays[int(len(delays) * 0.95)] * 1e3, "ms")


def _heard(inbox: Inbox, sent: dict[int, float], timeout: float) -> list[float]:
    told = [notice[0] for notice in inbox.next(timeout)]
    at = time.perf_counter()
    return [at - sent.pop(terminal) for terminal in told if terminal in sent]
