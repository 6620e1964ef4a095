"""What the ingest room can do, each figure beside its limit measured in the same run.

Figures of different runs differ by the machine's mood; the ratios are what counts.
"""

import json
import os
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import psycopg
import pytest
from sqlalchemy import text

from command_center.engines.process import wait_until
from gps_ingest import history, terminals
from gps_ingest.fixes import COPY_HEADER, COPY_TRAILER, Row, Table, table
from gps_ingest.protocols import nmea
from gps_ingest.server import INGEST, connector
from kernel.db import Database
from kernel.settings import Settings
from tests.factories.gps import rmc
from tests.ingest import TEST, Inbox, IngestProcess, count, known_soon, now, resident_kib
from tests.ports import free_port_base

TERMINALS, BATCH, BATCHES = 1000, 1000, 60
FLEET = int(os.environ.get("FLEET", "10000"))
LOAD_SECONDS = int(os.environ.get("LOAD_SECONDS", "30"))
GOAL_CORE = 0.35
RAW = np.array(
    [(6, 4, 0, 8, 0, 4, 0, 4, 0, 4, 365, 4, 87)],
    np.dtype(
        [("columns", ">i2"), ("#1", ">i4"), ("unit", ">i4"), ("#2", ">i4"), ("ts", ">i8"),
         ("#3", ">i4"), ("lon", ">i4"), ("#4", ">i4"), ("lat", ">i4"), ("#5", ">i4"),
         ("speed", ">i4"), ("#6", ">i4"), ("course", ">i4")]
    ),
)  # fmt: skip
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


def rows(known: list[int], second: int, size: int = BATCH) -> Table:
    """One batch: `size` terminals, each a little farther on."""
    at = START_US + second * 1_000_000
    return table(
        [
            Row(known[n % TERMINALS], at + n, at, 39.9 + n * 1e-5, 116.4 + second * 1e-5,
                36.5, 87.5, 16.0, 0)
            for n in range(size)
        ]
    )  # fmt: skip


def rate_of(write: Callable[[Table], object], batches: list[Table]) -> float:
    begin = time.perf_counter()
    for batch in batches:
        write(batch)
    return sum(map(len, batches)) / (time.perf_counter() - begin)


def test_rows_stored_against_raw_copy(
    database: Database, connection: psycopg.Connection, known: list[int]
) -> None:
    """The limit: integers by binary COPY into an unlogged table without an index."""
    with database.unit_of_work(TEST) as session:
        session.execute(
            text(
                "create unlogged table public.raw"
                " (unit int, ts bigint, lon int, lat int, speed int, course int)"
            )
        )
        session.execute(text(f"grant insert on public.raw to {INGEST.database_role}"))
        session.execute(text("select gps.ensure_partitions('2026-09-22', '2026-09-22')"))

    def raw(batch: Table) -> None:
        numbers = np.repeat(RAW, len(batch))
        numbers["unit"], numbers["ts"] = batch["terminal_id"], batch["fixed_us"]
        numbers["lon"], numbers["lat"] = batch["lon"] * 1e7, batch["lat"] * 1e7
        data = numbers.tobytes()
        with (
            connection.transaction(),
            connection.cursor().copy("copy public.raw from stdin (format binary)") as copy,
        ):
            copy.write(COPY_HEADER + data + COPY_TRAILER)

    def track_only(batch: Table) -> None:
        batch["is_live"] = False
        history.write(connection, batch, [])

    seconds = iter(range(10**6))

    def batches() -> list[Table]:
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


@dataclass(frozen=True)
class Load:
    """What a process needed for a second of reports, and how soon it answered."""

    core: float
    per_fix_us: float
    p50_ms: float
    p95_ms: float
    grew_kib: int


def loaded(native: Path, protocol: str, port: int, pid: int) -> Load:
    """Ten thousand terminals at 1 Hz against the process that listens on that port."""
    arguments = map(str, (protocol, port, FLEET, LOAD_SECONDS, 1))
    command = [native / "load_terminals", *arguments]
    load = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        while load.stderr and load.stderr.readline() not in (b"warm\n", b""):
            pass
        cpu, memory, begin = cpu_seconds(pid), resident_kib(pid), time.perf_counter()
        time.sleep(LOAD_SECONDS - 1)
        core = (cpu_seconds(pid) - cpu) / (time.perf_counter() - begin)
        grew = resident_kib(pid) - memory
        said, error = load.communicate(timeout=60)
    finally:
        load.kill()
        load.communicate()
    assert load.returncode == 0, error
    told = json.loads(said)
    assert told["not_sent"] == 0, told
    assert told["sent"] > 0.9 * FLEET * LOAD_SECONDS, told
    assert protocol == "nmea" or told["answered"] == told["sent"], told
    rate = told["sent"] / LOAD_SECONDS
    return Load(core, core / rate * 1e6, told["p50_ms"], told["p95_ms"], grew)


@pytest.fixture
def limit(native: Path) -> Load:
    """A C program that only reads and answers."""
    port = free_port_base()
    command = [native / "limit_ingest", str(port), "50"]
    process = subprocess.Popen(command)
    try:
        time.sleep(0.5)
        return loaded(native, "jt808", port, process.pid)
    finally:
        process.kill()
        process.wait()


def test_ten_thousand_terminals_report_once_a_second(
    database: Database, ingest: IngestProcess, native: Path, limit: Load
) -> None:
    """Those of JT/T 808 come from an allowed network: after that first report all is the same."""
    enrol = text(
        "insert into gps.terminals (identity, protocol, settings, created_at)"
        " select (13900000000 + n)::text, cast(:protocol as text),"
        " jsonb_build_object('network', '127.0.0.0/8'), now() from generate_series(0, :last) n"
    )
    show("C that only reads and answers", limit.per_fix_us, "µs a fix")
    for protocol, port in (
        ("jt808", ingest.settings.jt808_port),
        ("nmea", ingest.settings.nmea_tcp_port),
    ):
        with database.unit_of_work(TEST) as session:
            session.execute(text("truncate gps.latest, gps.terminals cascade"))
            session.execute(enrol, {"protocol": protocol, "last": FLEET - 1})
            session.execute(text(f"notify {terminals.CHANNEL}"))
        time.sleep(3)
        found = loaded(native, protocol, port, ingest.pid)
        assert wait_until(lambda: count(database, "gps.latest") == FLEET, 10)
        what = f"{protocol}: {FLEET:,} terminals at 1 Hz"
        show(what, found.per_fix_us, "µs a fix", limit.per_fix_us)
        show(f"  of one core (goal {GOAL_CORE})", found.core * 100, "%", GOAL_CORE * 100)
        show(f"  memory grew in {LOAD_SECONDS} s", found.grew_kib, "KiB")
        show("  memory of the process", resident_kib(ingest.pid) / 1024, "MiB")
        if protocol == "jt808":
            show("  report to answer, p50", found.p50_ms, "ms")
            show("  report to answer, p95", found.p95_ms, "ms")


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
