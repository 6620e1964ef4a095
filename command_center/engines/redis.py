"""A private Redis on loopback: a bus between the processes, never the only copy of anything."""

import os
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from redis import Redis as Client
from redis.exceptions import RedisError

from command_center.engines.process import EngineError, Process, bring_up

CONFIG = """\
bind 127.0.0.1
port {port}
protected-mode yes
requirepass {password}
dir {directory}
daemonize no
# A bus: what must survive is a row in PostgreSQL.
save ""
appendonly no
maxmemory 256mb
maxmemory-policy noeviction
# A subscriber that stopped reading is cut and comes back for a snapshot.
client-output-buffer-limit pubsub 32mb 8mb 10
tcp-keepalive 30
"""


@dataclass
class Redis:
    """The server under `directory` on `port`."""

    directory: Path
    port: int
    password: str
    log_file: Path
    name: str = "redis"

    def start(self) -> None:
        """Start it unless it runs. Raises EngineError when it is missing or fails."""
        if self.ready():
            return
        if shutil.which("redis-server") is None:
            raise EngineError(
                "redis-server is not installed: install it (Debian: redis-server)"
                " or name a server in CC_REDIS_URL"
            )
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        text = CONFIG.format(port=self.port, password=self.password, directory=self.directory)
        write_private(self.directory / "redis.conf", text)
        bring_up(self._process, self.ready, 15)

    def stop(self, deadline: float = 10.0) -> bool:
        return self._process.stop(deadline)

    @property
    def pid(self) -> int | None:
        return self._process.pid

    def ready(self) -> bool:
        """True when it answers a ping."""
        if self.pid is None:
            return False
        try:
            with Client.from_url(self.url, socket_timeout=2) as client:
                return bool(client.ping())
        except RedisError:
            return False

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    @cached_property
    def _process(self) -> Process:
        return Process(
            self.name,
            ["redis-server", str(self.directory / "redis.conf")],
            self.directory.parent / "run" / "redis.pid",
            self.log_file,
        )


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read: it holds passwords."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
