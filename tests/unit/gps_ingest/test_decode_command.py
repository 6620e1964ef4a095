"""`command-center gps decode`: a filter that answers in order, flushes, and never fails."""

import json
import os
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from command_center.commands.gps import as_line
from gps_ingest.protocols.base import MODULES, Fix

VECTORS = Path(__file__).parents[2] / "vectors"
COMMAND = [str(Path(sys.executable).parent / "command-center"), "gps", "decode", "--protocol"]
FIELDS = {"kind", "lat", "lon", "speed_kmh", "course", "alt_m", "time", "valid", "device", "error"}
RMC = b"$GPRMC,012006,A,4828.10,N,1353.52,E,0.00,0.00,180915,020.3,E*42\r\n"


def decode(protocol: str, data: bytes) -> list[dict[str, Any]]:
    done = subprocess.run([*COMMAND, protocol], input=data, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == b""
    return [json.loads(line) for line in done.stdout.splitlines()]


def rows(protocol: str) -> list[dict[str, Any]]:
    text = (VECTORS / f"{protocol}.jsonl").read_text("utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_a_capture_is_decoded_in_order_with_every_field_named() -> None:
    some = [row for row in rows("nmea") if row["id"].startswith(("rmc-", "height-"))]
    found = decode("nmea", b"".join(row["text"].encode("latin-1") for row in some))
    assert [m["kind"] for m in found] == [m["kind"] for row in some for m in row["expect"]]
    assert all(set(message) >= FIELDS for message in found)


def test_requests_are_decoded_one_a_line_and_bad_ones_end_nothing() -> None:
    found = decode("osmand", (VECTORS / "osmand.jsonl").read_bytes())
    assert [message["kind"] for message in found] == [r["expect"]["kind"] for r in rows("osmand")]


@pytest.mark.parametrize("data", [b"", b"\0" * 100, os.urandom(20_000), b"$" * 10_000])
def test_rubbish_is_an_answer_and_no_failure(data: bytes) -> None:
    for protocol in MODULES:
        assert all(message["kind"] == "error" for message in decode(protocol, data))


def test_a_message_is_answered_while_the_input_stays_open() -> None:
    with subprocess.Popen(
        [*COMMAND, "nmea"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as filter_:
        assert filter_.stdin and filter_.stdout
        filter_.stdin.write(RMC)
        filter_.stdin.flush()
        assert select.select([filter_.stdout], [], [], 10)[0]
        assert json.loads(filter_.stdout.readline())["kind"] == "fix"
        filter_.stdin.close()
        assert filter_.wait(10) == 0


def test_a_reader_that_goes_away_ends_the_filter_quietly() -> None:
    shell = f"yes '{RMC.decode().strip()}' | {' '.join(COMMAND)} nmea | head -1"
    done = subprocess.run(["/bin/sh", "-c", shell], capture_output=True, timeout=30, check=False)
    assert json.loads(done.stdout)["kind"] == "fix"
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("to", "code", "told"), [(">&-", 0, b""), ("> /dev/full", 1, b"No space left on device")]
)
def test_an_output_that_takes_nothing_ends_it_in_peace(to: str, code: int, told: bytes) -> None:
    shell = f"printf '{RMC.decode().strip()}' | {' '.join(COMMAND)} nmea {to}"
    done = subprocess.run(["/bin/sh", "-c", shell], capture_output=True, timeout=30, check=False)
    assert (done.returncode, len(done.stderr.splitlines())) == (code, code)
    assert told in done.stderr


def test_a_closed_input_has_no_message() -> None:
    shell = f"{' '.join(COMMAND)} nmea <&-"
    done = subprocess.run(["/bin/sh", "-c", shell], capture_output=True, timeout=30, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_no_number_that_is_none_breaks_a_line(value: float) -> None:
    fix = Fix(value, value, None, True, value, value, value, extra={"hdop": value, "satellites": 7})
    row = json.loads(as_line(fix))
    assert (row["lat"], row["speed_kmh"], row["alt_m"], row["hdop"]) == (None, None, None, None)
    assert row["satellites"] == 7


def test_it_starts_in_three_tenths_of_a_second_without_database_or_web() -> None:
    def seconds(*command: str) -> float:
        begin = time.monotonic()
        subprocess.run(command, input=RMC, capture_output=True, check=True)
        return time.monotonic() - begin

    # On a machine that is busy with other things, a multiple of what Python itself needs.
    bare = min(seconds(sys.executable, "-c", "pass") for _ in range(5))
    assert min(seconds(*COMMAND, "nmea") for _ in range(5)) < max(0.3, 8 * bare)
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, command_center.commands.gps; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert not {"sqlalchemy", "flask", "gevent", "pydantic", "psycopg", "redis"} & set(loaded)
