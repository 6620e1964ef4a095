"""The private engines of one installation, built from its settings."""

from collections.abc import Iterator
from contextlib import contextmanager

from command_center.engines.postgres import Postgres
from command_center.engines.redis import Redis
from kernel.settings import Settings


def private_postgres(settings: Settings) -> Postgres:
    """The cluster under var/, started or not."""
    var = settings.var_dir
    return Postgres(
        var / "postgres",
        settings.pg_port,
        settings.pg_password,
        settings.pg_app_password,
        var / "log" / "postgres.log",
    )


def private_redis(settings: Settings) -> Redis:
    """The Redis under var/, started or not."""
    var = settings.var_dir
    return Redis(
        var / "redis", settings.redis_port, settings.redis_password, var / "log" / "redis.log"
    )


@contextmanager
def running_database(settings: Settings) -> Iterator[str]:
    """The owner's SQLAlchemy address of a database that answers while the block runs.

    The bureau's own server when CC_DATABASE_URL names one; else the private cluster, which is
    stopped afterwards only when it was started here. Raises EngineError when it cannot start.
    """
    if settings.database_url:
        yield settings.owner_url
        return
    cluster = private_postgres(settings)
    started_here = not cluster.ready()
    cluster.start()
    try:
        yield settings.owner_url
    finally:
        if started_here:
            cluster.stop()
