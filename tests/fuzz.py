"""Input that no device would send: recorded frames, broken in many ways.

`python -m tests.fuzz jt808 --seconds 60` grows the kept corpus (`tests/vectors/fuzz`): whatever
takes the decoders along a line of code that nothing before it reached is kept.
"""

import json
import random
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

from command_center.commands.gps import as_line
from gps_ingest.protocols import base, gt06, osmand, owntracks
from gps_ingest.protocols.jt808.framing import checksum, escape, unescape
from gps_ingest.protocols.nmea.sentence import checksum as sentence_sum

VECTORS = Path(__file__).parent / "vectors"
MOST = 4096
"""Bytes of a mutant."""
CLOCKED: dict[str, Callable[[Callable[[], datetime]], base.Reader]] = {
    "osmand": osmand.CaptureReader, "owntracks": owntracks.CaptureReader,
}  # fmt: skip
"""Whose messages may tell the moment of their receipt."""
NOW = datetime(2026, 3, 9, 2, 15, 31, tzinfo=UTC)
REQUESTS = tuple(CLOCKED)
ODD: tuple[Any, ...] = (
    None, True, "", "x" * 300, "nan", "\x00", -1, 0, 1e308, 10**400, 91, [], [1, 2], {}, {"a": {}},
)  # fmt: skip
EDGES = (0, 1, 2, 7, 0x0A, 0x0D, 0x20, 0x24, 0x2A, 0x2C, 0x78, 0x79, 0x7D, 0x7E, 0x7F, 0x80, 0xFF)


def seeds(protocol: str) -> list[bytes]:
    """The frames of our own rows, and the corpus."""
    rows = map(json.loads, (VECTORS / f"{protocol}.jsonl").read_text("utf-8").splitlines())
    return [part for row in rows for part in _frames(protocol, row)] + corpus(protocol)


def _frames(protocol: str, row: dict[str, Any]) -> list[bytes]:
    if protocol in base.SPOKEN:
        return [bytes.fromhex(part) for part in row["hex"] if "(" not in part]
    if protocol == "nmea":
        return [row["text"].encode()] if "text" in row else [bytes.fromhex(row["hex"])]
    fields = ("method", "url", "content_type", "body")
    return [json.dumps({name: row[name] for name in fields}).encode()]


def corpus(protocol: str) -> list[bytes]:
    """What was kept of earlier hunts."""
    kept = VECTORS / "fuzz" / f"{protocol}.hex"
    return [bytes.fromhex(line) for line in kept.read_text().split()] if kept.exists() else []


def mutants(protocol: str, chance: random.Random, pool: list[bytes]) -> Iterator[bytes]:
    """Without end: frames of the pool, broken; half of them with a right sum around the damage."""
    while True:
        frame, is_right = chance.choice(pool), chance.random() < 0.5
        if is_right and protocol in REQUESTS:
            yield _request(frame, chance, pool)
        else:
            broken = _broken(frame, chance, pool)
            yield _sealed(protocol, broken) if is_right else broken


def _broken(frame: bytes, chance: random.Random, pool: list[bytes]) -> bytes:
    made = bytearray(frame)
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        chance.choice(WAYS)(made, chance, pool)
    return bytes(made[:MOST])


def _request(frame: bytes, chance: random.Random, pool: list[bytes]) -> bytes:
    """A right request with a broken address or body, or with a value that belongs nowhere."""
    try:
        row = json.loads(frame)
        field = chance.choice([name for name in ("url", "body") if row[name]])
        if field == "body" and chance.random() < 0.5:
            said = json.loads(row["body"])
            said[chance.choice(list(said))] = chance.choice(ODD)
            row["body"] = json.dumps(said)
        else:
            row[field] = _broken(row[field].encode(), chance, pool).decode("utf-8", "replace")
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return _broken(frame, chance, pool)
    return json.dumps(row).encode()


def captured(protocol: str, frame: bytes) -> bytes:
    """The frame as the protocol's reader of captures takes it."""
    return frame.hex().encode() + b"\n" if protocol in base.SPOKEN else frame + b"\n"


def read(protocol: str, data: bytes, piece: int = MOST) -> list[bytes]:
    """What the decoder makes of it, each message as a line of JSON."""
    reader = CLOCKED[protocol](lambda: NOW) if protocol in CLOCKED else base.reader(protocol)
    parts = [data[at : at + piece] for at in range(0, len(data), piece)]
    found = [message for part in parts for message in reader.feed(part)] + reader.finish()
    return [as_line(message) for message in found]


