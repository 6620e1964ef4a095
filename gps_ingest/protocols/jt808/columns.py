"""Many locations at once: a list of frames to columns, and the answers to them.

The same reading as `Decoder.read`, many times as fast; what is no plain location is left to it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from gps_ingest.protocols.jt808 import bits
from gps_ingest.protocols.jt808.body import Dialect
from gps_ingest.protocols.jt808.framing import (
    ENCRYPTION,
    FLAG,
    FLAGGED,
    LENGTH,
    PARTED,
    PHONE_BYTES,
    escape,
)
from gps_ingest.protocols.jt808.link import OK, PlatformReply
from gps_ingest.protocols.jt808.location import PLACE, Location

_PAD = 64
"""Zeros behind the last frame: every row may be gathered without looking for the end."""
_HEAD = np.dtype([("id", ">u2"), ("attributes", ">u2")])
_PLACE = np.dtype(
    [
        ("alarm", ">u4"),
        ("status", ">u4"),
        ("lat", ">u4"),
        ("lon", ">u4"),
        ("alt", ">u2"),
        ("speed", ">u2"),
        ("course", ">u2"),
        ("bcd", "u1", 6),
    ]
)
_RECEIPT = {
    version: np.dtype(
        [
            ("begin", "u1"),
            ("id", ">u2"),
            ("attributes", ">u2"),
            ("revision", "u1", (int(version == 2019),)),
            ("phone", "u1", PHONE_BYTES[version]),
            ("serial", ">u2"),
            ("ack_serial", ">u2"),
            ("ack_id", ">u2"),
            ("result", "u1"),
            ("sum", "u1"),
            ("end", "u1"),
        ]
    )
    for version in (2013, 2019)
}
"""`PlatformReply` on the wire, before it is escaped."""
_REPLY_SIZE = 5
_PHONE_WIDTH, _MARKS = max(PHONE_BYTES.values()), 3


@dataclass(frozen=True, slots=True)
class Columns:
    """A row per location in the order of the frames; names and units as in `Location`.

    `frame` is the place of its frame in the input, `peer` (n, 13) who sent it as in `Peer.key`,
    `time` UTC as datetime64[s], `alt_m` and `course` the WORDs. `others` are the places of
    the frames that are something else, or damaged, or have no time: read them one by one.
    """

    frame: NDArray[np.int64]
    peer: NDArray[np.uint8]
    serial: NDArray[np.uint16]
    alarm: NDArray[np.uint32]
    status: NDArray[np.uint32]
    lat: NDArray[np.float64]
    lon: NDArray[np.float64]
    alt_m: NDArray[np.uint16]
    speed_kmh: NDArray[np.float64]
    course: NDArray[np.uint16]
    time: NDArray[np.datetime64]
    valid: NDArray[np.bool_]
    others: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.frame)


def columns(frames: Sequence[bytes], dialect: Dialect | None = None) -> Columns:
    """The plain locations among what stood between flags (`Splitter.feed`)."""
    dialect = dialect or Dialect()
    data, starts, sizes, right = _unescaped(frames)
    head = _gather(data, starts, _HEAD.itemsize).view(_HEAD)[:, 0]
    attributes = head["attributes"]
    right &= (head["id"] == Location.ID) & (attributes & (ENCRYPTION | PARTED) == 0)
    if dialect.verify and len(starts):
        right &= np.bitwise_xor.reduceat(data, starts) == 0
    # A flag whose longer header does not fit stands over the old one.
    newer = (attributes & FLAGGED != 0) & (sizes == (attributes & LENGTH) + _overhead(2019))
    parts = [_Part(data, starts, np.flatnonzero(right & ~newer), sizes, attributes, 2013)]
    if newer.any():
        parts.append(_Part(data, starts, np.flatnonzero(right & newer), sizes, attributes, 2019))
    return _merged(parts, len(frames), dialect)


def receipts(
    peers: NDArray[np.uint8], serials: NDArray[np.uint16], acknowledged: NDArray[np.uint16]
) -> list[bytes]:
    """To each peer, framed: `PlatformReply(acknowledged, 0x0200)`, "your location is stored".

    `peers` as in `Columns`; `serials` are those of the answers themselves.
    """
    found = [b""] * len(peers)
    for version, layout in _RECEIPT.items():
        rows = np.flatnonzero(peers[:, 0] == version - 2000)
        table = np.zeros(len(rows), layout)
        table["begin"] = table["end"] = FLAG[0]
        table["id"], table["ack_id"], table["result"] = PlatformReply.ID, Location.ID, OK
        table["attributes"] = _REPLY_SIZE + FLAGGED * peers[rows, 1].astype(np.uint16)
        table["revision"] = peers[rows, 2:3]
        table["phone"] = peers[rows, -PHONE_BYTES[version] :]
        table["serial"], table["ack_serial"] = serials[rows], acknowledged[rows]
        for row, frame in zip(rows.tolist(), _sealed(table), strict=True):
            found[row] = frame
    return found


def _sealed(table: NDArray[np.void]) -> Iterator[bytes]:
    """Frames whose flags and content stand there, checked and escaped."""
    size = table.dtype.itemsize
    content = table.view(np.uint8).reshape(-1, size)[:, 1:-1]
    table["sum"] = np.bitwise_xor.reduce(content, axis=1)
    marked = ((content == FLAG[0]) | (content == 0x7D)).any(axis=1).tolist()
    data = table.tobytes()
    for at, is_marked in zip(range(0, len(data), size), marked, strict=True):
        frame = data[at : at + size]
        yield FLAG + escape(frame[1:-1]) + FLAG if is_marked else frame


class _Part:
    """The rows of one header's layout: their frames, phones, serials, bodies and times."""

    def __init__(
        self,
        data: NDArray[np.uint8],
        starts: NDArray[np.int64],
        rows: NDArray[np.int64],
        sizes: NDArray[np.int64],
        attributes: NDArray[np.uint16],
        version: int,
    ):
        body_at = _overhead(version) - 1
        serial_at = body_at - 2
        phone_at = serial_at - PHONE_BYTES[version]
        length = (attributes[rows] & LENGTH).astype(np.int64)
        rows = rows[(sizes[rows] == length + _overhead(version)) & (length >= PLACE.size)]
        table = _gather(data, starts[rows], body_at + PLACE.size)
        place = np.ascontiguousarray(table[:, body_at:]).view(_PLACE)[:, 0]
        self.time, timed = _times(place["bcd"])
        self.time, self.place, self.frame = self.time[timed], place[timed], rows[timed]
        table = table[timed]
        self.peer = np.zeros((len(table), _MARKS + _PHONE_WIDTH), np.uint8)
        self.peer[:, 0] = version - 2000
        self.peer[:, 1] = attributes[self.frame] & FLAGGED != 0
        self.peer[:, 2] = table[:, 4] if version == 2019 else 1
        self.peer[:, -PHONE_BYTES[version] :] = table[:, phone_at:serial_at]
        self.serial = table[:, serial_at].astype(np.uint16) << 8 | table[:, serial_at + 1]


