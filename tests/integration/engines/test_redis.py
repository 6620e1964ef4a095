"""The private Redis: a bus with a password."""

import redis

from command_center.engines.database import private_redis
from kernel.settings import Settings
from tests.ports import free_port_base


def test_it_starts_answers_and_stops(tmp_path) -> None:
    server = private_redis(Settings(var_dir=tmp_path, port_base=free_port_base(), redis_url=""))
    server.start()
    try:
        assert server.ready()
        with redis.Redis(port=server.port) as stranger:
            try:
                stranger.ping()
            except redis.AuthenticationError:
                refused = True
        assert refused
    finally:
        assert server.stop()
    assert not server.ready()
