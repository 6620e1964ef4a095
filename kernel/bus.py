"""News between processes over Redis publish/subscribe. May be lost; readers ask for a snapshot."""

import json
from collections.abc import Iterable, Iterator
from typing import Any, cast

import redis


class Bus:
    """Channel -> bytes. A lost connection raises redis.RedisError to the publisher."""

    def __init__(self, url: str):
        self.redis = redis.Redis.from_url(
            url, socket_connect_timeout=3, socket_keepalive=True, health_check_interval=15
        )

    def publish(self, channel: str, data: bytes) -> None:
        self.redis.publish(channel, data)

    def publish_json(self, channel: str, data: Any) -> None:
        self.publish(channel, json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode())

    def listen(self, *channels: str) -> Iterator[tuple[str, bytes]]:
        """Every message from now on; raises redis.RedisError when the connection breaks."""
        with cast(Any, self.redis).pubsub(ignore_subscribe_messages=True) as inbox:
            inbox.subscribe(*channels)
            for message in inbox.listen():
                yield message["channel"].decode(), message["data"]

    def beat(self, process: str, ttl_seconds: int = 15) -> None:
        """Say that a process is alive; `/healthz` looks for it."""
        self.redis.set(f"heartbeat:{process}", "1", ex=ttl_seconds)

    def here(self, user_ids: Iterable[int], ttl_seconds: int = 15) -> None:
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

    def alive(self, process: str) -> bool:
        return bool(self.redis.exists(f"heartbeat:{process}"))