def _merged(parts: list[_Part], count: int, dialect: Dialect) -> Columns:
    frame = np.concatenate([part.frame for part in parts])
    order = np.argsort(frame, kind="stable") if len(parts) > 1 else slice(None)
    place = np.concatenate([part.place for part in parts])[order]
    status = place["status"].astype(np.uint32)
    lat, lon = place["lat"].astype(np.int64), place["lon"].astype(np.int64)
    others = np.ones(count, bool)
    others[frame] = False
    clock: NDArray[np.datetime64] = np.concatenate([part.time for part in parts])[order]
    return Columns(
        frame=frame[order],
        peer=np.concatenate([part.peer for part in parts])[order],
        serial=np.concatenate([part.serial for part in parts])[order],
        alarm=place["alarm"].astype(np.uint32),
        status=status,
        lat=np.where(status & bits.SOUTH, -lat, lat) / 1e6,
        lon=np.where(status & bits.WEST, -lon, lon) / 1e6,
        alt_m=place["alt"].astype(np.uint16),
        speed_kmh=place["speed"] / 10,
        course=place["course"].astype(np.uint16),
        time=clock - np.timedelta64(dialect.zone, "s"),
        valid=(status & bits.POSITIONED != 0) & ((lat != 0) | (lon != 0)),
        others=np.flatnonzero(others),
    )


def _overhead(version: int) -> int:
    """Bytes of a frame beside its body: id, attributes, revision, phone, serial; checksum."""
    return 4 + (version == 2019) + PHONE_BYTES[version] + 2 + 1


def _gather(data: NDArray[np.uint8], starts: NDArray[np.int64], width: int) -> NDArray[np.uint8]:
    """(n, width): so many bytes from each start."""
    return np.lib.stride_tricks.sliding_window_view(data, width)[starts]


def _unescaped(
    frames: Sequence[bytes],
) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """All frames in one row with zeros behind, where each starts, how long it is, and whether it
    is long enough and every 7D in it escapes something."""
    data = np.frombuffer(b"".join(frames) + bytes(_PAD), np.uint8)
    sizes = np.fromiter(map(len, frames), np.int64, len(frames))
    starts = np.fromiter(accumulate(map(len, frames), initial=0), np.int64, len(frames) + 1)[:-1]
    right = np.ones(len(frames), bool)
    at = np.flatnonzero(data == 0x7D)
    if len(at):
        owner = np.searchsorted(starts, at, "right") - 1
        following = data[at + 1]
        escapes = (following == 1) | (following == 2)
        escapes &= at + 1 < starts[owner] + sizes[owner]
        right[owner[~escapes]] = False
        at, following, owner = at[escapes], following[escapes], owner[escapes]
        data = data.copy()
        data[at] = following + 0x7C
        data = np.delete(data, at + 1)
        starts = starts - np.searchsorted(at, starts)
        sizes = sizes - np.bincount(owner, minlength=len(sizes))
    return data, starts, sizes, right


def _times(bcd: NDArray[np.uint8]) -> tuple[NDArray[np.datetime64], NDArray[np.bool_]]:
    """Moments of YYMMDDhhmmss in the terminal's clock, and which of them are some."""
    right = ((bcd >> 4 < 10) & (bcd & 15 < 10)).all(axis=1)
    year, month, day, hour, minute, second = ((bcd >> 4) * 10 + (bcd & 15)).T.astype(np.int64)
    right &= (month >= 1) & (month <= 12) & (day >= 1)
    right &= (hour < 24) & (minute < 60) & (second < 60)
    months = ((year + 30) * 12 + month - 1).astype("M8[M]")
    days = months.astype("M8[D]") + (day - 1)
    right &= days.astype("M8[M]") == months
    return days.astype("M8[s]") + (hour * 3600 + minute * 60 + second), right