# ------------------------------------------------------------------------ ways to break a frame


def _flip(frame: bytearray, chance: random.Random, _: list[bytes]) -> None:
    if frame:
        frame[chance.randrange(len(frame))] ^= 1 << chance.randrange(8)


def _edge(frame: bytearray, chance: random.Random, _: list[bytes]) -> None:
    if frame:
        frame[chance.randrange(len(frame))] = chance.choice(EDGES)


def _insert(frame: bytearray, chance: random.Random, _: list[bytes]) -> None:
    at = chance.randint(0, len(frame))
    frame[at:at] = chance.randbytes(chance.choice((1, 1, 2, 4, 60)))


def _cut(frame: bytearray, chance: random.Random, _: list[bytes]) -> None:
    at = chance.randint(0, len(frame))
    del frame[at : at + chance.choice((1, 2, 8, 10_000))]


def _repeat(frame: bytearray, chance: random.Random, _: list[bytes]) -> None:
    at = chance.randint(0, len(frame))
    part = frame[at : at + chance.choice((1, 4, 32))]
    frame[at:at] = part * chance.choice((1, 2, 20))


def _splice(frame: bytearray, chance: random.Random, pool: list[bytes]) -> None:
    other = chance.choice(pool)
    at = chance.randint(0, len(frame))
    frame[at:] = other[chance.randint(0, len(other)) :]


def _number(frame: bytearray, chance: random.Random, _: list[bytes]) -> None:
    """Another number where one stood."""
    digits = [at for at, byte in enumerate(frame) if 0x30 <= byte <= 0x39]
    if digits:
        at = chance.choice(digits)
        frame[at : at + 1] = chance.choice((b"-1", b"0", b"99999999999", b"1e999", b"nan", b"."))


WAYS = (_flip, _edge, _insert, _cut, _repeat, _splice, _number)


def _sealed(protocol: str, frame: bytes) -> bytes:
    """With the sum that its bytes call for: the damage gets past the splitter."""
    if protocol == "jt808":
        try:
            content = unescape(frame.strip(b"\x7e"))[:-1]
        except ValueError:
            content = frame.strip(b"\x7e")
        return b"\x7e" + escape(content + bytes((checksum(content),))) + b"\x7e"
    if protocol == "gt06":
        content = frame[2:-4][:250]
        content = bytes((len(content) + 1,)) + content[1:]
        return b"\x78\x78" + content + gt06.crc(content).to_bytes(2) + b"\r\n"
    if protocol == "nmea":
        content = frame.partition(b"$")[2].partition(b"*")[0]
        return b"$%b*%02X\r\n" % (content, sentence_sum(content))
    return frame


# ---------------------------------------------------------------------------------- the hunt


class Ways:
    """Which lines of the decoders have been reached, and from where."""

    def __init__(self) -> None:
        self.seen: set[tuple[object, int, int]] = set()

    def of(self, protocol: str, frame: bytes) -> int:
        """How many new ways this frame takes."""
        before, last = len(self.seen), [0]

        def trace(frame: FrameType, event: str, _: Any) -> Any:
            if "/protocols/" not in frame.f_code.co_filename:
                return None
            self.seen.add((frame.f_code, last[0], frame.f_lineno))
            last[0] = frame.f_lineno
            return trace

        sys.settrace(trace)
        try:
            read(protocol, captured(protocol, frame))
        finally:
            sys.settrace(None)
        return len(self.seen) - before


def hunt(protocol: str, seconds: float, seed: int) -> list[bytes]:
    """The corpus, grown for some seconds."""
    ways, kept, chance = Ways(), corpus(protocol), random.Random(seed)
    pool = seeds(protocol)
    for frame in pool:
        ways.of(protocol, frame)
    assert ways.seen, "no line of the decoders was reached"
    until = time.monotonic() + seconds
    for frame in mutants(protocol, chance, pool):
        if time.monotonic() > until:
            return kept
        if len(frame) < 512 and ways.of(protocol, frame):
            kept.append(frame)
            pool.append(frame)
    raise AssertionError("mutants have no end")


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("protocol", choices=list(base.MODULES))
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=time.time_ns())
    asked = parser.parse_args()
    found = hunt(asked.protocol, asked.seconds, asked.seed)
    kept = VECTORS / "fuzz" / f"{asked.protocol}.hex"
    kept.parent.mkdir(exist_ok=True)
    kept.write_text("".join(f"{frame.hex()}\n" for frame in found))


if __name__ == "__main__":
    main()
