"""News between processes over Redis Streams. Short: who falls behind them takes a snapshot."""

import json
import os
import platform
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, cast

import redis

KEPT = 1_000
"""Entries of a stream that are kept, about."""
WAIT_MS = 1_000
"""A reader waits this long at a time; a line that broke is noticed at its end."""
TAKEN = 100
"""Entries that one reader of a group takes at a time."""
ABANDONED_MS = 5_000
"""What another reader of the group took this long ago and never finished is taken over."""
GONE_MS = 3_600_000
"""A reader of the group that was silent for so long does not come back under its name."""
ALIVE_SECONDS = 15


class Gap(Exception):
    """What was told in between is gone: take a snapshot and go on from now."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One piece of news: `by` is the process that told it."""

    stream: str
    ident: str
    by: str
    data: bytes

    @property
    def order(self) -> int:
        """Its place in its stream: the same number for every reader, growing."""
        return order(self.ident)


@dataclass(slots=True)
class Cursor:
    """How far one reader has read: stream -> id of the last entry, of that run of Redis."""

    run: str
    read: dict[str, str] = field(default_factory=dict)


class Bus:
    """Stream -> bytes. A lost connection raises redis.RedisError to whoever publishes or reads."""

    def __init__(self, url: str):
        self.url = url
        self.redis = redis.Redis.from_url(
            url, socket_connect_timeout=3, socket_keepalive=True, health_check_interval=15
        )

    @property
    def name(self) -> str:
        """Of this process among all that share the bus; asked late, because web workers fork."""
        return f"{platform.node()}-{os.getpid()}"

    # -- streams --------------------------------------------------------------------------

    def publish(self, stream: str, data: bytes) -> int:
        """Tell all readers; gives the entry's order."""
        told = {"by": self.name, "data": data}
        ident = self.redis.xadd(stream, cast(Any, told), maxlen=KEPT, approximate=True)
        return order(cast(bytes, ident).decode())

    def publish_json(self, stream: str, data: Any) -> int:
        return self.publish(
            stream, json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
        )

    def now(self, *streams: str) -> Cursor:
        """The end of the streams."""
        ends = {name: self._info(name).get("last-generated-id", b"0-0") for name in streams}
        return Cursor(self._run(), {name: ident.decode() for name, ident in ends.items()})

    def follow(self, cursor: Cursor, rest_seconds: float = 0) -> Iterator[Entry]:
        """Every entry after the cursor, which moves along; each reader gets them all.

        Who rests between two readings reads together what came meanwhile, which costs less.
        Raises Gap when Redis was started anew or has dropped what was not read yet.
        """
        if cursor.run != self._run():
            raise Gap
        while True:
            before = dict(cursor.read)
            found = cast(Any, self.redis).xread(before, block=WAIT_MS)
            for name, entries in found:
                stream = name.decode()
                if self._has_dropped_after(stream, before[stream]):
                    raise Gap
                for ident, fields in entries:
                    cursor.read[stream] = ident.decode()
                    yield _entry(stream, ident, fields)
            time.sleep(rest_seconds)

    def share(self, stream: str, group: str) -> Iterator[Entry]:
        """Entries that one reader of the group takes; done with when the next is asked for.

        What one took and did not finish, another gets: to handle it twice must be harmless.
        """
        client: Any = self.redis
        with suppress(redis.ResponseError):  # it is there
            client.xgroup_create(stream, group, id="$", mkstream=True)
        self._forget_the_gone(stream, group)
        while True:
            _, left, _ = client.xautoclaim(stream, group, self.name, ABANDONED_MS, count=TAKEN)
            new = client.xreadgroup(group, self.name, {stream: ">"}, TAKEN, WAIT_MS)
            for ident, fields in (*left, *(entry for _, entries in new for entry in entries)):
                yield _entry(stream, ident, fields)
                client.xack(stream, group, ident)

    def _forget_the_gone(self, stream: str, group: str) -> None:
        client: Any = self.redis
        for one in client.xinfo_consumers(stream, group):
            if one["pending"] == 0 and one["idle"] > GONE_MS:
                client.xgroup_delconsumer(stream, group, one["name"])

    def _run(self) -> str:
        return str(cast(Any, self.redis).info("server")["run_id"])

    def _has_dropped_after(self, stream: str, ident: str) -> bool:
        """Whether entries after that one may be gone: it is itself, and so are some at all."""
        info = self._info(stream)
        if info.get("entries-added", 0) <= info.get("length", 0):
            return False
        first = info["first-entry"]
        return first is None or order(first[0].decode()) > order(ident)

    def _info(self, stream: str) -> dict[str, Any]:
        try:
            return dict(cast(Any, self.redis).xinfo_stream(stream))
        except redis.ResponseError:  # nobody has told anything yet
            return {}

    # -- who is there ---------------------------------------------------------------------

    def beat(self, kind: str) -> None:
        """Say that this process of that kind lives and does its work."""
        self.redis.set(f"alive:{kind}:{self.name}", 1, ex=ALIVE_SECONDS)

    def alive(self, kind: str) -> int:
        """How many processes of that kind do."""
        return sum(1 for _ in self._keys(f"alive:{kind}:*"))

    def count(self, kind: str, metrics: bytes) -> None:
        """Leave what this process of that kind has counted, in Prometheus' text format."""
        self.redis.set(f"counted:{kind}:{self.name}", metrics, ex=ALIVE_SECONDS)

    def counted(self) -> dict[str, bytes]:
        """What each process, "kind:name", has counted."""
        keys = sorted(self._keys("counted:*"))
        told = cast(list[bytes | None], self.redis.mget(keys)) if keys else []
        pairs = zip(keys, told, strict=True)
        return {key.decode().partition(":")[2]: text for key, text in pairs if text is not None}

    def _keys(self, pattern: str) -> Iterator[bytes]:
        return cast(Iterator[bytes], self.redis.scan_iter(pattern, count=1_000))

    def here(self, user_ids: Iterable[int], ttl_seconds: int = ALIVE_SECONDS) -> None:
        """These people sit at a desk that is open."""
        for ident in user_ids:
            self.redis.set(f"here:{ident}", 1, ex=ttl_seconds)

    def is_anybody_here(self, user_ids: Iterable[int]) -> bool:
        """Whether one of them surely does; nobody, when the bus cannot say."""
        names = [f"here:{ident}" for ident in user_ids]
        try:
            return bool(names) and bool(self.redis.exists(*names))
        except redis.RedisError:
            return False


def order(ident: str) -> int:
    """An entry's id, milliseconds-number, as one number that JavaScript holds exactly."""
    moment, _, number = ident.partition("-")
    return int(moment) * 1_000 + int(number or 0)


def _entry(stream: str, ident: bytes, fields: dict[bytes, bytes]) -> Entry:
    return Entry(stream, ident.decode(), fields[b"by"].decode(), fields[b"data"])
