"""Whether the main job can run: the state of every part it stands on."""

import shutil
import time
from collections.abc import Callable
from typing import Any

from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from command_center.engines.kannel import link
from kernel.bus import Bus
from kernel.db import Database
from kernel.settings import Settings

LEAST_FREE_MB = 500
Part = dict[str, Any]


def health(settings: Settings, database: Database, bus: Bus) -> dict[str, Any]:
    """Every part's state; `ok` when the main job can run, `degraded` names what still hampers it.

    An SMSC that is not bound degrades: messages wait in Kannel, fax and the officers' page go on.
    """
    parts = {
        "postgres": _timed(lambda: _database_answers(database)),
        "redis": _timed(lambda: bool(bus.redis.ping())),
        "worker": _timed(lambda: bus.alive("worker")),
        "ingest": _timed(lambda: bus.alive("ingest")),
        "kannel": _kannel(settings),
        "disk": _disk(settings),
    }
    degraded = [] if parts["kannel"].get("bound") else ["smsc"]
    return {
        "ok": all(part["ok"] for part in parts.values()),
        "mode": settings.mode,
        "parts": parts,
        "degraded": degraded,
    }


def _timed(check: Callable[[], bool]) -> Part:
    began = time.perf_counter()
    try:
        ok = check()
    except (SQLAlchemyError, RedisError, OSError) as error:
        return {"ok": False, "problem": type(error).__name__}
    return {"ok": ok, "ms": round((time.perf_counter() - began) * 1000, 1)}


def _database_answers(database: Database) -> bool:
    with database.engine.connect() as connection:
        return bool(connection.scalar(text("select true")))


def _kannel(settings: Settings) -> Part:
    state = link(settings.kannel_admin_port, settings.kannel_password)
    if state is None:
        return {"ok": False, "problem": "no answer"}
    return {"ok": True, "bound": state.bound, "queued": state.queued}


def _disk(settings: Settings) -> Part:
    free = shutil.disk_usage(settings.var_dir).free >> 20
    return {"ok": free >= LEAST_FREE_MB, "free_mb": free}
